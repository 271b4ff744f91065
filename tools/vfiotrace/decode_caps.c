// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capability chains: what the info ioctls of a container, of a device and of a
 * region append to their structure.
 */
#include <linux/vfio.h>
#include <linux/vfio_type1x.h>
#include <linux/vfio_zdev.h>
#include <string.h>

#include "decode.h"
#include "newer.h"

/* VFIO_IOMMU_GET_INFO */

static const struct decode_field iova_range_fields[] = {
	DECODE_FIELD(struct vfio_iova_range, start, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iova_range, end, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_array iova_ranges = {
	.name = "iova_ranges",
	.count_at = offsetof(struct vfio_iommu_type1_info_cap_iova_range, nr_iovas),
	.at = offsetof(struct vfio_iommu_type1_info_cap_iova_range, iova_ranges),
	.stride = sizeof(struct vfio_iova_range),
	.fields = iova_range_fields,
};

static const struct decode_field cap_iova_range[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_iova_range, nr_iovas, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field cap_migration[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_migration, flags, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_migration, pgsize_bitmap, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_migration, max_dirty_bitmap_size, OUT,
		     decode_as_number),
	{ 0 },
};

static const struct decode_field cap_dma_avail[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info_dma_avail, avail, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field cap_driver[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_driver, version, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_driver, flags, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_driver, name, OUT, decode_as_text),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_driver, release, OUT, decode_as_text),
	{ 0 },
};

static const struct print_name dirty_flags[] = {
	PRINT_NAME(VFIO_IOMMU_DIRTY_CAP_PEEK),
	PRINT_NAME(VFIO_IOMMU_DIRTY_CAP_CLEAR),
	PRINT_NAME(VFIO_IOMMU_DIRTY_CAP_RANGE),
	{ 0, NULL },
};

static const struct decode_field cap_dirty[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_dirty, flags, OUT, decode_as_flags,
		     dirty_flags),
	{ 0 },
};

static const struct print_name fault_flags[] = {
	PRINT_NAME(VFIO_IOMMU_FAULT_CAP_COMPLETE),
	{ 0, NULL },
};

static const struct decode_field cap_fault[] = {
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_fault, flags, OUT, decode_as_flags,
		     fault_flags),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_fault, sources, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_fault, record_size, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_iommu_type1_info_cap_fault, max_records, OUT, decode_as_number),
	{ 0 },
};

const struct decode_cap decode_iommu_caps[] = {
	DECODE_CAP(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, cap_iova_range, &iova_ranges),
	DECODE_CAP(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 1, cap_migration),
	DECODE_CAP(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, cap_dma_avail),
	DECODE_CAP(VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER, 1, cap_driver),
	DECODE_CAP(VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY, 1, cap_dirty),
	DECODE_CAP(VFIO_IOMMU_TYPE1_INFO_CAP_FAULT, 1, cap_fault),
	{ 0 },
};

/* VFIO_DEVICE_GET_INFO */

static const struct decode_field cap_zpci_base_1[] = {
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, start_dma, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, end_dma, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, pchid, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, vfn, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, fmb_length, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, pft, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, gid, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_field cap_zpci_base_2[] = {
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, start_dma, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, end_dma, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, pchid, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, vfn, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, fmb_length, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, pft, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, gid, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_base, fh, OUT, decode_as_hex),
	{ 0 },
};

static const struct print_name zpci_group_flags[] = {
	PRINT_NAME(VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH),
	{ 0, NULL },
};

