/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small polling NVMe driver: one admin queue, one I/O queue pair, one
 * command at a time.  Fast enough for megabytes of verified DMA.
 */
#ifndef T1X_LIB_NVME_H
#define T1X_LIB_NVME_H

#include "vfio.h"

/* QEMU's emulated controller. */
#define NVME_VENDOR_ID		0x1b36
#define NVME_DEVICE_ID		0x0010

/* What nvme_open() maps for its queues at the IOVA it is given. */
#define NVME_OWN_BYTES		(8 * PAGE)

struct nvme_queue {
	volatile char *submission;
	volatile char *completion;
	uint16_t id, tail, head, phase;
};

struct nvme {
	struct vfio_device *device;
	int container;
	uint64_t iova; /* of @own */
	char *own;     /* queues, PRP list, identify data */
	struct nvme_queue admin, io;
	uint32_t doorbell_stride;
	uint16_t next_command;
	uint16_t status; /* of the last command, 0 is success */

	char model[41];
	uint64_t size; /* of namespace 1 in bytes */
	uint32_t block_size;
	size_t max_transfer; /* of one command */
};

int __nvme_open(struct nvme *nvme, struct vfio_device *device, int container, uint64_t iova);
void nvme_close(struct nvme *nvme);

/*
 * Move data between the disk at @offset and memory at @iova, in as many
 * commands as it takes.  -EIO: the controller reported nvme->status.
 */
int __nvme_read(struct nvme *nvme, uint64_t offset, uint64_t iova, size_t size);
int __nvme_write(struct nvme *nvme, uint64_t offset, uint64_t iova, size_t size);

#define nvme_open(...)		must(__nvme_open(__VA_ARGS__))
#define nvme_read(...)		must(__nvme_read(__VA_ARGS__))
#define nvme_write(...)		must(__nvme_write(__VA_ARGS__))

#endif /* T1X_LIB_NVME_H */
