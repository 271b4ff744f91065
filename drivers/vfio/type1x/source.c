// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources of faults: what tells us that a device was stopped.
 *
 * IOMMU drivers differ.  Some call the handler of the domain that the device uses, some
 * that of the device itself, and only on older kernels; some do nothing but log.  Which
 * one does what is not to be had from the kernel; it is known by the name of the IOMMU.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <iommu/unrecoverable.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

#define T1X_SOURCE_VTD		BIT(VFIO_TYPE1X_FAULT_SOURCE_VTD)
#define T1X_SOURCE_DOMAIN	BIT(VFIO_TYPE1X_FAULT_SOURCE_DOMAIN)
#define T1X_SOURCE_DEVICE	BIT(VFIO_TYPE1X_FAULT_SOURCE_DEVICE)

/* The beginning of an IOMMU's name in sysfs, and what its driver calls. */
static const struct t1x_source_kind {
	const char *name;
	u32 sources;
} t1x_source_kinds[] = {
	{ "ivhd", T1X_SOURCE_DOMAIN },
	{ "smmu.", T1X_SOURCE_DOMAIN },
	{ "smmu3.", T1X_SOURCE_DEVICE },
	/* Calls nothing; but there can be a tap. */
	{ "dmar", T1X_SOURCE_VTD },
	/* Of the tests: it is told what to report. */
	{ "t1x-test-iommu", T1X_SOURCE_DOMAIN | T1X_SOURCE_DEVICE },
};

/* Devices that tell of their faults themselves, of all groups, and their dev. */
static DEFINE_MUTEX(t1x_source_lock);
static LIST_HEAD(t1x_source_devices);

/**
 * struct t1x_source_device - a device whose own handler is ours
 * @next: in t1x_group.watched
 * @all: in t1x_source_devices (t1x_source_lock)
 * @listener: what the IOMMU core has
 * @dev: device, to which the IOMMU core has a reference; NULL once it was unplugged
 *	 (changed under t1x_source_lock, when @listener is not called any more)
 * @group: the group that it was in when that joined
 * @id: t1x_stats.id of the address space
 */
struct t1x_source_device {
	struct list_head next;
	struct list_head all;
	struct iommu_unrecoverable_listener listener;
	struct device *dev;
	struct t1x_group *group;
	unsigned long id;
};

/*
 * The domain's device was stopped.  What is returned for "not handled" makes an IOMMU
 * driver log the fault as it would do without us.
 */
static int t1x_source_domain_fault(struct iommu_domain *domain, struct device *dev,
				   unsigned long iova, int flags, void *token)
{
	struct vfio_type1x_fault fault = {
		.iova = iova,
		.source = VFIO_TYPE1X_FAULT_SOURCE_DOMAIN,
		.reason = VFIO_TYPE1X_FAULT_REASON_UNKNOWN,
		.flags = VFIO_TYPE1X_FAULT_FLAG_IOVA,
	};

	fault.flags |= flags & IOMMU_FAULT_WRITE ? VFIO_TYPE1X_FAULT_FLAG_WRITE :
						   VFIO_TYPE1X_FAULT_FLAG_READ;
	t1x_requester_note(&fault, dev);
	return t1x_fault_report((unsigned long)token, &fault) ? 0 : -ENOSYS;
}

/**
 * t1x_source_watch() - hear of what devices do to a domain
 * @domain: domain that no device uses yet
 * @id: t1x_stats.id of the address space; it may be gone when a fault comes
 */
void t1x_source_watch(struct iommu_domain *domain, unsigned long id)
{
	iommu_set_fault_handler(domain, t1x_source_domain_fault, (void *)id);
}

/**
 * t1x_source_id() - whose domain is that?
 * @domain: any domain
 *
 * Return: t1x_stats.id of the address space, which may be gone; 0 if it is not ours.
 */
unsigned long t1x_source_id(const struct iommu_domain *domain)
{
	bool is_ours = domain->handler == t1x_source_domain_fault;

	return is_ours ? (unsigned long)domain->handler_token : 0;
}