static const struct decode_field cap_zpci_group_1[] = {
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, dasm, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, msi_addr, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, flags, OUT, decode_as_flags,
		     zpci_group_flags),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, mui, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, noi, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, maxstbl, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, version, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field cap_zpci_group_2[] = {
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, dasm, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, msi_addr, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, flags, OUT, decode_as_flags,
		     zpci_group_flags),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, mui, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, noi, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, maxstbl, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, version, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_device_info_cap_zpci_group, imaxstbl, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field cap_zpci_util[] = {
	DECODE_FIELD(struct vfio_device_info_cap_zpci_util, size, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_array zpci_util_str = {
	.name = "util_str",
	.count_at = offsetof(struct vfio_device_info_cap_zpci_util, size),
	.at = offsetof(struct vfio_device_info_cap_zpci_util, util_str),
	.stride = 1,
	.printer = decode_as_hex,
};

static const struct decode_field cap_zpci_pfip[] = {
	DECODE_FIELD(struct vfio_device_info_cap_zpci_pfip, size, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_array zpci_pfip = {
	.name = "pfip",
	.count_at = offsetof(struct vfio_device_info_cap_zpci_pfip, size),
	.at = offsetof(struct vfio_device_info_cap_zpci_pfip, pfip),
	.stride = 1,
	.printer = decode_as_hex,
};

static const struct print_name atomic_comp_flags[] = {
	PRINT_NAME(VFIO_PCI_ATOMIC_COMP32),
	PRINT_NAME(VFIO_PCI_ATOMIC_COMP64),
	PRINT_NAME(VFIO_PCI_ATOMIC_COMP128),
	{ 0, NULL },
};

static const struct decode_field cap_atomic_comp[] = {
	DECODE_FIELD(struct newer_cap_pci_atomic_comp, flags, OUT, decode_as_flags,
		     atomic_comp_flags),
	{ 0 },
};

const struct decode_cap decode_device_caps[] = {
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_ZPCI_BASE, 1, cap_zpci_base_1),
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_ZPCI_BASE, 2, cap_zpci_base_2),
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, 1, cap_zpci_group_1),
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, 2, cap_zpci_group_2),
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, 1, cap_zpci_util, &zpci_util_str),
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, 1, cap_zpci_pfip, &zpci_pfip),
	DECODE_CAP(VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP, 1, cap_atomic_comp),
	{ 0 },
};

/* VFIO_DEVICE_GET_REGION_INFO */

