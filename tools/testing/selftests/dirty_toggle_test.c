// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracking is switched on and off while mappings come and go, devices pin and write,
 * and others read.  When all have stopped, it is on or off for everything there is:
 * no mapping has been left out, and none has bits of an earlier time.
 */
#include "child.h"
#include "proc.h"
#include "testbox.h"
#include "view.h"

#define SECONDS		2
#define SLOTS		48
#define SLOT		13 /* pages from one to the next */
#define ANCHOR		(SLOTS * SLOT)
#define ANCHOR_PAGES	5
#define PAGES		(ANCHOR + ANCHOR_PAGES)
#define MAPPERS		2
#define THREADS		(MAPPERS + 2)
#define MOST_OPS	100 /* of a thread, for each time that something is switched */

FIXTURE(dirty_toggle) {
	struct testbox box;
	int container;
	char *memory;
	bool mapped[SLOTS]; /* each slot is one mapper's */
	struct view view;
	struct dirty_bits bits; /* the reader's */
	pthread_barrier_t barrier;
	bool switching; /* START or STOP has not returned yet */
	bool stop;
	unsigned int seeds[THREADS];
	long ops;
	int numbers; /* handed out to threads */
};

FIXTURE_VARIANT(dirty_toggle) {
	int (*start)(int container);
	bool only_ours;
};

static int start_range(int container)
{
	return __dirty_start_range(container, VIEW_BASE, PAGES * PAGE);
}

FIXTURE_VARIANT_ADD(dirty_toggle, all) { .start = __dirty_start };
FIXTURE_VARIANT_ADD(dirty_toggle, range) { .start = start_range, .only_ours = true };

static size_t slot_page(unsigned int slot)
{
	return slot * SLOT + slot % 3;
}

static size_t slot_pages(unsigned int slot)
{
	return 1 + slot * 5 % 11;
}

FIXTURE_SETUP(dirty_toggle)
{
	if (variant->only_ours)
		backend_need_ours("tracks all or nothing");
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	self->memory = mem_untouched(PAGES * PAGE);
	iommu_map(self->container, self->memory + ANCHOR * PAGE, VIEW_IOVA(ANCHOR),
		  ANCHOR_PAGES * PAGE, IOMMU_RW);
	view_open(&self->view, self->container, PAGES);
	dirty_open(&self->bits, VIEW_BASE, PAGES);
	pthread_barrier_init(&self->barrier, NULL, THREADS + 1);
}

FIXTURE_TEARDOWN(dirty_toggle)
{
	testbox_close(&self->box);
	EXPECT_TRUE(proc_locked_becomes(0));
}

static void map_or_unmap(struct dirty_toggle_self *self, unsigned int slot)
{
	uint64_t iova = VIEW_IOVA(slot_page(slot)), size = slot_pages(slot) * PAGE;

	if (self->mapped[slot])
		EXPECT_EQ(iommu_unmap(self->container, iova, size), size);
	else
		iommu_map(self->container, self->memory + slot_page(slot) * PAGE, iova, size,
			  IOMMU_RW);
	self->mapped[slot] = !self->mapped[slot];
}

/* Of mappings that are always there, and others that may not be. */
static void work_as_device(struct dirty_toggle_self *self, unsigned int random)
{
	const struct testdev *dev = &self->box.devs[random % 2];
	uint64_t anchor = VIEW_IOVA(ANCHOR + random % ANCHOR_PAGES);

	__testdev_write(dev, VIEW_IOVA(slot_page(random % SLOTS)), "x", 1);
	EXPECT_EQ(__testdev_write(dev, anchor, "x", 1), 0);
	EXPECT_EQ(__testdev_pin(dev, anchor, 1, TESTDEV_RW), 1);
	EXPECT_EQ(__testdev_unpin(dev, anchor, 1), 0);
}

/* It is on, or it is not. */
static void read_bits(struct dirty_toggle_self *self, unsigned int random)
{
	int ret;

	if (random % 3 || backend_is_stock())
		ret = __dirty_get(self->container, &self->bits);
	else
		ret = __dirty_peek(self->container, &self->bits);
	EXPECT_TRUE(ret == 0 || ret == -EINVAL);
	if (random % 5 == 0 && !backend_is_stock()) {
		ret = __dirty_clear(self->container, &self->bits);
		EXPECT_TRUE(ret == 0 || ret == -EINVAL);
	}
}

