// SPDX-License-Identifier: GPL-2.0-only
/* gfp argument of iommu_map() and iommu_map_sg(), 6.3, commit 1369459b2e21. */
#include <linux/iommu.h>

int probe(struct iommu_domain *domain, struct scatterlist *sg);
int probe(struct iommu_domain *domain, struct scatterlist *sg)
{
	if (iommu_map_sg(domain, 0, sg, 1, IOMMU_READ, GFP_KERNEL) < 0)
		return -1;
	return iommu_map(domain, 0, 0, PAGE_SIZE, IOMMU_READ, GFP_KERNEL);
}
