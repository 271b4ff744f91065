// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge pages whose 4K pieces are no longer where the huge page has them.
 *
 * The pages still belong to one huge page, and a backend that steps through
 * memory by huge pages hands memory to the device that the program never
 * mapped there.  The device must see what the program sees.
 */
#include "disk.h"
#include "snapshot.h"

#define PIECES		(HUGE / PAGE)

FIXTURE(permuted) {
	struct disk disk;
	struct mem a, b; /* two huge pages, intact */
	char *place;	 /* where the pieces are put */
};

FIXTURE_SETUP(permuted)
{
	int ret;

	disk_open(&self->disk, VFIO_TYPE1v2_IOMMU);
	ret = __mem_alloc(&self->a, MEM_THP, HUGE);
	SKIP_IF(ret == -EOPNOTSUPP, "kernel without transparent huge pages");
	ASSERT_EQ(ret, 0);
	mem_alloc(&self->b, MEM_THP, HUGE);
	self->place = mem_reserve(2 * HUGE, HUGE);
}

FIXTURE_TEARDOWN(permuted)
{
	disk_close(&self->disk);
	EXPECT_EQ(proc_locked(), 0);
}

static void move(char *from, char *to, size_t pages)
{
	ASSERT_NE(mremap(from, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to),
		  MAP_FAILED);
}

/* Everything, then parts that begin and end inside. */
static void check(struct disk *disk, char *place, size_t size)
{
	disk_check(disk, place, DISK_IOVA, size);
	disk_check(disk, place + PAGE, DISK_IOVA, size - PAGE);
	disk_check(disk, place + 3 * PAGE, DISK_IOVA + 7 * PAGE, size - 8 * PAGE);
}

TEST_F(permuted, two_pages_swapped)
{
	move(self->a.addr, self->place, PIECES);
	move(self->place + 100 * PAGE, self->b.addr + HUGE, 1);
	move(self->place + 300 * PAGE, self->place + 100 * PAGE, 1);
	move(self->b.addr + HUGE, self->place + 300 * PAGE, 1);
	EXPECT_EQ(proc_pfn(self->place + 100 * PAGE), proc_pfn(self->place) + 300);
	check(&self->disk, self->place, HUGE);
}

/* The first page is in its place, so that a look at it alone tells nothing. */
TEST_F(permuted, all_but_the_first)
{
	size_t i;

	move(self->a.addr, self->place, 1);
	for (i = 1; i < PIECES; i++)
		move(self->a.addr + i * PAGE, self->place + (PIECES - i) * PAGE, 1);
	EXPECT_EQ(proc_pfn(self->place + PAGE), proc_pfn(self->place) + PIECES - 1);
	check(&self->disk, self->place, HUGE);
}

TEST_F(permuted, two_interleaved)
{
	size_t i;

	for (i = 0; i < PIECES; i++) {
		move(self->a.addr + i * PAGE, self->place + 2 * i * PAGE, 1);
		move(self->b.addr + i * PAGE, self->place + (2 * i + 1) * PAGE, 1);
	}
	check(&self->disk, self->place, 2 * HUGE);
}

/* One piece comes from another huge page, at the same place in it. */
TEST_F(permuted, stranger_inside)
{
	move(self->a.addr, self->place, PIECES);
	move(self->b.addr + 200 * PAGE, self->place + 200 * PAGE, 1);
	check(&self->disk, self->place, HUGE);
}

/* The second half follows the end of another one: folio ends, memory goes on. */
TEST_F(permuted, halves_exchanged)
{
	move(self->a.addr + HUGE / 2, self->place, PIECES / 2);
	move(self->b.addr, self->place + HUGE / 2, PIECES / 2);
	move(self->b.addr + HUGE / 2, self->place + HUGE, PIECES / 2);
	move(self->a.addr, self->place + HUGE + HUGE / 2, PIECES / 2);
	check(&self->disk, self->place, 2 * HUGE);
}

/* Small pages in the middle of a huge one that is mapped by small entries. */
TEST_F(permuted, hole_refilled)
{
	move(self->a.addr, self->place, PIECES);
	must_sys(madvise(self->place + 64 * PAGE, 16 * PAGE, MADV_DONTNEED));
	memset(self->place + 64 * PAGE, 1, 16 * PAGE);
	EXPECT_NE(proc_pfn(self->place + 64 * PAGE), proc_pfn(self->place) + 64);
	check(&self->disk, self->place, HUGE);
}

/* Split into small entries, but in order: still one run. */
TEST_F(permuted, in_order)
{
	move(self->a.addr, self->place, 1);
	move(self->a.addr + PAGE, self->place + PAGE, PIECES - 1);
	EXPECT_EQ(proc_breaks(self->place, HUGE), 0);
	check(&self->disk, self->place, HUGE);
}

/* The same pages, moved while they are mapped: the device keeps its view. */
TEST_F(permuted, moved_while_mapped)
{
	struct disk *disk = &self->disk;
	uint64_t seed = disk_seed();

	iommu_map(disk->container, self->a.addr, DISK_IOVA, HUGE, IOMMU_RW);
	mem_fill(self->a.addr, HUGE, seed);
	move(self->a.addr, self->place + HUGE / 2, PIECES / 2);
	move(self->a.addr + HUGE / 2, self->place, PIECES / 2);
	nvme_write(&disk->nvme, 0, DISK_IOVA, HUGE);
	nvme_read(&disk->nvme, 0, DISK_PLAIN_IOVA, HUGE);
	EXPECT_EQ(mem_differs(disk->plain, HUGE, seed), -1);
	EXPECT_EQ(iommu_unmap(disk->container, DISK_IOVA, HUGE), HUGE);
}

KTAP_MAIN()
