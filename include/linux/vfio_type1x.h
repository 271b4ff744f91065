/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the backend offers to the other modules of this package, in the symbol
 * namespace VFIO_TYPE1X.
 */
#ifndef _LINUX_VFIO_TYPE1X_H
#define _LINUX_VFIO_TYPE1X_H

#include <linux/types.h>

struct seq_file;
struct vfio_iommu_driver_ops;

bool t1x_container_show_fdinfo(const struct vfio_iommu_driver_ops *ops, void *iommu_data,
			       struct seq_file *m);

#endif /* _LINUX_VFIO_TYPE1X_H */
