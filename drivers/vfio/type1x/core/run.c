// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding, growing and packing runs; see run.h for the terms.
 */
#include <linux/minmax.h>
#include <linux/types.h>

#include "run.h"

/**
 * t1x_run_scan() - length of the contiguous run at the start of an array
 * @pages: addresses of struct pages, in the order the user sees them
 * @npages: entries of @pages, at least 1
 * @stride: bytes from one struct page to the next
 *
 * Every entry is compared, none is dereferenced: user memory may show the
 * pages of one large folio in any order, so that neither the folio's size nor
 * the first and last entry say anything about those between.
 *
 * Return: the largest n for which entry i equals entry 0 + i * @stride for
 * all i < n.
 */
size_t t1x_run_scan(const unsigned long *pages, size_t npages, unsigned long stride)
{
	unsigned long expect = pages[0] + stride;
	size_t n = 1;

	while (n < npages && pages[n] == expect) {
		expect += stride;
		n++;
	}
	return n;
}

/**
 * t1x_run_extend() - grow a run by one that follows it
 * @run: run to grow; an empty one becomes @next
 * @next: frames that follow in IOVA order
 *
 * Return: false, with @run unchanged, if the frames of @next do not continue
 * @run or are held in another way.
 */
bool t1x_run_extend(struct t1x_run *run, const struct t1x_run *next)
{
	if (!run->npages) {
		*run = *next;
		return true;
	}
	if (run->kind != next->kind || run->pfn + run->npages != next->pfn)
		return false;

	run->npages += next->npages;
	return true;
}

/**
 * t1x_run_pack() - take as many frames off a run as one word holds
 * @run: run with npages > 0 and no frame above T1X_RUN_MAX_PFN; what does not
 *	 fit the word is left in it
 *
 * Return: the packed frames.
 */
u64 t1x_run_pack(struct t1x_run *run)
{
	u64 npages = min_t(u64, run->npages, T1X_RUN_MAX_NPAGES);
	u64 word = (u64)run->kind << (T1X_RUN_PFN_BITS + T1X_RUN_NPAGES_BITS) |
		   (npages - 1) << T1X_RUN_PFN_BITS | run->pfn;

	run->pfn += npages;
	run->npages -= npages;
	return word;
}

/**
 * t1x_run_nr_leaves() - how many page table leaves of a size a run can make
 * @run: frames
 * @page: IOVA of its first frame, in pages
 * @order: a leaf has 2^@order pages
 *
 * A leaf begins at a multiple of its size, in IOVA and in memory.  Example: 1030
 * frames from 0x10ff on, behind page 0x30ff, make one leaf of order 9: that of page
 * 0x3200; the one before would begin too early, the one after would end too late.
 *
 * Return: number of leaves.
 */
u64 t1x_run_nr_leaves(const struct t1x_run *run, u64 page, unsigned int order)
{
	u64 mask = (1ULL << order) - 1;
	u64 first = (page + mask) >> order;
	u64 end = (page + run->npages) >> order;

	if ((run->pfn ^ page) & mask || end < first)
		return 0;
	return end - first;
}
