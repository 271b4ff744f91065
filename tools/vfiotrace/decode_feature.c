// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE: an ioctl with an ioctl in it. The lower half of its flags
 * is the number of a feature, which has data of its own for GET and for SET.
 */
#include <linux/vfio.h>

#include "decode.h"
#include "newer.h"

#define DATA		offsetof(struct vfio_device_feature, data)
#define OPERATIONS	(VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET)
#define TOKEN_SIZE	16

struct feature {
	uint32_t index;
	const char *name;
	const struct decode_field *get;
	const struct decode_field *set;
	uint32_t size;
	/* Prints what is peculiar to the feature; returns the end of its data. */
	uint64_t (*tail)(struct decode_call *call, struct print *out);
};

#define FEATURE(symbol, ...) { .index = (symbol), #symbol, __VA_ARGS__ }

static const struct print_name operations[] = {
	PRINT_NAME(VFIO_DEVICE_FEATURE_GET),
	PRINT_NAME(VFIO_DEVICE_FEATURE_SET),
	PRINT_NAME(VFIO_DEVICE_FEATURE_PROBE),
	{ 0, NULL },
};

static const struct decode_field token[] = {
	{ "token", 0, TOKEN_SIZE, IN, decode_as_uuid, NULL },
	{ 0 },
};

static const struct print_name migration_flags[] = {
	PRINT_NAME(VFIO_MIGRATION_STOP_COPY),
	PRINT_NAME(VFIO_MIGRATION_P2P),
	PRINT_NAME(VFIO_MIGRATION_PRE_COPY),
	{ 0, NULL },
};

static const struct decode_field migration[] = {
	DECODE_FIELD(struct vfio_device_feature_migration, flags, OUT, decode_as_flags,
		     migration_flags),
	{ 0 },
};

static const struct print_name states[] = {
	PRINT_NAME(VFIO_DEVICE_STATE_ERROR),
	PRINT_NAME(VFIO_DEVICE_STATE_STOP),
	PRINT_NAME(VFIO_DEVICE_STATE_RUNNING),
	PRINT_NAME(VFIO_DEVICE_STATE_STOP_COPY),
	PRINT_NAME(VFIO_DEVICE_STATE_RESUMING),
	PRINT_NAME(VFIO_DEVICE_STATE_RUNNING_P2P),
	{ 6, "VFIO_DEVICE_STATE_PRE_COPY" },
	{ 7, "VFIO_DEVICE_STATE_PRE_COPY_P2P" },
	{ 0, NULL },
};

static const struct decode_field state_get[] = {
	DECODE_FIELD(struct vfio_device_feature_mig_state, device_state, OUT, decode_as_enum,
		     states),
	DECODE_FIELD(struct vfio_device_feature_mig_state, data_fd, OUT, decode_as_fd),
	{ 0 },
};

static const struct decode_field state_set[] = {
	DECODE_FIELD(struct vfio_device_feature_mig_state, device_state, IN_OUT, decode_as_enum,
		     states),
	DECODE_FIELD(struct vfio_device_feature_mig_state, data_fd, OUT, decode_as_fd),
	{ 0 },
};

