// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of processes that an IOMMU shares: since when that is safe. Before,
 * an IOMMU could go on using page tables of the kernel that had been freed, and what
 * repaired it also made this function: not in 6.12, in 7.2. Older kernels declare
 * iommu_sva_bind_device() too. On x86 it refuses in all of them that have been told,
 * and leaks a reference in 6.1; so a wrong n only refuses what might have worked.
 */
#include <linux/iommu.h>

struct iommu_sva *probe(struct device *dev, struct mm_struct *mm);
struct iommu_sva *probe(struct device *dev, struct mm_struct *mm)
{
	iommu_sva_invalidate_kva_range(0, 0);
	return dev->iommu->max_pasids ? iommu_sva_bind_device(dev, mm) : NULL;
}
