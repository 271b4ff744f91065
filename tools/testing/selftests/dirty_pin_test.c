// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty page tracking with devices that pin the pages they use: dirty is what was
 * pinned since the last reading, what still is, and what vfio_dma_rw() wrote to.
 */
#include "snapshot.h"
#include "testbox.h"
#include "view.h"

/*
 * Pages of the mappings.  Each begins with a word of the bitmap, where stock's
 * bits are exact; dirty_test and dirty_diff_test have them elsewhere.
 */
#define FIRST		0
#define FIRST_PAGES	67
#define SECOND		128
#define SECOND_PAGES	64
#define THIRD		192 /* its neighbour */
#define THIRD_PAGES	10
#define HOLE		210
#define MAPPED		(FIRST_PAGES + SECOND_PAGES + THIRD_PAGES)
#define CONSTANT	256 /* read-only, not mapped unless asked for */
#define CONSTANT_PAGES	20
#define PAGES		300

FIXTURE(dirty_pin) {
	struct testbox box;
	struct testdev *dev;
	int container;
	char *memory;
	struct view view;
	int64_t pinned;
};

FIXTURE_VARIANT(dirty_pin) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(dirty_pin, task) { .flags = 0 };
FIXTURE_VARIANT_ADD(dirty_pin, kthread) { .flags = T1X_TD_IN_KTHREAD };

static void map_pages(struct dirty_pin_self *self, size_t page, size_t pages, uint32_t flags)
{
	iommu_map(self->container, self->memory + page * PAGE, VIEW_IOVA(page), pages * PAGE,
		  flags);
}

FIXTURE_SETUP(dirty_pin)
{
	int i;

	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	for (i = 0; i < 2; i++)
		self->box.devs[i].flags = variant->flags;
	self->dev = &self->box.devs[0];
	self->container = self->box.container;
	self->memory = mem_untouched(PAGES * PAGE);
	self->pinned = proc_pinned();
	map_pages(self, FIRST, FIRST_PAGES, IOMMU_RW);
	map_pages(self, SECOND, SECOND_PAGES, IOMMU_RW);
	map_pages(self, THIRD, THIRD_PAGES, IOMMU_RW);
	view_open(&self->view, self->container, PAGES);
}

FIXTURE_TEARDOWN(dirty_pin)
{
	testbox_close(&self->box);
	EXPECT_EQ(proc_pinned(), self->pinned);
	EXPECT_TRUE(proc_locked_becomes(0));
}

static void pin(struct dirty_pin_self *self, size_t page, size_t pages)
{
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(page), pages, TESTDEV_RW), (int)pages);
}

static void unpin(struct dirty_pin_self *self, size_t page, size_t pages)
{
	EXPECT_EQ(__testdev_unpin(self->dev, VIEW_IOVA(page), pages), 0);
}

/* Some bytes in the middle of the first page and of the last one. */
static int try_write(struct dirty_pin_self *self, size_t page, size_t pages)
{
	size_t size = (pages - 1) * PAGE + 100;
	char *data = mem_untouched(size);
	int ret = __testdev_write(self->dev, VIEW_IOVA(page) + 1000, data, size);

	munmap(data, size);
	return ret;
}

/* Write, and expect it to be found. */
static void write_pages(struct dirty_pin_self *self, size_t page, size_t pages)
{
	EXPECT_EQ(try_write(self, page, pages), 0);
	view_draw(&self->view, page, pages);
}

static void expect_read(struct dirty_pin_self *self)
{
	view_expect(&self->view, __dirty_get);
}

/* Dirty once, and only once. */
static void expect_once(struct dirty_pin_self *self)
{
	expect_read(self);
	view_forget(&self->view);
	expect_read(self);
}

static void draw_all(struct dirty_pin_self *self)
{
	view_draw(&self->view, FIRST, FIRST_PAGES);
	view_draw(&self->view, SECOND, SECOND_PAGES + THIRD_PAGES);
}

TEST_F(dirty_pin, nothing_done)
{
	dirty_start(self->container);
	expect_once(self);
	view_expect_unmap(&self->view, MAPPED);
}

