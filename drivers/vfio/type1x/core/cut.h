/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cuts: where mappings and the bitmap of a range of IOVA meet.
 *
 * Bit i of what user space gets for a range is page i of the range.  It is made window
 * by window, as many pages at a time as fit a buffer.  A window begins with a whole byte,
 * so that none is made in two parts, and where no mapping is for long there is none.  Here
 * a range of 40 pages at iova 0x10000 has a mapping A of 16 pages at 0x15000 and B of one
 * at 0x35000, and the buffer has 2 bytes:
 *
 *	byte		0       1       2       3       4
 *	page		0.......8......16......24......32......39
 *	mappings	     AAAAAAAAAAAAAAAA                B
 *	window		|----- 1 -----||----- 2 -----|  |- 3 -|
 *
 *	  t1x_cut_window()    t1x_cut()
 *	1 [0x10000, 0x1ffff]  11 pages, page 0 of A is bit 5
 *	2 [0x20000, 0x2ffff]  5 pages, page 11 of A is bit 0
 *	3 [0x30000, 0x37fff]  1 page, page 0 of B is bit 5
 */
#ifndef T1X_CORE_CUT_H
#define T1X_CORE_CUT_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "span.h"

#define T1X_CUT_PAGE_SHIFT	12	/* 4 KiB, what a bit of type1 stands for */

/**
 * struct t1x_cut - what a mapping and a range have in common
 * @page: first page, counted from the beginning of the mapping
 * @bit: the same page, counted from the beginning of the range
 * @npages: number of pages
 */
struct t1x_cut {
	unsigned long page;
	unsigned long bit;
	unsigned long npages;
};

/**
 * t1x_cut() - what do a mapping and a range have in common?
 * @map: IOVAs of the mapping, whole pages
 * @range: IOVAs that overlap it, whole pages
 *
 * Return: the pages.
 */
static inline struct t1x_cut t1x_cut(const struct t1x_span *map, const struct t1x_span *range)
{
	u64 start = max(map->start, range->start);
	u64 last = min(map->last, range->last);

	return (struct t1x_cut){
		.page = (start - map->start) >> T1X_CUT_PAGE_SHIFT,
		.bit = (start - range->start) >> T1X_CUT_PAGE_SHIFT,
		.npages = ((last - start) >> T1X_CUT_PAGE_SHIFT) + 1,
	};
}

size_t t1x_cut_nbytes(const struct t1x_span *range);
struct t1x_span t1x_cut_window(const struct t1x_span *range, u64 from, u64 next, size_t room);

#endif /* T1X_CORE_CUT_H */
