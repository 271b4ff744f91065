// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device behind an Arm SMMUv3 goes astray, and its program is told: of each access, its
 * page, its direction, its reason and who did it.  No other program is.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "child.h"
#include "debugfs.h"
#include "proc.h"
#include "straybox.h"

#define ROOM		16

static void need_source(void)
{
	struct straybox box;
	struct iommu_info info;

	backend_reset();
	backend_need_ours("reports no faults");
	straybox_open(&box, 0, ROOM);
	iommu_info(box.container, &info);
	straybox_close(&box);
	ASSERT_TRUE(info.has_fault);
	EXPECT_EQ(info.fault.sources, 1 << VFIO_TYPE1X_FAULT_SOURCE_DEVICE);
	EXPECT_EQ(info.fault.flags, VFIO_IOMMU_FAULT_CAP_COMPLETE);
}

FIXTURE(access) {
	struct straybox box;
};

FIXTURE_VARIANT(access) {
	uint64_t iova;
	uint32_t access;
	uint32_t reason;
	uint32_t raw_reason; /* of the kernel's own numbers */
};

FIXTURE_VARIANT_ADD(access, read_unmapped) {
	.iova = STRAY_NOWHERE + 0x124,
	.access = VFIO_TYPE1X_FAULT_FLAG_READ,
	.reason = VFIO_TYPE1X_FAULT_REASON_UNMAPPED,
	.raw_reason = 5,
};

FIXTURE_VARIANT_ADD(access, write_unmapped) {
	.iova = STRAY_IOVA + PAGE,
	.access = VFIO_TYPE1X_FAULT_FLAG_WRITE,
	.reason = VFIO_TYPE1X_FAULT_REASON_UNMAPPED,
	.raw_reason = 5,
};

FIXTURE_VARIANT_ADD(access, write_read_only) {
	.iova = STRAY_READ_ONLY + 0xffc,
	.access = VFIO_TYPE1X_FAULT_FLAG_WRITE,
	.reason = VFIO_TYPE1X_FAULT_REASON_PERMISSION,
	.raw_reason = 6,
};

FIXTURE_SETUP(access)
{
	need_source();
	straybox_open(&self->box, 0, 0);
}

FIXTURE_TEARDOWN(access)
{
	straybox_close(&self->box);
}

/* Every access is in a record, to the byte. */
TEST_F(access, told)
{
	struct straybox *box = &self->box;
	uint32_t write = variant->access & VFIO_TYPE1X_FAULT_FLAG_WRITE;
	struct vfio_type1x_fault record;

	for (int i = 0; i < 3; i++) {
		uint64_t before = straybox_now();
		struct vfio_type1x_fault expected = {
			.sequence = box->next,
			.iova = variant->iova,
			.source = VFIO_TYPE1X_FAULT_SOURCE_DEVICE,
			.reason = variant->reason,
			.flags = variant->access | VFIO_TYPE1X_FAULT_FLAG_IOVA |
				 VFIO_TYPE1X_FAULT_FLAG_REQUESTER,
			.raw_reason = variant->raw_reason,
			.requester = box->requester,
		};

		straybox_access(box, write, variant->iova, STRAY_WORD);
		ASSERT_TRUE(straybox_next(box, STRAY_FIRST_MS, &record));
		EXPECT_GT(record.time, before);
		EXPECT_LT(record.time, straybox_now());
		expected.time = record.time;
		EXPECT_EQ(memcmp(&record, &expected, sizeof(record)), 0);
		straybox_is_silent(box);
	}
	for (size_t i = 0; i < 2 * PAGE; i++)
		ASSERT_EQ(box->memory[i], 1);
}

