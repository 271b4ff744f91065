// SPDX-License-Identifier: GPL-2.0-only
/*
 * RLIMIT_MEMLOCK accounting.
 *
 * The type1 contract: every pinned page counts once per mapping, in
 * mm->locked_vm of the process that mapped it, and only CAP_IPC_LOCK (in the
 * initial user namespace, at the time of the MAP) lifts the limit.  Charges
 * outlive neither the mapping nor the mm: when the process is gone its
 * locked_vm is gone with it, and there is nothing to give back.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "private.h"

/* Uncharges that wait for the mmap_lock of another process. */
static struct workqueue_struct *t1x_refund_wq;
static atomic_t t1x_refunds;
static DECLARE_WAIT_QUEUE_HEAD(t1x_refunds_wq);

/**
 * t1x_payer_init_current() - make the calling process the payer
 * @payer: filled; undo with t1x_payer_put()
 *
 * Return: 0, or -ENODEV if the caller has no mm.
 */
int t1x_payer_init_current(struct t1x_payer *payer)
{
	if (!current->mm)
		return -ENODEV;

	payer->mm = current->mm;
	mmgrab(payer->mm);
	payer->lock_cap = capable(CAP_IPC_LOCK);
	return 0;
}

/**
 * t1x_payer_put() - forget a payer
 * @payer: nothing may be charged to it any more
 */
void t1x_payer_put(struct t1x_payer *payer)
{
	mmdrop(payer->mm);
}

static int t1x_payer_try_charge(const struct t1x_payer *payer, unsigned long npages)
{
	int ret;

	if (mmap_write_lock_killable(payer->mm))
		return -EINTR;
	ret = __account_locked_vm(payer->mm, npages, true, current, payer->lock_cap);
	mmap_write_unlock(payer->mm);
	return ret;
}

/**
 * t1x_payer_charge() - count pages as locked memory of the payer
 * @payer: current, who pays
 * @npages: 4K pages
 *
 * Takes mmap_lock for writing.
 *
 * Return: 0, -ENOMEM if the limit forbids it, -EINTR if the task was killed
 * while it waited.
 */
int t1x_payer_charge(const struct t1x_payer *payer, unsigned long npages)
{
	int ret;

	if (!npages)
		return 0;
	ret = t1x_payer_try_charge(payer, npages);
	if (ret != -ENOMEM || !atomic_read(&t1x_refunds))
		return ret;

	/* The payer may be about to get something back. */
	wait_event_killable_timeout(t1x_refunds_wq, !atomic_read(&t1x_refunds), HZ);
	return t1x_payer_try_charge(payer, npages);
}

static void t1x_payer_refund(const struct t1x_payer *payer, unsigned long npages)
{
	mmap_write_lock(payer->mm);
	__account_locked_vm(payer->mm, npages, false, current, payer->lock_cap);
	mmap_write_unlock(payer->mm);
}

/**
 * struct t1x_refund - an uncharge that had to wait
 * @work: does it
 * @payer: who gets it; with a reference to the memory of its mm
 * @npages: 4K pages
 */
struct t1x_refund {
	struct work_struct work;
	struct t1x_payer payer;
	unsigned long npages;
};

static void t1x_refund_work(struct work_struct *work)
{
	struct t1x_refund *refund = container_of(work, struct t1x_refund, work);

	t1x_payer_refund(&refund->payer, refund->npages);
	mmput(refund->payer.mm);
	t1x_payer_put(&refund->payer);
	kfree(refund);
	if (atomic_dec_and_test(&t1x_refunds))
		wake_up_all(&t1x_refunds_wq);
	module_put(THIS_MODULE);
}

/* Leave the waiting for mmap_lock to a worker; false if there is no memory. */
static bool t1x_refund_queue(const struct t1x_payer *payer, unsigned long npages)
{
	struct t1x_refund *refund = kmalloc(sizeof(*refund), GFP_KERNEL_ACCOUNT);

	if (!refund)
		return false;
	INIT_WORK(&refund->work, t1x_refund_work);
	refund->payer = *payer;
	refund->npages = npages;
	mmgrab(payer->mm);
	/* Unloading does not wait for it, but is refused. */
	__module_get(THIS_MODULE);
	atomic_inc(&t1x_refunds);
	queue_work(t1x_refund_wq, &refund->work);
	return true;
}

/**
 * t1x_payer_uncharge() - give back what t1x_payer_charge() took
 * @payer: who paid
 * @npages: 4K pages
 *
 * Takes mmap_lock for writing.  That of another process is not waited for but
 * left to a worker: that process may hold it for as long as a page fault lasts,
 * and this one wants to unmap, or to exit.  No lock of ours may be held.
 */
void t1x_payer_uncharge(const struct t1x_payer *payer, unsigned long npages)
{
	if (!npages)
		return;
	if (payer->mm == current->mm) {
		t1x_payer_refund(payer, npages);
		return;
	}

	/* What was charged to an mm without users is gone with it. */
	if (!mmget_not_zero(payer->mm) || t1x_refund_queue(payer, npages))
		return;
	t1x_payer_refund(payer, npages);
	mmput(payer->mm);
}

/**
 * t1x_account_init() - get ready to account
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_account_init(void)
{
	t1x_refund_wq = alloc_workqueue("t1x_refund", WQ_UNBOUND, 0);
	return t1x_refund_wq ? 0 : -ENOMEM;
}

/**
 * t1x_account_exit() - let the last refund return
 */
void t1x_account_exit(void)
{
	destroy_workqueue(t1x_refund_wq);
}
