// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls of a container that bind processes to it, and those of a device that do the same.
 */
#include <linux/vfio_type1x.h>

#include "decode.h"

/* VFIO_IOMMU_SVM_BIND, VFIO_DEVICE_BIND_TASK */

static const struct print_name bind_flags[] = {
	PRINT_NAME(VFIO_SVM_PID),	 PRINT_NAME(VFIO_SVM_PIDFD),
	PRINT_NAME(VFIO_SVM_MEM_FD),	 PRINT_NAME(VFIO_SVM_WANT_PINNED),
	PRINT_NAME(VFIO_SVM_WANT_PASID), { 0, NULL },
};

static const struct print_name bind_ops[] = {
	PRINT_NAME(VFIO_SVM_OP_PROCESS),
	{ 0, NULL },
};

static const struct print_name bind_modes[] = {
	PRINT_NAME(VFIO_SVM_MODE_PASID),
	PRINT_NAME(VFIO_SVM_MODE_PINNED),
	{ 0, NULL },
};

static const struct decode_field bind_fields[] = {
	DECODE_FIELD(struct vfio_type1x_svm_bind, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_svm_bind, flags, IN, decode_as_flags, bind_flags),
	DECODE_FIELD(struct vfio_type1x_svm_bind, op, IN, decode_as_enum, bind_ops),
	DECODE_FIELD(struct vfio_type1x_svm_bind, bond, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_svm_bind, mode, OUT, decode_as_enum, bind_modes),
	DECODE_FIELD(struct vfio_type1x_svm_bind, pasid, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field target_fields[] = {
	DECODE_FIELD(struct vfio_type1x_svm_bind, target, IN, decode_as_signed),
	{ 0 },
};

/* Only programs that give the whole struct have it. */
static const struct decode_field bind_rest_fields[] = {
	DECODE_FIELD(struct vfio_type1x_svm_bind, reserved, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout bind_layout = {
	.least = DECODE_END_OF(struct vfio_type1x_svm_bind, pasid),
	.size = DECODE_END_OF(struct vfio_type1x_svm_bind, pasid),
	.fields = bind_fields,
};

/* Whom it is about; without a selector the caller, and the rest means nothing. */
static uint64_t bind_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct vfio_type1x_svm_bind, flags));

	if (!(flags & (VFIO_SVM_PID | VFIO_SVM_PIDFD | VFIO_SVM_MEM_FD)))
		return bind_layout.size;
	decode_fields(call, out, target_fields, 0);
	if (call->in.size < sizeof(struct vfio_type1x_svm_bind))
		return DECODE_END_OF(struct vfio_type1x_svm_bind, target);
	decode_fields(call, out, bind_rest_fields, 0);
	return sizeof(struct vfio_type1x_svm_bind);
}

/* VFIO_IOMMU_SVM_UNBIND, VFIO_DEVICE_UNBIND_TASK */

static const struct decode_field unbind_fields[] = {
	DECODE_FIELD(struct vfio_type1x_svm_unbind, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_svm_unbind, flags, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_type1x_svm_unbind, bond, IN, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_svm_unbind, reserved, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout unbind_layout = {
	.least = DECODE_END_OF(struct vfio_type1x_svm_unbind, bond),
	.size = sizeof(struct vfio_type1x_svm_unbind),
	.fields = unbind_fields,
};

const struct decode_request decode_svm_requests[] = {
	DECODE_REQUEST(VFIO_IOMMU_SVM_BIND, ARGUMENT_STRUCT, &bind_layout, bind_tail),
	DECODE_REQUEST(VFIO_IOMMU_SVM_UNBIND, ARGUMENT_STRUCT, &unbind_layout),
	{ 0 },
};

const struct decode_request decode_svm_device_requests[] = {
	DECODE_REQUEST(VFIO_DEVICE_BIND_TASK, ARGUMENT_STRUCT, &bind_layout, bind_tail),
	DECODE_REQUEST(VFIO_DEVICE_UNBIND_TASK, ARGUMENT_STRUCT, &unbind_layout),
	{ 0 },
};
