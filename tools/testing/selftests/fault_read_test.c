// SPDX-License-Identifier: GPL-2.0-only
/*
 * How records of faults are read: all that fit at once, whatever the buffer is made of,
 * without waiting for more than the first; and how the end is told.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "child.h"
#include "faultbox.h"
#include "fdinfo.h"
#include "proc.h"

#define RECORD		sizeof(struct vfio_type1x_fault)
#define SLEEPERS	3

FIXTURE(reads) {
	struct faultbox box;
	int ti;
	int container;
	int fd;
	struct vfio_type1x_fault records[256];
};

FIXTURE_SETUP(reads)
{
	backend_need_ours("reports no faults");
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
	self->fd = fault_open(self->container, 0, 256, 0);
}

FIXTURE_TEARDOWN(reads)
{
	close(self->fd);
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

static void expect_in_order(const struct vfio_type1x_fault *records, size_t nr_records)
{
	for (size_t i = 0; i < nr_records; i++) {
		EXPECT_EQ(records[i].sequence, i);
		EXPECT_EQ(records[i].iova, IOVA_NOWHERE);
		EXPECT_LE(i ? records[i - 1].time : 0, records[i].time);
	}
}

/* Edges of epoll are only safe if a short read means that there is no more. */
TEST_F(reads, fresh_memory)
{
	char *buf = mem_untouched(8 * PAGE);

	madvise(buf, 8 * PAGE, MADV_NOHUGEPAGE);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 200);
	ASSERT_EQ(read(self->fd, buf + 64, 8 * PAGE - 64), 200 * RECORD);
	expect_in_order((const void *)(buf + 64), 200);
}

/* What comes apart in user memory is together in the file. */
TEST_F(reads, vectors)
{
	char *buf = mem_untouched(PAGE);
	struct iovec iov[16];

	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 5);
	for (int i = 0; i < 16; i++)
		iov[i] = (struct iovec){ buf + i * 100, 100 };
	/* 1600 bytes in all. */
	EXPECT_EQ(readv(self->fd, iov, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	ASSERT_EQ(readv(self->fd, iov, 16), 5 * RECORD);
	expect_in_order((const void *)buf, 5);
}

/* The first one is waited for, a second one is not. */
TEST_F(reads, vectors_do_not_wait)
{
	struct iovec iov[2] = {
		{ &self->records[0], RECORD },
		{ &self->records[1], RECORD },
	};

	faultbox_fault(&self->box, 0);
	EXPECT_EQ(readv(self->fd, iov, 2), RECORD);
}

TEST_F(reads, nowait)
{
	struct iovec iov = { self->records, sizeof(self->records) };

	EXPECT_EQ(preadv2(self->fd, &iov, 1, -1, RWF_NOWAIT), -1);
	EXPECT_EQ(errno, EAGAIN);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 3);
	EXPECT_EQ(preadv2(self->fd, &iov, 1, -1, RWF_NOWAIT), 3 * RECORD);
	/* And when the flag comes later. */
	ASSERT_EQ(fcntl(self->fd, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(__fault_read(self->fd, self->records, 1), -EAGAIN);
}

struct sleeper {
	int fd;
	int epoll; /* or -1: poll() */
	int woken;
};

static void *sleep_until_the_end(void *arg)
{
	struct sleeper *sleeper = arg;
	struct epoll_event event = {};

	if (sleeper->epoll < 0)
		sleeper->woken = fault_poll(sleeper->fd, 20000) == POLLHUP;
	else if (epoll_wait(sleeper->epoll, &event, 1, 20000) == 1)
		sleeper->woken = event.events == EPOLLHUP;
	return NULL;
}

static int sleeper_epoll(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int epoll = epoll_create1(0);

	EXPECT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	return epoll;
}

/* Everybody hears of the end, also those of whom one is woken for a record. */
TEST_F(reads, end_wakes_all)
{
	struct sleeper sleepers[SLEEPERS * 2];
	pthread_t threads[SLEEPERS * 2];
	double begin;

	for (int i = 0; i < SLEEPERS * 2; i++) {
		sleepers[i] = (struct sleeper){ .fd = self->fd, .epoll = -1 };
		if (i < SLEEPERS)
			sleepers[i].epoll = sleeper_epoll(self->fd, EPOLLIN | EPOLLEXCLUSIVE);
		else if (i == SLEEPERS)
			sleepers[i].epoll = sleeper_epoll(self->fd, EPOLLIN | EPOLLET);
		threads[i] = thread_begin(sleep_until_the_end, &sleepers[i]);
	}
	usleep(200000 * ktap_scale(1));
	begin = ktap_now();
	vfio_group_detach(self->box.box.groups[0]);
	for (int i = 0; i < SLEEPERS * 2; i++) {
		thread_wait(threads[i]);
		EXPECT_TRUE(sleepers[i].woken);
	}
	EXPECT_TIMELY(ktap_ms_since(begin), <, 10000);
}

/* What was lost behind the last record, only fdinfo knows. */
TEST_F(reads, end_with_losses)
{
	struct fdinfo info;

	faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, 300);
	vfio_group_detach(self->box.box.groups[0]);
	EXPECT_EQ(fault_read(self->fd, self->records, 256), 256);
	expect_in_order(self->records, 256);
	EXPECT_EQ(self->records[255].lost, 0);
	EXPECT_EQ(fault_read(self->fd, self->records, 256), 0);
	fdinfo_read(&info, self->fd);
	EXPECT_EQ(fdinfo_number(&info, "type1x-fault-records"), 256);
	EXPECT_EQ(fdinfo_number(&info, "type1x-fault-lost"), 44);
}

KTAP_MAIN()
