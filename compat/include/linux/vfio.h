/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_VFIO_H
#define COMPAT_LINUX_VFIO_H

#include_next <linux/vfio.h>

#include <compat_config.h>

/* A name that the newest kernel has taken back; its number still belongs to it. */
#ifndef VFIO_TYPE1_NESTING_IOMMU
#define VFIO_TYPE1_NESTING_IOMMU	6
#endif

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
 * Members of &struct vfio_device_ops for a PCI device behind an IOMMU that not all kernels
 * have: what was an ioctl once, what was part of match() before that, and how iommufd gets
 * at the device.
 */
#if defined(COMPAT_HAVE_VFIO_REGION_INFO_CAPS)
#define VFIO_PCI_DEVICE_OPS_PHYSICAL					\
	.get_region_info_caps = vfio_pci_ioctl_get_region_info,		\
	.match_token_uuid = vfio_pci_core_match_token_uuid,		\
	.bind_iommufd = vfio_iommufd_physical_bind,			\
	.unbind_iommufd = vfio_iommufd_physical_unbind,			\
	.attach_ioas = vfio_iommufd_physical_attach_ioas,		\
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#elif defined(COMPAT_HAVE_VFIO_MATCH_TOKEN_UUID)
#define VFIO_PCI_DEVICE_OPS_PHYSICAL					\
	.match_token_uuid = vfio_pci_core_match_token_uuid,		\
	.bind_iommufd = vfio_iommufd_physical_bind,			\
	.unbind_iommufd = vfio_iommufd_physical_unbind,			\
	.attach_ioas = vfio_iommufd_physical_attach_ioas,		\
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#elif defined(COMPAT_HAVE_VFIO_IOMMUFD_PHYSICAL)
#define VFIO_PCI_DEVICE_OPS_PHYSICAL					\
	.bind_iommufd = vfio_iommufd_physical_bind,			\
	.unbind_iommufd = vfio_iommufd_physical_unbind,			\
	.attach_ioas = vfio_iommufd_physical_attach_ioas,		\
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#else
#define VFIO_PCI_DEVICE_OPS_PHYSICAL
#endif

#endif
