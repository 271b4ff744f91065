// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large leaves in the IOMMU's page table that do not begin where the mapping
 * does.  An IOMMU driver that is asked to unmap a part of a leaf may take the
 * memory behind it for a page table: it clears words of the user's, and leaves
 * the device its way in.
 *
 * Wants a 1 GiB page: hugepagesz=1G hugepages=1.
 */
#include <linux/memfd.h>
#include <linux/mman.h>

#include "box.h"
#include "debugfs.h"
#include "snapshot.h"

#define LEAF		GIB(1)
#define LEAF_IOVA	GIB(2)
#define WORDS		(PAGE / sizeof(uint64_t))

/* Of the VT-d: readable, writable, a leaf. */
#define ENTRY_FLAGS	0x83

#define MAX_SPOTS	4

FIXTURE(leaf) {
	struct box box;
	int container;
	char *leaf; /* a multiple of 1 GiB, as LEAF_IOVA is */
	char *addr; /* where the mapping begins */
	uint64_t iova;
	size_t size;
	uint64_t entry; /* what its first page is filled with */
	char *pattern;	/* what the devices try to write; mapped at BOX_IOVA */
	int64_t pinned;
	int num_spots;
	size_t spots[MAX_SPOTS]; /* offsets to look at */
};

FIXTURE_VARIANT(leaf) {
	size_t before, after; /* memory around the leaf */
	bool small;	      /* not one leaf of 1 GiB, but 512 of 2 MiB */
};

FIXTURE_VARIANT_ADD(leaf, alone) { 0 };
FIXTURE_VARIANT_ADD(leaf, huge_page_before) { .before = HUGE };
FIXTURE_VARIANT_ADD(leaf, huge_page_after) { .after = HUGE };
FIXTURE_VARIANT_ADD(leaf, huge_pages_around) { .before = HUGE, .after = HUGE };
FIXTURE_VARIANT_ADD(leaf, small_pages_around) { .before = PAGE, .after = PAGE };
FIXTURE_VARIANT_ADD(leaf, small_page_before_many) { .before = PAGE, .small = true };

static int __put(char *addr, size_t size, int flags)
{
	void *got;

	if (!size)
		return 0;
	got = mmap(addr, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
	return got == MAP_FAILED ? -errno : 0;
}

static int huge_if_it_fits(size_t size)
{
	return size % HUGE ? 0 : MAP_HUGETLB | MAP_HUGE_2MB;
}

/* One huge page again and again: each place is a leaf of its own. */
static void put_small_leaves(char *addr)
{
	int fd = must_sys(memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB));
	size_t offset;

	must_sys(ftruncate(fd, HUGE));
	for (offset = 0; offset < LEAF; offset += HUGE)
		ASSERT_NE(mmap(addr + offset, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			       fd, 0),
			  MAP_FAILED);
	close(fd);
}

static void allocate(struct leaf_self *self, size_t before, size_t after, bool small)
{
	self->leaf = (char *)mem_reserve(3 * LEAF, LEAF) + LEAF;
	self->addr = self->leaf - before;
	self->size = before + LEAF + after;
	self->iova = LEAF_IOVA - before;
	ASSERT_EQ(__put(self->addr, before, huge_if_it_fits(before)), 0);
	ASSERT_EQ(__put(self->leaf + LEAF, after, huge_if_it_fits(after)), 0);
	if (small)
		put_small_leaves(self->leaf);
	else
		SKIP_IF(__put(self->leaf, LEAF, MAP_HUGETLB | MAP_HUGE_1GB),
			"no page of 1 GiB is free");

	/* At both ends, and inside of the leaf at both of its ends. */
	if (before)
		self->spots[self->num_spots++] = 0;
	self->spots[self->num_spots++] = before + KIB(64);
	self->spots[self->num_spots++] = before + LEAF - 2 * PAGE;
	if (after)
		self->spots[self->num_spots++] = self->size - PAGE;
}

/* Words that a driver on the wrong way would believe, and get no further with. */
static void fill_with_entries(struct leaf_self *self)
{
	volatile uint64_t *words = (void *)self->leaf;
	size_t i;

	words[0] = 1;
	self->entry = proc_pfn(self->leaf) * PAGE | ENTRY_FLAGS;
	ASSERT_GE(self->entry, PAGE);
	for (i = 0; i < WORDS; i++)
		words[i] = self->entry;
}

