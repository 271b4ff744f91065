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
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "private.h"

/* Refunds, mostly, that wait for an mmap_lock. */
static struct workqueue_struct *t1x_refund_wq;
static atomic_t t1x_refunds;
static DECLARE_WAIT_QUEUE_HEAD(t1x_refunds_wq);

static void t1x_payer_free(struct t1x_payer *payer)
{
	list_del(&payer->link);
	put_task_struct(payer->task);
	mmdrop(payer->mm);
	kfree(payer);
}

static struct t1x_payer *t1x_payer_alloc(struct t1x_ioas *ioas, struct mm_struct *mm,
					 struct task_struct *task, bool lock_cap)
{
	struct t1x_payer *payer = kmalloc(sizeof(*payer), GFP_KERNEL_ACCOUNT);

	if (!payer)
		return NULL;
	payer->ioas = ioas;
	payer->mm = mm;
	mmgrab(payer->mm);
	payer->task = get_task_struct(task);
	payer->lock_cap = lock_cap;
	payer->nr_uses = 0;
	list_add(&payer->link, &ioas->payers);
	return payer;
}

/* May this process lock as much memory as it likes? */
static bool t1x_payer_has_cap(struct task_struct *task)
{
	if (task == current->group_leader)
		return capable(CAP_IPC_LOCK);
	return has_capability_noaudit(task, CAP_IPC_LOCK);
}

/**
 * t1x_payer_get() - let a process pay
 * @ioas: address space, lock held
 * @mm: memory of the process, or NULL
 * @task: its leader
 *
 * Return: payer, for one mapping; or ERR_PTR() of -ENODEV if there is no @mm, or of
 * -ENOMEM.
 */
struct t1x_payer *t1x_payer_get(struct t1x_ioas *ioas, struct mm_struct *mm,
				struct task_struct *task)
{
	bool lock_cap = t1x_payer_has_cap(task);
	struct t1x_payer *payer;

	lockdep_assert_held(&ioas->lock);

	if (!mm)
		return ERR_PTR(-ENODEV);
	list_for_each_entry(payer, &ioas->payers, link)
		if (payer->mm == mm && payer->task == task && payer->lock_cap == lock_cap)
			goto out;
	payer = t1x_payer_alloc(ioas, mm, task, lock_cap);
	if (!payer)
		return ERR_PTR(-ENOMEM);
out:
	if (!payer->nr_uses++ && payer == ioas->spare_payer)
		ioas->spare_payer = NULL;
	return payer;
}

/**
 * t1x_payer_rest() - the last mapping of a payer is gone
 * @ioas: address space, lock held
 * @payer: kept until another one comes to rest: it is likely to map again
 */
void t1x_payer_rest(struct t1x_ioas *ioas, struct t1x_payer *payer)
{
	t1x_payer_forget(ioas);
	ioas->spare_payer = payer;
}

/**
 * t1x_payer_forget() - free the payer that pays for nothing
 * @ioas: address space, lock held
 */
void t1x_payer_forget(struct t1x_ioas *ioas)
{
	lockdep_assert_held(&ioas->lock);

	if (ioas->spare_payer)
		t1x_payer_free(ioas->spare_payer);
	ioas->spare_payer = NULL;
}

/* Keep count of what the address space is charged for in all. */
static void t1x_payer_note(const struct t1x_payer *payer, long npages)
{
	atomic_long_add(npages, &payer->ioas->stats.locked_npages);
}

static int t1x_payer_try_charge(const struct t1x_payer *payer, unsigned long npages)
{
	int ret;

	if (mmap_write_lock_killable(payer->mm))
		return -EINTR;
	ret = __account_locked_vm(payer->mm, npages, true, payer->task, payer->lock_cap);
	mmap_write_unlock(payer->mm);
	if (!ret)
		t1x_payer_note(payer, npages);
	return ret;
}

/**
 * t1x_payer_charge() - count pages as locked memory of the payer
 * @payer: who pays; its mm is alive
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

/* Change what is charged, whatever the limit. */
static void t1x_payer_wait_and_apply(const struct t1x_payer *payer, long npages)
{
	mmap_write_lock(payer->mm);
	__account_locked_vm(payer->mm, abs(npages), npages > 0, payer->task, true);
	mmap_write_unlock(payer->mm);
}

/**
 * struct t1x_refund - a change of what is charged that had to wait
 * @work: does it
 * @payer: copy of the payer, which need not live as long; with a reference to
 *	   the task and to the memory of the mm
 * @npages: 4K pages, mostly less than 0
 */
struct t1x_refund {
	struct work_struct work;
	struct t1x_payer payer;
	long npages;
};

static void t1x_refund_work(struct work_struct *work)
{
	struct t1x_refund *refund = container_of(work, struct t1x_refund, work);

	t1x_payer_wait_and_apply(&refund->payer, refund->npages);
	mmput(refund->payer.mm);
	put_task_struct(refund->payer.task);
	kfree(refund);
	if (atomic_dec_and_test(&t1x_refunds))
		wake_up_all(&t1x_refunds_wq);
	module_put(THIS_MODULE);
}

/* Leave the waiting for mmap_lock to a worker; false if there is no memory. */
static bool t1x_refund_queue(const struct t1x_payer *payer, long npages)
{
	struct t1x_refund *refund = kmalloc(sizeof(*refund), GFP_KERNEL_ACCOUNT);

	if (!refund)
		return false;
	INIT_WORK(&refund->work, t1x_refund_work);
	refund->payer = *payer;
	refund->npages = npages;
	get_task_struct(payer->task);
	/* Unloading does not wait for it, but is refused. */
	__module_get(THIS_MODULE);
	atomic_inc(&t1x_refunds);
	queue_work(t1x_refund_wq, &refund->work);
	return true;
}

/**
 * t1x_payer_adjust() - change what is charged, beyond any limit, without waiting
 * @payer: who pays
 * @npages: 4K pages, less than 0 to give back
 *
 * For those who may not fail, or hold locks of vfio core or of a driver.  It is
 * done a little later, by a worker.
 */
void t1x_payer_adjust(const struct t1x_payer *payer, long npages)
{
	t1x_payer_note(payer, npages);
	/* What was charged to an mm without users is gone with it. */
	if (!npages || !mmget_not_zero(payer->mm) || t1x_refund_queue(payer, npages))
		return;
	t1x_payer_wait_and_apply(payer, npages);
	mmput(payer->mm);
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
	if (payer->mm != current->mm) {
		t1x_payer_adjust(payer, -npages);
		return;
	}
	t1x_payer_note(payer, -npages);
	t1x_payer_wait_and_apply(payer, -npages);
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
