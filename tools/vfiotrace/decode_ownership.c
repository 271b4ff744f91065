// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls of a device that are about who owns it: reset together with others,
 * and binding to an iommufd.
 */
#include <linux/vfio.h>

#include "decode.h"
#include "newer.h"

/* VFIO_DEVICE_GET_PCI_HOT_RESET_INFO */

static const struct print_name reset_info_flags[] = {
	PRINT_NAME(VFIO_PCI_HOT_RESET_FLAG_DEV_ID),
	PRINT_NAME(VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED),
	{ 0, NULL },
};

/* With ENOSPC it tells how many there would be. */
static const struct decode_field reset_info_fields[] = {
	DECODE_FIELD(struct vfio_pci_hot_reset_info, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_pci_hot_reset_info, flags, OUT, decode_as_flags, reset_info_flags),
	DECODE_FIELD(struct vfio_pci_hot_reset_info, count, IN_OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout reset_info_layout = {
	.least = sizeof(struct vfio_pci_hot_reset_info),
	.size = sizeof(struct vfio_pci_hot_reset_info),
	.fields = reset_info_fields,
};

static void devfn(struct print *out, const struct decode_value *value)
{
	print_text(out, "%02x.%x", (unsigned int)value->number >> 3,
		   (unsigned int)value->number & 7);
}

/* Devices without an id that the iommufd of the caller gave them. */
static const struct print_name devids[] = {
	PRINT_NAME(VFIO_PCI_DEVID_OWNED),
	PRINT_NAME(VFIO_PCI_DEVID_NOT_OWNED),
	{ 0, NULL },
};

static void devid(struct print *out, const struct decode_value *value)
{
	const char *name = print_name_of(devids, value->number);

	if (name)
		print_text(out, "%s", name);
	else
		decode_as_number(out, value);
}

#define DEPENDENT_DEVICE(id, how)							\
	{ id, offsetof(struct vfio_pci_dependent_device, group_id), 4, OUT, how, NULL }, \
	DECODE_FIELD(struct vfio_pci_dependent_device, segment, OUT, decode_as_hex),	\
	DECODE_FIELD(struct vfio_pci_dependent_device, bus, OUT, decode_as_hex),	\
	DECODE_FIELD(struct vfio_pci_dependent_device, devfn, OUT, devfn),		\
	{ 0 }

static const struct decode_field devices_by_group[] = {
	DEPENDENT_DEVICE("group_id", decode_as_number),
};

static const struct decode_field devices_by_id[] = {
	DEPENDENT_DEVICE("devid", devid),
};

static uint64_t reset_info_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_out(call, offsetof(struct vfio_pci_hot_reset_info, flags));
	struct decode_array devices = {
		.name = "devices",
		.count_at = offsetof(struct vfio_pci_hot_reset_info, count),
		.at = offsetof(struct vfio_pci_hot_reset_info, devices),
		.stride = sizeof(struct vfio_pci_dependent_device),
		.fields = devices_by_group,
	};

	if (flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID)
		devices.fields = devices_by_id;
	if (decode_has_answer(call))
		decode_array(call, out, &call->out, &devices, 0);
	return call->in.size;
}

/* VFIO_DEVICE_PCI_HOT_RESET */

static const struct decode_field reset_fields[] = {
	DECODE_FIELD(struct vfio_pci_hot_reset, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_pci_hot_reset, flags, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_pci_hot_reset, count, IN, decode_as_number),
	{ 0 },
};

static const struct decode_layout reset_layout = {
	.least = sizeof(struct vfio_pci_hot_reset),
	.size = sizeof(struct vfio_pci_hot_reset),
	.fields = reset_fields,
};

static const struct decode_array group_fds = {
	.name = "group_fds",
	.count_at = offsetof(struct vfio_pci_hot_reset, count),
	.at = offsetof(struct vfio_pci_hot_reset, group_fds),
	.stride = sizeof(int32_t),
	.printer = decode_as_fd,
};

static uint64_t reset_tail(struct decode_call *call, struct print *out)
{
	uint64_t count = decode_in(call, offsetof(struct vfio_pci_hot_reset, count));

	decode_array(call, out, &call->in, &group_fds, 0);
	return reset_layout.size + count * group_fds.stride;
}

/* VFIO_DEVICE_BIND_IOMMUFD */

static const struct print_name bind_flags[] = {
	PRINT_NAME(VFIO_DEVICE_BIND_FLAG_TOKEN),
	{ 0, NULL },
};

static const struct decode_field bind_fields[] = {
	DECODE_FIELD(struct newer_bind_iommufd, argsz, IN, decode_as_number),
	DECODE_FIELD(struct newer_bind_iommufd, flags, IN, decode_as_flags, bind_flags),
	DECODE_FIELD(struct newer_bind_iommufd, iommufd, IN, decode_as_fd),
	DECODE_FIELD(struct newer_bind_iommufd, out_devid, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout bind_layout = {
	.least = DECODE_END_OF(struct newer_bind_iommufd, out_devid),
	.size = DECODE_END_OF(struct newer_bind_iommufd, out_devid),
	.fields = bind_fields,
};

/* The token itself is what matters, not where it is. */
static void token_uuid(struct print *out, const struct decode_value *value)
{
	struct memory_block uuid = { 0 };

	memory_take(&uuid, &value->call->tracee->memory, value->number, 16);
	if (uuid.size == 16)
		decode_as_uuid(out, &(struct decode_value){ .bytes = uuid.bytes });
	else
		decode_as_pointer(out, value);
	memory_drop(&uuid);
}

static const struct decode_field token_fields[] = {
	DECODE_FIELD(struct newer_bind_iommufd, token_uuid_ptr, IN, token_uuid),
	{ 0 },
};

static uint64_t bind_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct newer_bind_iommufd, flags));

	if (!(flags & VFIO_DEVICE_BIND_FLAG_TOKEN))
		return bind_layout.size;
	decode_fields(call, out, token_fields, 0);
	return sizeof(struct newer_bind_iommufd);
}

