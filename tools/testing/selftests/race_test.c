// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups come and go while other threads map, unmap and ask.  vfio core gives
 * no protection there: it passes ioctls on without a lock.
 */
#include <fcntl.h>

#include "box.h"
#include "child.h"
#include "snapshot.h"

#define ROUNDS		250
#define THREADS		3
#define SIZE		MIB(1)

FIXTURE(race) {
	struct box box;
	int container;
	char *memory; /* SIZE for each thread */
	int64_t pinned;
	volatile int stop;
	pthread_t threads[THREADS];
};

FIXTURE_VARIANT(race) {
	const char *private_domains;
};

FIXTURE_VARIANT_ADD(race, shared) { .private_domains = "N" };
FIXTURE_VARIANT_ADD(race, private) { .private_domains = "Y" };

struct racer {
	struct race_self *fixture;
	int index;
	long maps, unmaps, infos; /* that succeeded */
};

static struct racer racers[THREADS];

FIXTURE_SETUP(race)
{
	backend_need_ours("uses memory after it was freed");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	backend_set("private_domains", variant->private_domains);
	self->container = self->box.container;
	self->memory = mem_untouched(THREADS * SIZE);
	memset(self->memory, 1, THREADS * SIZE);
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(race)
{
	box_close(&self->box);
	backend_set("private_domains", "N");
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
}

/* An ioctl either finds the container in order, or without a backend. */
static bool is_fine(int ret)
{
	return ret == 0 || ret == -EINVAL;
}

/* One turn: every result must be one of those that make sense. */
static void turn(struct racer *racer, unsigned int number)
{
	int container = racer->fixture->container;
	char *memory = racer->fixture->memory + racer->index * SIZE;
	uint64_t bytes = 0, iova = BOX_IOVA + racer->index * GIB(1);
	size_t size = (number % 256 + 1) * PAGE;
	struct iommu_info info;
	int ret;

	ret = __iommu_map(container, memory, iova, size, IOMMU_RW);
	EXPECT_TRUE(is_fine(ret));
	racer->maps += !ret;

	ret = __iommu_info(container, &info);
	EXPECT_TRUE(is_fine(ret));
	racer->infos += !ret;
	if (!ret)
		EXPECT_GE(info.avail, ENTRY_LIMIT - THREADS - 1);

	ret = __iommu_unmap(container, iova, size, 0, &bytes);
	EXPECT_TRUE(is_fine(ret));
	EXPECT_TRUE(bytes == 0 || bytes == size);
	racer->unmaps += !ret && bytes;
	EXPECT_GE(__vfio_extension(container, VFIO_DMA_CC_IOMMU), 0);
}

static void *run_racer(void *arg)
{
	struct racer *racer = arg;
	unsigned int number = racer->index * 100;

	while (!racer->fixture->stop)
		turn(racer, number++);
	return NULL;
}

static void begin(struct race_self *self)
{
	int i;

	for (i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .fixture = self, .index = i };
		self->threads[i] = thread_begin(run_racer, &racers[i]);
	}
}

static void end(struct race_self *self)
{
	int i;

	self->stop = 1;
	for (i = 0; i < THREADS; i++) {
		thread_wait(self->threads[i]);
		NOTE("thread %d: %ld maps, %ld unmaps, %ld infos", i, racers[i].maps,
		     racers[i].unmaps, racers[i].infos);
		EXPECT_TIMELY(racers[i].maps, >, 0);
		EXPECT_TIMELY(racers[i].infos, >, 0);
	}
}

/* A moment that is different each time, so that all parts of a turn are hit. */
static void pause_a_little(int round)
{
	usleep(round * 37 % 800);
}

TEST_F_TIMEOUT(race, last_group_leaves, 60)
{
	int group = self->box.groups[0], round;

	begin(self);
	for (round = 0; round < ROUNDS; round++) {
		pause_a_little(round);
		ASSERT_EQ(__vfio_group_detach(group), 0);
		ASSERT_EQ(__vfio_group_attach(group, self->container), 0);
		ASSERT_EQ(__vfio_set_type(self->container,
					  round % 2 ? VFIO_TYPE1v2_IOMMU : VFIO_TYPE1X_IOMMU),
			  0);
	}
	end(self);
	EXPECT_EQ(__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL), 0);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT);
}

/* The second group finds all that is mapped, and what is mapped after it. */
TEST_F_TIMEOUT(race, second_group_comes_and_goes, 60)
{
	char *memory = mem_untouched(4 * PAGE);
	int round;

	iommu_map(self->container, memory, 0x100000, 2 * PAGE, IOMMU_RW);
	begin(self);
	for (round = 0; round < ROUNDS / 4; round++) {
		pause_a_little(round);
		ASSERT_EQ(__box_add(&self->box), 0);
		pause_a_little(round / 2);
		if (round % 30 == 0)
			EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), memory, 0x100000));
		box_remove_last(&self->box);
	}
	ASSERT_EQ(__box_add(&self->box), 0);
	end(self);
	EXPECT_EQ(iommu_unmap_all(self->container), 2 * PAGE);
	EXPECT_TRUE(box_write_is_blocked(box_edu(&self->box, 1), memory, 0x100000));
}

/* Everything is closed under the feet of the threads, and made anew. */
TEST_F_TIMEOUT(race, container_is_replaced, 60)
{
	int round;

	begin(self);
	for (round = 0; round < ROUNDS / 2; round++) {
		int fresh = vfio_container_open();

		pause_a_little(round);
		ASSERT_EQ(__vfio_group_detach(self->box.groups[0]), 0);
		ASSERT_EQ(__vfio_group_attach(self->box.groups[0], fresh), 0);
		ASSERT_EQ(__vfio_set_type(fresh, VFIO_TYPE1v2_IOMMU), 0);
		/* The threads' descriptor means the new one from here on. */
		must_sys(dup3(fresh, self->container, O_CLOEXEC));
		close(fresh);
	}
	end(self);
}

KTAP_MAIN()
