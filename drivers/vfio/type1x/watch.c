// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: what becomes of the memory of a process that was bound, and taking it back.
 *
 * A bond watches an mm from t1x_watch_begin() to t1x_watch_end(), by a notifier.  Of what
 * happens in the mm meanwhile only munmap(), mremap() and the OOM killer concern it: pages
 * are pinned, so that fork, KSM, compaction, MADV_DONTNEED and the like find them in use,
 * and take nothing away from a device that the process wanted it to keep.
 *
 * The notifier is in a list of the mm's that is walked under SRCU, so that a bond may
 * outlive the address space for a moment.  All it has of that is its id, and its
 * struct t1x_leases.
 *
 * To be put into that list is to wait for page faults under way in the mm, and it is for the
 * process to say when they end.  The kernel does so whatever signal comes, under a mutex that
 * all who want to know of any mm have in common.  So whoever binds waits before that, killably.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/workqueue.h>

#include <uapi/linux/vfio_type1x.h>

#include "private.h"
#include "sva.h"

struct workqueue_struct *t1x_watch_wq;
/* Whoever works there can be kept waiting by a process. */
static struct workqueue_struct *t1x_watch_sva_wq;

/* Devices do not reach it any more; emulated ones have to be asked to let go. */
static void t1x_watch_unpin_one(struct t1x_ioas *ioas, struct t1x_mapping *map, bool in_use)
{
	LIST_HEAD(maps);

	list_add(&map->link, &maps);
	/* What one does not let go of stays pinned until it does: an UNMAP says EBUSY. */
	if (in_use)
		t1x_notice_evict(ioas, &maps);
	t1x_backing_restore(ioas, &maps);
}

/**
 * t1x_watch_unpin() - unpin what was revoked, mapping by mapping
 * @ioas: address space
 * @bond: bond of it
 *
 * Leaves what others are just unpinning to them.
 */
void t1x_watch_unpin(struct t1x_ioas *ioas, struct t1x_bond *bond)
{
	struct t1x_mapping *map;
	bool in_use;

	do {
		mutex_lock(&ioas->lock);
		map = t1x_lease_claim(bond);
		if (map)
			in_use = t1x_mapping_is_in_use(map);
		mutex_unlock(&ioas->lock);
		if (map)
			t1x_watch_unpin_one(ioas, map, in_use);
	} while (map);
}

static void t1x_watch_unpin_work(struct work_struct *work)
{
	struct t1x_bond *bond = container_of(work, struct t1x_bond, work);
	struct t1x_ioas *ioas = t1x_cookie_borrow((void *)bond->ioas_id);

	/* Else it is unpinned with all the rest. */
	if (ioas) {
		t1x_watch_unpin(ioas, bond);
		t1x_ioas_put(ioas);
	}
	t1x_bond_put(bond);
}

static void t1x_watch_unshare_work(struct work_struct *work)
{
	struct t1x_bond *bond = container_of(work, struct t1x_bond, unshare);
	struct t1x_ioas *ioas = t1x_cookie_borrow((void *)bond->ioas_id);

	/* Else all groups have left, and have nothing any more. */
	if (ioas) {
		t1x_sva_unshare(ioas, bond);
		t1x_ioas_put(ioas);
	}
	complete_all(&bond->unshared);
	t1x_bond_put(bond);
}

/**
 * t1x_watch_unshare() - let a worker take the memory from devices that have it by a PASID
 * @bond: bond, of any mode
 *
 * Context: may sleep, but waits for nobody
 */
void t1x_watch_unshare(struct t1x_bond *bond)
{
	if (!bond->pasid)
		return;
	t1x_bond_get(bond);
	if (!queue_work(t1x_watch_sva_wq, &bond->unshare))
		t1x_bond_put(bond);
}

/**
 * t1x_watch_unshare_wait() - the same, and wait for it
 * @bond: bond, of any mode
 *
 * Return: 0, or -EINTR if killed: then it is done some time later.
 */
int t1x_watch_unshare_wait(struct t1x_bond *bond)
{
	if (!bond->pasid)
		return 0;
	t1x_watch_unshare(bond);
	return wait_for_completion_killable(&bond->unshared) ? -EINTR : 0;
}

