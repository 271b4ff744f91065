// SPDX-License-Identifier: GPL-2.0-only
/* Features of devices that users of an IOMMU enable: in 6.1 and 6.12, dropped later. */
#include <linux/iommu.h>

int probe(const struct iommu_ops *ops, struct device *dev);
int probe(const struct iommu_ops *ops, struct device *dev)
{
	return ops->dev_enable_feat(dev, IOMMU_DEV_FEAT_IOPF);
}
