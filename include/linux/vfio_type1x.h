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
struct vfio_type1x_fault;

bool t1x_container_show_fdinfo(const struct vfio_iommu_driver_ops *ops, void *iommu_data,
			       struct seq_file *m);

/**
 * struct t1x_tap - a module that hears of faults which no IOMMU driver tells us of
 * @source: its &enum vfio_type1x_fault_source
 * @is_live: would it hear of a fault just now?  Must not sleep
 */
struct t1x_tap {
	u32 source;
	bool (*is_live)(void);
};

int t1x_tap_register(const struct t1x_tap *tap);
void t1x_tap_unregister(const struct t1x_tap *tap);

/* Instead of the address of a unit: it may be any. */
#define T1X_REQUESTER_ANY_UNIT	(~(u64)0)

bool t1x_requester_report(u64 unit, struct vfio_type1x_fault *fault);
void t1x_requester_report_all(u64 unit, const struct vfio_type1x_fault *fault);

#endif /* _LINUX_VFIO_TYPE1X_H */
