/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container with devices that can have address spaces of processes, and another process
 * with memory at an address that is another memory's here.
 */
#ifndef SELFTESTS_PASIDBOX_H
#define SELFTESTS_PASIDBOX_H

#include "release.h"
#include "softbox.h"
#include "svadma.h"
#include "svmbox.h"

#define PASIDBOX_DEVICES	2

struct pasidbox {
	struct softbox box;
	struct svmbox svm; /* without devices of its own */
	int ti;
	int container;
	char *memory;
};

static inline void pasidbox_watch(struct pasidbox *self)
{
	self->svm.faults = fault_open(self->container, VFIO_TYPE1X_FAULT_FD_NONBLOCK, 0, 0);
}

static inline void pasidbox_open(struct pasidbox *self)
{
	/* Whatever kernel is older refuses, which is not worth loading the module for. */
	SKIP_IF(release_is_before(7, 2), "this kernel shares no address spaces");
	backend_need_ours("binds no process");
	self->memory = mem_untouched(SVM_SIZE);
	self->svm.memory = self->memory;
	/* First, so that it has no group open. */
	self->svm.peer = peer_begin();
	self->svm.pid = self->svm.peer->pid;
	softbox_load(&self->box, "pasid_bits=8");
	backend_set("allow_pasid", "Y");
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, PASIDBOX_DEVICES);
	self->ti = self->box.ti;
	self->container = self->box.container;
	pasidbox_watch(self);
}

/* The peer may have died, and the container may be closed. */
static inline void pasidbox_close(struct pasidbox *self)
{
	if (self->svm.peer) {
		kill(self->svm.pid, SIGKILL);
		waitpid(self->svm.pid, NULL, 0);
	}
	softbox_close(&self->box);
	softbox_unload(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* Take the last group out. */
static inline void pasidbox_drop(struct pasidbox *self)
{
	close(self->box.groups[--self->box.num_groups]);
}

static inline void pasidbox_add(struct pasidbox *self)
{
	int group = testiommu_group(self->box.num_groups);

	self->box.groups[self->box.num_groups++] = group;
	vfio_group_attach(group, self->container);
}

static inline struct vfio_type1x_svm_bind pasidbox_try_bind(struct pasidbox *self, uint32_t flags,
							    int target, int *ret)
{
	struct vfio_type1x_svm_bind bind = {
		.argsz = sizeof(bind),
		.flags = flags,
		.bond = ~0u,
		.mode = ~0u,
		.pasid = ~0u,
		.target = target,
	};

	*ret = __svm_bind_raw(self->container, &bind);
	return bind;
}

static inline struct vfio_type1x_svm_bind pasidbox_bind(struct pasidbox *self, uint32_t flags,
							int target)
{
	struct vfio_type1x_svm_bind bind;
	int ret;

	bind = pasidbox_try_bind(self, flags, target, &ret);
	ASSERT_EQ(ret, 0);
	return bind;
}

/* Does the device reach anything at that address?  Else it must have been blocked. */
static inline bool pasidbox_reaches(struct pasidbox *self, int device, uint32_t pasid)
{
	char byte;
	int ret = __testiommu_pasid_read(self->ti, device, pasid, self->memory, &byte, 1);

	EXPECT_TRUE(!ret || ret == -EIO);
	return !ret;
}

/* Address spaces that devices have; it may take workers a moment to get there. */
static inline bool pasidbox_has(struct pasidbox *self, uint64_t nr)
{
	double end = ktap_now() + ktap_scale(10);

	while (testiommu_stat(self->ti).pasids != nr && ktap_now() < end)
		usleep(5000);
	return testiommu_stat(self->ti).pasids == nr;
}

#endif /* SELFTESTS_PASIDBOX_H */
