/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_IOMMU_DRIVER_H
#define COMPAT_IOMMU_DRIVER_H

/*
 * What an IOMMU driver offers that some kernels do not ask for. It is written for
 * the newest kernel; here an older one is not told of what it has no room for.
 * For the software IOMMU of the tests: no driver under drivers/ is one.
 */

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <compat_config.h>

/* Dirty pages */

struct iommu_dirty_bitmap;

#ifndef IOMMU_DIRTY_NO_CLEAR
#define IOMMU_DIRTY_NO_CLEAR	(1 << 0)
#endif

#ifdef COMPAT_HAVE_IOMMU_DIRTY_OPS
static inline bool iommu_driver_cap_is_dirty(enum iommu_cap cap)
{
	return cap == IOMMU_CAP_DIRTY_TRACKING;
}

static inline bool iommu_driver_wants_bitmap(const struct iommu_dirty_bitmap *dirty)
{
	return dirty->bitmap;
}

static inline void iommu_driver_record_dirty(struct iommu_dirty_bitmap *dirty,
					     unsigned long iova, unsigned long length)
{
	iommu_dirty_bitmap_record(dirty, iova, length);
}

#define iommu_driver_set_dirty_ops(domain, set, read) do {	\
	static const struct iommu_dirty_ops _dirty_ops = {	\
		.set_dirty_tracking = set,			\
		.read_and_clear_dirty = read,			\
	};							\
								\
	(domain)->dirty_ops = &_dirty_ops;			\
} while (0)
#else
static inline bool iommu_driver_cap_is_dirty(enum iommu_cap cap)
{
	return false;
}

static inline bool iommu_driver_wants_bitmap(const struct iommu_dirty_bitmap *dirty)
{
	return false;
}

static inline void iommu_driver_record_dirty(struct iommu_dirty_bitmap *dirty,
					     unsigned long iova, unsigned long length)
{
}

#define iommu_driver_set_dirty_ops(domain, set, read) do {	\
	(void)(domain);						\
	(void)(set);						\
	(void)(read);						\
} while (0)
#endif

/* Domains with properties that their owner asks for */

struct iommu_user_data;

#define IOMMU_DRIVER_ALLOC_DIRTY	(1 << 1)	/* IOMMU_HWPT_ALLOC_DIRTY_TRACKING */

typedef struct iommu_domain *iommu_driver_alloc_fn(struct device *dev, u32 flags,
						   struct iommu_domain *parent,
						   const struct iommu_user_data *user_data);

static inline void iommu_driver_set_alloc_user(struct iommu_ops *ops, iommu_driver_alloc_fn *fn)
{
#ifdef COMPAT_HAVE_IOMMU_DOMAIN_ALLOC_USER
	ops->domain_alloc_user = fn;
#endif
}

/* Which devices are behind an IOMMU */

#ifdef COMPAT_HAVE_BUS_IOMMU_OPS
/* There is one IOMMU driver, which is asked about every device of a bus. */
static inline int iommu_driver_claim(struct device *dev, struct fwnode_handle *fwnode)
{
	return 0;
}

/* The bus would go on calling a driver that is gone. */
static inline void iommu_driver_leave_buses(const struct iommu_ops *ops)
{
	if (pci_bus_type.iommu_ops == ops)
		pci_bus_type.iommu_ops = NULL;
	if (platform_bus_type.iommu_ops == ops)
		platform_bus_type.iommu_ops = NULL;
}
#else
/*
 * A device that names no IOMMU belongs to the one that the platform has. This is to
 * be done before the IOMMU core sees the device, and by hand: iommu_fwspec_init()
 * wants a lock to be held that is not exported.
 */
static inline int iommu_driver_claim(struct device *dev, struct fwnode_handle *fwnode)
{
	struct iommu_fwspec *fwspec;

	if (dev->iommu)
		return -EBUSY;
	fwspec = kzalloc(struct_size(fwspec, ids, 1), GFP_KERNEL);
	dev->iommu = kzalloc(sizeof(*dev->iommu), GFP_KERNEL);
	if (!fwspec || !dev->iommu) {
		kfree(fwspec);
		kfree(dev->iommu);
		dev->iommu = NULL;
		return -ENOMEM;
	}
	fwspec->iommu_fwnode = fwnode_handle_get(fwnode);
	mutex_init(&dev->iommu->lock);
	dev->iommu->fwspec = fwspec;
	return 0;
}

static inline void iommu_driver_leave_buses(const struct iommu_ops *ops)
{
}
#endif

/* Faults of devices */

#ifdef COMPAT_HAVE_IOPF_FAULT
static inline int iommu_driver_report_unrecoverable(struct device *dev, u64 addr, u32 perm,
						    u32 reason)
{
	return -EOPNOTSUPP;
}

/* Has the driver to answer a page request that could not be reported? */
static inline bool iommu_driver_answers_unclaimed(void)
{
	return false;
}

/* What page_response() of an IOMMU driver is declared as, and returns. */
#define iommu_driver_response_t	void
#define IOMMU_DRIVER_RESPONDED
#else
#define iopf_fault	iommu_fault_event

static inline int iommu_driver_report_unrecoverable(struct device *dev, u64 addr, u32 perm,
						    u32 reason)
{
	struct iommu_fault_event event = {
		.fault = {
			.type = IOMMU_FAULT_DMA_UNRECOV,
			.event = {
				.reason = reason,
				.flags = IOMMU_FAULT_UNRECOV_ADDR_VALID,
				.perm = perm,
				.addr = addr,
			},
		},
	};

	return iommu_report_device_fault(dev, &event);
}

/*
 * Page requests of a device go to whoever registered for them: no queue is needed,
 * nor is one declared in a public header.
 */
struct iopf_queue;

static inline struct iopf_queue *iopf_queue_alloc(const char *name)
{
	return NULL;
}

static inline void iopf_queue_free(struct iopf_queue *queue)
{
}

static inline int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev)
{
	return -EOPNOTSUPP;
}

static inline void iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev)
{
}

static inline bool iommu_driver_answers_unclaimed(void)
{
	return true;
}

#define iommu_driver_response_t	int
#define IOMMU_DRIVER_RESPONDED	0
#endif

#endif
