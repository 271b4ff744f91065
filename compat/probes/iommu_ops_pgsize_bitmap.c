// SPDX-License-Identifier: GPL-2.0-only
/* Sizes of leaves of all domains of an IOMMU driver: in 6.1 and 6.12, then per domain. */
#include <linux/iommu.h>

void probe(struct iommu_ops *ops);
void probe(struct iommu_ops *ops)
{
	ops->pgsize_bitmap = PAGE_SIZE;
}
