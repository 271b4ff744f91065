// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of the IOMMU: domains, and which device is attached to which.
 *
 * It is one among several where the kernel allows that.  Where it does not, it can
 * only be registered if the machine has no other IOMMU that is in use.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include <iommu/driver.h>

#include "t1x_ti.h"

static struct iommu_device t1x_ti_iommu;
static unsigned long t1x_ti_leaf_sizes;	/* of domains made from now on */

static bool t1x_ti_can_track(const struct t1x_ti_dev *td)
{
	return t1x_ti_does(dirty) != T1X_TI_DIRTY_NONE &&
	       !(t1x_ti_does(plain_devices) & BIT(td - t1x_ti.devs));
}

static bool t1x_ti_capable(struct device *dev, enum iommu_cap cap)
{
	/* Without coherent DMA VFIO would not take the device. */
	return cap == IOMMU_CAP_CACHE_COHERENCY ||
	       (iommu_driver_cap_is_dirty(cap) && t1x_ti_can_track(t1x_ti_pci_find(dev)));
}

static struct iommu_device *t1x_ti_probe_device(struct device *dev)
{
	return t1x_ti_pci_find(dev) ? &t1x_ti_iommu : ERR_PTR(-ENODEV);
}

static void t1x_ti_release_device(struct device *dev)
{
	struct t1x_ti_dev *td = t1x_ti_pci_find(dev);

	while (td->fault_users)
		t1x_ti_fault_put(td, dev);
	guard(mutex)(&td->lock);
	td->domain = NULL;
}

static int t1x_ti_enable_feature(struct device *dev, enum iommu_dev_features feature)
{
	if (feature != IOMMU_DEV_FEAT_IOPF || t1x_ti_does(flags) & T1X_TI_NO_REQUESTS)
		return -EOPNOTSUPP;
	if (t1x_ti_does(flags) & T1X_TI_NO_QUEUE)
		return 0;
	return t1x_ti_fault_get(t1x_ti_pci_find(dev), dev);
}

static int t1x_ti_disable_feature(struct device *dev, enum iommu_dev_features feature)
{
	if (feature != IOMMU_DEV_FEAT_IOPF)
		return -EOPNOTSUPP;
	t1x_ti_fault_put(t1x_ti_pci_find(dev), dev);
	return 0;
}

/* Nothing but VFIO uses the devices: no need for the DMA API to find its way. */
static int t1x_ti_default_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static iommu_driver_response_t t1x_ti_page_response(struct device *dev, struct iopf_fault *fault,
						    struct iommu_page_response *response)
{
	t1x_ti_fault_responded(t1x_ti_pci_find(dev), &fault->fault.prm, response->code);
	return IOMMU_DRIVER_RESPONDED;
}

static int t1x_ti_may_attach(struct t1x_ti_domain *d, const struct t1x_ti_dev *td)
{
	int ret = 0;

	if (t1x_ti_does(attach_devices) & BIT(td - t1x_ti.devs))
		return -(int)t1x_ti_does(attach_errno);
	if (d->can_track && !t1x_ti_can_track(td))
		return -EINVAL;
	spin_lock(&d->lock);
	if (!d->owner)
		d->owner = td;
	else if (d->owner != td && t1x_ti_does(flags) & T1X_TI_APART)
		ret = -EINVAL;
	spin_unlock(&d->lock);
	return ret;
}

/* Page requests, if they come with the domain. */
static int t1x_ti_move_faults(struct t1x_ti_dev *td, struct device *dev,
			      const struct iommu_domain *domain)
{
	int ret;

	if (iommu_driver_wants_faults(domain)) {
		ret = t1x_ti_fault_get(td, dev);
		if (ret)
			return ret;
	}
	if (td->domain && iommu_driver_wants_faults(&td->domain->domain))
		t1x_ti_fault_put(td, dev);
	return 0;
}

static int t1x_ti_attach(struct iommu_domain *domain, struct device *dev)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);
	struct t1x_ti_dev *td = t1x_ti_pci_find(dev);
	int ret;

	/* Those of the IOMMU core are not told apart, and never refused. */
	if (domain->type == IOMMU_DOMAIN_UNMANAGED) {
		ret = t1x_ti_may_attach(d, td);
		if (ret)
			return ret;
	}
	ret = t1x_ti_move_faults(td, dev, domain);
	if (ret)
		return ret;
	guard(mutex)(&td->lock);
	td->domain = d;
	return 0;
}