static const struct decode_field wakeup[] = {
	DECODE_FIELD(struct vfio_device_low_power_entry_with_wakeup, wakeup_eventfd, IN,
		     decode_as_fd),
	DECODE_FIELD(struct vfio_device_low_power_entry_with_wakeup, reserved, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_field logging_start[] = {
	DECODE_FIELD(struct vfio_device_feature_dma_logging_control, page_size, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_feature_dma_logging_control, num_ranges, IN,
		     decode_as_number),
	{ 0 },
};

static const struct decode_field logging_range[] = {
	DECODE_FIELD(struct vfio_device_feature_dma_logging_range, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_feature_dma_logging_range, length, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_array logging_ranges = {
	.name = "ranges",
	.stride = sizeof(struct vfio_device_feature_dma_logging_range),
	.fields = logging_range,
};

static uint64_t logging_start_tail(struct decode_call *call, struct print *out)
{
	uint64_t count, address;

	memory_number(&call->in,
		      DATA + offsetof(struct vfio_device_feature_dma_logging_control, num_ranges),
		      sizeof(uint32_t), &count);
	memory_number(&call->in,
		      DATA + offsetof(struct vfio_device_feature_dma_logging_control, ranges),
		      sizeof(uint64_t), &address);
	decode_array_at(call, out, &logging_ranges, address, count);
	return DATA + sizeof(struct vfio_device_feature_dma_logging_control);
}

static const struct decode_field logging_report[] = {
	DECODE_FIELD(struct vfio_device_feature_dma_logging_report, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_feature_dma_logging_report, length, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_feature_dma_logging_report, page_size, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_device_feature_dma_logging_report, bitmap, IN, decode_as_pointer),
	{ 0 },
};

static const struct decode_field data_size[] = {
	DECODE_FIELD(struct newer_mig_data_size, stop_copy_length, OUT, decode_as_number),
	{ 0 },
};

static const struct print_name bus_master_ops[] = {
	PRINT_NAME(VFIO_DEVICE_FEATURE_CLEAR_MASTER),
	PRINT_NAME(VFIO_DEVICE_FEATURE_SET_MASTER),
	{ 0, NULL },
};

static const struct decode_field bus_master[] = {
	DECODE_FIELD(struct newer_bus_master, op, IN, decode_as_enum, bus_master_ops),
	{ 0 },
};

static const struct decode_field dma_buf[] = {
	DECODE_FIELD(struct newer_dma_buf, region_index, IN, decode_as_number),
	DECODE_FIELD(struct newer_dma_buf, open_flags, IN, decode_as_hex),
	DECODE_FIELD(struct newer_dma_buf, flags, IN, decode_as_hex),
	DECODE_FIELD(struct newer_dma_buf, nr_ranges, IN, decode_as_number),
	{ 0 },
};

static const struct decode_field dma_buf_range[] = {
	DECODE_FIELD(struct newer_dma_range, offset, IN, decode_as_hex),
	DECODE_FIELD(struct newer_dma_range, length, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_array dma_buf_ranges = {
	.name = "dma_ranges",
	.count_at = offsetof(struct newer_dma_buf, nr_ranges),
	.at = offsetof(struct newer_dma_buf, dma_ranges),
	.stride = sizeof(struct newer_dma_range),
	.fields = dma_buf_range,
};

/* This GET has input, and returns a file descriptor. */
static uint64_t dma_buf_tail(struct decode_call *call, struct print *out)
{
	uint64_t count = decode_in(call, DATA + offsetof(struct newer_dma_buf, nr_ranges));

	call->result_is = RESULT_FD;
	decode_array(call, out, &call->in, &dma_buf_ranges, DATA);
	return DATA + sizeof(struct newer_dma_buf) + count * dma_buf_ranges.stride;
}

static const struct feature features[] = {
	FEATURE(VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, NULL, token, TOKEN_SIZE),
	FEATURE(VFIO_DEVICE_FEATURE_MIGRATION, migration, NULL,
		sizeof(struct vfio_device_feature_migration)),
	FEATURE(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, state_get, state_set,
		sizeof(struct vfio_device_feature_mig_state)),
	FEATURE(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY),
	FEATURE(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, NULL, wakeup,
		sizeof(struct vfio_device_low_power_entry_with_wakeup)),
	FEATURE(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT),
	FEATURE(VFIO_DEVICE_FEATURE_DMA_LOGGING_START, NULL, logging_start,
		sizeof(struct vfio_device_feature_dma_logging_control), logging_start_tail),
	FEATURE(VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP),
	FEATURE(VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, logging_report, NULL,
		sizeof(struct vfio_device_feature_dma_logging_report)),
	FEATURE(VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, data_size, NULL,
		sizeof(struct newer_mig_data_size)),
	FEATURE(VFIO_DEVICE_FEATURE_BUS_MASTER, NULL, bus_master, sizeof(struct newer_bus_master)),
	FEATURE(VFIO_DEVICE_FEATURE_DMA_BUF, dma_buf, NULL, sizeof(struct newer_dma_buf),
		dma_buf_tail),
	FEATURE(VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2),
	{ 0 },
};

static const struct feature *feature_of(uint64_t flags)
{
	const struct feature *feature = features;

	while (feature->name && feature->index != (flags & VFIO_DEVICE_FEATURE_MASK))
		feature++;
	return feature->name ? feature : NULL;
}

/* Operations by name, then the number of the feature. */
void decode_as_feature(struct print *out, const struct decode_value *value)
{
	const struct feature *feature = feature_of(value->number);
	uint64_t rest = value->number & ~(uint64_t)VFIO_DEVICE_FEATURE_MASK;

	if (rest) {
		print_flags(out, rest, operations);
		print_text(out, "|");
	}
	if (feature)
		print_text(out, "%s", feature->name);
	else
		print_hex(out, value->number & VFIO_DEVICE_FEATURE_MASK);
}

/* Its flags and those of the request are two things; so it is in braces. */
static uint64_t feature_data(struct decode_call *call, struct print *out,
			     const struct feature *feature, const struct decode_field *fields)
{
	uint64_t end = DATA + feature->size;
	struct print data = { 0 };

	print_text(&data, "{");
	decode_fields(call, &data, fields, DATA);
	if (feature->tail)
		end = feature->tail(call, &data);
	/* Without an answer there may be nothing to say. */
	if (data.length > 1) {
		print_next(out);
		print_text(out, "data=%s}", data.text);
	}
	print_free(&data);
	return end;
}

/* Data of a feature that is not known, or not for this operation. */
static uint64_t feature_raw(struct decode_call *call, struct print *out, uint64_t flags)
{
	if (!(flags & VFIO_DEVICE_FEATURE_GET) || !decode_has_answer(call))
		return DATA;
	decode_rest(out, &call->out, DATA);
	return call->in.size;
}

/**
 * decode_feature() - data of VFIO_DEVICE_FEATURE
 * @call: the call
 * @out: where to
 *
 * Return: where the known data ends.
 */
uint64_t decode_feature(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct vfio_device_feature, flags));
	const struct feature *feature = feature_of(flags);
	const struct decode_field *fields = NULL;

	/* A probe only asks; both at once is an error. */
	if (flags & VFIO_DEVICE_FEATURE_PROBE || (flags & OPERATIONS) == OPERATIONS)
		return DATA;
	if (feature && flags & VFIO_DEVICE_FEATURE_GET)
		fields = feature->get;
	else if (feature && flags & VFIO_DEVICE_FEATURE_SET)
		fields = feature->set;
	if (!fields || call->in.size < DATA + feature->size)
		return feature_raw(call, out, flags);
	return feature_data(call, out, feature, fields);
}
