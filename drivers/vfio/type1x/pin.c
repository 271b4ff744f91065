// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinning user pages, the only place that calls GUP.
 *
 * Pages come in batches.  A batch is of one kind:
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
 * Nothing here may be called with a lock held: a fault can take for ever.  It
 * never outlasts a SIGKILL, though.
 */
#include <linux/hugetlb.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pin.h"
#include "private.h"

/* Neighbouring frames must have neighbouring struct pages: t1x_run_scan(). */
static_assert(IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || IS_ENABLED(CONFIG_FLATMEM));

/* Frames unpinned in one go before others may run. */
#define T1X_PIN_RELEASE_SLICE	(1UL << 16)

/* A batch of one hugetlb pin at a time pays only where huge pages can be. */
#define T1X_PIN_HUGETLB_MIN	(PMD_SIZE >> PAGE_SHIFT)

/**
 * t1x_pin_alloc() - get the room for batches
 * @mm: whose memory is to be pinned
 * @npages: pages that are to be pinned altogether
 * @write: pin for writing by the device
 *
 * Return: a batch to be freed by kfree(), or NULL.
 */
struct t1x_pin *t1x_pin_alloc(struct mm_struct *mm, unsigned long npages, bool write)
{
	unsigned int max_pins = t1x_disable_hugepages ? 1 : min_t(unsigned long, npages,
								   T1X_PIN_BATCH);
	struct t1x_pin *pin;
	size_t size;

	size = struct_size(pin, pages, max_pins);
	pin = kmalloc(size + max_pins * sizeof(*pin->run_len), GFP_KERNEL);
	if (!pin)
		return NULL;

	pin->mm = mm;
	pin->max_pins = max_pins;
	pin->run_len = (void *)pin + size;
	pin->write = write;
	pin->hugetlb = npages >= T1X_PIN_HUGETLB_MIN && !t1x_disable_hugepages;
	return pin;
}

/**
 * struct t1x_pin_access - how GUP and faults are to access an area
 * @gup: FOLL_* flags
 * @fault: FAULT_FLAG_* flags
 */
struct t1x_pin_access {
	unsigned int gup;
	unsigned int fault;
};

/*
 * Private memory that the device reads must be made private before it is
 * pinned, where GUP does not do so by itself: otherwise the device would go on
 * reading the zero page, or a page shared with the parent, after the user's
 * next write.  @npages is cut at the end of the area that the answer is for.
 */
static int t1x_pin_read_access(struct mm_struct *mm, unsigned long vaddr,
			       unsigned long *npages, struct t1x_pin_access *access)
{
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vaddr = untagged_addr_remote(mm, vaddr);
	vma = vma_lookup(mm, vaddr);
	if (vma) {
		*npages = min(*npages, (vma->vm_end - vaddr) >> PAGE_SHIFT);
		if (is_cow_mapping(vma->vm_flags) && !is_vm_hugetlb_page(vma)) {
			access->gup |= FOLL_WRITE | FOLL_FORCE;
			access->fault |= vma->vm_flags & VM_WRITE ? FAULT_FLAG_WRITE : 0;
		}
	}
	mmap_read_unlock(mm);
	return 0;
}

/* Fault in up to @npages pages; mmap_lock is held for reading, and may drop. */
static long t1x_pin_prefault(struct mm_struct *mm, unsigned long vaddr, unsigned long npages,
			     unsigned int fault_flags)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < npages && !ret; i++) {
		bool unlocked = false;

		ret = fixup_user_fault(mm, vaddr + (i << PAGE_SHIFT), fault_flags, &unlocked);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	if (ret)
		i--;
	return i ?: ret;
}

/*
 * Long-term GUP for kernels on which it cannot drop mmap_lock and retry: what
 * is present is taken without faults, what is not is faulted in beforehand, in
 * a way that can be killed.
 */
