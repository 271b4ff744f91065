// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: the pages of user memory that one round of pinning brings.
 *
 * A batch is of one kind:
 *
 * - T1X_RUN_PAGES: an array of pages with one pin each.  Inside a large folio
 *   no struct page is looked at but the first; contiguity is decided by
 *   comparing the pointers, all of them (core/run.h says why).
 * - T1X_RUN_HUGETLB: one pin per huge page.  A page that GUP returned and that
 *   belongs to a hugetlb folio proves that the rest of the folio follows it in
 *   user memory: hugetlb is only ever mapped whole and in order.  No VMA is
 *   consulted, which might have changed since.
 * - T1X_RUN_RAW: frames of a VM_PFNMAP area (a BAR, say), which have no struct
 *   page to pin.  They are taken from the page table once and stay mapped even
 *   if the area goes away, as the type1 contract has always had it.
 *
 * Like all that pins (pin.c), filling a batch may take for ever.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "pin.h"
#include "private.h"

/* A batch of one hugetlb pin at a time pays only where huge pages can be. */
#define T1X_BATCH_HUGETLB_MIN	(PMD_SIZE >> PAGE_SHIFT)

/**
 * t1x_batch_alloc() - get the room for batches
 * @mm: whose memory is to be pinned
 * @npages: pages that are to be pinned altogether
 * @flags: T1X_PIN_*
 *
 * Return: a batch to be freed by kfree(), or NULL.
 */
struct t1x_batch *t1x_batch_alloc(struct mm_struct *mm, unsigned long npages, unsigned int flags)
{
	unsigned int max_pins = t1x_disable_hugepages ? 1 : min_t(unsigned long, npages,
								   T1X_BATCH_MAX_PINS);
	struct t1x_batch *batch;
	size_t size;

	size = struct_size(batch, pages, max_pins);
	batch = kmalloc(size + max_pins * sizeof(*batch->run_len), GFP_KERNEL);
	if (!batch)
		return NULL;

	batch->mm = mm;
	batch->max_pins = max_pins;
	batch->run_len = (void *)batch + size;
	batch->flags = flags;
	batch->hugetlb = npages >= T1X_BATCH_HUGETLB_MIN && !t1x_disable_hugepages;
	return batch;
}

static void t1x_batch_measure(struct t1x_batch *batch)
{
	unsigned int at, len;

	batch->ncharge = 0;
	batch->nr_runs = 0;
	for (at = 0; at < batch->nr_pins; at += len) {
		len = t1x_run_scan((unsigned long *)&batch->pages[at], batch->nr_pins - at,
				   sizeof(struct page));
		batch->ncharge += t1x_pin_count_charge(batch->pages[at], len);
		batch->run_len[batch->nr_runs++] = len;
	}
}

/*
 * Give back the pages at the end of a batch that are the beginning of a huge
 * page: it is to be pinned as one, and so to keep its leaf.
 */
static unsigned long t1x_batch_trim_hugetlb(struct t1x_batch *batch, unsigned long npages)
{
	struct page *last = batch->pages[npages - 1];
	struct folio *folio = page_folio(last);
	unsigned long head;

	if (!folio_test_hugetlb(folio))
		return npages;
	head = folio_page_idx(folio, last) + 1;
	if (head >= npages)
		return npages;

	t1x_pin_drop(&batch->pages[npages - head], head);
	batch->hugetlb = true;
	return npages - head;
}

static int t1x_batch_pin_pages(struct t1x_batch *batch, unsigned long vaddr, unsigned long npages)
{
	unsigned long want = min_t(unsigned long, npages, batch->max_pins);
	long n = t1x_pin_gup(batch->mm, vaddr, want, batch->flags, batch->pages);

	if (n <= 0)
		return n ?: -EFAULT;

	n = t1x_batch_trim_hugetlb(batch, n);
	batch->kind = T1X_RUN_PAGES;
	batch->nr_pins = n;
	batch->npages = n;
	t1x_batch_measure(batch);
	return 0;
}

/*
 * Pin huge page after huge page.  Ends at the first page that is none; if that
 * is the very first one it becomes a batch of its own.
 */
static int t1x_batch_pin_hugetlb(struct t1x_batch *batch, unsigned long vaddr,
				 unsigned long npages)
{
	unsigned int nr = 0;
	long n = 0;

	batch->kind = T1X_RUN_HUGETLB;
	batch->npages = 0;
	while (batch->npages < npages && nr < batch->max_pins) {
		struct page **page = &batch->pages[nr];

		n = t1x_pin_gup(batch->mm, vaddr + (batch->npages << PAGE_SHIFT), 1,
				batch->flags, page);
		if (n <= 0)
			break;
		if (!folio_test_hugetlb(page_folio(*page))) {
			batch->hugetlb = false;
			if (nr)
				t1x_pin_drop(page, 1);
			break;
		}
		batch->npages += min(t1x_pin_folio_rest(*page), npages - batch->npages);
		nr++;
	}
	batch->nr_pins = nr;
	batch->nr_runs = nr;
	batch->ncharge = batch->npages;
	if (nr)
		return 0;
	if (n <= 0)
		return n ?: -EFAULT;

	batch->kind = T1X_RUN_PAGES;
	batch->nr_pins = 1;
	batch->npages = 1;
	t1x_batch_measure(batch);
	return 0;
}

