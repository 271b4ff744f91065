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

/* Domains */

struct iommu_user_data;

#define IOMMU_DRIVER_ALLOC_DIRTY	(1 << 1)	/* IOMMU_HWPT_ALLOC_DIRTY_TRACKING */

/**
 * struct iommu_driver_alloc - how an IOMMU driver makes domains
 * @any: by type, of older kernels; NULL on failure
 * @user: as @paging, for kernels that may ask for a domain to nest in, too
 * @identity: that does not translate
 * @paging: with a page table; flags are IOMMU_DRIVER_ALLOC_DIRTY or 0.  Sets everything
 *	that a kernel might expect.
 * @blocked: that always exists; where the kernel does not ask for it, it makes one of
 *	the others
 */
struct iommu_driver_alloc {
	struct iommu_domain *(*any)(unsigned int type);
	struct iommu_domain *(*user)(struct device *dev, u32 flags, struct iommu_domain *parent,
				     const struct iommu_user_data *user_data);
	struct iommu_domain *(*identity)(struct device *dev);
	struct iommu_domain *(*paging)(struct device *dev, u32 flags,
				       const struct iommu_user_data *user_data);
	struct iommu_domain *blocked;
};

static inline void iommu_driver_set_alloc(struct iommu_ops *ops,
					  const struct iommu_driver_alloc *alloc)
{
#ifdef COMPAT_HAVE_IOMMU_DOMAIN_ALLOC_OP
	ops->domain_alloc = alloc->any;
#ifdef COMPAT_HAVE_IOMMU_DOMAIN_ALLOC_USER
	ops->domain_alloc_user = alloc->user;
#endif
#else
	ops->domain_alloc_identity = alloc->identity;
	ops->domain_alloc_paging_flags = alloc->paging;
	ops->blocked_domain = alloc->blocked;
#endif
}

/* @from is told of the domain that the device comes from. */
static inline void iommu_driver_set_attach(struct iommu_domain_ops *ops,
					   int (*attach)(struct iommu_domain *domain,
							 struct device *dev),
					   int (*from)(struct iommu_domain *domain,
						       struct device *dev,
						       struct iommu_domain *old))
{
#ifdef COMPAT_HAVE_IOMMU_ATTACH_DEV_OLD
	ops->attach_dev = from;
#else
	ops->attach_dev = attach;
#endif
}

/* Where the kernel wants to know the sizes of leaves of domains that it makes. */
static inline void iommu_driver_set_page_sizes(struct iommu_ops *ops, unsigned long page_sizes)
{
#ifdef COMPAT_HAVE_IOMMU_OPS_PGSIZE_BITMAP
	ops->pgsize_bitmap = page_sizes;
#endif
}

/* Address spaces of processes, which devices reach by a PASID */

/* @nr_pasids: devices can have this many, the first of which means none. */
static inline void iommu_driver_set_sva(struct iommu_ops *ops, struct iommu_device *iommu,
					struct iommu_domain *(*alloc)(struct device *dev,
								      struct mm_struct *mm),
					u32 nr_pasids)
{
#ifdef COMPAT_HAVE_IOMMU_SVA
	ops->domain_alloc_sva = alloc;
	iommu->max_pasids = nr_pasids;
#endif
}

static inline void iommu_driver_set_pasid(struct iommu_domain_ops *ops,
					  int (*set)(struct iommu_domain *domain,
						     struct device *dev, u32 pasid,
						     struct iommu_domain *old))
{
#ifdef COMPAT_HAVE_IOMMU_SVA
	ops->set_dev_pasid = set;
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

#ifndef COMPAT_HAVE_IOMMU_DEV_FEATURES
enum iommu_dev_features {
	IOMMU_DEV_FEAT_SVA,
	IOMMU_DEV_FEAT_IOPF,
};
#endif

static inline void iommu_driver_set_features(struct iommu_ops *ops,
					     int (*enable)(struct device *dev,
							   enum iommu_dev_features feature),
					     int (*disable)(struct device *dev,
							    enum iommu_dev_features feature))
{
#ifdef COMPAT_HAVE_IOMMU_DEV_FEATURES
	ops->dev_enable_feat = enable;
	ops->dev_disable_feat = disable;
#endif
}

/* Do page requests come with that domain? Otherwise someone enables them. */
static inline bool iommu_driver_wants_faults(const struct iommu_domain *domain)
{
#ifdef COMPAT_HAVE_IOMMU_DEV_FEATURES
	return false;
#else
	return domain->iopf_handler;
#endif
}

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

static inline int iopf_queue_flush_dev(struct device *dev)
{
	return 0;
}

#define iommu_driver_response_t	int
#define IOMMU_DRIVER_RESPONDED	0
#endif

#endif
