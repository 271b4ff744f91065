// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storms of faults, and readers who are slow, stuck, killed, or gone in the middle of
 * one: the others lose nothing, nobody loses count, and what comes apart does so in any
 * order.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "child.h"
#include "faultbox.h"
#include "fdinfo.h"
#include "proc.h"
#include "text.h"
#include "uffd.h"

#define STORM		100000
#define BURST		64
#define ROUNDS		20

FIXTURE(race) {
	struct faultbox box;
	int ti;
	int container;
};

FIXTURE_SETUP(race)
{
	backend_need_ours("reports no faults");
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
}

FIXTURE_TEARDOWN(race)
{
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

struct storm {
	int ti;
	uint32_t context;
	uint32_t count;	 /* of one report */
	uint32_t rounds; /* 0: until stopped */
	volatile int stop;
	volatile int done;
	uint64_t sent;
};

/* The device may leave its container meanwhile. */
static void *storm_run(void *arg)
{
	struct storm *storm = arg;
	uint32_t round = 0;

	while (!storm->stop && (!storm->rounds || round++ < storm->rounds))
		if (!faultbox_storm(storm->ti, 0, storm->context, storm->count))
			storm->sent += storm->count;
	child_post(&storm->done, 1);
	return NULL;
}

struct reading {
	int fd;
	uint64_t received;
	uint64_t lost; /* as of the last record */
	bool gap;
};

/* Take what a read gives and look for gaps. */
static long reading_step(struct reading *reading)
{
	struct vfio_type1x_fault records[BURST];
	long nr = __fault_read(reading->fd, records, BURST);

	for (long i = 0; i < nr; i++) {
		reading->gap |= records[i].sequence != reading->received++;
		reading->gap |= records[i].lost < reading->lost;
		reading->lost = records[i].lost;
	}
	return nr;
}

/* As fdinfo has it, which knows what was lost behind the last record. */
static uint64_t counted(int fd, const char *key)
{
	struct fdinfo info;

	fdinfo_read(&info, fd);
	return fdinfo_number(&info, key);
}

/* A line, or an object of the kernel's, for each fault of a storm would be more. */
#define MOST_LINES	20
#define MOST_KIB	(STORM * 32 / 1024)

FIXTURE(storm) {
	struct faultbox box;
	int ti;
	int container;
	int lines;
	uint64_t slab;
};

FIXTURE_VARIANT(storm) {
	uint32_t context;
};

FIXTURE_VARIANT_ADD(storm, process) { .context = T1X_TI_IN_PROCESS };
FIXTURE_VARIANT_ADD(storm, hardirq) { .context = T1X_TI_IN_HARDIRQ };

FIXTURE_SETUP(storm)
{
	backend_need_ours("reports no faults");
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
	self->lines = proc_log_count("\n");
	self->slab = text_find_u64("/proc/meminfo", "Slab");
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_LE(proc_log_count("\n"), self->lines + MOST_LINES);
	EXPECT_LE(text_find_u64("/proc/meminfo", "Slab"), self->slab + MOST_KIB);
	faultbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* Slow readers with little and with much room: what is not received was counted. */
TEST_F(storm, slow_readers)
{
	struct storm storm = {
		.ti = self->ti,
		.context = variant->context,
		.count = 1000,
		.rounds = STORM / 1000,
	};
	struct reading readings[2] = {};
	pthread_t thread;
	bool done;

	for (int i = 0; i < 2; i++)
		readings[i].fd = fault_open(self->container, NONBLOCK, i ? 4096 : 16, 0);
	thread = thread_begin(storm_run, &storm);
	do {
		done = storm.done;
		usleep(500);
		for (int i = 0; i < 2; i++)
			while (reading_step(&readings[i]) > 0 && done)
				;
	} while (!done);
	thread_wait(thread);
	EXPECT_EQ(storm.sent, STORM);

	/* One more, to learn what was lost behind the last one, and that it goes on. */
	faultbox_fault(&self->box, 0);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(reading_step(&readings[i]), 1);
		EXPECT_FALSE(readings[i].gap);
		EXPECT_EQ(readings[i].received + readings[i].lost, STORM + 1);
		NOTE("%lu received, %lu lost", readings[i].received, readings[i].lost);
	}
	EXPECT_GT(readings[0].lost, 0);
}

struct taker {
	int fd;
	uint8_t *seen; /* by sequence */
	uint64_t received;
};

static void *take_all(void *arg)
{
	struct vfio_type1x_fault records[BURST];
	struct taker *taker = arg;
	long nr;

	while ((nr = __fault_read(taker->fd, records, BURST)) > 0)
		for (long i = 0; i < nr; i++, taker->received++)
			if (records[i].sequence < STORM)
				__atomic_fetch_add(&taker->seen[records[i].sequence], 1,
						   __ATOMIC_RELAXED);
	return NULL;
}

/* Readers that share a file get each record once, and all get its end. */
TEST_F(storm, shared_file)
{
	uint8_t *seen = calloc(STORM, 1);
	struct taker takers[3];
	pthread_t threads[3];
	uint64_t received = 0, sent = 0;
	int fd;

	fd = fault_open(self->container, 0, 4096, 0);
	for (int i = 0; i < 3; i++) {
		takers[i] = (struct taker){ .fd = fd, .seen = seen };
		threads[i] = thread_begin(take_all, &takers[i]);
	}
	for (; sent < STORM / 5; sent += 100)
		EXPECT_EQ(faultbox_storm(self->ti, 0, variant->context, 100), 0);
	softbox_close(&self->box.box);
	for (int i = 0; i < 3; i++) {
		thread_wait(threads[i]);
		received += takers[i].received;
	}
	for (uint64_t i = 0; i < STORM; i++)
		ASSERT_EQ(seen[i], i < received);
	EXPECT_EQ(received + counted(fd, "type1x-fault-lost"), sent);
	EXPECT_GT(received, 0);
	close(fd);
}

/* Out of the container and in again while it storms, files open and not. */
TEST_F(storm, container_goes)
{
	struct storm storm = { .ti = self->ti, .context = variant->context, .count = 50 };
	pthread_t thread = thread_begin(storm_run, &storm);
	uint64_t received = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct reading reading = { .fd = fault_open(self->container, 0, 0, i) };
		int other = fault_open(self->container, 0, 0, i);

		if (i % 3 == 0)
			close(other);
		if (i % 2)
			EXPECT_GT(reading_step(&reading), 0);
		vfio_group_detach(self->box.box.groups[0]);
		while (reading_step(&reading) > 0)
			;
		EXPECT_FALSE(reading.gap);
		EXPECT_EQ(reading.received, counted(reading.fd, "type1x-fault-records"));
		EXPECT_EQ(fault_poll(reading.fd, 0), POLLHUP);
		received += reading.received;
		vfio_group_attach(self->box.box.groups[0], self->container);
		vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
		close(reading.fd);
		if (i % 3)
			close(other);
	}
	storm.stop = 1;
	thread_wait(thread);
	EXPECT_GT(received, 0);
}

