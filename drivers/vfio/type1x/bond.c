// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds: an address space may have memory of a process, as long as that has it itself.
 *
 * A bond is to an mm.  It ends when that is gone, when the program says so, when the device
 * by which it was made is closed, or with the address space; with it, everything that is
 * leased from it (lease.c).  What becomes of the memory meanwhile is seen by watch.c.
 *
 * In mode PASID the devices have the memory from the kernel (sva.c), and the process may
 * do with it what it likes.  What they can lose is all of it, when the bond ends.  It may
 * be mapped as well.
 */
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "cred.h"
#include "private.h"
#include "sva.h"

/* Make a bond that watches the memory; a reference is the caller's. */
static struct t1x_bond *t1x_bond_alloc(struct t1x_ioas *ioas, struct device *dev,
				       const struct t1x_subject *subject)
{
	struct t1x_bond *bond = kzalloc(sizeof(*bond), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!bond)
		return ERR_PTR(-ENOMEM);
	refcount_set(&bond->users, 1);
	bond->ioas_id = ioas->stats.id;
	bond->task = get_task_struct(subject->task);
	bond->dev = dev;
	bond->leases = ioas->leases;
	t1x_leases_get(bond->leases);
	bond->tree = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&bond->revoked);

	ret = t1x_watch_begin(bond, subject->mm);
	if (!ret)
		return bond;
	t1x_bond_put(bond);
	return ERR_PTR(ret);
}

/**
 * t1x_bond_find() - find a bond
 * @ioas: address space, lock held
 * @id: what the program calls it
 *
 * Return: bond, or NULL.
 */
struct t1x_bond *t1x_bond_find(struct t1x_ioas *ioas, u32 id)
{
	struct t1x_bond *bond;

	lockdep_assert_held(&ioas->lock);

	list_for_each_entry(bond, &ioas->bonds, link)
		if (bond->id == id)
			return bond;
	return NULL;
}

/* Once it is in the list anybody may end it, and it is not the caller's any more. */
static int t1x_bond_list(struct t1x_ioas *ioas, struct t1x_bond *bond, u32 *id)
{
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	if (ioas->stats.nr_bonds == T1X_BOND_MAX) {
		ret = -ENOSPC;
	} else {
		do
			bond->id = ++ioas->last_bond;
		while (!bond->id || t1x_bond_find(ioas, bond->id));
		*id = bond->id;
		list_add_tail(&bond->link, &ioas->bonds);
		WRITE_ONCE(ioas->stats.nr_bonds, ioas->stats.nr_bonds + 1);
	}
	mutex_unlock(&ioas->lock);
	return ret;
}

/* Choose the mode, and let devices have the memory if it is PASID. */
static int t1x_bond_share(struct t1x_ioas *ioas, struct t1x_bond *bond, struct device *dev,
			  struct vfio_type1x_svm_bind *bind)
{
	int ret = 0;

	if (!(bind->flags & VFIO_SVM_WANT_PINNED))
		ret = t1x_sva_share(ioas, bond, dev);
	/* He who does not insist gets what is to be had. */
	if (!(bind->flags & VFIO_SVM_WANT_PASID) && (ret == -EOPNOTSUPP || ret == -EBUSY))
		ret = 0;
	bind->mode = bond->pasid ? VFIO_SVM_MODE_PASID : VFIO_SVM_MODE_PINNED;
	bind->pasid = bond->pasid;
	return ret;
}

/* With the list's reference; without T1X_REVOKE_QUEUE it is for the caller to unpin pages. */
static void t1x_bond_retire(struct t1x_bond *bond, unsigned int flags)
{
	t1x_watch_end(bond, flags);
	t1x_bond_put(bond);
}

/**
 * t1x_bond_make() - bind a process
 * @ioas: address space
 * @dev: device of it that stays open until this returns, or NULL: the bond is to end when
 *	 that is closed, and is to that one only in mode PASID
 * @subject: process, of which the caller may have the memory
 * @bind: modes that the caller wants; on success it says what the bond is called, and by
 *	  which mode and PASID it is used
 *
 * Waits for the mmap_lock of the process, and for page faults under way in it, killably.
 *
 * Return: 0; -ENOSPC if there are too many, -ENOMEM, -EINTR if killed, -EINVAL if the
 * address space is dying; if mode PASID is wanted also as t1x_sva_share().
 */
int t1x_bond_make(struct t1x_ioas *ioas, struct device *dev, const struct t1x_subject *subject,
		  struct vfio_type1x_svm_bind *bind)
{
	const pid_t pid = task_tgid_nr(subject->task);
	struct t1x_bond *bond;
	int ret;

