/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of a container, and what the container tells about itself. */
#ifndef T1X_LIB_IOMMU_H
#define T1X_LIB_IOMMU_H

#include <linux/vfio_type1x.h>

#include "check.h"

#define IOMMU_MAX_RANGES	16

/* What the device may do. */
#define IOMMU_R			VFIO_DMA_MAP_FLAG_READ
#define IOMMU_W			VFIO_DMA_MAP_FLAG_WRITE
#define IOMMU_RW		(IOMMU_R | IOMMU_W)

struct iommu_range {
	uint64_t start;
	uint64_t last; /* inclusive */
};

/* The answer of VFIO_IOMMU_GET_INFO, capabilities parsed. */
struct iommu_info {
	uint64_t page_sizes;
	int num_caps;

	bool has_avail;
	uint32_t avail; /* mappings that can still be made */

	bool has_ranges;
	uint32_t num_ranges;
	struct iommu_range ranges[IOMMU_MAX_RANGES];

	bool has_migration; /* dirty pages can be tracked */
	struct vfio_iommu_type1_info_cap_migration migration;
	bool has_dirty; /* and more, which only vfio-type1x offers */
	struct vfio_iommu_type1_info_cap_dirty dirty;
	bool has_fault; /* likewise */
	struct vfio_iommu_type1_info_cap_fault fault;
	bool has_driver; /* only vfio-type1x says who it is */
	struct vfio_iommu_type1_info_cap_driver driver;
};

int __iommu_info(int container, struct iommu_info *info);
int __iommu_map(int container, const void *vaddr, uint64_t iova, uint64_t size, uint32_t flags);

/* The bytes that were unmapped go to @unmapped, which may be NULL. */
int __iommu_unmap(int container, uint64_t iova, uint64_t size, uint32_t flags, uint64_t *unmapped);

/* End of the highest range, inclusive. */
uint64_t iommu_last(const struct iommu_info *info);

#define iommu_info(c, info)	must(__iommu_info(c, info))
#define iommu_map(...)		must(__iommu_map(__VA_ARGS__))

/* Unmap, and return how many bytes went. */
#define iommu_unmap(c, iova, size) ({				\
	uint64_t _bytes = 0;					\
								\
	must(__iommu_unmap(c, iova, size, 0, &_bytes));		\
	_bytes;							\
})
#define iommu_unmap_all(c) ({						\
	uint64_t _bytes = 0;						\
									\
	must(__iommu_unmap(c, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, &_bytes));	\
	_bytes;								\
})

/* Mappings that can still be made. */
#define iommu_avail(c) ({			\
	struct iommu_info _answer;		\
						\
	must(__iommu_info(c, &_answer));	\
	_answer.avail;				\
})

#endif /* T1X_LIB_IOMMU_H */
