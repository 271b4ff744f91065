/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault region of a device that vfio_pci_type1x has, and its interrupt.
 *
 *	region_open(&region, device.fd);
 *	while (region_take(&region, &record))
 *		...
 *	region_close(&region);
 */
#ifndef T1X_LIB_REGION_H
#define T1X_LIB_REGION_H

#include <linux/vfio_type1x.h>

#include "check.h"

#define REGION_MODULE	"vfio_pci_type1x"
#define REGION_AREAS	3

/* Areas, as they follow each other. */
enum { REGION_HEADER, REGION_RECORDS, REGION_CONSUMER };

struct region {
	int device;
	uint32_t index;
	uint32_t flags;
	uint64_t offset; /* in the device's file */
	uint64_t size;
	uint32_t type, subtype;
	uint32_t nr_areas;
	struct vfio_region_sparse_mmap_area areas[REGION_AREAS];
	struct vfio_type1x_region_info_cap_fault cap;
	void *mapped[REGION_AREAS]; /* by region_open() */
	uint32_t next;		    /* index of the next record to take */
};

/* Look for it among the device's regions: -ENOENT if there is none. */
int __region_find(struct region *region, int device);

/* Find it, map all areas, the last one for writing, too. */
int __region_open(struct region *region, int device);
void region_close(struct region *region);

/* A mapping of some of it, or -errno. */
void *__region_mmap(const struct region *region, uint64_t at, size_t size, int prot, int flags);

static inline const struct vfio_type1x_fault_header *region_header(const struct region *region)
{
	return region->mapped[REGION_HEADER];
}

static inline struct vfio_type1x_fault_consumer *region_consumer(const struct region *region)
{
	return region->mapped[REGION_CONSUMER];
}

static inline uint64_t region_lost(const struct region *region)
{
	return __atomic_load_n(&region_header(region)->lost, __ATOMIC_ACQUIRE);
}

/* The next record, if there is one. */
bool region_take(struct region *region, struct vfio_type1x_fault *record);

/* The same, but waits some milliseconds, at least: others may be told before the region is. */
bool region_await(struct region *region, struct vfio_type1x_fault *record, int ms);

/* VFIO_DEVICE_SET_IRQS for its interrupt, or for any, with one or no element of data. */
int __region_set_irq(int device, uint32_t index, uint32_t flags, uint32_t count,
		     const int32_t *data);
int __region_eventfd(const struct region *region, int fd);

#define region_find(...)	must(__region_find(__VA_ARGS__))
#define region_open(...)	must(__region_open(__VA_ARGS__))
#define region_eventfd(...)	must(__region_eventfd(__VA_ARGS__))

#endif /* T1X_LIB_REGION_H */
