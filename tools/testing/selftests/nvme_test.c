// SPDX-License-Identifier: GPL-2.0-only
/* Megabytes through NVMe, every byte compared, for every kind of memory. */
#include "disk.h"
#include "snapshot.h"

FIXTURE(nvme) {
	struct disk disk;
	struct mem mem;
};

FIXTURE_VARIANT(nvme) {
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(nvme, 4k) { .kind = MEM_4K };
FIXTURE_VARIANT_ADD(nvme, thp) { .kind = MEM_THP };
FIXTURE_VARIANT_ADD(nvme, hugetlb) { .kind = MEM_HUGETLB };
FIXTURE_VARIANT_ADD(nvme, shuffled) { .kind = MEM_SHUFFLED };
FIXTURE_VARIANT_ADD(nvme, fragmented) { .kind = MEM_FRAGMENTED };
FIXTURE_VARIANT_ADD(nvme, permuted) { .kind = MEM_PERMUTED };

FIXTURE_SETUP(nvme)
{
	int ret;

	disk_open(&self->disk, VFIO_TYPE1v2_IOMMU);
	/* One huge page less where every block takes its time. */
	ret = __mem_alloc(&self->mem, variant->kind, ktap_scale(1) > 1 ? HUGE : 2 * HUGE);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without %s", mem_name(variant->kind));
	ASSERT_EQ(ret, 0);
}

FIXTURE_TEARDOWN(nvme)
{
	mem_free(&self->mem);
	disk_close(&self->disk);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(nvme, sizes)
{
	static const size_t sizes[] = {
		PAGE, 2 * PAGE, 3 * PAGE, 16 * PAGE, KIB(512), KIB(512) + PAGE, MIB(1) + PAGE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		disk_check(&self->disk, self->mem.addr, DISK_IOVA, sizes[i]);
	disk_check(&self->disk, self->mem.addr, DISK_IOVA, self->mem.size);
}

/* Neither IOVA nor memory begins or ends where a huge page does. */
TEST_F(nvme, shifted)
{
	size_t cut = 5 * PAGE, size = self->mem.size - 2 * cut;

	disk_check(&self->disk, self->mem.addr + cut, DISK_IOVA + cut, size);
	disk_check(&self->disk, self->mem.addr + cut, DISK_IOVA, size);
	disk_check(&self->disk, self->mem.addr, DISK_IOVA + cut, size);
}

/* Above 4 GiB, and up to the last page there is. */
TEST_F(nvme, high_addresses)
{
	struct iommu_info info;
	uint64_t end;

	iommu_info(self->disk.container, &info);
	end = iommu_last(&info) + 1;
	disk_check(&self->disk, self->mem.addr, GIB(5) - PAGE, self->mem.size);
	disk_check(&self->disk, self->mem.addr, end - self->mem.size, self->mem.size);
}

TEST_F(nvme, single_pages_only)
{
	backend_set("disable_hugepages", "Y");
	disk_check(&self->disk, self->mem.addr, DISK_IOVA, self->mem.size);
	backend_set("disable_hugepages", "N");
}

/* Sixteen mappings side by side look like one to the device. */
TEST_F(nvme, in_pieces)
{
	struct disk *disk = &self->disk;
	size_t piece = self->mem.size / 16;
	int i;

	for (i = 0; i < 16; i++)
		iommu_map(disk->container, self->mem.addr + i * piece, DISK_IOVA + i * piece, piece,
			  IOMMU_RW);
	EXPECT_EQ(disk_reads(disk, self->mem.addr, DISK_IOVA, self->mem.size), -1);
	EXPECT_EQ(disk_writes(disk, self->mem.addr, DISK_IOVA, self->mem.size), -1);
	/* One taken out of the middle leaves the others. */
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA + 7 * piece, piece), piece);
	EXPECT_EQ(disk_reads(disk, self->mem.addr, DISK_IOVA, 7 * piece), -1);
	EXPECT_EQ(disk_writes(disk, self->mem.addr + 8 * piece, DISK_IOVA + 8 * piece, 8 * piece),
		  -1);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA, self->mem.size), 15 * piece);
}

/* What the device may only read, it reads, and cannot change. */
TEST_F(nvme, read_only)
{
	struct disk *disk = &self->disk;
	uint64_t seed = disk_seed();

	iommu_map(disk->container, self->mem.addr, DISK_IOVA, self->mem.size, IOMMU_R);
	EXPECT_EQ(disk_reads(disk, self->mem.addr, DISK_IOVA, self->mem.size), -1);
	mem_fill(self->mem.addr, self->mem.size, seed);
	memset(disk->plain, 0xff, 8 * PAGE);
	nvme_write(&disk->nvme, 0, DISK_PLAIN_IOVA, 8 * PAGE);
	/* The controller may report the failure, or not notice. */
	__nvme_read(&disk->nvme, 0, DISK_IOVA, 8 * PAGE);
	EXPECT_EQ(mem_differs(self->mem.addr, self->mem.size, seed), -1);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA, self->mem.size), self->mem.size);
}

/* The first page, the last page and one in the middle are gone for the device. */
TEST_F(nvme, unmapped)
{
	struct disk *disk = &self->disk;
	size_t offsets[] = { 0, self->mem.size / 2, self->mem.size - PAGE };
	uint64_t seed = disk_seed();
	size_t i;

	iommu_map(disk->container, self->mem.addr, DISK_IOVA, self->mem.size, IOMMU_RW);
	EXPECT_EQ(disk_writes(disk, self->mem.addr, DISK_IOVA, self->mem.size), -1);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA, self->mem.size), self->mem.size);
	mem_fill(self->mem.addr, self->mem.size, seed);
	memset(disk->plain, 0xff, PAGE);
	nvme_write(&disk->nvme, 0, DISK_PLAIN_IOVA, PAGE);
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		__nvme_read(&disk->nvme, 0, DISK_IOVA + offsets[i], PAGE);
	EXPECT_EQ(mem_differs(self->mem.addr, self->mem.size, seed), -1);
}

FIXTURE(types) {
	struct disk disk;
};

BACKEND_VARIANTS(types);

FIXTURE_SETUP(types)
{
	disk_open(&self->disk, variant->type);
}

FIXTURE_TEARDOWN(types)
{
	disk_close(&self->disk);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(types, identify)
{
	NOTE("%s, %llu MiB, blocks of %u, commands of %zu KiB", self->disk.nvme.model,
	     (unsigned long long)self->disk.nvme.size >> 20, self->disk.nvme.block_size,
	     self->disk.nvme.max_transfer >> 10);
	EXPECT_NE(self->disk.nvme.model[0], '\0');
	EXPECT_GE(self->disk.nvme.size, DISK_PLAIN_SIZE);
}

/* As the NVMe driver of QEMU does: map for one request, unmap, again. */
TEST_F(types, mapped_for_each_request)
{
	struct mem mem;
	int i;

	mem_alloc(&mem, MEM_4K, 64 * PAGE);
	for (i = 0; i < 32; i++) {
		size_t size = (i % 4 + 1) * 4 * PAGE;

		disk_check(&self->disk, mem.addr + i * PAGE, DISK_IOVA, size);
	}
	mem_free(&mem);
}

KTAP_MAIN()
