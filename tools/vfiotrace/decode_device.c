// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls of a device, and of the file that its migration data goes through.
 */
#include <ctype.h>
#include <linux/vfio.h>
#include <string.h>

#include "decode.h"
#include "newer.h"

#define DEVICE_CAP_OFFSET	offsetof(struct vfio_device_info, cap_offset)
#define REGION_CAP_OFFSET	offsetof(struct vfio_region_info, cap_offset)

/* VFIO_DEVICE_GET_INFO */

static const struct print_name device_flags[] = {
	PRINT_NAME(VFIO_DEVICE_FLAGS_RESET),	PRINT_NAME(VFIO_DEVICE_FLAGS_PCI),
	PRINT_NAME(VFIO_DEVICE_FLAGS_PLATFORM), PRINT_NAME(VFIO_DEVICE_FLAGS_AMBA),
	PRINT_NAME(VFIO_DEVICE_FLAGS_CCW),	PRINT_NAME(VFIO_DEVICE_FLAGS_AP),
	PRINT_NAME(VFIO_DEVICE_FLAGS_FSL_MC),	PRINT_NAME(VFIO_DEVICE_FLAGS_CAPS),
	PRINT_NAME(VFIO_DEVICE_FLAGS_CDX),	{ 0, NULL },
};

static const struct decode_field info_fields[] = {
	DECODE_FIELD(struct vfio_device_info, argsz, IN_OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info, flags, OUT, decode_as_flags, device_flags),
	DECODE_FIELD(struct vfio_device_info, num_regions, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info, num_irqs, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info, cap_offset, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout info_layout = {
	.least = DECODE_END_OF(struct vfio_device_info, num_irqs),
	.size = DECODE_END_OF(struct vfio_device_info, cap_offset),
	.fields = info_fields,
};

static uint64_t info_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_out(call, offsetof(struct vfio_device_info, flags));

	if (!(flags & VFIO_DEVICE_FLAGS_CAPS) || !decode_out(call, DEVICE_CAP_OFFSET))
		return info_layout.size;
	return decode_caps(call, out, decode_device_caps, DEVICE_CAP_OFFSET);
}

static void info_learn(struct decode_call *call)
{
	call->state->device_flags = decode_out(call, offsetof(struct vfio_device_info, flags));
}

/* VFIO_DEVICE_GET_REGION_INFO */

static const struct print_name region_flags[] = {
	PRINT_NAME(VFIO_REGION_INFO_FLAG_READ),
	PRINT_NAME(VFIO_REGION_INFO_FLAG_WRITE),
	PRINT_NAME(VFIO_REGION_INFO_FLAG_MMAP),
	PRINT_NAME(VFIO_REGION_INFO_FLAG_CAPS),
	{ 0, NULL },
};

static const struct print_name pci_regions[] = {
	PRINT_NAME(VFIO_PCI_BAR0_REGION_INDEX), PRINT_NAME(VFIO_PCI_BAR1_REGION_INDEX),
	PRINT_NAME(VFIO_PCI_BAR2_REGION_INDEX), PRINT_NAME(VFIO_PCI_BAR3_REGION_INDEX),
	PRINT_NAME(VFIO_PCI_BAR4_REGION_INDEX), PRINT_NAME(VFIO_PCI_BAR5_REGION_INDEX),
	PRINT_NAME(VFIO_PCI_ROM_REGION_INDEX),	PRINT_NAME(VFIO_PCI_CONFIG_REGION_INDEX),
	PRINT_NAME(VFIO_PCI_VGA_REGION_INDEX),	{ 0, NULL },
};

static const struct print_name ccw_regions[] = {
	PRINT_NAME(VFIO_CCW_CONFIG_REGION_INDEX),
	{ 0, NULL },
};

/* That of a fault region of ours is the first behind vfio-pci's own. */
static const struct print_name pci_irqs[] = {
	PRINT_NAME(VFIO_PCI_INTX_IRQ_INDEX),
	PRINT_NAME(VFIO_PCI_MSI_IRQ_INDEX),
	PRINT_NAME(VFIO_PCI_MSIX_IRQ_INDEX),
	PRINT_NAME(VFIO_PCI_ERR_IRQ_INDEX),
	PRINT_NAME(VFIO_PCI_REQ_IRQ_INDEX),
	PRINT_NAME(VFIO_PCI_NUM_IRQS),
	{ 0, NULL },
};

static const struct print_name ccw_irqs[] = {
	PRINT_NAME(VFIO_CCW_IO_IRQ_INDEX),
	PRINT_NAME(VFIO_CCW_CRW_IRQ_INDEX),
	PRINT_NAME(VFIO_CCW_REQ_IRQ_INDEX),
	{ 0, NULL },
};

static const struct print_name ap_irqs[] = {
	{ 0, "VFIO_AP_REQ_IRQ_INDEX" },
	{ 1, "VFIO_AP_CFG_CHG_IRQ_INDEX" },
	{ 0, NULL },
};

/* An index has a name only on a bus that is known: the program has asked for it. */
static void index_print(struct print *out, const struct decode_value *value,
			const struct print_name *names)
{
	const char *name = print_name_of(names, value->number);

	if (name)
		print_text(out, "%s", name);
	else
		decode_as_number(out, value);
}

static void region_index(struct print *out, const struct decode_value *value)
{
	uint32_t flags = value->call->state->device_flags;

	index_print(out, value,
		    flags & VFIO_DEVICE_FLAGS_PCI   ? pci_regions
		    : flags & VFIO_DEVICE_FLAGS_CCW ? ccw_regions
						    : NULL);
}

static void irq_index(struct print *out, const struct decode_value *value)
{
	uint32_t flags = value->call->state->device_flags;

	index_print(out, value,
		    flags & VFIO_DEVICE_FLAGS_PCI   ? pci_irqs
		    : flags & VFIO_DEVICE_FLAGS_CCW ? ccw_irqs
		    : flags & VFIO_DEVICE_FLAGS_AP  ? ap_irqs
						    : NULL);
}

static const struct decode_field region_fields[] = {
	DECODE_FIELD(struct vfio_region_info, argsz, IN_OUT, decode_as_number),
	DECODE_FIELD(struct vfio_region_info, flags, OUT, decode_as_flags, region_flags),
	DECODE_FIELD(struct vfio_region_info, index, IN, region_index),
	DECODE_FIELD(struct vfio_region_info, cap_offset, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_region_info, size, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_region_info, offset, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_layout region_layout = {
	.least = DECODE_END_OF(struct vfio_region_info, offset),
	.size = sizeof(struct vfio_region_info),
	.fields = region_fields,
};

static uint64_t region_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_out(call, offsetof(struct vfio_region_info, flags));

	if (!(flags & VFIO_REGION_INFO_FLAG_CAPS) || !decode_out(call, REGION_CAP_OFFSET))
		return region_layout.size;
	return decode_caps(call, out, decode_region_caps, REGION_CAP_OFFSET);
}

/* VFIO_DEVICE_GET_IRQ_INFO */

static const struct print_name irq_flags[] = {
	PRINT_NAME(VFIO_IRQ_INFO_EVENTFD),
	PRINT_NAME(VFIO_IRQ_INFO_MASKABLE),
	PRINT_NAME(VFIO_IRQ_INFO_AUTOMASKED),
	PRINT_NAME(VFIO_IRQ_INFO_NORESIZE),
	{ 0, NULL },
};

static const struct decode_field irq_fields[] = {
	DECODE_FIELD(struct vfio_irq_info, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_irq_info, flags, OUT, decode_as_flags, irq_flags),
	DECODE_FIELD(struct vfio_irq_info, index, IN, irq_index),
	DECODE_FIELD(struct vfio_irq_info, count, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout irq_layout = {
	.least = DECODE_END_OF(struct vfio_irq_info, count),
	.size = sizeof(struct vfio_irq_info),
	.fields = irq_fields,
};

/* VFIO_DEVICE_SET_IRQS */

static const struct print_name set_irqs_flags[] = {
	PRINT_NAME(VFIO_IRQ_SET_DATA_NONE),
	PRINT_NAME(VFIO_IRQ_SET_DATA_BOOL),
	PRINT_NAME(VFIO_IRQ_SET_DATA_EVENTFD),
	PRINT_NAME(VFIO_IRQ_SET_ACTION_MASK),
	PRINT_NAME(VFIO_IRQ_SET_ACTION_UNMASK),
	PRINT_NAME(VFIO_IRQ_SET_ACTION_TRIGGER),
	{ 0, NULL },
};

static const struct decode_field set_irqs_fields[] = {
	DECODE_FIELD(struct vfio_irq_set, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_irq_set, flags, IN, decode_as_flags, set_irqs_flags),
	DECODE_FIELD(struct vfio_irq_set, index, IN, irq_index),
	DECODE_FIELD(struct vfio_irq_set, start, IN, decode_as_number),
	DECODE_FIELD(struct vfio_irq_set, count, IN, decode_as_number),
	{ 0 },
};

static const struct decode_layout set_irqs_layout = {
	.least = DECODE_END_OF(struct vfio_irq_set, count),
	.size = DECODE_END_OF(struct vfio_irq_set, count),
	.fields = set_irqs_fields,
};

#define IRQ_DATA(element_size, how) {				\
	.name = "data",						\
	.count_at = offsetof(struct vfio_irq_set, count),	\
	.at = offsetof(struct vfio_irq_set, data),		\
	.stride = element_size,					\
	.printer = how,						\
}

static const struct decode_array irq_bools = IRQ_DATA(sizeof(uint8_t), decode_as_number);
static const struct decode_array irq_eventfds = IRQ_DATA(sizeof(int32_t), decode_as_fd);

static uint64_t set_irqs_tail(struct decode_call *call, struct print *out)
{
	uint64_t count = decode_in(call, offsetof(struct vfio_irq_set, count));
	uint64_t flags = decode_in(call, offsetof(struct vfio_irq_set, flags));
	const struct decode_array *array = NULL;

	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_BOOL:
		array = &irq_bools;
		break;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		array = &irq_eventfds;
		break;
	}
	if (!array)
		return set_irqs_layout.size;
	decode_array(call, out, &call->in, array, 0);
	return set_irqs_layout.size + count * array->stride;
}

/* VFIO_DEVICE_QUERY_GFX_PLANE */

static const struct print_name plane_flags[] = {
	PRINT_NAME(VFIO_GFX_PLANE_TYPE_PROBE),
	PRINT_NAME(VFIO_GFX_PLANE_TYPE_DMABUF),
	PRINT_NAME(VFIO_GFX_PLANE_TYPE_REGION),
	{ 0, NULL },
};

static const struct print_name plane_types[] = {
	{ 0, "DRM_PLANE_TYPE_OVERLAY" },
	{ 1, "DRM_PLANE_TYPE_PRIMARY" },
	{ 2, "DRM_PLANE_TYPE_CURSOR" },
	{ 0, NULL },
};

static void fourcc(struct print *out, const struct decode_value *value)
{
	const uint8_t *c = value->bytes;

	print_hex(out, value->number);
	if (isprint(c[0]) && isprint(c[1]) && isprint(c[2]) && isprint(c[3]))
		print_text(out, " /* %.4s */", (const char *)c);
}

static const struct decode_field plane_fields[] = {
	DECODE_FIELD(struct vfio_device_gfx_plane_info, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, flags, IN, decode_as_flags, plane_flags),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, drm_plane_type, IN, decode_as_enum,
		     plane_types),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, drm_format, OUT, fourcc),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, drm_format_mod, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, width, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, height, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, stride, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, size, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, x_pos, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, y_pos, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, x_hot, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_gfx_plane_info, y_hot, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field plane_region_fields[] = {
	DECODE_FIELD(struct vfio_device_gfx_plane_info, region_index, OUT, region_index),
	{ 0 },
};

static const struct decode_field plane_dmabuf_fields[] = {
	DECODE_FIELD(struct vfio_device_gfx_plane_info, dmabuf_id, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout plane_layout = {
	.least = DECODE_END_OF(struct vfio_device_gfx_plane_info, dmabuf_id),
	.size = sizeof(struct vfio_device_gfx_plane_info),
	.fields = plane_fields,
};

static uint64_t plane_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct vfio_device_gfx_plane_info, flags));

	if (flags & VFIO_GFX_PLANE_TYPE_DMABUF)
		decode_fields(call, out, plane_dmabuf_fields, 0);
	else if (flags & VFIO_GFX_PLANE_TYPE_REGION)
		decode_fields(call, out, plane_region_fields, 0);
	return plane_layout.size;
}

