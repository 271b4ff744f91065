// SPDX-License-Identifier: GPL-2.0-only
/* vfio_device_ops.get_region_info_caps(): not in 6.12, in 7.2; an ioctl before. */
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

extern const struct vfio_device_ops probe;
const struct vfio_device_ops probe = {
	.get_region_info_caps = vfio_pci_ioctl_get_region_info,
};
