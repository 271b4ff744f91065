// SPDX-License-Identifier: GPL-2.0-only
/* vfio_device_ops.match_token_uuid(): not in 6.12, in 7.2; part of match() before. */
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

extern const struct vfio_device_ops probe;
const struct vfio_device_ops probe = {
	.match_token_uuid = vfio_pci_core_match_token_uuid,
};
