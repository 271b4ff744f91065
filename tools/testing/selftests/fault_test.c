// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of devices: each one reaches every file of the container whose device it was,
 * and no other, with what is known of it.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "child.h"
#include "faultbox.h"
#include "fdinfo.h"
#include "proc.h"

#define RECORD		sizeof(struct vfio_type1x_fault)
#define MAX_RECORDS	4096
#define MAX_FILES	32

FIXTURE(unset) {
	int container;
};

FIXTURE_SETUP(unset)
{
	self->container = vfio_container_open();
}

FIXTURE_TEARDOWN(unset)
{
	close(self->container);
}

TEST_F(unset, needs_a_backend)
{
	EXPECT_EQ(__fault_open(self->container, 0, 0, 0), -EINVAL);
}

FIXTURE(fault) {
	struct faultbox box;
	int ti;
	int container;
	struct vfio_type1x_fault records[64];
};

FIXTURE_SETUP(fault)
{
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
}

FIXTURE_TEARDOWN(fault)
{
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(fault, which_backend)
{
	int fd = __fault_open(self->container, 0, 0, 0);

	if (backend_is_stock())
		EXPECT_EQ(fd, -ENOTTY);
	else
		EXPECT_LE(0, fd);
}

/* What is refused leaves no file behind. */
TEST_F(fault, errors)
{
	struct vfio_type1x_fault_fd good = { .argsz = sizeof(good) }, bad;
	struct vfio_type1x_fault_fd *read_only;
	int next = dup(0);

	backend_need_ours("reports no faults");
	close(next);
	for (bad = good, bad.argsz = 0; bad.argsz < sizeof(bad); bad.argsz++)
		EXPECT_EQ(__fault_fd(self->container, &bad), -EINVAL);
	for (bad = good, bad.flags = 4; bad.flags; bad.flags <<= 1)
		EXPECT_EQ(__fault_fd(self->container, &bad), -EINVAL);
	bad = good;
	bad.nr_records = MAX_RECORDS + 1;
	EXPECT_EQ(__fault_fd(self->container, &bad), -EINVAL);
	bad.nr_records = ~0u;
	EXPECT_EQ(__fault_fd(self->container, &bad), -EINVAL);
	EXPECT_EQ(__fault_fd(self->container, NULL), -EFAULT);
	read_only = mem_untouched(PAGE);
	*read_only = good;
	mprotect(read_only, PAGE, PROT_READ);
	EXPECT_EQ(__fault_fd(self->container, read_only), -EFAULT);
	EXPECT_EQ(dup(0), next);
	close(next);
	good.argsz = PAGE;
	EXPECT_EQ(__fault_fd(self->container, &good), next);
}

TEST_F(fault, limits)
{
	struct rlimit limit = { 0, 0 };
	int fds[MAX_FILES];

	backend_need_ours("reports no faults");
	for (int i = 0; i < MAX_FILES; i++)
		fds[i] = fault_open(self->container, 0, 0, 0);
	EXPECT_EQ(__fault_open(self->container, 0, 0, 0), -ENOSPC);
	close(fds[5]);
	fds[5] = fault_open(self->container, 0, 0, 0);
	EXPECT_EQ(__fault_open(self->container, 0, 0, 0), -ENOSPC);
	for (int i = 0; i < MAX_FILES; i++)
		close(fds[i]);
	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 3;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 2 * MAX_FILES; i++)
		EXPECT_EQ(__fault_open(self->container, 0, 0, 0), -EMFILE);
	limit.rlim_cur = limit.rlim_max;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_F(fault, sizes)
{
	static const uint32_t sizes[][2] = {
		{ 0, 256 }, { 1, 16 }, { 16, 16 }, { 17, 32 }, { 4000, 4096 }, { 4096, 4096 },
	};

	backend_need_ours("reports no faults");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct vfio_type1x_fault_fd request = {
			.argsz = sizeof(request),
			.flags = i % 2 ? NONBLOCK : 0,
			.nr_records = sizes[i][0],
		};
		int fd = __fault_fd(self->container, &request);
		struct fdinfo info;

		ASSERT_LE(0, fd);
		EXPECT_EQ(request.nr_records, sizes[i][1]);
		EXPECT_EQ(request.record_size, RECORD);
		EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
		EXPECT_EQ(!!(fcntl(fd, F_GETFL) & O_NONBLOCK), i % 2);
		EXPECT_EQ(write(fd, "x", 1), -1);
		EXPECT_EQ(errno, EBADF);
		EXPECT_EQ(lseek(fd, 0, SEEK_SET), -1);
		faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, sizes[i][1] + 3);
		EXPECT_EQ(fault_read(fd, self->records, 2), 2);
		fdinfo_read(&info, fd);
		EXPECT_EQ(fdinfo_number(&info, "type1x-fault-room"), sizes[i][1]);
		EXPECT_EQ(fdinfo_number(&info, "type1x-fault-waiting"), sizes[i][1] - 2);
		EXPECT_EQ(fdinfo_number(&info, "type1x-fault-records"), sizes[i][1]);
		EXPECT_EQ(fdinfo_number(&info, "type1x-fault-lost"), 3);
		close(fd);
	}
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* DMA that is stopped, and the record of it, to the byte. */
static void dma_faults(struct fault_self *self, int fd, uint64_t sequence, struct t1x_ti_dma dma)
{
	const uint32_t common = VFIO_TYPE1X_FAULT_FLAG_IOVA | VFIO_TYPE1X_FAULT_FLAG_REQUESTER;
	struct vfio_type1x_fault record, expected = {
		.sequence = sequence,
		.iova = dma.iova,
		.cookie = 0xc0ffee,
		.source = VFIO_TYPE1X_FAULT_SOURCE_DOMAIN,
		.reason = VFIO_TYPE1X_FAULT_REASON_UNKNOWN,
		.flags = common,
		.requester = faultbox_requester(dma.device),
	};
	uint64_t before = now();
	char data[64] = "";

	expected.flags |= dma.write ? VFIO_TYPE1X_FAULT_FLAG_WRITE : VFIO_TYPE1X_FAULT_FLAG_READ;
	dma.buf = (uintptr_t)data;
	dma.len = sizeof(data);
	EXPECT_EQ(__testiommu_dma(self->ti, &dma), -EIO);
	EXPECT_EQ(dma.handled, 0);
	ASSERT_EQ(fault_read(fd, &record, 1), 1);
	EXPECT_LE(before, record.time);
	EXPECT_LE(record.time, now());
	expected.time = record.time;
	EXPECT_EQ(memcmp(&record, &expected, sizeof(record)), 0);
}

