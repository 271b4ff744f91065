/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_VFIO_CONTAINER_H
#define COMPAT_VFIO_CONTAINER_H

/*
 * What vfio core keeps about a container. It is declared in a source file of
 * vfio core, and nothing notices when a copy is wrong, but for "make abi-check".
 */

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/major.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/types.h>

#include <vfio/driver.h>

/**
 * struct vfio_iommu_driver - a registered backend
 * @ops: as it was registered
 * @vfio_next: in vfio core's list of backends
 */
struct vfio_iommu_driver {
	const struct vfio_iommu_driver_ops *ops;
	struct list_head vfio_next;
};

/**
 * struct vfio_container - private_data of a container's file
 * @kref: one reference for the file, one for each group
 * @group_list: groups in the container (@group_lock)
 * @group_lock: held for writing while a group comes or goes, and by SET_IOMMU
 * @iommu_driver: the backend, whose module is held as long as this is not NULL
 *	(@group_lock)
 * @iommu_data: what the open() of the backend returned (@group_lock)
 * @noiommu: a group in it has no IOMMU (@group_lock)
 */
struct vfio_container {
	struct kref kref;
	struct list_head group_list;
	struct rw_semaphore group_lock;
	struct vfio_iommu_driver *iommu_driver;
	void *iommu_data;
	bool noiommu;
};

/**
 * vfio_container_from_file() - the container that an open file is
 * @file: any file, of which the caller has a reference
 *
 * The device number says /dev/vfio/vfio, the owner that vfio core serves it, not iommufd,
 * and that the file was opened for more than its path. For modules that depend on vfio
 * core's, so that no other module has its name.
 *
 * Context: any
 * Return: the container, which lives as long as the file; NULL if the file is none.
 */
static inline struct vfio_container *vfio_container_from_file(const struct file *file)
{
	const struct inode *inode = file_inode(file);
	struct module *owner = file->f_op->owner;

	if (!S_ISCHR(inode->i_mode) || inode->i_rdev != MKDEV(MISC_MAJOR, VFIO_MINOR))
		return NULL;
	if (!owner || strcmp(module_name(owner), "vfio"))
		return NULL;
	return file->private_data;
}

#endif