/* VFIO_DEVICE_ATTACH_IOMMUFD_PT */

static const struct print_name attach_flags[] = {
	PRINT_NAME(VFIO_DEVICE_ATTACH_PASID),
	{ 0, NULL },
};

static const struct decode_field attach_fields[] = {
	DECODE_FIELD(struct newer_attach_iommufd_pt, argsz, IN, decode_as_number),
	DECODE_FIELD(struct newer_attach_iommufd_pt, flags, IN, decode_as_flags, attach_flags),
	DECODE_FIELD(struct newer_attach_iommufd_pt, pt_id, IN_OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field attach_pasid_fields[] = {
	DECODE_FIELD(struct newer_attach_iommufd_pt, pasid, IN, decode_as_number),
	{ 0 },
};

static const struct decode_layout attach_layout = {
	.least = DECODE_END_OF(struct newer_attach_iommufd_pt, pt_id),
	.size = DECODE_END_OF(struct newer_attach_iommufd_pt, pt_id),
	.fields = attach_fields,
};

static uint64_t attach_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct newer_attach_iommufd_pt, flags));

	if (!(flags & VFIO_DEVICE_ATTACH_PASID))
		return attach_layout.size;
	decode_fields(call, out, attach_pasid_fields, 0);
	return sizeof(struct newer_attach_iommufd_pt);
}

/* VFIO_DEVICE_DETACH_IOMMUFD_PT */

static const struct print_name detach_flags[] = {
	PRINT_NAME(VFIO_DEVICE_DETACH_PASID),
	{ 0, NULL },
};

static const struct decode_field detach_fields[] = {
	DECODE_FIELD(struct newer_detach_iommufd_pt, argsz, IN, decode_as_number),
	DECODE_FIELD(struct newer_detach_iommufd_pt, flags, IN, decode_as_flags, detach_flags),
	{ 0 },
};

static const struct decode_field detach_pasid_fields[] = {
	DECODE_FIELD(struct newer_detach_iommufd_pt, pasid, IN, decode_as_number),
	{ 0 },
};

static const struct decode_layout detach_layout = {
	.least = DECODE_END_OF(struct newer_detach_iommufd_pt, flags),
	.size = DECODE_END_OF(struct newer_detach_iommufd_pt, flags),
	.fields = detach_fields,
};

static uint64_t detach_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct newer_detach_iommufd_pt, flags));

	if (!(flags & VFIO_DEVICE_DETACH_PASID))
		return detach_layout.size;
	decode_fields(call, out, detach_pasid_fields, 0);
	return sizeof(struct newer_detach_iommufd_pt);
}

const struct decode_request decode_ownership_requests[] = {
	DECODE_REQUEST(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, ARGUMENT_STRUCT, &reset_info_layout,
		       reset_info_tail),
	DECODE_REQUEST(VFIO_DEVICE_PCI_HOT_RESET, ARGUMENT_STRUCT, &reset_layout, reset_tail),
	DECODE_REQUEST(VFIO_DEVICE_BIND_IOMMUFD, ARGUMENT_STRUCT, &bind_layout, bind_tail),
	DECODE_REQUEST(VFIO_DEVICE_ATTACH_IOMMUFD_PT, ARGUMENT_STRUCT, &attach_layout, attach_tail),
	DECODE_REQUEST(VFIO_DEVICE_DETACH_IOMMUFD_PT, ARGUMENT_STRUCT, &detach_layout, detach_tail),
	{ 0 },
};
