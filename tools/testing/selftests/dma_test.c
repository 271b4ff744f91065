// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device can reach, and what it cannot, with edu.  Each transfer takes
 * 100 ms: bulk data is nvme_test's.
 */
#include "box.h"
#include "child.h"
#include "snapshot.h"

FIXTURE(dma) {
	struct box box;
	int container;
	struct vfio_device *edu;
	char *memory; /* 16 pages, the first four mapped at BOX_IOVA */
};

BACKEND_STOCK_VARIANTS(dma);

FIXTURE_SETUP(dma)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->edu = box_edu(&self->box, 0);
	self->memory = mem_untouched(16 * PAGE);
	memset(self->memory, 0, 16 * PAGE);
	iommu_map(self->container, self->memory, BOX_IOVA, 4 * PAGE, IOMMU_RW);
}

FIXTURE_TEARDOWN(dma)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&self->box);
}

/*
 * Does reading @iova give the device what is at @secret?  The buffer of the
 * device is overwritten first and shown in @memory, mapped at BOX_IOVA, after.
 */
static bool device_learns(struct vfio_device *edu, char *memory, const char *secret, uint64_t iova)
{
	memset(memory, 0xa5, 256);
	edu_load(edu, BOX_IOVA, 0, 256);
	edu_load(edu, iova, 0, 256);
	edu_store(edu, BOX_IOVA, 0, 256);
	return !memcmp(memory, secret, 256);
}

TEST_F(dma, copies)
{
	EXPECT_TRUE(box_dma_works(self->edu, self->memory, BOX_IOVA));
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 3 * PAGE, BOX_IOVA + 3 * PAGE));
}

TEST_F(dma, high_addresses)
{
	struct iommu_info info;
	uint64_t last;

	iommu_info(self->container, &info);
	last = iommu_last(&info) + 1 - PAGE;
	iommu_map(self->container, self->memory + 4 * PAGE, GIB(4), PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + 5 * PAGE, last, PAGE, IOMMU_RW);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 4 * PAGE, GIB(4)));
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 5 * PAGE, last));
	EXPECT_EQ(iommu_unmap(self->container, last, PAGE), PAGE);
	EXPECT_TRUE(box_write_is_blocked(self->edu, self->memory + 5 * PAGE, last));
}

TEST_F(dma, address_zero)
{
	iommu_map(self->container, self->memory + 4 * PAGE, 0, PAGE, IOMMU_RW);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 4 * PAGE, 0));
}

TEST_F(dma, read_only)
{
	char *constant = self->memory + 4 * PAGE;

	mem_fill(constant, PAGE, 1);
	iommu_map(self->container, constant, GIB(1), PAGE, IOMMU_R);
	EXPECT_TRUE(device_learns(self->edu, self->memory, constant, GIB(1)));
	mem_fill(self->memory, PAGE, 2);
	edu_load(self->edu, BOX_IOVA, 0, 256);
	EXPECT_TRUE(box_write_is_blocked(self->edu, constant, GIB(1)));
	EXPECT_EQ(mem_differs(constant, PAGE, 1), -1);
}

/* Only that it works: the VT-d driver gives read permission with any other. */
TEST_F(dma, write_only)
{
	mem_fill(self->memory, PAGE, 2);
	iommu_map(self->container, self->memory + 4 * PAGE, GIB(1), PAGE, IOMMU_W);
	edu_load(self->edu, BOX_IOVA, 0, 256);
	edu_store(self->edu, GIB(1), 0, 256);
	EXPECT_EQ(memcmp(self->memory + 4 * PAGE, self->memory, 256), 0);
}

TEST_F(dma, unmapped)
{
	/* The buffer holds something that would show. */
	mem_fill(self->memory, PAGE, 3);
	edu_load(self->edu, BOX_IOVA, 0, 256);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory, BOX_IOVA));
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE);
	memset(self->memory, 0, PAGE);
	EXPECT_TRUE(box_write_is_blocked(self->edu, self->memory, BOX_IOVA));

	/* The IOVA then means what is mapped there now, and nothing else. */
	iommu_map(self->container, self->memory + 8 * PAGE, BOX_IOVA, 4 * PAGE, IOMMU_RW);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 8 * PAGE, BOX_IOVA));
	EXPECT_EQ(self->memory[0], 0);
}

TEST_F(dma, never_mapped)
{
	char *secret = self->memory + 4 * PAGE;

	mem_fill(secret, PAGE, 4);
	/* Behind the mapping in IOVA as in memory. */
	EXPECT_FALSE(device_learns(self->edu, self->memory, secret, BOX_IOVA + 4 * PAGE));
	EXPECT_TRUE(box_write_is_blocked(self->edu, secret, BOX_IOVA + 4 * PAGE));
	EXPECT_TRUE(box_write_is_blocked(self->edu, self->memory, (uintptr_t)self->memory));
	EXPECT_EQ(mem_differs(secret, PAGE, 4), -1);
}

