// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requesters: whose device it was that an IOMMU names by its PCI address.
 *
 * Bus, device and function mean something to one unit only: a machine can have several
 * PCI segments, and a unit belongs to one.  So a requester is known by the unit as well,
 * and that by the physical address of its registers, which Intel's driver shows in
 * sysfs.
 *
 * A device does not always use its own address.  Behind a bridge to conventional PCI all
 * have that of the bridge, and some devices use the address of a function that they do
 * not have.  The IOMMU core puts those who share an address into one group, and so it
 * has one owner.
 *
 * Looked up in any context but NMI, under RCU.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/hashtable.h>
#include <linux/iommu.h>
#include <linux/kstrtox.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <linux/vfio_type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Devices and functions of a bus, which the mask of aliases has a bit for. */
#define T1X_REQUESTER_FUNCTIONS	256

/**
 * struct t1x_requester - an address that devices of a group use
 * @node: in t1x_requesters (RCU; t1x_requester_lock for changes)
 * @next: in t1x_group.requesters
 * @rcu: delays the free past lookups
 * @unit: physical address of the registers of the IOMMU
 * @address: segment << 16 | bus << 8 | device << 3 | function
 * @is_alias: not, or not only, a device's own address
 * @group: whose devices
 * @owner: t1x_stats.id of the address space that it is in
 * @since: when it joined; nanoseconds of CLOCK_MONOTONIC
 */
struct t1x_requester {
	struct hlist_node node;
	struct list_head next;
	struct rcu_head rcu;
	u64 unit;
	u32 address;
	bool is_alias;
	const struct t1x_group *group;
	unsigned long owner;
	u64 since;
};

/* By the part of the address that hardware knows. */
static DEFINE_HASHTABLE(t1x_requesters, 8);
static DEFINE_SPINLOCK(t1x_requester_lock);

/**
 * t1x_requester_of() - what records call a device
 * @pdev: device
 *
 * Return: as in &struct vfio_type1x_fault.
 */
u32 t1x_requester_of(struct pci_dev *pdev)
{
	return (u32)pci_domain_nr(pdev->bus) << 16 | pci_dev_id(pdev);
}

/**
 * t1x_requester_note() - say in a record whose fault it is
 * @fault: record
 * @dev: device, or NULL
 */
void t1x_requester_note(struct vfio_type1x_fault *fault, struct device *dev)
{
	/* Not every IOMMU driver knows whose fault it is. */
	if (!dev || !dev_is_pci(dev))
		return;
	fault->flags |= VFIO_TYPE1X_FAULT_FLAG_REQUESTER;
	fault->requester = t1x_requester_of(to_pci_dev(dev));
}

static struct t1x_requester *t1x_requester_find(u64 unit, u16 address)
{
	struct t1x_requester *requester;

	hash_for_each_possible_rcu(t1x_requesters, requester, node, address,
				   lockdep_is_held(&t1x_requester_lock))
		if (requester->unit == unit && (u16)requester->address == address)
			return requester;
	return NULL;
}

/**
 * struct t1x_requester_walk - the addresses of a device, one by one
 * @group: its group
 * @owner: t1x_stats.id of the address space that it joins
 * @unit: physical address of the registers of its IOMMU
 * @segment: of the addresses
 */
struct t1x_requester_walk {
	struct t1x_group *group;
	unsigned long owner;
	u64 unit;
	u16 segment;
};

/* False if it is not in the table, or is another group's. */
static bool t1x_requester_insert(const struct t1x_requester_walk *walk, u16 address, bool is_alias)
{
	struct t1x_requester *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT), *known;
	bool ours;

	if (!fresh)
		return false;
	fresh->unit = walk->unit;
	fresh->address = (u32)walk->segment << 16 | address;
	fresh->is_alias = is_alias;
	fresh->group = walk->group;
	fresh->owner = walk->owner;
	fresh->since = ktime_get_ns();

	spin_lock(&t1x_requester_lock);
	known = t1x_requester_find(walk->unit, address);
	ours = !known || known->group == walk->group;
	if (!known) {
		list_add_tail(&fresh->next, &walk->group->requesters);
		hash_add_rcu(t1x_requesters, &fresh->node, address);
	} else if (ours && is_alias) {
		WRITE_ONCE(known->is_alias, true);
	}
	spin_unlock(&t1x_requester_lock);
	if (known)
		kfree(fresh);
	return ours;
}

/* The address that devices behind a bridge use, if they do not use their own. */
static bool t1x_requester_of_bridge(struct pci_dev *bridge, u16 *address)
{
	bool takes_bus = bridge->dev_flags & PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS;

	if (pci_is_pcie(bridge)) {
		takes_bus = pci_pcie_type(bridge) == PCI_EXP_TYPE_PCI_BRIDGE;
		if (!takes_bus && pci_pcie_type(bridge) != PCI_EXP_TYPE_PCIE_BRIDGE)
			return false;
	}
	*address = takes_bus ? PCI_DEVID(bridge->subordinate->number, 0) : pci_dev_id(bridge);
	return true;
}

/* Any that the device, or the bridges on the way to the IOMMU, may put in. */
static bool t1x_requester_insert_aliases(const struct t1x_requester_walk *walk,
					 struct pci_dev *pdev)
{
	unsigned int devfn;
	struct pci_bus *bus;
	bool ret = true;
	u16 address;

