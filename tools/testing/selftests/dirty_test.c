// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty page tracking with devices that do not tell what they write to: every
 * page of every mapping that such a device can write to is dirty, always, and
 * no other page ever is.
 */
#include "box.h"
#include "snapshot.h"
#include "view.h"

#define POOL		MIB(16)
#define MANY		3000
#define WINDOW		131072 /* pages: the kernel makes that much of a bitmap at a time */

FIXTURE(dirty) {
	struct box box;
	int container;
	char *memory; /* POOL bytes */
	struct view view;
	struct snapshot before;
};

FIXTURE_VARIANT(dirty) {
	unsigned long type;
};

FIXTURE_VARIANT_ADD(dirty, v2) { .type = VFIO_TYPE1v2_IOMMU };
FIXTURE_VARIANT_ADD(dirty, type1x) { .type = VFIO_TYPE1X_IOMMU };

FIXTURE_SETUP(dirty)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(POOL);
	memset(self->memory, 1, POOL);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(dirty)
{
	__dirty_stop(self->container);
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
}

/* From here on reads are about pages 0 to @pages, of which none is mapped yet. */
static void look_at(struct dirty_self *self, size_t pages)
{
	view_open(&self->view, self->container, pages);
}

/* Mappings at the same place share memory, which is all the same to the device. */
static void map_pages(struct dirty_self *self, size_t page, size_t pages, uint32_t flags)
{
	size_t offset = page * PAGE % (POOL - pages * PAGE);

	iommu_map(self->container, self->memory + offset, VIEW_IOVA(page), pages * PAGE, flags);
	if (flags & IOMMU_W)
		view_draw(&self->view, page, pages);
}

static void unmap_pages(struct dirty_self *self, size_t page, size_t pages)
{
	EXPECT_EQ(iommu_unmap(self->container, VIEW_IOVA(page), pages * PAGE), pages * PAGE);
}

/* Stock has bits beyond the end of a mapping that it reads a second time. */
static void read_afresh(struct dirty_self *self)
{
	if (!backend_is_stock())
		return;
	dirty_stop(self->container);
	dirty_start(self->container);
}

static void expect_read(struct dirty_self *self)
{
	read_afresh(self);
	view_expect(&self->view, __dirty_get);
}

static void expect_unmap(struct dirty_self *self, size_t pages)
{
	read_afresh(self);
	view_expect_unmap(&self->view, pages);
}

/* Part of the picture, as a picture of its own. */
static void expect_part(struct dirty_self *self, size_t page, size_t pages)
{
	struct dirty_bits expected, bits;
	size_t i;

	dirty_open(&expected, VIEW_IOVA(page), pages);
	dirty_open(&bits, VIEW_IOVA(page), pages);
	for (i = 0; i < pages; i++)
		if (dirty_is_set(&self->view.expected, VIEW_IOVA(page + i)))
			dirty_draw(&expected, VIEW_IOVA(page + i), 1);
	read_afresh(self);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	if (!EXPECT_EQ(dirty_differs(&bits, &expected), -1))
		NOTE("reading %zu pages from page %zu", pages, page);
	EXPECT_TRUE(dirty_is_guarded(&bits));
	dirty_close(&expected);
	dirty_close(&bits);
}

/* Mappings of @from to @to pages with gaps of 0 to 4 pages; the pages used. */
static size_t map_sizes(struct dirty_self *self, size_t from, size_t to)
{
	size_t pages, place = 0;

	for (pages = from; pages <= to; pages++) {
		map_pages(self, place, pages, IOMMU_RW);
		place += pages + pages * 7 % 5;
	}
	return place;
}

TEST_F(dirty, nothing_mapped)
{
	look_at(self, 1000);
	dirty_start(self->container);
	expect_read(self);
}

TEST_F(dirty, one_mapping)
{
	size_t pages;

	for (pages = 1; pages <= 130; pages++) {
		look_at(self, pages);
		map_pages(self, 0, pages, IOMMU_RW);
		dirty_start(self->container);
		expect_read(self);
		expect_read(self);
		dirty_stop(self->container);
		unmap_pages(self, 0, pages);
	}
}

/* Neighbours share bytes of the bitmap, and each reading has its own offsets. */
TEST_F(dirty, sizes_and_offsets)
{
	size_t pages, place, from = 0;

	look_at(self, 9000);
	place = map_sizes(self, 1, 130);
	ASSERT_LE(place, 9000);
	dirty_start(self->container);
	expect_read(self);
	expect_read(self);
	for (pages = 1; pages <= 130; pages++) {
		expect_part(self, from, pages);
		expect_part(self, from, place - from);
		from += pages + pages * 7 % 5;
		expect_part(self, 0, from);
	}
}

