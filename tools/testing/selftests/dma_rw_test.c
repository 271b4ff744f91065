// SPDX-License-Identifier: GPL-2.0-only
/* Copies of an emulated device from IOVA and to it, without a pin. */
#include "child.h"
#include "snapshot.h"
#include "testbox.h"

#define SIZE		MIB(1)

FIXTURE(dma_rw) {
	struct testbox box;
	int container;
	struct testdev *dev;
	char *memory, *buf;
	struct snapshot before;
};

FIXTURE_VARIANT(dma_rw) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(dma_rw, caller) { .flags = 0 };
FIXTURE_VARIANT_ADD(dma_rw, kthread) { .flags = T1X_TD_IN_KTHREAD };

FIXTURE_SETUP(dma_rw)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->dev = &self->box.devs[0];
	self->dev->flags = variant->flags;
	self->memory = mem_untouched(2 * SIZE);
	self->buf = mem_untouched(SIZE);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(dma_rw)
{
	EXPECT_EQ(testdev_notices(self->dev), 0);
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(testdev_notices(self->dev), 0);
	EXPECT_UNCHANGED(self->container, self->before);
	testbox_close(&self->box);
}

static void map(struct dma_rw_self *self, size_t offset, size_t size, uint32_t flags)
{
	iommu_map(self->container, self->memory + offset, BOX_IOVA + offset, size, flags);
}

TEST_F(dma_rw, whole)
{
	map(self, 0, SIZE, IOMMU_RW);
	mem_fill(self->memory, SIZE, 1);
	testdev_read(self->dev, BOX_IOVA, self->buf, SIZE);
	EXPECT_EQ(mem_differs(self->buf, SIZE, 1), -1);
	mem_fill(self->buf, SIZE, 2);
	testdev_write(self->dev, BOX_IOVA, self->buf, SIZE);
	EXPECT_EQ(mem_differs(self->memory, SIZE, 2), -1);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_EQ(proc_pinned(), self->before.pinned);
}

/* Neighbours in IOVA that are strangers in memory; any byte, any length. */
TEST_F(dma_rw, across_mappings)
{
	static const size_t offsets[] = { 0, 1, 100, PAGE - 1, PAGE };
	static const size_t sizes[] = { 1, 2, PAGE, PAGE + 1, 3 * PAGE - 1, 5 * PAGE };
	char *places[4];
	size_t i, o, s;

	for (i = 0; i < 4; i++) {
		places[i] = self->memory + (i * 5 % 4) * 4 * PAGE;
		iommu_map(self->container, places[i], BOX_IOVA + i * 2 * PAGE, 2 * PAGE, IOMMU_RW);
	}
	for (o = 0; o < ARRAY_SIZE(offsets); o++)
		for (s = 0; s < ARRAY_SIZE(sizes); s++) {
			char *all = self->buf, *got = self->buf + 8 * PAGE;

			mem_fill(all, 8 * PAGE, o * 100 + s);
			testdev_write(self->dev, BOX_IOVA, all, 8 * PAGE);
			for (i = 0; i < 4; i++)
				EXPECT_EQ(memcmp(places[i], all + i * 2 * PAGE, 2 * PAGE), 0);
			/* A part in the middle, there and back. */
			testdev_read(self->dev, BOX_IOVA + offsets[o], got, sizes[s]);
			EXPECT_EQ(memcmp(got, all + offsets[o], sizes[s]), 0);
			memset(got, 0x5a, sizes[s]);
			testdev_write(self->dev, BOX_IOVA + offsets[o], got, sizes[s]);
			memset(all + offsets[o], 0x5a, sizes[s]);
			for (i = 0; i < 4; i++)
				EXPECT_EQ(memcmp(places[i], all + i * 2 * PAGE, 2 * PAGE), 0);
		}
}

TEST_F(dma_rw, refused)
{
	map(self, 0, PAGE, IOMMU_RW);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA, self->buf, 0), -EINVAL);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA, self->buf, 0), -EINVAL);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA, self->buf, T1X_TD_MAX_BYTES + 1), -E2BIG);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA - 1, self->buf, 2), -EINVAL);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA + PAGE - 1, self->buf, 2), -EINVAL);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA + PAGE, self->buf, 1), -EINVAL);
	EXPECT_EQ(__testdev_read(self->dev, -PAGE, self->buf, 2 * PAGE), -EINVAL);
}

/* The last page of all and the first one: what begins in one ends there. */
TEST_F(dma_rw, last_page)
{
	const uint64_t end = -8ull;

	backend_need_ours("does not map the last page");
	iommu_map(self->container, self->memory, -PAGE, PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + PAGE, 0, PAGE, IOMMU_RW);
	mem_fill(self->memory, 2 * PAGE, 1);
	EXPECT_EQ(__testdev_read(self->dev, end, self->buf, 8), 0);
	EXPECT_EQ(memcmp(self->buf, self->memory + PAGE - 8, 8), 0);
	EXPECT_EQ(__testdev_read(self->dev, end, self->buf, 16), -EOVERFLOW);
	EXPECT_EQ(__testdev_read(self->dev, -PAGE, self->buf, 2 * PAGE), -EOVERFLOW);
	EXPECT_EQ(mem_differs(self->memory, 2 * PAGE, 1), -1);

	memset(self->buf, 0xee, PAGE);
	EXPECT_EQ(__testdev_write(self->dev, end, self->buf, 16), -EOVERFLOW);
	EXPECT_EQ(mem_differs(self->memory, PAGE - 8, 1), -1);
	/* What lies before the end has been done, and nothing at the beginning. */
	EXPECT_EQ(memcmp(self->memory + PAGE - 8, self->buf, 8), 0);
	mem_fill(self->memory, PAGE, 1);
	EXPECT_EQ(mem_differs(self->memory, 2 * PAGE, 1), -1);
	EXPECT_EQ(__testdev_write(self->dev, 0, self->buf, 8), 0);
}