/* VFIO_DEVICE_IOEVENTFD */

static const struct print_name ioeventfd_flags[] = {
	PRINT_NAME(VFIO_DEVICE_IOEVENTFD_8),
	PRINT_NAME(VFIO_DEVICE_IOEVENTFD_16),
	PRINT_NAME(VFIO_DEVICE_IOEVENTFD_32),
	PRINT_NAME(VFIO_DEVICE_IOEVENTFD_64),
	{ 0, NULL },
};

static const struct decode_field ioeventfd_fields[] = {
	DECODE_FIELD(struct vfio_device_ioeventfd, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_device_ioeventfd, flags, IN, decode_as_flags, ioeventfd_flags),
	DECODE_FIELD(struct vfio_device_ioeventfd, offset, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_ioeventfd, data, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_ioeventfd, fd, IN, decode_as_fd),
	{ 0 },
};

static const struct decode_layout ioeventfd_layout = {
	.least = DECODE_END_OF(struct vfio_device_ioeventfd, fd),
	.size = sizeof(struct vfio_device_ioeventfd),
	.fields = ioeventfd_fields,
};

/* VFIO_MIG_GET_PRECOPY_INFO */

static const struct print_name precopy_flags[] = {
	PRINT_NAME(VFIO_PRECOPY_INFO_REINIT),
	{ 0, NULL },
};

