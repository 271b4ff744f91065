// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: who uses an address space, and how they leave it.
 *
 * Those behind an IOMMU have a domain, in which they may have come together with
 * others; how they get it is told in attach.c.  A group of emulated devices has no
 * IOMMU and thus no domain; its devices ask for pages instead (emulated.c).
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "private.h"
#include "sva.h"

/**
 * t1x_group_alloc() - make a group
 * @ioas: address space that it is to join
 * @iommu_group: group whose devices vfio core keeps
 *
 * Return: group that is in no list, or NULL.
 */
struct t1x_group *t1x_group_alloc(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_group *group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);

	if (!group)
		return NULL;
	group->group = iommu_group;
	group->aperture = T1X_SPAN_ALL;
	INIT_LIST_HEAD(&group->watched);
	INIT_LIST_HEAD(&group->requesters);
	t1x_prq_init_port(&group->port, ioas);
	return group;
}

/**
 * t1x_group_free() - free a group
 * @group: group that is in no list
 */
void t1x_group_free(struct t1x_group *group)
{
	put_device(group->only);
	kfree(group);
}

/**
 * t1x_group_find() - is a group here?
 * @ioas: address space, domains_rwsem held
 * @iommu_group: group
 * @owner: result, its domain, or NULL if it is emulated or not here
 *
 * Return: group or NULL.
 */
struct t1x_group *t1x_group_find(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
				 struct t1x_domain **owner)
{
	struct t1x_domain *domain;
	struct t1x_group *group;

	*owner = NULL;
	list_for_each_entry(group, &ioas->emulated, next)
		if (group->group == iommu_group)
			return group;
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

/**
 * t1x_group_set_windows() - groups have come or gone: where may one map?
 * @ioas: address space, lock held, so that nobody maps by the old windows, and
 *	  domains_rwsem for writing
 * @windows: the new windows; the old ones afterwards
 */
void t1x_group_set_windows(struct t1x_ioas *ioas, struct t1x_span_set *windows)
{
	lockdep_assert_held(&ioas->lock);

	swap(ioas->windows, *windows);
	WRITE_ONCE(ioas->pgsize_bitmap, t1x_group_pgsizes(ioas));
}

/* Block all DMA of a group; its domain goes with the last one. */
static void t1x_group_block(struct t1x_ioas *ioas, struct t1x_group *group,
			    struct t1x_domain *domain)
{
	t1x_leases_begin_move(ioas->leases);
	t1x_domain_detach(domain, group);
	t1x_leases_end_move(ioas->leases);
	if (!list_empty(&domain->groups))
		return;
	t1x_leases_del_domain(ioas->leases, domain);
	list_del(&domain->next);
	WRITE_ONCE(ioas->stats.nr_domains, ioas->stats.nr_domains - 1);
	t1x_domain_free(domain);
}

/* A group behind an IOMMU is not there any more. */
static void t1x_group_forget(struct t1x_ioas *ioas, const struct t1x_group *group,
			     struct list_head *backed, bool used)
{
	lockdep_assert_held(&ioas->lock);

	if (!group->pins_pages) {
		/* Nobody else will remember what it may have written to. */
		if (used)
			t1x_dirty_mark_all(ioas);
		WRITE_ONCE(ioas->nr_unscoped, ioas->nr_unscoped - 1);
	}
	WRITE_ONCE(ioas->nr_groups, ioas->nr_groups - 1);
	if (!ioas->nr_groups && ioas->nr_emulated)
		t1x_backing_claim(ioas, backed);
}

/* What t1x_group_leave() does for a group that has nothing by bonds any more. */
static void t1x_group_take_out(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
			       struct list_head *backed, bool used)
{
	struct t1x_span_set windows = {};
	struct t1x_domain *domain;
	struct t1x_group *group;
	int ret = 0;

	down_write(&ioas->domains_rwsem);
	group = t1x_group_find(ioas, iommu_group, &domain);
	if (!group)
		goto out_unlock;

	if (domain) {
		t1x_prq_leave(group, domain->domain);
		t1x_group_block(ioas, group, domain);
	} else {
		list_del(&group->next);
	}
	if (!list_empty(&ioas->domains))
		ret = t1x_window_build(&windows, ioas, NULL);

