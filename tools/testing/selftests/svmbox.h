/* SPDX-License-Identifier: GPL-2.0-only */
/* A container with edu devices, and another process with memory at a known address. */
#ifndef SELFTESTS_SVMBOX_H
#define SELFTESTS_SVMBOX_H

#include "box.h"
#include "fault.h"
#include "peer.h"
#include "proc.h"
#include "snapshot.h"
#include "svm.h"

#define SVM_SIZE	(8 * PAGE)
#define SVM_SEED_PEER	0xb
#define SVM_SEED_OWN	0xa

struct svmbox {
	struct box box;
	int container;
	char *memory; /* at the same place in both, with different contents */
	struct peer *peer;
	pid_t pid;
	int faults;
	struct snapshot before;
};

static inline long svmbox_fill_peer(void *memory)
{
	mem_fill(memory, SVM_SIZE, SVM_SEED_PEER);
	return 0;
}

static inline void svmbox_open(struct svmbox *self, unsigned long type, int num_groups)
{
	box_open(&self->box, type, num_groups);
	self->container = self->box.container;
	backend_need_ours("binds no process");
	self->memory = mem_untouched(SVM_SIZE);
	self->peer = peer_begin();
	self->pid = self->peer->pid;
	mem_fill(self->memory, SVM_SIZE, SVM_SEED_OWN);
	ASSERT_EQ(peer_call(self->peer, svmbox_fill_peer, self->memory), 0);
	self->faults = fault_open(self->container, VFIO_TYPE1X_FAULT_FD_NONBLOCK, 0, 0);
	self->before = snapshot_take(self->container);
}

/* The peer may have died, and the container may be closed. */
static inline void svmbox_close(struct svmbox *self)
{
	if (self->peer) {
		kill(self->pid, SIGKILL);
		waitpid(self->pid, NULL, 0);
	}
	box_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

#define svmbox_bind(self)	svm_bind((self)->container, VFIO_SVM_PID, (self)->pid)

/* One record, of this kind and this bond; else false, also if there is none, or more. */
static inline bool svmbox_told(struct svmbox *self, uint16_t reason, uint32_t bond, uint64_t iova,
			       uint64_t bytes)
{
	struct vfio_type1x_fault records[4];
	double end = ktap_now() + ktap_scale(5);
	long nr;

	do
		nr = __fault_read(self->faults, records, 4);
	while (nr == -EAGAIN && ktap_now() < end && !usleep(1000));
	return nr == 1 && records[0].source == VFIO_TYPE1X_FAULT_SOURCE_SVM &&
	       records[0].reason == reason && records[0].bond == bond && records[0].iova == iova &&
	       records[0].raw[0] == bytes && records[0].time;
}

static inline bool svmbox_told_nothing(struct svmbox *self)
{
	struct vfio_type1x_fault record;

	return __fault_read(self->faults, &record, 1) == -EAGAIN;
}

/* Nothing is pinned that was not before; workers may take a moment. */
static inline bool svmbox_unpinned(struct svmbox *self)
{
	double end = ktap_now() + ktap_scale(10);

	while (proc_pinned() != self->before.pinned && ktap_now() < end)
		usleep(10000);
	return proc_pinned() == self->before.pinned;
}

#endif /* SELFTESTS_SVMBOX_H */