/* As long as it is pinned, and once more. */
TEST_F(dirty_pin, pinned)
{
	int round;

	dirty_start(self->container);
	pin(self, 5, 3);
	pin(self, 63, 2);
	pin(self, SECOND, SECOND_PAGES + THIRD_PAGES);
	view_draw(&self->view, 5, 3);
	view_draw(&self->view, 63, 2);
	view_draw(&self->view, SECOND, SECOND_PAGES + THIRD_PAGES);
	for (round = 0; round < 3; round++)
		expect_read(self);
	unpin(self, 6, 1);
	unpin(self, 63, 2);
	unpin(self, SECOND + 5, THIRD - SECOND);
	expect_read(self);
	view_forget(&self->view);
	view_draw(&self->view, 5, 1);
	view_draw(&self->view, 7, 1);
	view_draw(&self->view, SECOND, 5);
	view_draw(&self->view, THIRD + 5, THIRD_PAGES - 5);
	expect_read(self);
	expect_read(self);
}

/* Who pins before the tracking began may write after it. */
TEST_F(dirty_pin, pinned_before)
{
	pin(self, 64, 3);
	pin(self, 10, 1);
	unpin(self, 10, 1);
	EXPECT_EQ(try_write(self, 20, 1), 0);
	dirty_start(self->container);
	view_draw(&self->view, 64, 3);
	expect_read(self);
	expect_read(self);
	/* And when it begins again. */
	dirty_stop(self->container);
	EXPECT_EQ(try_write(self, 20, 1), 0);
	dirty_start(self->container);
	expect_read(self);
	unpin(self, 64, 3);
	expect_once(self);
}

TEST_F(dirty_pin, pinned_in_between)
{
	dirty_start(self->container);
	pin(self, 12, 3);
	unpin(self, 12, 3);
	view_draw(&self->view, 12, 3);
	expect_once(self);
	/* To read from it is reason enough. */
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(30), 1, TESTDEV_R), 1);
	unpin(self, 30, 1);
	view_draw(&self->view, 30, 1);
	expect_once(self);
}

TEST_F(dirty_pin, pinned_twice)
{
	dirty_start(self->container);
	pin(self, 12, 3);
	pin(self, 14, 3);
	view_draw(&self->view, 12, 5);
	expect_read(self);
	unpin(self, 12, 3);
	expect_read(self);
	view_forget(&self->view);
	view_draw(&self->view, 14, 3);
	expect_read(self);
	unpin(self, 14, 3);
	expect_once(self);
}

TEST_F(dirty_pin, two_devices)
{
	struct testdev *other = &self->box.devs[1];

	dirty_start(self->container);
	pin(self, 12, 3);
	EXPECT_EQ(__testdev_pin(other, VIEW_IOVA(13), 3, TESTDEV_RW), 3);
	view_draw(&self->view, 12, 4);
	expect_read(self);
	unpin(self, 12, 3);
	expect_read(self);
	view_forget(&self->view);
	view_draw(&self->view, 13, 3);
	expect_read(self);
	/* One that is closed lets go of everything. */
	testdev_close(other);
	expect_once(self);
}

TEST_F(dirty_pin, written)
{
	char byte = 1;

	dirty_start(self->container);
	write_pages(self, 0, 1);
	write_pages(self, 60, 7);
	write_pages(self, SECOND + 60, 8);
	expect_once(self);
	/* The last byte of a page, and the first one of the next. */
	EXPECT_EQ(__testdev_write(self->dev, VIEW_IOVA(10) - 1, &byte, 1), 0);
	view_draw(&self->view, 9, 1);
	expect_once(self);
	EXPECT_EQ(__testdev_write(self->dev, VIEW_IOVA(10), &byte, 1), 0);
	view_draw(&self->view, 10, 1);
	expect_once(self);
	/* Twice is once. */
	write_pages(self, 33, 2);
	write_pages(self, 34, 2);
	expect_once(self);
	/* Nothing is written by reading, nor where nothing is mapped. */
	EXPECT_EQ(__testdev_read(self->dev, VIEW_IOVA(3), &byte, 1), 0);
	EXPECT_EQ(try_write(self, HOLE, 1), -EINVAL);
	expect_once(self);
}

