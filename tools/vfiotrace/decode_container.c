// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls of a container: /dev/vfio/vfio.
 *
 * Some numbers have another meaning if the IOMMU is sPAPR TCE. Which one it is
 * was said by VFIO_SET_IOMMU; who did not see that takes it for type1.
 */
#include <linux/vfio.h>
#include <linux/vfio_type1x.h>

#include "decode.h"
#include "newer.h"

#define GET_INFO_CAP_OFFSET	offsetof(struct vfio_iommu_type1_info, cap_offset)
#define PACKED_BITMAP_SIZE	20	/* struct vfio_bitmap of i386 */

static const struct print_name extensions[] = {
	PRINT_NAME(VFIO_TYPE1_IOMMU),
	PRINT_NAME(VFIO_SPAPR_TCE_IOMMU),
	PRINT_NAME(VFIO_TYPE1v2_IOMMU),
	PRINT_NAME(VFIO_DMA_CC_IOMMU),
	PRINT_NAME(VFIO_EEH),
	PRINT_NAME(VFIO_TYPE1_NESTING_IOMMU),
	PRINT_NAME(VFIO_SPAPR_TCE_v2_IOMMU),
	PRINT_NAME(VFIO_NOIOMMU_IOMMU),
	PRINT_NAME(VFIO_UNMAP_ALL),
	PRINT_NAME(VFIO_UPDATE_VADDR),
	PRINT_NAME(VFIO_TYPE1X_IOMMU),
	{ 0, NULL },
};

/* VFIO_IOMMU_GET_INFO */

static const struct print_name info_flags[] = {
	PRINT_NAME(VFIO_IOMMU_INFO_PGSIZES),
	PRINT_NAME(VFIO_IOMMU_INFO_CAPS),
	{ 0, NULL },
};

static const struct decode_field info_fields[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info, argsz, IN_OUT, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_type1_info, flags, OUT, decode_as_flags, info_flags),
	DECODE_FIELD(struct vfio_iommu_type1_info, iova_pgsizes, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_info, cap_offset, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout info_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_type1_info, iova_pgsizes),
	.size = sizeof(struct vfio_iommu_type1_info),
	.fields = info_fields,
};

static uint64_t info_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_out(call, offsetof(struct vfio_iommu_type1_info, flags));

	if (!(flags & VFIO_IOMMU_INFO_CAPS) || !decode_out(call, GET_INFO_CAP_OFFSET))
		return info_layout.size;
	return decode_caps(call, out, decode_iommu_caps, GET_INFO_CAP_OFFSET);
}

/* VFIO_IOMMU_MAP_DMA */

static const struct print_name map_flags[] = {
	PRINT_NAME(VFIO_DMA_MAP_FLAG_READ),
	PRINT_NAME(VFIO_DMA_MAP_FLAG_WRITE),
	PRINT_NAME(VFIO_DMA_MAP_FLAG_VADDR),
	PRINT_NAME(VFIO_DMA_MAP_FLAG_BOND),
	{ 0, NULL },
};

/* Ours begins as the kernel's own. */
static const struct decode_field map_fields[] = {
	DECODE_FIELD(struct vfio_type1x_dma_map, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_dma_map, flags, IN, decode_as_flags, map_flags),
	DECODE_FIELD(struct vfio_type1x_dma_map, vaddr, IN, decode_as_pointer),
	DECODE_FIELD(struct vfio_type1x_dma_map, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_type1x_dma_map, size, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout map_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_type1_dma_map, size),
	.size = sizeof(struct vfio_iommu_type1_dma_map),
	.fields = map_fields,
};

static const struct decode_field map_bond_fields[] = {
	DECODE_FIELD(struct vfio_type1x_dma_map, bond, IN, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_dma_map, reserved, IN, decode_as_hex),
	{ 0 },
};

static uint64_t map_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct vfio_iommu_type1_dma_map, flags));

	if (!(flags & VFIO_DMA_MAP_FLAG_BOND))
		return map_layout.size;
	decode_fields(call, out, map_bond_fields, 0);
	return sizeof(struct vfio_type1x_dma_map);
}