TEST_F(fault, contents)
{
	int fd, group = testiommu_group(1);
	uint64_t sequence = 0;

	backend_need_ours("reports no faults");
	vfio_group_attach(group, self->container);
	fd = fault_open(self->container, NONBLOCK, 0, 0xc0ffee);
	for (uint32_t i = 0; i < 8; i++) {
		struct t1x_ti_dma dma = {
			.iova = IOVA_NOWHERE + 0xabc,
			.device = i % 2,
			.context = i / 2 % 2 ? T1X_TI_IN_HARDIRQ : T1X_TI_IN_PROCESS,
			.write = i / 4,
		};

		dma_faults(self, fd, sequence++, dma);
		dma.iova = IOVA_READ_ONLY + 0x123;
		if (dma.write)
			dma_faults(self, fd, sequence++, dma);
	}
	EXPECT_EQ(__fault_read(fd, self->records, 1), -EAGAIN);
	close(group);
}

/* Without a listener the IOMMU driver is told so, and does what it always does. */
TEST_F(fault, nobody_listens)
{
	int fd;

	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1), -ENOSYS);
	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, 1), -ENOSYS);
	backend_need_ours("reports no faults");
	fd = fault_open(self->container, NONBLOCK, 16, 0);
	/* He who has no room listens all the same: a storm does not get into the log. */
	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, 1000), 0);
	close(fd);
	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1), -ENOSYS);
}

