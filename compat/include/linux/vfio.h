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

/*
 * Members of &struct vfio_device_ops for a device behind an IOMMU that can be opened
 * through iommufd as well, where vfio core knows of that.
 */
#ifdef COMPAT_HAVE_VFIO_IOMMUFD_PHYSICAL
#define VFIO_DEVICE_OPS_IOMMUFD_PHYSICAL				\
	.bind_iommufd = vfio_iommufd_physical_bind,			\
	.unbind_iommufd = vfio_iommufd_physical_unbind,			\
	.attach_ioas = vfio_iommufd_physical_attach_ioas,		\
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#else
#define VFIO_DEVICE_OPS_IOMMUFD_PHYSICAL
#endif

#endif
