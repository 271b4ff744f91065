// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device may not do under intel-iommu, told to the program that drives it: by a
 * tap on the IOMMU driver's interrupt handler that comes and goes with a module.
 *
 * An edu device behind a bridge to conventional PCI is on bus 1 or above.
 */
#include <sys/epoll.h>

#include "child.h"
#include "proc.h"
#include "vtdbox.h"

#define KPROBES		"/sys/kernel/debug/kprobes/enabled"
#define FTRACE		"/proc/sys/kernel/ftrace_enabled"
#define FLAGS		(VFIO_TYPE1X_FAULT_FLAG_IOVA | VFIO_TYPE1X_FAULT_FLAG_REQUESTER)

FIXTURE(vtd) {
	struct vtdbox box;
	struct vtdbox other;
};

FIXTURE_SETUP(vtd)
{
	backend_need_ours("reports no faults");
	hooks_reset();
	backend_reset();
	vtdbox_open_edu(&self->box, 0);
	vtdbox_open_edu(&self->other, 1);
	hooks_load();
}

FIXTURE_TEARDOWN(vtd)
{
	text_write(KPROBES, "1");
	text_write(FTRACE, "1");
	if (module_is_loaded(HOOKS))
		EXPECT_EQ(__module_unload(HOOKS), 0);
	vtdbox_close(&self->other);
	vtdbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* One access, and all records of it: at least one, to the byte. */
static void access_faults(struct vtdbox *box, uint64_t iova, bool write, uint32_t flags)
{
	struct vfio_type1x_fault record, expected = {
		.iova = iova & -PAGE,
		.source = VFIO_TYPE1X_FAULT_SOURCE_VTD,
		.reason = VFIO_TYPE1X_FAULT_REASON_PERMISSION,
		.flags = flags,
		.raw_reason = write ? 5 : 6,
		.requester = vtdbox_address(box->edu.bdf),
	};
	uint64_t before = now();
	int count = 0;

	expected.flags |= write ? VFIO_TYPE1X_FAULT_FLAG_WRITE : VFIO_TYPE1X_FAULT_FLAG_READ;
	if (write)
		edu_store(&box->edu, iova, 0, VTDBOX_BYTES);
	else
		edu_load(&box->edu, iova, 0, VTDBOX_BYTES);
	while (vtdbox_next(box, &record, count ? 0 : VTDBOX_WAIT_MS)) {
		count++;
		EXPECT_LE(before, record.time);
		EXPECT_LE(record.time, now());
		EXPECT_EQ(record.raw[0] & -PAGE, expected.iova);
		EXPECT_EQ(record.raw[1] >> 63, 1);
		if (flags & VFIO_TYPE1X_FAULT_FLAG_ALIAS)
			EXPECT_NE(record.requester, expected.requester);
		else
			EXPECT_EQ(record.requester, expected.requester);
		expected.requester = record.requester;
		expected.time = record.time;
		expected.sequence = record.sequence;
		memcpy(expected.raw, record.raw, sizeof(expected.raw));
		EXPECT_EQ(memcmp(&record, &expected, sizeof(record)), 0);
	}
	EXPECT_GT(count, 0);
}

static void all_accesses_fault(struct vtdbox *box, uint32_t flags)
{
	access_faults(box, IOVA_NOWHERE + 0xa10, false, flags);
	access_faults(box, IOVA_NOWHERE + 0xb20, true, flags);
	access_faults(box, IOVA_READ_ONLY + 0xc30, true, flags);
	/* What is allowed is none. */
	edu_load(&box->edu, IOVA, 0, VTDBOX_BYTES);
	edu_load(&box->edu, IOVA_READ_ONLY, 0, VTDBOX_BYTES);
	edu_store(&box->edu, IOVA, 0, VTDBOX_BYTES);
	EXPECT_EQ(fault_poll(box->fd, 0), 0);
}

/* Each one in the file of its owner, and in no other. */
TEST_F(vtd, accesses)
{
	all_accesses_fault(&self->box, FLAGS);
	EXPECT_EQ(fault_poll(self->other.fd, 0), 0);
	access_faults(&self->other, IOVA_NOWHERE, true, FLAGS);
	EXPECT_EQ(fault_poll(self->box.fd, 0), 0);
}

/* The IOMMU sees the bridge's address, and who owns what is behind it is told. */
TEST_F(vtd, behind_a_bridge)
{
	struct vtdbox behind;
	char bdf[VFIO_BDF_LEN];

	SKIP_IF(!vtdbox_find_bridged(bdf), "no edu device behind a bridge");
	vtdbox_open(&behind, bdf);
	EXPECT_EQ(vtdbox_sources(&behind), IS_VTD);
	all_accesses_fault(&behind, FLAGS | VFIO_TYPE1X_FAULT_FLAG_ALIAS);
	EXPECT_EQ(fault_poll(self->box.fd, 0), 0);
	vtdbox_close(&behind);
}

/* Sources come and go with the module, and with nothing else. */
TEST_F(vtd, live)
{
	EXPECT_EQ(vtdbox_sources(&self->box), IS_VTD);
	hooks_unload();
	EXPECT_EQ(vtdbox_sources(&self->box), 0);
	edu_load(&self->box.edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
	EXPECT_EQ(fault_poll(self->box.fd, 200), 0);

	text_write(FTRACE, "0");
	EXPECT_EQ(__module_load(HOOKS_FILE, ""), -EBUSY);
	EXPECT_EQ(vtdbox_sources(&self->box), 0);
	text_write(FTRACE, "1");
	hooks_load();
	EXPECT_EQ(vtdbox_sources(&self->box), IS_VTD);
	access_faults(&self->box, IOVA_NOWHERE, false, FLAGS);
	/* What is live remains so. */
	EXPECT_EQ(__text_write(FTRACE, "0"), -EBUSY);
	text_write(KPROBES, "0");
	EXPECT_EQ(vtdbox_sources(&self->box), IS_VTD);
	access_faults(&self->box, IOVA_NOWHERE, false, FLAGS);
}

/* A device that changes hands; then nobody has it. */
TEST_F(vtd, owner_changes)
{
	struct vfio_type1x_fault record;
	char bdf[VFIO_BDF_LEN];

	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 1, bdf);
	vfio_device_close(&self->other.edu);
	vfio_group_detach(self->other.group);
	EXPECT_EQ(fault_poll(self->other.fd, 0), POLLHUP);
	vfio_group_attach(self->other.group, self->box.container);
	EXPECT_EQ(vtdbox_sources(&self->box), IS_VTD);
	vfio_device_open(&self->other.edu, self->other.group, bdf);
	edu_load(&self->other.edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
	EXPECT_EQ(fault_poll(self->box.fd, VTDBOX_WAIT_MS), POLLIN);
	EXPECT_EQ(fault_poll(self->other.fd, 0), POLLHUP);
	while (vtdbox_next(&self->box, &record, 0))
		EXPECT_EQ(record.requester, vtdbox_address(bdf));
	/* Its own faults are told as before. */
	access_faults(&self->box, IOVA_NOWHERE, true, FLAGS);
}

struct waiter {
	int epoll;
	int ret;
};

static void *wait_for_it(void *arg)
{
	struct epoll_event event = {};
	struct waiter *waiter = arg;

	waiter->ret = epoll_wait(waiter->epoll, &event, 1, VTDBOX_WAIT_MS);
	return NULL;
}

TEST_F(vtd, wake)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct waiter waiter = { .epoll = must_sys(epoll_create1(EPOLL_CLOEXEC)) };
	pthread_t thread;

	must_sys(epoll_ctl(waiter.epoll, EPOLL_CTL_ADD, self->box.fd, &event));
	EXPECT_EQ(epoll_wait(waiter.epoll, &event, 1, 0), 0);
	thread = thread_begin(wait_for_it, &waiter);
	edu_store(&self->box.edu, IOVA_READ_ONLY, 0, VTDBOX_BYTES);
	thread_wait(thread);
	EXPECT_EQ(waiter.ret, 1);
	close(waiter.epoll);
}

/* How often it was told that there was more; all else is its own. */
static int count_losses(struct vtdbox *box)
{
	struct vfio_type1x_fault record, loss = {
		.source = VFIO_TYPE1X_FAULT_SOURCE_VTD,
		.reason = VFIO_TYPE1X_FAULT_REASON_OVERFLOW,
	};
	int count = 0;

	while (vtdbox_next(box, &record, 0)) {
		if (record.reason == loss.reason) {
			count++;
			loss.time = record.time;
			loss.sequence = record.sequence;
			EXPECT_EQ(memcmp(&record, &loss, sizeof(loss)), 0);
		} else {
			EXPECT_EQ(record.requester, vtdbox_address(box->edu.bdf));
			EXPECT_EQ(record.iova, IOVA_NOWHERE);
		}
	}
	return count;
}

/*
 * Whoever has a device behind the unit is told that it had no room, once until he has read
 * it, whatever of his own comes behind it.
 */
TEST_F(vtd, overflow)
{
	struct vtdbox quiet, witness;

	vtdbox_open_edu(&quiet, 2);
	vtdbox_open_edu(&witness, 3);
	EXPECT_GE(vtdbox_overflow(&self->box, &self->other, &witness, 4), 4);
	EXPECT_EQ(count_losses(&self->box), 1);
	EXPECT_EQ(count_losses(&self->other), 1);
	/* He who has done nothing has nothing else. */
	EXPECT_EQ(count_losses(&quiet), 1);
	EXPECT_EQ(quiet.sequence, 1);
	EXPECT_GE(vtdbox_overflow(&self->box, &self->other, &witness, 1), 1);
	EXPECT_EQ(count_losses(&quiet), 1);
	vtdbox_close(&quiet);
	vtdbox_close(&witness);
}

KTAP_MAIN()