static u32 t1x_source_flags(const struct iommu_unrecoverable *event)
{
	static const u32 perms[][2] = {
		{ IOMMU_UNRECOVERABLE_READ, VFIO_TYPE1X_FAULT_FLAG_READ },
		{ IOMMU_UNRECOVERABLE_WRITE, VFIO_TYPE1X_FAULT_FLAG_WRITE },
		{ IOMMU_UNRECOVERABLE_EXEC, VFIO_TYPE1X_FAULT_FLAG_EXEC },
		{ IOMMU_UNRECOVERABLE_PRIV, VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED },
	};
	u32 flags = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(perms); i++)
		if (event->perm & perms[i][0])
			flags |= perms[i][1];
	if (event->has_addr)
		flags |= VFIO_TYPE1X_FAULT_FLAG_IOVA;
	if (event->has_pasid)
		flags |= VFIO_TYPE1X_FAULT_FLAG_PASID;
	return flags;
}

/* By the number that the kernel gives to it. */
static u16 t1x_source_reason(u32 raw)
{
	static const u8 reasons[] = {
		[0] = VFIO_TYPE1X_FAULT_REASON_UNKNOWN,
		[IOMMU_UNRECOVERABLE_PASID_FETCH] = VFIO_TYPE1X_FAULT_REASON_PASID,
		[IOMMU_UNRECOVERABLE_BAD_PASID_ENTRY] = VFIO_TYPE1X_FAULT_REASON_PASID,
		[IOMMU_UNRECOVERABLE_PASID_INVALID] = VFIO_TYPE1X_FAULT_REASON_PASID,
		[IOMMU_UNRECOVERABLE_WALK_EABT] = VFIO_TYPE1X_FAULT_REASON_TABLE,
		[IOMMU_UNRECOVERABLE_PTE_FETCH] = VFIO_TYPE1X_FAULT_REASON_UNMAPPED,
		[IOMMU_UNRECOVERABLE_PERMISSION] = VFIO_TYPE1X_FAULT_REASON_PERMISSION,
		[IOMMU_UNRECOVERABLE_ACCESS] = VFIO_TYPE1X_FAULT_REASON_PERMISSION,
		[IOMMU_UNRECOVERABLE_OOR_ADDRESS] = VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE,
	};

	return raw < ARRAY_SIZE(reasons) ? reasons[raw] : VFIO_TYPE1X_FAULT_REASON_OTHER;
}

/* In a thread, under a lock of the device's that registering takes as well. */
static int t1x_source_device_fault(struct iommu_unrecoverable_listener *listener,
				   const struct iommu_unrecoverable *event)
{
	struct t1x_source_device *watched =
		container_of(listener, struct t1x_source_device, listener);
	struct vfio_type1x_fault fault = {
		.iova = event->has_addr ? event->addr : 0,
		.raw = { event->fetch_addr },
		.source = VFIO_TYPE1X_FAULT_SOURCE_DEVICE,
		.reason = t1x_source_reason(event->reason),
		.flags = t1x_source_flags(event),
		.raw_reason = event->reason,
		.pasid = event->has_pasid ? event->pasid : 0,
	};

	t1x_requester_note(&fault, watched->dev);
	return t1x_fault_report(watched->id, &fault) ? 0 : -EINVAL;
}

/* What the driver of a device's IOMMU calls, if anything. */
static u32 t1x_source_of(struct device *dev)
{
	struct iommu_device *iommu = dev->iommu ? dev->iommu->iommu_dev : NULL;
	size_t i;

	if (!iommu || !iommu->dev)
		return 0;
	for (i = 0; i < ARRAY_SIZE(t1x_source_kinds); i++)
		if (strstarts(dev_name(iommu->dev), t1x_source_kinds[i].name))
			return t1x_source_kinds[i].sources;
	return 0;
}

/**
 * struct t1x_source_walk - the devices of a group, one by one
 * @group: the group
 * @id: t1x_stats.id of the address space
 */
struct t1x_source_walk {
	struct t1x_group *group;
	unsigned long id;
};

/* Is the handler of the device ours now?  Somebody else may have been faster. */
static bool t1x_source_listen(struct device *dev, const struct t1x_source_walk *walk)
{
	struct t1x_source_device *watched = kzalloc(sizeof(*watched), GFP_KERNEL_ACCOUNT);

	if (!watched)
		return false;
	watched->listener.report = t1x_source_device_fault;
	watched->listener.pages = &walk->group->port.listener;
	watched->group = walk->group;
	watched->dev = dev;
	watched->id = walk->id;
	if (iommu_listen_unrecoverable(dev, &watched->listener)) {
		kfree(watched);
		return false;
	}
	list_add_tail(&watched->next, &walk->group->watched);
	mutex_lock(&t1x_source_lock);
	list_add_tail(&watched->all, &t1x_source_devices);
	mutex_unlock(&t1x_source_lock);
	return true;
}

