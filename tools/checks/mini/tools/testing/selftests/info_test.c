// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/vfio.h>

int mini_info(int container, struct vfio_iommu_type1_info *info);

int main(void)
{
	struct vfio_iommu_type1_info info = { .argsz = 1 };

	return mini_info(0, &info) != -EINVAL;
}
