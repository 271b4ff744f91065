/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spans: inclusive ranges of 64-bit addresses, and sorted sets of them.
 *
 * A span is [start, last], never [start, end): the last byte of the address
 * space is then an ordinary byte and nothing here can wrap.  The size of the
 * full span does not fit 64 bits, which is why no helper returns a size.
 *
 * A set is a sorted array of disjoint spans whose storage the caller owns.
 * Example, the window of an x86 IOMMU: start from the aperture
 * {[0, 0xffffffffffff]} and cut the MSI region [0xfee00000, 0xfeefffff]:
 * two spans remain, [0, 0xfedfffff] and [0xfef00000, 0xffffffffffff].
 *
 * Pure code: no locks, no allocation, no user memory.
 */
#ifndef T1X_CORE_SPAN_H
#define T1X_CORE_SPAN_H

#include <linux/types.h>

/**
 * struct t1x_span - addresses start..last, both included
 * @start: first address
 * @last: last address, never below @start
 */
struct t1x_span {
	u64 start;
	u64 last;
};

/**
 * struct t1x_span_set - sorted, disjoint spans in storage of the caller
 * @spans: storage
 * @nr: spans in use
 * @room: spans that fit @spans; one more than @nr is needed to cut a hole
 */
struct t1x_span_set {
	struct t1x_span *spans;
	size_t nr;
	size_t room;
};

/**
 * t1x_span_init() - make a span from a start and a size
 * @span: result, untouched on failure
 * @start: first address
 * @size: number of addresses
 *
 * Return: false if @size is 0 or the last address would not fit 64 bits.
 */
static inline bool t1x_span_init(struct t1x_span *span, u64 start, u64 size)
{
	if (!size || start + (size - 1) < start)
		return false;
	span->start = start;
	span->last = start + (size - 1);
	return true;
}

/**
 * t1x_span_overlaps() - do two spans share an address?
 * @a: one span
 * @b: the other
 *
 * Return: true if at least one address lies in both.
 */
static inline bool t1x_span_overlaps(const struct t1x_span *a, const struct t1x_span *b)
{
	return a->start <= b->last && b->start <= a->last;
}

/**
 * t1x_span_contains() - does one span lie inside another?
 * @outer: the enclosing span
 * @inner: the span to look for
 *
 * Return: true if every address of @inner lies in @outer.
 */
static inline bool t1x_span_contains(const struct t1x_span *outer, const struct t1x_span *inner)
{
	return outer->start <= inner->start && inner->last <= outer->last;
}

void t1x_span_set_clip(struct t1x_span_set *set, const struct t1x_span *bound);
bool t1x_span_set_cut(struct t1x_span_set *set, const struct t1x_span *hole);
bool t1x_span_set_covers(const struct t1x_span_set *set, const struct t1x_span *span);

#endif /* T1X_CORE_SPAN_H */
