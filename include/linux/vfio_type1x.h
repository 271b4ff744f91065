/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the backend offers to the other modules of this package, in the symbol
 * namespace VFIO_TYPE1X.
 */
#ifndef _LINUX_VFIO_TYPE1X_H
#define _LINUX_VFIO_TYPE1X_H

#include <linux/types.h>

struct device;
struct pci_dev;
struct seq_file;
struct t1x_ioas;
struct vfio_iommu_driver_ops;
struct vfio_type1x_fault;

bool t1x_container_show_fdinfo(const struct vfio_iommu_driver_ops *ops, void *iommu_data,
			       struct seq_file *m);

int t1x_tap_register(u32 source);
void t1x_tap_unregister(u32 source);

/* Instead of the address of a unit: it may be any. */
#define T1X_REQUESTER_ANY_UNIT	(~(u64)0)

bool t1x_requester_report(u64 unit, struct vfio_type1x_fault *fault);
void t1x_requester_report_all(u64 unit, const struct vfio_type1x_fault *fault);

/**
 * struct t1x_listener - somebody who is told of the faults of one device
 * @report: called for each of them, in any context but NMI and by several CPUs at once;
 *	    must neither wait nor stop listening.  Returns false if nobody looks at what
 *	    becomes of it, so that the fault is logged as if there were no listener
 * @next: the backend's: in the list of an address space, if @ioas
 * @ioas: the backend's: address space with a reference, or NULL
 * @dev: the backend's: the device
 * @requester: the backend's: as in &struct vfio_type1x_fault
 * @is_alone: the backend's: no other device is in its group
 */
struct t1x_listener {
	bool (*report)(struct t1x_listener *listener, const struct vfio_type1x_fault *fault);

	struct list_head next;
	struct t1x_ioas *ioas;
	struct device *dev;
	u32 requester;
	bool is_alone;
};

void t1x_listener_add(struct t1x_listener *listener, struct pci_dev *pdev);
void t1x_listener_remove(struct t1x_listener *listener);

long t1x_svm_device_ioctl(const struct t1x_listener *listener, unsigned int cmd,
			  unsigned long arg);

#endif /* _LINUX_VFIO_TYPE1X_H */
