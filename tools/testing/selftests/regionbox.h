/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device of the software IOMMU that vfio_pci_type1x has, opened, with its fault region
 * mapped.  A second one is bound likewise.
 */
#ifndef SELFTESTS_REGIONBOX_H
#define SELFTESTS_REGIONBOX_H

#include "faultbox.h"
#include "region.h"

struct regionbox {
	struct softbox box;
	int ti;
	int container;
	struct vfio_device device;
	struct region region;
};

static inline void regionbox_load_driver(void)
{
	backend_need_ours("has no region");
	module_load("/t/" REGION_MODULE ".ko", "");
}

static inline void regionbox_unload_driver(void)
{
	int tries = 0, ret;

	while ((ret = __module_unload(REGION_MODULE)) == -EAGAIN && ++tries < 20)
		usleep(50000);
	EXPECT_TRUE(!ret || ret == -ENOENT);
}

/* The device of a group that is in the container. */
static inline void regionbox_open_device(struct regionbox *self, int group, int device)
{
	char bdf[VFIO_BDF_LEN];

	testiommu_bdf(device, bdf);
	vfio_device_open(&self->device, group, bdf);
	region_open(&self->region, self->device.fd);
}

static inline void regionbox_close_device(struct regionbox *self)
{
	region_close(&self->region);
	vfio_device_close(&self->device);
}

static inline void regionbox_bind(struct regionbox *self)
{
	char bdf[VFIO_BDF_LEN];

	self->box = (struct softbox){ .ti = -1, .container = -1 };
	self->device.fd = -1;
	regionbox_load_driver();
	softbox_load(&self->box, "");
	self->ti = self->box.ti;
	for (int i = 0; i < 2; i++) {
		testiommu_bdf(i, bdf);
		vfio_bind(bdf, REGION_MODULE);
	}
}

static inline void regionbox_open(struct regionbox *self)
{
	regionbox_bind(self);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	regionbox_open_device(self, self->box.groups[0], 0);
}

static inline void regionbox_close(struct regionbox *self)
{
	if (self->device.fd >= 0)
		regionbox_close_device(self);
	softbox_close(&self->box);
	softbox_unload(&self->box);
	regionbox_unload_driver();
}

/* Take what there is, up to so many; fewer if there are no more. */
static inline int regionbox_take(struct regionbox *self, struct vfio_type1x_fault *records,
				 int nr_records)
{
	int nr = 0;

	while (nr < nr_records && region_take(&self->region, &records[nr]))
		nr++;
	return nr;
}

#endif /* SELFTESTS_REGIONBOX_H */
