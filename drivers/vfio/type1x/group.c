// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: devices join and leave an address space.
 *
 * A group that joins gets a domain of its own first, because only an attached
 * domain tells what the IOMMU can do for these devices.  If another domain
 * turns out to serve as well the group moves there, otherwise the new domain
 * learns all mappings and stays.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "private.h"

static struct t1x_group *t1x_group_find(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
					struct t1x_domain **owner)
{
	struct t1x_domain *domain;
	struct t1x_group *group;

	list_for_each_entry(domain, &ioas->domains, next) {
		list_for_each_entry(group, &domain->groups, next) {
			if (group->group == iommu_group) {
				*owner = domain;
				return group;
			}
		}
	}
	return NULL;
}

/* Page sizes that all domains have; what the CPU cannot pin is of no use. */
static unsigned long t1x_group_pgsizes(struct t1x_ioas *ioas)
{
	unsigned long bitmap = ULONG_MAX;
	struct t1x_domain *domain;

	list_for_each_entry(domain, &ioas->domains, next)
		bitmap &= domain->domain->pgsize_bitmap;

	/* Smaller IOMMU pages can make up one of ours. */
	if (bitmap & ~PAGE_MASK)
		bitmap = (bitmap & PAGE_MASK) | PAGE_SIZE;
	return bitmap;
}

/* Replace the windows; both locks are held, so that nobody maps by the old. */
static void t1x_group_set_windows(struct t1x_ioas *ioas, struct t1x_span_set *windows)
{
	lockdep_assert_held(&ioas->lock);

	swap(ioas->windows, *windows);
	WRITE_ONCE(ioas->pgsize_bitmap, t1x_group_pgsizes(ioas));
}

/* Is everything that is mapped still allowed?  -EAGAIN: ask when it settled. */
static int t1x_group_check_mappings(struct t1x_ioas *ioas, const struct t1x_span_set *windows)
{
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;

	if (ioas->nr_vaddr_invalid)
		return -EBUSY;
	if (!windows->nr)
		return -EINVAL;
	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		struct t1x_span span = t1x_mapping_span(map);

		if (t1x_span_set_covers(windows, &span))
			continue;
		return map->state == T1X_MAPPING_READY ? -EINVAL : -EAGAIN;
	}
	return 0;
}

/* Move the group of a new domain to one that is listed, where that works. */
static bool t1x_group_share_domain(struct t1x_ioas *ioas, struct t1x_domain *fresh,
				   struct t1x_group *group)
{
	struct t1x_domain *domain;

	if (READ_ONCE(t1x_private_domains))
		return false;
	list_for_each_entry(domain, &ioas->domains, next) {
		if (!t1x_domain_is_compatible(domain, fresh))
			continue;
		t1x_domain_detach(fresh, group);
		if (!t1x_domain_attach(domain, group))
			return true;
		if (t1x_domain_attach(fresh, group))
			return false;
	}
	return false;
}

static int t1x_group_replay(struct t1x_ioas *ioas, struct t1x_domain *fresh)
{
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;
	int ret;

	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		ret = t1x_domain_replay(fresh, map);
		if (ret)
			return ret;
	}
	return 0;
}

/* Find a home for the group of a new domain; both locks are held. */
static int t1x_group_settle(struct t1x_ioas *ioas, struct t1x_domain *fresh,
			    struct t1x_group *group)
{
	int ret;

	if (t1x_group_share_domain(ioas, fresh, group))
		return 0;
	if (list_empty(&fresh->groups))
		return -ENODEV;

	ret = t1x_group_replay(ioas, fresh);
	if (!ret)
		list_add_tail(&fresh->next, &ioas->domains);
	return ret;
}

/* What the platform must offer before a user may have the group's devices. */
static int t1x_group_check_platform(struct iommu_group *iommu_group, struct t1x_domain *fresh)
{
	phys_addr_t msi_base;
	bool sw_msi;
	int ret;

	if (!iommu_group_has_isolated_msi(iommu_group) &&
	    !READ_ONCE(t1x_allow_unsafe_interrupts)) {
		pr_warn_ratelimited(T1X_NAME ": no isolated MSI; load with allow_unsafe_interrupts=1 to use the group all the same\n");
		return -EPERM;
	}
	ret = t1x_window_group_msi(iommu_group, &sw_msi, &msi_base);
	if (ret || !sw_msi)
		return ret;
	return t1x_domain_place_msi(fresh, msi_base);
}

