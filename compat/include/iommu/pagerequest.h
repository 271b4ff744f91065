/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_IOMMU_PAGEREQUEST_H
#define COMPAT_IOMMU_PAGEREQUEST_H

/*
 * Page requests: a device asks for a group of pages, waits for one answer, tries again.
 * Newer kernels hand over a complete group, to the handle of the domain. Older ones hand
 * over each request to the handler of the device, which is <iommu/unrecoverable.h>.
 */

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <iommu/handle.h>
#include <compat_config.h>

/**
 * struct iommu_page_request - a page that a device asks for
 * @addr: its address
 * @perm: IOMMU_FAULT_PERM_READ and so on
 * @pasid: address space of the device, if @has_pasid
 * @group: number of the group, by which it is answered
 * @has_pasid: see @pasid
 * @is_last: of the group, for which the device waits now
 */
struct iommu_page_request {
	u64 addr;
	u32 perm;
	u32 pasid;
	u32 group;
	bool has_pasid;
	bool is_last;
};

/**
 * struct iommu_page_ticket - what is needed to answer a group, once
 * @group: group of requests
 * @dev: device
 * @pasid: of its last request
 */
struct iommu_page_ticket {
#ifdef COMPAT_HAVE_IOPF_FAULT
	struct iopf_group *group;
#else
	struct device *dev;
	u32 pasid;
	u32 group;
#endif
};

/**
 * struct iommu_page_listener - who hears of the page requests of a device
 * @handle: by which he is found
 * @request: takes one, in a thread that may sleep. If it returns 0 for the last one of
 *	     a group, iommu_page_answer() is to be called with a copy of the ticket; that
 *	     may be before @request returns. Else the group is answered as invalid
 */
struct iommu_page_listener {
#ifdef COMPAT_HAVE_IOPF_FAULT
	struct iommu_attach_handle handle;
#endif
	int (*request)(struct iommu_page_listener *listener, struct device *dev,
		       const struct iommu_page_request *request,
		       const struct iommu_page_ticket *ticket);
};

static inline int compat_iommu_page_request(struct iommu_page_listener *listener,
					    struct device *dev,
					    const struct iommu_fault_page_request *from,
					    const struct iommu_page_ticket *ticket)
{
	struct iommu_page_request request = {
		.addr = from->addr,
		.perm = from->perm,
		.pasid = from->pasid,
		.group = from->grpid,
		.has_pasid = from->flags & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID,
		.is_last = from->flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
	};

	return listener->request(listener, dev, &request, ticket);
}

#ifdef COMPAT_HAVE_IOPF_FAULT
static inline void iommu_page_answer(const struct iommu_page_ticket *ticket,
				     enum iommu_page_response_code code)
{
	iopf_group_response(ticket->group, code);
	iopf_free_group(ticket->group);
}

static inline int compat_iommu_page_group(struct iopf_group *group)
{
	struct iommu_page_listener *listener =
		container_of(group->attach_handle, struct iommu_page_listener, handle);
	const struct iommu_page_ticket ticket = { .group = group };
	struct device *dev = group->fault_param->dev;
	struct iopf_fault *iopf;

	list_for_each_entry(iopf, &group->faults, list) {
		if (iopf == &group->last_fault)
			break;
		compat_iommu_page_request(listener, dev, &iopf->fault.prm, &ticket);
	}
	/* When it is taken the group may be gone. */
	if (compat_iommu_page_request(listener, dev, &group->last_fault.fault.prm, &ticket))
		iommu_page_answer(&ticket, IOMMU_PAGE_RESP_INVALID);
	return 0;
}

#ifdef COMPAT_HAVE_IOMMU_DEV_FEATURES
/*
 * iommu_page_enable() - let a device make page requests; an errno if it cannot, or if its
 * driver has no place for them, of which the core would warn when there is a handle.
 */
static inline int iommu_page_enable(struct device *dev)
{
	int ret = iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF);

	if (ret || rcu_access_pointer(dev->iommu->fault_param))
		return ret;
	iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF);
	return -EOPNOTSUPP;
}

/* Reports end before. No answer may be due: the core gives it, and frees the group. */
static inline void iommu_page_disable(struct device *dev)
{
	iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF);
}
#else
/*
 * They begin when a device is attached to a domain that has a handler, and ours gets one
 * later: nobody asks for any.
 */
static inline int iommu_page_enable(struct device *dev)
{
	return -EOPNOTSUPP;
}

static inline void iommu_page_disable(struct device *dev)
{
}
#endif

/* Requests of a group that uses @domain go to @listener, or to nobody if it is NULL. */
static inline int iommu_page_route(struct iommu_domain *domain, struct iommu_group *group,
				   struct iommu_page_listener *listener)
{
	domain->iopf_handler = compat_iommu_page_group;
	/* The domain is the one that it has already: only the handle changes. */
	return iommu_replace_group_handle(group, domain, listener ? &listener->handle : NULL);
}
#else
static inline void iommu_page_answer(const struct iommu_page_ticket *ticket,
				     enum iommu_page_response_code code)
{
	struct iommu_page_response response = {
		.argsz = sizeof(response),
		.version = IOMMU_PAGE_RESP_VERSION_1,
		/* The core takes the flag away where it does not belong. */
		.flags = IOMMU_PAGE_RESP_PASID_VALID,
		.pasid = ticket->pasid,
		.grpid = ticket->group,
		.code = code,
	};

	iommu_page_response(ticket->dev, &response);
}

/* If there is a handler it is called, when the IOMMU driver has something to say. */
static inline int iommu_page_enable(struct device *dev)
{
	return dev->iommu && READ_ONCE(dev->iommu->fault_param) ? 0 : -EOPNOTSUPP;
}

static inline void iommu_page_disable(struct device *dev)
{
}

static inline int iommu_page_route(struct iommu_domain *domain, struct iommu_group *group,
				   struct iommu_page_listener *listener)
{
	return 0;
}

/* Answer the oldest group of a device that still waits. False if it cannot be done. */
static inline bool compat_iommu_page_give_up(struct device *dev)
{
	struct iommu_fault_param *param = dev->iommu->fault_param;
	struct iommu_page_ticket ticket = { .dev = dev };
	struct iommu_fault_event *event;

	if (!dev->iommu->iommu_dev->ops->page_response)
		return false;
	mutex_lock(&param->lock);
	event = list_first_entry_or_null(&param->faults, struct iommu_fault_event, list);
	if (event) {
		ticket.pasid = event->fault.prm.pasid;
		ticket.group = event->fault.prm.grpid;
	}
	mutex_unlock(&param->lock);
	if (event)
		iommu_page_answer(&ticket, IOMMU_PAGE_RESP_INVALID);
	return true;
}
#endif

#endif
