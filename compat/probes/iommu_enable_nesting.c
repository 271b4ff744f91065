// SPDX-License-Identifier: GPL-2.0-only
/* iommu_enable_nesting(): in 6.1 and 6.12, dropped later. */
#include <linux/iommu.h>

int probe(struct iommu_domain *domain);
int probe(struct iommu_domain *domain)
{
	return iommu_enable_nesting(domain);
}
