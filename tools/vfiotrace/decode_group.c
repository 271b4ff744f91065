// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls of a group: /dev/vfio/NUMBER.
 */
#include <linux/vfio.h>

#include "decode.h"

static const struct print_name status_flags[] = {
	PRINT_NAME(VFIO_GROUP_FLAGS_VIABLE),
	PRINT_NAME(VFIO_GROUP_FLAGS_CONTAINER_SET),
	{ 0, NULL },
};

static const struct decode_field status_fields[] = {
	DECODE_FIELD(struct vfio_group_status, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_group_status, flags, OUT, decode_as_flags, status_flags),
	{ 0 },
};

static const struct decode_layout status_layout = {
	.least = sizeof(struct vfio_group_status),
	.size = sizeof(struct vfio_group_status),
	.fields = status_fields,
};

static const struct decode_request requests[] = {
	DECODE_REQUEST(VFIO_GROUP_GET_STATUS, ARGUMENT_STRUCT, &status_layout),
	DECODE_REQUEST(VFIO_GROUP_SET_CONTAINER, ARGUMENT_FD_AT),
	DECODE_REQUEST(VFIO_GROUP_UNSET_CONTAINER, ARGUMENT_NONE),
	DECODE_REQUEST(VFIO_GROUP_GET_DEVICE_FD, ARGUMENT_STRING, .result_is = RESULT_FD),
	{ 0 },
};

/**
 * decode_group_request() - what a group takes a request for
 * @call: the call
 *
 * Return: entry of the table, NULL if there is none.
 */
const struct decode_request *decode_group_request(const struct decode_call *call)
{
	return decode_find(requests, call->number);
}
