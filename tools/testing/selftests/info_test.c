// SPDX-License-Identifier: GPL-2.0-only
/* CHECK_EXTENSION, SET_IOMMU and GET_INFO: what a container tells about itself. */
#include <sys/ioctl.h>

#include "box.h"
#include "release.h"
#include "snapshot.h"

#define INFO_MIN	16	/* up to the page sizes */
#define INFO_FULL	sizeof(struct vfio_iommu_type1_info)
#define INFO_BUFFER	1024
#define CANARY		0x5a

#ifndef VFIO_TYPE1_NESTING_IOMMU
#define VFIO_TYPE1_NESTING_IOMMU	6
#endif

FIXTURE(unset) {
	int container;
};

FIXTURE_SETUP(unset)
{
	backend_reset();
	self->container = vfio_container_open();
}

FIXTURE_TEARDOWN(unset)
{
	close(self->container);
}

TEST_F(unset, extensions)
{
	static const int unknown[] = { 0, 2, 5, 7, 8, 11, 100 };
	size_t i;

	EXPECT_EQ(ioctl(self->container, VFIO_GET_API_VERSION), VFIO_API_VERSION);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1_IOMMU), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1v2_IOMMU), 1);
	/* Linux gave it up in 6.13. */
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1_NESTING_IOMMU),
		  release_is_before(6, 13));
	EXPECT_EQ(__vfio_extension(self->container, VFIO_UNMAP_ALL), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1X_IOMMU), !backend_is_stock());
	/* Both depend on what is attached, and nothing is. */
	EXPECT_EQ(__vfio_extension(self->container, VFIO_DMA_CC_IOMMU), 0);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_UPDATE_VADDR), 0);
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		EXPECT_EQ(__vfio_extension(self->container, unknown[i]), 0);
}

/* The private type answers to its full number only. */
TEST_F(unset, extension_is_not_truncated)
{
	backend_need_ours("has no private type");
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1X_IOMMU | 1ul << 32), 0);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1_IOMMU | 1ul << 32), 0);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1X_IOMMU + 1), 0);
}

TEST_F(unset, ioctls_need_a_backend)
{
	struct iommu_info info;

	EXPECT_EQ(__iommu_info(self->container, &info), -EINVAL);
	EXPECT_EQ(__iommu_map(self->container, "", 0, PAGE, IOMMU_R), -EINVAL);
	EXPECT_EQ(__iommu_unmap(self->container, 0, PAGE, 0, NULL), -EINVAL);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU), -EINVAL);
}

TEST_F(unset, set_type_once)
{
	int group = box_group_open(0);

	vfio_group_attach(group, self->container);
	EXPECT_EQ(__vfio_set_type(self->container, 100), -ENODEV);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1_IOMMU), 0);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1_IOMMU), -EINVAL);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU), -EINVAL);
	backend_verify(self->container);
}

/* An SMMU would give the second stage, and this one that it has. */
TEST_F(unset, nesting)
{
	int group = box_group_open(0);
	struct iommu_info info;

	vfio_group_attach(group, self->container);
	if (backend_on_smmu()) {
		EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1_NESTING_IOMMU), 0);
		backend_verify(self->container);
		iommu_info(self->container, &info);
		EXPECT_EQ(info.fault.sources, 0);
		EXPECT_EQ(info.fault.flags, 0);
		return;
	}
	/* Failure leaves no trace. */
	EXPECT_LT(__vfio_set_type(self->container, VFIO_TYPE1_NESTING_IOMMU), 0);
	EXPECT_EQ(__iommu_info(self->container, &info), -EINVAL);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU), 0);
	backend_verify(self->container);
}

TEST_F(unset, ioctls_after_last_group_left)
{
	int group = box_group_open(0);
	struct iommu_info info;

	vfio_group_attach(group, self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	vfio_group_detach(group);
	EXPECT_EQ(__iommu_info(self->container, &info), -EINVAL);
	EXPECT_EQ(__iommu_map(self->container, "", 0, PAGE, IOMMU_R), -EINVAL);
	EXPECT_EQ(__iommu_unmap(self->container, 0, PAGE, 0, NULL), -EINVAL);
	/* And all begins anew. */
	vfio_group_attach(group, self->container);
	EXPECT_EQ(__vfio_set_type(self->container, VFIO_TYPE1_IOMMU), 0);
	EXPECT_EQ(__iommu_info(self->container, &info), 0);
}

FIXTURE(info) {
	struct box box;
	int container;
};

BACKEND_VARIANTS(info);

FIXTURE_SETUP(info)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
}

