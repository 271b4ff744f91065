/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_VFIO_DRIVER_H
#define COMPAT_VFIO_DRIVER_H

/*
 * How a backend registers with vfio core. The kernel keeps this declaration in
 * a header that no headers package ships, and neither module versioning nor the
 * linker notices when a copy is wrong: "make abi-check" compares this one with
 * the type information of every supported kernel and is the only protection.
 */

#include <linux/types.h>

struct iommu_domain;
struct iommu_group;
struct module;
struct page;
struct vfio_device;

enum vfio_group_type {
	/* A device behind an IOMMU: the backend attaches its group to a domain. */
	VFIO_IOMMU,
	/* No DMA of its own: pages are asked for by pin_pages() and dma_rw(). */
	VFIO_EMULATED_IOMMU,
	/* DMA that nothing checks. Never given to a type1 backend. */
	VFIO_NO_IOMMU,
};

enum vfio_iommu_notify_type {
	VFIO_IOMMU_CONTAINER_CLOSE = 0,
};

/**
 * struct vfio_iommu_driver_ops - what vfio core calls in a backend
 * @name: shown to nobody by vfio core itself
 * @owner: module that is held while a container uses the backend
 * @open: makes an instance for one container; @arg is the type of VFIO_SET_IOMMU
 * @release: the container has given up the instance
 * @ioctl: every container ioctl that vfio core does not know, and CHECK_EXTENSION
 *	(then also with a NULL instance, before anyone chose a backend)
 * @attach_group: the devices of a group are to reach the instance's memory
 * @detach_group: and no longer; cannot fail
 * @pin_pages: an emulated device wants pages of an IOVA range
 * @unpin_pages: and gives them back
 * @register_device: an emulated device was opened, and may want dma_unmap() calls
 * @unregister_device: and was closed
 * @dma_rw: an emulated device copies to or from IOVA
 * @group_iommu_domain: the domain a group is attached to
 * @notify: the container's file was closed. Only 6.1 has and calls it; always
 *	declared, and always last, because a kernel without it reads just the
 *	members before.
 */
struct vfio_iommu_driver_ops {
	char *name;
	struct module *owner;
	void *(*open)(unsigned long arg);
	void (*release)(void *iommu_data);
	long (*ioctl)(void *iommu_data, unsigned int cmd, unsigned long arg);
	int (*attach_group)(void *iommu_data, struct iommu_group *group,
			    enum vfio_group_type type);
	void (*detach_group)(void *iommu_data, struct iommu_group *group);
	int (*pin_pages)(void *iommu_data, struct iommu_group *group, dma_addr_t user_iova,
			 int npage, int prot, struct page **pages);
	void (*unpin_pages)(void *iommu_data, dma_addr_t user_iova, int npage);
	void (*register_device)(void *iommu_data, struct vfio_device *vdev);
	void (*unregister_device)(void *iommu_data, struct vfio_device *vdev);
	int (*dma_rw)(void *iommu_data, dma_addr_t user_iova, void *data, size_t count,
		      bool write);
	struct iommu_domain *(*group_iommu_domain)(void *iommu_data, struct iommu_group *group);
	void (*notify)(void *iommu_data, enum vfio_iommu_notify_type event);
};

int vfio_register_iommu_driver(const struct vfio_iommu_driver_ops *ops);
void vfio_unregister_iommu_driver(const struct vfio_iommu_driver_ops *ops);

#endif
