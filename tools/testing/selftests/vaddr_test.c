// SPDX-License-Identifier: GPL-2.0-only
/*
 * UNMAP(VADDR) and MAP(VADDR): a mapping outlives the address space of the
 * process that made it, and is handed over to another.
 */
#include "box.h"
#include "child.h"
#include "snapshot.h"

#define VADDR		VFIO_DMA_UNMAP_FLAG_VADDR
#define ALL		VFIO_DMA_UNMAP_FLAG_ALL
#define RESUME		VFIO_DMA_MAP_FLAG_VADDR

#define A		0x100000ull
#define A_SIZE		(4 * PAGE)
#define B		(A + A_SIZE)
#define B_SIZE		(8 * PAGE)
#define MAPPED		(A_SIZE + B_SIZE)

FIXTURE(vaddr) {
	struct box box;
	int container;
	char *memory; /* shared with children */
	struct snapshot before;
};

BACKEND_VARIANTS(vaddr);

FIXTURE_SETUP(vaddr)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->memory = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			    0);
	ASSERT_NE(self->memory, MAP_FAILED);
	iommu_map(self->container, self->memory, A, A_SIZE, IOMMU_RW);
	iommu_map(self->container, self->memory + A_SIZE, B, B_SIZE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(vaddr)
{
	__iommu_unmap(self->container, 0, 0, ALL, NULL);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&self->box);
}

static uint64_t suspend(int container, uint64_t iova, uint64_t size, uint32_t flags)
{
	uint64_t bytes = 0;

	EXPECT_EQ(__iommu_unmap(container, iova, size, VADDR | flags, &bytes), 0);
	return bytes;
}

static int resume(int container, const void *vaddr, uint64_t iova, uint64_t size)
{
	return __iommu_map(container, vaddr, iova, size, RESUME);
}

TEST_F(vaddr, suspend_and_resume)
{
	EXPECT_EQ(suspend(self->container, A, A_SIZE, 0), A_SIZE);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_TRUE(is_mapped(self->container, A, MAPPED));
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), -EINVAL);
	EXPECT_EQ(iommu_unmap(self->container, A, A_SIZE), A_SIZE);
}

TEST_F(vaddr, several)
{
	EXPECT_EQ(suspend(self->container, 0, GIB(1), 0), MAPPED);
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
	EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), 0);
	EXPECT_EQ(suspend(self->container, 0, 0, ALL), MAPPED);
	EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), 0);
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
	EXPECT_EQ(suspend(self->container, BOX_IOVA, GIB(1), 0), 0);
	EXPECT_UNCHANGED(self->container, self->before);
}

/* One that is suspended already fails the whole call, which undoes the rest. */
TEST_F(vaddr, suspend_twice)
{
	EXPECT_EQ(suspend(self->container, B, B_SIZE, 0), B_SIZE);
	EXPECT_EQ(__iommu_unmap(self->container, B, B_SIZE, VADDR, NULL), -EINVAL);
	EXPECT_EQ(__iommu_unmap(self->container, A, MAPPED, VADDR, NULL), -EINVAL);
	EXPECT_EQ(__iommu_unmap(self->container, 0, 0, VADDR | ALL, NULL), -EINVAL);
	/* A was given back, B is as before. */
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), -EINVAL);
	EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), 0);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(vaddr, resume_errors)
{
	EXPECT_EQ(suspend(self->container, A, A_SIZE, 0), A_SIZE);
	EXPECT_EQ(resume(self->container, self->memory, BOX_IOVA, PAGE), -ENOENT);
	EXPECT_EQ(resume(self->container, self->memory, A, PAGE), -EINVAL);
	EXPECT_EQ(resume(self->container, self->memory, A + PAGE, A_SIZE - PAGE), -EINVAL);
	EXPECT_EQ(resume(self->container, self->memory, A, MAPPED), -EINVAL);
	EXPECT_EQ(resume(self->container, self->memory, B, B_SIZE), -EINVAL);
	EXPECT_EQ(resume(self->container, self->memory + 1, A, A_SIZE), -EINVAL);
	EXPECT_EQ(resume(self->container, self->memory, A, 0), -EINVAL);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
}

TEST_F(vaddr, others_work_meanwhile)
{
	char *other = mem_untouched(2 * PAGE);

	EXPECT_EQ(suspend(self->container, A, A_SIZE, 0), A_SIZE);
	EXPECT_EQ(__iommu_map(self->container, other, BOX_IOVA, 2 * PAGE, IOMMU_RW), 0);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(__iommu_map(self->container, other, A, PAGE, IOMMU_RW), -EEXIST);
	/* A suspended mapping can be unmapped for good. */
	EXPECT_EQ(iommu_unmap(self->container, A, A_SIZE), A_SIZE);
	EXPECT_EQ(proc_locked(), B_SIZE);
	/* Nothing is outstanding any more: a group may come. */
	EXPECT_EQ(__box_add(&self->box), 0);
}

TEST_F(vaddr, attach_has_to_wait)
{
	EXPECT_EQ(suspend(self->container, A, A_SIZE, 0), A_SIZE);
	EXPECT_EQ(__box_add(&self->box), -EBUSY);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
	EXPECT_EQ(__box_add(&self->box), 0);
}

TEST_F(vaddr, dma_goes_on)
{
	struct vfio_device *edu = box_edu(&self->box, 0);

	EXPECT_EQ(suspend(self->container, 0, 0, ALL), MAPPED);
	EXPECT_TRUE(box_dma_works(edu, self->memory, A));
	EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
	EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), 0);
	EXPECT_TRUE(box_dma_works(edu, self->memory + A_SIZE, B));
}

/* The charge moves with the mapping. */
TEST_F(vaddr, another_process_takes_over)
{
	pid_t child;

	EXPECT_EQ(suspend(self->container, 0, 0, ALL), MAPPED);
	child = child_begin();
	if (!child) {
		EXPECT_EQ(proc_locked(), 0);
		EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
		EXPECT_EQ(proc_locked(), A_SIZE);
		EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), 0);
		EXPECT_EQ(proc_locked(), MAPPED);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), self->memory, A));
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED);
}

/* A process that may not lock so much does not get it, and nothing is lost. */
TEST_F(vaddr, take_over_beyond_the_limit)
{
	pid_t child;

	EXPECT_EQ(suspend(self->container, 0, 0, ALL), MAPPED);
	child = child_begin();
	if (!child) {
		proc_unprivileged(B_SIZE - PAGE);
		EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), -ENOMEM);
		EXPECT_EQ(proc_locked(), 0);
		EXPECT_EQ(resume(self->container, self->memory, A, A_SIZE), 0);
		EXPECT_EQ(proc_locked(), A_SIZE);
		child_end();
	}
	child_wait(child);
	EXPECT_TRUE(proc_locked_becomes(B_SIZE));
	EXPECT_EQ(resume(self->container, self->memory + A_SIZE, B, B_SIZE), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED);
}

/* As a program does that replaces itself: the old address space is gone. */
TEST_F(vaddr, owner_is_gone)
{
	pid_t child;

	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED);
	child = child_begin();
	if (!child) {
		iommu_map(self->container, self->memory, A, MAPPED, IOMMU_RW);
		EXPECT_EQ(suspend(self->container, 0, 0, ALL), MAPPED);
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), self->memory, A));
	EXPECT_EQ(resume(self->container, self->memory, A, MAPPED), 0);
	EXPECT_EQ(proc_locked(), MAPPED);
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED);
}

KTAP_MAIN()
