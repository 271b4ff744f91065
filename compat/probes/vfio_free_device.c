// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_free_device(): in 6.1, where a driver's release() had to call it; gone before
 * 6.12, where vfio core frees the device after release().
 */
#include <linux/vfio.h>

void probe(struct vfio_device *device);
void probe(struct vfio_device *device)
{
	vfio_free_device(device);
}
