// SPDX-License-Identifier: GPL-2.0-only
/*
 * The software IOMMU, and through it what a real one seldom shows: which DMA was
 * blocked and where, refusals in the middle of things, and storms of faults.
 */
#include "mem.h"
#include "proc.h"
#include "softbox.h"

#define IOVA	0x40000000ull

FIXTURE(testiommu) {
	struct softbox box;
	int ti;
	int container;
	char *memory; /* 16 pages, the first eight mapped at IOVA */
};

FIXTURE_SETUP(testiommu)
{
	softbox_load(&self->box, "");
	self->ti = self->box.ti;
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(16 * PAGE);
	memset(self->memory, 0, 16 * PAGE);
	iommu_map(self->container, self->memory, IOVA, 8 * PAGE, IOMMU_RW);
}

FIXTURE_TEARDOWN(testiommu)
{
	if (self->box.container >= 0)
		__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	softbox_close(&self->box);
	softbox_unload(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* Does the device see the memory of this process at that IOVA, both ways? */
static bool dma_works(int ti, int device, char *addr, uint64_t iova, size_t size)
{
	static uint64_t seed = 100;
	char *data = mem_untouched(size);
	bool same;

	mem_fill(data, size, ++seed);
	if (__testiommu_write(ti, device, iova, data, size))
		return false;
	same = mem_differs(addr, size, seed) < 0;
	mem_fill(addr, size, ++seed);
	if (__testiommu_read(ti, device, iova, data, size))
		return false;
	same &= mem_differs(data, size, seed) < 0;
	munmap(data, size);
	return same;
}

/* And when it must not: is it stopped, and the memory as it was? */
static bool write_is_blocked(int ti, int device, const char *addr, uint64_t iova)
{
	char before[64], data[64];

	memcpy(before, addr, sizeof(before));
	memset(data, ~before[0], sizeof(data));
	return __testiommu_write(ti, device, iova, data, sizeof(data)) == -EIO &&
	       !memcmp(addr, before, sizeof(before));
}

static bool read_is_blocked(int ti, int device, uint64_t iova)
{
	char data[64], before[64];

	memset(data, 0x5a, sizeof(data));
	memcpy(before, data, sizeof(before));
	return __testiommu_read(ti, device, iova, data, sizeof(data)) == -EIO &&
	       !memcmp(data, before, sizeof(data));
}

TEST_F(testiommu, dma)
{
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, 8 * PAGE));
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory + 5000, IOVA + 5000, 10000));
}

/* It goes on up to the first byte that is not mapped, and can begin anew. */
TEST_F(testiommu, unmapped)
{
	char data[256];
	struct t1x_ti_dma dma = {
		.iova = IOVA + 8 * PAGE - 100,
		.buf = (uintptr_t)data,
		.len = sizeof(data),
		.write = 1,
	};
	uint64_t faults = testiommu_stat(self->ti).faults;

	memset(data, 0xa5, sizeof(data));
	EXPECT_EQ(__testiommu_dma(self->ti, &dma), -EIO);
	EXPECT_EQ(dma.done, 100);
	EXPECT_EQ(memcmp(self->memory + 8 * PAGE - 100, data, 100), 0);
	EXPECT_EQ(self->memory[8 * PAGE], 0);
	EXPECT_EQ(testiommu_stat(self->ti).faults, faults + 1);
	EXPECT_TRUE(read_is_blocked(self->ti, 0, IOVA - 64));
	EXPECT_TRUE(read_is_blocked(self->ti, 0, (uintptr_t)self->memory));
	EXPECT_EQ(testiommu_stat(self->ti).faults, faults + 3);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, 8 * PAGE));
}

TEST_F(testiommu, permission)
{
	char *secret = self->memory + 8 * PAGE;
	char data[64] = { 0 };

	mem_fill(secret, 2 * PAGE, 1);
	iommu_map(self->container, secret, GIB(2), PAGE, IOMMU_R);
	iommu_map(self->container, secret + PAGE, GIB(3), PAGE, IOMMU_W);
	EXPECT_TRUE(write_is_blocked(self->ti, 0, secret, GIB(2)));
	testiommu_read(self->ti, 0, GIB(2), data, sizeof(data));
	EXPECT_EQ(memcmp(data, secret, sizeof(data)), 0);
	EXPECT_TRUE(read_is_blocked(self->ti, 0, GIB(3)));
	testiommu_write(self->ti, 0, GIB(3), data, sizeof(data));
	EXPECT_EQ(memcmp(data, secret + PAGE, sizeof(data)), 0);
}

TEST_F(testiommu, after_unmap)
{
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, PAGE));
	EXPECT_EQ(iommu_unmap(self->container, IOVA, 8 * PAGE), 8 * PAGE);
	EXPECT_TRUE(write_is_blocked(self->ti, 0, self->memory, IOVA));
	EXPECT_TRUE(read_is_blocked(self->ti, 0, IOVA + 8 * PAGE - 64));
	iommu_map(self->container, self->memory + 8 * PAGE, IOVA, PAGE, IOMMU_RW);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory + 8 * PAGE, IOVA, PAGE));
	EXPECT_TRUE(write_is_blocked(self->ti, 0, self->memory + PAGE, IOVA + PAGE));
}

