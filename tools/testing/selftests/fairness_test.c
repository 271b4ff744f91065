// SPDX-License-Identifier: GPL-2.0-only
/*
 * An UNMAP of everything waits for what others are mapping when it is called,
 * and not for what they begin after that: or it would wait for as long as they
 * like.
 */
#include "box.h"
#include "child.h"
#include "snapshot.h"

#define THREADS		4
#define SECONDS		3
#define SIZE		MIB(32)
#define IOVA		GIB(4)
#define IOVA_END	(IOVA + THREADS * GIB(1))

/* For a call that has to wait for one MAP or UNMAP of each thread. */
#define SOON_MS		(ktap_scale(3) * 1000)

struct mapper {
	int container;
	char *memory;
	uint64_t iova;
	volatile int *stop;
	long turns;
};

FIXTURE(fairness) {
	struct box box;
	int container;
	char *marker;
	volatile int stop;
	struct mapper mappers[THREADS];
	pthread_t threads[THREADS];
	struct snapshot before;
};

FIXTURE_VARIANT(fairness) {
	unsigned long type;
	uint64_t size; /* of what is unmapped; 0 is everything */
};

FIXTURE_VARIANT_ADD(fairness, v1_all) { .type = VFIO_TYPE1_IOMMU };
FIXTURE_VARIANT_ADD(fairness, v2_all) { .type = VFIO_TYPE1v2_IOMMU };
FIXTURE_VARIANT_ADD(fairness, v2_range) { VFIO_TYPE1v2_IOMMU, IOVA_END };

/* Small pages, so that it takes a while. */
FIXTURE_SETUP(fairness)
{
	struct mem mem;
	int i;

	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->marker = mem_untouched(PAGE);
	mem_alloc(&mem, MEM_4K, SIZE);
	for (i = 0; i < THREADS; i++)
		self->mappers[i] = (struct mapper){
			.container = self->container,
			.memory = mem.addr,
			.iova = IOVA + i * GIB(1),
			.stop = &self->stop,
		};
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(fairness)
{
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
}

static void *run_mapper(void *arg)
{
	struct mapper *mapper = arg;

	while (!*mapper->stop) {
		uint64_t bytes = 0;

		EXPECT_EQ(__iommu_map(mapper->container, mapper->memory, mapper->iova, SIZE,
				      IOMMU_RW),
			  0);
		EXPECT_EQ(__iommu_unmap(mapper->container, mapper->iova, SIZE, 0, &bytes), 0);
		/* Somebody else may have been faster. */
		EXPECT_TRUE(bytes == 0 || bytes == SIZE);
		mapper->turns++;
	}
	return NULL;
}

/* Unmap it all, with something there that must go; milliseconds it took. */
static long unmap_everything(struct fairness_self *self, uint64_t size)
{
	uint32_t flags = size ? 0 : VFIO_DMA_UNMAP_FLAG_ALL;
	uint64_t bytes = 0, left = 0;
	double begin;
	long took;

	iommu_map(self->container, self->marker, BOX_IOVA, PAGE, IOMMU_RW);
	begin = ktap_now();
	EXPECT_EQ(__iommu_unmap(self->container, 0, size, flags, &bytes), 0);
	took = ktap_ms_since(begin);
	EXPECT_GE(bytes, PAGE);
	EXPECT_EQ(bytes % SIZE, PAGE);
	EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, PAGE, 0, &left), 0);
	EXPECT_EQ(left, 0);
	return took;
}

/* The last look: nothing is begun any more, so that all must be gone. */
static void finish(struct fairness_self *self)
{
	int i;

	self->stop = 1;
	for (i = 0; i < THREADS; i++) {
		thread_wait(self->threads[i]);
		EXPECT_TIMELY(self->mappers[i].turns, >, 0);
	}
	EXPECT_EQ(iommu_unmap_all(self->container), 0);
}

TEST_F_TIMEOUT(fairness, everybody_maps, 60)
{
	double end = ktap_now() + SECONDS;
	long worst = 0, calls = 0;
	int i;

	for (i = 0; i < THREADS; i++)
		self->threads[i] = thread_begin(run_mapper, &self->mappers[i]);
	while (ktap_now() < end && worst <= SOON_MS) {
		long took = unmap_everything(self, variant->size);

		worst = took > worst ? took : worst;
		calls++;
		usleep(1000);
	}
	NOTE("%ld calls, the slowest took %ld ms", calls, worst);
	EXPECT_LE(worst, SOON_MS);
	finish(self);
}

/* A mapping that is READY when the call is made, and made anew all the time. */
TEST_F_TIMEOUT(fairness, device_is_cut_off, 60)
{
	struct vfio_device *edu = box_edu(&self->box, 0);
	int i;

	mem_fill(self->marker, PAGE, 1);
	iommu_map(self->container, self->marker, BOX_IOVA, PAGE, IOMMU_RW);
	edu_load(edu, BOX_IOVA, 0, EDU_MAX_TRANSFER);
	iommu_unmap_all(self->container);
	mem_fill(self->marker, PAGE, 2);
	for (i = 0; i < THREADS; i++)
		self->threads[i] = thread_begin(run_mapper, &self->mappers[i]);
	for (i = 0; i < 5; i++) {
		EXPECT_LE(unmap_everything(self, variant->size), SOON_MS);
		EXPECT_TRUE(box_write_is_blocked(edu, self->marker, BOX_IOVA));
	}
	finish(self);
}

KTAP_MAIN()
