/* SPDX-License-Identifier: GPL-2.0-only */
/* Two containers that can be asked the same. */
#ifndef SELFTESTS_DIRTY_DIFF_H
#define SELFTESTS_DIRTY_DIFF_H

#include <sys/ioctl.h>

#include "box.h"
#include "proc.h"
#include "testdev.h"
#include "view.h"

#define DIFF_PAGES	1500	/* from VIEW_BASE on */
#define DIFF_PINS	12	/* that are remembered */
#define DIFF_LAST	16	/* requests that are told about */
#define DIFF_WORDS	(DIFF_PAGES / 64 + 16)

enum diff_what {
	DIFF_MAP,
	DIFF_UNMAP,
	DIFF_UNMAP_BITMAP,
	DIFF_UNMAP_ALL,
	DIFF_START,
	DIFF_STOP,
	DIFF_GET,
	DIFF_PIN,
	DIFF_UNPIN,
	DIFF_READ,
	DIFF_WRITE,
	DIFF_ATTACH,
	DIFF_DETACH,
	DIFF_NUM_WHATS,
};

/* What each kind needs of this; the rest is without meaning. */
struct diff_request {
	enum diff_what what;
	uint64_t iova;
	uint64_t size;
	uint64_t offset; /* of the memory that is mapped */
	uint32_t flags;
	uint64_t pgsize;
	uint64_t bytes; /* of the bitmap */
};

/* One of the two backends; and what it said last. */
struct diff_side {
	const char *name;
	int container;
	int group; /* of the edu device */
	int device_group;
	struct testdev device;
	long ret;
	uint64_t unmapped;
	uint64_t words[DIFF_WORDS];
};

struct diff_span {
	size_t page;
	size_t pages;
};

#define DIFF_LARGEST		130	/* pages of a mapping */
#define DIFF_MAPPING_WORDS	(DIFF_LARGEST / 64 + 3)

struct diff_mapping {
	struct diff_span span;
	/* What stock has in its bitmap beyond the end of the mapping. */
	uint64_t beyond[DIFF_MAPPING_WORDS];
};

struct diff_record {
	struct diff_request request;
	long stock, ours;
};

struct diff {
	struct diff_side stock, ours;
	bool alone;	    /* is there only stock? */
	bool edu, emulated; /* devices that there are */
	bool attached;	    /* is edu's group in? */
	char *memory;
	char *data; /* of copies */

	unsigned int random;
	unsigned int num_pins;
	struct diff_request pins[DIFF_PINS];

	/* What must be mapped, as the answers tell. */
	struct diff_mapping mappings[DIFF_PAGES]; /* by IOVA */
	size_t num_mappings;
	bool tracking;

	bool same;
	unsigned long num; /* requests so far */
	struct diff_record last[DIFF_LAST];
	unsigned long done[DIFF_NUM_WHATS]; /* that succeeded */
	unsigned long bits;		    /* that both reported */
	unsigned long faults;		    /* that only stock did */
};

static const char * const diff_names[] = {
	[DIFF_MAP] = "MAP",
	[DIFF_UNMAP] = "UNMAP",
	[DIFF_UNMAP_BITMAP] = "UNMAP with bitmap",
	[DIFF_UNMAP_ALL] = "UNMAP ALL",
	[DIFF_START] = "START",
	[DIFF_STOP] = "STOP",
	[DIFF_GET] = "GET",
	[DIFF_PIN] = "pin",
	[DIFF_UNPIN] = "unpin",
	[DIFF_READ] = "read",
	[DIFF_WRITE] = "write",
	[DIFF_ATTACH] = "attach",
	[DIFF_DETACH] = "detach",
};

static inline void diff_open_side(struct diff *diff, struct diff_side *side, unsigned long type,
				  int index)
{
	struct iommu_info info;

	side->container = vfio_container_open();
	if (diff->emulated) {
		side->device_group = testdev_group(index);
		vfio_group_attach(side->device_group, side->container);
	}
	if (diff->edu) {
		side->group = box_group_open(index);
		vfio_group_attach(side->group, side->container);
	}
	vfio_set_type(side->container, type);
	if (diff->emulated)
		testdev_open(&side->device, side->device_group, index);
	iommu_info(side->container, &info);
	ASSERT_EQ(info.has_driver, type == VFIO_TYPE1X_IOMMU);
}

