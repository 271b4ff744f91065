/* SPDX-License-Identifier: GPL-2.0-only */
/* A container of a given type with edu devices in it. */
#ifndef SELFTESTS_BOX_H
#define SELFTESTS_BOX_H

#include "backend.h"
#include "edu.h"
#include "mem.h"

#define BOX_MAX_GROUPS	3

/* Where tests put mappings if they do not care. */
#define BOX_IOVA	0x10000000ull

struct box {
	int container;
	int num_groups;
	int groups[BOX_MAX_GROUPS];
	struct vfio_device edu[BOX_MAX_GROUPS];
};

static inline int box_group_open(int index)
{
	char bdf[VFIO_BDF_LEN];

	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, index, bdf);
	return vfio_group_open(bdf);
}

/* Put one more edu group into the container; 0 or -errno. */
static inline int __box_add(struct box *box)
{
	int i = box->num_groups, ret;

	box->groups[i] = box_group_open(i);
	box->edu[i].fd = -1;
	ret = __vfio_group_attach(box->groups[i], box->container);
	if (ret)
		close(box->groups[i]);
	else
		box->num_groups++;
	return ret;
}

#define box_add(box)	must(__box_add(box))

static inline void box_open(struct box *box, unsigned long type, int num_groups)
{
	backend_reset();
	backend_skip_type(type);
	*box = (struct box){ .container = vfio_container_open() };
	while (box->num_groups < num_groups)
		box_add(box);
	vfio_set_type(box->container, type);
	backend_verify(box->container);
}

/* The device of a group, opened when first asked for. */
static inline struct vfio_device *box_edu(struct box *box, int index)
{
	struct vfio_device *edu = &box->edu[index];
	char bdf[VFIO_BDF_LEN];

	if (edu->fd < 0) {
		vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, index, bdf);
		vfio_device_open(edu, box->groups[index], bdf);
	}
	return edu;
}

static inline void box_remove_last(struct box *box)
{
	int i = --box->num_groups;

	vfio_device_close(&box->edu[i]);
	close(box->groups[i]);
}

static inline void box_close(struct box *box)
{
	while (box->num_groups)
		box_remove_last(box);
	close(box->container);
}

/*
 * Does the device see the memory of this process at that IOVA?  Both ways:
 * a device copies from the mapping to itself and back to another place in it.
 */
static inline bool box_dma_works(struct vfio_device *edu, char *addr, uint64_t iova)
{
	static uint64_t seed = 100;

	seed++;
	mem_fill(addr, EDU_MAX_TRANSFER, seed);
	memset(addr + EDU_MAX_TRANSFER, 0, EDU_MAX_TRANSFER);
	edu_copy(edu, iova, iova + EDU_MAX_TRANSFER, EDU_MAX_TRANSFER);
	return mem_differs(addr + EDU_MAX_TRANSFER, EDU_MAX_TRANSFER, seed) < 0;
}

static inline void box_invert(char *addr, size_t size)
{
	while (size--)
		addr[size] = ~addr[size];
}

/*
 * A device write to @iova leaves the memory behind @addr as it is.  Not as it was
 * before: the device may hold just that.
 */
static inline bool box_write_is_blocked(struct vfio_device *edu, char *addr, uint64_t iova)
{
	char before[64];
	bool same;

	box_invert(addr, sizeof(before));
	memcpy(before, addr, sizeof(before));
	edu_store(edu, iova, 0, sizeof(before));
	same = !memcmp(before, addr, sizeof(before));
	box_invert(addr, sizeof(before));
	return same;
}

#endif /* SELFTESTS_BOX_H */
