// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a container with the IOMMU of POWER, and when numbers mean them.
 */
#include <errno.h>
#include <linux/vfio.h>

#include "fake.h"

#define C "ioctl(3</dev/vfio/vfio>, "
#define SPAPR .state = { .iommu_type = VFIO_SPAPR_TCE_v2_IOMMU }

static void get_info(void)
{
	struct vfio_iommu_spapr_tce_info in = { .argsz = sizeof(in) }, out = in;
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_SPAPR_TCE_GET_INFO), FAKE_BOTH(in, out),
			     SPAPR };

	out.flags = VFIO_IOMMU_SPAPR_INFO_DDW;
	out.dma32_window_size = 0x40000000;
	out.ddw = (struct vfio_iommu_spapr_tce_ddw_info){ 0x1011000, 1, 5 };
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_SPAPR_TCE_GET_INFO, {argsz=32, "
					 "flags=VFIO_IOMMU_SPAPR_INFO_DDW, dma32_window_start=0, "
					 "dma32_window_size=0x40000000, ddw={pgsizes=0x1011000, "
					 "max_dynamic_windows_supported=1, levels=5}}) = 0"));
	in.argsz = 16;
	out.flags = 0;
	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_SPAPR_TCE_GET_INFO, {argsz=16, flags=0, "
				  "dma32_window_start=0, dma32_window_size=0x40000000}) = 0"));
}

static void register_memory(void)
{
	struct vfio_iommu_spapr_register_memory in = { .argsz = sizeof(in),
						       .vaddr = 0x10000,
						       .size = 0x20000 };
	struct fake in_use = { FAKE_CONTAINER(VFIO_IOMMU_SPAPR_REGISTER_MEMORY), FAKE_IN(in),
			       SPAPR };
	struct fake undo = { FAKE_CONTAINER(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY), FAKE_IN(in),
			     .result = -EBUSY };

	UNIT_AGREE(fake_differs(&in_use, C "VFIO_IOMMU_SPAPR_REGISTER_MEMORY, {argsz=24, "
					   "flags=0, vaddr=0x10000, size=0x20000}) = 0"));
	UNIT_AGREE(fake_differs(&undo, C "VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, {argsz=24, "
					 "flags=0, vaddr=0x10000, size=0x20000})"
					 " = -1 EBUSY (Device or resource busy)"));
}

static void tce_create_and_remove(void)
{
	struct vfio_iommu_spapr_tce_create in = {
		.argsz = sizeof(in), .page_shift = 16, .window_size = 1 << 30, .levels = 2
	};
	struct vfio_iommu_spapr_tce_create out = in;
	struct vfio_iommu_spapr_tce_remove gone = { .argsz = sizeof(gone),
						    .start_addr = 0x800000000000000 };
	struct fake create = { FAKE_CONTAINER(VFIO_IOMMU_SPAPR_TCE_CREATE), FAKE_BOTH(in, out) };
	struct fake remove = { FAKE_CONTAINER(VFIO_IOMMU_SPAPR_TCE_REMOVE), FAKE_IN(gone) };

	out.start_addr = 0x800000000000000;
	UNIT_AGREE(fake_differs(&create,
				C "VFIO_IOMMU_SPAPR_TCE_CREATE, {argsz=40, flags=0, "
				  "page_shift=16, __resv1=0, window_size=0x40000000, levels=2, "
				  "__resv2=0, start_addr=0x800000000000000}) = 0"));
	UNIT_AGREE(fake_differs(&remove, C "VFIO_IOMMU_SPAPR_TCE_REMOVE, {argsz=16, flags=0, "
					   "start_addr=0x800000000000000}) = 0"));
}

static void eeh_pe_op(void)
{
	struct vfio_eeh_pe_op in = { .argsz = 12, .op = VFIO_EEH_PE_GET_STATE };
	struct fake fake = { FAKE_CONTAINER(VFIO_EEH_PE_OP), FAKE_IN(in), .result = 2 };

	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_EEH_PE_OP, {argsz=12, flags=0, "
				  "op=VFIO_EEH_PE_GET_STATE}) = 2 (VFIO_EEH_PE_STATE_STOPPED)"));
	fake.result = 0;
	in.op = VFIO_EEH_PE_CONFIGURE;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_EEH_PE_OP, {argsz=12, flags=0, "
					 "op=VFIO_EEH_PE_CONFIGURE}) = 0"));
	in.argsz = sizeof(in);
	in.op = VFIO_EEH_PE_INJECT_ERR;
	in.err = (struct vfio_eeh_pe_err){ 1, 2, 0x3000, 0xfff };
	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_EEH_PE_OP, {argsz=40, flags=0, "
				  "op=VFIO_EEH_PE_INJECT_ERR, err={type=1, func=2, addr=0x3000, "
				  "mask=0xfff}}) = 0"));
}

/* Whoever has not seen SET_IOMMU takes it for type1. */
static void numbers_that_type1_has_too(void)
{
	struct vfio_iommu_type1_dirty_bitmap in = { .argsz = sizeof(in),
						    .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP };
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_SPAPR_REGISTER_MEMORY), FAKE_IN(in) };

	UNIT_CHECK(VFIO_IOMMU_SPAPR_REGISTER_MEMORY == VFIO_IOMMU_DIRTY_PAGES);
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_DIRTY_PAGES, {argsz=8, "
					 "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP}) = 0"));
	fake.state.iommu_type = VFIO_SPAPR_TCE_IOMMU;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_SPAPR_REGISTER_MEMORY, 0x10000)"
					 " = -1 EINVAL (Invalid argument)"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(get_info),
	UNIT_CASE(register_memory),
	UNIT_CASE(tce_create_and_remove),
	UNIT_CASE(eeh_pe_op),
	UNIT_CASE(numbers_that_type1_has_too),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
