// SPDX-License-Identifier: GPL-2.0-only
/* Control: plain code over the same headers as the other probes. Must compile. */
#include <linux/iommu.h>
#include <linux/mm.h>

phys_addr_t probe(struct iommu_domain *domain, struct page *page);
phys_addr_t probe(struct iommu_domain *domain, struct page *page)
{
	return page_to_phys(page) + iommu_iova_to_phys(domain, 0);
}
