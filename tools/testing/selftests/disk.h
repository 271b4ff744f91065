/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NVMe disk in a container: thousands of DMAs in the time of one of edu's.
 *
 * The disk carries data between a mapping under test and plain memory of its
 * own, so that every byte of the mapping is compared with what the processor
 * sees.
 */
#ifndef SELFTESTS_DISK_H
#define SELFTESTS_DISK_H

#include "backend.h"
#include "mem.h"
#include "nvme.h"

#define DISK_QUEUE_IOVA		0x1000ull
#define DISK_PLAIN_IOVA		0x40000000ull
#define DISK_PLAIN_SIZE		MIB(6)

/* Where tests put the mapping under test if they do not care. */
#define DISK_IOVA		0x80000000ull

struct disk {
	int container;
	int group;
	struct vfio_device device;
	struct nvme nvme;
	char *plain; /* mapped at DISK_PLAIN_IOVA */
};

static inline void disk_open(struct disk *disk, unsigned long type)
{
	char bdf[VFIO_BDF_LEN];

	backend_reset();
	backend_skip_type(type);
	vfio_find(NVME_VENDOR_ID, NVME_DEVICE_ID, 0, bdf);
	disk->container = vfio_container_open();
	disk->group = vfio_group_open(bdf);
	vfio_group_attach(disk->group, disk->container);
	vfio_set_type(disk->container, type);
	backend_verify(disk->container);
	vfio_device_open(&disk->device, disk->group, bdf);
	nvme_open(&disk->nvme, &disk->device, disk->container, DISK_QUEUE_IOVA);
	disk->plain = mem_reserve(DISK_PLAIN_SIZE, HUGE);
	must_sys(mprotect(disk->plain, DISK_PLAIN_SIZE, PROT_READ | PROT_WRITE));
	/* Only because it is made faster. */
	madvise(disk->plain, DISK_PLAIN_SIZE, MADV_HUGEPAGE);
	iommu_map(disk->container, disk->plain, DISK_PLAIN_IOVA, DISK_PLAIN_SIZE, IOMMU_RW);
}

static inline void disk_close(struct disk *disk)
{
	nvme_close(&disk->nvme);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_PLAIN_IOVA, DISK_PLAIN_SIZE), DISK_PLAIN_SIZE);
	munmap(disk->plain, DISK_PLAIN_SIZE);
	vfio_device_close(&disk->device);
	close(disk->group);
	close(disk->container);
}

static inline uint64_t disk_seed(void)
{
	static uint64_t seed = 1000;

	return seed++;
}

/* First difference between what the device reads at @iova and @addr, or -1. */
static inline long disk_reads(struct disk *disk, char *addr, uint64_t iova, size_t size)
{
	uint64_t seed = disk_seed();

	mem_fill(addr, size, seed);
	memset(disk->plain, 0, size);
	nvme_write(&disk->nvme, 0, iova, size);
	nvme_read(&disk->nvme, 0, DISK_PLAIN_IOVA, size);
	return mem_differs(disk->plain, size, seed);
}

/* The same for what the device writes to @iova. */
static inline long disk_writes(struct disk *disk, const char *addr, uint64_t iova, size_t size)
{
	uint64_t seed = disk_seed();

	mem_fill(disk->plain, size, seed);
	nvme_write(&disk->nvme, 0, DISK_PLAIN_IOVA, size);
	nvme_read(&disk->nvme, 0, iova, size);
	return mem_differs(addr, size, seed);
}

/* Map, let the device read and write all of it, unmap. */
static inline void disk_check(struct disk *disk, char *addr, uint64_t iova, size_t size)
{
	iommu_map(disk->container, addr, iova, size, IOMMU_RW);
	EXPECT_EQ(disk_reads(disk, addr, iova, size), -1);
	EXPECT_EQ(disk_writes(disk, addr, iova, size), -1);
	EXPECT_EQ(iommu_unmap(disk->container, iova, size), size);
}

#endif /* SELFTESTS_DISK_H */