	if (pdev->dma_alias_mask)
		for_each_set_bit(devfn, pdev->dma_alias_mask, T1X_REQUESTER_FUNCTIONS)
			ret &= t1x_requester_insert(walk, PCI_DEVID(pdev->bus->number, devfn),
						    true);
	for (bus = pdev->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		/* A bus that exists for virtual functions only has no bridge. */
		if (!bus->self)
			continue;
		if (bus->self->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT)
			break;
		if (t1x_requester_of_bridge(bus->self, &address))
			ret &= t1x_requester_insert(walk, address, true);
	}
	return ret;
}

static struct attribute *t1x_requester_attribute(struct device *iommu)
{
	const struct attribute_group **group;
	struct attribute **attr;

	for (group = iommu->groups; group && *group; group++) {
		if (!(*group)->name || strcmp((*group)->name, "intel-iommu"))
			continue;
		for (attr = (*group)->attrs; attr && *attr; attr++)
			if (!strcmp((*attr)->name, "address"))
				return *attr;
	}
	return NULL;
}

/* What is in /sys/class/iommu/dmarN/intel-iommu/address. */
static int t1x_requester_unit(struct device *iommu, u64 *unit)
{
	struct attribute *attr = t1x_requester_attribute(iommu);
	struct device_attribute *file;
	int ret = -ENOENT;
	char *buf;

	if (!attr)
		return ret;
	file = container_of(attr, struct device_attribute, attr);
	buf = (char *)get_zeroed_page(GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (file->show && file->show(iommu, file, buf) > 0)
		ret = kstrtou64(strim(buf), 16, unit);
	free_page((unsigned long)buf);
	return ret;
}

/**
 * t1x_requester_add() - a device's faults are its group's from now on
 * @group: group that has joined an address space; domains_rwsem held for writing
 * @dev: device of it, behind an Intel VT-d
 * @owner: t1x_stats.id of the address space
 *
 * Return: false if some of its faults would not be recognised.
 */
bool t1x_requester_add(struct t1x_group *group, struct device *dev, unsigned long owner)
{
	struct t1x_requester_walk walk = { .group = group, .owner = owner };
	struct pci_dev *pdev;
	bool ret;

	/* A segment of software's making is behind a device whose address is used. */
	if (!dev_is_pci(dev) || pci_domain_nr(to_pci_dev(dev)->bus) > U16_MAX)
		return false;
	if (t1x_requester_unit(dev->iommu->iommu_dev->dev, &walk.unit))
		return false;
	pdev = to_pci_dev(dev);
	walk.segment = pci_domain_nr(pdev->bus);
	ret = t1x_requester_insert(&walk, pci_dev_id(pdev), false);
	return ret & t1x_requester_insert_aliases(&walk, pdev);
}

/**
 * t1x_requester_drop() - its devices' faults are nobody's
 * @group: group that leaves the address space, or has never joined
 */
void t1x_requester_drop(struct t1x_group *group)
{
	struct t1x_requester *requester, *next;

	spin_lock(&t1x_requester_lock);
	list_for_each_entry_safe(requester, next, &group->requesters, next) {
		hash_del_rcu(&requester->node);
		list_del(&requester->next);
		kfree_rcu(requester, rcu);
	}
	spin_unlock(&t1x_requester_lock);
}

/**
 * t1x_requester_report() - tell whoever it concerns of a fault
 * @unit: physical address of the registers of the IOMMU that has stopped it
 * @fault: what is known, and when that was; of its requester the hardware's part.
 *	   Segment and VFIO_TYPE1X_FAULT_FLAG_ALIAS are filled in
 *
 * May be called in any context but NMI.
 *
 * Return: true if somebody was listening.
 */
bool t1x_requester_report(u64 unit, struct vfio_type1x_fault *fault)
{
	const struct t1x_requester *requester;
	bool told = false;

	rcu_read_lock();
	requester = t1x_requester_find(unit, fault->requester);
	/* Else it has been on its way since before that, and was somebody else's. */
	if (requester && fault->time >= requester->since) {
		fault->requester = requester->address;
		if (READ_ONCE(requester->is_alias))
			fault->flags |= VFIO_TYPE1X_FAULT_FLAG_ALIAS;
		told = t1x_fault_report(requester->owner, fault);
	}
	rcu_read_unlock();
	return told;
}
EXPORT_SYMBOL_NS_GPL(t1x_requester_report, VFIO_TYPE1X);

/**
 * t1x_requester_report_all() - tell everybody whom it may concern
 * @unit: physical address of the registers of an IOMMU, or T1X_REQUESTER_ANY_UNIT
 * @fault: VFIO_TYPE1X_FAULT_REASON_OVERFLOW, of which no queue has two that are unread
 *
 * May be called in any context but NMI.
 */
void t1x_requester_report_all(u64 unit, const struct vfio_type1x_fault *fault)
{
	const struct t1x_requester *requester;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(t1x_requesters, bucket, requester, node)
		if (unit == requester->unit || unit == T1X_REQUESTER_ANY_UNIT)
			t1x_fault_report(requester->owner, fault);
	rcu_read_unlock();
}
EXPORT_SYMBOL_NS_GPL(t1x_requester_report_all, VFIO_TYPE1X);
