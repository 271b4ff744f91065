// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of devices, which concern no domain, and the answers to page requests.
 */
#include <linux/completion.h>

#include <iommu/driver.h>

#include "t1x_ti.h"

/* Groups of page requests that a DMA makes; those of T1X_TI_REPORT are smaller. */
#define T1X_TI_GROUP_ASKED	(1U << 31)
#define T1X_TI_GRANTED		0	/* see t1x_ti_response.code */

static struct iopf_queue *t1x_ti_fault_queue;	/* NULL where the kernel does without */

/**
 * t1x_ti_fault_init() - make the queue of page requests
 */
void t1x_ti_fault_init(void)
{
	t1x_ti_fault_queue = iopf_queue_alloc("t1x-test-iommu");
}

/**
 * t1x_ti_fault_exit() - free it, when there is no device any more
 */
void t1x_ti_fault_exit(void)
{
	iopf_queue_free(t1x_ti_fault_queue);
}

/**
 * t1x_ti_fault_get() - let a device make page requests
 * @td: device
 * @dev: likewise
 *
 * Return: 0; -EOPNOTSUPP where the kernel has no queue for them.
 */
int t1x_ti_fault_get(struct t1x_ti_dev *td, struct device *dev)
{
	int ret;

	if (!t1x_ti_fault_queue)
		return -EOPNOTSUPP;
	guard(rwsem_write)(&td->reports);
	if (!td->fault_users) {
		ret = iopf_queue_add_device(t1x_ti_fault_queue, dev);
		if (ret)
			return ret;
	}
	td->fault_users++;
	return 0;
}

/**
 * t1x_ti_fault_put() - one reason for it is gone
 * @td: device
 * @dev: likewise
 *
 * Nothing is on the way to the core when it forgets the device.
 */
void t1x_ti_fault_put(struct t1x_ti_dev *td, struct device *dev)
{
	guard(rwsem_write)(&td->reports);
	if (td->fault_users && !--td->fault_users)
		iopf_queue_remove_device(t1x_ti_fault_queue, dev);
}

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
 * t1x_ti_fault_ask() - make a page request and wait for the answer
 * @td: device, which asks one question at a time
 * @report: request; its group is set
 *
 * Return: whether it was granted.
 */
bool t1x_ti_fault_ask(struct t1x_ti_dev *td, struct t1x_ti_report *report)
{
	struct t1x_ti_question *question = &td->question;

	lockdep_assert_held(&td->pasid_lock);
	spin_lock(&td->responses_lock);
	reinit_completion(&question->answered);
	question->grpid = (question->grpid + 1) | T1X_TI_GROUP_ASKED;
	question->is_open = true;
	spin_unlock(&td->responses_lock);

	report->grpid = question->grpid;
	/* On failure it has been answered, too, if there is someone to answer. */
	if (t1x_ti_fault_report(td, report) && !completion_done(&question->answered))
		return false;
	wait_for_completion(&question->answered);
	return question->code == T1X_TI_GRANTED;
}

static bool t1x_ti_fault_is_answer(struct t1x_ti_dev *td, u32 grpid, u32 code)
{
	struct t1x_ti_question *question = &td->question;

	lockdep_assert_held(&td->responses_lock);
	if (!question->is_open || question->grpid != grpid)
		return false;
	question->code = code;
	question->is_open = false;
	complete(&question->answered);
	return true;
}

static void t1x_ti_fault_note(struct t1x_ti_dev *td,
			      const struct iommu_fault_page_request *request, u32 code)
{
	unsigned int index;

	lockdep_assert_held(&td->responses_lock);
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
	if (!(request->flags & IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE))
		return;
	atomic64_inc(&t1x_ti.responses);
	spin_lock(&td->responses_lock);
	if (!t1x_ti_fault_is_answer(td, request->grpid, code))
		t1x_ti_fault_note(td, request, code);
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
