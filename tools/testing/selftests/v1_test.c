// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UNMAP of type 1, which old programs rely on: no request is refused for
 * bisecting a mapping, and a request that touches the first page of a mapping
 * takes all of it.  And what type 1 does not have.
 */
#include "box.h"
#include "dirty.h"
#include "snapshot.h"

#define A		0x100000ull
#define B		(A + 8 * PAGE)
#define MAPPED		(12 * PAGE)

FIXTURE(v1) {
	struct box box;
	int container;
	char *memory;
	struct snapshot before;
};

FIXTURE_SETUP(v1)
{
	box_open(&self->box, VFIO_TYPE1_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(16 * PAGE);
	iommu_map(self->container, self->memory, A, 4 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, B, 8 * PAGE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(v1)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&self->box);
}

TEST_F(v1, first_page_takes_all)
{
	EXPECT_EQ(iommu_unmap(self->container, A, PAGE), 4 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, B, 2 * PAGE), 8 * PAGE);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_TRUE(is_free(self->container, A, MAPPED + 4 * PAGE));
}

TEST_F(v1, later_page_takes_nothing)
{
	EXPECT_EQ(iommu_unmap(self->container, A + PAGE, PAGE), 0);
	EXPECT_EQ(iommu_unmap(self->container, A + 3 * PAGE, PAGE), 0);
	EXPECT_EQ(iommu_unmap(self->container, A + PAGE, 3 * PAGE), 0);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_TRUE(is_mapped(self->container, A, 4 * PAGE));
	EXPECT_TRUE(is_mapped(self->container, B, 8 * PAGE));
}

/* The walk ends at a mapping that begins before the request. */
TEST_F(v1, later_page_hides_the_rest)
{
	EXPECT_EQ(iommu_unmap(self->container, A + PAGE, B - A + 7 * PAGE), 0);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(v1, end_inside_takes_all)
{
	EXPECT_EQ(iommu_unmap(self->container, A, B - A + PAGE), MAPPED);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(v1, start_in_hole)
{
	EXPECT_EQ(iommu_unmap(self->container, A + 4 * PAGE, 5 * PAGE), 8 * PAGE);
	EXPECT_TRUE(is_mapped(self->container, A, 4 * PAGE));
	EXPECT_EQ(iommu_unmap(self->container, A - PAGE, 2 * PAGE), 4 * PAGE);
}

TEST_F(v1, all)
{
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT);
}

/* A program written for v1 gets big leaves all the same: DMA works. */
TEST_F(v1, dma)
{
	struct vfio_device *edu = box_edu(&self->box, 0);

	EXPECT_TRUE(box_dma_works(edu, self->memory, A));
	EXPECT_EQ(iommu_unmap(self->container, A, PAGE), 4 * PAGE);
	EXPECT_TRUE(box_write_is_blocked(edu, self->memory, A + 3 * PAGE));
}

/* Dirty pages are not tracked, and the argument is not even looked at. */
TEST_F(v1, no_dirty_tracking)
{
	struct dirty_request nonsense = { .head = { .argsz = 0, .flags = -1 } };
	uint64_t unmapped = 1;
	struct dirty_bits bits;

	dirty_open(&bits, A, 4);
	EXPECT_EQ(__dirty_request(self->container, NULL), -EACCES);
	EXPECT_EQ(__dirty_request(self->container, &nonsense), -EACCES);
	EXPECT_EQ(__dirty_start(self->container), -EACCES);
	EXPECT_EQ(__dirty_start_range(self->container, A, 4 * PAGE), -EACCES);
	EXPECT_EQ(__dirty_stop(self->container), -EACCES);
	EXPECT_EQ(__dirty_get(self->container, &bits), -EACCES);
	EXPECT_EQ(__dirty_peek(self->container, &bits), -EACCES);
	EXPECT_EQ(__dirty_clear(self->container, &bits), -EACCES);
	/* UNMAP has the flag, but tracking is never on. */
	EXPECT_EQ(__dirty_unmap(self->container, &bits, &unmapped), -EINVAL);
	EXPECT_EQ(unmapped, 1);
	EXPECT_EQ(dirty_count(&bits), 0);
	EXPECT_TRUE(dirty_is_guarded(&bits));
	dirty_close(&bits);
	EXPECT_UNCHANGED(self->container, self->before);
}

KTAP_MAIN()
