// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups behind an IOMMU come and go beside emulated devices that are at work,
 * while memory is not there yet, and while others map and unmap.
 */
#include "backing.h"
#include "child.h"
#include "dirty.h"
#include "uffd.h"

#define SOON			(ktap_scale(3) * 1000)
#define OWN_IOVA		GIB(1)

/* How long an attach waits for an UNMAP that does not end. */
#define PATIENCE_MS		1000

struct attacher {
	struct backing *b;
	int result;
};

static void *run_attacher(void *arg)
{
	struct attacher *attacher = arg;

	attacher->result = __box_add(&attacher->b->real);
	return NULL;
}

/* Three mappings, the second of which has memory that comes only later. */
#define ASLEEP_PAGES		8
#define ASLEEP_FIRST		4 /* page that is not there */
#define BEHIND_IOVA		GIB(2)
#define BEHIND_PAGES		16
#define ASLEEP_MAPPED		(BACKING_MAPPED + ASLEEP_PAGES + BEHIND_PAGES)

FIXTURE(asleep) {
	struct backing b;
	struct uffd uffd;
	struct attacher attacher;
	volatile int *stage;
};

FIXTURE_SETUP(asleep)
{
	backend_need_ours("one lock is held while memory is faulted in");
	backing_open(&self->b);
	backing_map(&self->b);
	self->uffd.fd = -1;
	self->attacher.b = &self->b;
	self->stage = child_shared(PAGE);
	iommu_map(self->b.container, self->b.memory + 600 * PAGE, BEHIND_IOVA, BEHIND_PAGES * PAGE,
		  IOMMU_RW);
}

FIXTURE_TEARDOWN(asleep)
{
	uffd_close(&self->uffd);
	backing_close(&self->b);
}

/* An attach of this process, or of a child, sleeps in the middle of the second. */
static pthread_t begin_attach(struct asleep_self *self)
{
	pthread_t thread;

	uffd_open(&self->uffd, ASLEEP_PAGES * PAGE);
	uffd_fill(&self->uffd, 0, ASLEEP_FIRST * PAGE);
	iommu_map(self->b.container, self->uffd.addr, OWN_IOVA, ASLEEP_PAGES * PAGE, IOMMU_RW);
	testdev_pin(self->b.dev, OWN_IOVA, 2, TESTDEV_RW);
	thread = thread_begin(run_attacher, &self->attacher);
	EXPECT_EQ(uffd_wait(&self->uffd, ktap_scale(10) * 1000), ASLEEP_FIRST * PAGE);
	return thread;
}

/* Devices are not held up by it, wherever they go; pages that they hold then. */
static size_t work_meanwhile(struct asleep_self *self)
{
	struct backing *b = &self->b;
	double begin = ktap_now();
	char byte = 77;

	backing_pin(b, 0, 5);
	testdev_pin(b->dev, OWN_IOVA + PAGE, 3, TESTDEV_RW);
	testdev_pin(b->dev, BEHIND_IOVA, BEHIND_PAGES, TESTDEV_RW);
	testdev_unpin(b->dev, BEHIND_IOVA, 6);
	testdev_unpin(b->dev, OWN_IOVA, 1);
	testdev_write(b->dev, OWN_IOVA + 3 * PAGE, &byte, 1);
	EXPECT_EQ(self->uffd.addr[3 * PAGE], byte);
	testdev_write(b->dev, BEHIND_IOVA, &byte, 1);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	return 5 + 3 + BEHIND_PAGES - 6;
}

TEST_F(asleep, pins_meanwhile)
{
	struct backing *b = &self->b;
	pthread_t thread = begin_attach(self);
	size_t held = work_meanwhile(self);

	uffd_fill(&self->uffd, 0, ASLEEP_PAGES * PAGE);
	thread_wait(thread);
	EXPECT_EQ(self->attacher.result, 0);
	EXPECT_TRUE(backing_costs(b, ASLEEP_MAPPED, ASLEEP_MAPPED + held));
	EXPECT_TRUE(box_dma_works(box_edu(&b->real, 0), self->uffd.addr + 6 * PAGE,
				  OWN_IOVA + 6 * PAGE));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, held));
}