FIXTURE_TEARDOWN(info)
{
	box_close(&self->box);
}

TEST_F(info, extensions)
{
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1_IOMMU), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1v2_IOMMU), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_UNMAP_ALL), 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_UPDATE_VADDR), 1);
	/* The emulated IOMMU cannot force snooping unless told to. */
	EXPECT_EQ(__vfio_extension(self->container, VFIO_DMA_CC_IOMMU), !!getenv("T1X_SNOOP"));
	EXPECT_EQ(__vfio_extension(self->container, VFIO_TYPE1X_IOMMU), !backend_is_stock());
}

TEST_F(info, contents)
{
	uint64_t window = backend_window();
	struct iommu_info info;
	uint32_t i;

	iommu_info(self->container, &info);
	EXPECT_EQ(info.page_sizes & (2 * PAGE - 1), PAGE);
	EXPECT_TRUE(info.page_sizes & HUGE);
	EXPECT_TRUE(info.has_avail);
	EXPECT_EQ(info.avail, ENTRY_LIMIT);
	ASSERT_TRUE(info.has_ranges);
	/* The interrupt window is cut out of the aperture. */
	ASSERT_EQ(info.num_ranges, 2);
	EXPECT_EQ(info.ranges[0].start, 0);
	EXPECT_EQ(info.ranges[0].last, window - 1);
	EXPECT_EQ(info.ranges[1].start, window + BACKEND_WINDOW_SIZE);
	for (i = 0; i < info.num_ranges; i++)
		EXPECT_EQ(info.ranges[i].last % PAGE, PAGE - 1);
	EXPECT_GE(iommu_last(&info), (1ull << 39) - 1);
}

TEST_F(info, driver)
{
	struct iommu_info info;

	iommu_info(self->container, &info);
	EXPECT_EQ(info.has_driver, !backend_is_stock());
	EXPECT_EQ(info.has_fault, !backend_is_stock());
	EXPECT_TRUE(info.has_migration);
	if (!info.has_driver)
		return;
	/* VT-d's driver tells nobody but the log; fault_vtd_test taps it. */
	EXPECT_EQ(info.fault.sources, backend_on_smmu() ? 1 << VFIO_TYPE1X_FAULT_SOURCE_DEVICE : 0);
	EXPECT_EQ(info.fault.flags, backend_on_smmu() ? VFIO_IOMMU_FAULT_CAP_COMPLETE : 0);
	EXPECT_EQ(info.driver.header.version, 1);
	EXPECT_NE(info.driver.version, 0);
	EXPECT_EQ(info.driver.flags, 0);
	EXPECT_EQ(strcmp((char *)info.driver.name, OURS_NAME), 0);
	EXPECT_NE(info.driver.release[0], '\0');
	EXPECT_EQ(info.driver.release[VFIO_TYPE1X_NAME_LEN - 1], '\0');
}

TEST_F(info, dirty_tracking)
{
	struct vfio_iommu_type1_info_cap_migration migration;
	struct vfio_iommu_type1_info_cap_dirty dirty;
	struct iommu_info info;

	iommu_info(self->container, &info);
	ASSERT_TRUE(info.has_migration);
	/* To the byte: padding is zero as well. */
	memset(&migration, 0, sizeof(migration));
	migration.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION;
	migration.header.version = 1;
	migration.header.next = info.migration.header.next;
	migration.pgsize_bitmap = PAGE;
	migration.max_dirty_bitmap_size = MIB(256);
	EXPECT_EQ(sizeof(migration), 32);
	EXPECT_EQ(memcmp(&info.migration, &migration, sizeof(migration)), 0);

	ASSERT_EQ(info.has_dirty, !backend_is_stock());
	if (!info.has_dirty)
		return;
	memset(&dirty, 0, sizeof(dirty));
	dirty.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY;
	dirty.header.version = 1;
	dirty.header.next = info.dirty.header.next;
	dirty.flags = VFIO_IOMMU_DIRTY_CAP_PEEK | VFIO_IOMMU_DIRTY_CAP_CLEAR |
		      VFIO_IOMMU_DIRTY_CAP_RANGE;
	EXPECT_EQ(sizeof(dirty), 16);
	EXPECT_EQ(memcmp(&info.dirty, &dirty, sizeof(dirty)), 0);
}

