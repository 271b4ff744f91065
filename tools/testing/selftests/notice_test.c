// SPDX-License-Identifier: GPL-2.0-only
/* UNMAP of pages that emulated devices hold: they are told to let go of them. */
#include "child.h"
#include "snapshot.h"
#include "testbox.h"
#include "uffd.h"

#define SOON		(ktap_scale(2) * 1000)

FIXTURE(notice) {
	struct testbox box;
	int container;
	struct testdev *dev, *other;
	char *memory;
	struct snapshot before;
};

FIXTURE_SETUP(notice)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	self->dev = &self->box.devs[0];
	self->other = &self->box.devs[1];
	self->memory = mem_untouched(MIB(1));
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(notice)
{
	testdev_policy(self->dev, T1X_TD_RELEASE, 0);
	testdev_policy(self->other, T1X_TD_RELEASE, 0);
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
	EXPECT_EQ(testdev_pinned(self->other), 0);
	EXPECT_UNCHANGED(self->container, self->before);
	testbox_close(&self->box);
}

static void map(struct notice_self *self, size_t page, size_t npages)
{
	iommu_map(self->container, self->memory + page * PAGE, BOX_IOVA + page * PAGE,
		  npages * PAGE, IOMMU_RW);
}

/* The notice names the mapping, and comes before it goes. */
TEST_F(notice, names_the_mapping)
{
	struct t1x_td_stat stat;

	map(self, 0, 8);
	map(self, 8, 8);
	testdev_pin(self->dev, BOX_IOVA + 9 * PAGE, 3, TESTDEV_RW);
	testdev_pin(self->dev, BOX_IOVA + 10 * PAGE, 1, TESTDEV_R);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA + 8 * PAGE, 8 * PAGE), 8 * PAGE);
	stat = testdev_stat(self->dev);
	EXPECT_EQ(stat.notices, 1);
	EXPECT_EQ(stat.last_iova, BOX_IOVA + 8 * PAGE);
	EXPECT_EQ(stat.last_size, 8 * PAGE);
	EXPECT_EQ(stat.pinned, 0);
	EXPECT_TRUE(proc_locked_becomes(0));
	/* Nothing is pinned in the other, so there is nothing to say. */
	EXPECT_EQ(iommu_unmap_all(self->container), 8 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 1);
}

TEST_F(notice, one_for_each_mapping)
{
	int i;

	for (i = 0; i < 4; i++) {
		map(self, i * 4, 4);
		testdev_pin(self->dev, BOX_IOVA + i * 4 * PAGE, i + 1, TESTDEV_RW);
	}
	EXPECT_EQ(iommu_unmap_all(self->container), 16 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 4);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
}

/* All devices are told; nobody but they knows who holds what. */
TEST_F(notice, to_all_devices)
{
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_RW);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 1);
	EXPECT_EQ(testdev_notices(self->other), 1);
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW);
	testdev_pin(self->other, BOX_IOVA + PAGE, 2, TESTDEV_RW);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	EXPECT_EQ(testdev_pinned(self->dev) + testdev_pinned(self->other), 0);
}

/* What was unpinned in time needs no notice. */
TEST_F(notice, none_without_pins)
{
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_RW);
	testdev_unpin(self->dev, BOX_IOVA, 4);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 0);
}

TEST_F(notice, to_a_slow_device)
{
	double begin = ktap_now();

	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_RW);
	testdev_policy(self->dev, T1X_TD_SLOW, 300);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	EXPECT_GE(ktap_ms_since(begin), 300);
	EXPECT_EQ(testdev_notices(self->dev), 1);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
}

/* Asked again, it does what it should have done at once. */
TEST_F(notice, to_a_lazy_device)
{
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_RW);
	testdev_policy(self->dev, T1X_TD_LAZY, 2);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 3);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
}

