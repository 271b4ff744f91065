// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two backends side by side: which of them serves a container, and how a
 * program finds out and chooses.  Needs ours and the stock module.
 */
#include "box.h"
#include "child.h"
#include "snapshot.h"

#define OURS_FILE	"/t/" OURS ".ko"

FIXTURE(coexist) {
	int container;
	int group;
};

FIXTURE_SETUP(coexist)
{
	backend_need_ours("needs both backends, and ours to be preferred");
	SKIP_IF(!module_is_loaded(STOCK), "the stock module is not loaded");
	backend_reset();
	self->container = vfio_container_open();
	self->group = box_group_open(0);
	vfio_group_attach(self->group, self->container);
}

FIXTURE_TEARDOWN(coexist)
{
	close(self->group);
	close(self->container);
	if (!module_is_loaded(OURS))
		module_load(OURS_FILE, "");
	module_set(OURS, "prefer", "Y");
}

static bool is_ours(int container)
{
	struct iommu_info info;

	iommu_info(container, &info);
	/* What only ours has comes together. */
	EXPECT_EQ(info.has_driver, info.has_dirty);
	return info.has_driver;
}

/* Set a type, see who answers, go back. */
static bool serves(struct coexist_self *self, unsigned long type)
{
	bool ours;

	ASSERT_EQ(__vfio_set_type(self->container, type), 0);
	ours = is_ours(self->container);
	vfio_group_detach(self->group);
	vfio_group_attach(self->group, self->container);
	return ours;
}

TEST_F(coexist, preferred)
{
	EXPECT_TRUE(serves(self, VFIO_TYPE1_IOMMU));
	EXPECT_TRUE(serves(self, VFIO_TYPE1v2_IOMMU));
	EXPECT_TRUE(serves(self, VFIO_TYPE1X_IOMMU));
}

TEST_F(coexist, not_preferred)
{
	module_set(OURS, "prefer", "N");
	EXPECT_FALSE(serves(self, VFIO_TYPE1_IOMMU));
	EXPECT_FALSE(serves(self, VFIO_TYPE1v2_IOMMU));
	EXPECT_TRUE(serves(self, VFIO_TYPE1X_IOMMU));
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1X_IOMMU), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1v2_IOMMU), 1);
	/* And back. */
	module_set(OURS, "prefer", "Y");
	EXPECT_TRUE(serves(self, VFIO_TYPE1v2_IOMMU));
}

/* A container stays with the backend it has. */
TEST_F(coexist, open_containers_stay)
{
	ASSERT_EQ(__vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU), 0);
	module_set(OURS, "prefer", "N");
	EXPECT_TRUE(is_ours(self->container));
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1v2_IOMMU), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_UNMAP_ALL), 1);
	EXPECT_TRUE(is_free(self->container, BOX_IOVA, PAGE));
}

/* One program on each, with the same IOVA, and DMA of both goes home. */
TEST_F(coexist, both_at_once)
{
	struct box ours = { .container = self->container, .groups = { self->group } };
	struct box stock = { .container = vfio_container_open() };
	char *a = mem_untouched(PAGE), *b = mem_untouched(PAGE);

	ours.edu[0].fd = -1;
	stock.edu[1].fd = -1;
	vfio_set_type(ours.container, VFIO_TYPE1v2_IOMMU);
	module_set(OURS, "prefer", "N");
	stock.groups[1] = box_group_open(1);
	vfio_group_attach(stock.groups[1], stock.container);
	vfio_set_type(stock.container, VFIO_TYPE1v2_IOMMU);
	EXPECT_TRUE(is_ours(ours.container));
	EXPECT_FALSE(is_ours(stock.container));

	iommu_map(ours.container, a, BOX_IOVA, PAGE, IOMMU_RW);
	iommu_map(stock.container, b, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(proc_locked(), 2 * PAGE);
	EXPECT_TRUE(box_dma_works(box_edu(&ours, 0), a, BOX_IOVA));
	EXPECT_TRUE(box_dma_works(box_edu(&stock, 1), b, BOX_IOVA));
	EXPECT_EQ(iommu_unmap_all(ours.container), PAGE);
	EXPECT_TRUE(box_write_is_blocked(box_edu(&ours, 0), b, BOX_IOVA));
	EXPECT_TRUE(box_dma_works(box_edu(&stock, 1), b, BOX_IOVA));
	vfio_device_close(&ours.edu[0]);
	vfio_device_close(&stock.edu[1]);
	close(stock.groups[1]);
	close(stock.container);
}

TEST_F(coexist, without_ours)
{
	module_unload(OURS);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1X_IOMMU), 0);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1X_IOMMU), -ENODEV);
	EXPECT_FALSE(serves(self, VFIO_TYPE1v2_IOMMU));
	module_load(OURS_FILE, "");
	EXPECT_TRUE(serves(self, VFIO_TYPE1v2_IOMMU));
}

TEST_F(coexist, loaded_as_second_choice)
{
	module_unload(OURS);
	module_load(OURS_FILE, "prefer=N");
	EXPECT_FALSE(serves(self, VFIO_TYPE1v2_IOMMU));
	EXPECT_TRUE(serves(self, VFIO_TYPE1X_IOMMU));
}

/* Whichever comes last is asked first. */
TEST_F(coexist, stock_loaded_last)
{
	module_unload(STOCK);
	module_load_stock(STOCK);
	EXPECT_FALSE(serves(self, VFIO_TYPE1v2_IOMMU));
	EXPECT_TRUE(serves(self, VFIO_TYPE1X_IOMMU));
	module_unload(OURS);
	module_load(OURS_FILE, "");
	EXPECT_TRUE(serves(self, VFIO_TYPE1v2_IOMMU));
}

/* Alone, ours does everything. */
TEST_F(coexist, without_stock)
{
	module_unload(STOCK);
	EXPECT_TRUE(serves(self, VFIO_TYPE1_IOMMU));
	module_set(OURS, "prefer", "N");
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1v2_IOMMU), 0);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU), -ENODEV);
	EXPECT_TRUE(serves(self, VFIO_TYPE1X_IOMMU));
	module_load_stock(STOCK);
	module_unload(OURS);
	module_load(OURS_FILE, "");
}

KTAP_MAIN()
