// SPDX-License-Identifier: GPL-2.0-only
/* Charged and pinned exactly as long as mapped, for every kind of memory. */
#include "box.h"
#include "child.h"
#include "snapshot.h"

FIXTURE(account) {
	struct box box;
	int container;
	struct mem mem;
	struct snapshot before;
};

FIXTURE_VARIANT(account) {
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(account, 4k) { .kind = MEM_4K };
FIXTURE_VARIANT_ADD(account, thp) { .kind = MEM_THP };
FIXTURE_VARIANT_ADD(account, hugetlb) { .kind = MEM_HUGETLB };
FIXTURE_VARIANT_ADD(account, shuffled) { .kind = MEM_SHUFFLED };
FIXTURE_VARIANT_ADD(account, fragmented) { .kind = MEM_FRAGMENTED };
FIXTURE_VARIANT_ADD(account, permuted) { .kind = MEM_PERMUTED };

FIXTURE_SETUP(account)
{
	int ret;

	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	ret = __mem_alloc(&self->mem, variant->kind, 2 * HUGE);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without %s", mem_name(variant->kind));
	ASSERT_EQ(ret, 0);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(account)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	mem_free(&self->mem);
	box_close(&self->box);
}

TEST_F(account, whole)
{
	int round;

	for (round = 0; round < 3; round++) {
		iommu_map(self->container, self->mem.addr, BOX_IOVA, self->mem.size, IOMMU_RW);
		EXPECT_EQ(proc_locked(), self->mem.size);
		EXPECT_GT(proc_pinned(), self->before.pinned);
		EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, self->mem.size), self->mem.size);
		EXPECT_UNCHANGED(self->container, self->before);
	}
}

TEST_F(account, read_only)
{
	iommu_map(self->container, self->mem.addr, BOX_IOVA, self->mem.size, IOMMU_R);
	EXPECT_EQ(proc_locked(), self->mem.size);
	EXPECT_EQ(iommu_unmap_all(self->container), self->mem.size);
}

/* All combinations of an odd start and an odd end, in IOVA and in memory. */
TEST_F(account, odd_ends)
{
	static const size_t odd[] = { 0, PAGE, HUGE / 2, HUGE - PAGE, HUGE };
	size_t head, tail;

	for (head = 0; head < ARRAY_SIZE(odd); head++)
		for (tail = 0; tail < ARRAY_SIZE(odd) - 1; tail++) {
			size_t size = self->mem.size - odd[head] - odd[tail];
			uint64_t iova = BOX_IOVA + odd[tail];

			iommu_map(self->container, self->mem.addr + odd[head], iova, size,
				  IOMMU_RW);
			EXPECT_EQ(proc_locked(), size);
			EXPECT_EQ(iommu_unmap(self->container, iova, size), size);
			EXPECT_EQ(proc_locked(), 0);
		}
	EXPECT_UNCHANGED(self->container, self->before);
}

/* Many mappings side by side, removed in another order. */
TEST_F(account, in_pieces)
{
	size_t piece = self->mem.size / 16;
	int i;

	for (i = 0; i < 16; i++)
		iommu_map(self->container, self->mem.addr + i * piece, BOX_IOVA + i * piece, piece,
			  IOMMU_RW);
	EXPECT_EQ(proc_locked(), self->mem.size);
	for (i = 0; i < 16; i++) {
		uint64_t iova = BOX_IOVA + (i * 7 % 16) * piece;

		EXPECT_EQ(iommu_unmap(self->container, iova, piece), piece);
		EXPECT_EQ(proc_locked(), self->mem.size - (i + 1) * piece);
	}
}

/* The same memory twice counts twice. */
TEST_F(account, two_places)
{
	iommu_map(self->container, self->mem.addr, BOX_IOVA, self->mem.size, IOMMU_RW);
	iommu_map(self->container, self->mem.addr, GIB(1), self->mem.size, IOMMU_R);
	EXPECT_EQ(proc_locked(), 2 * self->mem.size);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, self->mem.size), self->mem.size);
	EXPECT_EQ(proc_locked(), self->mem.size);
	EXPECT_EQ(iommu_unmap_all(self->container), self->mem.size);
}

/* Fails at its end, long after the first pages were charged. */
TEST_F(account, late_failure)
{
	size_t cut = variant->kind == MEM_HUGETLB ? HUGE : PAGE;
	size_t size = self->mem.size - cut;

	must_sys(munmap(self->mem.addr + size, cut));
	EXPECT_EQ(__iommu_map(self->container, self->mem.addr, BOX_IOVA, self->mem.size, IOMMU_RW),
		  -EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(__iommu_map(self->container, self->mem.addr, BOX_IOVA, size, IOMMU_RW), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), size);
}

TEST_F(account, no_huge_pages_wanted)
{
	backend_set("disable_hugepages", "Y");
	iommu_map(self->container, self->mem.addr, BOX_IOVA, self->mem.size, IOMMU_RW);
	EXPECT_EQ(proc_locked(), self->mem.size);
	EXPECT_EQ(iommu_unmap_all(self->container), self->mem.size);
	backend_set("disable_hugepages", "N");
}

FIXTURE(release) {
	struct box box;
	char *memory;
	int64_t pinned;
};

FIXTURE_SETUP(release)
{
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->memory = mem_untouched(MIB(4));
	self->pinned = proc_pinned();
	iommu_map(self->box.container, self->memory, BOX_IOVA, MIB(4), IOMMU_RW);
	EXPECT_EQ(proc_locked(), MIB(4));
}

FIXTURE_TEARDOWN(release)
{
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
}

TEST_F(release, close)
{
	box_close(&self->box);
}

TEST_F(release, last_group_leaves)
{
	vfio_group_detach(self->box.groups[0]);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
	box_close(&self->box);
}

/* One of two groups leaves: the mappings stay. */
TEST_F(release, first_group_leaves)
{
	box_add(&self->box);
	vfio_group_detach(self->box.groups[0]);
	EXPECT_EQ(proc_locked(), MIB(4));
	EXPECT_TRUE(is_mapped(self->box.container, BOX_IOVA, MIB(4)));
	vfio_group_detach(self->box.groups[1]);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&self->box);
}

/* Whoever unmaps, the one who mapped is uncharged. */
TEST_F(release, by_a_child)
{
	pid_t child = child_begin();

	if (!child) {
		EXPECT_EQ(proc_locked(), 0);
		EXPECT_EQ(iommu_unmap_all(self->box.container), MIB(4));
		EXPECT_EQ(proc_locked(), 0);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(proc_locked_becomes(0));
	box_close(&self->box);
}

TEST_F(release, memory_went_first)
{
	must_sys(munmap(self->memory, MIB(4)));
	EXPECT_TRUE(is_mapped(self->box.container, BOX_IOVA, MIB(4)));
	EXPECT_EQ(iommu_unmap_all(self->box.container), MIB(4));
	box_close(&self->box);
}

KTAP_MAIN()
