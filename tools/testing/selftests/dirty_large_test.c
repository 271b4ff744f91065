// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bitmaps of many pages: buffers that end in the middle, mappings up to the
 * largest that can be tracked, and what their bitmaps cost.  With an emulated
 * device, for which a mapping needs no memory.
 */
#include "cgroup.h"
#include "snapshot.h"
#include "testbox.h"
#include "view.h"

#define PAGE_BITS	(PAGE * 8) /* pages in a page of the bitmap */
#define WINDOW		(4 * PAGE_BITS) /* the kernel makes as many bits at a time */
#define TIB(n)		((size_t)(n) << 40)
#define LARGEST		(TIB(8) - PAGE) /* bytes of a mapping that is tracked */

FIXTURE(dirty_large) {
	struct testbox box;
	struct testdev *dev;
	int container;
	char *memory; /* address space for one mapping, with memory here and there */
	struct view view;
	uint32_t avail;
	unsigned int num_mappings; /* of map_and_write() */
};

FIXTURE_SETUP(dirty_large)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->dev = &self->box.devs[0];
	self->container = self->box.container;
	self->memory = mem_reserve(TIB(8), HUGE);
	self->avail = iommu_avail(self->container);
}

FIXTURE_TEARDOWN(dirty_large)
{
	testbox_close(&self->box);
	EXPECT_TRUE(proc_locked_becomes(0));
}

