/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty page tracking: the calls, and pictures of what they should answer.
 *
 * A picture is a bitmap over a range of IOVAs, one bit per page, with guard
 * bytes around it.  One is filled by the kernel, another one is drawn by the
 * test, and the two are compared.
 */
#ifndef T1X_LIB_DIRTY_H
#define T1X_LIB_DIRTY_H

#include <linux/vfio_type1x.h>

#include "check.h"

#define DIRTY_START		VFIO_IOMMU_DIRTY_PAGES_FLAG_START
#define DIRTY_STOP		VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
#define DIRTY_GET		VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP
#define DIRTY_RANGE		VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE
#define DIRTY_PEEK		VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK
#define DIRTY_CLEAR		VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR

/* What VFIO_IOMMU_DIRTY_PAGES is given, as a whole. */
struct dirty_request {
	struct vfio_iommu_type1_dirty_bitmap head;
	union {
		struct vfio_iommu_type1_dirty_bitmap_get get;
		struct vfio_iommu_type1_dirty_range range;
		struct vfio_iommu_type1_dirty_clear clear;
	};
};

/* Argument sizes that suffice, as this program's ABI has it. */
#define DIRTY_ARGSZ		sizeof(struct vfio_iommu_type1_dirty_bitmap)
#define DIRTY_GET_ARGSZ		(DIRTY_ARGSZ + sizeof(struct vfio_iommu_type1_dirty_bitmap_get))
#define DIRTY_RANGE_ARGSZ	(DIRTY_ARGSZ + sizeof(struct vfio_iommu_type1_dirty_range))
#define DIRTY_CLEAR_ARGSZ	(DIRTY_ARGSZ + sizeof(struct vfio_iommu_type1_dirty_clear))

/* The same for VFIO_IOMMU_UNMAP_DMA with GET_DIRTY_BITMAP. */
struct dirty_unmap {
	struct vfio_iommu_type1_dma_unmap head;
	struct vfio_bitmap bitmap;
};

struct dirty_bits {
	uint64_t iova;
	size_t pages;
	size_t bytes; /* of the bitmap, whole 64-bit words */
	uint64_t *words;
	void *base; /* of the allocation, guards included */
};

/* Bytes that the kernel demands for the bitmap of so many pages. */
size_t dirty_bytes(size_t pages);

/* A picture of a range, all clean. */
void dirty_open(struct dirty_bits *bits, uint64_t iova, size_t pages);
void dirty_close(struct dirty_bits *bits);
void dirty_wipe(struct dirty_bits *bits);

/* Draw pages dirty; those outside the picture are left out. */
void dirty_draw(struct dirty_bits *bits, uint64_t iova, size_t pages);
bool dirty_is_set(const struct dirty_bits *bits, uint64_t iova);
size_t dirty_count(const struct dirty_bits *bits);

/* First page in which two pictures of one range differ, or -1. */
long dirty_differs(const struct dirty_bits *bits, const struct dirty_bits *other);

/* First page that both have dirty, or -1. */
long dirty_overlaps(const struct dirty_bits *bits, const struct dirty_bits *other);

/* Has nobody written beside the bitmap? */
bool dirty_is_guarded(const struct dirty_bits *bits);

/* The ioctl with anything; 0 or -errno. */
int __dirty_request(int container, struct dirty_request *request);

int __dirty_start(int container);
int __dirty_start_range(int container, uint64_t iova, uint64_t size);
int __dirty_stop(int container);

/* Bits of the picture's range into the picture, which should be wiped. */
int __dirty_get(int container, struct dirty_bits *bits);
int __dirty_peek(int container, struct dirty_bits *bits);
int __dirty_clear(int container, const struct dirty_bits *mask);

/* Unmap the picture's range, with the last bits of it. */
int __dirty_unmap(int container, struct dirty_bits *bits, uint64_t *unmapped);

#define dirty_start(c)			must(__dirty_start(c))
#define dirty_start_range(...)		must(__dirty_start_range(__VA_ARGS__))
#define dirty_stop(c)			must(__dirty_stop(c))
#define dirty_get(c, bits)		must(__dirty_get(c, bits))
#define dirty_peek(c, bits)		must(__dirty_peek(c, bits))
#define dirty_clear(c, mask)		must(__dirty_clear(c, mask))

#endif /* T1X_LIB_DIRTY_H */
