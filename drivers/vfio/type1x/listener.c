// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners: drivers that are told of the faults of one device each, by fault.c.
 *
 * A listener belongs to the address space that its device uses while it is open, and
 * hears what is reported for that one only: a fault that comes late, when the device
 * has another owner, is not for him.  It also is how a device that is open knows its
 * address space: svm.c is asked by that.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>
#include <linux/vfio_type1x.h>

#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Who is in the list of which address space. */
static DEFINE_SPINLOCK(t1x_listener_lock);

/* The page table that the device uses knows whose it is. */
static struct t1x_ioas *t1x_listener_find_ioas(struct pci_dev *pdev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);
	unsigned long id = domain ? t1x_source_id(domain) : 0;

	return id ? t1x_cookie_borrow((void *)id) : NULL;
}

/* A bridge, which is in the group of what is behind it, does no DMA of its own. */
static bool t1x_listener_is_bridge(struct device *dev)
{
	return dev_is_pci(dev) && to_pci_dev(dev)->hdr_type == PCI_HEADER_TYPE_BRIDGE;
}

static int t1x_listener_count(struct device *dev, void *data)
{
	unsigned int *nr_devs = data;

	*nr_devs += !t1x_listener_is_bridge(dev);
	return 0;
}

static bool t1x_listener_is_alone(struct pci_dev *pdev)
{
	struct iommu_group *group = iommu_group_get(&pdev->dev);
	unsigned int nr_devs = 0;

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &nr_devs, t1x_listener_count);
	iommu_group_put(group);
	return nr_devs == 1;
}

/**
 * t1x_listener_add() - from now on hear of the faults of a device
 * @listener: listener, of which only report is set
 * @pdev: device, whose group is in a container and stays there until
 *	  t1x_listener_remove()
 *
 * If another backend has the container there will be no faults, nor bonds.
 *
 * Context: may sleep
 */
void t1x_listener_add(struct t1x_listener *listener, struct pci_dev *pdev)
{
	listener->dev = &pdev->dev;
	listener->requester = t1x_requester_of(pdev);
	listener->is_alone = t1x_listener_is_alone(pdev);
	listener->ioas = t1x_listener_find_ioas(pdev);
	if (!listener->ioas)
		return;
	spin_lock(&t1x_listener_lock);
	list_add_tail_rcu(&listener->next, &listener->ioas->faults.listeners);
	spin_unlock(&t1x_listener_lock);
}
EXPORT_SYMBOL_NS_GPL(t1x_listener_add, VFIO_TYPE1X);

/**
 * t1x_listener_remove() - and no longer
 * @listener: listener; is not called any more when this returns
 *
 * The device is being closed: what was bound by it ends.
 *
 * Context: may sleep
 */
void t1x_listener_remove(struct t1x_listener *listener)
{
	if (!listener->ioas)
		return;
	spin_lock(&t1x_listener_lock);
	list_del_rcu(&listener->next);
	spin_unlock(&t1x_listener_lock);
	synchronize_rcu();
	t1x_bond_end_device(listener->ioas, listener->dev);
	t1x_ioas_put(listener->ioas);
	listener->ioas = NULL;
}
EXPORT_SYMBOL_NS_GPL(t1x_listener_remove, VFIO_TYPE1X);
