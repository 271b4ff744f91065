// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a container says about memory in debugfs: the leaves of its page tables, and
 * what is charged for it.
 */
#include "box.h"
#include "child.h"
#include "debugfs.h"
#include "snapshot.h"
#include "testbox.h"

#define SIZE		(3 * HUGE)

FIXTURE(leaves) {
	struct box box;
	int container;
	struct mem mem;
	char dir[DEBUGFS_PATH_LEN];
};

FIXTURE_VARIANT(leaves) {
	enum mem_kind kind;
	bool large; /* there must be leaves of 2 MiB */
};

FIXTURE_VARIANT_ADD(leaves, 4k) { .kind = MEM_4K };
FIXTURE_VARIANT_ADD(leaves, thp) { .kind = MEM_THP, .large = true };
FIXTURE_VARIANT_ADD(leaves, hugetlb) { .kind = MEM_HUGETLB, .large = true };
FIXTURE_VARIANT_ADD(leaves, shuffled) { .kind = MEM_SHUFFLED };

FIXTURE_SETUP(leaves)
{
	int ret;

	backend_need_ours("has no debugfs");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	debugfs_find(self->dir);
	ret = __mem_alloc(&self->mem, variant->kind, SIZE);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without %s", mem_name(variant->kind));
	ASSERT_EQ(ret, 0);
}

static bool leaves_are(struct leaves_self *self, uint64_t small, uint64_t large)
{
	bool ok = EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-2m"), large);

	ok &= EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-4k"), small);
	return ok & EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-1g"), 0);
}

FIXTURE_TEARDOWN(leaves)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	leaves_are(self, 0, 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-locked-bytes"), 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-mapped-bytes"), 0);
	mem_free(&self->mem);
	box_close(&self->box);
}

/* What the IOMMU can do with these frames, as the page map shows them. */
static uint64_t large_leaves(const char *addr, uint64_t iova, size_t size)
{
	uint64_t at, bytes = 0;

	for (at = (iova + HUGE - 1) / HUGE * HUGE; at + HUGE <= iova + size; at += HUGE)
		if (proc_in_runs(addr + (at - iova), HUGE, HUGE / PAGE))
			bytes += HUGE;
	return bytes;
}

TEST_F(leaves, whole)
{
	uint64_t large;

	iommu_map(self->container, self->mem.addr, GIB(1), self->mem.size, IOMMU_RW);
	large = large_leaves(self->mem.addr, GIB(1), self->mem.size);
	EXPECT_TRUE(!variant->large || large == self->mem.size);
	leaves_are(self, self->mem.size - large, large);
	/* Another page table has the same leaves, which are counted once. */
	backend_set("private_domains", "Y");
	box_add(&self->box);
	leaves_are(self, self->mem.size - large, large);
	box_remove_last(&self->box);
	backend_set("private_domains", "N");
	leaves_are(self, self->mem.size - large, large);
}

/* Beginnings and ends that leave room for fewer leaves, or for none. */
TEST_F(leaves, odd_ends)
{
	static const size_t odd[] = { 0, PAGE, HUGE - PAGE };
	size_t head, tail, shift;

	for (head = 0; head < ARRAY_SIZE(odd); head++)
		for (tail = 0; tail < ARRAY_SIZE(odd); tail++)
			for (shift = 0; shift < 2; shift++) {
				size_t size = self->mem.size - odd[head] - odd[tail];
				char *addr = self->mem.addr + odd[head];
				uint64_t iova = GIB(1) - HUGE + odd[head] + shift * PAGE, large;

				iommu_map(self->container, addr, iova, size, IOMMU_RW);
				large = large_leaves(addr, iova, size);
				EXPECT_TRUE(!variant->large || shift || large >= HUGE);
				leaves_are(self, size - large, large);
				EXPECT_EQ(iommu_unmap(self->container, iova, size), size);
				leaves_are(self, 0, 0);
			}
}

TEST_F(leaves, none_wanted)
{
	backend_set("disable_hugepages", "Y");
	iommu_map(self->container, self->mem.addr, GIB(1), HUGE, IOMMU_RW);
	leaves_are(self, HUGE, 0);
	backend_set("disable_hugepages", "N");
}

/* Leaves that were made before the MAP failed. */
TEST_F(leaves, late_failure)
{
	size_t size = self->mem.size;

	must_sys(munmap(self->mem.addr + size - HUGE, HUGE));
	EXPECT_EQ(__iommu_map(self->container, self->mem.addr, GIB(1), size, IOMMU_RW), -EFAULT);
	leaves_are(self, 0, 0);
}

FIXTURE(locked) {
	struct testbox box;
	struct box real; /* the same container, with groups behind an IOMMU */
	int container;
	struct testdev *dev;
	char *memory;
	char dir[DEBUGFS_PATH_LEN];
};