/* A transfer over the end of a mapping: each word is done or told. */
TEST_F(access, across_the_end)
{
	struct straybox *box = &self->box;
	bool is_denied = variant->reason == VFIO_TYPE1X_FAULT_REASON_PERMISSION;
	uint64_t end = (is_denied ? STRAY_READ_ONLY : STRAY_IOVA) + PAGE;
	struct vfio_type1x_fault record;

	straybox_access(box, variant->access & VFIO_TYPE1X_FAULT_FLAG_WRITE, end - 64, 128);
	for (uint64_t iova = is_denied ? end - 64 : end; iova < end + 64; iova += STRAY_WORD) {
		ASSERT_TRUE(straybox_next(box, STRAY_FIRST_MS, &record));
		EXPECT_EQ(record.iova, iova);
		EXPECT_EQ(record.flags & STRAY_ACCESS, variant->access);
		EXPECT_EQ(record.reason, iova < end ? VFIO_TYPE1X_FAULT_REASON_PERMISSION
						    : VFIO_TYPE1X_FAULT_REASON_UNMAPPED);
		EXPECT_EQ(record.lost, 0);
	}
	straybox_is_silent(box);
}

FIXTURE(stray) {
	struct straybox box;
	struct straybox other;
};

FIXTURE_SETUP(stray)
{
	need_source();
	straybox_open(&self->box, 0, ROOM);
	straybox_open(&self->other, 1, ROOM);
}

FIXTURE_TEARDOWN(stray)
{
	straybox_close(&self->other);
	straybox_close(&self->box);
}

/* What is allowed makes no record. */
TEST_F(stray, good_access)
{
	struct straybox *box = &self->box;

	straybox_access(box, 0, STRAY_READ_ONLY, KIB(2));
	straybox_access(box, VFIO_TYPE1X_FAULT_FLAG_WRITE, STRAY_IOVA, KIB(2));
	straybox_is_silent(box);
	straybox_is_silent(&self->other);
}

struct waiter {
	int epoll;
	volatile int is_waiting;
	int events;
	uint64_t woken;
};

static void *run_waiter(void *arg)
{
	struct waiter *waiter = arg;
	struct epoll_event event = {};

	child_post(&waiter->is_waiting, 1);
	if (epoll_wait(waiter->epoll, &event, 1, STRAY_FIRST_MS) == 1)
		waiter->events = event.events;
	waiter->woken = straybox_now();
	return NULL;
}

/* Who sleeps in epoll_wait() is woken, after the fault and not before. */
TEST_F(stray, wakes)
{
	struct waiter waiter = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
	struct epoll_event event = { .events = EPOLLIN };
	struct vfio_type1x_fault record;
	pthread_t thread;

	ASSERT_GE(waiter.epoll, 0);
	ASSERT_EQ(epoll_ctl(waiter.epoll, EPOLL_CTL_ADD, self->box.faults, &event), 0);
	thread = thread_begin(run_waiter, &waiter);
	EXPECT_TRUE(child_await(&waiter.is_waiting, 1));
	/* The other one's fault does not wake it. */
	straybox_access(&self->other, 0, STRAY_NOWHERE, STRAY_WORD);
	EXPECT_TRUE(straybox_next(&self->other, STRAY_FIRST_MS, &record));
	straybox_access(&self->box, 0, STRAY_NOWHERE, STRAY_WORD);
	thread_wait(thread);
	EXPECT_EQ(waiter.events, EPOLLIN);
	EXPECT_TRUE(straybox_next(&self->box, 0, &record));
	EXPECT_LT(record.time, waiter.woken);
	close(waiter.epoll);
}

static void *run_strays(void *arg)
{
	struct straybox *box = arg;

	for (int i = 0; i < 8; i++)
		straybox_access(box, i & 1 ? VFIO_TYPE1X_FAULT_FLAG_WRITE : 0,
				STRAY_NOWHERE + (box->requester + i) * PAGE, STRAY_WORD);
	return NULL;
}