/* struct vfio_bitmap has a pointer, so that it is not the same in all programs. */

static const struct decode_field bitmap_fields[] = {
	DECODE_FIELD(struct vfio_bitmap, pgsize, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_bitmap, size, IN, decode_as_number),
	{ "data", offsetof(struct vfio_bitmap, data), 8, IN, decode_as_pointer, NULL },
	{ 0 },
};

static const struct decode_field bitmap_fields_32bit[] = {
	DECODE_FIELD(struct vfio_bitmap, pgsize, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_bitmap, size, IN, decode_as_number),
	{ "data", offsetof(struct vfio_bitmap, data), 4, IN, decode_as_pointer, NULL },
	{ 0 },
};

/* Return: the end of a bitmap at @at; 0, and prints nothing, if argsz does not reach it. */
static uint64_t bitmap_print(struct decode_call *call, struct print *out, uint64_t at)
{
	uint64_t end = at + (call->is_packed ? PACKED_BITMAP_SIZE : sizeof(struct vfio_bitmap));

	if (call->in.size < end)
		return 0;
	decode_struct(call, out, "bitmap", call->is_32bit ? bitmap_fields_32bit : bitmap_fields,
		      at);
	return end;
}

/* VFIO_IOMMU_UNMAP_DMA */

static const struct print_name unmap_flags[] = {
	PRINT_NAME(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP),
	PRINT_NAME(VFIO_DMA_UNMAP_FLAG_ALL),
	PRINT_NAME(VFIO_DMA_UNMAP_FLAG_VADDR),
	{ 0, NULL },
};

static const struct decode_field unmap_fields[] = {
	DECODE_FIELD(struct vfio_iommu_type1_dma_unmap, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_type1_dma_unmap, flags, IN, decode_as_flags, unmap_flags),
	DECODE_FIELD(struct vfio_iommu_type1_dma_unmap, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_dma_unmap, size, IN_OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_layout unmap_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_type1_dma_unmap, size),
	.size = sizeof(struct vfio_iommu_type1_dma_unmap),
	.fields = unmap_fields,
};

static uint64_t unmap_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct vfio_iommu_type1_dma_unmap, flags));
	uint64_t end = 0;

	if (flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		end = bitmap_print(call, out, unmap_layout.size);
	return end ? end : unmap_layout.size;
}

/* VFIO_IOMMU_DIRTY_PAGES */

static const struct print_name dirty_flags[] = {
	PRINT_NAME(VFIO_IOMMU_DIRTY_PAGES_FLAG_START),
	PRINT_NAME(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP),
	PRINT_NAME(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP),
	PRINT_NAME(VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE),
	PRINT_NAME(VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK),
	PRINT_NAME(VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR),
	{ 0, NULL },
};

static const struct decode_field dirty_fields[] = {
	DECODE_FIELD(struct vfio_iommu_type1_dirty_bitmap, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_bitmap, flags, IN, decode_as_flags, dirty_flags),
	{ 0 },
};

static const struct decode_layout dirty_layout = {
	.least = sizeof(struct vfio_iommu_type1_dirty_bitmap),
	.size = sizeof(struct vfio_iommu_type1_dirty_bitmap),
	.fields = dirty_fields,
};