TEST_F(dirty_pin, read_only)
{
	backend_need_ours("takes pages for dirty that no device can write to");
	map_pages(self, CONSTANT, CONSTANT_PAGES, IOMMU_R);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(CONSTANT), 2, TESTDEV_R), 2);
	dirty_start(self->container);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(CONSTANT + 2), 3, TESTDEV_R), 3);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(CONSTANT + 7), 1, TESTDEV_RW), -EPERM);
	EXPECT_EQ(try_write(self, CONSTANT + 10, 1), -EPERM);
	write_pages(self, 3, 1);
	expect_once(self);
	EXPECT_EQ(__testdev_unpin(self->dev, VIEW_IOVA(CONSTANT), 2), 0);
	expect_once(self);
	view_expect_unmap(&self->view, MAPPED + CONSTANT_PAGES);
}

/* What goes is told about once more; devices let go of it first. */
TEST_F(dirty_pin, unmap)
{
	dirty_start(self->container);
	pin(self, 5, 3);
	write_pages(self, THIRD, 2);
	view_draw(&self->view, 5, 3);
	view_expect_unmap(&self->view, MAPPED);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
	/* The next mapping there begins anew. */
	view_forget(&self->view);
	map_pages(self, FIRST, FIRST_PAGES, IOMMU_RW);
	expect_read(self);
	write_pages(self, FIRST + FIRST_PAGES - 1, 1);
	expect_once(self);
	EXPECT_EQ(iommu_unmap_all(self->container), FIRST_PAGES * PAGE);
}

/* Nothing has happened: what was dirty is, and so is what is held. */
TEST_F(dirty_pin, unmap_refused)
{
	uint64_t unmapped = 1;

	backend_need_ours("has a BUG() for it");
	dirty_start(self->container);
	write_pages(self, THIRD, 2);
	write_pages(self, 1, 1);
	pin(self, 5, 3);
	view_draw(&self->view, 5, 3);
	testdev_policy(self->dev, T1X_TD_HOLD, 0);
	EXPECT_EQ(__dirty_unmap(self->container, &self->view.bits, &unmapped), -EBUSY);
	EXPECT_EQ(unmapped, 1);
	EXPECT_EQ(testdev_pinned(self->dev), 3);
	view_expect(&self->view, __dirty_peek);
	write_pages(self, SECOND, 1);
	expect_read(self);
	testdev_policy(self->dev, T1X_TD_RELEASE, 0);
	view_forget(&self->view);
	view_draw(&self->view, 5, 3);
	view_expect_unmap(&self->view, MAPPED);
}

