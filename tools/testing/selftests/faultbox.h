/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container with a device of the software IOMMU that can be made to fault, and what
 * is to be in the records of it.
 */
#ifndef SELFTESTS_FAULTBOX_H
#define SELFTESTS_FAULTBOX_H

#include "fault.h"
#include "mem.h"
#include "softbox.h"

#define IOVA		0x40000000ull
#define IOVA_READ_ONLY	(IOVA + 16 * PAGE)
#define IOVA_NOWHERE	0x123456789000ull

#define NONBLOCK	VFIO_TYPE1X_FAULT_FD_NONBLOCK

struct faultbox {
	struct softbox box;
	int ti;
	int container;
	char *memory;
};

/* Two pages are mapped, the second one for reading only. */
static inline void faultbox_open(struct faultbox *self)
{
	softbox_load(&self->box, "");
	self->ti = self->box.ti;
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(2 * PAGE);
	memset(self->memory, 1, 2 * PAGE);
	iommu_map(self->container, self->memory, IOVA, PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + PAGE, IOVA_READ_ONLY, PAGE, IOMMU_R);
}

static inline void faultbox_close(struct faultbox *self)
{
	softbox_close(&self->box);
	softbox_unload(&self->box);
}

/* A device of another program: a container of its own. */
static inline void faultbox_other(const struct faultbox *self, struct softbox *other)
{
	*other = (struct softbox){ .ti = self->ti, .container = -1 };
	softbox_fill(other, 1, 1);
	vfio_set_type(other->container, VFIO_TYPE1v2_IOMMU);
}

static inline uint32_t faultbox_requester(int device)
{
	return 0x1234 << 16 | device << 3;
}

/* So many faults of a device, reading; what the last one was answered. */
static inline int faultbox_storm(int ti, int device, uint32_t context, uint32_t count)
{
	struct t1x_ti_fault fault = {
		.iova = IOVA_NOWHERE,
		.device = device,
		.context = context,
		.count = count,
	};
	int ret = __testiommu_fault(ti, &fault);

	return ret ?: fault.handled;
}

#define faultbox_fault(self, device) \
	EXPECT_EQ(faultbox_storm((self)->ti, device, T1X_TI_IN_PROCESS, 1), 0)

#endif /* SELFTESTS_FAULTBOX_H */
