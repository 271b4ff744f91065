/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers, groups and devices of VFIO.
 *
 * A container holds the IOMMU mappings; a group is the smallest set of
 * devices the IOMMU can tell apart; a device is what the program drives.
 * The usual order: open container and group, put the group into the
 * container, choose the IOMMU type, open the device.
 */
#ifndef T1X_LIB_VFIO_H
#define T1X_LIB_VFIO_H

#include <linux/vfio.h>

#include "check.h"

#define VFIO_BDF_LEN		16
#define VFIO_MAX_BARS		6

struct vfio_bar {
	void *addr; /* NULL if the region cannot be mapped */
	size_t size;
};

struct vfio_device {
	int fd;
	char bdf[VFIO_BDF_LEN];
	struct vfio_bar bars[VFIO_MAX_BARS];
};

/* Address of the device number @index with this PCI id, in bus order. */
int __vfio_find(uint16_t vendor, uint16_t device, int index, char bdf[VFIO_BDF_LEN]);

/* Let that driver have it and no other, bound or not before; -ENXIO if it refuses. */
int __vfio_bind(const char *bdf, const char *driver);

int __vfio_container_open(void);
int __vfio_group_open(const char *bdf);
int __vfio_group_attach(int group, int container);
int __vfio_group_detach(int group);
int __vfio_group_is_viable(int group);
int __vfio_extension(int container, unsigned long extension);
int __vfio_set_type(int container, unsigned long type);

/* Open a device of an attached group, map its BARs, let it be bus master. */
int __vfio_device_open(struct vfio_device *device, int group, const char *bdf);
void vfio_device_close(struct vfio_device *device);

int __vfio_config_read(const struct vfio_device *device, off_t offset, void *buf, size_t size);
int __vfio_config_write(const struct vfio_device *device, off_t offset, const void *buf,
			size_t size);

#define vfio_find(...)			must(__vfio_find(__VA_ARGS__))
#define vfio_bind(bdf, driver)		must(__vfio_bind(bdf, driver))
#define vfio_container_open()		must(__vfio_container_open())
#define vfio_group_open(bdf)		must(__vfio_group_open(bdf))
#define vfio_group_attach(g, c)		must(__vfio_group_attach(g, c))
#define vfio_group_detach(g)		must(__vfio_group_detach(g))
#define vfio_extension(c, e)		must(__vfio_extension(c, e))
#define vfio_set_type(c, t)		must(__vfio_set_type(c, t))
#define vfio_device_open(...)		must(__vfio_device_open(__VA_ARGS__))
#define vfio_config_read(...)		must(__vfio_config_read(__VA_ARGS__))
#define vfio_config_write(...)		must(__vfio_config_write(__VA_ARGS__))

#endif /* T1X_LIB_VFIO_H */