static size_t words_changed(const struct leaf_self *self)
{
	const uint64_t *words = (void *)self->leaf;
	size_t i, changed = 0;

	for (i = 0; i < WORDS; i++)
		changed += words[i] != self->entry;
	return changed;
}

FIXTURE_SETUP(leaf)
{
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->pinned = proc_pinned();
	allocate(self, variant->before, variant->after, variant->small);
	fill_with_entries(self);
	self->pattern = mem_untouched(PAGE);
	mem_fill(self->pattern, PAGE, 1);
	iommu_map(self->container, self->pattern, BOX_IOVA, PAGE, IOMMU_R);
}

FIXTURE_TEARDOWN(leaf)
{
	EXPECT_EQ(words_changed(self), 0);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
	if (!backend_is_stock())
		backend_set("private_domains", "N");
	if (self->box.num_groups)
		box_close(&self->box);
}

/* The device that came last gets everywhere. */
static void expect_reachable(struct leaf_self *self)
{
	struct vfio_device *edu = box_edu(&self->box, self->box.num_groups - 1);
	int i;

	for (i = 0; i < self->num_spots; i++)
		EXPECT_TRUE(box_dma_works(edu, self->addr + self->spots[i],
					  self->iova + self->spots[i]));
	EXPECT_EQ(words_changed(self), 0);
}

/* The devices get something into their buffers that would show in memory. */
static void arm(struct leaf_self *self)
{
	int i;

	for (i = 0; i < self->box.num_groups; i++)
		edu_load(box_edu(&self->box, i), BOX_IOVA, 0, EDU_MAX_TRANSFER);
}

static void expect_unreachable(struct leaf_self *self)
{
	int i, group;

	for (group = 0; group < self->box.num_groups; group++)
		for (i = 0; i < self->num_spots; i++)
			EXPECT_TRUE(box_write_is_blocked(box_edu(&self->box, group),
							 self->addr + self->spots[i],
							 self->iova + self->spots[i]));
	EXPECT_EQ(words_changed(self), 0);
}

/* What the statistics say: so many bytes in leaves of 1 GiB, and of 2 MiB. */
static void expect_counted(uint64_t giant, uint64_t huge)
{
	char dir[DEBUGFS_PATH_LEN];
	uint64_t mapped;

	if (backend_is_stock())
		return;
	debugfs_find(dir);
	mapped = debugfs_number(dir, "type1x-mapped-bytes");
	EXPECT_EQ(debugfs_number(dir, "type1x-leaf-bytes-1g"), giant);
	EXPECT_EQ(debugfs_number(dir, "type1x-leaf-bytes-2m"), huge);
	EXPECT_EQ(debugfs_number(dir, "type1x-leaf-bytes-4k"), mapped - giant - huge);
}

static void map_leaf(struct leaf_self *self, const struct leaf_variant *variant)
{
	size_t around = self->size - LEAF, huge = around % HUGE ? 0 : around;

	iommu_map(self->container, self->addr, self->iova, self->size, IOMMU_RW);
	expect_counted(variant->small ? 0 : LEAF, huge + (variant->small ? LEAF : 0));
}

/* Between neighbours, which stay what they are. */
TEST_F_TIMEOUT(leaf, unmap, 60)
{
	char *below = mem_untouched(PAGE), *above = mem_untouched(PAGE);
	uint64_t end = self->iova + self->size;

	iommu_map(self->container, below, self->iova - PAGE, PAGE, IOMMU_RW);
	iommu_map(self->container, above, end, PAGE, IOMMU_RW);
	map_leaf(self, variant);
	expect_reachable(self);
	EXPECT_EQ(iommu_unmap(self->container, self->iova, self->size), self->size);
	expect_counted(0, 0);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), below, self->iova - PAGE));
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), above, end));
	arm(self);
	expect_unreachable(self);
	EXPECT_EQ(iommu_unmap_all(self->container), 3 * PAGE);
}

/* The second group's page table is filled from what was remembered. */
TEST_F_TIMEOUT(leaf, second_group, 60)
{
	if (!backend_is_stock())
		backend_set("private_domains", "Y");
	map_leaf(self, variant);
	ASSERT_EQ(__box_add(&self->box), 0);
	expect_reachable(self);
	arm(self);
	EXPECT_EQ(iommu_unmap_all(self->container), self->size + PAGE);
	expect_unreachable(self);
}

TEST_F_TIMEOUT(leaf, closed_while_mapped, 60)
{
	map_leaf(self, variant);
	box_close(&self->box);
}

KTAP_MAIN()