/* Nor is the first page let go of, which another device may hold. */
TEST_F(dma_rw, unpin_beyond_the_last_page)
{
	backend_need_ours("does not map the last page");
	iommu_map(self->container, self->memory, -PAGE, PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + PAGE, 0, PAGE, IOMMU_RW);
	testdev_pin(self->dev, -PAGE, 1, TESTDEV_RW);
	testdev_pin(self->dev, 0, 1, TESTDEV_RW);
	EXPECT_EQ(proc_pinned(), self->before.pinned + 2);
	EXPECT_EQ(__testdev_unpin_raw(self->dev, -PAGE, 2), 0);
	EXPECT_EQ(proc_pinned(), self->before.pinned + 1);
	EXPECT_TRUE(proc_locked_becomes(PAGE));
	/* The device's own books know of both. */
	testdev_unpin(self->dev, 0, 1);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
	testdev_unpin(self->dev, -PAGE, 1);
}

/* A write wants READ, too, as it always has. */
TEST_F(dma_rw, protection)
{
	map(self, 0, PAGE, IOMMU_R);
	map(self, PAGE, PAGE, IOMMU_W);
	self->memory[0] = 1;
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA, self->buf, 1), 0);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA, self->buf + 1, 1), -EPERM);
	EXPECT_EQ(self->memory[0], 1);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA + PAGE, self->buf, 1), -EPERM);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA + PAGE, self->buf, 1), -EPERM);
}

TEST_F(dma_rw, no_memory_behind_it)
{
	map(self, 0, 2 * PAGE, IOMMU_RW);
	must_sys(munmap(self->memory, PAGE));
	must_sys(mprotect(self->memory + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA, self->buf, 8), -EFAULT);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA, self->buf, 8), -EFAULT);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA + PAGE, self->buf, 8), 0);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA + PAGE, self->buf, 8), -EFAULT);
}

FIXTURE(other_mm) {
	struct testbox box;
	int container;
	struct testdev *dev;
	volatile int *stage;
	int64_t pinned;
	pid_t child;
};

FIXTURE_VARIANT(other_mm) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(other_mm, caller) { .flags = 0 };
FIXTURE_VARIANT_ADD(other_mm, kthread) { .flags = T1X_TD_IN_KTHREAD };

/* The memory is a child's, which maps it and waits until it may go. */
static void run_child(struct other_mm_self *self)
{
	char *own = mem_untouched(4 * PAGE);

	mem_fill(own, 4 * PAGE, 5);
	iommu_map(self->container, own, BOX_IOVA, 4 * PAGE, IOMMU_RW);
	child_post(self->stage, 1);
	EXPECT_TRUE(child_await(self->stage, 2));
	EXPECT_TRUE(proc_locked_becomes(2 * PAGE));
	child_end();
}

FIXTURE_SETUP(other_mm)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->dev = &self->box.devs[0];
	self->dev->flags = variant->flags;
	self->stage = child_shared(PAGE);
	self->pinned = proc_pinned();
	self->child = child_begin();
	if (!self->child)
		run_child(self);
	ASSERT_TRUE(child_await(self->stage, 1));
	ASSERT_EQ(testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW), 2);
}

FIXTURE_TEARDOWN(other_mm)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
	testbox_close(&self->box);
}

static void child_leaves(struct other_mm_self *self)
{
	child_post(self->stage, 2);
	child_wait(self->child);
}

/* Whose memory it is counts, not who asks; but a program copies from its own. */
TEST_F(other_mm, alive)
{
	char buf[2 * PAGE];
	int wanted = variant->flags ? 0 : -EFAULT;

	EXPECT_TRUE(proc_locked_becomes(0));
	mem_fill(buf, PAGE, 5);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA, 7), (uint8_t)buf[7]);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA, buf, 2 * PAGE), wanted);
	if (!wanted)
		EXPECT_EQ(mem_differs(buf, 2 * PAGE, 5), -1);
	EXPECT_EQ(__testdev_write(self->dev, BOX_IOVA + 2 * PAGE, "!", 1), wanted);
	child_leaves(self);
}

/* Pages that are pinned outlive it; what is not cannot be had any more. */
TEST_F(other_mm, dead)
{
	char byte, page[PAGE];

	child_leaves(self);
	mem_fill(page, PAGE, 5);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA, 7), (uint8_t)page[7]);
	testdev_poke(self->dev, BOX_IOVA + PAGE, 0, 77);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA + PAGE, 0), 77);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + 2 * PAGE, 1, TESTDEV_R), -ENODEV);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + PAGE, 2, TESTDEV_R), -ENODEV);
	EXPECT_EQ(__testdev_read(self->dev, BOX_IOVA, &byte, 1), -EPERM);
	EXPECT_EQ(testdev_pinned(self->dev), 2);
	testdev_unpin(self->dev, BOX_IOVA, 1);
	EXPECT_EQ(proc_pinned(), self->pinned + 1);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 1);
}

KTAP_MAIN()