static const struct decode_field precopy_fields[] = {
	DECODE_FIELD(struct newer_precopy_info, argsz, IN, decode_as_number),
	DECODE_FIELD(struct newer_precopy_info, flags, IN_OUT, decode_as_flags, precopy_flags),
	DECODE_FIELD(struct newer_precopy_info, initial_bytes, OUT, decode_as_number),
	DECODE_FIELD(struct newer_precopy_info, dirty_bytes, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout precopy_layout = {
	.least = DECODE_END_OF(struct newer_precopy_info, dirty_bytes),
	.size = sizeof(struct newer_precopy_info),
	.fields = precopy_fields,
};

/* VFIO_DEVICE_FEATURE; the rest of it is in decode_feature.c. */

static const struct decode_field feature_fields[] = {
	DECODE_FIELD(struct vfio_device_feature, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_device_feature, flags, IN, decode_as_feature),
	{ 0 },
};

static const struct decode_layout feature_layout = {
	.least = sizeof(struct vfio_device_feature),
	.size = sizeof(struct vfio_device_feature),
	.fields = feature_fields,
};

static const struct decode_request requests[] = {
	DECODE_REQUEST(VFIO_DEVICE_GET_INFO, ARGUMENT_STRUCT, &info_layout, info_tail,
		       .learn = info_learn),
	DECODE_REQUEST(VFIO_DEVICE_GET_REGION_INFO, ARGUMENT_STRUCT, &region_layout, region_tail),
	DECODE_REQUEST(VFIO_DEVICE_GET_IRQ_INFO, ARGUMENT_STRUCT, &irq_layout),
	DECODE_REQUEST(VFIO_DEVICE_SET_IRQS, ARGUMENT_STRUCT, &set_irqs_layout, set_irqs_tail),
	DECODE_REQUEST(VFIO_DEVICE_RESET, ARGUMENT_NONE),
	DECODE_REQUEST(VFIO_DEVICE_QUERY_GFX_PLANE, ARGUMENT_STRUCT, &plane_layout, plane_tail),
	DECODE_REQUEST(VFIO_DEVICE_GET_GFX_DMABUF, ARGUMENT_NUMBER_AT, .result_is = RESULT_FD),
	DECODE_REQUEST(VFIO_DEVICE_IOEVENTFD, ARGUMENT_STRUCT, &ioeventfd_layout),
	DECODE_REQUEST(VFIO_DEVICE_FEATURE, ARGUMENT_STRUCT, &feature_layout, decode_feature),
	{ 0 },
};

static const struct decode_request migration_requests[] = {
	DECODE_REQUEST(VFIO_MIG_GET_PRECOPY_INFO, ARGUMENT_STRUCT, &precopy_layout),
	{ 0 },
};

/**
 * decode_device_request() - what a device, or its migration data, takes a request for
 * @call: the call
 *
 * Return: entry of a table, NULL if there is none.
 */
const struct decode_request *decode_device_request(const struct decode_call *call)
{
	const struct decode_request *found;

	if (call->kind == DECODE_MIGRATION)
		return decode_find(migration_requests, call->number);
	found = decode_find(requests, call->number);
	if (!found)
		found = decode_find(decode_ownership_requests, call->number);
	return found ? found : decode_find(decode_svm_device_requests, call->number);
}