static const struct decode_field sparse_area_fields[] = {
	DECODE_FIELD(struct vfio_region_sparse_mmap_area, offset, OUT, decode_as_hex),
	DECODE_FIELD(struct vfio_region_sparse_mmap_area, size, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_array sparse_areas = {
	.name = "areas",
	.count_at = offsetof(struct vfio_region_info_cap_sparse_mmap, nr_areas),
	.at = offsetof(struct vfio_region_info_cap_sparse_mmap, areas),
	.stride = sizeof(struct vfio_region_sparse_mmap_area),
	.fields = sparse_area_fields,
};

static const struct decode_field cap_sparse_mmap[] = {
	DECODE_FIELD(struct vfio_region_info_cap_sparse_mmap, nr_areas, OUT, decode_as_number),
	{ 0 },
};

static const struct print_name region_types[] = {
	PRINT_NAME(VFIO_REGION_TYPE_GFX),
	PRINT_NAME(VFIO_REGION_TYPE_CCW),
	PRINT_NAME(VFIO_REGION_TYPE_MIGRATION_DEPRECATED),
	PRINT_NAME(VFIO_TYPE1X_REGION_TYPE_NESTED),
	{ 0, NULL },
};

/* What a subtype means depends on the type. */
struct region_subtypes {
	uint32_t type;
	const struct print_name *names;
};

/* VFIO_REGION_TYPE_PCI_VENDOR_TYPE is 1 << 31, for which an int has no room. */
#define PCI_VENDOR_TYPE		0x80000000u
#define PCI_VENDOR(id)		(PCI_VENDOR_TYPE | (id))

static const struct print_name intel_subtypes[] = {
	PRINT_NAME(VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION),
	PRINT_NAME(VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG),
	PRINT_NAME(VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG),
	{ 0, NULL },
};

static const struct print_name nvidia_subtypes[] = {
	PRINT_NAME(VFIO_REGION_SUBTYPE_NVIDIA_NVLINK2_RAM),
	{ 0, NULL },
};

static const struct print_name ibm_subtypes[] = {
	PRINT_NAME(VFIO_REGION_SUBTYPE_IBM_NVLINK2_ATSD),
	{ 0, NULL },
};

static const struct print_name gfx_subtypes[] = {
	PRINT_NAME(VFIO_REGION_SUBTYPE_GFX_EDID),
	{ 0, NULL },
};

static const struct print_name ccw_subtypes[] = {
	PRINT_NAME(VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD),
	PRINT_NAME(VFIO_REGION_SUBTYPE_CCW_SCHIB),
	PRINT_NAME(VFIO_REGION_SUBTYPE_CCW_CRW),
	{ 0, NULL },
};

static const struct print_name migration_subtypes[] = {
	PRINT_NAME(VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED),
	{ 0, NULL },
};

static const struct print_name nested_subtypes[] = {
	PRINT_NAME(VFIO_TYPE1X_REGION_SUBTYPE_FAULT),
	{ 0, NULL },
};

static const struct region_subtypes region_subtypes[] = {
	{ PCI_VENDOR(0x8086), intel_subtypes },
	{ PCI_VENDOR(0x10de), nvidia_subtypes },
	{ PCI_VENDOR(0x1014), ibm_subtypes },
	{ VFIO_REGION_TYPE_GFX, gfx_subtypes },
	{ VFIO_REGION_TYPE_CCW, ccw_subtypes },
	{ VFIO_REGION_TYPE_MIGRATION_DEPRECATED, migration_subtypes },
	{ VFIO_TYPE1X_REGION_TYPE_NESTED, nested_subtypes },
	{ 0, NULL },
};

static void region_type(struct print *out, const struct decode_value *value)
{
	if (value->number & PCI_VENDOR_TYPE)
		print_text(out, "VFIO_REGION_TYPE_PCI_VENDOR_TYPE|%#x",
			   (uint32_t)value->number & ~PCI_VENDOR_TYPE);
	else
		print_enum(out, value->number, region_types);
}

/* One value for both: the subtype alone does not say what it means. */
static void region_subtype(struct print *out, const struct decode_value *value)
{
	const struct region_subtypes *of = region_subtypes;
	uint32_t pair[2];

	memcpy(pair, value->bytes, sizeof(pair));
	while (of->names && of->type != pair[0])
		of++;
	print_enum(out, pair[1], of->names);
}

static const struct decode_field cap_type[] = {
	DECODE_FIELD(struct vfio_region_info_cap_type, type, OUT, region_type),
	{ "subtype", offsetof(struct vfio_region_info_cap_type, type), 8, OUT, region_subtype,
	  NULL },
	{ 0 },
};

static const struct decode_field cap_ssatgt[] = {
	DECODE_FIELD(struct vfio_region_info_cap_nvlink2_ssatgt, tgt, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_field cap_lnkspd[] = {
	DECODE_FIELD(struct vfio_region_info_cap_nvlink2_lnkspd, link_speed, OUT, decode_as_hex),
	{ 0 },
};

static const struct decode_field cap_fault_region[] = {
	DECODE_FIELD(struct vfio_type1x_region_info_cap_fault, version, OUT, decode_as_number),
	DECODE_FIELD(struct vfio_type1x_region_info_cap_fault, irq_index, OUT, decode_as_number),
	{ 0 },
};

static const struct decode_field cap_empty[] = {
	{ 0 },
};

const struct decode_cap decode_region_caps[] = {
	DECODE_CAP(VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, cap_sparse_mmap, &sparse_areas),
	DECODE_CAP(VFIO_REGION_INFO_CAP_TYPE, 1, cap_type),
	DECODE_CAP(VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1, cap_empty),
	DECODE_CAP(VFIO_REGION_INFO_CAP_NVLINK2_SSATGT, 1, cap_ssatgt),
	DECODE_CAP(VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD, 1, cap_lnkspd),
	DECODE_CAP(VFIO_TYPE1X_REGION_INFO_CAP_FAULT, 1, cap_fault_region),
	{ 0 },
};