/* Who has left the container reaches nothing, whoever else is still there. */
TEST_F(testiommu, after_leaving)
{
	vfio_group_detach(self->box.groups[0]);
	EXPECT_EQ(__testiommu_write(self->ti, 0, IOVA, "x", 1), -ENODEV);
	vfio_group_attach(self->box.groups[0], self->container);
	EXPECT_TRUE(write_is_blocked(self->ti, 0, self->memory, IOVA));
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	EXPECT_TRUE(write_is_blocked(self->ti, 0, self->memory, IOVA));
	iommu_map(self->container, self->memory, IOVA, PAGE, IOMMU_RW);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, PAGE));
}

TEST_F(testiommu, two_containers)
{
	char *memory = self->memory + 8 * PAGE;
	struct softbox other = { .ti = self->ti };

	softbox_fill(&other, 1, 1);
	vfio_set_type(other.container, VFIO_TYPE1v2_IOMMU);
	EXPECT_TRUE(write_is_blocked(self->ti, 1, self->memory, IOVA));
	iommu_map(other.container, memory, IOVA, PAGE, IOMMU_RW);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, PAGE));
	EXPECT_TRUE(dma_works(self->ti, 1, memory, IOVA, PAGE));
	EXPECT_EQ(iommu_unmap(self->container, IOVA, 8 * PAGE), 8 * PAGE);
	EXPECT_TRUE(write_is_blocked(self->ti, 0, self->memory, IOVA));
	EXPECT_TRUE(dma_works(self->ti, 1, memory, IOVA, PAGE));
	EXPECT_EQ(iommu_unmap_all(other.container), PAGE);
	softbox_close(&other);
}

/* Reported by the thousand, from interrupts and from a thread, while DMA goes on. */
TEST_F(testiommu, storm)
{
	struct t1x_ti_fault fault = { .iova = 0xdead000, .flags = 1, .count = 100000 };
	uint64_t faults = testiommu_stat(self->ti).faults;
	char data = 0;
	struct t1x_ti_dma dma = {
		.iova = GIB(5),
		.buf = (uintptr_t)&data,
		.len = 1,
		.context = T1X_TI_IN_HARDIRQ,
		.count = 1000,
	};

	testiommu_fault(self->ti, &fault);
	fault.context = T1X_TI_IN_HARDIRQ;
	testiommu_fault(self->ti, &fault);
	EXPECT_EQ(__testiommu_dma(self->ti, &dma), -EIO);
	EXPECT_EQ(testiommu_stat(self->ti).faults, faults + 201000);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, PAGE));
}

/* The whole way of a driver: a device fd, its config space, and back. */
TEST_F(testiommu, device)
{
	struct vfio_device device;
	char bdf[VFIO_BDF_LEN];
	uint16_t ids[2];

	testiommu_bdf(0, bdf);
	vfio_device_open(&device, self->box.groups[0], bdf);
	vfio_config_read(&device, 0, ids, sizeof(ids));
	EXPECT_EQ(ids[0], T1X_TI_VENDOR);
	EXPECT_EQ(ids[1], T1X_TI_DEVICE);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, PAGE));
	vfio_device_close(&device);
}

TEST_F(testiommu, tear_down)
{
	EXPECT_EQ(__testiommu_tear_down(self->ti), -EBUSY);
	EXPECT_EQ(__module_unload(TESTIOMMU_MODULE), -EAGAIN);
	EXPECT_TRUE(dma_works(self->ti, 0, self->memory, IOVA, PAGE));
	softbox_close(&self->box);
	EXPECT_EQ(__testiommu_tear_down(self->ti), 0);
	EXPECT_EQ(__testiommu_tear_down(self->ti), 0);
	EXPECT_EQ(__testiommu_write(self->ti, 0, IOVA, "x", 1), -ENODEV);
	softbox_unload(&self->box);

	softbox_load(&self->box, "devices=3");
	EXPECT_EQ(__testiommu_write(self->box.ti, 3, IOVA, "x", 1), -ENODEV);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 3);
	self->container = self->box.container;
	iommu_map(self->container, self->memory, IOVA, PAGE, IOMMU_RW);
	EXPECT_TRUE(dma_works(self->box.ti, 2, self->memory, IOVA, PAGE));
}

/* Nobody asked for them here: an IOMMU that wants an answer gets one at once. */
TEST_F(testiommu, faults_of_a_device_at_rest)
{
	struct t1x_ti_report report = {
		.addr = IOVA,
		.device = 1,
		.type = T1X_TI_PAGE_REQUEST,
		.perm = 1,
		.flags = T1X_TI_LAST,
		.grpid = 7,
	};
	struct t1x_ti_response response;
	int ret;

	EXPECT_EQ(__testiommu_report(self->ti, &report), -EINVAL);
	ret = __testiommu_response(self->ti, 1, &response);
	if (!ret) {
		EXPECT_EQ(response.grpid, 7);
		EXPECT_EQ(response.code, 1);
		ret = __testiommu_response(self->ti, 1, &response);
	}
	EXPECT_EQ(ret, -EAGAIN);
	report.type = T1X_TI_UNRECOVERABLE;
	ret = __testiommu_report(self->ti, &report);
	EXPECT_TRUE(ret == -EINVAL || ret == -EOPNOTSUPP);
}