/* What was written before memory ended is told about, and more than that. */
TEST_F(dirty_pin, writing_fails)
{
	backend_need_ours("marks nothing");
	dirty_start(self->container);
	must_sys(mprotect(self->memory + 40 * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(try_write(self, 38, 5), -EFAULT);
	view_draw(&self->view, 38, 5);
	expect_once(self);
	/* It did not get as far as the mapping behind this one. */
	must_sys(mprotect(self->memory + (SECOND + 60) * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(try_write(self, SECOND + 58, 8), -EFAULT);
	view_draw(&self->view, SECOND + 58, SECOND_PAGES - 58);
	expect_once(self);
}

/* Beside a group that does not tell, everything is dirty. */
TEST_F(dirty_pin, mixed)
{
	struct box edu = { .container = self->container };

	box_add(&edu);
	dirty_start(self->container);
	draw_all(self);
	expect_read(self);
	pin(self, 7, 2);
	write_pages(self, THIRD, 3);
	expect_read(self);
	expect_read(self);
	/* When it goes, it may have written to any page until then. */
	box_remove_last(&edu);
	expect_read(self);
	view_forget(&self->view);
	view_draw(&self->view, 7, 2);
	expect_read(self);
	write_pages(self, THIRD + 1, 1);
	expect_read(self);
	/* And comes again. */
	box_add(&edu);
	draw_all(self);
	expect_read(self);
	box_remove_last(&edu);
	EXPECT_EQ(iommu_unmap(self->container, VIEW_IOVA(THIRD), THIRD_PAGES * PAGE),
		  THIRD_PAGES * PAGE);
	map_pages(self, THIRD, THIRD_PAGES, IOMMU_RW);
	/* It knew nothing of that one. */
	view_forget(&self->view);
	view_draw(&self->view, FIRST, FIRST_PAGES);
	view_draw(&self->view, SECOND, SECOND_PAGES);
	expect_read(self);
	unpin(self, 7, 2);
}

TEST_F(dirty_pin, mixed_read_only)
{
	struct box edu = { .container = self->container };

	backend_need_ours("takes pages for dirty that no device can write to");
	box_add(&edu);
	map_pages(self, CONSTANT, CONSTANT_PAGES, IOMMU_R);
	dirty_start(self->container);
	draw_all(self);
	expect_read(self);
	box_remove_last(&edu);
	expect_once(self);
}

TEST_F(dirty_pin, peek)
{
	backend_need_ours("reads and clears in one");
	dirty_start(self->container);
	write_pages(self, 3, 2);
	write_pages(self, THIRD + 1, 1);
	pin(self, 40, 2);
	view_draw(&self->view, 40, 2);
	view_expect(&self->view, __dirty_peek);
	view_expect(&self->view, __dirty_peek);
	unpin(self, 40, 1);
	view_expect(&self->view, __dirty_peek);
	expect_read(self);
	view_forget(&self->view);
	view_draw(&self->view, 41, 1);
	view_expect(&self->view, __dirty_peek);
	expect_read(self);
	unpin(self, 41, 1);
	view_expect(&self->view, __dirty_peek);
	expect_once(self);
	view_expect(&self->view, __dirty_peek);
}

/* Clear those bits of a picture, and those only. */
static void clear_pages(struct dirty_pin_self *self, size_t base, size_t span, size_t page,
			size_t pages)
{
	struct dirty_bits mask;

	dirty_open(&mask, VIEW_IOVA(base), span);
	dirty_draw(&mask, VIEW_IOVA(page), pages);
	EXPECT_EQ(__dirty_clear(self->container, &mask), 0);
	EXPECT_EQ(dirty_count(&mask), pages);
	EXPECT_TRUE(dirty_is_guarded(&mask));
	dirty_close(&mask);
}

TEST_F(dirty_pin, clear)
{
	backend_need_ours("reads and clears in one");
	dirty_start(self->container);
	write_pages(self, 3, 10);
	write_pages(self, SECOND + 50, 20);
	clear_pages(self, 0, PAGES, 5, 0);
	view_expect(&self->view, __dirty_peek);
	/* Of one mapping, of two, and where nothing is dirty or mapped. */
	clear_pages(self, 0, PAGES, 5, 8);
	clear_pages(self, 70, 230, SECOND + 51, 19);
	clear_pages(self, 0, PAGES, 20, 3);
	clear_pages(self, 0, PAGES, HOLE, 5);
	view_forget(&self->view);
	view_draw(&self->view, 3, 2);
	view_draw(&self->view, SECOND + 50, 1);
	view_expect(&self->view, __dirty_peek);
	/* Written to again is dirty again. */
	write_pages(self, 7, 1);
	view_expect(&self->view, __dirty_peek);
	/* Pinned stays dirty, and is clean only after it was cleared once more. */
	pin(self, 30, 3);
	view_draw(&self->view, 30, 3);
	clear_pages(self, 0, PAGES, 31, 1);
	view_expect(&self->view, __dirty_peek);
	unpin(self, 30, 3);
	view_expect(&self->view, __dirty_peek);
	clear_pages(self, 0, FIRST_PAGES, 0, FIRST_PAGES);
	view_forget(&self->view);
	view_draw(&self->view, SECOND + 50, 1);
	expect_once(self);
}

/* Only what lies in the range is tracked; outside of it nothing is in the way. */
TEST_F(dirty_pin, range)
{
	struct dirty_bits bits;

	backend_need_ours("tracks all or nothing");
	pin(self, SECOND, 1);
	EXPECT_EQ(__dirty_start_range(self->container, VIEW_IOVA(SECOND), SECOND_PAGES * PAGE), 0);
	pin(self, 3, 1);
	EXPECT_EQ(try_write(self, SECOND + 62, 4), 0);
	EXPECT_EQ(__dirty_get(self->container, &self->view.bits), -EINVAL);
	dirty_open(&bits, VIEW_IOVA(SECOND), SECOND_PAGES);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	EXPECT_TRUE(bits.words[0] == (3ull << 62 | 1));
	unpin(self, 3, 1);
	unpin(self, SECOND, 1);
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED * PAGE);
	dirty_close(&bits);
}

KTAP_MAIN()