TEST_F(fault, lengths)
{
	char *buf = (char *)self->records;
	int fd;

	backend_need_ours("reports no faults");
	fd = fault_open(self->container, NONBLOCK, 0, 0);
	EXPECT_EQ(read(fd, buf, RECORD - 1), -1);
	EXPECT_EQ(errno, EINVAL);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 40);
	EXPECT_EQ(read(fd, buf, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(read(fd, buf, RECORD - 1), -1);
	EXPECT_EQ(read(fd, buf, 2 * RECORD - 1), RECORD);
	memset(buf, 0x5a, sizeof(self->records));
	EXPECT_EQ(read(fd, buf, 3 * RECORD + 50), 3 * RECORD);
	EXPECT_EQ(self->records[2].sequence, 3);
	EXPECT_EQ(buf[3 * RECORD], 0x5a);
	EXPECT_EQ(read(fd, buf, sizeof(self->records)), 36 * RECORD);
	for (int i = 0; i < 36; i++)
		EXPECT_EQ(self->records[i].sequence, 4 + i);
	EXPECT_EQ(__fault_read(fd, self->records, 1), -EAGAIN);
}

/* A record that cannot be written is read by the next one. */
TEST_F(fault, bad_buffers)
{
	char *buf = mem_reserve(2 * PAGE, PAGE);
	int fd;

	backend_need_ours("reports no faults");
	ASSERT_EQ(mprotect(buf, PAGE, PROT_READ | PROT_WRITE), 0);
	fd = fault_open(self->container, NONBLOCK, 0, 0);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 9);
	EXPECT_EQ(__fault_read(fd, NULL, 1), -EFAULT);
	EXPECT_EQ(__fault_read(fd, (void *)(buf + PAGE), 1), -EFAULT);
	EXPECT_EQ(__fault_read(fd, (void *)(buf + PAGE - RECORD / 2), 1), -EFAULT);
	EXPECT_EQ(__fault_read(fd, (void *)(1ul << 63), 1), -EFAULT);
	/* As far as it goes. */
	EXPECT_EQ(__fault_read(fd, (void *)(buf + PAGE - 2 * RECORD - 40), 9), 2);
	EXPECT_EQ(fault_read(fd, self->records, 9), 7);
	EXPECT_EQ(self->records[0].sequence, 2);
}

/* Each file gets all, from when it was opened, with its own cookie and losses. */
TEST_F(fault, copies)
{
	int first, second;

	backend_need_ours("reports no faults");
	first = fault_open(self->container, NONBLOCK, 16, 1);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 10);
	second = fault_open(self->container, NONBLOCK, 64, 2);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 10);
	EXPECT_EQ(fault_read(second, self->records, 64), 10);
	EXPECT_EQ(self->records[0].sequence, 0);
	EXPECT_EQ(self->records[9].cookie, 2);
	EXPECT_EQ(fault_read(first, self->records, 64), 16);
	EXPECT_EQ(self->records[15].sequence, 15);
	EXPECT_EQ(self->records[15].cookie, 1);
	EXPECT_EQ(self->records[15].lost, 0);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(fault_read(first, self->records, 64), 1);
	EXPECT_EQ(self->records[0].sequence, 16);
	EXPECT_EQ(self->records[0].lost, 4);
	close(first);
	EXPECT_EQ(fault_read(second, self->records, 64), 1);
	EXPECT_EQ(self->records[0].lost, 0);
}

/* A file has one place, whoever reads. */
TEST_F(fault, shared)
{
	pid_t child;
	int fd, copy;

	backend_need_ours("reports no faults");
	fd = fault_open(self->container, NONBLOCK, 0, 0);
	copy = dup(fd);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 3);
	EXPECT_EQ(fault_read(fd, self->records, 1), 1);
	EXPECT_EQ(fault_read(copy, self->records, 1), 1);
	EXPECT_EQ(self->records[0].sequence, 1);
	child = child_begin();
	if (!child) {
		EXPECT_EQ(fault_read(fd, self->records, 9), 1);
		EXPECT_EQ(self->records[0].sequence, 2);
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(__fault_read(copy, self->records, 1), -EAGAIN);
}