/* Mappings all over a range, with small holes. */
static void map_range(struct dirty_self *self, size_t page, size_t end)
{
	size_t i;

	for (i = 0; page < end; i++) {
		size_t pages = end - page < 3001 ? end - page : 3001 + i % 7;

		map_pages(self, page, pages, IOMMU_RW);
		page += pages + i % 4;
	}
}

/* A large bitmap is made in pieces; a mapping may be in two of them. */
TEST_F(dirty, piece_ends_in_a_mapping)
{
	look_at(self, WINDOW + 3000);
	map_range(self, 5, WINDOW - 1003);
	map_pages(self, WINDOW - 1003, 2001, IOMMU_RW);
	map_pages(self, WINDOW + 999, 1, IOMMU_RW);
	dirty_start(self->container);
	expect_read(self);
	expect_read(self);
	expect_part(self, WINDOW - 1003, 2001);
	expect_unmap(self, view_count(&self->view));
}

/* There, too, mappings of a page are many. */
TEST_F(dirty, piece_ends_among_pages)
{
	size_t page;

	look_at(self, WINDOW + 3000);
	map_range(self, 5, WINDOW - 100);
	for (page = WINDOW - 99; page < WINDOW + 100; page += 1 + page % 3)
		map_pages(self, page, 1, IOMMU_RW);
	dirty_start(self->container);
	expect_read(self);
	expect_read(self);
	expect_part(self, WINDOW - 99, 300);
	expect_unmap(self, view_count(&self->view));
}

/* A mapping of one page at every offset within a word. */
TEST_F(dirty, one_page_anywhere)
{
	size_t offset;

	for (offset = 0; offset < 130; offset++) {
		look_at(self, 131);
		map_pages(self, offset, 1, IOMMU_RW);
		dirty_start(self->container);
		expect_read(self);
		expect_part(self, offset, 1);
		dirty_stop(self->container);
		unmap_pages(self, offset, 1);
	}
}

/* Not all that can be mapped can be written to. */
TEST_F(dirty, access)
{
	look_at(self, 200);
	map_pages(self, 3, 20, IOMMU_W);
	map_pages(self, 30, 7, IOMMU_RW);
	dirty_start(self->container);
	expect_read(self);
	backend_need_ours("takes pages for dirty that no device can write to");
	map_pages(self, 23, 7, IOMMU_R);
	map_pages(self, 37, 100, IOMMU_R);
	map_pages(self, 137, 1, IOMMU_RW);
	expect_read(self);
	expect_unmap(self, 135);
}

/* Registers of a device are not memory that anybody could copy. */
TEST_F(dirty, device_memory)
{
	struct vfio_device *peer;

	backend_need_ours("takes registers of devices for dirty pages");
	box_add(&self->box);
	peer = box_edu(&self->box, 1);
	look_at(self, 1000);
	map_pages(self, 0, 5, IOMMU_RW);
	iommu_map(self->container, peer->bars[0].addr, VIEW_IOVA(5), peer->bars[0].size, IOMMU_RW);
	map_pages(self, 5 + peer->bars[0].size / PAGE, 3, IOMMU_RW);
	dirty_start(self->container);
	expect_read(self);
	iommu_map(self->container, peer->bars[0].addr, VIEW_IOVA(700), 4 * PAGE, IOMMU_RW);
	expect_read(self);
	expect_unmap(self, 5 + peer->bars[0].size / PAGE + 3 + 4);
	box_remove_last(&self->box);
}

/*
 * No byte is written to that is about pages before the first mapping or behind the
 * last one, nor is any beyond the end of the bitmap.
 */
TEST_F(dirty, bytes_left_alone)
{
	const unsigned char *bytes, *expected;
	size_t i;

	backend_need_ours("writes whole words");
	look_at(self, 700);
	map_pages(self, 99, 3, IOMMU_RW);
	map_pages(self, 200, 30, IOMMU_RW);
	map_pages(self, 230, 1, IOMMU_RW);
	map_pages(self, 400, 200, IOMMU_RW);
	dirty_start(self->container);
	memset(self->view.bits.words, 0xff, self->view.bits.bytes);
	EXPECT_EQ(__dirty_get(self->container, &self->view.bits), 0);
	bytes = (const unsigned char *)self->view.bits.words;
	expected = (const unsigned char *)self->view.expected.words;
	for (i = 0; i < self->view.bits.bytes; i++) {
		bool outside = i < 99 / 8 || i > 599 / 8;

		/* In a hole it may be as it was. */
		if (!outside && !expected[i] && bytes[i] == 0xff)
			continue;
		if (!EXPECT_EQ(bytes[i], outside ? 0xff : expected[i]))
			NOTE("byte %zu", i);
	}
	EXPECT_TRUE(dirty_is_guarded(&self->view.bits));
}

