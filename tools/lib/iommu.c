// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommu.h"

#define INFO_MAX_BYTES		4096

static int iommu_take_ranges(struct iommu_info *info, const void *cap)
{
	const struct vfio_iommu_type1_info_cap_iova_range *ranges = cap;
	uint32_t i;

	if (ranges->nr_iovas > IOMMU_MAX_RANGES)
		return -E2BIG;
	info->has_ranges = true;
	info->num_ranges = ranges->nr_iovas;
	for (i = 0; i < ranges->nr_iovas; i++) {
		info->ranges[i].start = ranges->iova_ranges[i].start;
		info->ranges[i].last = ranges->iova_ranges[i].end;
	}
	return 0;
}

static int iommu_take_cap(struct iommu_info *info, const struct vfio_info_cap_header *cap)
{
	info->num_caps++;
	switch (cap->id) {
	case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE:
		return iommu_take_ranges(info, cap);
	case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION:
		info->has_migration = true;
		memcpy(&info->migration, cap, sizeof(info->migration));
		return 0;
	case VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY:
		info->has_dirty = true;
		memcpy(&info->dirty, cap, sizeof(info->dirty));
		return 0;
	case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL:
		info->has_avail = true;
		info->avail = ((const struct vfio_iommu_type1_info_dma_avail *)cap)->avail;
		return 0;
	case VFIO_IOMMU_TYPE1_INFO_CAP_FAULT:
		info->has_fault = true;
		memcpy(&info->fault, cap, sizeof(info->fault));
		return 0;
	case VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER:
		info->has_driver = true;
		memcpy(&info->driver, cap, sizeof(info->driver));
		return 0;
	default:
		return 0;
	}
}

/* Follow the chain; a chain that leaves the buffer or runs in circles is an error. */
static int iommu_walk(struct iommu_info *info, const char *buf, uint32_t offset, uint32_t size)
{
	uint32_t last = 0;
	int ret;

	while (offset) {
		const struct vfio_info_cap_header *cap = (const void *)(buf + offset);

		if (offset <= last || offset + sizeof(*cap) > size)
			return -EBADMSG;
		ret = iommu_take_cap(info, cap);
		if (ret)
			return ret;
		last = offset;
		offset = cap->next;
	}
	return 0;
}

int __iommu_info(int container, struct iommu_info *info)
{
	struct vfio_iommu_type1_info *raw = calloc(1, INFO_MAX_BYTES);
	int ret = 0;

	memset(info, 0, sizeof(*info));
	if (!raw)
		return -ENOMEM;
	raw->argsz = INFO_MAX_BYTES;
	if (ioctl(container, VFIO_IOMMU_GET_INFO, raw))
		ret = -errno;
	if (!ret && raw->flags & VFIO_IOMMU_INFO_PGSIZES)
		info->page_sizes = raw->iova_pgsizes;
	if (!ret && raw->flags & VFIO_IOMMU_INFO_CAPS)
		ret = iommu_walk(info, (const char *)raw, raw->cap_offset, INFO_MAX_BYTES);
	free(raw);
	return ret;
}

int __iommu_map(int container, const void *vaddr, uint64_t iova, uint64_t size, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int __iommu_unmap(int container, uint64_t iova, uint64_t size, uint32_t flags, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = flags,
		.iova = iova,
		.size = size,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	if (unmapped)
		*unmapped = unmap.size;
	return 0;
}

uint64_t iommu_last(const struct iommu_info *info)
{
	return info->num_ranges ? info->ranges[info->num_ranges - 1].last : 0;
}
