/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of pinned user pages; batch.c tells what kinds there are.
 */
#ifndef T1X_BATCH_H
#define T1X_BATCH_H

#include <linux/types.h>

#include "core/run.h"

struct mm_struct;
struct page;

/* Pages that one batch pins at the most: one page of pointers. */
#define T1X_BATCH_MAX_PINS	512U

/**
 * struct t1x_batch - a batch of pages on its way from user memory to a mapping
 * @mm: whose memory; the caller keeps it alive
 * @flags: T1X_PIN_*
 * @hugetlb: the next page is expected to be hugetlb: one pin per huge page
 * @kind: how the frames of this batch are held
 * @raw: the frames, for T1X_RUN_RAW
 * @npages: 4K frames that the batch covers
 * @ncharge: those among them that count against RLIMIT_MEMLOCK
 * @nr_runs: contiguous runs, at the most; entries of @run_len for T1X_RUN_PAGES
 * @nr_pins: entries of @pages
 * @max_pins: room in @pages and @run_len
 * @run_len: pages of each run
 * @pages: pinned pages
 */
struct t1x_batch {
	struct mm_struct *mm;
	unsigned int flags;
	bool hugetlb;
	enum t1x_run_kind kind;
	struct t1x_run raw;
	unsigned long npages;
	unsigned long ncharge;
	unsigned int nr_runs;
	unsigned int nr_pins;
	unsigned int max_pins;
	u16 *run_len;
	struct page *pages[];
};

/**
 * struct t1x_batch_iter - position of a walk over the runs of a batch
 * @run: next run
 * @page: its first page
 * @left: frames that the rest of the batch covers
 */
struct t1x_batch_iter {
	unsigned int run;
	unsigned int page;
	unsigned long left;
};

struct t1x_batch *t1x_batch_alloc(struct mm_struct *mm, unsigned long npages, unsigned int flags);
int t1x_batch_pin(struct t1x_batch *batch, unsigned long vaddr, unsigned long npages);
void t1x_batch_begin(struct t1x_batch_iter *iter, const struct t1x_batch *batch);
bool t1x_batch_next(struct t1x_batch_iter *iter, const struct t1x_batch *batch,
		    struct t1x_run *run);
void t1x_batch_release(const struct t1x_batch *batch);

#endif /* T1X_BATCH_H */