	mutex_lock(&ioas->lock);
	if (domain)
		t1x_group_forget(ioas, group, backed, used);
	else
		WRITE_ONCE(ioas->nr_emulated, ioas->nr_emulated - 1);
	t1x_source_sum(ioas);
	if (!ret)
		t1x_group_set_windows(ioas, &windows);
	mutex_unlock(&ioas->lock);
	t1x_window_free(&windows);
	t1x_source_leave(group);
	t1x_group_free(group);
out_unlock:
	up_write(&ioas->domains_rwsem);
}

/**
 * t1x_group_leave() - take a group out, and what it has by bonds
 * @ioas: address space, no lock held
 * @iommu_group: group that may be there
 * @backed: mappings that need not be backed any more are added here, for
 *	    t1x_backing_restore()
 * @used: its devices have had a chance to write to memory
 *
 * It gets nothing more by bonds before it has left.
 */
void t1x_group_leave(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
		     struct list_head *backed, bool used)
{
	mutex_lock(&ioas->sva_mutex);
	t1x_sva_leave(ioas, iommu_group);
	t1x_group_take_out(ioas, iommu_group, backed, used);
	mutex_unlock(&ioas->sva_mutex);
}

/**
 * t1x_group_attach_emulated() - let emulated devices use an address space
 * @ioas: address space
 * @iommu_group: group without an IOMMU
 *
 * Return: 0; -EINVAL if the group is here already, -EBUSY while user addresses are
 * suspended, -ENOMEM, -EINTR if killed.
 */
int t1x_group_attach_emulated(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_domain *domain;
	struct t1x_group *group;
	int ret;

	group = t1x_group_alloc(ioas, iommu_group);
	if (!group)
		return -ENOMEM;
	ret = down_write_killable(&ioas->domains_rwsem);
	if (ret)
		goto out_free;
	mutex_lock(&ioas->lock);
	if (t1x_group_find(ioas, iommu_group, &domain)) {
		ret = -EINVAL;
	} else if (ioas->nr_vaddr_invalid) {
		ret = -EBUSY;
	} else {
		list_add_tail(&group->next, &ioas->emulated);
		WRITE_ONCE(ioas->nr_emulated, ioas->nr_emulated + 1);
	}
	mutex_unlock(&ioas->lock);
	up_write(&ioas->domains_rwsem);
out_free:
	if (ret)
		t1x_group_free(group);
	return ret;
}

/**
 * t1x_group_detach() - take the devices of a group out of an address space
 * @ioas: address space
 * @iommu_group: group that was attached
 *
 * Called under vfio core's group_lock; waits for no user memory, unless devices have some
 * by a PASID.  If there is no memory for the new, wider windows, the old ones stay.  What
 * the last group behind an IOMMU leaves to emulated devices is unpinned.
 */
void t1x_group_detach(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	LIST_HEAD(backed);

	t1x_group_leave(ioas, iommu_group, &backed, true);
	t1x_backing_restore(ioas, &backed);
}

/**
 * t1x_group_note_pinning() - the driver of a group tells which pages it uses
 * @ioas: address space
 * @iommu_group: group whose device has pinned pages
 *
 * Pages that no device has pinned are not dirty because of this group from now on.
 */
void t1x_group_note_pinning(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_domain *domain;
	struct t1x_group *group;

	if (!READ_ONCE(ioas->nr_unscoped))
		return;
	down_read(&ioas->domains_rwsem);
	group = t1x_group_find(ioas, iommu_group, &domain);
	if (group && domain && !group->pins_pages) {
		mutex_lock(&ioas->lock);
		/* What it has written to so far is not forgotten. */
		t1x_dirty_mark_all(ioas);
		group->pins_pages = true;
		WRITE_ONCE(ioas->nr_unscoped, ioas->nr_unscoped - 1);
		mutex_unlock(&ioas->lock);
	}
	up_read(&ioas->domains_rwsem);
}

/**
 * t1x_group_domain() - page table that translates for a group
 * @ioas: address space
 * @iommu_group: group
 *
 * Return: domain, valid as long as the group is attached; ERR_PTR(-ENODEV) if it
 * is not, or has no IOMMU.
 */
struct iommu_domain *t1x_group_domain(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_domain *domain;

	down_read(&ioas->domains_rwsem);
	t1x_group_find(ioas, iommu_group, &domain);
	up_read(&ioas->domains_rwsem);
	return domain ? domain->domain : ERR_PTR(-ENODEV);
}