/* The memory never comes: what was pinned meanwhile is paid for all the same. */
TEST_F(asleep, fails_in_the_end)
{
	struct backing *b = &self->b;
	pthread_t thread = begin_attach(self);
	size_t held = work_meanwhile(self);

	must_sys(mprotect(self->uffd.addr + ASLEEP_FIRST * PAGE, PAGE, PROT_NONE));
	close(self->uffd.fd);
	self->uffd.fd = -1;
	thread_wait(thread);
	EXPECT_EQ(self->attacher.result, -EFAULT);
	EXPECT_TRUE(backing_costs_held(b, held));
	must_sys(mprotect(self->uffd.addr + ASLEEP_FIRST * PAGE, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(backing_costs(b, ASLEEP_MAPPED, ASLEEP_MAPPED + held));
}

/* Others may map and unmap; what needs the mapping itself waits for it. */
TEST_F(asleep, mappings_meanwhile)
{
	struct backing *b = &self->b;
	pthread_t thread = begin_attach(self);
	double begin = ktap_now();

	iommu_map(b->container, b->memory + 700 * PAGE, GIB(3), 4 * PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap(b->container, BACKING_IOVA(64), 448 * PAGE), 448 * PAGE);
	EXPECT_EQ(__iommu_map(b->container, b->memory, OWN_IOVA, PAGE, IOMMU_RW), -EEXIST);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	uffd_fill(&self->uffd, 0, ASLEEP_PAGES * PAGE);
	thread_wait(thread);
	EXPECT_EQ(self->attacher.result, 0);
	EXPECT_TRUE(backing_costs(b, ASLEEP_MAPPED - 448 + 4, ASLEEP_MAPPED - 448 + 4 + 2));
	EXPECT_EQ(iommu_unmap(b->container, OWN_IOVA, ASLEEP_PAGES * PAGE), ASLEEP_PAGES * PAGE);
}

/* Who waits for his own memory can be killed, and has then changed nothing. */
TEST_F(asleep, killed)
{
	struct backing *b = &self->b;
	const size_t pages = BACKING_MAPPED + BEHIND_PAGES;
	pid_t child;

	backing_pin(b, 0, 5);
	child = child_begin();
	if (!child) {
		begin_attach(self);
		child_post(self->stage, 1);
		pause();
	}
	ASSERT_TRUE(child_await(self->stage, 1));
	EXPECT_LE(child_kill(child), SOON);
	/* The child's pages are still held by the device. */
	EXPECT_TRUE(backing_costs(b, 5, 7));
	EXPECT_EQ(__box_add(&b->real), -ENODEV);
	EXPECT_EQ(iommu_unmap(b->container, OWN_IOVA, ASLEEP_PAGES * PAGE), ASLEEP_PAGES * PAGE);
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(backing_costs(b, pages, pages + 5));
}

/*
 * An UNMAP that does not end, because the program's bitmap has no memory, while
 * devices are busy elsewhere.
 */
FIXTURE(impatient) {
	struct backing b;
	struct uffd uffd;
	struct dirty_bits bits;
	uint64_t unmapped;
	int result;
	volatile int stop;
	long rounds;
};

FIXTURE_SETUP(impatient)
{
	backend_need_ours("one lock is held while bitmaps are written");
	backing_open(&self->b);
	backing_map(&self->b);
	uffd_open(&self->uffd, PAGE);
	self->bits = (struct dirty_bits){
		.iova = BACKING_IOVA(64),
		.pages = 448,
		.bytes = dirty_bytes(448),
		.words = (uint64_t *)self->uffd.addr,
	};
}

FIXTURE_TEARDOWN(impatient)
{
	uffd_close(&self->uffd);
	backing_close(&self->b);
}

static void *run_unmap(void *arg)
{
	struct impatient_self *self = arg;

	self->result = __dirty_unmap(self->b.container, &self->bits, &self->unmapped);
	return NULL;
}

/* Each round is news for those who wait for a mapping. */
static void *run_rounds(void *arg)
{
	struct impatient_self *self = arg;
	struct backing *b = &self->b;
	char byte = 1;

	for (; !self->stop; self->rounds++) {
		EXPECT_EQ(__testdev_write(b->dev, BACKING_IOVA(3), &byte, 1), 0);
		iommu_map(b->container, b->memory, OWN_IOVA, PAGE, IOMMU_RW);
		EXPECT_EQ(iommu_unmap(b->container, OWN_IOVA, PAGE), PAGE);
	}
	return NULL;
}

static void expect_impatience(struct impatient_self *self)
{
	double begin = ktap_now();

	EXPECT_EQ(__box_add(&self->b.real), -EBUSY);
	EXPECT_GE(ktap_ms_since(begin), PATIENCE_MS * 9 / 10);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, PATIENCE_MS + SOON);
}

/* Other processes wait behind an attach: it gives up, however much is going on. */
TEST_F_TIMEOUT(impatient, attach, 40)
{
	struct backing *b = &self->b;
	pthread_t unmapper, busy;

	dirty_start(b->container);
	backing_pin(b, 100, 1);
	unmapper = thread_begin(run_unmap, self);
	uffd_wait(&self->uffd, ktap_scale(5) * 1000);
	expect_impatience(self);
	busy = thread_begin(run_rounds, self);
	expect_impatience(self);
	EXPECT_TIMELY(self->rounds, >, 100);
	self->stop = 1;
	thread_wait(busy);
	EXPECT_TRUE(backing_costs_held(b, 0));

	uffd_fill(&self->uffd, 0, PAGE);
	thread_wait(unmapper);
	EXPECT_EQ(self->result, 0);
	EXPECT_EQ(self->unmapped, 448 * PAGE);
	EXPECT_TRUE(dirty_is_set(&self->bits, BACKING_IOVA(100)));
	EXPECT_EQ(dirty_count(&self->bits), 1);
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(proc_locked_becomes((BACKING_MAPPED - 448) * PAGE));
	dirty_stop(b->container);
}

/*
 * An attach that must fail, as a page cannot be pinned any more, meets an UNMAP
 * that must fail, as a device holds that page.  So many mappings that to pin them
 * all takes longer than the UNMAP needs to give up; where that is slow, fewer do.
 */
#define MANY			(6000 / ktap_scale(1))

FIXTURE(stubborn) {
	struct backing b;
	uint64_t held; /* IOVA */
	volatile int stop;
	long unmaps;
};

FIXTURE_VARIANT(stubborn) {
	bool last; /* among the mappings, is the page that is held; else the first */
};

FIXTURE_VARIANT_ADD(stubborn, first) { .last = false };
FIXTURE_VARIANT_ADD(stubborn, last) { .last = true };

FIXTURE_SETUP(stubborn)
{
	size_t i, place = variant->last ? MANY : 0;
	struct backing *b = &self->b;

	backend_need_ours("has a BUG() for a device that does not unpin");
	backing_open(b);
	self->held = BACKING_IOVA(2 * place);
	iommu_map(b->container, b->memory, self->held, PAGE, IOMMU_RW);
	for (i = 0; i <= MANY; i++)
		if (i != place)
			iommu_map(b->container, b->memory + PAGE, BACKING_IOVA(2 * i), PAGE,
				  IOMMU_RW);
	testdev_pin(b->dev, self->held, 1, TESTDEV_RW);
	testdev_policy(b->dev, T1X_TD_HOLD, 0);
	must_sys(mprotect(b->memory, PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(stubborn)
{
	backing_close(&self->b);
}

static void *run_stubborn_unmaps(void *arg)
{
	struct stubborn_self *self = arg;

	for (; !self->stop; self->unmaps++) {
		EXPECT_EQ(__iommu_unmap(self->b.container, self->held, PAGE, 0, NULL), -EBUSY);
		/* Let some of the attaches get further than to wait for it. */
		usleep(500 + self->unmaps * 700 % 3000);
	}
	return NULL;
}

TEST_F_TIMEOUT(stubborn, neither_gets_stuck, 40)
{
	struct backing *b = &self->b;
	pthread_t thread = thread_begin(run_stubborn_unmaps, self);
	double end = ktap_now() + 3 + ktap_scale(1);
	int attaches = 0, busy = 0;

	for (; ktap_now() < end; attaches++) {
		int ret = __box_add(&b->real);

		EXPECT_TRUE(ret == -EFAULT || ret == -EBUSY);
		busy += ret == -EBUSY;
		usleep(1000);
	}
	self->stop = 1;
	thread_wait(thread);
	NOTE("%d attaches, of which %d found it busy; %ld UNMAPs", attaches, busy, self->unmaps);
	EXPECT_TRUE(backing_costs_held(b, 1));
	must_sys(mprotect(b->memory, PAGE, PROT_READ | PROT_WRITE));
	testdev_policy(b->dev, T1X_TD_RELEASE, 0);
	EXPECT_EQ(iommu_unmap(b->container, self->held, PAGE), PAGE);
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(backing_costs(b, MANY, MANY));
}

/* Everybody is at work all the time. */
FIXTURE(busy) {
	struct backing b;
	volatile int stop;
	long pins, maps;
};

FIXTURE_SETUP(busy)
{
	backing_open(&self->b);
	backing_map(&self->b);
}

FIXTURE_TEARDOWN(busy)
{
	backing_close(&self->b);
}

/* In mappings that stay: never refused. */
static void *run_pins(void *arg)
{
	struct busy_self *self = arg;
	struct backing *b = &self->b;
	char byte = 1;

	for (; !self->stop; self->pins++) {
		size_t page = 64 + self->pins * 7 % 400;

		backing_pin(b, page, 40);
		EXPECT_EQ(__testdev_write(b->dev, BACKING_IOVA(page), &byte, 1), 0);
		backing_pin(b, 10, 7);
		backing_unpin(b, page, 40);
		backing_unpin(b, 10, 7);
	}
	return NULL;
}

/* Of a mapping that comes and goes a device has pages now and then. */
static void *run_maps(void *arg)
{
	struct busy_self *self = arg;
	struct backing *b = &self->b;
	size_t size = 24 * PAGE;

	for (; !self->stop; self->maps++) {
		iommu_map(b->container, b->memory + 600 * PAGE, OWN_IOVA, size, IOMMU_RW);
		if (self->maps % 2)
			EXPECT_EQ(__testdev_pin(b->dev, OWN_IOVA, 11, TESTDEV_RW), 11);
		EXPECT_EQ(iommu_unmap(b->container, OWN_IOVA, size), size);
	}
	return NULL;
}

TEST_F_TIMEOUT(busy, come_and_go, 40)
{
	struct backing *b = &self->b;
	double end = ktap_now() + 3;
	int comings = 0, refused = 0;
	pthread_t threads[] = { thread_begin(run_pins, self), thread_begin(run_maps, self) };

	while (ktap_now() < end) {
		int ret = __box_add(&b->real);

		/* It may be that a mapping is just going whenever it looks. */
		refused += ret == -EBUSY;
		EXPECT_TRUE(ret == 0 || ret == -EBUSY);
		if (ret)
			continue;
		EXPECT_GE(proc_locked(), BACKING_MAPPED * PAGE);
		box_remove_last(&b->real);
		comings++;
	}
	self->stop = 1;
	thread_wait(threads[0]);
	thread_wait(threads[1]);
	NOTE("%d comings, %d refused; %ld pins, %ld maps", comings, refused, self->pins,
	     self->maps);
	EXPECT_TIMELY(comings, >, 0);
	EXPECT_TIMELY(self->pins, >, 0);
	EXPECT_TIMELY(self->maps, >, 0);
	EXPECT_TRUE(backing_costs_held(b, 0));
}

KTAP_MAIN()