/* The mapping stays what it was, for the device, too. */
TEST_F(notice, to_a_device_that_holds_on)
{
	const char *report = "a device does not unpin 0x10000000-0x10003fff";
	int before = proc_log_count(report);
	uint64_t unmapped = 1;

	backend_need_ours("has a BUG() for it");
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA + PAGE, 1, TESTDEV_RW);
	testdev_policy(self->dev, T1X_TD_HOLD, 0);
	EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, 4 * PAGE, 0, &unmapped), -EBUSY);
	EXPECT_EQ(unmapped, 1);
	EXPECT_EQ(testdev_notices(self->dev), 10);
	EXPECT_EQ(proc_log_count(report), before + 1);
	EXPECT_EQ(__iommu_map(self->container, self->memory, BOX_IOVA, PAGE, IOMMU_RW), -EEXIST);
	EXPECT_EQ(testdev_pinned(self->dev), 1);
	testdev_poke(self->dev, BOX_IOVA + PAGE, 1, 33);
	EXPECT_EQ(self->memory[PAGE + 1], 33);
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_RW), 4);
	testdev_policy(self->dev, T1X_TD_RELEASE, 0);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE);
}

/* Nobody is left who could unpin; what he held ends with the container. */
TEST_F(notice, to_a_device_that_was_closed)
{
	int64_t pinned = proc_pinned();

	backend_need_ours("has a BUG() for it");
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 3, TESTDEV_RW);
	testdev_pin(self->dev, BOX_IOVA + PAGE, 1, TESTDEV_RW);
	EXPECT_EQ(proc_pinned(), pinned + 3);
	testdev_policy(self->dev, T1X_TD_LEAVE, 0);
	testdev_close(self->dev);
	EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, 4 * PAGE, 0, NULL), -EBUSY);
	EXPECT_EQ(proc_locked(), 3 * PAGE);
	testbox_close(&self->box);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_EQ(proc_pinned(), pinned);

	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	self->before = snapshot_take(self->container);
}

/* What is about to go cannot be pinned; it goes. */
TEST_F(notice, to_a_device_that_pins_again)
{
	backend_need_ours("has a BUG() for it");
	map(self, 0, 4);
	testdev_pin(self->dev, BOX_IOVA, 3, TESTDEV_RW);
	testdev_policy(self->dev, T1X_TD_REPIN, 0);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE);
	EXPECT_EQ(testdev_stat(self->dev).repin_errno, EBUSY);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
}

struct busy {
	void *(*run)(void *arg);
	struct notice_self *fixture;
	const struct testdev *dev;
	size_t page; /* where it works */
	volatile int stop;
	long rounds, refused;
};

/* Pin, look, unpin; a pin may be refused while its mapping is away. */
static void *run_pinner(void *arg)
{
	struct busy *busy = arg;
	uint64_t iova = BOX_IOVA + busy->page * PAGE;

	while (!busy->stop) {
		int ret = __testdev_pin(busy->dev, iova, 8, TESTDEV_RW);

		if (ret < 0) {
			EXPECT_TRUE(ret == -EINVAL || ret == -EBUSY);
			busy->refused++;
			continue;
		}
		EXPECT_EQ(ret, 8);
		ret = __testdev_poke(busy->dev, iova + 7 * PAGE, 0, busy->rounds);
		EXPECT_TRUE(ret == 0 || ret == -ENOENT);
		ret = __testdev_unpin(busy->dev, iova, 8);
		EXPECT_TRUE(ret == 0 || ret == -ENOENT);
		busy->rounds++;
	}
	return NULL;
}

static void *run_mapper(void *arg)
{
	struct busy *busy = arg;
	struct notice_self *self = busy->fixture;
	uint64_t iova = BOX_IOVA + busy->page * PAGE;

	while (!busy->stop) {
		map(self, busy->page, 8);
		EXPECT_EQ(__testdev_write(busy->dev, iova + PAGE, "x", 1), 0);
		if (busy->rounds % 2) {
			int ret = __testdev_pin(busy->dev, iova, 8, TESTDEV_RW);

			EXPECT_TRUE(ret == 8 || ret == -EBUSY);
		}
		EXPECT_EQ(iommu_unmap(self->container, iova, 8 * PAGE), 8 * PAGE);
		busy->rounds++;
	}
	return NULL;
}

static void work(struct busy *busy, int count)
{
	pthread_t threads[4];
	int i;

	for (i = 0; i < count; i++)
		threads[i] = thread_begin(busy[i].run, &busy[i]);
	usleep(ktap_scale(2) * 1000000);
	for (i = 0; i < count; i++)
		busy[i].stop = 1;
	for (i = 0; i < count; i++) {
		thread_wait(threads[i]);
		NOTE("thread %d: %ld rounds, %ld refused", i, busy[i].rounds, busy[i].refused);
		EXPECT_GT(busy[i].rounds, 0);
	}
}

