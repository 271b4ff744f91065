/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_IOMMU_H
#define COMPAT_LINUX_IOMMU_H

#include_next <linux/iommu.h>

#include <linux/device.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/irqdomain.h>
#include <compat_config.h>

#ifndef COMPAT_HAVE_IOMMU_MAP_GFP
/*
 * Without a gfp argument there are two functions, one that may sleep and one
 * that may not. Page tables are then never charged to a memory cgroup, whatever
 * @gfp says.
 */
static inline int compat_iommu_map(struct iommu_domain *domain, unsigned long iova,
				   phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp))
		return iommu_map(domain, iova, paddr, size, prot);
	return iommu_map_atomic(domain, iova, paddr, size, prot);
}

static inline ssize_t compat_iommu_map_sg(struct iommu_domain *domain, unsigned long iova,
					  struct scatterlist *sg, unsigned int nents,
					  int prot, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp))
		return iommu_map_sg(domain, iova, sg, nents, prot);
	return iommu_map_sg_atomic(domain, iova, sg, nents, prot);
}

#define iommu_map	compat_iommu_map
#define iommu_map_sg	compat_iommu_map_sg
#endif

#ifndef COMPAT_HAVE_IOMMU_PAGING_DOMAIN_ALLOC
static inline struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	return domain ? domain : ERR_PTR(-EIO);
}
#endif

#ifndef COMPAT_HAVE_IOMMU_GROUP_HAS_ISOLATED_MSI
static inline int compat_dev_lacks_intr_remap(struct device *dev, void *unused)
{
	return !device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
}

/*
 * Two mechanisms from before there was one question for both: the platform
 * remaps every MSI (ARM), or the IOMMU of each device does (x86).
 */
static inline bool iommu_group_has_isolated_msi(struct iommu_group *group)
{
	return irq_domain_check_msi_remap() ||
	       !iommu_group_for_each_dev(group, NULL, compat_dev_lacks_intr_remap);
}
#endif

/**
 * iommu_can_nest() - may iommu_enable_nesting() succeed at all on this kernel?
 *
 * Return: false where the kernel no longer has the function. Then type 6
 * containers are ordinary ones.
 */
#ifdef COMPAT_HAVE_IOMMU_ENABLE_NESTING
static inline bool iommu_can_nest(void)
{
	return true;
}
#else
static inline bool iommu_can_nest(void)
{
	return false;
}

static inline int iommu_enable_nesting(struct iommu_domain *domain)
{
	return -EOPNOTSUPP;
}
#endif

/**
 * iommu_sva_nr_pasids() - to how many address spaces can a device be bound?
 * @dev: device
 *
 * Return: the PASIDs that it and its IOMMU can use are below this number, and above 0;
 * 0 also where iommu_sva_bind_device() is not to be called.
 */
#ifdef COMPAT_HAVE_IOMMU_SVA
static inline u32 iommu_sva_nr_pasids(struct device *dev)
{
	return dev->iommu ? dev->iommu->max_pasids : 0;
}
#else
static inline u32 iommu_sva_nr_pasids(struct device *dev)
{
	return 0;
}

/* Never the kernel's own: compat/probes/iommu_sva.c says why. */
static inline struct iommu_sva *compat_iommu_sva_bind_device(struct device *dev,
							     struct mm_struct *mm)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline u32 compat_iommu_sva_get_pasid(struct iommu_sva *handle)
{
	return 0;
}

static inline void compat_iommu_sva_unbind_device(struct iommu_sva *handle)
{
}

#define iommu_sva_bind_device	compat_iommu_sva_bind_device
#define iommu_sva_get_pasid	compat_iommu_sva_get_pasid
#define iommu_sva_unbind_device	compat_iommu_sva_unbind_device
#endif

#endif
