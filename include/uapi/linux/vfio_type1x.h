/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What vfio-type1x offers beyond <linux/vfio.h>.
 *
 * Everything here is optional for a user: a program that knows only
 * <linux/vfio.h> runs unmodified.  Members have fixed sizes and natural
 * alignment, so that 32-bit and 64-bit programs see one layout.
 */
#ifndef _UAPI_LINUX_VFIO_TYPE1X_H
#define _UAPI_LINUX_VFIO_TYPE1X_H

#include <linux/types.h>
#include <linux/vfio.h>

/**
 * define VFIO_TYPE1X_IOMMU - IOMMU type that no other backend answers
 *
 * Argument of VFIO_CHECK_EXTENSION and VFIO_SET_IOMMU.  The container behaves
 * as one of VFIO_TYPE1v2_IOMMU does, but SET_IOMMU fails instead of falling
 * through to another backend: if an extension check says 0, or SET_IOMMU
 * fails, no other backend was chosen behind the program's back.
 *
 * The number is ASCII "t1x" followed by a zero byte, far above the small
 * integers that <linux/vfio.h> hands out.
 */
#define VFIO_TYPE1X_IOMMU		0x74317800

/* Length of the strings below, terminating zero byte included. */
#define VFIO_TYPE1X_NAME_LEN		32

/**
 * define VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER - id of the driver capability
 *
 * Member of the VFIO_IOMMU_GET_INFO capability chain; see
 * &struct vfio_iommu_type1_info_cap_driver.
 */
#define VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER	0x7431

/**
 * struct vfio_iommu_type1_info_cap_driver - which backend answers, and its version
 * @header: id VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER, version 1
 * @version: major << 16 | minor << 8 | patch, for comparison by programs
 * @flags: none are defined, zero
 * @name: name of the backend ("vfio-iommu-type1x"), zero terminated
 * @release: version for humans ("0.1.0"), zero terminated
 *
 * The stock backend never emits this id, so that finding it anywhere in the
 * chain proves which backend the container is on.
 */
struct vfio_iommu_type1_info_cap_driver {
	struct vfio_info_cap_header header;
	__u32	version;
	__u32	flags;
	__u8	name[VFIO_TYPE1X_NAME_LEN];
	__u8	release[VFIO_TYPE1X_NAME_LEN];
};

#endif /* _UAPI_LINUX_VFIO_TYPE1X_H */
