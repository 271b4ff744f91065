// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where members are in the structures of <linux/vfio_type1x.h>, for programs of any
 * width: numbers of its own, as the pictures there have them.  Nothing is run; it
 * compiles, also with -Wpadded, or there is a mistake.
 */
#include <assert.h>
#include <stddef.h>

#include <linux/vfio_type1x.h>

#define SIZE(type, bytes)							\
	static_assert(sizeof(struct type) == (bytes), "size of " #type);	\
	static_assert(sizeof(struct type) % 8 == 0, "an array of " #type)

#define PLACE(type, member, at, bytes)						\
	static_assert(offsetof(struct type, member) == (at) &&			\
			      sizeof(((struct type *)0)->member) == (bytes),	\
		      #member " of " #type)

SIZE(vfio_iommu_type1_info_cap_driver, 80);
PLACE(vfio_iommu_type1_info_cap_driver, version, 8, 4);
PLACE(vfio_iommu_type1_info_cap_driver, flags, 12, 4);
PLACE(vfio_iommu_type1_info_cap_driver, name, 16, 32);
PLACE(vfio_iommu_type1_info_cap_driver, release, 48, 32);

SIZE(vfio_iommu_type1_info_cap_dirty, 16);
PLACE(vfio_iommu_type1_info_cap_dirty, flags, 8, 4);

SIZE(vfio_iommu_type1_dirty_range, 16);
PLACE(vfio_iommu_type1_dirty_range, iova, 0, 8);
PLACE(vfio_iommu_type1_dirty_range, size, 8, 8);

SIZE(vfio_iommu_type1_dirty_clear, 40);
PLACE(vfio_iommu_type1_dirty_clear, iova, 0, 8);
PLACE(vfio_iommu_type1_dirty_clear, size, 8, 8);
PLACE(vfio_iommu_type1_dirty_clear, pgsize, 16, 8);
PLACE(vfio_iommu_type1_dirty_clear, bitmap_size, 24, 8);
PLACE(vfio_iommu_type1_dirty_clear, bitmap, 32, 8);

SIZE(vfio_iommu_type1_info_cap_fault, 24);
PLACE(vfio_iommu_type1_info_cap_fault, flags, 8, 4);
PLACE(vfio_iommu_type1_info_cap_fault, sources, 12, 4);
PLACE(vfio_iommu_type1_info_cap_fault, record_size, 16, 4);
PLACE(vfio_iommu_type1_info_cap_fault, max_records, 20, 4);

SIZE(vfio_type1x_fault_fd, 24);
PLACE(vfio_type1x_fault_fd, argsz, 0, 4);
PLACE(vfio_type1x_fault_fd, flags, 4, 4);
PLACE(vfio_type1x_fault_fd, nr_records, 8, 4);
PLACE(vfio_type1x_fault_fd, record_size, 12, 4);
PLACE(vfio_type1x_fault_fd, cookie, 16, 8);

SIZE(vfio_type1x_svm_bind, 32);
PLACE(vfio_type1x_svm_bind, argsz, 0, 4);
PLACE(vfio_type1x_svm_bind, flags, 4, 4);
PLACE(vfio_type1x_svm_bind, op, 8, 4);
PLACE(vfio_type1x_svm_bind, bond, 12, 4);
PLACE(vfio_type1x_svm_bind, mode, 16, 4);
PLACE(vfio_type1x_svm_bind, pasid, 20, 4);
PLACE(vfio_type1x_svm_bind, target, 24, 4);
PLACE(vfio_type1x_svm_bind, reserved, 28, 4);

SIZE(vfio_type1x_svm_unbind, 16);
PLACE(vfio_type1x_svm_unbind, argsz, 0, 4);
PLACE(vfio_type1x_svm_unbind, flags, 4, 4);
PLACE(vfio_type1x_svm_unbind, bond, 8, 4);
PLACE(vfio_type1x_svm_unbind, reserved, 12, 4);

/* As far as it goes it is the kernel's own. */
SIZE(vfio_type1x_dma_map, 40);
PLACE(vfio_type1x_dma_map, argsz, 0, 4);
PLACE(vfio_type1x_dma_map, flags, 4, 4);
PLACE(vfio_type1x_dma_map, vaddr, 8, 8);
PLACE(vfio_type1x_dma_map, iova, 16, 8);
PLACE(vfio_type1x_dma_map, size, 24, 8);
PLACE(vfio_type1x_dma_map, bond, 32, 4);
PLACE(vfio_type1x_dma_map, reserved, 36, 4);

SIZE(vfio_type1x_region_info_cap_fault, 16);
PLACE(vfio_type1x_region_info_cap_fault, version, 8, 4);
PLACE(vfio_type1x_region_info_cap_fault, irq_index, 12, 4);

SIZE(vfio_type1x_fault, 128);
PLACE(vfio_type1x_fault, time, 0, 8);
PLACE(vfio_type1x_fault, sequence, 8, 8);
PLACE(vfio_type1x_fault, lost, 16, 8);
PLACE(vfio_type1x_fault, iova, 24, 8);
PLACE(vfio_type1x_fault, cookie, 32, 8);
PLACE(vfio_type1x_fault, raw, 40, 16);
PLACE(vfio_type1x_fault, source, 56, 2);
PLACE(vfio_type1x_fault, reason, 58, 2);
PLACE(vfio_type1x_fault, flags, 60, 4);
PLACE(vfio_type1x_fault, raw_reason, 64, 4);
PLACE(vfio_type1x_fault, requester, 68, 4);
PLACE(vfio_type1x_fault, pasid, 72, 4);
PLACE(vfio_type1x_fault, group, 76, 4);
PLACE(vfio_type1x_fault, bond, 80, 4);
PLACE(vfio_type1x_fault, reserved, 84, 44);

SIZE(vfio_type1x_fault_response, 32);
PLACE(vfio_type1x_fault_response, requester, 0, 4);
PLACE(vfio_type1x_fault_response, pasid, 4, 4);
PLACE(vfio_type1x_fault_response, group, 8, 4);
PLACE(vfio_type1x_fault_response, flags, 12, 4);
PLACE(vfio_type1x_fault_response, code, 16, 4);
PLACE(vfio_type1x_fault_response, reserved, 20, 12);

SIZE(vfio_type1x_fault_header, 128);
PLACE(vfio_type1x_fault_header, version, 0, 4);
PLACE(vfio_type1x_fault_header, record_size, 4, 4);
PLACE(vfio_type1x_fault_header, nr_records, 8, 4);
PLACE(vfio_type1x_fault_header, records, 16, 8);
PLACE(vfio_type1x_fault_header, consumer, 24, 8);
PLACE(vfio_type1x_fault_header, producer, 64, 4);
PLACE(vfio_type1x_fault_header, lost, 72, 8);
PLACE(vfio_type1x_fault_header, reserved4, 80, 48);

SIZE(vfio_type1x_fault_consumer, 8);
PLACE(vfio_type1x_fault_consumer, index, 0, 4);

/* Powers of two that divide a page: no record crosses one. */
static_assert(4096 % sizeof(struct vfio_type1x_fault) == 0, "a record crosses a page");

/* Numbers of ours that are no number of the header they extend. */
static_assert(_IOC_NR(VFIO_TYPE1X_FAULT_FD) == 127, "last number of VFIO");
static_assert(!(VFIO_TYPE1X_REGION_TYPE_NESTED & VFIO_REGION_TYPE_PCI_VENDOR_TYPE),
	      "a type that is taken for a vendor's");
static_assert(VFIO_TYPE1X_REGION_TYPE_NESTED != VFIO_TYPE1X_IOMMU, "one number, one meaning");
