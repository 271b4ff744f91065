// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: devices join and leave an address space.
 *
 * A group that joins gets a domain of its own first, because only an attached
 * domain tells what the IOMMU can do for these devices.  If another domain
 * turns out to serve as well the group moves there, otherwise the new domain
 * learns all mappings and stays.
 *
 * A group of emulated devices has no IOMMU and thus no domain; its devices ask for
 * pages instead (emulated.c).
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "private.h"
#include "sva.h"

static int t1x_group_count_dev(struct device *dev, void *data)
{
	struct t1x_group *group = data;

	put_device(group->only);
	group->only = group->nr_devs++ ? NULL : get_device(dev);
	return 0;
}

static void t1x_group_free(struct t1x_group *group)
{
	put_device(group->only);
	kfree(group);
}

/* A group and its domain, which is NULL for an emulated one. */
static struct t1x_group *t1x_group_find(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
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

/* Replace the windows; both locks are held, so that nobody maps by the old. */
static void t1x_group_set_windows(struct t1x_ioas *ioas, struct t1x_span_set *windows)
{
	lockdep_assert_held(&ioas->lock);

	swap(ioas->windows, *windows);
	WRITE_ONCE(ioas->pgsize_bitmap, t1x_group_pgsizes(ioas));
}

/**
 * struct t1x_attach - a group on its way into an address space
 * @ioas: address space, domains_rwsem held for writing
 * @group: the group
 * @fresh: domain that was made for it, attached but not listed
 * @unbacked: mappings that must be pinned because it is the first of its kind
 * @raced: memory was taken back from a mapping while it was being replayed
 * @in_flight: a mapping is in the way that may yet fail or leave
 * @idle_seq: t1x_ioas.idle_seq when that was found
 * @deadline: jiffies at which to give up waiting for it
 */
struct t1x_attach {
	struct t1x_ioas *ioas;
	struct t1x_group *group;
	struct t1x_domain *fresh;
	struct list_head unbacked;
	bool raced;
	bool in_flight;
	unsigned long idle_seq;
	unsigned long deadline;
};

/* Is everything that is mapped still allowed? */
static int t1x_attach_check_mappings(struct t1x_attach *attach, const struct t1x_span_set *windows)
{
	struct t1x_ioas *ioas = attach->ioas;
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;

	lockdep_assert_held(&ioas->lock);

	if (ioas->nr_vaddr_invalid)
		return -EBUSY;
	if (!windows->nr)
		return -EINVAL;
	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		struct t1x_span span = t1x_mapping_span(map);
		/* Should it stay after all it must be as it was. */
		bool unsure = map->state == T1X_MAPPING_LEAVING && !ioas->nr_groups;

		if (t1x_span_set_covers(windows, &span) && !unsure)
			continue;
		attach->in_flight = map->state != T1X_MAPPING_READY;
		attach->idle_seq = ioas->idle_seq;
		return -EINVAL;
	}
	return 0;
}

/* What the platform must offer before a user may have the group's devices. */
static int t1x_attach_check_platform(struct t1x_attach *attach)
{
	struct iommu_group *iommu_group = attach->group->group;
	phys_addr_t msi_base;
	bool sw_msi;
	int ret;

	if (!iommu_group_has_isolated_msi(iommu_group) &&
	    !READ_ONCE(t1x_allow_unsafe_interrupts)) {
		pr_warn_ratelimited(T1X_NAME ": no isolated MSI, see allow_unsafe_interrupts\n");
		return -EPERM;
	}
	ret = t1x_window_group_msi(iommu_group, &sw_msi, &msi_base);
	if (ret || !sw_msi)
		return ret;
	return t1x_domain_place_msi(attach->fresh, msi_base);
}

/* Move the group to a domain that is listed already, where one will do. */
static bool t1x_attach_share(struct t1x_attach *attach)
{
	struct t1x_domain *domain;

	if (READ_ONCE(t1x_private_domains))
		return false;
	list_for_each_entry(domain, &attach->ioas->domains, next) {
		if (!t1x_domain_is_compatible(domain, attach->fresh))
			continue;
		t1x_domain_detach(attach->fresh, attach->group);
		if (!t1x_domain_attach(domain, attach->group)) {
			t1x_hwbits_join(attach->ioas, domain);
			return true;
		}
		if (t1x_domain_attach(attach->fresh, attach->group))
			return false;
	}
	return false;
}

/* Let the new domain map what the others map, and list it. */
static int t1x_attach_replay(struct t1x_attach *attach)
{
	struct t1x_ioas *ioas = attach->ioas;
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;
	unsigned long nr_taken;
	int ret;

	/* Neither the shared domain nor the own one would have the group. */
	if (list_empty(&attach->fresh->groups))
		return -ENODEV;

	nr_taken = t1x_leases_begin_replay(ioas->leases);
	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		ret = t1x_domain_replay(attach->fresh, map);
		if (ret)
			return ret;
	}
	attach->raced = !t1x_leases_add_domain(ioas->leases, attach->fresh, nr_taken);
	if (attach->raced)
		return -EAGAIN;
	list_add_tail(&attach->fresh->next, &ioas->domains);
	WRITE_ONCE(ioas->stats.nr_domains, ioas->stats.nr_domains + 1);
	t1x_hwbits_join(ioas, attach->fresh);
	return 0;
}

