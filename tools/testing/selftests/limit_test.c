// SPDX-License-Identifier: GPL-2.0-only
/* How many mappings, and how much locked memory: the two limits of a container. */
#include "box.h"
#include "child.h"
#include "snapshot.h"

#define LIMIT_ENTRIES	3

FIXTURE(entries) {
	struct box box;
	int container;
	char *memory;
	struct snapshot before;
};

BACKEND_VARIANTS(entries);

FIXTURE_SETUP(entries)
{
	box_open(&self->box, variant->type, 1);
	self->memory = mem_untouched(16 * PAGE);
	/* Sampled by SET_IOMMU: what is written here counts from the next on. */
	backend_set("dma_entry_limit", "3");
	EXPECT_EQ(iommu_avail(self->box.container), ENTRY_LIMIT);
	box_close(&self->box);
	self->box.container = vfio_container_open();
	box_add(&self->box);
	vfio_set_type(self->box.container, variant->type);
	backend_set("dma_entry_limit", "65535");
	self->container = self->box.container;
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(entries)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
}

static void use_up(int container, char *memory)
{
	int i;

	ASSERT_EQ(iommu_avail(container), LIMIT_ENTRIES);
	for (i = 0; i < LIMIT_ENTRIES; i++) {
		iommu_map(container, memory, BOX_IOVA + i * HUGE, 2 * PAGE, IOMMU_RW);
		EXPECT_EQ(iommu_avail(container), LIMIT_ENTRIES - 1 - i);
	}
}

TEST_F(entries, used_up)
{
	struct snapshot full;

	use_up(self->container, self->memory);
	full = snapshot_take(self->container);
	EXPECT_EQ(__iommu_map(self->container, self->memory, 0, PAGE, IOMMU_RW), -ENOSPC);
	EXPECT_UNCHANGED(self->container, full);
	/* One goes, one comes. */
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA + HUGE, HUGE), 2 * PAGE);
	EXPECT_EQ(__iommu_map(self->container, self->memory, 0, 2 * PAGE, IOMMU_RW), 0);
	EXPECT_UNCHANGED(self->container, full);
	EXPECT_EQ(__iommu_map(self->container, self->memory, HUGE, PAGE, IOMMU_RW), -ENOSPC);
	EXPECT_EQ(iommu_unmap_all(self->container), LIMIT_ENTRIES * 2 * PAGE);
	EXPECT_EQ(iommu_avail(self->container), LIMIT_ENTRIES);
}

/* Where ENOSPC stands in the order of errors. */
TEST_F(entries, order_of_errors)
{
	struct snapshot full;

	use_up(self->container, self->memory);
	full = snapshot_take(self->container);
	EXPECT_EQ(__iommu_map(self->container, self->memory, BOX_IOVA, PAGE, IOMMU_RW), -EEXIST);
	EXPECT_EQ(__iommu_map(self->container, self->memory, backend_window(), PAGE, IOMMU_RW),
		  -ENOSPC);
	EXPECT_EQ(__iommu_map(self->container, NULL, 0, PAGE, IOMMU_RW), -ENOSPC);
	EXPECT_EQ(__iommu_map(self->container, self->memory, 0, 0, IOMMU_RW), -EINVAL);
	EXPECT_UNCHANGED(self->container, full);
}

TEST_F(entries, failure_gives_the_entry_back)
{
	int i;

	for (i = 0; i < 2 * LIMIT_ENTRIES; i++)
		EXPECT_EQ(__iommu_map(self->container, NULL, 0, PAGE, IOMMU_RW), -EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
}

#define LIMIT_BYTES	(64 * PAGE)

FIXTURE(memlock) {
	struct box box;
	int container;
	char *memory;
	struct snapshot before;
	pid_t child;
};

BACKEND_VARIANTS(memlock);

/* The body of these tests runs in a child without privileges. */
FIXTURE_SETUP(memlock)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(2 * LIMIT_BYTES);
	self->before = snapshot_take(self->container);
	self->child = child_begin();
	if (!self->child)
		proc_unprivileged(LIMIT_BYTES);
}

FIXTURE_TEARDOWN(memlock)
{
	child_wait(self->child);
	/* The child's mappings outlive it. */
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
}