static long t1x_pin_gup_prefaulted(struct mm_struct *mm, unsigned long vaddr,
				   unsigned long npages, bool write, struct page **pages)
{
	struct t1x_pin_access access = {
		.gup = FOLL_LONGTERM | (write ? FOLL_WRITE : 0),
		.fault = write ? FAULT_FLAG_WRITE : 0,
	};
	long n = 0;

	if (!write) {
		n = t1x_pin_read_access(mm, vaddr, &npages, &access);
		if (n)
			return n;
	}
	if (mm == current->mm)
		n = pin_user_pages_fast_only(vaddr, npages, access.gup, pages);
	if (n)
		return n;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	n = t1x_pin_prefault(mm, vaddr, npages, access.fault);
	if (n > 0)
		n = pin_user_pages_remote(mm, vaddr, n, access.gup, pages, NULL);
	mmap_read_unlock(mm);
	return n;
}

/* GUP for the memory of another process, or from a kernel thread. */
static long t1x_pin_gup_remote(struct mm_struct *mm, unsigned long vaddr, unsigned long npages,
			       unsigned int flags, struct page **pages)
{
	int locked = 1;
	long n;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	n = pin_user_pages_remote(mm, vaddr, npages, flags, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
	return n;
}

static long t1x_pin_gup(struct mm_struct *mm, unsigned long vaddr, unsigned long npages,
			bool write, struct page **pages)
{
	unsigned int flags = FOLL_LONGTERM | (write ? FOLL_WRITE : 0);
	long n;

	if (!gup_longterm_faults_killably())
		return t1x_pin_gup_prefaulted(mm, vaddr, npages, write, pages);
	if (mm != current->mm)
		return t1x_pin_gup_remote(mm, vaddr, npages, flags, pages);

	n = pin_user_pages_fast(vaddr, npages, flags, pages);
	/* The last page of the 64-bit space: just another bad address. */
	return n == -EOVERFLOW ? -EFAULT : n;
}

/* Frames from @page to the end of its folio. */
static unsigned long t1x_pin_folio_rest(struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio_nr_pages(folio) - folio_page_idx(folio, page);
}

/**
 * t1x_pin_count_charge() - how many of these pages count against RLIMIT_MEMLOCK?
 * @page: first of pinned pages whose frames follow each other
 * @npages: number of pages
 *
 * Return: all but the reserved ones, which are not the user's memory.
 */
unsigned long t1x_pin_count_charge(struct page *page, unsigned long npages)
{
	unsigned long i, nr, ncharge = 0;

	for (i = 0; i < npages; i += nr) {
		nr = min(t1x_pin_folio_rest(page + i), npages - i);
		if (!PageReserved(page + i))
			ncharge += nr;
	}
	return ncharge;
}

static void t1x_pin_measure(struct t1x_pin *pin)
{
	unsigned int at, len;

	pin->ncharge = 0;
	pin->nr_runs = 0;
	for (at = 0; at < pin->nr_pins; at += len) {
		len = t1x_run_scan((unsigned long *)&pin->pages[at], pin->nr_pins - at,
				   sizeof(struct page));
		pin->ncharge += t1x_pin_count_charge(pin->pages[at], len);
		pin->run_len[pin->nr_runs++] = len;
	}
}

/*
 * Give back the pages at the end of a batch that are the beginning of a huge
 * page: it is to be pinned as one, and so to keep its leaf.
 */
static unsigned long t1x_pin_trim_hugetlb(struct t1x_pin *pin, unsigned long npages)
{
	struct page *last = pin->pages[npages - 1];
	struct folio *folio = page_folio(last);
	unsigned long head;

	if (!folio_test_hugetlb(folio))
		return npages;
	head = folio_page_idx(folio, last) + 1;
	if (head >= npages)
		return npages;

	unpin_user_pages(&pin->pages[npages - head], head);
	pin->hugetlb = true;
	return npages - head;
}

static int t1x_pin_batch_pages(struct t1x_pin *pin, unsigned long vaddr, unsigned long npages)
{
	unsigned long want = min_t(unsigned long, npages, pin->max_pins);
	long n = t1x_pin_gup(pin->mm, vaddr, want, pin->write, pin->pages);

	if (n <= 0)
		return n ?: -EFAULT;

	n = t1x_pin_trim_hugetlb(pin, n);
	pin->kind = T1X_RUN_PAGES;
	pin->nr_pins = n;
	pin->npages = n;
	t1x_pin_measure(pin);
	return 0;
}

/*
 * Pin huge page after huge page.  Ends at the first page that is none; if that
 * is the very first one it becomes a batch of its own.
 */
static int t1x_pin_batch_hugetlb(struct t1x_pin *pin, unsigned long vaddr, unsigned long npages)
{
	unsigned int nr = 0;
	long n = 0;

	pin->kind = T1X_RUN_HUGETLB;
	pin->npages = 0;
	while (pin->npages < npages && nr < pin->max_pins) {
		struct page **page = &pin->pages[nr];

		n = t1x_pin_gup(pin->mm, vaddr + (pin->npages << PAGE_SHIFT), 1, pin->write, page);
		if (n <= 0)
			break;
		if (!folio_test_hugetlb(page_folio(*page))) {
			pin->hugetlb = false;
			if (nr)
				unpin_user_page(*page);
			break;
		}
		pin->npages += min(t1x_pin_folio_rest(*page), npages - pin->npages);
		nr++;
	}
	pin->nr_pins = nr;
	pin->nr_runs = nr;
	pin->ncharge = pin->npages;
	if (nr)
		return 0;
	if (n <= 0)
		return n ?: -EFAULT;

	pin->kind = T1X_RUN_PAGES;
	pin->nr_pins = 1;
	pin->npages = 1;
	t1x_pin_measure(pin);
	return 0;
}

/* The frame behind @vaddr of a VM_PFNMAP area; mmap_lock is held for reading. */
static int t1x_pin_follow(struct vm_area_struct *vma, unsigned long vaddr, bool write, u64 *pfn)
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
static int t1x_pin_raw_pfn(struct mm_struct *mm, unsigned long vaddr, bool write, u64 *pfn)
{
	bool faulted = false;

	mmap_assert_locked(mm);
	for (;;) {
		struct vm_area_struct *vma = vma_lookup(mm, vaddr);
		bool unlocked = false;
		int ret;

		if (!vma || !(vma->vm_flags & VM_PFNMAP))
			return -EFAULT;
		ret = t1x_pin_follow(vma, vaddr, write, pfn);
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

static int t1x_pin_batch_raw(struct t1x_pin *pin, unsigned long vaddr, unsigned long npages)
{
	unsigned long max = t1x_disable_hugepages ? 1 : T1X_PIN_BATCH;
	struct mm_struct *mm = pin->mm;
	int ret = 0;

	pin->kind = T1X_RUN_RAW;
	pin->raw = (struct t1x_run){ .kind = T1X_RUN_RAW };
	pin->ncharge = 0;
	pin->nr_pins = 0;
	pin->nr_runs = 1;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vaddr = untagged_addr_remote(mm, vaddr);
	while (pin->raw.npages < min(npages, max)) {
		struct t1x_run next = { .npages = 1, .kind = T1X_RUN_RAW };

		ret = t1x_pin_raw_pfn(mm, vaddr + (pin->raw.npages << PAGE_SHIFT), pin->write,
				      &next.pfn);
		if (ret || !t1x_run_extend(&pin->raw, &next))
			break;
	}
	mmap_read_unlock(mm);

	pin->npages = pin->raw.npages;
	return pin->npages ? 0 : ret;
}

/**
 * t1x_pin_batch() - pin the next pages of a mapping
 * @pin: batch; empty or already taken over by a mapping
 * @vaddr: page-aligned user address of the next page
 * @npages: pages that are still to come, at least 1
 *
 * Fills @pin with 1 to @npages frames.  Sleeps, and faults user memory in.
 *
 * Return: 0; -EFAULT if there is no memory or not with the access wanted,
 * -EINTR if the task was killed, other errors as GUP has them.
 */
int t1x_pin_batch(struct t1x_pin *pin, unsigned long vaddr, unsigned long npages)
{
	int ret;

	if (fatal_signal_pending(current))
		return -EINTR;

	if (pin->hugetlb)
		ret = t1x_pin_batch_hugetlb(pin, vaddr, npages);
	else
		ret = t1x_pin_batch_pages(pin, vaddr, npages);
	if (ret == -EFAULT)
		ret = t1x_pin_batch_raw(pin, vaddr, npages);
	return ret;
}

/* Why has GUP no page there: a BAR or the like, or nothing? */
static int t1x_pin_explain_fault(struct mm_struct *mm, unsigned long vaddr)
{
	struct vm_area_struct *vma;
	bool raw;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, untagged_addr_remote(mm, vaddr));
	raw = vma && vma->vm_flags & VM_PFNMAP;
	mmap_read_unlock(mm);
	return raw ? -EINVAL : -EFAULT;
}

/**
 * t1x_pin_pages() - pin pages one by one, for an emulated device
 * @mm: whose memory; the caller keeps it alive
 * @vaddr: page-aligned user address
 * @pages: filled
 * @npages: number of pages
 * @write: pin for writing
 *
 * Sleeps, and faults user memory in.
 *
 * Return: 0 with a pin on each page; or with none -EFAULT if there is no memory
 * or not with the access wanted, -EINVAL if what there is has no struct page,
 * -EINTR if the task was killed, other errors as GUP has them.
 */
int t1x_pin_pages(struct mm_struct *mm, unsigned long vaddr, struct page **pages,
		  unsigned long npages, bool write)
{
	unsigned long done = 0;
	long n = 0;

	while (done < npages) {
		n = t1x_pin_gup(mm, vaddr + (done << PAGE_SHIFT), npages - done, write,
				pages + done);
		if (n <= 0)
			break;
		done += n;
	}
	if (done == npages)
		return 0;

	unpin_user_pages(pages, done);
	if (n && n != -EFAULT)
		return n;
	return t1x_pin_explain_fault(mm, vaddr + (done << PAGE_SHIFT));
}

/**
 * t1x_pin_drop() - undo t1x_pin_pages() before anybody has used the pages
 * @pages: pages
 * @npages: number of pages
 */
void t1x_pin_drop(struct page **pages, unsigned long npages)
{
	unpin_user_pages(pages, npages);
}

/**
 * t1x_pin_begin() - start a walk over the runs of a batch
 * @iter: position
 * @pin: batch
 */
void t1x_pin_begin(struct t1x_pin_iter *iter, const struct t1x_pin *pin)
{
	*iter = (struct t1x_pin_iter){ .left = pin->npages };
}

/**
 * t1x_pin_next() - one step of a walk over the runs of a batch
 * @iter: position
 * @pin: batch
 * @run: the next frames
 *
 * Return: false at the end.
 */
bool t1x_pin_next(struct t1x_pin_iter *iter, const struct t1x_pin *pin, struct t1x_run *run)
{
	struct page *page;

	if (!iter->left)
		return false;

	if (pin->kind == T1X_RUN_RAW) {
		*run = pin->raw;
		iter->left = 0;
		return true;
	}

	page = pin->pages[iter->page];
	run->kind = pin->kind;
	run->pfn = page_to_pfn(page);
	if (pin->kind == T1X_RUN_HUGETLB) {
		run->npages = min(t1x_pin_folio_rest(page), iter->left);
		iter->page++;
	} else {
		run->npages = pin->run_len[iter->run++];
		iter->page += run->npages;
	}
	iter->left -= run->npages;
	return true;
}

/**
 * t1x_pin_release() - unpin a batch that no mapping took over
 * @pin: batch
 */
void t1x_pin_release(const struct t1x_pin *pin)
{
	struct t1x_pin_iter iter;
	struct t1x_run run;

	t1x_pin_begin(&iter, pin);
	while (t1x_pin_next(&iter, pin, &run))
		t1x_pin_release_run(&run, false);
}

/**
 * t1x_pin_release_run() - unpin the frames of a run
 * @run: frames, no longer reachable by any device
 * @dirty: the device may have written to them
 */
void t1x_pin_release_run(const struct t1x_run *run, bool dirty)
{
	unsigned long i, nr;

	if (run->kind == T1X_RUN_RAW)
		return;

	for (i = 0; i < run->npages; i += nr) {
		struct page *page = pfn_to_page(run->pfn + i);

		if (run->kind == T1X_RUN_HUGETLB) {
			nr = t1x_pin_folio_rest(page);
			unpin_user_page_range_dirty_lock(page, 1, dirty);
		} else {
			nr = min(run->npages - i, T1X_PIN_RELEASE_SLICE);
			unpin_user_page_range_dirty_lock(page, nr, dirty);
		}
		cond_resched();
	}
}
