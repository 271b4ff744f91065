// SPDX-License-Identifier: GPL-2.0-only
/*
 * Set operations on spans; see span.h for the terms.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "span.h"

/* Index of the first span that does not end below @addr; set->nr if none. */
static size_t t1x_span_set_find(const struct t1x_span_set *set, u64 addr)
{
	size_t low = 0, high = set->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->spans[mid].last < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Replace @nr spans from @at on by the room for @fill others. */
static void t1x_span_set_splice(struct t1x_span_set *set, size_t at, size_t nr, size_t fill)
{
	memmove(&set->spans[at + fill], &set->spans[at + nr],
		(set->nr - at - nr) * sizeof(*set->spans));
	set->nr = set->nr - nr + fill;
}

/**
 * t1x_span_set_clip() - drop everything outside a span
 * @set: set to change
 * @bound: what may remain
 */
void t1x_span_set_clip(struct t1x_span_set *set, const struct t1x_span *bound)
{
	size_t first = t1x_span_set_find(set, bound->start);
	size_t end = first;

	while (end < set->nr && set->spans[end].start <= bound->last) {
		struct t1x_span *span = &set->spans[end++];

		span->start = max(span->start, bound->start);
		span->last = min(span->last, bound->last);
	}
	set->nr = end;
	t1x_span_set_splice(set, 0, first, 0);
}

/**
 * t1x_span_set_cut() - remove the addresses of one span
 * @set: set to change
 * @hole: addresses to remove; parts of it may lie outside the set
 *
 * A hole inside one span leaves two, which needs room for one more.
 *
 * Return: false if that room is missing; the set is then unchanged.
 */
bool t1x_span_set_cut(struct t1x_span_set *set, const struct t1x_span *hole)
{
	size_t first = t1x_span_set_find(set, hole->start);
	size_t end = first, fill = 0;
	struct t1x_span rest[2];

	while (end < set->nr && set->spans[end].start <= hole->last)
		end++;
	if (first == end)
		return true;

	if (set->spans[first].start < hole->start) {
		rest[fill].start = set->spans[first].start;
		rest[fill++].last = hole->start - 1;
	}
	if (set->spans[end - 1].last > hole->last) {
		rest[fill].start = hole->last + 1;
		rest[fill++].last = set->spans[end - 1].last;
	}
	if (set->nr - (end - first) + fill > set->room)
		return false;

	t1x_span_set_splice(set, first, end - first, fill);
	memcpy(&set->spans[first], rest, fill * sizeof(*rest));
	return true;
}

/**
 * t1x_span_set_covers() - does a single span of the set hold all of @span?
 * @set: set to search
 * @span: addresses that must all be there
 *
 * Adjacent spans do not help each other: the type1 contract wants a mapping
 * to lie inside one range.
 *
 * Return: true if one member of @set contains @span.
 */
bool t1x_span_set_covers(const struct t1x_span_set *set, const struct t1x_span *span)
{
	size_t at = t1x_span_set_find(set, span->start);

	return at < set->nr && t1x_span_contains(&set->spans[at], span);
}
