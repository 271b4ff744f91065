// SPDX-License-Identifier: GPL-2.0-only
/* iommu_paging_domain_alloc_flags(): not in 6.12, in 7.2. */
#include <linux/iommu.h>

struct iommu_domain *probe(struct device *dev);
struct iommu_domain *probe(struct device *dev)
{
	return iommu_paging_domain_alloc_flags(dev, 0);
}
