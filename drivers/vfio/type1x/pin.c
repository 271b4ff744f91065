// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinning user pages, the only place that calls GUP.
 *
 * Nothing here may be called with a lock held: a fault can take for ever.  It
 * never outlasts a SIGKILL, though.
 */
#include <linux/hugetlb.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "pin.h"

/* Frames unpinned in one go before others may run. */
#define T1X_PIN_RELEASE_SLICE	(1UL << 16)

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
				   unsigned long npages, unsigned int flags,
				   struct page **pages)
{
	const bool write = flags & T1X_PIN_WRITE;
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
	if (mm == current->mm && !(flags & T1X_PIN_BY_AREA))
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

/**
 * t1x_pin_gup() - pin pages one by one, or only the first of them
 * @mm: whose memory; the caller keeps it alive
 * @vaddr: page-aligned user address
 * @npages: number of pages, at least 1
 * @flags: T1X_PIN_*
 * @pages: filled
 *
 * Sleeps, and faults user memory in.
 *
 * Return: how many got a pin; or 0 or -EFAULT if there is no memory or not with the
 * access wanted, -EINTR if the task was killed, other errors as GUP has them.
 */
long t1x_pin_gup(struct mm_struct *mm, unsigned long vaddr, unsigned long npages,
		 unsigned int flags, struct page **pages)
{
	const unsigned int gup = FOLL_LONGTERM | (flags & T1X_PIN_WRITE ? FOLL_WRITE : 0);
	long n;

	if (!gup_longterm_faults_killably())
		return t1x_pin_gup_prefaulted(mm, vaddr, npages, flags, pages);
	/* The fast way looks at page tables only, where what goes is a little longer. */
	if (mm != current->mm || flags & T1X_PIN_BY_AREA)
		return t1x_pin_gup_remote(mm, vaddr, npages, gup, pages);

	n = pin_user_pages_fast(vaddr, npages, gup, pages);
	/* The last page of the 64-bit space: just another bad address. */
	return n == -EOVERFLOW ? -EFAULT : n;
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
		n = t1x_pin_gup(mm, vaddr + (done << PAGE_SHIFT), npages - done,
				write ? T1X_PIN_WRITE : 0, pages + done);
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
 * t1x_pin_drop() - unpin pages that nobody has used yet
 * @pages: pages
 * @npages: number of pages
 */
void t1x_pin_drop(struct page **pages, unsigned long npages)
{
	unpin_user_pages(pages, npages);
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
