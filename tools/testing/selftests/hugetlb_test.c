// SPDX-License-Identifier: GPL-2.0-only
/* Pages of the hugetlb pool: one pin each, and they all come back. */
#include "disk.h"
#include "snapshot.h"
#include "text.h"

#define POOL		"/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define PAGES		3

FIXTURE(hugetlb) {
	struct disk disk;
	struct mem mem;
	uint64_t free;
	int64_t pinned;
};

FIXTURE_SETUP(hugetlb)
{
	int ret;

	disk_open(&self->disk, VFIO_TYPE1v2_IOMMU);
	self->pinned = proc_pinned();
	ret = __mem_hugetlb_pool(2 * PAGES);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without hugetlb");
	ASSERT_EQ(ret, 0);
	self->free = text_read_u64(POOL "free_hugepages");
	mem_alloc(&self->mem, MEM_HUGETLB, PAGES * HUGE);
}

/* A pin that was not dropped keeps its page out of the pool. */
FIXTURE_TEARDOWN(hugetlb)
{
	__iommu_unmap(self->disk.container, DISK_IOVA, GIB(1), 0, NULL);
	EXPECT_EQ(proc_pinned(), self->pinned);
	mem_free(&self->mem);
	EXPECT_EQ(text_read_u64(POOL "free_hugepages"), self->free);
	disk_close(&self->disk);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(hugetlb, whole)
{
	disk_check(&self->disk, self->mem.addr, DISK_IOVA, PAGES * HUGE);
}

/* Start, end, or both inside a huge page, IOVA aligned alike or not. */
TEST_F(hugetlb, starts_inside)
{
	char *addr = self->mem.addr;

	disk_check(&self->disk, addr + PAGE, DISK_IOVA + PAGE, 2 * HUGE);
	disk_check(&self->disk, addr + HUGE - PAGE, DISK_IOVA, HUGE + 2 * PAGE);
	disk_check(&self->disk, addr + HUGE / 2, DISK_IOVA, HUGE);
	disk_check(&self->disk, addr + HUGE + 7 * PAGE, DISK_IOVA + 7 * PAGE, 5 * PAGE);
	disk_check(&self->disk, addr, DISK_IOVA + PAGE, PAGES * HUGE);
}

TEST_F(hugetlb, one_small_page)
{
	disk_check(&self->disk, self->mem.addr + HUGE + 3 * PAGE, DISK_IOVA, PAGE);
	EXPECT_EQ(proc_locked(), (NVME_OWN_BYTES + DISK_PLAIN_SIZE));
}

/* The same huge page in several mappings has as many pins. */
TEST_F(hugetlb, several_mappings)
{
	struct disk *disk = &self->disk;
	char *addr = self->mem.addr;

	iommu_map(disk->container, addr, DISK_IOVA, HUGE, IOMMU_RW);
	iommu_map(disk->container, addr, DISK_IOVA + 4 * HUGE, HUGE, IOMMU_R);
	iommu_map(disk->container, addr + PAGE, DISK_IOVA + 8 * HUGE, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA, HUGE), HUGE);
	EXPECT_EQ(disk_reads(disk, addr, DISK_IOVA + 4 * HUGE, HUGE), -1);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA + 4 * HUGE, HUGE), HUGE);
	EXPECT_EQ(disk_writes(disk, addr + PAGE, DISK_IOVA + 8 * HUGE, PAGE), -1);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA + 8 * HUGE, PAGE), PAGE);
}

/* Mapped memory keeps its pages when the program gives them up. */
TEST_F(hugetlb, unmapped_by_the_program_first)
{
	iommu_map(self->disk.container, self->mem.addr, DISK_IOVA, PAGES * HUGE, IOMMU_RW);
	mem_free(&self->mem);
	EXPECT_EQ(text_read_u64(POOL "free_hugepages"), self->free - PAGES);
	EXPECT_EQ(iommu_unmap(self->disk.container, DISK_IOVA, PAGES * HUGE), PAGES * HUGE);
}

/* A huge page between ordinary ones, in one mapping. */
TEST_F(hugetlb, mixed_with_small_pages)
{
	char *place = mem_reserve(3 * HUGE, HUGE);

	ASSERT_NE(mmap(place, 3 * HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		  MAP_FAILED);
	memset(place, 1, 3 * HUGE);
	ASSERT_NE(mmap(place + HUGE, HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED, -1, 0),
		  MAP_FAILED);
	disk_check(&self->disk, place, DISK_IOVA, 3 * HUGE);
	disk_check(&self->disk, place + HUGE - PAGE, DISK_IOVA, HUGE + 2 * PAGE);
	must_sys(munmap(place, 3 * HUGE));
}

/* Pages of a file, shared, in an order of our choice. */
TEST_F(hugetlb, file_in_reverse)
{
	int i, fd = must_sys(memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB));
	char *place = mem_reserve(PAGES * HUGE, HUGE);

	must_sys(ftruncate(fd, PAGES * HUGE));
	for (i = 0; i < PAGES; i++)
		ASSERT_NE(mmap(place + i * HUGE, HUGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED, fd, (PAGES - 1 - i) * HUGE),
			  MAP_FAILED);
	disk_check(&self->disk, place, DISK_IOVA, PAGES * HUGE);
	must_sys(munmap(place, PAGES * HUGE));
	close(fd);
}

KTAP_MAIN()
