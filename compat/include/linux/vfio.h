/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_VFIO_H
#define COMPAT_LINUX_VFIO_H

#include_next <linux/vfio.h>

#include <compat_config.h>

#ifndef COMPAT_HAVE_VFIO_FREE_DEVICE
/*
 * The last thing that the release() of a VFIO device calls. Where vfio core does
 * not leave it to the driver, it frees the device by itself when that returns.
 */
static inline void vfio_free_device(struct vfio_device *device)
{
}
#endif

#endif
