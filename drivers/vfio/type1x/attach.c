// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attach: how a group behind an IOMMU joins an address space.
 *
 * It gets a domain of its own first, because only an attached domain tells what the
 * IOMMU can do for these devices.  If another domain turns out to serve as well the
 * group moves there, otherwise the new domain learns all mappings and stays.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/printk.h>

#include "private.h"

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

static int t1x_attach_count_dev(struct device *dev, void *data)
{
	struct t1x_group *group = data;

	put_device(group->only);
	group->only = group->nr_devs++ ? NULL : get_device(dev);
	return 0;
}

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
	int ret;

	if (READ_ONCE(t1x_private_domains))
		return false;
	list_for_each_entry(domain, &attach->ioas->domains, next) {
		if (!t1x_domain_is_compatible(domain, attach->fresh))
			continue;
		t1x_domain_detach(attach->fresh, attach->group);
		t1x_leases_begin_move(attach->ioas->leases);
		ret = t1x_domain_attach(domain, attach->group);
		t1x_leases_end_move(attach->ioas->leases);
		if (!ret) {
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

/**
 * t1x_attach_group() - let the devices of a group use an address space
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
int t1x_attach_group(struct t1x_ioas *ioas, struct iommu_group *iommu_group)
{
	struct t1x_attach attach = {
		.ioas = ioas,
		.unbacked = LIST_HEAD_INIT(attach.unbacked),
		.deadline = jiffies + HZ,
	};
	int ret = 0;

	attach.group = t1x_group_alloc(ioas, iommu_group);
	if (!attach.group)
		return -ENOMEM;
	/* Now, as its lock is not to be had while a process keeps one of its devices busy. */
	iommu_group_for_each_dev(iommu_group, attach.group, t1x_attach_count_dev);
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
