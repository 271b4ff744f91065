// SPDX-License-Identifier: GPL-2.0-only
/* Control: calls a function that no kernel has. Must not compile. */
#include <linux/iommu.h>

int probe(struct iommu_domain *domain);
int probe(struct iommu_domain *domain)
{
	return iommu_domain_that_never_existed(domain);
}
