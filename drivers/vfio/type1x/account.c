// SPDX-License-Identifier: GPL-2.0-only
/*
 * RLIMIT_MEMLOCK accounting.
 *
 * The type1 contract: every pinned page counts once per container in
 * mm->locked_vm of the process that mapped it, and only CAP_IPC_LOCK (in the
 * initial user namespace, at the time of the MAP) lifts the limit.  Charges
 * outlive neither the mapping nor the mm: when the process is gone its
 * locked_vm is gone with it, and there is nothing to give back.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "private.h"

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

	payer->task = get_task_struct(current->group_leader);
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
	put_task_struct(payer->task);
}

/**
 * t1x_payer_charge() - count pages as locked memory of the payer
 * @payer: who pays; its mm must be alive, as current's is
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
	if (mmap_write_lock_killable(payer->mm))
		return -EINTR;
	ret = __account_locked_vm(payer->mm, npages, true, payer->task, payer->lock_cap);
	mmap_write_unlock(payer->mm);
	return ret;
}

/**
 * t1x_payer_uncharge() - give back what t1x_payer_charge() took
 * @payer: who paid
 * @npages: 4K pages
 *
 * Takes mmap_lock for writing, if the mm still has users; may be the last of
 * them, so that no lock of ours may be held.
 */
void t1x_payer_uncharge(const struct t1x_payer *payer, unsigned long npages)
{
	bool own = payer->mm == current->mm;

	if (!npages || (!own && !mmget_not_zero(payer->mm)))
		return;
	mmap_write_lock(payer->mm);
	__account_locked_vm(payer->mm, npages, false, payer->task, payer->lock_cap);
	mmap_write_unlock(payer->mm);
	if (!own)
		mmput(payer->mm);
}
