// SPDX-License-Identifier: GPL-2.0-only
/* iommu_enable_nesting(), 4.x to 6.12: later kernels dropped it. */
#include <linux/iommu.h>

int probe(struct iommu_domain *domain);
int probe(struct iommu_domain *domain)
{
	return iommu_enable_nesting(domain);
}