	bond = t1x_bond_alloc(ioas, dev, subject);
	if (IS_ERR(bond)) {
		ret = PTR_ERR(bond);
	} else {
		ret = t1x_bond_share(ioas, bond, dev, bind);
		ret = ret ?: t1x_bond_list(ioas, bond, &bind->bond);
		if (ret) {
			t1x_watch_unshare_wait(bond);
			t1x_bond_retire(bond, 0);
		}
	}
	trace_t1x_bond(ioas->stats.id, ret ? 0 : bind->bond, pid, ret);
	return ret;
}

/* With t1x_ioas.lock held, which is dropped. */
static int t1x_bond_end_locked(struct t1x_ioas *ioas, u32 id)
{
	struct t1x_bond *bond = t1x_bond_find(ioas, id);
	int ret = -ENOENT;

	if (bond) {
		list_del(&bond->link);
		WRITE_ONCE(ioas->stats.nr_bonds, ioas->stats.nr_bonds - 1);
	}
	mutex_unlock(&ioas->lock);
	if (bond) {
		t1x_bond_get(bond);
		t1x_bond_retire(bond, 0);
		t1x_watch_unpin(ioas, bond);
		ret = t1x_watch_unshare_wait(bond);
		t1x_bond_put(bond);
	}
	trace_t1x_unbond(ioas->stats.id, id, ret);
	return ret;
}

/**
 * t1x_bond_end() - end a bond
 * @ioas: address space
 * @id: what the program calls it
 *
 * Devices no longer reach the memory when this returns.  It is also unpinned, unless
 * somebody else is at it, or an emulated device does not let go.  In mode PASID that waits,
 * killably, for user memory of the process; then the bond has ended, and devices no longer
 * reach the memory some time later.
 *
 * Return: 0, -ENOENT if there is none, -EINTR if killed, -EINVAL if the address space is
 * dying.
 */
int t1x_bond_end(struct t1x_ioas *ioas, u32 id)
{
	int ret = t1x_ioas_lock(ioas);

	return ret ?: t1x_bond_end_locked(ioas, id);
}

/**
 * t1x_bond_undo() - end a bond that nobody has been told of
 * @ioas: address space
 * @id: what it would have been called
 *
 * As t1x_bond_end(), but it has ended also if the caller is being killed.
 */
void t1x_bond_undo(struct t1x_ioas *ioas, u32 id)
{
	mutex_lock(&ioas->lock);
	t1x_bond_end_locked(ioas, id);
}

static void t1x_bond_retire_list(struct list_head *bonds, unsigned int flags)
{
	struct t1x_bond *bond, *next;

	list_for_each_entry_safe(bond, next, bonds, link) {
		trace_t1x_unbond(bond->ioas_id, bond->id, 0);
		t1x_watch_unshare(bond);
		t1x_bond_retire(bond, flags);
	}
}

/**
 * t1x_bond_end_device() - end the bonds that were made by a device
 * @ioas: address space
 * @dev: device that is being closed, so that there will be no more
 *
 * Waits for nobody's memory, nor for drivers: devices no longer reach what was mapped when
 * this returns.  It is unpinned a little later, and PASIDs are taken back then.
 */
void t1x_bond_end_device(struct t1x_ioas *ioas, const struct device *dev)
{
	struct t1x_bond *bond, *next;
	LIST_HEAD(bonds);

	mutex_lock(&ioas->lock);
	list_for_each_entry_safe(bond, next, &ioas->bonds, link) {
		if (bond->dev != dev)
			continue;
		list_move_tail(&bond->link, &bonds);
		WRITE_ONCE(ioas->stats.nr_bonds, ioas->stats.nr_bonds - 1);
	}
	mutex_unlock(&ioas->lock);
	t1x_bond_retire_list(&bonds, T1X_REVOKE_QUEUE);
}

/**
 * t1x_bond_end_all() - end all bonds of an address space
 * @ioas: address space that is dying, so that there will be no more
 *
 * Waits for nobody's memory.  Pages are unpinned with the address space; what devices had
 * by a PASID they have lost with their groups.
 */
void t1x_bond_end_all(struct t1x_ioas *ioas)
{
	LIST_HEAD(bonds);

	mutex_lock(&ioas->lock);
	list_splice_init(&ioas->bonds, &bonds);
	WRITE_ONCE(ioas->stats.nr_bonds, 0);
	mutex_unlock(&ioas->lock);
	t1x_bond_retire_list(&bonds, 0);
}

/**
 * t1x_bond_init() - get ready to bind
 *
 * Return: 0 or an errno.
 */
int t1x_bond_init(void)
{
	int ret = t1x_cred_init();

	if (ret)
		return ret;
	ret = t1x_watch_init();
	if (ret)
		t1x_cred_exit();
	return ret;
}

/**
 * t1x_bond_exit() - undo it
 *
 * There is no address space any more, and so all bonds have ended.
 */
void t1x_bond_exit(void)
{
	t1x_watch_exit();
	t1x_cred_exit();
}
