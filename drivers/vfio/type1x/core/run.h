/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs: physically contiguous page frames, all pinned in the same way.
 *
 * Pinning yields an array of struct page pointers, mapping wants as few and
 * as long physical ranges as possible, and unmapping must know which frames
 * to unpin and how.  A run is the unit between the three.
 *
 * A mapping stores its runs packed into one u64 each, in order of IOVA:
 *
 *	 63      62 61                40 39                               0
 *	+----------+--------------------+---------------------------------+
 *	|   kind   |    npages - 1      |               pfn               |
 *	+----------+--------------------+---------------------------------+
 *
 * 40 bits of pfn reach 2^52 bytes of physical address space, the most that
 * x86 and arm64 have; 22 bits of length hold 16 GiB of 4 KiB pages, longer
 * runs take several words.  Example: 2 MiB of hugetlb at physical 4 GiB is
 * kind 1, npages 512, pfn 0x100000, and packs to 0x4001ff0000100000.
 *
 * Pure code: no locks, no allocation, no user memory.
 */
#ifndef T1X_CORE_RUN_H
#define T1X_CORE_RUN_H

#include <linux/types.h>

#define T1X_RUN_PFN_BITS	40
#define T1X_RUN_NPAGES_BITS	22
#define T1X_RUN_MAX_PFN		((1ULL << T1X_RUN_PFN_BITS) - 1)
#define T1X_RUN_MAX_NPAGES	(1ULL << T1X_RUN_NPAGES_BITS)

/**
 * enum t1x_run_kind - what keeps the frames of a run in place
 * @T1X_RUN_PAGES: one pin for every page
 * @T1X_RUN_HUGETLB: one pin for every hugetlb folio that the run touches
 * @T1X_RUN_RAW: nothing; frames without a (normal) struct page, such as BARs
 */
enum t1x_run_kind {
	T1X_RUN_PAGES,
	T1X_RUN_HUGETLB,
	T1X_RUN_RAW,
};

/**
 * struct t1x_run - frames pfn .. pfn + npages - 1
 * @pfn: first page frame number
 * @npages: number of frames, 0 for an empty run
 * @kind: how they are held
 */
struct t1x_run {
	u64 pfn;
	u64 npages;
	enum t1x_run_kind kind;
};

size_t t1x_run_scan(const unsigned long *pages, size_t npages, unsigned long stride);
bool t1x_run_extend(struct t1x_run *run, const struct t1x_run *next);
u64 t1x_run_pack(struct t1x_run *run);
u64 t1x_run_nr_leaves(const struct t1x_run *run, u64 page, unsigned int order);

/**
 * t1x_run_unpack() - the frames of a word made by t1x_run_pack()
 * @word: packed run
 *
 * Return: the run.
 */
static inline struct t1x_run t1x_run_unpack(u64 word)
{
	return (struct t1x_run){
		.pfn = word & T1X_RUN_MAX_PFN,
		.npages = (word >> T1X_RUN_PFN_BITS & (T1X_RUN_MAX_NPAGES - 1)) + 1,
		.kind = word >> (T1X_RUN_PFN_BITS + T1X_RUN_NPAGES_BITS),
	};
}

#endif /* T1X_CORE_RUN_H */
