// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device memory in a mapping: one edu device reaches the registers of another.
 * Such memory has no struct page, is neither pinned nor charged.
 */
#include <linux/pci_regs.h>
#include <sys/ioctl.h>

#include "box.h"
#include "snapshot.h"

FIXTURE(pfnmap) {
	struct box box;
	int container;
	struct vfio_device *edu;  /* does the DMA */
	struct vfio_device *peer; /* has its BAR mapped */
	char *bar;		  /* of the peer, never touched so far */
	size_t size;
	char *memory;
	struct snapshot before;
};

BACKEND_STOCK_VARIANTS(pfnmap);

static void *map_bar(struct vfio_device *device, int prot)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};

	must_sys(ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	return mmap(NULL, info.size, prot, MAP_SHARED, device->fd, info.offset);
}

FIXTURE_SETUP(pfnmap)
{
	box_open(&self->box, variant->type, 2);
	self->container = self->box.container;
	self->edu = box_edu(&self->box, 0);
	self->peer = box_edu(&self->box, 1);
	self->bar = map_bar(self->peer, PROT_READ | PROT_WRITE);
	ASSERT_NE(self->bar, MAP_FAILED);
	self->size = self->peer->bars[0].size;
	self->memory = mem_untouched(4 * PAGE);
	iommu_map(self->container, self->memory, BOX_IOVA, 4 * PAGE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(pfnmap)
{
	EXPECT_UNCHANGED(self->container, self->before);
	munmap(self->bar, self->size);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	box_close(&self->box);
}

/* The device reads the peer's id and writes to its liveness register. */
static void check_peer(struct vfio_device *edu, struct vfio_device *peer, char *memory,
		       uint64_t iova)
{
	uint32_t value = 0x12345678;

	memset(memory, 0, PAGE);
	edu_load(edu, iova + EDU_REG_ID, 0, sizeof(value));
	edu_store(edu, BOX_IOVA, 0, sizeof(value));
	EXPECT_EQ(*(uint32_t *)memory, EDU_ID);

	memcpy(memory, &value, sizeof(value));
	edu_load(edu, BOX_IOVA, 0, sizeof(value));
	edu_store(edu, iova + EDU_REG_LIVE, 0, sizeof(value));
	EXPECT_EQ(edu_reg_read(peer, EDU_REG_LIVE), ~value);
}

TEST_F(pfnmap, whole_bar)
{
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(1), self->size, IOMMU_RW), 0);
	EXPECT_EQ(proc_locked(), self->before.locked);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
	EXPECT_EQ(iommu_avail(self->container), self->before.info.avail - 1);
	check_peer(self->edu, self->peer, self->memory, GIB(1));
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), self->size), self->size);
}

TEST_F(pfnmap, one_page)
{
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(4), PAGE, IOMMU_RW), 0);
	check_peer(self->edu, self->peer, self->memory, GIB(4));
	EXPECT_EQ(iommu_unmap(self->container, GIB(4), PAGE), PAGE);
	/* What is behind the IOVA now is nothing. */
	memset(self->memory, 0xff, 4);
	edu_load(self->edu, BOX_IOVA, 0, 4);
	edu_store(self->edu, GIB(4) + EDU_REG_LIVE, 0, 4);
	EXPECT_EQ(edu_reg_read(self->peer, EDU_REG_LIVE), ~0x12345678u);
}

TEST_F(pfnmap, not_from_the_start)
{
	size_t size = self->size / 2 + PAGE;

	EXPECT_EQ(__iommu_map(self->container, self->bar + PAGE, GIB(1), size, IOMMU_RW), 0);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), size), size);
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(1) + PAGE, size, IOMMU_RW), 0);
	check_peer(self->edu, self->peer, self->memory, GIB(1) + PAGE);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1) + PAGE, size), size);
}

TEST_F(pfnmap, single_pages_only)
{
	backend_set("disable_hugepages", "Y");
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(1), self->size, IOMMU_RW), 0);
	check_peer(self->edu, self->peer, self->memory, GIB(1));
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), self->size), self->size);
	backend_set("disable_hugepages", "N");
}

TEST_F(pfnmap, read_only)
{
	char *constant = map_bar(self->peer, PROT_READ);

	ASSERT_NE(constant, MAP_FAILED);
	EXPECT_EQ(__iommu_map(self->container, constant, GIB(1), self->size, IOMMU_RW), -EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(__iommu_map(self->container, constant, GIB(1), self->size, IOMMU_R), 0);

	edu_reg_write(self->peer, EDU_REG_LIVE, 0);
	memset(self->memory, 0x11, 4);
	edu_load(self->edu, BOX_IOVA, 0, 4);
	edu_store(self->edu, GIB(1) + EDU_REG_LIVE, 0, 4);
	EXPECT_EQ(edu_reg_read(self->peer, EDU_REG_LIVE), ~0u);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), self->size), self->size);
	munmap(constant, self->size);
}

/* Memory, registers, memory: in one mapping, and only memory is charged. */
TEST_F(pfnmap, between_pages)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	char *place = mem_untouched(5 * PAGE);

	must_sys(ioctl(self->peer->fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	ASSERT_EQ(mmap(place + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		       self->peer->fd, info.offset),
		  place + 2 * PAGE);
	EXPECT_EQ(__iommu_map(self->container, place, GIB(1), 5 * PAGE, IOMMU_RW), 0);
	EXPECT_EQ(proc_locked(), self->before.locked + 4 * PAGE);
	check_peer(self->edu, self->peer, self->memory, GIB(1) + 2 * PAGE);
	EXPECT_TRUE(box_dma_works(self->edu, place + PAGE, GIB(1) + PAGE));
	EXPECT_TRUE(box_dma_works(self->edu, place + 3 * PAGE, GIB(1) + 3 * PAGE));
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), 5 * PAGE), 5 * PAGE);
	must_sys(munmap(place, 5 * PAGE));
}

/* Registers that are switched off cannot be mapped, and nothing is left. */
TEST_F(pfnmap, memory_disabled)
{
	uint16_t command, off;

	vfio_config_read(self->peer, PCI_COMMAND, &command, sizeof(command));
	off = command & ~PCI_COMMAND_MEMORY;
	vfio_config_write(self->peer, PCI_COMMAND, &off, sizeof(off));
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(1), self->size, IOMMU_RW), -EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
	vfio_config_write(self->peer, PCI_COMMAND, &command, sizeof(command));
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(1), self->size, IOMMU_RW), 0);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), self->size), self->size);
}

/* Registers first, then nothing: all that was mapped goes again. */
TEST_F(pfnmap, late_failure)
{
	must_sys(mprotect(self->bar + self->size - PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(__iommu_map(self->container, self->bar, GIB(1), self->size, IOMMU_RW), -EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_TRUE(is_free(self->container, GIB(1), self->size));
}

KTAP_MAIN()