/* The new domain is attached: judge it, and let it into the address space. */
static int t1x_group_admit(struct t1x_ioas *ioas, struct t1x_domain *fresh,
			   struct t1x_group *group)
{
	struct t1x_span_set windows = {};
	int ret = t1x_window_build(&windows, ioas, fresh);

	if (ret)
		return ret;

	mutex_lock(&ioas->lock);
	ret = t1x_group_check_mappings(ioas, &windows);
	if (!ret)
		ret = t1x_group_check_platform(group->group, fresh);
	if (!ret)
		ret = t1x_group_settle(ioas, fresh, group);
	if (!ret)
		t1x_group_set_windows(ioas, &windows);
	mutex_unlock(&ioas->lock);

	t1x_window_free(&windows);
	return ret;
}

/* One attempt to attach; domains_rwsem is held for writing. */
static int t1x_group_try_attach(struct t1x_ioas *ioas, struct t1x_group *group)
{
	struct t1x_domain *fresh, *owner;
	int ret;

	if (ioas->nr_vaddr_invalid)
		return -EBUSY;
	if (t1x_group_find(ioas, group->group, &owner))
		return -EINVAL;

	fresh = t1x_domain_alloc(group->group, ioas->nesting);
	if (IS_ERR(fresh))
		return PTR_ERR(fresh);

	ret = t1x_domain_attach(fresh, group);
	if (ret)
		goto out_free;
	ret = t1x_group_admit(ioas, fresh, group);
	if (ret && !list_empty(&fresh->groups))
		t1x_domain_detach(fresh, group);
out_free:
	if (list_empty(&fresh->groups))
		t1x_domain_free(fresh);
	return ret;
}

/* Wait for the mapping that was in the way, and was still being made. */
static int t1x_group_wait_mappings(struct t1x_ioas *ioas)
{
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	ret = t1x_ioas_wait_idle(ioas);
	if (!ret)
		mutex_unlock(&ioas->lock);
	return ret;
}

/**
 * t1x_group_attach() - let the devices of a group use an address space
 * @ioas: address space
 * @iommu_group: group whose DMA vfio core owns
 *
 * Called under vfio core's group_lock.  Maps all that is mapped in the new
 * domain, if one is needed; can be killed meanwhile.
 *
 * Return: 0; -EINVAL if the group is here already or a mapping lies where its
 * devices cannot have one, -EBUSY while user addresses are suspended, -EPERM
 * without isolated MSI, -EINTR if killed, -ENOMEM, or the errno of the IOMMU
 * driver.
 */
int t1x_group_attach(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_group *group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!group)
		return -ENOMEM;
	group->group = iommu_group;

	do {
		ret = down_write_killable(&ioas->domains_rwsem);
		if (ret)
			break;
		ret = t1x_group_try_attach(ioas, group);
		up_write(&ioas->domains_rwsem);
	} while (ret == -EAGAIN && !(ret = t1x_group_wait_mappings(ioas)));

	if (ret)
		kfree(group);
	return ret;
}

/**
 * t1x_group_detach() - take the devices of a group out of an address space
 * @ioas: address space
 * @iommu_group: group that was attached
 *
 * Called under vfio core's group_lock; waits for no user memory.  If there is
 * no memory for the new, wider windows, the old ones stay.
 */
void t1x_group_detach(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_span_set windows = {};
	struct t1x_domain *domain;
	struct t1x_group *group;

	down_write(&ioas->domains_rwsem);
	group = t1x_group_find(ioas, iommu_group, &domain);
	if (!group)
		goto out_unlock;

	t1x_domain_detach(domain, group);
	kfree(group);
	if (list_empty(&domain->groups)) {
		list_del(&domain->next);
		t1x_domain_free(domain);
	}
	if (!list_empty(&ioas->domains) && !t1x_window_build(&windows, ioas, NULL)) {
		mutex_lock(&ioas->lock);
		t1x_group_set_windows(ioas, &windows);
		mutex_unlock(&ioas->lock);
		t1x_window_free(&windows);
	}
out_unlock:
	up_write(&ioas->domains_rwsem);
}
