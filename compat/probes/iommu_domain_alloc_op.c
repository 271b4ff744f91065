// SPDX-License-Identifier: GPL-2.0-only
/* domain_alloc(type) of IOMMU drivers: in 6.1 and 6.12, dropped later. */
#include <linux/iommu.h>

struct iommu_domain *probe(const struct iommu_ops *ops);
struct iommu_domain *probe(const struct iommu_ops *ops)
{
	return ops->domain_alloc(IOMMU_DOMAIN_UNMANAGED);
}