/* The new domain is attached: judge it, and let the group in. */
static int t1x_attach_admit(struct t1x_attach *attach)
{
	struct t1x_ioas *ioas = attach->ioas;
	struct t1x_span_set windows = {};
	int ret = t1x_window_build(&windows, ioas, attach->fresh);

	if (ret)
		return ret;

	mutex_lock(&ioas->lock);
	ret = t1x_attach_check_mappings(attach, &windows);
	ret = ret ?: t1x_attach_check_platform(attach);
	if (!ret && !t1x_attach_share(attach))
		ret = t1x_attach_replay(attach);
	if (!ret) {
		t1x_group_set_windows(ioas, &windows);
		t1x_source_sum(ioas);
		WRITE_ONCE(ioas->nr_unscoped, ioas->nr_unscoped + 1);
		WRITE_ONCE(ioas->nr_groups, ioas->nr_groups + 1);
		if (ioas->nr_groups == 1)
			t1x_backing_claim(ioas, &attach->unbacked);
	}
	mutex_unlock(&ioas->lock);

	t1x_window_free(&windows);
	return ret;
}

static int t1x_attach_try(struct t1x_attach *attach)
{
	struct iommu_group *iommu_group = attach->group->group;
	struct t1x_ioas *ioas = attach->ioas;
	struct t1x_domain *owner;
	int ret;

	/* Asked again, with the lock, before the group is let in. */
	if (READ_ONCE(ioas->nr_vaddr_invalid))
		return -EBUSY;
	if (t1x_group_find(ioas, iommu_group, &owner))
		return -EINVAL;

	attach->fresh = t1x_domain_alloc(ioas, iommu_group);
	if (IS_ERR(attach->fresh))
		return PTR_ERR(attach->fresh);

	ret = t1x_domain_attach(attach->fresh, attach->group);
	if (!ret) {
		t1x_source_join(attach->group, ioas);
		ret = t1x_attach_admit(attach);
	}
	if (!ret) {
		t1x_group_find(ioas, iommu_group, &owner);
		t1x_prq_join(attach->group, owner->domain);
	} else {
		t1x_source_leave(attach->group);
		if (!list_empty(&attach->fresh->groups))
			t1x_domain_detach(attach->fresh, attach->group);
	}
	if (list_empty(&attach->fresh->groups))
		t1x_domain_free(attach->fresh);
	return ret;
}

/* Block all DMA of a group; its domain goes with the last one. */
static void t1x_group_block(struct t1x_ioas *ioas, struct t1x_group *group,
			    struct t1x_domain *domain)
{
	t1x_domain_detach(domain, group);
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

/*
 * Take a group out.  Mappings that need not be backed any more are added to @backed;
 * !@used: no device of the group has had a chance to write to memory.
 */
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

/* The same, without what it has by bonds; it gets no more of that before it has left. */
static void t1x_group_leave(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
			    struct list_head *backed, bool used)
{
	mutex_lock(&ioas->sva_mutex);
	t1x_sva_leave(ioas, iommu_group);
	t1x_group_take_out(ioas, iommu_group, backed, used);
	mutex_unlock(&ioas->sva_mutex);
}

/**
 * t1x_group_attach() - let the devices of a group use an address space
 * @ioas: address space
 * @iommu_group: group whose DMA vfio core owns
 *
 * Called under vfio core's group_lock, for which other processes may wait that
 * cannot be killed meanwhile: so this one waits for nobody's user memory, unless it
 * must pin what so far was mapped for emulated devices only.  Maps all that is
 * mapped in the new domain, if one is needed; can be killed.
 *
 * Return: 0; -EINVAL if the group is here already or a mapping lies where its
 * devices cannot have one, -EBUSY while user addresses are suspended or if such
 * a mapping is in flight and does not settle within a second, -EPERM without
 * isolated MSI, -EINTR if killed, -ENOMEM, or the errno of the IOMMU driver.
 */
int t1x_group_attach(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_attach attach = {
		.ioas = ioas,
		.unbacked = LIST_HEAD_INIT(attach.unbacked),
		.deadline = jiffies + HZ,
	};
	int ret = 0;

	attach.group = kzalloc(sizeof(*attach.group), GFP_KERNEL_ACCOUNT);
	if (!attach.group)
		return -ENOMEM;
	attach.group->group = iommu_group;
	attach.group->aperture = T1X_SPAN_ALL;
	INIT_LIST_HEAD(&attach.group->watched);
	INIT_LIST_HEAD(&attach.group->requesters);
	t1x_prq_init_port(&attach.group->port, ioas);
	/* Now, as its lock is not to be had while a process keeps one of its devices busy. */
	iommu_group_for_each_dev(iommu_group, attach.group, t1x_group_count_dev);

	do {
		/* Each time there is one mapping less that this can happen to. */
		if (attach.raced)
			ret = 0;
		if (attach.in_flight)
			ret = t1x_ioas_wait_briefly(ioas, attach.idle_seq, attach.deadline);
		attach.in_flight = false;
		attach.raced = false;
		ret = ret ?: down_write_killable(&ioas->domains_rwsem);
		if (ret)
			break;
		ret = t1x_attach_try(&attach);
		up_write(&ioas->domains_rwsem);
	} while (attach.in_flight || attach.raced);

	if (ret) {
		t1x_group_free(attach.group);
		return ret;
	}
	ret = t1x_backing_add_all(ioas, &attach.unbacked);
	if (ret) {
		t1x_group_leave(ioas, iommu_group, &attach.unbacked, false);
		t1x_backing_restore(ioas, &attach.unbacked);
	}
	return ret;
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

	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	group->group = iommu_group;
	INIT_LIST_HEAD(&group->watched);
	INIT_LIST_HEAD(&group->requesters);

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
		kfree(group);
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