struct opener {
	int container;
	volatile int stop;
	int opened;
};

static void *open_and_close(void *arg)
{
	struct opener *opener = arg;
	struct vfio_type1x_fault record;

	while (!opener->stop) {
		int fd = __fault_open(opener->container, NONBLOCK, 1 + opener->opened % 100, 0);

		if (fd < 0)
			break;
		fault_poll(fd, opener->opened % 2);
		__fault_read(fd, &record, 1);
		close(fd);
		opener->opened++;
	}
	return NULL;
}

/* Files come and go while it storms; who stays misses nothing of it. */
TEST_F(storm, files_come_and_go)
{
	struct storm storm = { .ti = self->ti, .context = variant->context, .count = 20 };
	struct opener openers[3];
	struct reading reading = {};
	pthread_t thread, threads[3];
	double end;

	for (int i = 0; i < 3; i++) {
		openers[i] = (struct opener){ .container = self->container };
		threads[i] = thread_begin(open_and_close, &openers[i]);
	}
	reading.fd = fault_open(self->container, NONBLOCK, 4096, 0);
	thread = thread_begin(storm_run, &storm);
	for (end = ktap_now() + 1; ktap_now() < end;)
		if (reading_step(&reading) <= 0)
			usleep(100);
	for (int i = 0; i < 3; i++) {
		openers[i].stop = 1;
		thread_wait(threads[i]);
		EXPECT_GT(openers[i].opened, 10);
	}
	storm.stop = 1;
	thread_wait(thread);
	while (reading_step(&reading) > 0)
		;
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1);
	EXPECT_EQ(reading_step(&reading), 1);
	EXPECT_FALSE(reading.gap);
	EXPECT_EQ(reading.received + reading.lost, storm.sent + 1);
}

