/* SPDX-License-Identifier: GPL-2.0-only */
/* A svmbox whose edu devices are those of vfio_pci_type1x. */
#ifndef SELFTESTS_SVMDEV_H
#define SELFTESTS_SVMDEV_H

#include "region.h"
#include "svmbox.h"

#define SVMDEV_NR	2
#define SVMDEV_PLAIN	"vfio-pci"

static inline void svmdev_bind_to(const char *driver)
{
	char bdf[VFIO_BDF_LEN];

	for (int i = 0; i < SVMDEV_NR; i++) {
		vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, i, bdf);
		vfio_bind(bdf, driver);
	}
}

static inline void svmdev_load(void)
{
	backend_need_ours("has no such device");
	module_load("/t/" REGION_MODULE ".ko", "");
	svmdev_bind_to(REGION_MODULE);
}

static inline void svmdev_unload(void)
{
	int tries = 0, ret;

	svmdev_bind_to(SVMDEV_PLAIN);
	while ((ret = __module_unload(REGION_MODULE)) == -EAGAIN && ++tries < 20)
		usleep(50000);
	EXPECT_EQ(ret, 0);
}

static inline void svmdev_open(struct svmbox *box, int num_groups)
{
	svmdev_load();
	svmbox_open(box, VFIO_TYPE1v2_IOMMU, num_groups);
}

static inline void svmdev_close(struct svmbox *box)
{
	__iommu_unmap(box->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_TRUE(svmbox_unpinned(box));
	svmbox_close(box);
	svmdev_unload();
}

/* The file descriptor of a device, which is opened when first asked for. */
static inline int svmdev_fd(struct svmbox *box, int index)
{
	return box_edu(&box->box, index)->fd;
}

#endif /* SELFTESTS_SVMDEV_H */
