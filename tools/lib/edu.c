// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "edu.h"

#define EDU_REG_DMA_SOURCE	0x80
#define EDU_REG_DMA_TARGET	0x88
#define EDU_REG_DMA_COUNT	0x90
#define EDU_REG_DMA_COMMAND	0x98

#define EDU_DMA_START		0x1
#define EDU_DMA_TO_MEMORY	0x2

/* Where the buffer stands in the device's own address space. */
#define EDU_BUFFER		0x40000
#define EDU_BUFFER_SIZE		KIB(4)

#define EDU_POLL_US		500
#define EDU_TIMEOUT_US		20000000

static volatile void *edu_at(const struct vfio_device *device, uint32_t reg)
{
	must_be(device->bars[0].addr);
	return (volatile char *)device->bars[0].addr + reg;
}

static void edu_write64(const struct vfio_device *device, uint32_t reg, uint64_t value)
{
	*(volatile uint64_t *)edu_at(device, reg) = value;
}

int __edu_end(const struct vfio_device *device)
{
	long waited;

	for (waited = 0; waited < EDU_TIMEOUT_US; waited += EDU_POLL_US) {
		if (!(*(volatile uint64_t *)edu_at(device, EDU_REG_DMA_COMMAND) & EDU_DMA_START))
			return 0;
		usleep(EDU_POLL_US);
	}
	return -ETIMEDOUT;
}

static int edu_run(const struct vfio_device *device, uint64_t command)
{
	edu_write64(device, EDU_REG_DMA_COMMAND, command | EDU_DMA_START);
	return __edu_end(device);
}

static bool edu_fits(uint32_t offset, uint32_t size)
{
	return size && size <= EDU_MAX_TRANSFER && offset <= EDU_BUFFER_SIZE - EDU_MAX_TRANSFER;
}

int __edu_begin_load(struct vfio_device *device, uint64_t iova, uint32_t offset, uint32_t size)
{
	if (!edu_fits(offset, size))
		return -EINVAL;
	edu_write64(device, EDU_REG_DMA_SOURCE, iova);
	edu_write64(device, EDU_REG_DMA_TARGET, EDU_BUFFER + offset);
	edu_write64(device, EDU_REG_DMA_COUNT, size);
	edu_write64(device, EDU_REG_DMA_COMMAND, EDU_DMA_START);
	return 0;
}

int __edu_load(struct vfio_device *device, uint64_t iova, uint32_t offset, uint32_t size)
{
	int ret = __edu_begin_load(device, iova, offset, size);

	return ret ?: __edu_end(device);
}

int __edu_store(struct vfio_device *device, uint64_t iova, uint32_t offset, uint32_t size)
{
	if (!edu_fits(offset, size))
		return -EINVAL;
	edu_write64(device, EDU_REG_DMA_SOURCE, EDU_BUFFER + offset);
	edu_write64(device, EDU_REG_DMA_TARGET, iova);
	edu_write64(device, EDU_REG_DMA_COUNT, size);
	return edu_run(device, EDU_DMA_TO_MEMORY);
}

uint32_t edu_reg_read(const struct vfio_device *device, uint32_t reg)
{
	return *(volatile uint32_t *)edu_at(device, reg);
}

void edu_reg_write(struct vfio_device *device, uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)edu_at(device, reg) = value;
}
