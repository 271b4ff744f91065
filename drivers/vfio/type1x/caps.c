// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability chain of VFIO_IOMMU_GET_INFO.
 *
 * Programs ask for it often, and vfio core's helpers reallocate the chain with each
 * capability.  Here its size is known beforehand.
 */
#include <linux/align.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Where capabilities begin; user space looks for 64-bit members in them. */
#define T1X_CAPS_ALIGN	8

/* All that are always there. */
#define T1X_CAPS_FIXED_SIZE								\
	(ALIGN(sizeof(struct vfio_iommu_type1_info_cap_migration), T1X_CAPS_ALIGN) +	\
	 ALIGN(sizeof(struct vfio_iommu_type1_info_cap_dirty), T1X_CAPS_ALIGN) +	\
	 ALIGN(sizeof(struct vfio_iommu_type1_info_cap_driver), T1X_CAPS_ALIGN) +	\
	 ALIGN(sizeof(struct vfio_iommu_type1_info_cap_fault), T1X_CAPS_ALIGN) +	\
	 ALIGN(sizeof(struct vfio_iommu_type1_info_dma_avail), T1X_CAPS_ALIGN))

/**
 * struct t1x_caps_writer - a chain in the making
 * @caps: buffer, of sufficient size and zeroed, and how much of it is in use
 * @link: where the offset of the next capability goes, or NULL
 */
struct t1x_caps_writer {
	struct vfio_info_cap *caps;
	u32 *link;
};

/* Append a capability; offsets count from the info struct in front of the chain. */
static void *t1x_caps_append(struct t1x_caps_writer *writer, u16 id, size_t size)
{
	struct vfio_info_cap *caps = writer->caps;
	struct vfio_info_cap_header *header = (void *)caps->buf + caps->size;

	header->id = id;
	header->version = 1;
	if (writer->link)
		*writer->link = sizeof(struct vfio_iommu_type1_info) + caps->size;
	writer->link = &header->next;
	caps->size += ALIGN(size, T1X_CAPS_ALIGN);
	return header;
}

static size_t t1x_caps_windows_size(const struct t1x_ioas *ioas)
{
	struct vfio_iommu_type1_info_cap_iova_range *range;

	return ioas->windows.nr ? struct_size(range, iova_ranges, ioas->windows.nr) : 0;
}

static void t1x_caps_append_windows(struct t1x_caps_writer *writer, const struct t1x_ioas *ioas)
{
	struct vfio_iommu_type1_info_cap_iova_range *range;
	size_t i;

	if (!ioas->windows.nr)
		return;
	range = t1x_caps_append(writer, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
				t1x_caps_windows_size(ioas));
	range->nr_iovas = ioas->windows.nr;
	for (i = 0; i < ioas->windows.nr; i++) {
		range->iova_ranges[i].start = ioas->windows.spans[i].start;
		range->iova_ranges[i].end = ioas->windows.spans[i].last;
	}
}

static void t1x_caps_append_driver(struct t1x_caps_writer *writer)
{
	struct vfio_iommu_type1_info_cap_driver *driver;

	driver = t1x_caps_append(writer, VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER, sizeof(*driver));
	driver->version = T1X_VERSION_CODE;
	memcpy(driver->name, T1X_NAME, sizeof(T1X_NAME));
	memcpy(driver->release, T1X_VERSION, sizeof(T1X_VERSION));
}

static void t1x_caps_append_migration(struct t1x_caps_writer *writer)
{
	struct vfio_iommu_type1_info_cap_migration *migration;

	migration = t1x_caps_append(writer, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
				    sizeof(*migration));
	migration->pgsize_bitmap = PAGE_SIZE;
	migration->max_dirty_bitmap_size = T1X_MAX_DIRTY_BITMAP;
}

static void t1x_caps_append_dirty(struct t1x_caps_writer *writer)
{
	struct vfio_iommu_type1_info_cap_dirty *dirty;

	dirty = t1x_caps_append(writer, VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY, sizeof(*dirty));
	dirty->flags = VFIO_IOMMU_DIRTY_CAP_PEEK | VFIO_IOMMU_DIRTY_CAP_CLEAR |
		       VFIO_IOMMU_DIRTY_CAP_RANGE;
}

static void t1x_caps_append_fault(struct t1x_caps_writer *writer, const struct t1x_ioas *ioas)
{
	struct vfio_iommu_type1_info_cap_fault *fault;
	u32 live = t1x_tap_live(ioas->faults.sources);

	fault = t1x_caps_append(writer, VFIO_IOMMU_TYPE1_INFO_CAP_FAULT, sizeof(*fault));
	/* Who has a tap has nothing else. */
	if (!ioas->faults.is_silent && live == ioas->faults.sources)
		fault->flags = VFIO_IOMMU_FAULT_CAP_COMPLETE;
	fault->sources = live | t1x_prq_sources(ioas->prq);
	fault->record_size = sizeof(struct vfio_type1x_fault);
	fault->max_records = T1X_FAULT_MAX_RECORDS;
}

static void t1x_caps_append_avail(struct t1x_caps_writer *writer, const struct t1x_ioas *ioas)
{
	struct vfio_iommu_type1_info_dma_avail *avail;

	avail = t1x_caps_append(writer, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, sizeof(*avail));
	avail->avail = ioas->entries_left;
}

/**
 * t1x_caps_build() - describe an address space
 * @ioas: address space, lock held
 * @caps: the chain, as it is to follow a struct vfio_iommu_type1_info; caps->buf is
 *	  to be freed by kfree()
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_caps_build(struct t1x_ioas *ioas, struct vfio_info_cap *caps)
{
	struct t1x_caps_writer writer = { .caps = caps };

	lockdep_assert_held(&ioas->lock);

	caps->size = 0;
	caps->buf = kzalloc(T1X_CAPS_FIXED_SIZE + t1x_caps_windows_size(ioas), GFP_KERNEL);
	if (!caps->buf)
		return -ENOMEM;

	t1x_caps_append_windows(&writer, ioas);
	t1x_caps_append_migration(&writer);
	t1x_caps_append_dirty(&writer);
	t1x_caps_append_driver(&writer);
	t1x_caps_append_fault(&writer, ioas);
	t1x_caps_append_avail(&writer, ioas);
	return 0;
}
