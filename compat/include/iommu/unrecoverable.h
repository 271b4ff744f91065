/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_IOMMU_UNRECOVERABLE_H
#define COMPAT_IOMMU_UNRECOVERABLE_H

/*
 * Faults that an IOMMU driver tells of per device, and that cannot be repaired. The
 * kernel had a handler for them until its faults of devices became page requests
 * only; so the newest kernel is the one that has nothing.
 */

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <iommu/pagerequest.h>
#include <compat_config.h>

#define IOMMU_UNRECOVERABLE_READ	(1 << 0)
#define IOMMU_UNRECOVERABLE_WRITE	(1 << 1)
#define IOMMU_UNRECOVERABLE_EXEC	(1 << 2)
#define IOMMU_UNRECOVERABLE_PRIV	(1 << 3)

enum iommu_unrecoverable_reason {
	IOMMU_UNRECOVERABLE_PASID_FETCH = 1,
	IOMMU_UNRECOVERABLE_BAD_PASID_ENTRY,
	IOMMU_UNRECOVERABLE_PASID_INVALID,
	IOMMU_UNRECOVERABLE_WALK_EABT,
	IOMMU_UNRECOVERABLE_PTE_FETCH,
	IOMMU_UNRECOVERABLE_PERMISSION,
	IOMMU_UNRECOVERABLE_ACCESS,
	IOMMU_UNRECOVERABLE_OOR_ADDRESS,
};

/**
 * struct iommu_unrecoverable - such a fault
 * @addr: address that was accessed, if @has_addr
 * @fetch_addr: address of what could not be fetched, or 0
 * @reason: an &enum iommu_unrecoverable_reason, or 0
 * @perm: IOMMU_UNRECOVERABLE_READ and so on
 * @pasid: of the access, if @has_pasid
 * @has_addr: see @addr
 * @has_pasid: see @pasid
 */
struct iommu_unrecoverable {
	u64 addr;
	u64 fetch_addr;
	u32 reason;
	u32 perm;
	u32 pasid;
	bool has_addr;
	bool has_pasid;
};

/**
 * struct iommu_unrecoverable_listener - who hears of those of a device
 * @report: returns 0, or an errno if the fault is to be treated as if nobody listened
 * @pages: where page requests go, which come to the same handler
 * @dev: device
 */
struct iommu_unrecoverable_listener {
	int (*report)(struct iommu_unrecoverable_listener *listener,
		      const struct iommu_unrecoverable *event);
	struct iommu_page_listener *pages;
	struct device *dev;
};

/* iommu_listen_unrecoverable(): one for each device, else EBUSY. */
#ifdef COMPAT_HAVE_IOPF_FAULT
static inline int iommu_listen_unrecoverable(struct device *dev,
					     struct iommu_unrecoverable_listener *listener)
{
	return -EOPNOTSUPP;
}

static inline void iommu_unlisten_unrecoverable(struct device *dev)
{
}
#else
static inline int compat_iommu_page_fault(struct iommu_unrecoverable_listener *listener,
					  const struct iommu_fault_page_request *from)
{
	const struct iommu_page_ticket ticket = {
		.dev = listener->dev,
		.pasid = from->pasid,
		.group = from->grpid,
	};

	return compat_iommu_page_request(listener->pages, listener->dev, from, &ticket);
}

static inline int compat_iommu_unrecoverable(struct iommu_fault *fault, void *data)
{
	struct iommu_unrecoverable_listener *listener = data;
	const struct iommu_fault_unrecoverable *from = &fault->event;
	struct iommu_unrecoverable event = {
		.addr = from->addr,
		.reason = from->reason,
		.perm = from->perm,
		.pasid = from->pasid,
		.has_addr = from->flags & IOMMU_FAULT_UNRECOV_ADDR_VALID,
		.has_pasid = from->flags & IOMMU_FAULT_UNRECOV_PASID_VALID,
	};

	/* The driver answers those that nobody takes. */
	if (fault->type == IOMMU_FAULT_PAGE_REQ)
		return compat_iommu_page_fault(listener, &fault->prm);
	if (fault->type != IOMMU_FAULT_DMA_UNRECOV)
		return -EOPNOTSUPP;
	if (from->flags & IOMMU_FAULT_UNRECOV_FETCH_ADDR_VALID)
		event.fetch_addr = from->fetch_addr;
	return listener->report(listener, &event);
}

static inline int iommu_listen_unrecoverable(struct device *dev,
					     struct iommu_unrecoverable_listener *listener)
{
	listener->dev = dev;
	return iommu_register_device_fault_handler(dev, compat_iommu_unrecoverable, listener);
}

/*
 * Page requests are taken no more. Those that still wait for an answer would make it
 * fail: two that differ in the PASID only can be taken one for the other by the core.
 */
static inline void iommu_unlisten_unrecoverable(struct device *dev)
{
	while (iommu_unregister_device_fault_handler(dev) == -EBUSY)
		if (!compat_iommu_page_give_up(dev))
			break;
}
#endif

#endif
