// SPDX-License-Identifier: GPL-2.0-only
/* domain_alloc_user() of IOMMU drivers, with these arguments since 6.7. */
#include <linux/iommu.h>

struct iommu_domain *probe(const struct iommu_ops *ops, struct device *dev);
struct iommu_domain *probe(const struct iommu_ops *ops, struct device *dev)
{
	return ops->domain_alloc_user(dev, 0, NULL, NULL);
}
