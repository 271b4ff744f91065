// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability chain of VFIO_IOMMU_GET_INFO.
 *
 * Some kernels do not align the capabilities that are added; the order here
 * makes each start at a multiple of 8 all the same.
 */
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Two windows, the driver, what is available: 48 + 80 + 12 bytes. */
#define T1X_CAPS_USUAL_SIZE	192

static int t1x_caps_add_windows(const struct t1x_ioas *ioas, struct vfio_info_cap *caps)
{
	struct vfio_iommu_type1_info_cap_iova_range *range;
	struct vfio_info_cap_header *header;
	size_t i;

	lockdep_assert_held(&ioas->lock);

	if (!ioas->windows.nr)
		return 0;

	header = vfio_info_cap_add(caps, struct_size(range, iova_ranges, ioas->windows.nr),
				   VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1);
	if (IS_ERR(header))
		return PTR_ERR(header);

	range = container_of(header, struct vfio_iommu_type1_info_cap_iova_range, header);
	range->nr_iovas = ioas->windows.nr;
	for (i = 0; i < ioas->windows.nr; i++) {
		range->iova_ranges[i].start = ioas->windows.spans[i].start;
		range->iova_ranges[i].end = ioas->windows.spans[i].last;
	}
	return 0;
}

static int t1x_caps_add_driver(struct vfio_info_cap *caps)
{
	struct vfio_iommu_type1_info_cap_driver driver = {
		.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER,
		.header.version = 1,
		.version = T1X_VERSION_CODE,
		.name = T1X_NAME,
		.release = T1X_VERSION,
	};

	return vfio_info_add_capability(caps, &driver.header, sizeof(driver));
}

static int t1x_caps_add_avail(const struct t1x_ioas *ioas, struct vfio_info_cap *caps)
{
	struct vfio_iommu_type1_info_dma_avail avail = {
		.header.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
		.header.version = 1,
		.avail = ioas->entries_left,
	};

	lockdep_assert_held(&ioas->lock);
	return vfio_info_add_capability(caps, &avail.header, sizeof(avail));
}

/**
 * t1x_caps_build() - describe an address space
 * @ioas: address space, lock held
 * @caps: zeroed; the chain is in caps->buf, to be freed by kfree() also on
 *	  failure
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_caps_build(struct t1x_ioas *ioas, struct vfio_info_cap *caps)
{
	int ret;

	/* Room for a usual chain at once, so that adding does not reallocate. */
	caps->buf = kmalloc(T1X_CAPS_USUAL_SIZE, GFP_KERNEL);
	if (!caps->buf)
		return -ENOMEM;

	ret = t1x_caps_add_windows(ioas, caps);
	ret = ret ?: t1x_caps_add_driver(caps);
	return ret ?: t1x_caps_add_avail(ioas, caps);
}