/* A file that is closed while it storms, and the container goes. */
TEST_F(race, close_and_detach)
{
	struct storm storm = { .ti = self->ti, .context = T1X_TI_IN_HARDIRQ, .count = 10 };
	pthread_t storming = thread_begin(storm_run, &storm);
	int opened = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct opener opener = { .container = self->container };
		pthread_t thread = thread_begin(open_and_close, &opener);

		usleep(1000 * (1 + i % 5));
		vfio_group_detach(self->box.box.groups[0]);
		thread_wait(thread);
		opened += opener.opened;
		vfio_group_attach(self->box.box.groups[0], self->container);
		vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	}
	EXPECT_GT(opened, ROUNDS);
	storm.stop = 1;
	thread_wait(storming);
}

TEST_F(race, inherited)
{
	int *flag = child_shared(PAGE), fd = fault_open(self->container, 0, 0, 0);
	struct vfio_type1x_fault record;
	pid_t child = child_begin();

	if (!child) {
		EXPECT_EQ(fault_read(fd, &record, 1), 1);
		child_post(flag, 1);
		EXPECT_EQ(fault_read(fd, &record, 1), 1);
		child_end();
	}
	faultbox_fault(&self->box, 0);
	EXPECT_TRUE(child_await(flag, 1));
	close(fd);
	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1), 0);
	child_wait(child);
	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1), -ENOSYS);
}

TEST_F(race, killed)
{
	struct vfio_type1x_fault record;
	int fd = fault_open(self->container, 0, 0, 0);
	pid_t child = child_begin();

	if (!child) {
		fault_read(fd, &record, 1);
		child_end();
	}
	usleep(100000);
	EXPECT_LT(child_kill(child), 3000 * ktap_scale(1));
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(fault_read(fd, &record, 1), 1);
}

static void on_alarm(int signal)
{
	(void)signal;
}

TEST_F(race, interrupted)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct vfio_type1x_fault record;
	int fd = fault_open(self->container, 0, 0, 0);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec soon = { .it_value.tv_nsec = 50000000 };
	timer_t timer;

	ASSERT_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	ASSERT_EQ(timer_settime(timer, 0, &soon, NULL), 0);
	EXPECT_EQ(__fault_read(fd, &record, 1), -EINTR);
}

/* Who reads to memory that does not appear has taken nothing yet, and stops nobody. */
TEST_F(race, stuck_reader)
{
	struct vfio_type1x_fault record;
	struct uffd uffd;
	pid_t child;
	int fd, other, ret;

	ret = __uffd_open(&uffd, PAGE);
	SKIP_IF(ret, "no userfaultfd for the kernel's own accesses (%d)", ret);
	uffd_close(&uffd);
	fd = fault_open(self->container, 0, 0, 0);
	other = fault_open(self->container, NONBLOCK, 0, 0);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 2);
	child = child_begin();
	if (!child) {
		/* Memory of that kind is not inherited. */
		ASSERT_EQ(__uffd_open(&uffd, PAGE), 0);
		__fault_read(fd, (void *)uffd.addr, 1);
		child_end();
	}
	usleep(200000 * ktap_scale(1));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(fault_read(fd, &record, 1), 1);
		EXPECT_EQ(record.sequence, i);
		EXPECT_EQ(fault_read(other, &record, 1), 1);
	}
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(fault_read(other, &record, 1), 1);
	EXPECT_LT(child_kill(child), 3000 * ktap_scale(1));
	/* It comes back for nothing: what was there is still there. */
	EXPECT_EQ(fault_read(fd, &record, 1), 1);
	EXPECT_EQ(record.sequence, 2);
}

struct single {
	int fd;
	struct vfio_type1x_fault *record;
	long ret;
};

static void *read_one(void *arg)
{
	struct single *single = arg;

	single->ret = __fault_read(single->fd, single->record, 1);
	return NULL;
}

/* When the memory appears he gets what there is then, be the container gone, too. */
TEST_F(race, stuck_until_the_end)
{
	struct uffd uffd;
	int ret = __uffd_open(&uffd, PAGE);
	struct single single = { .record = (void *)uffd.addr };
	pthread_t thread;

	SKIP_IF(ret, "no userfaultfd for the kernel's own accesses (%d)", ret);
	single.fd = fault_open(self->container, 0, 0, 7);
	faultbox_fault(&self->box, 0);
	thread = thread_begin(read_one, &single);
	EXPECT_EQ(uffd_wait(&uffd, 5000), 0);
	softbox_close(&self->box.box);
	EXPECT_EQ(proc_locked(), 0);
	uffd_fill(&uffd, 0, PAGE);
	thread_wait(thread);
	EXPECT_EQ(single.ret, 1);
	EXPECT_EQ(single.record->cookie, 7);
	EXPECT_EQ(__fault_read(single.fd, single.record, 1), 0);
	uffd_close(&uffd);
}

KTAP_MAIN()
