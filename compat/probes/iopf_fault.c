// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests are all that iommu_report_device_fault() takes, in a type of their
 * own, and queues for them are public: 6.9.
 */
#include <linux/iommu.h>

int probe(struct device *dev, struct iopf_fault *fault);
int probe(struct device *dev, struct iopf_fault *fault)
{
	return iommu_report_device_fault(dev, fault);
}
