// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several threads map and unmap in one container.  Whatever the order, the
 * books must balance: bytes mapped, bytes unmapped, entries, locked memory.
 */
#include "box.h"
#include "child.h"
#include "disk.h"
#include "snapshot.h"

#define THREADS		4
#define SECONDS		1
#define SLOTS		16
#define WINDOW		MIB(2)		/* memory of each thread */

struct worker {
	int container;
	int index;
	char *memory;
	unsigned int seed;
	void (*turn)(struct worker *worker);
	volatile int *stop;
	uint64_t mapped, unmapped; /* bytes */
	long turns, refused;
};

FIXTURE(concurrency) {
	struct box box;
	int container;
	volatile int stop;
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct snapshot before;
};

BACKEND_VARIANTS(concurrency);

FIXTURE_SETUP(concurrency)
{
	int i;

	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	for (i = 0; i < THREADS; i++) {
		char *memory = mem_untouched(WINDOW);

		memset(memory, 1, WINDOW);
		self->workers[i] = (struct worker){
			.container = self->container,
			.index = i,
			.memory = memory,
			.seed = i + 1,
			.stop = &self->stop,
		};
	}
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(concurrency)
{
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	while (!*worker->stop) {
		worker->turn(worker);
		worker->turns++;
	}
	return NULL;
}

static void run_for_a_while(struct concurrency_self *self, void (*turn)(struct worker *worker))
{
	int i;

	for (i = 0; i < THREADS; i++) {
		self->workers[i].turn = turn;
		self->threads[i] = thread_begin(work, &self->workers[i]);
	}
	sleep(SECONDS);
	self->stop = 1;
	for (i = 0; i < THREADS; i++)
		thread_wait(self->threads[i]);
}

/* What is left is what was mapped and not unmapped. */
static void balance(struct concurrency_self *self)
{
	uint64_t mapped = 0, unmapped = 0, left;
	long turns = 0, refused = 0;
	int i;

	for (i = 0; i < THREADS; i++) {
		mapped += self->workers[i].mapped;
		unmapped += self->workers[i].unmapped;
		turns += self->workers[i].turns;
		refused += self->workers[i].refused;
	}
	EXPECT_EQ(proc_locked(), mapped - unmapped);
	left = iommu_unmap_all(self->container);
	EXPECT_EQ(left, mapped - unmapped);
	EXPECT_GT(turns, THREADS);
	NOTE("%ld turns, %llu MiB mapped, %ld refused", turns, (unsigned long long)mapped >> 20,
	     refused);
}

static unsigned int pick(struct worker *worker, unsigned int below)
{
	return rand_r(&worker->seed) % below;
}

/* Windows of their own: nothing may ever be refused. */
static void turn_disjoint(struct worker *worker)
{
	uint64_t iova = GIB(1) + worker->index * GIB(1);
	size_t size = (pick(worker, WINDOW / PAGE) + 1) * PAGE;
	size_t rest = WINDOW - size;
	struct iommu_info info;

	EXPECT_EQ(__iommu_map(worker->container, worker->memory, iova, size, IOMMU_RW), 0);
	if (rest)
		EXPECT_EQ(__iommu_map(worker->container, worker->memory + size, iova + size, rest,
				      IOMMU_RW),
			  0);
	EXPECT_EQ(__iommu_info(worker->container, &info), 0);
	EXPECT_LE(info.avail, ENTRY_LIMIT - 1);
	EXPECT_GE(info.avail, ENTRY_LIMIT - 2 * THREADS);
	EXPECT_EQ(iommu_unmap(worker->container, iova, WINDOW), WINDOW);
	worker->mapped += WINDOW;
	worker->unmapped += WINDOW;
}

TEST_F(concurrency, disjoint)
{
	run_for_a_while(self, turn_disjoint);
	balance(self);
}

/* One window for all: each call either does all it says or nothing. */
static void turn_overlapping(struct worker *worker)
{
	uint64_t iova = BOX_IOVA + pick(worker, SLOTS) * 4 * PAGE;
	size_t size = (pick(worker, 8) + 1) * PAGE;
	uint64_t bytes = 0;
	int ret;

	if (pick(worker, 2)) {
		ret = __iommu_map(worker->container, worker->memory, iova, size, IOMMU_RW);
		EXPECT_TRUE(ret == 0 || ret == -EEXIST);
		worker->mapped += ret ? 0 : size;
	} else {
		ret = __iommu_unmap(worker->container, iova, size, 0, &bytes);
		EXPECT_TRUE(ret == 0 || ret == -EINVAL);
		worker->unmapped += bytes;
	}
	worker->refused += !!ret;
}

TEST_F(concurrency, overlapping)
{
	run_for_a_while(self, turn_overlapping);
	balance(self);
}

/* One of the threads clears the table again and again. */
static void turn_with_unmap_all(struct worker *worker)
{
	uint64_t bytes = 0;

	if (worker->index) {
		turn_overlapping(worker);
		return;
	}
	EXPECT_EQ(__iommu_unmap(worker->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, &bytes), 0);
	worker->unmapped += bytes;
	usleep(100);
}

TEST_F(concurrency, unmap_all)
{
	run_for_a_while(self, turn_with_unmap_all);
	balance(self);
}

/* Some fail for their memory, at the end of a range that others want. */
static void turn_with_failures(struct worker *worker)
{
	/* Three good pages, then the one that is not. */
	char *bad = worker->memory + WINDOW - 4 * PAGE;
	uint64_t iova = BOX_IOVA + pick(worker, SLOTS) * 4 * PAGE;
	int ret;

	if (worker->index) {
		turn_overlapping(worker);
		return;
	}
	ret = __iommu_map(worker->container, bad, iova, 4 * PAGE, IOMMU_RW);
	EXPECT_TRUE(ret == -EFAULT || ret == -EEXIST);
	worker->refused++;
}

TEST_F(concurrency, failing_maps)
{
	must_sys(mprotect(self->workers[0].memory + WINDOW - PAGE, PAGE, PROT_NONE));
	run_for_a_while(self, turn_with_failures);
	balance(self);
}

/* VADDR calls among MAPs and UNMAPs; what is suspended can still be unmapped. */
static void turn_with_vaddr(struct worker *worker)
{
	uint64_t iova = BOX_IOVA + pick(worker, SLOTS) * 4 * PAGE;
	int ret;

	if (worker->index > 1) {
		turn_overlapping(worker);
		return;
	}
	ret = __iommu_unmap(worker->container, iova, 4 * PAGE, VFIO_DMA_UNMAP_FLAG_VADDR, NULL);
	EXPECT_TRUE(ret == 0 || ret == -EINVAL);
	ret = __iommu_map(worker->container, worker->memory, iova, 4 * PAGE,
			  VFIO_DMA_MAP_FLAG_VADDR);
	EXPECT_TRUE(ret == 0 || ret == -EINVAL || ret == -ENOENT);
}

TEST_F(concurrency, vaddr)
{
	run_for_a_while(self, turn_with_vaddr);
	balance(self);
}

/* Never more entries than allowed, and none is lost. */
static void turn_at_the_limit(struct worker *worker)
{
	uint64_t iova = GIB(1) + worker->index * GIB(1);
	int i, held = 0;

	for (i = 0; i < 4; i++) {
		int ret = __iommu_map(worker->container, worker->memory, iova + i * HUGE, PAGE,
				      IOMMU_RW);

		EXPECT_TRUE(ret == 0 || ret == -ENOSPC);
		held += !ret;
		worker->refused += !!ret;
	}
	EXPECT_EQ(iommu_unmap(worker->container, iova, 4 * HUGE), held * PAGE);
	worker->mapped += held * PAGE;
	worker->unmapped += held * PAGE;
}

TEST_F(concurrency, entry_limit)
{
	int i;

	backend_set("dma_entry_limit", "6");
	box_close(&self->box);
	self->box.container = vfio_container_open();
	box_add(&self->box);
	vfio_set_type(self->box.container, variant->type);
	backend_set("dma_entry_limit", "65535");
	self->container = self->box.container;
	self->before = snapshot_take(self->container);
	for (i = 0; i < THREADS; i++)
		self->workers[i].container = self->container;
	run_for_a_while(self, turn_at_the_limit);
	balance(self);
	EXPECT_EQ(iommu_avail(self->container), 6);
}

/* DMA of one thread goes on undisturbed while others change the page table. */
FIXTURE(dma_meanwhile) {
	struct disk disk;
	volatile int stop;
	struct worker workers[2];
	pthread_t threads[2];
};

FIXTURE_SETUP(dma_meanwhile)
{
	int i;

	disk_open(&self->disk, VFIO_TYPE1v2_IOMMU);
	for (i = 0; i < 2; i++) {
		self->workers[i] = (struct worker){
			.container = self->disk.container,
			.memory = mem_untouched(WINDOW),
			.index = i + 2,
			.seed = i + 1,
			.stop = &self->stop,
			.turn = turn_disjoint,
		};
		self->threads[i] = thread_begin(work, &self->workers[i]);
	}
}

FIXTURE_TEARDOWN(dma_meanwhile)
{
	int i;

	self->stop = 1;
	for (i = 0; i < 2; i++)
		thread_wait(self->threads[i]);
	disk_close(&self->disk);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(dma_meanwhile, data_is_right)
{
	char *memory = mem_untouched(MIB(2));
	double end = ktap_now() + SECONDS;

	while (ktap_now() < end)
		disk_check(&self->disk, memory, DISK_IOVA, MIB(1));
}

KTAP_MAIN()
