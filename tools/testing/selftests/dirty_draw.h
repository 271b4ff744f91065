/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests at random, most of which make sense. */
#ifndef SELFTESTS_DIRTY_DRAW_H
#define SELFTESTS_DIRTY_DRAW_H

#include "dirty_diff.h"

#define DRAW_MANY	150 /* mappings; more of them are not asked for */

static inline unsigned int draw_below(struct diff *diff, unsigned int below)
{
	return rand_r(&diff->random) % below;
}

static inline bool draw_one_in(struct diff *diff, unsigned int number)
{
	return !draw_below(diff, number);
}

static inline const struct diff_span *draw_mapping(struct diff *diff)
{
	return &diff->mappings[draw_below(diff, diff->num_mappings)].span;
}

/* A range with the edges of mappings, or one that may cut mappings in two. */
static inline struct diff_span draw_span(struct diff *diff)
{
	size_t from = draw_below(diff, DIFF_PAGES), to = draw_below(diff, DIFF_PAGES);
	const struct diff_span *first, *last;

	if (draw_one_in(diff, 8))
		return (struct diff_span){ 0, DIFF_PAGES };
	if (diff->num_mappings && !draw_one_in(diff, 6)) {
		first = draw_mapping(diff);
		last = draw_one_in(diff, 3) ? first : draw_mapping(diff);
		from = first->page < last->page ? first->page : last->page;
		to = first->page < last->page ? last->page + last->pages
					      : first->page + first->pages;
		/* Mostly with some room before it, so that bits are shifted. */
		if (!draw_one_in(diff, 4) && from >= 2)
			from -= draw_below(diff, 3);
	}
	if (from > to)
		return (struct diff_span){ to, from - to };
	return (struct diff_span){ from, to > from ? to - from : 1 };
}

/* Now and then not quite in order. */
static inline void draw_flaw(struct diff *diff, struct diff_request *request)
{
	switch (draw_below(diff, 8)) {
	case 0:
		request->iova += 1u << draw_below(diff, 12);
		break;
	case 1:
		request->size += 1u << draw_below(diff, 12);
		break;
	case 2:
		request->size = 0;
		break;
	case 3:
		request->pgsize <<= 1 + draw_below(diff, 10);
		break;
	case 4:
		request->pgsize >>= 1 + draw_below(diff, 12);
		break;
	case 5:
		request->bytes -= 1 + draw_below(diff, 8);
		break;
	case 6:
		request->bytes = draw_one_in(diff, 2) ? 0 : MIB(256) + 8;
		break;
	default:
		request->bytes += 8 * draw_below(diff, 8);
	}
}

static inline void draw_bitmap(struct diff *diff, struct diff_request *request)
{
	struct diff_span span = draw_span(diff);

	request->iova = VIEW_IOVA(span.page);
	request->size = span.pages * PAGE;
	request->pgsize = PAGE;
	request->bytes = dirty_bytes(span.pages);
	if (draw_one_in(diff, 12))
		draw_flaw(diff, request);
}

static inline void draw_map(struct diff *diff, struct diff_request *request)
{
	size_t pages = draw_one_in(diff, 3) ? 1 + draw_below(diff, 8)
					    : 1 + draw_below(diff, DIFF_LARGEST);
	size_t page = draw_below(diff, DIFF_PAGES - pages);

	request->what = DIFF_MAP;
	request->iova = VIEW_IOVA(page);
	request->size = pages * PAGE;
	request->offset = draw_below(diff, DIFF_PAGES - pages) * PAGE;
	request->flags = IOMMU_RW;
	/* dma_rw() of stock has an opinion on mappings that cannot be read. */
	if (!diff->emulated && draw_one_in(diff, 8))
		request->flags = IOMMU_W;
	if (draw_one_in(diff, 20))
		draw_flaw(diff, request);
}

/* Some pages in a mapping; now and then beyond its end, or anywhere. */
static inline void draw_access(struct diff *diff, struct diff_request *request, size_t largest)
{
	size_t page = draw_below(diff, DIFF_PAGES), pages = 1 + draw_below(diff, largest);

	if (diff->num_mappings && !draw_one_in(diff, 10)) {
		const struct diff_span *mapping = draw_mapping(diff);

		page = mapping->page + draw_below(diff, mapping->pages);
		if (!draw_one_in(diff, 5) && pages > mapping->page + mapping->pages - page)
			pages = mapping->page + mapping->pages - page;
	}
	request->iova = VIEW_IOVA(page);
	request->size = pages * PAGE;
	request->flags = draw_one_in(diff, 4) ? TESTDEV_R : TESTDEV_RW;
}

static inline void draw_pin(struct diff *diff, struct diff_request *request)
{
	request->what = DIFF_PIN;
	draw_access(diff, request, 12);
	diff->pins[diff->num_pins++ % DIFF_PINS] = *request;
}

/* What was pinned lately, if it was, and may have been unpinned already. */
static inline void draw_unpin(struct diff *diff, struct diff_request *request)
{
	unsigned int known = diff->num_pins < DIFF_PINS ? diff->num_pins : DIFF_PINS;

	if (!known)
		return;
	*request = diff->pins[(diff->num_pins - 1 - draw_below(diff, known)) % DIFF_PINS];
	request->what = DIFF_UNPIN;
}

static inline void draw_copy(struct diff *diff, struct diff_request *request)
{
	request->what = draw_one_in(diff, 4) ? DIFF_READ : DIFF_WRITE;
	draw_access(diff, request, 4);
	request->iova += draw_below(diff, PAGE);
	request->size -= draw_below(diff, PAGE - 1);
}

static inline void draw_device(struct diff *diff, struct diff_request *request)
{
	switch (draw_below(diff, 8)) {
	case 0 ... 1:
		draw_pin(diff, request);
		break;
	case 2 ... 3:
		draw_unpin(diff, request);
		break;
	default:
		draw_copy(diff, request);
	}
}

static inline void draw_unmap(struct diff *diff, struct diff_request *request)
{
	request->what = draw_one_in(diff, 2) ? DIFF_UNMAP_BITMAP : DIFF_UNMAP;
	draw_bitmap(diff, request);
	/* Rarely so much that nothing is left to be read. */
	if (request->size > 2 * DIFF_LARGEST * PAGE && !draw_one_in(diff, 10))
		request->what = DIFF_GET;
}

static inline struct diff_request draw_request(struct diff *diff)
{
	struct diff_request request = { .what = DIFF_GET };
	unsigned int number = draw_below(diff, 1000);

	draw_bitmap(diff, &request);
	if (number < 10)
		request.what = DIFF_STOP;
	else if (number < 60)
		request.what = DIFF_START;
	else if (number < 62)
		request.what = DIFF_UNMAP_ALL;
	else if (number < 70 && diff->edu && diff->emulated)
		request.what = diff->attached ? DIFF_DETACH : DIFF_ATTACH;
	else if (number < 180)
		draw_unmap(diff, &request);
	else if (number < 450 && diff->num_mappings < DRAW_MANY)
		draw_map(diff, &request);
	else if (number < 750 && diff->emulated)
		draw_device(diff, &request);
	return request;
}

#endif /* SELFTESTS_DIRTY_DRAW_H */