static int t1x_ti_attach_from(struct iommu_domain *domain, struct device *dev,
			      struct iommu_domain *old)
{
	return t1x_ti_attach(domain, dev);
}

static void t1x_ti_domain_free(struct iommu_domain *domain)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);

	if (d->tracking)
		atomic64_dec(&t1x_ti.tracking);
	if (domain->type != IOMMU_DOMAIN_IDENTITY)
		atomic64_dec(&t1x_ti.domains);
	t1x_ti_table_destroy(d);
	kfree(d);
}

static struct iommu_domain_ops t1x_ti_domain_ops = {
	.map_pages = t1x_ti_table_map,
	.unmap_pages = t1x_ti_table_unmap,
	.flush_iotlb_all = t1x_ti_dirty_flush,
	.iotlb_sync = t1x_ti_dirty_sync,
	.iova_to_phys = t1x_ti_table_phys,
	.free = t1x_ti_domain_free,
};

/* Whatever the type: one that only blocks is a page table that stays empty. */
static struct iommu_domain *t1x_ti_domain_alloc(unsigned int type)
{
	struct t1x_ti_domain *d;

	if (type & ~(IOMMU_DOMAIN_IDENTITY | IOMMU_DOMAIN_UNMANAGED | IOMMU_DOMAIN_DMA))
		return NULL;
	d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	if (!d)
		return NULL;
	t1x_ti_table_init(d);
	d->domain.pgsize_bitmap = t1x_ti_leaf_sizes;
	d->domain.geometry.aperture_end =
		t1x_ti_does(flags) & T1X_TI_WIDE ? ULONG_MAX : DMA_BIT_MASK(48);
	d->domain.geometry.force_aperture = true;
	if (type != IOMMU_DOMAIN_IDENTITY)
		atomic64_inc(&t1x_ti.domains);
	return &d->domain;
}

static struct iommu_ops t1x_ti_ops = {
	.owner = THIS_MODULE,
	.capable = t1x_ti_capable,
	.probe_device = t1x_ti_probe_device,
	.release_device = t1x_ti_release_device,
	.device_group = generic_device_group,
	.page_response = t1x_ti_page_response,
	.def_domain_type = t1x_ti_default_type,
	.default_domain_ops = &t1x_ti_domain_ops,
};

static struct iommu_domain *t1x_ti_domain_alloc_identity(struct device *dev)
{
	return t1x_ti_domain_alloc(IOMMU_DOMAIN_IDENTITY) ?: ERR_PTR(-ENOMEM);
}

/* The caller sets the owner of the domain. */
static struct iommu_domain *t1x_ti_domain_alloc_paging(struct device *dev, u32 flags,
						       const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain;

	if (flags & ~IOMMU_DRIVER_ALLOC_DIRTY || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	if (flags && !t1x_ti_can_track(t1x_ti_pci_find(dev)))
		return ERR_PTR(-EOPNOTSUPP);
	domain = t1x_ti_domain_alloc(IOMMU_DOMAIN_UNMANAGED);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->ops = &t1x_ti_domain_ops;
	if (flags) {
		t1x_ti_domain_of(domain)->can_track = true;
		iommu_driver_set_dirty_ops(domain, t1x_ti_dirty_set, t1x_ti_dirty_read);
	}
	return domain;
}

static struct iommu_domain *t1x_ti_domain_alloc_user(struct device *dev, u32 flags,
						     struct iommu_domain *parent,
						     const struct iommu_user_data *user_data)
{
	return parent ? ERR_PTR(-EOPNOTSUPP) : t1x_ti_domain_alloc_paging(dev, flags, user_data);
}

/* Where the kernel wants one that is always there, and by which PASIDs are blocked, too. */
static struct iommu_domain_ops t1x_ti_blocked_ops;

static struct t1x_ti_domain t1x_ti_blocked = {
	.domain = {
		.type = IOMMU_DOMAIN_BLOCKED,
		.ops = &t1x_ti_blocked_ops,
	},
};

static const struct iommu_driver_alloc t1x_ti_alloc = {
	.any = t1x_ti_domain_alloc,
	.user = t1x_ti_domain_alloc_user,
	.identity = t1x_ti_domain_alloc_identity,
	.paging = t1x_ti_domain_alloc_paging,
	.blocked = &t1x_ti_blocked.domain,
};

/* Comes before the IOMMU core's own notifier. */
static int t1x_ti_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct device *dev = data;

	if (action == BUS_NOTIFY_ADD_DEVICE && t1x_ti_pci_find(dev) &&
	    iommu_driver_claim(dev, t1x_ti_iommu.fwnode))
		dev_warn(dev, "is not behind the software IOMMU\n");
	return NOTIFY_DONE;
}

