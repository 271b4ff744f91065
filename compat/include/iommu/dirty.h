/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_IOMMU_DIRTY_H
#define COMPAT_IOMMU_DIRTY_H

/*
 * Dirty bits that an IOMMU records, as a user of domains sees them. The kernel has
 * them since 6.7, but for iommufd only: what is exported to others differs from
 * version to version, and before there is nothing at all.
 */

#include <linux/err.h>
#include <linux/iommu.h>
#include <compat_config.h>

/**
 * iommu_domain_alloc_dirty() - make a domain that can record dirty bits
 * @dev: device that is to be attached to it
 *
 * Return: domain, or ERR_PTR(): -EOPNOTSUPP if this IOMMU or this kernel cannot.
 */
#if defined(COMPAT_HAVE_IOMMU_PAGING_DOMAIN_ALLOC_FLAGS)
static inline struct iommu_domain *iommu_domain_alloc_dirty(struct device *dev)
{
	const u32 alloc_dirty = 1 << 1; /* IOMMU_HWPT_ALLOC_DIRTY_TRACKING */
	struct iommu_domain *domain;

	if (!device_iommu_capable(dev, IOMMU_CAP_DIRTY_TRACKING))
		return ERR_PTR(-EOPNOTSUPP);
	domain = iommu_paging_domain_alloc_flags(dev, alloc_dirty);
	if (IS_ERR(domain) || domain->dirty_ops)
		return domain;
	iommu_domain_free(domain);
	return ERR_PTR(-EOPNOTSUPP);
}
#elif defined(COMPAT_HAVE_IOMMU_DOMAIN_ALLOC_USER)
static inline struct iommu_domain *iommu_domain_alloc_dirty(struct device *dev)
{
	const u32 alloc_dirty = 1 << 1; /* IOMMU_HWPT_ALLOC_DIRTY_TRACKING */
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *domain;

	if (!ops->domain_alloc_user || !device_iommu_capable(dev, IOMMU_CAP_DIRTY_TRACKING))
		return ERR_PTR(-EOPNOTSUPP);
	domain = ops->domain_alloc_user(dev, alloc_dirty, NULL, NULL);
	if (IS_ERR(domain))
		return domain;
	/* What the kernel's own callers of this operation do. */
	domain->owner = ops;
	if (domain->dirty_ops)
		return domain;
	iommu_domain_free(domain);
	return ERR_PTR(-EOPNOTSUPP);
}
#else
static inline struct iommu_domain *iommu_domain_alloc_dirty(struct device *dev)
{
	return ERR_PTR(-EOPNOTSUPP);
}
#endif

#ifdef COMPAT_HAVE_IOMMU_DIRTY_OPS
/**
 * iommu_domain_set_dirty() - start or stop to record
 * @domain: domain from iommu_domain_alloc_dirty()
 * @record: what to do
 *
 * Return: 0 or the errno of the IOMMU driver.
 */
static inline int iommu_domain_set_dirty(struct iommu_domain *domain, bool record)
{
	return domain->dirty_ops->set_dirty_tracking(domain, record);
}

/**
 * iommu_domain_read_dirty() - has a device written there?
 * @domain: domain from iommu_domain_alloc_dirty(), which records
 * @iova: first byte, page aligned
 * @size: bytes, likewise
 * @clear: forget what was found
 * @gather: initialised; takes all from the first leaf that was written to, up to the
 *	    end of the last one
 *
 * Return: 0, also from drivers that have looked at nothing, or an errno.
 */
static inline int iommu_domain_read_dirty(struct iommu_domain *domain, unsigned long iova,
					  size_t size, bool clear,
					  struct iommu_iotlb_gather *gather)
{
	struct iommu_dirty_bitmap dirty = { .gather = gather };

	return domain->dirty_ops->read_and_clear_dirty(domain, iova, size,
						       clear ? 0 : IOMMU_DIRTY_NO_CLEAR,
						       &dirty);
}
#else
static inline int iommu_domain_set_dirty(struct iommu_domain *domain, bool record)
{
	return -EOPNOTSUPP;
}

static inline int iommu_domain_read_dirty(struct iommu_domain *domain, unsigned long iova,
					  size_t size, bool clear,
					  struct iommu_iotlb_gather *gather)
{
	return -EOPNOTSUPP;
}
#endif

#endif
