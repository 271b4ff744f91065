/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An edu device in a container of its own that is sent to where it may not go, for an
 * IOMMU that tells of it; and what is in the records then.
 */
#ifndef SELFTESTS_STRAYBOX_H
#define SELFTESTS_STRAYBOX_H

#include <time.h>

#include "box.h"
#include "fault.h"

/* One page that may be read and written, one that may be read; nothing else. */
#define STRAY_IOVA		0x40000000ull
#define STRAY_READ_ONLY		(STRAY_IOVA + 16 * PAGE)
#define STRAY_NOWHERE		0x123456789000ull

/* Some IOMMUs tell of each such piece of a transfer. */
#define STRAY_WORD		4

/* What is heard after so long was not to be expected any more. */
#define STRAY_WAIT_MS		500

/* How long until the first record, and how long without a further one is the end. */
#define STRAY_FIRST_MS		(5000 * (int)ktap_scale(1))
#define STRAY_LAST_MS		200

#define STRAY_ACCESS		(VFIO_TYPE1X_FAULT_FLAG_READ | VFIO_TYPE1X_FAULT_FLAG_WRITE)

struct straybox {
	int container;
	int group;
	int faults; /* a fault file that does not block */
	char *memory;
	struct vfio_device edu;
	uint32_t requester;
	uint64_t next; /* sequence of the next record */
	uint64_t lost;
};

static inline uint64_t straybox_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static inline uint32_t straybox_requester(const char *bdf)
{
	unsigned int segment, bus, device, function;
	int found = sscanf(bdf, "%x:%x:%x.%x", &segment, &bus, &device, &function);

	ASSERT_EQ(found, 4);
	return segment << 16 | bus << 8 | device << 3 | function;
}

/* The edu device number @index. */
static inline void straybox_open(struct straybox *box, int index, uint32_t nr_records)
{
	char bdf[VFIO_BDF_LEN];

	*box = (struct straybox){ .container = vfio_container_open() };
	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, index, bdf);
	box->requester = straybox_requester(bdf);
	box->group = vfio_group_open(bdf);
	vfio_group_attach(box->group, box->container);
	vfio_set_type(box->container, VFIO_TYPE1v2_IOMMU);
	backend_verify(box->container);
	vfio_device_open(&box->edu, box->group, bdf);
	box->memory = mem_untouched(2 * PAGE);
	memset(box->memory, 1, 2 * PAGE);
	iommu_map(box->container, box->memory, STRAY_IOVA, PAGE, IOMMU_RW);
	iommu_map(box->container, box->memory + PAGE, STRAY_READ_ONLY, PAGE, IOMMU_R);
	box->faults = fault_open(box->container, VFIO_TYPE1X_FAULT_FD_NONBLOCK, nr_records, 0);
}

static inline void straybox_close(struct straybox *box)
{
	close(box->faults);
	vfio_device_close(&box->edu);
	close(box->group);
	close(box->container);
	munmap(box->memory, 2 * PAGE);
}

/* One access by the device; @write is 0 or VFIO_TYPE1X_FAULT_FLAG_WRITE. */
static inline void straybox_access(struct straybox *box, uint32_t write, uint64_t iova,
				   uint32_t size)
{
	if (write)
		edu_store(&box->edu, iova, 0, size);
	else
		edu_load(&box->edu, iova, 0, size);
}

/*
 * The next record that comes within a time: it follows the last one without a gap, and
 * is of this device.  False if none came.
 */
static inline bool straybox_next(struct straybox *box, int timeout_ms,
				 struct vfio_type1x_fault *record)
{
	if (!(fault_poll(box->faults, timeout_ms) & POLLIN))
		return false;
	ASSERT_EQ(fault_read(box->faults, record, 1), 1);
	EXPECT_EQ(record->sequence, box->next);
	EXPECT_GE(record->lost, box->lost);
	box->next = record->sequence + 1;
	box->lost = record->lost;
	EXPECT_TRUE(record->flags & VFIO_TYPE1X_FAULT_FLAG_REQUESTER);
	EXPECT_EQ(record->requester, box->requester);
	return true;
}

/* Nothing is heard of this device. */
static inline void straybox_is_silent(struct straybox *box)
{
	EXPECT_EQ(fault_poll(box->faults, STRAY_WAIT_MS), 0);
}

#endif /* SELFTESTS_STRAYBOX_H */