/*
 * Each in mappings of its own: nobody is disturbed by another's UNMAP.  Only one
 * UNMAP at a time for stock: one that notifies waits for the lock that another
 * holds while it waits for the notice to be over.
 */
TEST_F(notice, side_by_side)
{
	int count = backend_is_stock() ? 3 : 4;
	struct busy busy[] = {
		{ run_pinner, self, self->dev, .page = 0 },
		{ run_pinner, self, self->other, .page = 0 },
		{ run_mapper, self, self->dev, .page = 16 },
		{ run_mapper, self, self->other, .page = 32 },
	};

	map(self, 0, 8);
	work(busy, count);
	EXPECT_EQ(busy[0].refused + busy[1].refused, 0);
	EXPECT_GT(testdev_notices(self->dev), 0);
	EXPECT_GT(testdev_notices(self->other), 0);
}

/* Devices that pin again and again what another thread unmaps and maps. */
TEST_F(notice, all_in_one_place)
{
	struct busy busy[] = {
		{ run_pinner, self, self->dev, .page = 0 },
		{ run_pinner, self, self->other, .page = 0 },
		{ run_mapper, self, self->dev, .page = 0 },
	};

	backend_need_ours("has a BUG() for a device that pins between two notices");
	work(busy, ARRAY_SIZE(busy));
}

/* Opening and closing a device, while another is told to let go. */
TEST_F(notice, devices_come_and_go)
{
	int round;

	backend_need_ours("takes its locks in both orders, and hangs");
	testdev_policy(self->dev, T1X_TD_SLOW, 5);
	for (round = 0; round < 20; round++) {
		struct busy busy = { .fixture = self, .dev = self->dev, .rounds = 1 };
		pthread_t thread = thread_begin(run_mapper, &busy);
		int turn;

		for (turn = 0; turn < 20; turn++) {
			testdev_close(self->other);
			testdev_open(self->other, self->box.groups[1], 1);
		}
		busy.stop = 1;
		thread_wait(thread);
	}
}

struct sleeper {
	const struct testdev *dev;
	int result;
};

static void *run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->result = __testdev_pin(sleeper->dev, GIB(1), 1, TESTDEV_RW);
	return NULL;
}

/* A pin that waits for a page of the program does not hold up anybody else. */
TEST_F(notice, beside_a_pin_that_sleeps)
{
	struct sleeper sleeper = { .dev = self->dev };
	struct uffd uffd;
	pthread_t thread;
	double begin;

	backend_need_ours("one lock is held while memory is faulted in");
	uffd_open(&uffd, PAGE);
	map(self, 0, 4);
	iommu_map(self->container, uffd.addr, GIB(1), PAGE, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_RW);
	thread = thread_begin(run_sleeper, &sleeper);
	uffd_wait(&uffd, ktap_scale(5) * 1000);

	begin = ktap_now();
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA + PAGE, 1, TESTDEV_RW), 1);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	EXPECT_EQ(testdev_pinned(self->dev), 0);

	uffd_fill(&uffd, 0, PAGE);
	thread_wait(thread);
	EXPECT_EQ(sleeper.result, 1);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), PAGE), PAGE);
	uffd_close(&uffd);
}

static void killed_in_mid_pin(struct notice_self *self, uint32_t flags)
{
	volatile int *stage = child_shared(PAGE);
	pid_t child;

	backend_need_ours("one lock is held while memory is faulted in");
	child = child_begin();
	if (!child) {
		struct sleeper sleeper = { .dev = self->dev };
		struct uffd uffd;

		self->dev->flags = flags;
		uffd_open(&uffd, PAGE);
		iommu_map(self->container, uffd.addr, GIB(1), PAGE, IOMMU_RW);
		thread_begin(run_sleeper, &sleeper);
		uffd_wait(&uffd, ktap_scale(5) * 1000);
		child_post(stage, 1);
		pause();
	}
	ASSERT_TRUE(child_await(stage, 1));
	EXPECT_LE(child_kill(child), SOON);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
}

TEST_F(notice, killed_in_mid_pin)
{
	killed_in_mid_pin(self, 0);
}

TEST_F(notice, killed_while_a_kernel_thread_pins)
{
	killed_in_mid_pin(self, T1X_TD_IN_KTHREAD);
}

KTAP_MAIN()