static struct notifier_block t1x_ti_notifier = {
	.notifier_call = t1x_ti_notify,
	.priority = 1,
};

/**
 * t1x_ti_ops_page_sizes() - choose the sizes of leaves
 * @page_sizes: for domains made from now on
 */
void t1x_ti_ops_page_sizes(unsigned long page_sizes)
{
	t1x_ti_leaf_sizes = page_sizes;
	iommu_driver_set_page_sizes(&t1x_ti_ops, page_sizes);
}

static void t1x_ti_ops_fill(unsigned long page_sizes)
{
	t1x_ti_table_init(&t1x_ti_blocked);
	t1x_ti_ops_page_sizes(page_sizes);
	iommu_driver_set_alloc(&t1x_ti_ops, &t1x_ti_alloc);
	iommu_driver_set_attach(&t1x_ti_domain_ops, t1x_ti_attach, t1x_ti_attach_from);
	iommu_driver_set_attach(&t1x_ti_blocked_ops, t1x_ti_attach, t1x_ti_attach_from);
	iommu_driver_set_pasid(&t1x_ti_blocked_ops, t1x_ti_sva_clear);
	t1x_ti_sva_init();
	iommu_driver_set_features(&t1x_ti_ops, t1x_ti_enable_feature, t1x_ti_disable_feature);
	iommu_driver_set_sva(&t1x_ti_ops, &t1x_ti_iommu, t1x_ti_sva_domain_alloc,
			     t1x_ti.pasid_bits ? BIT(t1x_ti.pasid_bits) : 0);
}

/**
 * t1x_ti_ops_init() - register the IOMMU
 * @page_sizes: sizes of leaves
 *
 * Return: 0 or an errno; -EBUSY if there is another IOMMU, and the kernel takes but one.
 */
int t1x_ti_ops_init(unsigned long page_sizes)
{
	int ret;

	t1x_ti_ops_fill(page_sizes);
	t1x_ti_iommu.fwnode = fwnode_create_software_node(NULL, NULL);
	if (IS_ERR(t1x_ti_iommu.fwnode))
		return PTR_ERR(t1x_ti_iommu.fwnode);
	ret = iommu_device_sysfs_add(&t1x_ti_iommu, NULL, NULL, "t1x-test-iommu");
	if (ret)
		goto err_fwnode;
	ret = iommu_device_register(&t1x_ti_iommu, &t1x_ti_ops, NULL);
	if (ret)
		goto err_sysfs;
	ret = bus_register_notifier(&pci_bus_type, &t1x_ti_notifier);
	if (ret)
		goto err_unregister;
	t1x_ti_fault_init();
	return 0;

err_unregister:
	iommu_driver_leave_buses(&t1x_ti_ops);
	iommu_device_unregister(&t1x_ti_iommu);
err_sysfs:
	iommu_device_sysfs_remove(&t1x_ti_iommu);
err_fwnode:
	fwnode_remove_software_node(t1x_ti_iommu.fwnode);
	return ret;
}

/**
 * t1x_ti_ops_exit() - take the IOMMU away, when there is no device behind it
 */
void t1x_ti_ops_exit(void)
{
	t1x_ti_fault_exit();
	bus_unregister_notifier(&pci_bus_type, &t1x_ti_notifier);
	iommu_driver_leave_buses(&t1x_ti_ops);
	iommu_device_unregister(&t1x_ti_iommu);
	iommu_device_sysfs_remove(&t1x_ti_iommu);
	fwnode_remove_software_node(t1x_ti_iommu.fwnode);
}
