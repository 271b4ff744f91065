/* SPDX-License-Identifier: GPL-2.0-only */
/* Page requests of a device of the software IOMMU, and what it is answered. */
#ifndef SELFTESTS_PAGEBOX_H
#define SELFTESTS_PAGEBOX_H

#include "faultbox.h"

#define RESPOND		VFIO_TYPE1X_FAULT_FD_RESPOND

#define SUCCESS		VFIO_TYPE1X_FAULT_RESPONSE_SUCCESS
#define INVALID		VFIO_TYPE1X_FAULT_RESPONSE_INVALID
#define FAILURE		VFIO_TYPE1X_FAULT_RESPONSE_FAILURE

/* Is there no such request waiting at the device? */
#define NO_ANSWER	(-EAGAIN)

static inline int pagebox_report(int ti, int device, uint32_t group, uint32_t flags, uint64_t iova)
{
	struct t1x_ti_report report = {
		.addr = iova,
		.device = device,
		.type = T1X_TI_PAGE_REQUEST,
		.perm = 1,
		.flags = flags,
		.grpid = group,
	};

	return __testiommu_report(ti, &report);
}

/* A group of one page. Whether it was taken tells the answer, or that there is none. */
static inline void pagebox_request(int ti, int device, uint32_t group)
{
	pagebox_report(ti, device, group, T1X_TI_LAST, IOVA_NOWHERE);
}

/* What the device was told next, which is to be of that group; NO_ANSWER. */
static inline int pagebox_answer(int ti, int device, uint32_t group)
{
	struct t1x_ti_response response;
	int ret = __testiommu_response(ti, device, &response);

	if (ret)
		return ret;
	EXPECT_EQ(response.grpid, group);
	return response.code;
}

static inline struct vfio_type1x_fault_response pagebox_response(int device, uint32_t group,
								 uint32_t code)
{
	return (struct vfio_type1x_fault_response){
		.requester = faultbox_requester(device),
		.group = group,
		.code = code,
	};
}

static inline long pagebox_respond(int fd, int device, uint32_t group, uint32_t code)
{
	struct vfio_type1x_fault_response response = pagebox_response(device, group, code);

	return __fault_respond(fd, &response, 1);
}

#endif /* SELFTESTS_PAGEBOX_H */