TEST_F(dma, neighbours_survive_unmap)
{
	iommu_map(self->container, self->memory + 4 * PAGE, BOX_IOVA + 4 * PAGE, 4 * PAGE,
		  IOMMU_RW);
	iommu_map(self->container, self->memory + 8 * PAGE, BOX_IOVA + 8 * PAGE, 4 * PAGE,
		  IOMMU_RW);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA + 4 * PAGE, 4 * PAGE), 4 * PAGE);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 3 * PAGE, BOX_IOVA + 3 * PAGE));
	EXPECT_TRUE(box_dma_works(self->edu, self->memory + 8 * PAGE, BOX_IOVA + 8 * PAGE));
}

/* A mapping that failed must not have left a way in. */
TEST_F(dma, failed_map)
{
	must_sys(mprotect(self->memory + 8 * PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(__iommu_map(self->container, self->memory + 4 * PAGE, GIB(1), 8 * PAGE, IOMMU_RW),
		  -EFAULT);
	mem_fill(self->memory, PAGE, 5);
	edu_load(self->edu, BOX_IOVA, 0, 256);
	EXPECT_TRUE(box_write_is_blocked(self->edu, self->memory + 4 * PAGE, GIB(1)));
}

/*
 * Memory that was never written, mapped for reading: what the program writes
 * later, the device must see, and not a page of zeroes that was there before.
 */
TEST_F(dma, untouched_read_only)
{
	char *fresh = mem_untouched(2 * PAGE);

	iommu_map(self->container, fresh, GIB(1), 2 * PAGE, IOMMU_R);
	mem_fill(fresh, 2 * PAGE, 6);
	if (!device_learns(self->edu, self->memory, fresh, GIB(1))) {
		SKIP_IF(backend_is_stock(), "stock: 6.1 pins the page of zeroes");
		EXPECT_TRUE(!"the device sees what was written after the mapping was made");
	}
	EXPECT_TRUE(device_learns(self->edu, self->memory, fresh + PAGE, GIB(1) + PAGE));
}

/* A private page of a file, mapped for reading before it was written. */
TEST_F(dma, copy_on_write_read_only)
{
	int fd = must_sys(memfd_create("file", MFD_CLOEXEC));
	char *private;

	must_sys(ftruncate(fd, PAGE));
	private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(private, MAP_FAILED);
	EXPECT_EQ(private[0], 0);
	iommu_map(self->container, private, GIB(1), PAGE, IOMMU_R);
	mem_fill(private, PAGE, 7);
	if (!device_learns(self->edu, self->memory, private, GIB(1))) {
		SKIP_IF(backend_is_stock(), "stock: pins the page of the file");
		EXPECT_TRUE(!"the device sees what was written after the mapping was made");
	}
}

/* After a fork, the parent's memory is the one the device works on. */
TEST_F(dma, fork)
{
	volatile int *stage = child_shared(PAGE);
	pid_t child;

	mem_fill(self->memory, 4 * PAGE, 8);
	child = child_begin();
	if (!child) {
		/* The child has a copy; writing to it moves nothing. */
		EXPECT_EQ(mem_differs(self->memory, 4 * PAGE, 8), -1);
		memset(self->memory, 0, 4 * PAGE);
		child_post(stage, 1);
		EXPECT_TRUE(child_await(stage, 2));
		EXPECT_EQ(self->memory[0], 0);
		child_end();
	}
	EXPECT_TRUE(child_await(stage, 1));
	EXPECT_EQ(mem_differs(self->memory, 4 * PAGE, 8), -1);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory, BOX_IOVA));
	child_post(stage, 2);
	child_wait(child);
}

FIXTURE(kinds) {
	struct box box;
	struct mem mem;
};

FIXTURE_VARIANT(kinds) {
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(kinds, 4k) { .kind = MEM_4K };
FIXTURE_VARIANT_ADD(kinds, thp) { .kind = MEM_THP };
FIXTURE_VARIANT_ADD(kinds, hugetlb) { .kind = MEM_HUGETLB };
FIXTURE_VARIANT_ADD(kinds, shuffled) { .kind = MEM_SHUFFLED };
FIXTURE_VARIANT_ADD(kinds, fragmented) { .kind = MEM_FRAGMENTED };
FIXTURE_VARIANT_ADD(kinds, permuted) { .kind = MEM_PERMUTED };

FIXTURE_SETUP(kinds)
{
	int ret;

	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	ret = __mem_alloc(&self->mem, variant->kind, 2 * HUGE);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without %s", mem_name(variant->kind));
	ASSERT_EQ(ret, 0);
}

FIXTURE_TEARDOWN(kinds)
{
	EXPECT_EQ(iommu_unmap_all(self->box.container), 2 * HUGE);
	EXPECT_EQ(proc_locked(), 0);
	mem_free(&self->mem);
	box_close(&self->box);
}

/* The ends, and the border between two huge pages. */
TEST_F(kinds, spots)
{
	const size_t offsets[] = { 0, HUGE - PAGE, HUGE, 2 * HUGE - PAGE };
	struct vfio_device *edu = box_edu(&self->box, 0);
	size_t i;

	iommu_map(self->box.container, self->mem.addr, GIB(6), 2 * HUGE, IOMMU_RW);
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		EXPECT_TRUE(box_dma_works(edu, self->mem.addr + offsets[i], GIB(6) + offsets[i]));
}

KTAP_MAIN()