#define TEST_UNPRIVILEGED(name)					\
	static void memlock_##name##_child(int container, char *memory); \
	TEST_F(memlock, name)						\
	{								\
		if (self->child)					\
			return;						\
		memlock_##name##_child(self->container, self->memory);	\
		child_end();						\
	}								\
	static void memlock_##name##_child(int container, char *memory)

TEST_UNPRIVILEGED(exactly_and_one_over)
{
	EXPECT_EQ(__iommu_map(container, memory, BOX_IOVA, LIMIT_BYTES, IOMMU_RW), 0);
	EXPECT_EQ(proc_locked(), LIMIT_BYTES);
	EXPECT_EQ(iommu_unmap(container, BOX_IOVA, LIMIT_BYTES), LIMIT_BYTES);
	EXPECT_EQ(proc_locked(), 0);

	EXPECT_EQ(__iommu_map(container, memory, BOX_IOVA, LIMIT_BYTES + PAGE, IOMMU_RW), -ENOMEM);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(iommu_avail(container), ENTRY_LIMIT);
	EXPECT_EQ(__iommu_map(container, memory, BOX_IOVA, LIMIT_BYTES, IOMMU_RW), 0);
}

TEST_UNPRIVILEGED(adds_up)
{
	size_t half = LIMIT_BYTES / 2;

	EXPECT_EQ(__iommu_map(container, memory, BOX_IOVA, half, IOMMU_RW), 0);
	EXPECT_EQ(__iommu_map(container, memory + half, 0, half + PAGE, IOMMU_RW), -ENOMEM);
	EXPECT_EQ(proc_locked(), half);
	EXPECT_EQ(__iommu_map(container, memory + half, 0, half, IOMMU_RW), 0);
	EXPECT_EQ(__iommu_map(container, memory, HUGE, PAGE, IOMMU_R), -ENOMEM);
	EXPECT_EQ(proc_locked(), LIMIT_BYTES);
	EXPECT_EQ(iommu_avail(container), ENTRY_LIMIT - 2);
	EXPECT_EQ(iommu_unmap(container, 0, half), half);
	EXPECT_EQ(__iommu_map(container, memory, HUGE, half, IOMMU_RW), 0);
	EXPECT_EQ(iommu_unmap_all(container), LIMIT_BYTES);
	EXPECT_EQ(proc_locked(), 0);
}

/* Far beyond it: the failure comes before all that memory was pinned. */
TEST_UNPRIVILEGED(far_over)
{
	char *much = mem_untouched(MIB(64));

	(void)memory;
	EXPECT_EQ(__iommu_map(container, much, BOX_IOVA, MIB(64), IOMMU_RW), -ENOMEM);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(iommu_avail(container), ENTRY_LIMIT);
	EXPECT_TRUE(is_free(container, BOX_IOVA, LIMIT_BYTES));
}

struct racer {
	int container;
	char *memory;
	uint64_t iova;
	size_t size;
	int result;
};

static void *race_map(void *arg)
{
	struct racer *racer = arg;

	racer->result = __iommu_map(racer->container, racer->memory, racer->iova, racer->size,
				    IOMMU_RW);
	return NULL;
}

/* Either alone fits, both together do not. */
TEST_UNPRIVILEGED(parallel_maps)
{
	size_t size = LIMIT_BYTES / 2 + PAGE;
	int round, wins = 0;

	for (round = 0; round < 50; round++) {
		struct racer a = { container, memory, 0, size, 0 };
		struct racer b = { container, memory + LIMIT_BYTES, HUGE, size, 0 };
		pthread_t thread = thread_begin(race_map, &a);

		race_map(&b);
		thread_wait(thread);
		EXPECT_FALSE(!a.result && !b.result);
		EXPECT_TRUE(!a.result || a.result == -ENOMEM);
		EXPECT_TRUE(!b.result || b.result == -ENOMEM);
		wins += !a.result || !b.result;
		EXPECT_EQ(proc_locked(), a.result && b.result ? 0 : size);
		iommu_unmap_all(container);
		EXPECT_EQ(proc_locked(), 0);
	}
	EXPECT_GT(wins, 0);
}

KTAP_MAIN()
