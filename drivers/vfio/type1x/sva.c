// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds in mode PASID: the address space of a process as the kernel itself shares it
 * with devices, by an IOMMU that walks the process's own page tables.  Nothing is
 * pinned, mapped or accounted; what the device lacks, the kernel faults in.
 *
 * To end that is to wait for page requests of the device, and so for memory of the
 * process, as long as that likes; the kernel has no other way.  So it is not done under
 * a lock that MAP or a notifier needs, but under one of its own, and by a worker where
 * nobody has to wait (watch.c).  Only a group that leaves has to: the IOMMU core takes one
 * that has a PASID back with a warning, and lets nobody else have it.  No SIGKILL ends
 * that, which is why an administrator has to allow it.
 *
 * Kernels where all this is not safe refuse it, see compat/.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/slab.h>

#include "private.h"
#include "sva.h"

/**
 * struct t1x_sva - an address space that a device has
 * @next: in t1x_ioas.svas
 * @group: the device's, in the container
 * @dev: the only device in it
 * @bond: for which it was bound
 * @handle: of the IOMMU core, NULL before it is bound
 */
struct t1x_sva {
	struct list_head next;
	struct iommu_group *group;
	struct device *dev;
	struct t1x_bond *bond;
	struct iommu_sva *handle;
};

/*
 * Not the lock of a group: whoever waits for a process to end what one of its devices has
 * holds it.  One of several devices could be unplugged with a PASID.
 */
static int t1x_sva_add_group(struct list_head *svas, const struct t1x_group *group)
{
	struct t1x_sva *sva;

	/* The first PASID means none. */
	if (!group->only || iommu_sva_nr_pasids(group->only) <= 1)
		return -EOPNOTSUPP;
	sva = kzalloc(sizeof(*sva), GFP_KERNEL_ACCOUNT);
	if (!sva)
		return -ENOMEM;
	sva->group = group->group;
	sva->dev = group->only;
	list_add_tail(&sva->next, svas);
	return 0;
}

/* What is to be bound; it need not be, and is freed in any case. */
static int t1x_sva_collect(struct t1x_ioas *ioas, const struct device *wanted,
			   struct list_head *svas)
{
	const struct t1x_domain *domain;
	const struct t1x_group *group;
	int ret = 0;

	if (!READ_ONCE(t1x_allow_pasid))
		return -EOPNOTSUPP;
	down_read(&ioas->domains_rwsem);
	/* These have no IOMMU that could. */
	if (!wanted && !list_empty(&ioas->emulated))
		ret = -EOPNOTSUPP;
	list_for_each_entry(domain, &ioas->domains, next)
		list_for_each_entry(group, &domain->groups, next)
			if (!ret && (!wanted || group->only == wanted))
				ret = t1x_sva_add_group(svas, group);
	up_read(&ioas->domains_rwsem);
	return ret ?: list_empty(svas) ? -EOPNOTSUPP : 0;
}

static int t1x_sva_bind(struct t1x_sva *sva, struct t1x_bond *bond)
{
	/* Asks nobody whether that is allowed, for any mm: cred.c has asked. */
	struct iommu_sva *handle = iommu_sva_bind_device(sva->dev, bond->notifier.mm);
	int ret;

	if (IS_ERR(handle)) {
		ret = PTR_ERR(handle);
		/* There are many reasons why it is not to be had, and some look like others. */
		return ret == -ENOMEM || ret == -EBUSY || ret == -EINTR ? ret : -EOPNOTSUPP;
	}
	sva->handle = handle;
	t1x_bond_get(bond);
	sva->bond = bond;
	/* It belongs to the mm, so that it is the same for all devices. */
	bond->pasid = iommu_sva_get_pasid(handle);
	return 0;
}

static void t1x_sva_end(struct t1x_sva *sva)
{
	list_del(&sva->next);
	if (sva->handle) {
		iommu_sva_unbind_device(sva->handle);
		t1x_bond_put(sva->bond);
	}
	kfree(sva);
}

static void t1x_sva_end_all(struct list_head *svas)
{
	struct t1x_sva *sva, *next;

	list_for_each_entry_safe_reverse(sva, next, svas, next)
		t1x_sva_end(sva);
}

/**
 * t1x_sva_check() - could all devices be bound to address spaces?
 * @ioas: address space
 * @dev: the only one that is meant, or NULL
 *
 * The kernel's own function is not called.
 *
 * Return: 0; -EOPNOTSUPP if they could not, -ENOMEM.
 */
int t1x_sva_check(struct t1x_ioas *ioas, struct device *dev)
{
	LIST_HEAD(svas);
	int ret = t1x_sva_collect(ioas, dev, &svas);

	t1x_sva_end_all(&svas);
	return ret;
}

/**
 * t1x_sva_share() - let devices have the memory of a process by a PASID
 * @ioas: address space
 * @bond: bond that nobody else knows of, whose process is kept alive; on success it has
 *	  a PASID
 * @dev: the only device that is meant, or NULL for all that are there now
 *
 * All devices or none.  Waits, killably, for others who do or undo the same.
 *
 * Context: No mmap_lock may be held.
 *
 * Return: 0; -EOPNOTSUPP if the kernel or some device cannot, or has no PASID left;
 * -EBUSY if a device is being reset, or the process has tagged pointers; -ENOMEM, -EINTR.
 */
int t1x_sva_share(struct t1x_ioas *ioas, struct t1x_bond *bond, struct device *dev)
{
	struct t1x_sva *sva;
	LIST_HEAD(svas);
	int ret;

	if (mutex_lock_killable(&ioas->sva_mutex))
		return -EINTR;
	ret = t1x_sva_collect(ioas, dev, &svas);
	list_for_each_entry(sva, &svas, next)
		ret = ret ?: t1x_sva_bind(sva, bond);
	if (ret) {
		t1x_sva_end_all(&svas);
		bond->pasid = 0;
	}
	list_splice_tail(&svas, &ioas->svas);
	mutex_unlock(&ioas->sva_mutex);
	return ret;
}

/**
 * t1x_sva_unshare() - take the memory of a process from devices again
 * @ioas: address space
 * @bond: bond that was shared, or was not
 *
 * Waits for user memory of the process, and cannot be killed.
 */
void t1x_sva_unshare(struct t1x_ioas *ioas, const struct t1x_bond *bond)
{
	struct t1x_sva *sva, *next;

	mutex_lock(&ioas->sva_mutex);
	list_for_each_entry_safe(sva, next, &ioas->svas, next)
		if (sva->bond == bond)
			t1x_sva_end(sva);
	mutex_unlock(&ioas->sva_mutex);
}

/**
 * t1x_sva_leave() - a group is about to leave
 * @ioas: address space; sva_mutex is held until the group has left
 * @group: group; bonds that it had a part in remain, for other groups
 *
 * Waits as t1x_sva_unshare().
 */
void t1x_sva_leave(struct t1x_ioas *ioas, const struct iommu_group *group)
{
	struct t1x_sva *sva, *next;

	lockdep_assert_held(&ioas->sva_mutex);

	list_for_each_entry_safe(sva, next, &ioas->svas, next)
		if (sva->group == group)
			t1x_sva_end(sva);
}