FIXTURE_SETUP(locked)
{
	backend_need_ours("has no debugfs");
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	self->real = (struct box){ .container = self->container };
	self->dev = &self->box.devs[0];
	debugfs_find(self->dir);
	self->memory = mmap(NULL, MIB(1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			    0);
	ASSERT_NE(self->memory, MAP_FAILED);
}

/* What the container says, once what devices have let go of is given back. */
static bool locked_becomes(struct locked_self *self, uint64_t bytes)
{
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (debugfs_number(self->dir, "type1x-locked-bytes") == bytes)
			break;
		usleep(10000);
	}
	return EXPECT_EQ(debugfs_number(self->dir, "type1x-locked-bytes"), bytes);
}

/* And the process, which is the only one to pay. */
static bool both_become(struct locked_self *self, uint64_t bytes)
{
	return EXPECT_TRUE(proc_locked_becomes(bytes)) && locked_becomes(self, bytes);
}

FIXTURE_TEARDOWN(locked)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	both_become(self, 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-mappings"), 0);
	while (self->real.num_groups)
		box_remove_last(&self->real);
	testbox_close(&self->box);
}

/* Emulated devices: what they hold, once however often they hold it. */
TEST_F(locked, by_devices)
{
	iommu_map(self->container, self->memory, BOX_IOVA, 64 * PAGE, IOMMU_RW);
	both_become(self, 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-mapped-bytes"), 64 * PAGE);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-4k"), 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-emulated-groups"), 2);
	testdev_pin(self->dev, BOX_IOVA, 8, TESTDEV_RW);
	both_become(self, 8 * PAGE);
	testdev_pin(&self->box.devs[1], BOX_IOVA + 4 * PAGE, 8, TESTDEV_RW);
	both_become(self, 12 * PAGE);
	testdev_unpin(self->dev, BOX_IOVA, 8);
	both_become(self, 8 * PAGE);
	EXPECT_EQ(iommu_unmap_all(self->container), 64 * PAGE);
	both_become(self, 0);
}

/* Groups behind an IOMMU that come and go: all that is mapped, or what is held. */
TEST_F(locked, by_both)
{
	iommu_map(self->container, self->memory, BOX_IOVA, 64 * PAGE, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 8, TESTDEV_RW);
	both_become(self, 8 * PAGE);
	box_add(&self->real);
	both_become(self, 64 * PAGE);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-4k"), 64 * PAGE);
	testdev_pin(self->dev, BOX_IOVA + 32 * PAGE, 8, TESTDEV_RW);
	both_become(self, 64 * PAGE);
	box_remove_last(&self->real);
	both_become(self, 16 * PAGE);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-4k"), 0);
	testdev_unpin(self->dev, BOX_IOVA, 8);
	both_become(self, 8 * PAGE);
}

/* Several processes pay: the container says what they pay in all. */
TEST_F(locked, by_two_processes)
{
	pid_t child;

	box_add(&self->real);
	iommu_map(self->container, self->memory, BOX_IOVA, 3 * PAGE, IOMMU_RW);
	child = child_begin();
	if (!child) {
		iommu_map(self->container, self->memory, GIB(1), 5 * PAGE, IOMMU_RW);
		EXPECT_EQ(proc_locked(), 5 * PAGE);
		locked_becomes(self, 8 * PAGE);
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(proc_locked(), 3 * PAGE);
	/* What the dead one paid is pinned, and belongs to this container. */
	locked_becomes(self, 8 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), 5 * PAGE), 5 * PAGE);
	both_become(self, 3 * PAGE);
}

/* A mapping that is handed over is paid for once. */
TEST_F(locked, by_another_process_from_now_on)
{
	uint64_t bytes = 0;
	pid_t child;

	testbox_close(&self->box);
	box_open(&self->real, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->real.container;
	self->box.container = self->real.container;
	debugfs_find(self->dir);
	iommu_map(self->container, self->memory, BOX_IOVA, 3 * PAGE, IOMMU_RW);
	must(__iommu_unmap(self->container, 0, 0,
			   VFIO_DMA_UNMAP_FLAG_VADDR | VFIO_DMA_UNMAP_FLAG_ALL, &bytes));
	child = child_begin();
	if (!child) {
		iommu_map(self->container, self->memory, BOX_IOVA, 3 * PAGE,
			  VFIO_DMA_MAP_FLAG_VADDR);
		EXPECT_EQ(proc_locked(), 3 * PAGE);
		locked_becomes(self, 3 * PAGE);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(proc_locked_becomes(0));
	locked_becomes(self, 3 * PAGE);
}

/* Beyond the limit nothing is charged, whoever notices. */
TEST_F(locked, not_beyond_the_limit)
{
	pid_t child;

	box_add(&self->real);
	child = child_begin();
	if (!child) {
		proc_unprivileged(4 * PAGE);
		EXPECT_EQ(__iommu_map(self->container, self->memory, BOX_IOVA, 5 * PAGE, IOMMU_RW),
			  -ENOMEM);
		child_end();
	}
	child_wait(child);
	locked_becomes(self, 0);
	child = child_begin();
	if (!child) {
		proc_unprivileged(4 * PAGE);
		EXPECT_EQ(__iommu_map(self->container, self->memory, BOX_IOVA, 4 * PAGE, IOMMU_RW),
			  0);
		child_end();
	}
	child_wait(child);
	locked_becomes(self, 4 * PAGE);
}

KTAP_MAIN()