static void *run_thread(void *arg)
{
	struct dirty_toggle_self *self = arg;
	int number = __atomic_fetch_add(&self->numbers, 1, __ATOMIC_SEQ_CST), i;
	unsigned int *seed = &self->seeds[number];

	while (pthread_barrier_wait(&self->barrier), !self->stop) {
		for (i = 0; i < MOST_OPS; i++) {
			unsigned int random = rand_r(seed);

			if (number < MAPPERS)
				map_or_unmap(self, random % (SLOTS / MAPPERS) * MAPPERS + number);
			else if (number == MAPPERS)
				work_as_device(self, random);
			else
				read_bits(self, random);
			__atomic_add_fetch(&self->ops, 1, __ATOMIC_SEQ_CST);
			if (!__atomic_load_n(&self->switching, __ATOMIC_SEQ_CST))
				break;
		}
		pthread_barrier_wait(&self->barrier);
	}
	return NULL;
}

/* Switch while the others are at work, and until they are not. */
static void turn(struct dirty_toggle_self *self, int (*how)(int container))
{
	__atomic_store_n(&self->switching, true, __ATOMIC_SEQ_CST);
	pthread_barrier_wait(&self->barrier);
	sched_yield();
	EXPECT_EQ(how(self->container), 0);
	__atomic_store_n(&self->switching, false, __ATOMIC_SEQ_CST);
	pthread_barrier_wait(&self->barrier);
}

/* Of every mapping there is, the first page and the last one. */
static void write_everywhere(struct dirty_toggle_self *self)
{
	const struct testdev *dev = &self->box.devs[0];
	unsigned int slot;

	for (slot = 0; slot < SLOTS; slot++) {
		size_t first = slot_page(slot), last = first + slot_pages(slot) - 1;

		if (!self->mapped[slot])
			continue;
		EXPECT_EQ(__testdev_write(dev, VIEW_IOVA(first), "x", 1), 0);
		EXPECT_EQ(__testdev_write(dev, VIEW_IOVA(last), "x", 1), 0);
		view_draw(&self->view, first, 1);
		view_draw(&self->view, last, 1);
	}
}

static void run_round(struct dirty_toggle_self *self, const struct dirty_toggle_variant *variant)
{
	turn(self, variant->start);
	EXPECT_EQ(variant->start(self->container), 0);
	/* What was dirty before is of no interest, as is stock beyond the end of mappings. */
	dirty_wipe(&self->view.bits);
	EXPECT_EQ(__dirty_get(self->container, &self->view.bits), 0);
	view_forget(&self->view);
	write_everywhere(self);
	if (!backend_is_stock())
		view_expect(&self->view, __dirty_get);

	turn(self, __dirty_stop);
	EXPECT_EQ(__dirty_get(self->container, &self->view.bits), -EINVAL);
	EXPECT_EQ(__dirty_stop(self->container), 0);
	/* Nor does it come back. */
	EXPECT_EQ(variant->start(self->container), 0);
	view_forget(&self->view);
	view_expect(&self->view, __dirty_get);
	dirty_stop(self->container);
}

TEST_F_TIMEOUT(dirty_toggle, all_or_nothing, 60)
{
	double end = ktap_now() + SECONDS;
	pthread_t threads[THREADS];
	unsigned int rounds;
	int i;

	for (i = 0; i < THREADS; i++) {
		self->seeds[i] = i + 1;
		threads[i] = thread_begin(run_thread, self);
	}
	for (rounds = 0; ktap_now() < end && !ktap->failures; rounds++)
		run_round(self, variant);
	self->stop = true;
	pthread_barrier_wait(&self->barrier);
	for (i = 0; i < THREADS; i++)
		thread_wait(threads[i]);
	NOTE("%u rounds, %ld times something else was done", rounds, self->ops);
	EXPECT_GT(self->ops, rounds * 2 * THREADS);
}

KTAP_MAIN()
