// SPDX-License-Identifier: GPL-2.0-only
/* Dirty tracking of IOMMU domains, 6.7, commit 750e2e902b71. */
#include <linux/iommu.h>

void probe(struct iommu_domain *domain, const struct iommu_dirty_ops *ops);
void probe(struct iommu_domain *domain, const struct iommu_dirty_ops *ops)
{
	domain->dirty_ops = ops;
}