TEST_F(fault, owners)
{
	struct softbox other;
	int mine, others;

	backend_need_ours("reports no faults");
	faultbox_other(&self->box, &other);
	mine = fault_open(self->container, NONBLOCK, 0, 0);
	others = fault_open(other.container, NONBLOCK, 0, 0);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(__fault_read(others, self->records, 9), -EAGAIN);
	faultbox_fault(&self->box, 1);
	faultbox_fault(&self->box, 1);
	EXPECT_EQ(fault_read(mine, self->records, 9), 1);
	EXPECT_EQ(self->records[0].requester, faultbox_requester(0));
	EXPECT_EQ(fault_read(others, self->records, 9), 2);
	EXPECT_EQ(self->records[1].requester, faultbox_requester(1));
	/* A device that changes hands. */
	vfio_group_detach(other.groups[0]);
	vfio_group_attach(other.groups[0], self->container);
	faultbox_fault(&self->box, 1);
	EXPECT_EQ(fault_read(mine, self->records, 9), 1);
	EXPECT_EQ(self->records[0].requester, faultbox_requester(1));
	EXPECT_EQ(fault_read(others, self->records, 9), 0);
	softbox_close(&other);
}

static void *inject_later(void *arg)
{
	struct fault_self *self = arg;

	usleep(100000);
	faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, 1);
	return NULL;
}

/* A reader that waits, poll() and epoll, edges included, hear of it. */
TEST_F(fault, wake)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd, epoll = epoll_create1(0);
	pthread_t thread;

	backend_need_ours("reports no faults");
	fd = fault_open(self->container, 0, 0, 0);
	ASSERT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	EXPECT_EQ(epoll_wait(epoll, &event, 1, 0), 0);
	EXPECT_EQ(fault_poll(fd, 0), 0);

	thread = thread_begin(inject_later, self);
	EXPECT_EQ(epoll_wait(epoll, &event, 1, 10000), 1);
	EXPECT_EQ(event.events, EPOLLIN);
	EXPECT_EQ(epoll_wait(epoll, &event, 1, 0), 0);
	thread_wait(thread);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(epoll_wait(epoll, &event, 1, 10000), 1);
	EXPECT_EQ(fault_poll(fd, 0), POLLIN);
	EXPECT_EQ(fault_read(fd, self->records, 9), 2);
	EXPECT_EQ(fault_poll(fd, 0), 0);

	thread = thread_begin(inject_later, self);
	EXPECT_EQ(fault_read(fd, self->records, 9), 1);
	thread_wait(thread);
	thread = thread_begin(inject_later, self);
	EXPECT_EQ(fault_poll(fd, 10000), POLLIN);
	thread_wait(thread);
}

/* The file outlives the container, gives what is left, and keeps nothing else. */
TEST_F(fault, end)
{
	int fd, empty;

	backend_need_ours("reports no faults");
	fd = fault_open(self->container, 0, 0, 0);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 2);
	empty = fault_open(self->container, 0, 0, 0);
	softbox_close(&self->box.box);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(fault_poll(fd, 0), POLLIN | POLLHUP);
	EXPECT_EQ(fault_poll(empty, 0), POLLHUP);
	EXPECT_EQ(fault_read(empty, self->records, 1), 0);
	EXPECT_EQ(__module_unload(OURS), -EAGAIN);

	/* The next owner of the device is none of its business. */
	softbox_fill(&self->box.box, 0, 1);
	vfio_set_type(self->box.box.container, VFIO_TYPE1v2_IOMMU);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 5);
	EXPECT_EQ(fault_read(fd, self->records, 1), 1);
	EXPECT_EQ(fault_poll(fd, 0), POLLIN | POLLHUP);
	EXPECT_EQ(fault_read(fd, self->records, 9), 1);
	EXPECT_EQ(fault_poll(fd, 0), POLLHUP);
	EXPECT_EQ(fault_read(fd, self->records, 9), 0);
	EXPECT_EQ(fault_read(fd, self->records, 9), 0);
}

static void *detach_later(void *arg)
{
	struct fault_self *self = arg;

	usleep(100000);
	vfio_group_detach(self->box.box.groups[0]);
	return NULL;
}

TEST_F(fault, end_wakes)
{
	pthread_t thread;
	int fd;

	backend_need_ours("reports no faults");
	fd = fault_open(self->container, 0, 0, 0);
	thread = thread_begin(detach_later, self);
	EXPECT_EQ(fault_read(fd, self->records, 1), 0);
	thread_wait(thread);
	EXPECT_EQ(__fault_open(self->container, 0, 0, 0), -EINVAL);
}

KTAP_MAIN()
