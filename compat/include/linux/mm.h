/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_MM_H
#define COMPAT_LINUX_MM_H

#include_next <linux/mm.h>

#include <linux/pgtable.h>
#include <compat_config.h>

#ifndef COMPAT_HAVE_PIN_USER_PAGES_REMOTE_NO_VMAS
static inline long compat_pin_user_pages_remote(struct mm_struct *mm, unsigned long start,
						unsigned long nr_pages, unsigned int gup_flags,
						struct page **pages, int *locked)
{
	return pin_user_pages_remote(mm, start, nr_pages, gup_flags, pages, NULL, locked);
}

#define pin_user_pages_remote	compat_pin_user_pages_remote
#endif

/**
 * gup_longterm_faults_killably() - can a FOLL_LONGTERM pin drop the mmap lock?
 *
 * Where it can, the slow path of a long-term pin waits for a page in a way that
 * a fatal signal ends, and userfaultfd can serve it. Where it cannot, FOLL_LONGTERM
 * together with a @locked pointer is refused with a warning, and the caller has
 * to fault the pages in (fixup_user_fault()) before it pins them.
 *
 * Return: a constant, so that the other branch costs nothing.
 */
#ifdef COMPAT_HAVE_GUP_LONGTERM_UNLOCKABLE
static inline bool gup_longterm_faults_killably(void)
{
	return true;
}
#else
static inline bool gup_longterm_faults_killably(void)
{
	return false;
}
#endif

#ifndef COMPAT_HAVE_VM_FLAGS_SET
/* Those who change flags there hold the mmap lock, which nothing checks yet. */
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#ifndef COMPAT_HAVE_VMA_START_WRITE_KILLABLE
/*
 * With the mmap lock held for writing, wait for page faults under way; there are no others
 * until it is dropped. Without locks of single VMAs there are none then.
 */
static inline int vma_start_write_killable(struct vm_area_struct *vma)
{
#ifdef COMPAT_HAVE_VMA_LOCK_RWSEM
	unsigned int mm_seq;

	if (__is_vma_write_locked(vma, &mm_seq))
		return 0;
	if (down_write_killable(&vma->vm_lock->lock))
		return -EINTR;
	/* Who comes now looks at that, without the lock and again with it, and goes away. */
	WRITE_ONCE(vma->vm_lock_seq, mm_seq);
	up_write(&vma->vm_lock->lock);
#endif
	return 0;
}
#endif

#ifndef COMPAT_HAVE_PIN_USER_PAGES_FAST_ONLY
/*
 * Only code for kernels that pin without the ability to wait needs it, and
 * those have it; here it just lets that code compile.
 */
static inline int pin_user_pages_fast_only(unsigned long start, int nr_pages,
					   unsigned int gup_flags, struct page **pages)
{
	return -EOPNOTSUPP;
}
#endif

/*
 * Which task an mm belongs to is known where memory cgroups are. mm_owner_rcu() may then
 * be NULL, for one that only the kernel uses; mm_has_owner() is a guess elsewhere.
 */
#ifdef CONFIG_MEMCG
static inline struct task_struct *mm_owner_rcu(const struct mm_struct *mm)
{
	return rcu_dereference(mm->owner);
}

static inline bool mm_has_owner(const struct mm_struct *mm)
{
	return rcu_access_pointer(mm->owner);
}
#else
static inline struct task_struct *mm_owner_rcu(const struct mm_struct *mm)
{
	return NULL;
}

static inline bool mm_has_owner(const struct mm_struct *mm)
{
	return true;
}
#endif

#ifndef COMPAT_HAVE_FOLLOW_PFNMAP
/*
 * Only what can be had of a 4K entry: a huge PFNMAP entry is not found, as it
 * is not by any other user of follow_pte() on such a kernel.
 */
struct follow_pfnmap_args {
	struct vm_area_struct *vma;
	unsigned long address;

	spinlock_t *lock;	/* of the page table, held until follow_pfnmap_end() */
	pte_t *ptep;

	unsigned long pfn;
	pgprot_t pgprot;
	bool writable;
	bool special;
};

static inline int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	struct vm_area_struct *vma = args->vma;
	pte_t pte;
	int ret;

	if (args->address < vma->vm_start || args->address >= vma->vm_end ||
	    !(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return -EINVAL;

	ret = follow_pte(vma->vm_mm, args->address, &args->ptep, &args->lock);
	if (ret)
		return ret;

	pte = ptep_get(args->ptep);
	args->pfn = pte_pfn(pte);
	args->pgprot = pte_pgprot(pte);
	args->writable = pte_write(pte);
	args->special = pte_special(pte);
	return 0;
}

static inline void follow_pfnmap_end(struct follow_pfnmap_args *args)
{
	/* follow_pte() took it, which sparse cannot see from its prototype. */
	__acquire(args->lock);
	pte_unmap_unlock(args->ptep, args->lock);
}
#endif

#endif
