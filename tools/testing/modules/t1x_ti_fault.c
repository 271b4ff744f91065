// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of devices, which concern no domain, and the answers to page requests.
 */
#include <iommu/driver.h>

#include "t1x_ti.h"

static int t1x_ti_fault_page_request(struct t1x_ti_dev *td, const struct t1x_ti_report *report)
{
	struct iopf_fault fault = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = {
				.pasid = report->pasid,
				.grpid = report->grpid,
				.perm = report->perm,
				.addr = report->addr,
			},
		},
	};
	struct iommu_fault_page_request *request = &fault.fault.prm;
	int ret;

	if (report->flags & T1X_TI_LAST)
		request->flags |= IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE;
	if (report->flags & T1X_TI_PASID)
		request->flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
	if (report->flags & T1X_TI_NEEDS_PASID)
		request->flags |= IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID;
	if (report->flags & T1X_TI_LAST)
		atomic64_inc(&t1x_ti.requests);
	guard(rwsem_read)(&td->reports);
	ret = iommu_report_device_fault(&td->pdev->dev, &fault);
	/* What nobody takes is the driver's to answer, or has been answered by the core. */
	if (ret && iommu_driver_answers_unclaimed())
		t1x_ti_fault_responded(td, request, IOMMU_PAGE_RESP_INVALID);
	return ret;
}

/**
 * t1x_ti_fault_report() - report a fault of a device
 * @td: device
 * @report: which, checked
 *
 * Return: 0, or what the IOMMU core or a handler says.
 */
int t1x_ti_fault_report(struct t1x_ti_dev *td, const struct t1x_ti_report *report)
{
	atomic64_inc(&t1x_ti.faults);
	if (report->type == T1X_TI_PAGE_REQUEST)
		return t1x_ti_fault_page_request(td, report);
	return iommu_driver_report_unrecoverable(&td->pdev->dev, report->addr, report->perm,
						 report->reason);
}

/**
 * t1x_ti_fault_responded() - note the answer to a group of page requests
 * @td: device
 * @request: last one of the group; others are not waited for, and not noted
 * @code: answer; the oldest one is forgotten if there are too many
 */
void t1x_ti_fault_responded(struct t1x_ti_dev *td, const struct iommu_fault_page_request *request,
			    u32 code)
{
	unsigned int index;

	if (!(request->flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE))
		return;
	atomic64_inc(&t1x_ti.responses);
	spin_lock(&td->responses_lock);
	if (td->nr_responses == T1X_TI_RESPONSES)
		td->first_response++;
	else
		td->nr_responses++;
	index = (td->first_response + td->nr_responses - 1) % T1X_TI_RESPONSES;
	td->responses[index] = (struct t1x_ti_response){
		.grpid = request->grpid,
		.pasid = request->pasid,
		.code = code,
	};
	spin_unlock(&td->responses_lock);
}

/**
 * t1x_ti_fault_response() - the oldest answer
 * @td: device
 * @response: set to it
 *
 * Return: 0, or -EAGAIN if there is none.
 */
int t1x_ti_fault_response(struct t1x_ti_dev *td, struct t1x_ti_response *response)
{
	u32 device = response->device;
	int ret = -EAGAIN;

	spin_lock(&td->responses_lock);
	if (td->nr_responses) {
		*response = td->responses[td->first_response++ % T1X_TI_RESPONSES];
		response->device = device;
		td->nr_responses--;
		ret = 0;
	}
	spin_unlock(&td->responses_lock);
	return ret;
}
