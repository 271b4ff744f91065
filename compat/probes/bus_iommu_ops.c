// SPDX-License-Identifier: GPL-2.0-only
/* One IOMMU driver per bus, in the bus: in 6.1, dropped in 6.7. */
#include <linux/device.h>
#include <linux/iommu.h>

const struct iommu_ops *probe(struct device *dev);
const struct iommu_ops *probe(struct device *dev)
{
	return dev->bus->iommu_ops;
}
