// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

int mini_info(int container, struct vfio_iommu_type1_info *info)
{
	return ioctl(container, VFIO_IOMMU_GET_INFO, info) ? -errno : 0;
}