/* A device writes to a page, which needs memory then. */
static void write_page(struct dirty_large_self *self, uint64_t page)
{
	char byte = 1;

	must_sys(mprotect(self->memory + page * PAGE, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(__testdev_write(self->dev, VIEW_IOVA(page), &byte, 1), 0);
	view_draw(&self->view, page, 1);
}

static void map_pages(struct dirty_large_self *self, uint64_t page, uint64_t pages)
{
	iommu_map(self->container, self->memory + page * PAGE, VIEW_IOVA(page), pages * PAGE,
		  IOMMU_RW);
}

/*
 * Mappings from the first page of the bitmap to the last one, some of them across
 * its pages, or across the end of a window, and writes to each; returns how many pages
 * are mapped.
 */
static size_t map_and_write(struct dirty_large_self *self, size_t bitmap_pages)
{
	const struct {
		size_t page, pages;
	} layout[] = {
		{ 0, 77 },
		{ 77, 3 },
		{ 100, 1 },
		{ 4000, PAGE_BITS },
		{ 4003 + PAGE_BITS, 5 },
		{ (bitmap_pages - 1) * PAGE_BITS - 900, PAGE_BITS + 900 },
		{ WINDOW - 1001, 3003 },
	};
	const bool is_cut = bitmap_pages * PAGE_BITS > WINDOW;
	size_t i, page, mapped = 0;

	self->num_mappings = ARRAY_SIZE(layout) - !is_cut;
	view_open(&self->view, self->container, bitmap_pages * PAGE_BITS);
	for (i = 0; i < self->num_mappings; i++) {
		map_pages(self, layout[i].page, layout[i].pages);
		mapped += layout[i].pages;
	}
	dirty_start(self->container);
	for (i = 0; i < self->num_mappings; i++)
		for (page = 0; page < layout[i].pages; page += page * 2 + 1)
			write_page(self, layout[i].page + page);
	for (i = 0; i < 8; i++)
		write_page(self, PAGE_BITS - 4 + i);
	for (i = 0; i < 8 && is_cut; i += 3)
		write_page(self, WINDOW - 4 + i);
	return mapped;
}

FIXTURE(dirty_cut) {
	struct dirty_large_self large;
	struct dirty_bits cut; /* its buffer cannot be written to everywhere */
	size_t mapped;
};

FIXTURE_VARIANT(dirty_cut) {
	size_t pages;	    /* of the bitmap */
	size_t page, count; /* of which these are protected */
	int protection;
};

FIXTURE_VARIANT_ADD(dirty_cut, all) { .pages = 3, .count = 3, .protection = PROT_NONE };
FIXTURE_VARIANT_ADD(dirty_cut, begin) { .pages = 3, .count = 1, .protection = PROT_NONE };
FIXTURE_VARIANT_ADD(dirty_cut, end) { .pages = 3, .page = 2, .count = 1, .protection = PROT_NONE };

FIXTURE_VARIANT_ADD(dirty_cut, constant_end) {
	.pages = 3,
	.page = 2,
	.count = 1,
	.protection = PROT_READ,
};

FIXTURE_VARIANT_ADD(dirty_cut, begin_of_many) {
	.pages = 20,
	.count = 1,
	.protection = PROT_NONE,
};

FIXTURE_VARIANT_ADD(dirty_cut, middle_of_many) {
	.pages = 20,
	.page = 1,
	.count = 18,
	.protection = PROT_NONE,
};

FIXTURE_VARIANT_ADD(dirty_cut, end_of_many) {
	.pages = 20,
	.page = 19,
	.count = 1,
	.protection = PROT_NONE,
};

static void protect(struct dirty_cut_self *self, const struct dirty_cut_variant *variant,
		    int others)
{
	char *buffer = (char *)self->cut.words;

	must_sys(mprotect(buffer, variant->pages * PAGE, others));
	must_sys(mprotect(buffer + variant->page * PAGE, variant->count * PAGE,
			  variant->protection));
}

FIXTURE_SETUP(dirty_cut)
{
	backend_need_ours("loses bits when a buffer ends early");
	dirty_large_setup(&self->large, NULL);
	self->mapped = map_and_write(&self->large, variant->pages);
	self->cut = self->large.view.bits;
	self->cut.words = mem_untouched(variant->pages * PAGE);
	protect(self, variant, PROT_READ | PROT_WRITE);
}

FIXTURE_TEARDOWN(dirty_cut)
{
	dirty_large_teardown(&self->large, NULL);
}

static void expect_once(struct dirty_large_self *self)
{
	view_expect(&self->view, __dirty_get);
	view_forget(&self->view);
	view_expect(&self->view, __dirty_get);
}

/* The next reading has everything, no matter how often one failed before. */
TEST_F(dirty_cut, get)
{
	int round;

	for (round = 0; round < 3; round++)
		EXPECT_EQ(__dirty_get(self->large.container, &self->cut), -EFAULT);
	expect_once(&self->large);
	write_page(&self->large, 50);
	EXPECT_EQ(__dirty_get(self->large.container, &self->cut), -EFAULT);
	write_page(&self->large, 4000 + PAGE_BITS / 2);
	EXPECT_EQ(__dirty_peek(self->large.container, &self->cut), -EFAULT);
	expect_once(&self->large);
}

TEST_F(dirty_cut, peek)
{
	EXPECT_EQ(__dirty_peek(self->large.container, &self->cut), -EFAULT);
	view_expect(&self->large.view, __dirty_peek);
	EXPECT_EQ(__dirty_peek(self->large.container, &self->cut), -EFAULT);
	expect_once(&self->large);
}

/* A mask of which not all can be read clears nothing. */
TEST_F(dirty_cut, clear)
{
	char *mask = (char *)self->cut.words;

	SKIP_IF(variant->protection & PROT_READ, "this one can be read");
	must_sys(mprotect(mask, variant->pages * PAGE, PROT_READ | PROT_WRITE));
	memset(mask, 0xff, variant->pages * PAGE);
	protect(self, variant, PROT_READ);
	EXPECT_EQ(__dirty_clear(self->large.container, &self->cut), -EFAULT);
	view_expect(&self->large.view, __dirty_peek);
	must_sys(mprotect(mask, variant->pages * PAGE, PROT_READ));
	EXPECT_EQ(__dirty_clear(self->large.container, &self->cut), 0);
	view_forget(&self->large.view);
	view_expect(&self->large.view, __dirty_peek);
}

/* All or nothing: nothing is unmapped, and the bits wait for the next attempt. */
TEST_F(dirty_cut, unmap)
{
	struct dirty_large_self *large = &self->large;
	uint64_t unmapped = 1;

	EXPECT_EQ(__dirty_unmap(large->container, &self->cut, &unmapped), -EFAULT);
	EXPECT_EQ(unmapped, 1);
	EXPECT_EQ(iommu_avail(large->container), large->avail - large->num_mappings);
	view_expect(&large->view, __dirty_peek);
	/* It is in use as before. */
	write_page(large, 55);
	EXPECT_EQ(__testdev_pin(large->dev, VIEW_IOVA(0), 1, TESTDEV_RW), 1);
	EXPECT_EQ(__testdev_unpin(large->dev, VIEW_IOVA(0), 1), 0);
	EXPECT_EQ(__dirty_unmap(large->container, &self->cut, &unmapped), -EFAULT);
	view_expect_unmap(&large->view, self->mapped);
	EXPECT_EQ(iommu_avail(large->container), large->avail);
	EXPECT_EQ(iommu_unmap_all(large->container), 0);
}

/* Devices that let go of pages for it may have written to them until then. */
TEST_F(dirty_cut, unmap_of_pinned_pages)
{
	struct dirty_large_self *large = &self->large;
	const uint64_t page = 4001;

	write_page(large, page);
	EXPECT_EQ(__testdev_pin(large->dev, VIEW_IOVA(page), 1, TESTDEV_RW), 1);
	view_expect(&large->view, __dirty_get);
	view_forget(&large->view);
	view_draw(&large->view, page, 1);
	EXPECT_EQ(__dirty_unmap(large->container, &self->cut, NULL), -EFAULT);
	view_expect(&large->view, __dirty_peek);
	view_expect(&large->view, __dirty_get);
	if (!testdev_pinned(large->dev))
		view_forget(&large->view);
	view_expect(&large->view, __dirty_get);
	EXPECT_EQ(iommu_avail(large->container), large->avail - large->num_mappings);
	view_expect_unmap(&large->view, self->mapped);
	EXPECT_EQ(testdev_pinned(large->dev), 0);
}

TEST_F_TIMEOUT(dirty_large, largest, 60)
{
	struct dirty_bits bits;

	map_pages(self, 0, LARGEST / PAGE);
	dirty_open(&bits, VIEW_BASE, LARGEST / PAGE);
	EXPECT_EQ(bits.bytes, MIB(256));
	EXPECT_EQ(__dirty_start(self->container), 0);
	write_page(self, 12345);
	write_page(self, LARGEST / PAGE - 1);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	EXPECT_TRUE(dirty_is_set(&bits, VIEW_IOVA(12345)));
	EXPECT_TRUE(dirty_is_set(&bits, VIEW_IOVA(LARGEST / PAGE - 1)));
	EXPECT_EQ(dirty_count(&bits), 2);
	EXPECT_TRUE(dirty_is_guarded(&bits));
	EXPECT_EQ(iommu_unmap_all(self->container), LARGEST);
}

/* One page more is too much; it can be mapped, but not tracked. */
TEST_F(dirty_large, too_large)
{
	struct dirty_bits bits;

	dirty_open(&bits, VIEW_BASE - PAGE, 1);
	iommu_map(self->container, self->memory, VIEW_BASE - PAGE, PAGE, IOMMU_RW);
	map_pages(self, 0, TIB(8) / PAGE);
	EXPECT_EQ(__dirty_start(self->container), -EINVAL);
	EXPECT_EQ(__dirty_get(self->container, &bits), -EINVAL);
	EXPECT_EQ(iommu_unmap(self->container, VIEW_BASE, TIB(8)), TIB(8));
	EXPECT_EQ(__dirty_start(self->container), 0);
	EXPECT_EQ(__iommu_map(self->container, self->memory, VIEW_BASE, TIB(8), IOMMU_RW), -EINVAL);
	EXPECT_EQ(iommu_avail(self->container), self->avail - 1);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
}

/* Mappings that need no bitmap do not stand in the way of a range. */
TEST_F(dirty_large, too_large_beside_a_range)
{
	backend_need_ours("tracks all or nothing");
	iommu_map(self->container, self->memory, VIEW_BASE - PAGE, PAGE, IOMMU_RW);
	map_pages(self, 0, TIB(8) / PAGE);
	EXPECT_EQ(__dirty_start_range(self->container, VIEW_BASE - PAGE, PAGE), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), TIB(8) + PAGE);
}

FIXTURE(dirty_memory) {
	struct dirty_large_self large;
};

FIXTURE_VARIANT(dirty_memory) {
	int count;
	size_t size;
};

FIXTURE_VARIANT_ADD(dirty_memory, one) { .count = 1, .size = TIB(1) };
FIXTURE_VARIANT_ADD(dirty_memory, some) { .count = 128, .size = GIB(8) };
FIXTURE_VARIANT_ADD(dirty_memory, many) { .count = 4096, .size = MIB(256) };

FIXTURE_SETUP(dirty_memory)
{
	backend_need_ours("does not charge what it remembers to anybody");
	dirty_large_setup(&self->large, NULL);
	cgroup_open();
	cgroup_enter();
}

FIXTURE_TEARDOWN(dirty_memory)
{
	dirty_large_teardown(&self->large, NULL);
	cgroup_leave();
	cgroup_close();
}

/* Bytes that the kernel has in use for us, more than at @before; a MiB is noise. */
static uint64_t bytes_since(uint64_t before)
{
	uint64_t now = cgroup_kernel_bytes();

	return now > before ? now - before : 0;
}

static void map_all(struct dirty_large_self *self, int count, size_t size)
{
	int i;

	for (i = 0; i < count; i++)
		map_pages(self, i * (size / PAGE), size / PAGE);
}

/* A bit for each page, while it is on, whichever came first; and then nothing. */
TEST_F_TIMEOUT(dirty_memory, of_bitmaps, 60)
{
	const uint64_t bitmaps = TIB(1) / PAGE / 8;
	int container = self->large.container;
	uint64_t empty = cgroup_kernel_bytes(), mapped, used;

	map_all(&self->large, variant->count, variant->size);
	mapped = cgroup_kernel_bytes();
	dirty_start(container);
	used = bytes_since(mapped);
	NOTE("%llu bytes for %d bitmaps", (unsigned long long)used, variant->count);
	EXPECT_GE(used, bitmaps - MIB(1));
	EXPECT_LE(used, bitmaps * cgroup_object_factor() + bitmaps / 8 + MIB(2));
	dirty_stop(container);
	EXPECT_LE(bytes_since(mapped), MIB(2));
	dirty_start(container);
	EXPECT_GE(bytes_since(mapped), bitmaps - MIB(1));
	EXPECT_EQ(iommu_unmap_all(container), TIB(1));
	EXPECT_LE(bytes_since(empty), MIB(2));
	/* Now the mappings come while it is on. */
	map_all(&self->large, variant->count, variant->size);
	EXPECT_GE(bytes_since(mapped), bitmaps - MIB(1));
	dirty_stop(container);
	EXPECT_LE(bytes_since(mapped), MIB(2));
}

KTAP_MAIN()