static const struct decode_field dirty_get_fields[] = {
	DECODE_FIELD(struct vfio_iommu_type1_dirty_bitmap_get, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_bitmap_get, size, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_field dirty_range_fields[] = {
	DECODE_FIELD(struct vfio_iommu_type1_dirty_range, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_range, size, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_field dirty_clear_fields[] = {
	DECODE_FIELD(struct vfio_iommu_type1_dirty_clear, iova, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_clear, size, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_clear, pgsize, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_clear, bitmap_size, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_type1_dirty_clear, bitmap, IN, decode_as_pointer),
	{ 0 },
};

/* The flags say what the data is; at most one of these is right. */
static uint64_t dirty_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_in(call, offsetof(struct vfio_iommu_type1_dirty_bitmap, flags));
	uint64_t data = dirty_layout.size, end;

	if (flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) {
		decode_fields(call, out, dirty_get_fields, data);
		data += offsetof(struct vfio_iommu_type1_dirty_bitmap_get, bitmap);
		end = bitmap_print(call, out, data);
		return end ? end : data;
	}
	if (flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR) {
		decode_fields(call, out, dirty_clear_fields, data);
		return data + sizeof(struct vfio_iommu_type1_dirty_clear);
	}
	if (flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE) {
		decode_fields(call, out, dirty_range_fields, data);
		return data + sizeof(struct vfio_iommu_type1_dirty_range);
	}
	return data;
}

/* VFIO_TYPE1X_FAULT_FD */

static const struct print_name fault_fd_flags[] = {
	PRINT_NAME(VFIO_TYPE1X_FAULT_FD_NONBLOCK),
	PRINT_NAME(VFIO_TYPE1X_FAULT_FD_RESPOND),
	{ 0, NULL },
};

static const struct decode_field fault_fd_fields[] = {
	DECODE_FIELD(struct vfio_type1x_fault_fd, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_fault_fd, flags, IN, decode_as_flags, fault_fd_flags),
	DECODE_FIELD(struct vfio_type1x_fault_fd, nr_records, IN_OUT, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_fault_fd, record_size, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_fault_fd, cookie, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout fault_fd_layout = {
	.least = sizeof(struct vfio_type1x_fault_fd),
	.size = sizeof(struct vfio_type1x_fault_fd),
	.fields = fault_fd_fields,
};

/* VFIO_SET_IOMMU */

static void set_iommu_learn(struct decode_call *call)
{
	call->state->iommu_type = call->argument;
}

static const struct decode_request requests[] = {
	DECODE_REQUEST(VFIO_GET_API_VERSION, ARGUMENT_NONE),
	DECODE_REQUEST(VFIO_CHECK_EXTENSION, ARGUMENT_NUMBER, .names = extensions),
	DECODE_REQUEST(VFIO_SET_IOMMU, ARGUMENT_NUMBER, .names = extensions,
		       .learn = set_iommu_learn),
	DECODE_REQUEST(VFIO_IOMMU_MAP_DMA, ARGUMENT_STRUCT, &map_layout, map_tail),
	DECODE_REQUEST(VFIO_IOMMU_UNMAP_DMA, ARGUMENT_STRUCT, &unmap_layout, unmap_tail),
	DECODE_REQUEST(VFIO_IOMMU_ENABLE, ARGUMENT_NONE),
	DECODE_REQUEST(VFIO_IOMMU_DISABLE, ARGUMENT_NONE),
	{ 0 },
};

static const struct decode_request type1_requests[] = {
	DECODE_REQUEST(VFIO_IOMMU_GET_INFO, ARGUMENT_STRUCT, &info_layout, info_tail),
	DECODE_REQUEST(VFIO_IOMMU_DIRTY_PAGES, ARGUMENT_STRUCT, &dirty_layout, dirty_tail),
	DECODE_REQUEST(VFIO_TYPE1X_FAULT_FD, ARGUMENT_STRUCT, &fault_fd_layout,
		       .result_is = RESULT_FD),
	{ 0 },
};

/**
 * decode_container_request() - what a container takes a request for
 * @call: the call
 *
 * Return: entry of a table, NULL if there is none.
 */
const struct decode_request *decode_container_request(const struct decode_call *call)
{
	bool is_spapr = call->state->iommu_type == VFIO_SPAPR_TCE_IOMMU ||
			call->state->iommu_type == VFIO_SPAPR_TCE_v2_IOMMU;
	const struct decode_request *order[] = {
		requests,
		is_spapr ? decode_spapr_requests : type1_requests,
		is_spapr ? type1_requests : decode_spapr_requests,
		decode_svm_requests,
	};
	const struct decode_request *found = NULL;

	for (size_t i = 0; !found && i < sizeof(order) / sizeof(order[0]); i++)
		found = decode_find(order[i], call->number);
	return found;
}
