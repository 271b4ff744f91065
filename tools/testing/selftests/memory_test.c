// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel remembers of a mapping must not be out of proportion to it.
 * Counted by a memory cgroup, which sees every allocation made on our behalf;
 * where it sees page tables of the IOMMU as well, these are few.
 */
#include "box.h"
#include "cgroup.h"
#include "snapshot.h"

#define IOVA		GIB(8)
#define COUNT		2000
#define SMALL		KIB(1)
#define LARGE		(2 * PAGE + KIB(1))

FIXTURE(memory) {
	struct box box;
	int container;
	struct mem mem;
	struct snapshot before;
};

FIXTURE_VARIANT(memory) {
	enum mem_kind kind;
	size_t size;
	size_t each; /* bytes that a mapping may cost */
};

/* One run each, and one leaf or part of a page table. */
FIXTURE_VARIANT_ADD(memory, hugetlb) {
	.kind = MEM_HUGETLB, .size = HUGE, .each = SMALL
};

FIXTURE_VARIANT_ADD(memory, thp) { .kind = MEM_THP, .size = HUGE, .each = SMALL };
FIXTURE_VARIANT_ADD(memory, one_page) { .kind = MEM_4K, .size = PAGE, .each = SMALL };

/* A word for each page, and an entry of the page table, which is one as well. */
FIXTURE_VARIANT_ADD(memory, fragmented) { .kind = MEM_FRAGMENTED, .size = HUGE, .each = LARGE };

FIXTURE_SETUP(memory)
{
	int ret;

	backend_need_ours("does not charge what it remembers to anybody");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	ret = __mem_alloc(&self->mem, variant->kind, variant->size);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without %s", mem_name(variant->kind));
	ASSERT_EQ(ret, 0);
	self->before = snapshot_take(self->container);
	cgroup_open();
	cgroup_enter();
}

FIXTURE_TEARDOWN(memory)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	cgroup_leave();
	cgroup_close();
	mem_free(&self->mem);
	box_close(&self->box);
}

static void map_many(struct memory_self *self)
{
	int i;

	for (i = 0; i < COUNT; i++)
		iommu_map(self->container, self->mem.addr, IOVA + i * self->mem.size,
			  self->mem.size, IOMMU_RW);
}

/* The second time shows that nothing of the first is left. */
TEST_F_TIMEOUT(memory, of_many_mappings, 60)
{
	uint64_t before = cgroup_kernel_bytes(), used;
	uint64_t total = COUNT * variant->size;
	int round;

	for (round = 0; round < 2; round++) {
		map_many(self);
		used = cgroup_kernel_bytes() - before;
		NOTE("%llu bytes for each of %d mappings of %zu KiB",
		     (unsigned long long)used / COUNT, COUNT, variant->size / KIB(1));
		EXPECT_LE(used, COUNT * variant->each * cgroup_object_factor());
		/* Is anything counted at all? */
		EXPECT_GE(used, COUNT * 64);
		EXPECT_EQ(iommu_unmap(self->container, IOVA, total), total);
	}
}

KTAP_MAIN()
