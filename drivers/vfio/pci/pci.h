/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-pci with a region for the faults of the device.
 *
 * main.c has the driver, device.c what vfio core calls, region.c the region and irq.c the
 * interrupt that is raised when something is put into it.
 *
 *	t1x_pci_device, while it is open:
 *
 *	backend --t1x_listener--> ring --> pages <-- mmap, read, write
 *	   any context		    |
 *				    +-- irq_work --> eventfd
 *
 * Lock order, outermost first:
 *
 *	t1x_pci_irq.mutex	which eventfd there is; file tables are looked at under it
 *	t1x_region.lock		the producer's half of the ring (raw; any context but NMI);
 *				nothing is taken under it
 */
#ifndef T1X_PCI_H
#define T1X_PCI_H

#include <linux/align.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfio_type1x.h>

#include <uapi/linux/vfio_type1x.h>

#include "../type1x/core/ring.h"

#define T1X_PCI_NAME	"vfio_pci_type1x"

/* Index of our interrupt, behind those of vfio-pci. */
#define T1X_PCI_IRQ_INDEX	VFIO_PCI_NUM_IRQS

/* Where the parts of the region begin: at a multiple of this, with any page size. */
#define T1X_REGION_ALIGN	ALIGN(PAGE_SIZE, SZ_64K)
#define T1X_REGION_RECORDS_AT	T1X_REGION_ALIGN
#define T1X_REGION_CONSUMER_AT	(2 * T1X_REGION_ALIGN)
#define T1X_REGION_SIZE		(2 * T1X_REGION_ALIGN + PAGE_SIZE)

#define T1X_REGION_NR_RECORDS	(T1X_REGION_ALIGN / sizeof(struct vfio_type1x_fault))
#define T1X_REGION_NR_AREAS	3
#define T1X_REGION_NR_PAGES	(2 + T1X_REGION_ALIGN / PAGE_SIZE)

/**
 * struct t1x_pci_irq - the interrupt of new records
 * @mutex: serialises those who change @trigger
 * @trigger: eventfd that is signalled, or NULL (RCU; changed under @mutex)
 * @raise: signals it
 */
struct t1x_pci_irq {
	struct mutex mutex; /* for SET_IRQS */
	struct eventfd_ctx __rcu *trigger;
	struct irq_work raise;
};

/**
 * struct t1x_region - the fault region of a device that is open
 * @listener: called by the backend, and how we call it
 * @irq: raised for new records
 * @pages: header, records, consumer; each may have users who outlive the region
 * @is_watched: the program has mapped it, has read it, or has given an eventfd
 * @lock: serialises those who report
 * @ring: their half of the queue (@lock)
 */
struct t1x_region {
	struct t1x_listener listener;
	struct t1x_pci_irq *irq;
	struct page *pages[T1X_REGION_NR_PAGES];
	bool is_watched;
	raw_spinlock_t lock; /* one producer at a time; any context but NMI */
	struct t1x_ring ring;
};

/**
 * struct t1x_pci_device - a PCI device that is bound to us
 * @core: what vfio-pci-core knows of it; first, as the driver data points to it
 * @irq: interrupt of new records
 * @region: while it is open
 */
struct t1x_pci_device {
	struct vfio_pci_core_device core;
	struct t1x_pci_irq irq;
	struct t1x_region *region;
};

/* device.c */
extern const struct vfio_device_ops t1x_pci_device_ops;

/* region.c */
int t1x_region_create(struct t1x_pci_device *device);

/* irq.c */
void t1x_pci_irq_init(struct t1x_pci_irq *irq);
void t1x_pci_irq_destroy(struct t1x_pci_irq *irq);
void t1x_pci_irq_disable(struct t1x_pci_irq *irq);
int t1x_pci_irq_info(struct vfio_irq_info __user *arg);
int t1x_pci_irq_set(struct t1x_pci_device *device, struct vfio_irq_set __user *arg);

#endif /* T1X_PCI_H */
