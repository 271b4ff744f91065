/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_IOMMU_INTEL_H
#define COMPAT_IOMMU_INTEL_H

/*
 * What Intel's IOMMU driver keeps about a unit, as far as it is of interest here:
 * the first members only. It is declared in a header of that driver, and nothing
 * notices when a copy is wrong, but for "make abi-check".
 */

#include <linux/types.h>

/**
 * struct intel_iommu - second argument of dmar_fault(), as a void pointer
 * @reg: its registers, mapped as long as it may interrupt
 * @reg_phys: their physical address
 * @reg_size: bytes that are mapped
 * @cap: its capabilities
 */
struct intel_iommu {
	void __iomem *reg;
	u64 reg_phys;
	u64 reg_size;
	u64 cap;
};

#endif