TEST_F(dirty, map_while_tracking)
{
	look_at(self, 9000);
	dirty_start(self->container);
	map_pages(self, 8900, 100, IOMMU_RW);
	expect_read(self);
	map_sizes(self, 1, 64);
	expect_read(self);
	/* What is mapped in the same place later is a mapping of its own. */
	unmap_pages(self, 8900, 100);
	view_forget(&self->view);
	map_pages(self, 8910, 90, IOMMU_RW);
	expect_part(self, 8900, 100);
}

/* The last bits of what goes, and of nothing else. */
TEST_F(dirty, unmap)
{
	look_at(self, 500);
	map_pages(self, 3, 17, IOMMU_RW);
	map_pages(self, 20, 64, IOMMU_RW);
	map_pages(self, 120, 5, IOMMU_RW);
	iommu_map(self->container, self->memory, VIEW_IOVA(500), 9 * PAGE, IOMMU_RW);
	dirty_start(self->container);
	expect_unmap(self, 86);
	EXPECT_EQ(proc_locked(), 9 * PAGE);
	/* Nothing left of it: success, and nothing to write. */
	view_forget(&self->view);
	expect_unmap(self, 0);
	/* Without a bitmap, and with tracking on. */
	EXPECT_EQ(iommu_unmap_all(self->container), 9 * PAGE);
	expect_read(self);
}

/* While a new address is awaited, DMA goes on, and so does the tracking. */
TEST_F(dirty, while_vaddr_is_gone)
{
	uint64_t size = 0;

	look_at(self, 200);
	map_pages(self, 1, 70, IOMMU_RW);
	map_pages(self, 90, 3, IOMMU_RW);
	dirty_start(self->container);
	EXPECT_EQ(__iommu_unmap(self->container, VIEW_IOVA(1), 70 * PAGE, VFIO_DMA_UNMAP_FLAG_VADDR,
				&size),
		  0);
	EXPECT_EQ(size, 70 * PAGE);
	expect_read(self);
	expect_unmap(self, 73);
}

/* The half of the buffer that is there is not enough, and nothing is lost. */
TEST_F(dirty, buffer_ends_early)
{
	size_t pages = 2 * PAGE * 8;
	struct dirty_bits cut = { .iova = VIEW_BASE, .pages = pages, .bytes = 2 * PAGE };
	uint64_t unmapped = 1;

	cut.words = mem_untouched(2 * PAGE);
	must_sys(mprotect((char *)cut.words + PAGE, PAGE, PROT_NONE));
	look_at(self, pages);
	map_pages(self, 5, 1000, IOMMU_RW);
	map_pages(self, 32000, 1500, IOMMU_RW);
	map_pages(self, 40003, 1000, IOMMU_RW);
	map_pages(self, pages - 1, 1, IOMMU_RW);
	dirty_start(self->container);
	EXPECT_EQ(__dirty_get(self->container, &cut), -EFAULT);
	/* Stock's bits are out of place from here on. */
	expect_read(self);
	backend_need_ours("leaves half of an UNMAP done");
	EXPECT_EQ(__dirty_unmap(self->container, &cut, &unmapped), -EFAULT);
	EXPECT_EQ(unmapped, 1);
	EXPECT_EQ(proc_locked(), 3501 * PAGE);
	EXPECT_EQ(iommu_avail(self->container), self->before.info.avail - 4);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), self->memory + 5 * PAGE, VIEW_IOVA(5)));
	expect_read(self);
	expect_unmap(self, 3501);
	EXPECT_EQ(proc_locked(), 0);
}

/* Thousands of mappings, of which none begins or ends with a byte. */
TEST_F_TIMEOUT(dirty, many_mappings, 60)
{
	size_t i;

	look_at(self, MANY * 7);
	for (i = 0; i < MANY / 2; i++)
		map_pages(self, i * 7 + 1, 5, IOMMU_RW);
	dirty_start(self->container);
	for (; i < MANY; i++)
		map_pages(self, i * 7 + 1, 5, IOMMU_RW);
	expect_read(self);
	expect_read(self);
	expect_part(self, 7 * 77, 7 * 900);
	expect_unmap(self, MANY * 5);
}

/* A group that comes and one that goes: what is left decides. */
TEST_F(dirty, second_group)
{
	look_at(self, 100);
	map_pages(self, 9, 33, IOMMU_RW);
	dirty_start(self->container);
	box_add(&self->box);
	expect_read(self);
	map_pages(self, 50, 3, IOMMU_RW);
	expect_read(self);
	box_remove_last(&self->box);
	expect_read(self);
	expect_read(self);
}

KTAP_MAIN()