FIXTURE(obstinate) {
	struct softbox box;
	struct mem mem; /* one page of 2 MiB */
};

FIXTURE_SETUP(obstinate)
{
	softbox_load(&self->box, "");
	mem_alloc(&self->mem, MEM_HUGETLB, HUGE);
}

FIXTURE_TEARDOWN(obstinate)
{
	if (self->box.container >= 0)
		__iommu_unmap(self->box.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	softbox_close(&self->box);
	softbox_unload(&self->box);
	mem_free(&self->mem);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(obstinate, leaves)
{
	const struct t1x_ti_behaviour small = { .page_sizes = PAGE };
	struct t1x_ti_leaf leaf;

	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	iommu_map(self->box.container, self->mem.addr, IOVA, HUGE, IOMMU_RW);
	leaf = testiommu_leaf(self->box.ti, 0, IOVA + 5 * PAGE);
	EXPECT_EQ(leaf.size, HUGE);
	EXPECT_EQ(leaf.iova, IOVA);
	EXPECT_EQ(leaf.flags, T1X_TI_READ | T1X_TI_WRITE);
	EXPECT_TRUE(dma_works(self->box.ti, 0, self->mem.addr + PAGE, IOVA + PAGE, 8 * PAGE));
	EXPECT_EQ(iommu_unmap_all(self->box.container), HUGE);
	EXPECT_EQ(testiommu_leaf(self->box.ti, 0, IOVA).size, 0);
	softbox_close(&self->box);

	testiommu_behave(self->box.ti, &small);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	iommu_map(self->box.container, self->mem.addr, IOVA, HUGE, IOMMU_R);
	leaf = testiommu_leaf(self->box.ti, 0, IOVA + 5 * PAGE);
	EXPECT_EQ(leaf.size, PAGE);
	EXPECT_EQ(leaf.flags, T1X_TI_READ);
	EXPECT_EQ(iommu_unmap_all(self->box.container), HUGE);
}

TEST_F(obstinate, attach_fails)
{
	const struct t1x_ti_behaviour refuse = { .attach_errno = ENOSPC, .attach_devices = 2 };
	int group;

	testiommu_behave(self->box.ti, &refuse);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	iommu_map(self->box.container, self->mem.addr, IOVA, HUGE, IOMMU_RW);
	group = testiommu_group(1);
	EXPECT_EQ(__vfio_group_attach(group, self->box.container), -ENOSPC);
	EXPECT_TRUE(dma_works(self->box.ti, 0, self->mem.addr, IOVA, PAGE));
	testiommu_behave(self->box.ti, NULL);
	EXPECT_EQ(__vfio_group_attach(group, self->box.container), 0);
	EXPECT_TRUE(dma_works(self->box.ti, 1, self->mem.addr, IOVA, PAGE));
	close(group);
}

/* In the middle of a mapping: nothing of it stays, and the next one succeeds. */
TEST_F(obstinate, map_fails)
{
	const struct t1x_ti_behaviour meagre = { .map_limit = 100, .page_sizes = PAGE };
	struct t1x_ti_stat stat;

	testiommu_behave(self->box.ti, &meagre);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	EXPECT_EQ(__iommu_map(self->box.container, self->mem.addr, IOVA, HUGE, IOMMU_RW), -ENOMEM);
	stat = testiommu_stat(self->box.ti);
	EXPECT_EQ(stat.maps, 100);
	EXPECT_EQ(stat.unmaps, 100);
	EXPECT_EQ(proc_locked(), 0);
	testiommu_behave(self->box.ti, NULL);
	iommu_map(self->box.container, self->mem.addr, IOVA, HUGE, IOMMU_RW);
	EXPECT_TRUE(dma_works(self->box.ti, 0, self->mem.addr, IOVA, PAGE));
}

/* Devices that cannot share a page table still share a container. */
TEST_F(obstinate, apart)
{
	const struct t1x_ti_behaviour apart = { .flags = T1X_TI_APART };
	uint64_t domains = testiommu_stat(self->box.ti).domains;

	testiommu_behave(self->box.ti, &apart);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	/* And one that blocks for each group, where there is not one for all. */
	domains = testiommu_stat(self->box.ti).domains - domains;
	EXPECT_TRUE(domains == 4 || domains == 2);
	iommu_map(self->box.container, self->mem.addr, IOVA, HUGE, IOMMU_RW);
	EXPECT_TRUE(dma_works(self->box.ti, 0, self->mem.addr, IOVA, PAGE));
	EXPECT_TRUE(dma_works(self->box.ti, 1, self->mem.addr, IOVA, PAGE));
	EXPECT_EQ(iommu_unmap_all(self->box.container), HUGE);
	EXPECT_TRUE(write_is_blocked(self->box.ti, 1, self->mem.addr, IOVA));
}

KTAP_MAIN()