static inline void diff_open(struct diff *diff, bool edu, bool emulated)
{
	bool alone = backend_is_stock();

	backend_reset();
	if (!alone)
		module_set(OURS, "prefer", "N");
	*diff = (struct diff){
		.stock = { .name = "stock" },
		.ours = { .name = alone ? "stock, too" : "ours" },
		.alone = alone,
		.edu = edu,
		.emulated = emulated,
		.attached = edu,
		.memory = mem_untouched(DIFF_PAGES * PAGE),
		.data = mem_untouched(DIFF_PAGES * PAGE),
		.same = true,
	};
	diff_open_side(diff, &diff->stock, VFIO_TYPE1v2_IOMMU, 0);
	diff_open_side(diff, &diff->ours, alone ? VFIO_TYPE1v2_IOMMU : VFIO_TYPE1X_IOMMU, 1);
}

static inline void diff_close_side(const struct diff *diff, struct diff_side *side)
{
	if (diff->emulated) {
		testdev_close(&side->device);
		close(side->device_group);
	}
	if (diff->edu)
		close(side->group);
	close(side->container);
}

static inline void diff_close(struct diff *diff)
{
	diff_close_side(diff, &diff->stock);
	diff_close_side(diff, &diff->ours);
	backend_reset();
}

static inline long diff_get(struct diff_side *side, const struct diff_request *request)
{
	struct dirty_request arg = {
		.head = { .argsz = DIRTY_GET_ARGSZ, .flags = DIRTY_GET },
		.get = {
			request->iova,
			request->size,
			{ request->pgsize, request->bytes, (void *)side->words },
		},
	};

	return __dirty_request(side->container, &arg);
}

static inline long diff_unmap_bitmap(struct diff_side *side, const struct diff_request *request)
{
	struct dirty_unmap arg = {
		.head = {
			.argsz = sizeof(arg),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = request->iova,
			.size = request->size,
		},
		.bitmap = { request->pgsize, request->bytes, (void *)side->words },
	};
	int ret = ioctl(side->container, VFIO_IOMMU_UNMAP_DMA, &arg) ? -errno : 0;

	side->unmapped = arg.head.size;
	return ret;
}

static inline long diff_ask(const struct diff *diff, struct diff_side *side,
			    const struct diff_request *request)
{
	uint64_t pages = request->size / PAGE;

	switch (request->what) {
	case DIFF_MAP:
		return __iommu_map(side->container, diff->memory + request->offset, request->iova,
				   request->size, request->flags);
	case DIFF_UNMAP:
		return __iommu_unmap(side->container, request->iova, request->size, 0,
				     &side->unmapped);
	case DIFF_UNMAP_BITMAP:
		return diff_unmap_bitmap(side, request);
	case DIFF_UNMAP_ALL:
		return __iommu_unmap(side->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL,
				     &side->unmapped);
	case DIFF_START:
		return __dirty_start(side->container);
	case DIFF_STOP:
		return __dirty_stop(side->container);
	case DIFF_GET:
		return diff_get(side, request);
	case DIFF_PIN:
		return __testdev_pin(&side->device, request->iova, pages, request->flags);
	case DIFF_UNPIN:
		return __testdev_unpin(&side->device, request->iova, pages);
	case DIFF_READ:
		return __testdev_read(&side->device, request->iova, diff->data, request->size);
	case DIFF_WRITE:
		return __testdev_write(&side->device, request->iova, diff->data, request->size);
	case DIFF_ATTACH:
		return __vfio_group_attach(side->group, side->container);
	case DIFF_DETACH:
		return __vfio_group_detach(side->group);
	default:
		return -EINVAL;
	}
}

#endif /* SELFTESTS_DIRTY_DIFF_H */
