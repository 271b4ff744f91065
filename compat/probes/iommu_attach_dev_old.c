// SPDX-License-Identifier: GPL-2.0-only
/* attach_dev() of an IOMMU driver is told of the old domain: not in 6.12, in 7.2. */
#include <linux/iommu.h>

int probe(const struct iommu_domain_ops *ops, struct iommu_domain *domain, struct device *dev);
int probe(const struct iommu_domain_ops *ops, struct iommu_domain *domain, struct device *dev)
{
	return ops->attach_dev(domain, dev, NULL);
}