static void t1x_source_unlisten(struct t1x_source_device *watched)
{
	lockdep_assert_held(&t1x_source_lock);

	if (watched->dev)
		iommu_unlisten_unrecoverable(watched->dev);
	watched->dev = NULL;
}

/*
 * A device can be unplugged while its group is in a container.  The IOMMU core forgets
 * it afterwards, together with the handler, but not the reference that this has.
 */
static int t1x_source_notify(struct notifier_block *block, unsigned long action, void *data)
{
	struct t1x_source_device *watched;

	if (action != BUS_NOTIFY_DEL_DEVICE)
		return NOTIFY_DONE;
	mutex_lock(&t1x_source_lock);
	list_for_each_entry(watched, &t1x_source_devices, all) {
		if (watched->dev == data) {
			t1x_prq_shut(&watched->group->port);
			t1x_source_unlisten(watched);
		}
	}
	mutex_unlock(&t1x_source_lock);
	return NOTIFY_DONE;
}

static struct notifier_block t1x_source_notifier = { .notifier_call = t1x_source_notify };

/**
 * t1x_source_init() - see devices go; at module init
 *
 * Return: 0 or -errno.
 */
int t1x_source_init(void)
{
	return bus_register_notifier(&pci_bus_type, &t1x_source_notifier);
}

/**
 * t1x_source_exit() - at module exit, or when init failed
 */
void t1x_source_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &t1x_source_notifier);
}

static int t1x_source_join_dev(struct device *dev, void *data)
{
	const struct t1x_source_walk *walk = data;
	u32 sources = t1x_source_of(dev);

	if (sources & T1X_SOURCE_DEVICE && !t1x_source_listen(dev, walk))
		sources &= ~T1X_SOURCE_DEVICE;
	if (sources & T1X_SOURCE_VTD && !t1x_requester_add(walk->group, dev, walk->id))
		sources &= ~T1X_SOURCE_VTD;
	walk->group->sources |= sources;
	walk->group->is_silent |= !sources;
	return 0;
}

/**
 * t1x_source_join() - hear of the devices of a group
 * @group: group that has joined the address space; domains_rwsem held for writing
 * @ioas: address space
 *
 * Cannot fail: a device without a source is silent, and that is noted.
 */
void t1x_source_join(struct t1x_group *group, const struct t1x_ioas *ioas)
{
	struct t1x_source_walk walk = { .group = group, .id = ioas->stats.id };

	iommu_group_for_each_dev(group->group, &walk, t1x_source_join_dev);

	/* Of what the second stage stops, SMMUv3's driver tells nobody. */
	if (ioas->nesting && group->sources & T1X_SOURCE_DEVICE) {
		group->sources &= ~T1X_SOURCE_DEVICE;
		group->is_silent = true;
	}
}

/**
 * t1x_source_leave() - hear no more of them
 * @group: group that leaves the address space, or has never joined
 *
 * No handler of a device is running any more when this returns.
 */
void t1x_source_leave(struct t1x_group *group)
{
	struct t1x_source_device *watched, *next;

	list_for_each_entry_safe(watched, next, &group->watched, next) {
		mutex_lock(&t1x_source_lock);
		t1x_source_unlisten(watched);
		list_del(&watched->all);
		mutex_unlock(&t1x_source_lock);
		list_del(&watched->next);
		kfree(watched);
	}
	t1x_requester_drop(group);
	group->sources = 0;
	group->is_silent = false;
}

/**
 * t1x_source_sum() - which sources an address space has
 * @ioas: address space whose groups have changed; lock and, for writing, domains_rwsem
 *	  held
 */
void t1x_source_sum(struct t1x_ioas *ioas)
{
	struct t1x_domain *domain;
	struct t1x_group *group;

	lockdep_assert_held_write(&ioas->domains_rwsem);
	lockdep_assert_held(&ioas->lock);

	ioas->faults.sources = 0;
	ioas->faults.is_silent = false;
	list_for_each_entry(domain, &ioas->domains, next) {
		list_for_each_entry(group, &domain->groups, next) {
			ioas->faults.sources |= group->sources;
			ioas->faults.is_silent |= group->is_silent;
		}
	}
}
