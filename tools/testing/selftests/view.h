/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a container is read in one go, and what should be dirty there.
 *
 *	view_open(&view, container, pages);
 *	dirty_draw(&view.expected, VIEW_IOVA(5), 3);
 *	view_expect(&view, __dirty_get);
 */
#ifndef SELFTESTS_VIEW_H
#define SELFTESTS_VIEW_H

#include "../ktap.h"
#include "dirty.h"

/* Pages are counted from here. */
#define VIEW_BASE		0x10000000ull
#define VIEW_IOVA(page)		(VIEW_BASE + (uint64_t)(page) * PAGE)

struct view {
	int container;
	struct dirty_bits expected;
	struct dirty_bits bits; /* as read last */
};

static inline void view_open(struct view *view, int container, size_t pages)
{
	view->container = container;
	dirty_open(&view->expected, VIEW_BASE, pages);
	dirty_open(&view->bits, VIEW_BASE, pages);
}

static inline void view_close(struct view *view)
{
	dirty_close(&view->expected);
	dirty_close(&view->bits);
}

static inline void view_draw(struct view *view, size_t page, size_t pages)
{
	dirty_draw(&view->expected, VIEW_IOVA(page), pages);
}

/* Pages that are expected to be dirty. */
static inline size_t view_count(const struct view *view)
{
	return dirty_count(&view->expected);
}

/* Nothing is expected to be dirty from here on. */
static inline void view_forget(struct view *view)
{
	dirty_wipe(&view->expected);
}

/* What was read is what was drawn, page by page. */
static inline bool view_matches(const struct view *view)
{
	bool ok = EXPECT_EQ(dirty_differs(&view->bits, &view->expected), -1);

	return EXPECT_TRUE(dirty_is_guarded(&view->bits)) && ok;
}

/* Read by __dirty_get() or __dirty_peek(). */
static inline bool view_expect(struct view *view, int (*read)(int, struct dirty_bits *))
{
	dirty_wipe(&view->bits);
	return EXPECT_EQ(read(view->container, &view->bits), 0) && view_matches(view);
}

/* All that is in view goes: this many pages were mapped. */
static inline bool view_expect_unmap(struct view *view, size_t pages)
{
	uint64_t unmapped = 0;

	dirty_wipe(&view->bits);
	return EXPECT_EQ(__dirty_unmap(view->container, &view->bits, &unmapped), 0) &&
	       EXPECT_EQ(unmapped, pages * PAGE) && view_matches(view);
}

#endif /* SELFTESTS_VIEW_H */
