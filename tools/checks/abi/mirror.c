// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names what compat/include declares in place of headers that the kernel keeps
 * to itself, so that the compiler describes it in its debug information.
 */
#include <linux/dmar.h>
#include <linux/module.h>
#include <iommu/handle.h>
#include <iommu/intel.h>
#include <vfio/container.h>
#include <vfio/driver.h>
#include <vfio/probed.h>

struct abi_mirror {
	struct vfio_iommu_driver_ops ops;
	enum vfio_group_type group_type;
	enum vfio_iommu_notify_type notify_type;
	struct vfio_iommu_driver driver;
	struct vfio_container container;
	struct intel_iommu unit;
	/* A declared function is not described, a pointer to one is. */
	typeof(vfio_register_iommu_driver) *vfio_register_iommu_driver;
	typeof(vfio_unregister_iommu_driver) *vfio_unregister_iommu_driver;
	typeof(show_fd_locks) *show_fd_locks;
	typeof(dmar_fault) *dmar_fault;
	typeof(iommu_replace_group_handle) *iommu_replace_group_handle;
};

extern struct abi_mirror abi_mirror;
struct abi_mirror abi_mirror;

MODULE_DESCRIPTION("never loaded");
MODULE_LICENSE("GPL");
