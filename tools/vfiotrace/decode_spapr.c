// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls that a container has with the sPAPR TCE IOMMU of POWER only.
 */
#include <linux/vfio.h>

#include "decode.h"

/* VFIO_IOMMU_SPAPR_TCE_GET_INFO */

static const struct print_name info_flags[] = {
	PRINT_NAME(VFIO_IOMMU_SPAPR_INFO_DDW),
	{ 0, NULL },
};

static const struct decode_field info_fields[] = {
	DECODE_FIELD(struct vfio_iommu_spapr_tce_info, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_info, flags, OUT, decode_as_flags, info_flags),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_info, dma32_window_start, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_info, dma32_window_size, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_field ddw_fields[] = {
	DECODE_FIELD(struct vfio_iommu_spapr_tce_ddw_info, pgsizes, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_ddw_info, max_dynamic_windows_supported, OUT,
		     decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_ddw_info, levels, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_layout info_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_spapr_tce_info, dma32_window_size),
	.size = DECODE_END_OF(struct vfio_iommu_spapr_tce_info, dma32_window_size),
	.fields = info_fields,
};

static uint64_t info_tail(struct decode_call *call, struct print *out)
{
	uint64_t flags = decode_out(call, offsetof(struct vfio_iommu_spapr_tce_info, flags));

	if (!(flags & VFIO_IOMMU_SPAPR_INFO_DDW) ||
	    call->in.size < sizeof(struct vfio_iommu_spapr_tce_info))
		return info_layout.size;
	decode_struct(call, out, "ddw", ddw_fields,
		      offsetof(struct vfio_iommu_spapr_tce_info, ddw));
	return sizeof(struct vfio_iommu_spapr_tce_info);
}

/* VFIO_IOMMU_SPAPR_REGISTER_MEMORY and VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY */

static const struct decode_field memory_fields[] = {
	DECODE_FIELD(struct vfio_iommu_spapr_register_memory, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_register_memory, flags, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_register_memory, vaddr, IN, decode_as_pointer),
	DECODE_FIELD(struct vfio_iommu_spapr_register_memory, size, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout memory_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_spapr_register_memory, size),
	.size = sizeof(struct vfio_iommu_spapr_register_memory),
	.fields = memory_fields,
};

/* VFIO_IOMMU_SPAPR_TCE_CREATE and VFIO_IOMMU_SPAPR_TCE_REMOVE */

static const struct decode_field create_fields[] = {
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, flags, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, page_shift, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, __resv1, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, window_size, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, levels, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, __resv2, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_create, start_addr, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_layout create_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_spapr_tce_create, start_addr),
	.size = sizeof(struct vfio_iommu_spapr_tce_create),
	.fields = create_fields,
};

static const struct decode_field remove_fields[] = {
	DECODE_FIELD(struct vfio_iommu_spapr_tce_remove, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_remove, flags, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_spapr_tce_remove, start_addr, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout remove_layout = {
	.least = DECODE_END_OF(struct vfio_iommu_spapr_tce_remove, start_addr),
	.size = sizeof(struct vfio_iommu_spapr_tce_remove),
	.fields = remove_fields,
};

/* VFIO_EEH_PE_OP */

static const struct print_name eeh_ops[] = {
	PRINT_NAME(VFIO_EEH_PE_DISABLE),
	PRINT_NAME(VFIO_EEH_PE_ENABLE),
	PRINT_NAME(VFIO_EEH_PE_UNFREEZE_IO),
	PRINT_NAME(VFIO_EEH_PE_UNFREEZE_DMA),
	PRINT_NAME(VFIO_EEH_PE_GET_STATE),
	PRINT_NAME(VFIO_EEH_PE_RESET_DEACTIVATE),
	PRINT_NAME(VFIO_EEH_PE_RESET_HOT),
	PRINT_NAME(VFIO_EEH_PE_RESET_FUNDAMENTAL),
	PRINT_NAME(VFIO_EEH_PE_CONFIGURE),
	PRINT_NAME(VFIO_EEH_PE_INJECT_ERR),
	{ 0, NULL },
};

/* What VFIO_EEH_PE_GET_STATE returns. */
static const struct print_name eeh_states[] = {
	PRINT_NAME(VFIO_EEH_PE_STATE_NORMAL),  PRINT_NAME(VFIO_EEH_PE_STATE_RESET),
	PRINT_NAME(VFIO_EEH_PE_STATE_STOPPED), PRINT_NAME(VFIO_EEH_PE_STATE_STOPPED_DMA),
	PRINT_NAME(VFIO_EEH_PE_STATE_UNAVAIL), { 0, NULL },
};

static const struct decode_field eeh_fields[] = {
	DECODE_FIELD(struct vfio_eeh_pe_op, argsz, IN, decode_as_number),
	DECODE_FIELD(struct vfio_eeh_pe_op, flags, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_eeh_pe_op, op, IN, decode_as_enum, eeh_ops),
	{ 0 },
};

static const struct decode_field eeh_err_fields[] = {
	DECODE_FIELD(struct vfio_eeh_pe_err, type, IN, decode_as_number),
	DECODE_FIELD(struct vfio_eeh_pe_err, func, IN, decode_as_number),
	DECODE_FIELD(struct vfio_eeh_pe_err, addr, IN, decode_as_hex),
	DECODE_FIELD(struct vfio_eeh_pe_err, mask, IN, decode_as_hex),
	{ 0 },
};

static const struct decode_layout eeh_layout = {
	.least = DECODE_END_OF(struct vfio_eeh_pe_op, op),
	.size = DECODE_END_OF(struct vfio_eeh_pe_op, op),
	.fields = eeh_fields,
};

static uint64_t eeh_tail(struct decode_call *call, struct print *out)
{
	uint64_t op = decode_in(call, offsetof(struct vfio_eeh_pe_op, op));

	if (op == VFIO_EEH_PE_GET_STATE)
		call->result_is = RESULT_ENUM;
	if (op != VFIO_EEH_PE_INJECT_ERR || call->in.size < sizeof(struct vfio_eeh_pe_op))
		return eeh_layout.size;
	decode_struct(call, out, "err", eeh_err_fields, offsetof(struct vfio_eeh_pe_op, err));
	return sizeof(struct vfio_eeh_pe_op);
}

const struct decode_request decode_spapr_requests[] = {
	DECODE_REQUEST(VFIO_IOMMU_SPAPR_TCE_GET_INFO, ARGUMENT_STRUCT, &info_layout, info_tail),
	DECODE_REQUEST(VFIO_IOMMU_SPAPR_REGISTER_MEMORY, ARGUMENT_STRUCT, &memory_layout),
	DECODE_REQUEST(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, ARGUMENT_STRUCT, &memory_layout),
	DECODE_REQUEST(VFIO_IOMMU_SPAPR_TCE_CREATE, ARGUMENT_STRUCT, &create_layout),
	DECODE_REQUEST(VFIO_IOMMU_SPAPR_TCE_REMOVE, ARGUMENT_STRUCT, &remove_layout),
	DECODE_REQUEST(VFIO_EEH_PE_OP, ARGUMENT_STRUCT, &eeh_layout, eeh_tail, eeh_states),
	{ 0 },
};