/* The answer to one argsz; nothing may be written beyond it. */
static struct vfio_iommu_type1_info info_ask(int container, uint32_t argsz)
{
	unsigned char buf[INFO_BUFFER];
	struct vfio_iommu_type1_info info;
	size_t i, dirty = 0;

	memset(buf, CANARY, sizeof(buf));
	memcpy(buf, &argsz, sizeof(argsz));
	ASSERT_EQ(ioctl(container, VFIO_IOMMU_GET_INFO, buf), 0);
	for (i = argsz; i < sizeof(buf); i++)
		dirty += buf[i] != CANARY;
	EXPECT_EQ(dirty, 0);
	memcpy(&info, buf, sizeof(info));
	return info;
}

TEST_F(info, argsz_negotiation)
{
	struct vfio_iommu_type1_info info = info_ask(self->container, INFO_MIN);
	uint32_t argsz, needed = info.argsz;

	EXPECT_GT(needed, INFO_FULL);
	EXPECT_LT(needed, INFO_BUFFER);
	for (argsz = INFO_MIN; argsz < needed; argsz++) {
		info = info_ask(self->container, argsz);
		EXPECT_EQ(info.argsz, needed);
		EXPECT_EQ(info.flags, VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS);
		EXPECT_EQ(info.iova_pgsizes & PAGE, PAGE);
		if (argsz >= INFO_FULL)
			EXPECT_EQ(info.cap_offset, 0);
	}
	for (argsz = needed; argsz < needed + 2; argsz++) {
		info = info_ask(self->container, argsz);
		EXPECT_EQ(info.argsz, argsz);
		EXPECT_GE(info.cap_offset, INFO_FULL);
		EXPECT_LT(info.cap_offset, needed);
	}
}

TEST_F(info, bad_arguments)
{
	struct snapshot before = snapshot_take(self->container);
	unsigned char buf[INFO_BUFFER] = { 0 };
	uint32_t argsz;

	for (argsz = 0; argsz < INFO_MIN; argsz++) {
		memcpy(buf, &argsz, sizeof(argsz));
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_GET_INFO, buf), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_GET_INFO, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_UNCHANGED(self->container, before);
}

TEST_F(info, unwritable_answer)
{
	struct vfio_iommu_type1_info ask = { .argsz = INFO_BUFFER };
	char *pages = mem_untouched(PAGE);

	memcpy(pages, &ask, sizeof(ask));
	must_sys(mprotect(pages, PAGE, PROT_READ));
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_GET_INFO, pages), -1);
	EXPECT_EQ(errno, EFAULT);
}

TEST_F(info, unknown_ioctls)
{
	struct snapshot before = snapshot_take(self->container);

	EXPECT_EQ(ioctl(self->container, _IO(VFIO_TYPE, VFIO_BASE + 99), 0), -1);
	EXPECT_EQ(errno, ENOTTY);
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_ENABLE, 0), -1);
	EXPECT_EQ(errno, ENOTTY);
	EXPECT_UNCHANGED(self->container, before);
}

TEST_F(info, avail_counts_mappings)
{
	char *page = mem_untouched(4 * PAGE);
	int i;

	for (i = 0; i < 4; i++) {
		iommu_map(self->container, page + i * PAGE, BOX_IOVA + i * HUGE, PAGE, IOMMU_RW);
		EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT - i - 1);
	}
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, HUGE), PAGE);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT - 3);
	EXPECT_EQ(iommu_unmap_all(self->container), 3 * PAGE);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT);
}

KTAP_MAIN()