/* Two at once: each program has its own eight accesses, in their order, and no other's. */
TEST_F(stray, to_its_owner)
{
	struct straybox *boxes[] = { &self->box, &self->other };
	struct vfio_type1x_fault record;
	pthread_t threads[2];

	EXPECT_NE(self->box.requester, self->other.requester);
	for (int i = 0; i < 2; i++)
		threads[i] = thread_begin(run_strays, boxes[i]);
	for (int i = 0; i < 2; i++)
		thread_wait(threads[i]);
	for (int i = 0; i < 2; i++) {
		for (int n = 0; n < 8; n++) {
			ASSERT_TRUE(straybox_next(boxes[i], STRAY_FIRST_MS, &record));
			EXPECT_EQ(record.iova, STRAY_NOWHERE + (boxes[i]->requester + n) * PAGE);
			EXPECT_EQ(record.flags & STRAY_ACCESS, n & 1 ? VFIO_TYPE1X_FAULT_FLAG_WRITE
								     : VFIO_TYPE1X_FAULT_FLAG_READ);
		}
		straybox_is_silent(boxes[i]);
	}
}

/* A device does not wait for what is told of it, so that the last of it is still to come. */
static void await_told(const char *dir, uint64_t sent)
{
	double end = ktap_now() + ktap_scale(10);

	while (debugfs_number(dir, "type1x-faults") < sent && ktap_now() < end)
		usleep(1000);
}

/* More than there is room for: the first ones stay, the others are counted. */
TEST_F(stray, lost_are_counted)
{
	const uint64_t sent = KIB(2) / STRAY_WORD;
	struct vfio_type1x_fault record;
	char dir[DEBUGFS_PATH_LEN];
	uint64_t i;

	straybox_close(&self->other);
	debugfs_find(dir);
	straybox_access(&self->box, VFIO_TYPE1X_FAULT_FLAG_WRITE, STRAY_NOWHERE, KIB(2));
	await_told(dir, sent);
	for (i = 0; i < ROOM; i++) {
		ASSERT_TRUE(straybox_next(&self->box, 0, &record));
		EXPECT_EQ(record.iova, STRAY_NOWHERE + i * STRAY_WORD);
		EXPECT_EQ(record.lost, 0);
	}
	straybox_is_silent(&self->box);
	straybox_access(&self->box, 0, STRAY_NOWHERE, STRAY_WORD);
	ASSERT_TRUE(straybox_next(&self->box, STRAY_FIRST_MS, &record));
	EXPECT_EQ(record.lost, sent - ROOM);
	EXPECT_EQ(record.sequence + record.lost, sent);
	EXPECT_EQ(debugfs_number(dir, "type1x-faults"), sent + 1);
	EXPECT_EQ(debugfs_number(dir, "type1x-faults-lost"), sent - ROOM);
	straybox_open(&self->other, 1, ROOM);
}

/* How often the SMMU's driver has told the kernel's log of an event. */
static int events_in_log(void)
{
	return proc_log_count(": event 0x");
}

/* The log is for those to whom nobody listens. */
TEST_F(stray, log)
{
	const uint64_t sent = 5 + KIB(2) / STRAY_WORD;
	int before = events_in_log();
	char dir[DEBUGFS_PATH_LEN];

	straybox_close(&self->other);
	debugfs_find(dir);
	for (int i = 0; i < 5; i++)
		straybox_access(&self->box, 0, STRAY_NOWHERE, STRAY_WORD);
	straybox_access(&self->box, 0, STRAY_NOWHERE, KIB(2));
	await_told(dir, sent);
	EXPECT_EQ(debugfs_number(dir, "type1x-faults"), sent);
	EXPECT_EQ(events_in_log(), before);
	close(self->box.faults);
	straybox_access(&self->box, 0, STRAY_NOWHERE, STRAY_WORD);
	usleep(STRAY_WAIT_MS * 1000);
	EXPECT_EQ(events_in_log(), before + 1);
	self->box.faults = fault_open(self->box.container, VFIO_TYPE1X_FAULT_FD_NONBLOCK, 0, 0);
	straybox_open(&self->other, 1, ROOM);
}

KTAP_MAIN()