static int t1x_watch_invalidate(struct mmu_notifier *notifier,
				const struct mmu_notifier_range *range)
{
	struct t1x_bond *bond = container_of(notifier, struct t1x_bond, notifier);
	unsigned int flags = T1X_REVOKE_TELL | T1X_REVOKE_QUEUE;

	/* Nothing else takes memory away from the process, see above. */
	if (range->event != MMU_NOTIFY_UNMAP || range->start >= range->end)
		return 0;
	if (!mmu_notifier_range_blockable(range))
		flags |= T1X_REVOKE_ATOMIC;
	if (!t1x_leases_lock_domains(bond->leases, !(flags & T1X_REVOKE_ATOMIC)))
		return -EAGAIN;
	t1x_lease_revoke(bond, range->start, range->end - 1, flags);
	mutex_unlock(&bond->leases->lock);
	return 0;
}

/* Nothing more is leased, and what was is taken back. */
static void t1x_watch_close(struct t1x_bond *bond, unsigned int flags)
{
	t1x_leases_lock_domains(bond->leases, true);
	bond->is_over = true;
	t1x_lease_revoke(bond, 0, ULONG_MAX, flags);
	mutex_unlock(&bond->leases->lock);
}

/* The mm is going away. */
static void t1x_watch_release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct t1x_bond *bond = container_of(notifier, struct t1x_bond, notifier);
	struct vfio_type1x_fault fault = {
		.source = VFIO_TYPE1X_FAULT_SOURCE_SVM,
		.reason = VFIO_TYPE1X_FAULT_REASON_BOND_ENDED,
		.bond = bond->id,
	};

	t1x_watch_close(bond, T1X_REVOKE_QUEUE);
	/* There is nothing behind the PASID now: the IOMMU driver hears of it as well. */
	t1x_watch_unshare(bond);
	/* A bond that was never made known has no id, and nobody cares. */
	if (fault.bond)
		t1x_fault_report(bond->ioas_id, &fault);
}

static void t1x_watch_free_notifier(struct mmu_notifier *notifier)
{
	t1x_bond_put(container_of(notifier, struct t1x_bond, notifier));
}

static const struct mmu_notifier_ops t1x_watch_ops = {
	.invalidate_range_start = t1x_watch_invalidate,
	.release = t1x_watch_release,
	.free_notifier = t1x_watch_free_notifier,
};

/**
 * t1x_watch_end() - the memory does not matter any more
 * @bond: bond that has begun, and is in no list; what is leased from it is taken back
 * @flags: without T1X_REVOKE_QUEUE it is for the caller to unpin it
 */
void t1x_watch_end(struct t1x_bond *bond, unsigned int flags)
{
	t1x_watch_close(bond, flags);
	mmu_notifier_put(&bond->notifier);
}

/* With the mmap_lock held for writing: there are no others until it is dropped. */
static int t1x_watch_await_faults(struct mm_struct *mm)
{
	struct vma_iterator vmi;
	struct vm_area_struct *vma;
	int ret = 0;

	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma) {
		ret = vma_start_write_killable(vma);
		if (ret)
			break;
	}
	return ret;
}

/**
 * t1x_watch_begin() - from now on a bond knows what becomes of the memory
 * @bond: bond that is new; on success the notifier has a reference, too
 * @mm: the memory, kept alive by the caller
 *
 * Waits, killably, for whoever has the mmap_lock, and for page faults under way.
 *
 * Return: 0; -ENOMEM; -EINTR if killed, or if there was a signal.
 */
int t1x_watch_begin(struct t1x_bond *bond, struct mm_struct *mm)
{
	int ret;

	bond->notifier.ops = &t1x_watch_ops;
	INIT_WORK(&bond->work, t1x_watch_unpin_work);
	INIT_WORK(&bond->unshare, t1x_watch_unshare_work);
	init_completion(&bond->unshared);

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	t1x_bond_get(bond);
	ret = t1x_watch_await_faults(mm) ?: __mmu_notifier_register(&bond->notifier, mm);
	mmap_write_unlock(mm);
	if (ret)
		t1x_bond_put(bond);
	return ret;
}

static void t1x_watch_free_queues(void)
{
	if (t1x_watch_sva_wq)
		destroy_workqueue(t1x_watch_sva_wq);
	if (t1x_watch_wq)
		destroy_workqueue(t1x_watch_wq);
}

/**
 * t1x_watch_init() - get ready to watch
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_watch_init(void)
{
	t1x_watch_wq = alloc_workqueue("t1x_watch", WQ_UNBOUND, 0);
	t1x_watch_sva_wq = alloc_workqueue("t1x_watch_sva", WQ_UNBOUND, 0);
	if (t1x_watch_wq && t1x_watch_sva_wq)
		return 0;
	t1x_watch_free_queues();
	return -ENOMEM;
}

/**
 * t1x_watch_exit() - let notifiers and workers return
 *
 * There is no bond any more.
 */
void t1x_watch_exit(void)
{
	mmu_notifier_synchronize();
	t1x_watch_free_queues();
}
