// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine whose IOMMU does not remap interrupts: groups are refused until the
 * administrator says otherwise.  Boot it with intremap=off and T1X_INTREMAP=off
 * in the environment.
 */
#include "box.h"
#include "snapshot.h"

FIXTURE(isolation) {
	int container;
	int group;
	int64_t pinned;
};

BACKEND_VARIANTS(isolation);

static void set_unsafe(const char *module, const char *value)
{
	if (module_is_loaded(module))
		module_set(module, "allow_unsafe_interrupts", value);
}

FIXTURE_SETUP(isolation)
{
	const char *intremap = getenv("T1X_INTREMAP");

	SKIP_IF(!intremap || strcmp(intremap, "off"), "needs a boot with intremap=off");
	backend_reset();
	backend_skip_type(variant->type);
	set_unsafe(STOCK, "N");
	set_unsafe(OURS, "N");
	self->container = vfio_container_open();
	self->group = box_group_open(0);
	vfio_group_attach(self->group, self->container);
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(isolation)
{
	close(self->group);
	close(self->container);
	set_unsafe(STOCK, "N");
	set_unsafe(OURS, "N");
	EXPECT_EQ(proc_pinned(), self->pinned);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(isolation, refused)
{
	struct iommu_info info;

	EXPECT_EQ(__vfio_set_type(self->container, variant->type), -EPERM);
	EXPECT_EQ(__iommu_info(self->container, &info), -EINVAL);
	EXPECT_EQ(__vfio_set_type(self->container, variant->type), -EPERM);
	EXPECT_EQ(__vfio_extension(self->container, variant->type), 1);
	/* The group is not lost. */
	EXPECT_EQ(__vfio_group_detach(self->group), 0);
	EXPECT_EQ(__vfio_group_attach(self->group, self->container), 0);
}

TEST_F(isolation, allowed)
{
	char *memory = mem_untouched(PAGE);
	struct box box = { .container = self->container, .groups = { self->group } };

	backend_set("allow_unsafe_interrupts", "Y");
	box.edu[0].fd = -1;
	ASSERT_EQ(__vfio_set_type(self->container, variant->type), 0);
	backend_verify(self->container);
	iommu_map(self->container, memory, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_TRUE(box_dma_works(box_edu(&box, 0), memory, BOX_IOVA));
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	vfio_device_close(&box.edu[0]);
}

/* The permission is asked for with each group, and a refusal changes nothing. */
TEST_F(isolation, withdrawn)
{
	char *memory = mem_untouched(PAGE);
	int second = box_group_open(1);
	struct snapshot before;

	backend_set("allow_unsafe_interrupts", "Y");
	ASSERT_EQ(__vfio_set_type(self->container, variant->type), 0);
	iommu_map(self->container, memory, BOX_IOVA, PAGE, IOMMU_RW);
	before = snapshot_take(self->container);
	backend_set("allow_unsafe_interrupts", "N");
	EXPECT_EQ(__vfio_group_attach(second, self->container), -EPERM);
	EXPECT_UNCHANGED(self->container, before);
	EXPECT_TRUE(is_mapped(self->container, BOX_IOVA, PAGE));
	backend_set("allow_unsafe_interrupts", "Y");
	EXPECT_EQ(__vfio_group_attach(second, self->container), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	close(second);
}

/*
 * If our attach fails, vfio core tries the next backend and tells nobody.  The
 * capability is what shows it; the private type is what prevents it.
 */
TEST_F(isolation, other_backend_takes_over)
{
	struct iommu_info info;

	backend_need_ours("is the other backend");
	SKIP_IF(!module_is_loaded(STOCK), "the stock module is not loaded");
	set_unsafe(STOCK, "Y");
	if (variant->type == VFIO_TYPE1X_IOMMU) {
		EXPECT_EQ(__vfio_set_type(self->container, variant->type), -EPERM);
		return;
	}
	EXPECT_EQ(__vfio_set_type(self->container, variant->type), 0);
	iommu_info(self->container, &info);
	EXPECT_FALSE(info.has_driver);
}

KTAP_MAIN()
