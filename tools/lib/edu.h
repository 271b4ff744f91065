/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's educational PCI device: a DMA engine with a 4 KiB buffer.
 *
 * One transfer takes 100 ms of guest time.  Older QEMU refuses transfers that
 * fill the buffer, so stay at EDU_MAX_TRANSFER.  The device does not report
 * DMA that the IOMMU blocked: only the data tells.
 */
#ifndef T1X_LIB_EDU_H
#define T1X_LIB_EDU_H

#include "vfio.h"

#define EDU_VENDOR_ID		0x1234
#define EDU_DEVICE_ID		0x11e8

#define EDU_MAX_TRANSFER	KIB(2)

/* Registers in BAR 0. */
#define EDU_REG_ID		0x00	/* constant EDU_ID */
#define EDU_REG_LIVE		0x04	/* reads as the complement of what was written */

#define EDU_ID			0x010000edu

/* Memory to buffer and back, at IOVA; 0, or -ETIMEDOUT if it never ended. */
int __edu_load(struct vfio_device *device, uint64_t iova, uint32_t offset, uint32_t size);
int __edu_store(struct vfio_device *device, uint64_t iova, uint32_t offset, uint32_t size);

/* A load in two halves, so that several devices can have one at the same time. */
int __edu_begin_load(struct vfio_device *device, uint64_t iova, uint32_t offset, uint32_t size);
int __edu_end(const struct vfio_device *device);

uint32_t edu_reg_read(const struct vfio_device *device, uint32_t reg);
void edu_reg_write(struct vfio_device *device, uint32_t reg, uint32_t value);

#define edu_load(...)		must(__edu_load(__VA_ARGS__))
#define edu_store(...)		must(__edu_store(__VA_ARGS__))
#define edu_begin_load(...)	must(__edu_begin_load(__VA_ARGS__))
#define edu_end(device)		must(__edu_end(device))

/* Copy from one IOVA to another through the buffer. */
#define edu_copy(device, from, to, size) do {	\
	edu_load(device, from, 0, size);	\
	edu_store(device, to, 0, size);		\
} while (0)

#endif /* T1X_LIB_EDU_H */
