// SPDX-License-Identifier: GPL-2.0-only
/*
 * The example of Documentation/dirty-tracking.rst, with the numbers that it has there.
 */
#include "dirty.h"
#include "proc.h"
#include "testbox.h"

FIXTURE(dirty_example) {
	struct testbox box;
	struct testdev *dev;
	int container;
	struct dirty_bits bits;
};

FIXTURE_SETUP(dirty_example)
{
	backend_need_ours("can neither PEEK nor CLEAR");
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->dev = &self->box.devs[0];
	self->container = self->box.container;
	iommu_map(self->container, mem_untouched(5 * PAGE), 0x10000, 5 * PAGE, IOMMU_RW);
	iommu_map(self->container, mem_untouched(6 * PAGE), 0x17000, 6 * PAGE, IOMMU_RW);
	dirty_open(&self->bits, 0x10000, 13);
}

FIXTURE_TEARDOWN(dirty_example)
{
	testbox_close(&self->box);
	EXPECT_TRUE(proc_locked_becomes(0));
}

static uint64_t example_read(struct dirty_example_self *self, int (*read)(int, struct dirty_bits *))
{
	dirty_wipe(&self->bits);
	EXPECT_EQ(read(self->container, &self->bits), 0);
	return self->bits.words[0];
}

TEST_F(dirty_example, as_documented)
{
	static const uint64_t written[] = { 0x11000, 0x14000, 0x17000, 0x1a000, 0x1c000 };
	struct box edu = { .container = self->container };
	size_t i;

	dirty_start(self->container);
	for (i = 0; i < ARRAY_SIZE(written); i++)
		testdev_write(self->dev, written[i], "x", 1);
	testdev_pin(self->dev, 0x14000, 1, TESTDEV_RW);
	EXPECT_EQ(example_read(self, __dirty_peek), 0x1492);
	self->bits.words[0] = 0x0092;
	EXPECT_EQ(__dirty_clear(self->container, &self->bits), 0);
	EXPECT_EQ(example_read(self, __dirty_peek), 0x1410);
	EXPECT_EQ(example_read(self, __dirty_get), 0x1410);
	EXPECT_EQ(example_read(self, __dirty_get), 0x0010);
	testdev_unpin(self->dev, 0x14000, 1);
	EXPECT_EQ(example_read(self, __dirty_get), 0x0010);
	EXPECT_EQ(example_read(self, __dirty_get), 0);
	box_add(&edu);
	EXPECT_EQ(example_read(self, __dirty_peek), 0x1f9f);
	EXPECT_EQ(example_read(self, __dirty_get), 0x1f9f);
	box_remove_last(&edu);
}

KTAP_MAIN()
