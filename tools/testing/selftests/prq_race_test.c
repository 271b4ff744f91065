// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests by the thousand against programs that answer, close, die, and take the
 * device away: each gets one answer, which is counted by the software IOMMU when the
 * test is over.
 */
#include "child.h"
#include "pagebox.h"
#include "proc.h"

#define BURST	32
#define ROUNDS	20

FIXTURE(prq_race) {
	struct faultbox box;
	int ti;
	int container;
	int group; /* of the second device */
};

FIXTURE_SETUP(prq_race)
{
	backend_need_ours("has no page requests");
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
	self->group = testiommu_group(1);
	vfio_group_attach(self->group, self->container);
}

FIXTURE_TEARDOWN(prq_race)
{
	struct t1x_ti_stat stat;

	close(self->group);
	softbox_close(&self->box.box);
	stat = testiommu_stat(self->ti);
	NOTE("%llu requests", stat.requests);
	EXPECT_GT(stat.requests, 0);
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

struct asker {
	int ti;
	int device;
	volatile int stop;
};

/* Groups of one or two pages. */
static void *ask(void *arg)
{
	struct asker *asker = arg;

	for (uint32_t group = 0; !asker->stop; group = (group + 1) % 500) {
		if (group % 3 == 0)
			pagebox_report(asker->ti, asker->device, group, 0, IOVA_NOWHERE);
		pagebox_request(asker->ti, asker->device, group);
	}
	return NULL;
}

struct answerer {
	int fd;
	volatile int stop;
	uint64_t received;
	uint64_t answered;
	uint64_t late; /* somebody else, or the end, was faster */
};

static void *answer(void *arg)
{
	struct answerer *answerer = arg;
	struct vfio_type1x_fault records[BURST];
	long nr;

	while ((nr = __fault_read(answerer->fd, records, BURST)) > 0 ||
	       (nr == -EAGAIN && !answerer->stop)) {
		for (long i = 0; i < nr; i++) {
			struct vfio_type1x_fault_response response = {
				.requester = records[i].requester,
				.group = records[i].group,
				.code = i % 3,
			};

			answerer->received++;
			if (!(records[i].flags & VFIO_TYPE1X_FAULT_FLAG_LAST))
				continue;
			if (__fault_respond(answerer->fd, &response, 1) == 1)
				answerer->answered++;
			else
				answerer->late++;
		}
	}
	return NULL;
}

struct askers {
	struct asker asker[2];
	pthread_t threads[2];
};

static void askers_begin(struct askers *askers, int ti)
{
	for (int i = 0; i < 2; i++) {
		askers->asker[i] = (struct asker){ .ti = ti, .device = i };
		askers->threads[i] = thread_begin(ask, &askers->asker[i]);
	}
}

static void askers_end(struct askers *askers)
{
	for (int i = 0; i < 2; i++) {
		askers->asker[i].stop = 1;
		thread_wait(askers->threads[i]);
	}
}

/* Who shares the file shares the work: nothing is answered late, or lost count of. */
TEST_F(prq_race, shared_file)
{
	struct answerer answerers[2];
	uint64_t received = 0, answered = 0;
	struct vfio_type1x_fault record;
	pthread_t threads[2];
	struct askers askers;
	int fd = fault_open(self->container, NONBLOCK | RESPOND, 64, 0);

	for (int i = 0; i < 2; i++) {
		answerers[i] = (struct answerer){ .fd = fd };
		threads[i] = thread_begin(answer, &answerers[i]);
	}
	askers_begin(&askers, self->ti);
	usleep(1500000);
	askers_end(&askers);
	for (int i = 0; i < 2; i++) {
		answerers[i].stop = 1;
		thread_wait(threads[i]);
		received += answerers[i].received;
		answered += answerers[i].answered;
		EXPECT_EQ(answerers[i].late, 0);
	}
	pagebox_request(self->ti, 0, 0);
	EXPECT_EQ(fault_read(fd, &record, 1), 1);
	EXPECT_EQ(record.sequence, received);
	EXPECT_TIMELY(answered, >, 0);
	NOTE("%lu answered, %llu lost", answered, record.lost);
}

/* Files that answer come and go, unread and half read. */
TEST_F(prq_race, files_come_and_go)
{
	struct vfio_type1x_fault records[BURST];
	struct askers askers;
	int opened = 0;

	askers_begin(&askers, self->ti);
	for (double end = ktap_now() + 1.5; ktap_now() < end; opened++) {
		struct answerer answerer = {
			.fd = fault_open(self->container, NONBLOCK | RESPOND, 16, 0),
			.stop = 1,
		};

		if (opened % 3 == 1)
			__fault_read(answerer.fd, records, BURST);
		else if (opened % 3)
			answer(&answerer);
		close(answerer.fd);
	}
	askers_end(&askers);
	EXPECT_GT(opened, 10);
}

/* Devices leave and join while they ask and are answered. */
TEST_F(prq_race, devices_come_and_go)
{
	struct answerer answerer = {
		.fd = fault_open(self->container, NONBLOCK | RESPOND, 64, 0),
	};
	pthread_t thread = thread_begin(answer, &answerer);
	struct askers askers;

	askers_begin(&askers, self->ti);
	for (int i = 0; i < ROUNDS; i++) {
		vfio_group_detach(self->group);
		usleep(1000 * (i % 3));
		vfio_group_attach(self->group, self->container);
		usleep(1000 * (i % 5));
	}
	askers_end(&askers);
	answerer.stop = 1;
	thread_wait(thread);
	EXPECT_TIMELY(answerer.answered, >, 0);
}

struct closer {
	int container;
	volatile int stop;
	int opened;
};

static void *open_and_close(void *arg)
{
	struct closer *closer = arg;

	while (!closer->stop) {
		struct answerer answerer = {
			.fd = __fault_open(closer->container, NONBLOCK | RESPOND, 16, 0),
			.stop = 1,
		};

		if (answerer.fd < 0)
			continue;
		answer(&answerer);
		close(answerer.fd);
		closer->opened++;
	}
	return NULL;
}

/* The whole container goes, and is made again, while files come and go. */
TEST_F(prq_race, container_goes)
{
	struct closer closer = { .container = self->container };
	pthread_t thread = thread_begin(open_and_close, &closer);
	struct askers askers;

	askers_begin(&askers, self->ti);
	for (int i = 0; i < ROUNDS; i++) {
		vfio_group_detach(self->group);
		usleep(1000 * (i % 3));
		vfio_group_detach(self->box.box.groups[0]);
		vfio_group_attach(self->box.box.groups[0], self->container);
		vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
		vfio_group_attach(self->group, self->container);
		usleep(1000 * (i % 4));
	}
	askers_end(&askers);
	closer.stop = 1;
	thread_wait(thread);
	EXPECT_TIMELY(closer.opened, >, 0);
}

/* A program that answers dies; another one takes its place. */
TEST_F(prq_race, killed)
{
	struct askers askers;

	askers_begin(&askers, self->ti);
	for (int i = 0; i < ROUNDS / 2; i++) {
		pid_t child = child_begin();

		if (!child) {
			struct answerer answerer = {
				.fd = fault_open(self->container, NONBLOCK | RESPOND, 16, 0),
			};

			answer(&answerer);
			child_end();
		}
		usleep(20000 * ktap_scale(1));
		EXPECT_LT(child_kill(child), 3000 * ktap_scale(1));
	}
	askers_end(&askers);
}

KTAP_MAIN()