/* The frame behind @vaddr of a VM_PFNMAP area; mmap_lock is held for reading. */
static int t1x_batch_follow(struct vm_area_struct *vma, unsigned long vaddr, bool write, u64 *pfn)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = vaddr };
	int ret = follow_pfnmap_start(&args);

	if (ret)
		return ret;
	*pfn = args.pfn;
	if (write && !args.writable)
		ret = -EFAULT;
	follow_pfnmap_end(&args);

	/* An ordinary page needs a pin, which this way does not give. */
	if (!ret && pfn_valid(*pfn) && !PageReserved(pfn_to_page(*pfn)))
		ret = -EFAULT;
	return ret;
}

/* One frame of whatever area @vaddr is in now, faulted in if need be. */
static int t1x_batch_raw_pfn(struct mm_struct *mm, unsigned long vaddr, bool write, u64 *pfn)
{
	bool faulted = false;

	mmap_assert_locked(mm);
	for (;;) {
		struct vm_area_struct *vma = vma_lookup(mm, vaddr);
		bool unlocked = false;
		int ret;

		if (!vma || !(vma->vm_flags & VM_PFNMAP))
			return -EFAULT;
		ret = t1x_batch_follow(vma, vaddr, write, pfn);
		if (!ret || faulted)
			return ret;

		ret = fixup_user_fault(mm, vaddr, write ? FAULT_FLAG_WRITE : 0, &unlocked);
		if (ret)
			return ret;
		faulted = !unlocked;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

static int t1x_batch_pin_raw(struct t1x_batch *batch, unsigned long vaddr, unsigned long npages)
{
	unsigned long max = t1x_disable_hugepages ? 1 : T1X_BATCH_MAX_PINS;
	struct mm_struct *mm = batch->mm;
	int ret = 0;

	batch->kind = T1X_RUN_RAW;
	batch->raw = (struct t1x_run){ .kind = T1X_RUN_RAW };
	batch->ncharge = 0;
	batch->nr_pins = 0;
	batch->nr_runs = 1;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vaddr = untagged_addr_remote(mm, vaddr);
	while (batch->raw.npages < min(npages, max)) {
		struct t1x_run next = { .npages = 1, .kind = T1X_RUN_RAW };

		ret = t1x_batch_raw_pfn(mm, vaddr + (batch->raw.npages << PAGE_SHIFT),
					batch->flags & T1X_PIN_WRITE, &next.pfn);
		if (ret || !t1x_run_extend(&batch->raw, &next))
			break;
	}
	mmap_read_unlock(mm);

	batch->npages = batch->raw.npages;
	return batch->npages ? 0 : ret;
}

/**
 * t1x_batch_pin() - pin the next pages of a mapping
 * @batch: batch; empty or already taken over by a mapping
 * @vaddr: page-aligned user address of the next page
 * @npages: pages that are still to come, at least 1
 *
 * Fills @batch with 1 to @npages frames.  Sleeps, and faults user memory in.
 *
 * Return: 0; -EFAULT if there is no memory or not with the access wanted,
 * -EINTR if the task was killed, other errors as GUP has them.
 */
int t1x_batch_pin(struct t1x_batch *batch, unsigned long vaddr, unsigned long npages)
{
	int ret;

	if (fatal_signal_pending(current))
		return -EINTR;

	if (batch->hugetlb)
		ret = t1x_batch_pin_hugetlb(batch, vaddr, npages);
	else
		ret = t1x_batch_pin_pages(batch, vaddr, npages);
	if (ret == -EFAULT)
		ret = t1x_batch_pin_raw(batch, vaddr, npages);
	return ret;
}

/**
 * t1x_batch_begin() - start a walk over the runs of a batch
 * @iter: position
 * @batch: batch
 */
void t1x_batch_begin(struct t1x_batch_iter *iter, const struct t1x_batch *batch)
{
	*iter = (struct t1x_batch_iter){ .left = batch->npages };
}

/**
 * t1x_batch_next() - one step of a walk over the runs of a batch
 * @iter: position
 * @batch: batch
 * @run: the next frames
 *
 * Return: false at the end.
 */
bool t1x_batch_next(struct t1x_batch_iter *iter, const struct t1x_batch *batch,
		    struct t1x_run *run)
{
	struct page *page;

	if (!iter->left)
		return false;

	if (batch->kind == T1X_RUN_RAW) {
		*run = batch->raw;
		iter->left = 0;
		return true;
	}

	page = batch->pages[iter->page];
	run->kind = batch->kind;
	run->pfn = page_to_pfn(page);
	if (batch->kind == T1X_RUN_HUGETLB) {
		run->npages = min(t1x_pin_folio_rest(page), iter->left);
		iter->page++;
	} else {
		run->npages = batch->run_len[iter->run++];
		iter->page += run->npages;
	}
	iter->left -= run->npages;
	return true;
}

/**
 * t1x_batch_release() - unpin a batch that no mapping took over
 * @batch: batch
 */
void t1x_batch_release(const struct t1x_batch *batch)
{
	struct t1x_batch_iter iter;
	struct t1x_run run;

	t1x_batch_begin(&iter, batch);
	while (t1x_batch_next(&iter, batch, &run))
		t1x_pin_release_run(&run, false);
}
