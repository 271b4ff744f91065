/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container with one edu device that does what it may not, and the file from which
 * the faults of that are read.
 */
#ifndef SELFTESTS_VTDBOX_H
#define SELFTESTS_VTDBOX_H

#include <poll.h>

#include "backend.h"
#include "edu.h"
#include "fault.h"
#include "fdinfo.h"
#include "mem.h"

#define IOVA		0x40000000ull
#define IOVA_READ_ONLY	(IOVA + 16 * PAGE)
#define IOVA_NOWHERE	0x123456000ull

#define NONBLOCK	VFIO_TYPE1X_FAULT_FD_NONBLOCK

#define IS_VTD		(1u << VFIO_TYPE1X_FAULT_SOURCE_VTD)

/* An access is one of a few bytes: no page is crossed. */
#define VTDBOX_BYTES	16

/* For a fault to be told of; it takes no time, unless there is none. */
#define VTDBOX_WAIT_MS	(5000 * ktap_scale(1))

struct vtdbox {
	int container;
	int group;
	int fd;
	uint64_t sequence; /* of the next record */
	char *memory;
	struct vfio_device edu;
};

/* As the kernel numbers it: domain:bus:device.function. */
static inline uint32_t vtdbox_address(const char *bdf)
{
	unsigned int segment, bus, device, function;

	must_be(sscanf(bdf, "%x:%x:%x.%x", &segment, &bus, &device, &function) == 4);
	return segment << 16 | bus << 8 | device << 3 | function;
}

/* Two pages are mapped, the second one for reading only. */
static inline void vtdbox_open(struct vtdbox *box, const char *bdf)
{
	*box = (struct vtdbox){ .container = vfio_container_open() };
	box->group = vfio_group_open(bdf);
	vfio_group_attach(box->group, box->container);
	vfio_set_type(box->container, VFIO_TYPE1v2_IOMMU);
	vfio_device_open(&box->edu, box->group, bdf);
	box->memory = mem_untouched(2 * PAGE);
	memset(box->memory, 1, 2 * PAGE);
	iommu_map(box->container, box->memory, IOVA, PAGE, IOMMU_RW);
	iommu_map(box->container, box->memory + PAGE, IOVA_READ_ONLY, PAGE, IOMMU_R);
	box->fd = fault_open(box->container, NONBLOCK, 0, 0);
}

/* The edu device of this number. */
static inline void vtdbox_open_edu(struct vtdbox *box, int index)
{
	char bdf[VFIO_BDF_LEN];

	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, index, bdf);
	vtdbox_open(box, bdf);
}

static inline void vtdbox_close(struct vtdbox *box)
{
	close(box->fd);
	vfio_device_close(&box->edu);
	close(box->group);
	close(box->container);
	munmap(box->memory, 2 * PAGE);
}

/* Sources that GET_INFO says are live. */
static inline uint32_t vtdbox_sources(const struct vtdbox *box)
{
	struct iommu_info info;

	iommu_info(box->container, &info);
	EXPECT_TRUE(info.has_fault);
	EXPECT_EQ(info.fault.flags, info.fault.sources ? VFIO_IOMMU_FAULT_CAP_COMPLETE : 0);
	return info.fault.sources;
}

/* The next record, if there is one within the time; there is no gap. */
static inline bool vtdbox_next(struct vtdbox *box, struct vfio_type1x_fault *record, long ms)
{
	if (fault_poll(box->fd, ms) != POLLIN)
		return false;
	EXPECT_EQ(fault_read(box->fd, record, 1), 1);
	EXPECT_EQ(record->sequence, box->sequence++);
	EXPECT_EQ(record->lost, 0);
	EXPECT_EQ(record->source, VFIO_TYPE1X_FAULT_SOURCE_VTD);
	return true;
}

/* The edu device behind a bridge, if the machine has one. */
static inline bool vtdbox_find_bridged(char *bdf)
{
	for (int i = 0; !__vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, i, bdf); i++)
		if (vtdbox_address(bdf) & 0xff00)
			return true;
	return false;
}

/*
 * Two devices at the same moment, and a unit that has room for one record, until @witness,
 * who reads at once, was told so many times that there was more: how many.
 */
static inline int vtdbox_overflow(struct vtdbox *one, struct vtdbox *another,
				  struct vtdbox *witness, int times)
{
	struct vfio_type1x_fault record;
	int told = 0;

	for (int tries = 0; tries < 100 && told < times; tries++) {
		edu_begin_load(&one->edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
		edu_begin_load(&another->edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
		edu_end(&one->edu);
		edu_end(&another->edu);
		usleep(20000);
		while (vtdbox_next(witness, &record, 0))
			told += record.reason == VFIO_TYPE1X_FAULT_REASON_OVERFLOW;
	}
	return told;
}

#endif /* SELFTESTS_VTDBOX_H */
