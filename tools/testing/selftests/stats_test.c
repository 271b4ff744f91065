// SPDX-License-Identifier: GPL-2.0-only
/* The numbers that a container has in debugfs: true after whatever was done to it. */
#include "box.h"
#include "child.h"
#include "debugfs.h"
#include "dirty.h"
#include "snapshot.h"
#include "testbox.h"

#define TEXT_SIZE	2048

/* One line of "info" each. */
struct facts {
	const char *type;
	unsigned int groups, emulated, domains;
	uint64_t mappings, left, mapped, locked, leaf_4k, leaf_2m, leaf_1g;
	const char *tracking;
	uint64_t maps, unmaps, reported;
	pid_t pid;
};

static void write_info(char *text, const char *dir, const char *release, const struct facts *facts)
{
	int length = snprintf(text, TEXT_SIZE,
			      "vfio-driver:\t" OURS_NAME "\ntype1x-version:\t%s\n"
			      "type1x-id:\t%lu\ntype1x-type:\t%s\ntype1x-groups:\t%u\n"
			      "type1x-emulated-groups:\t%u\ntype1x-domains:\t%u\n",
			      release, debugfs_id(dir), facts->type, facts->groups, facts->emulated,
			      facts->domains);

	length += snprintf(text + length, TEXT_SIZE - length,
			   "type1x-bonds:\t0\n"
			   "type1x-mappings:\t%lu\ntype1x-entry-limit:\t%u\n"
			   "type1x-entries-left:\t%lu\n"
			   "type1x-mapped-bytes:\t%lu\ntype1x-locked-bytes:\t%lu\n"
			   "type1x-leaf-bytes-4k:\t%lu\ntype1x-leaf-bytes-2m:\t%lu\n"
			   "type1x-leaf-bytes-1g:\t%lu\n",
			   facts->mappings, ENTRY_LIMIT, facts->left, facts->mapped, facts->locked,
			   facts->leaf_4k, facts->leaf_2m, facts->leaf_1g);
	snprintf(text + length, TEXT_SIZE - length,
		 "type1x-dirty-tracking:\t%s\ntype1x-maps:\t%lu\ntype1x-unmaps:\t%lu\n"
		 "type1x-dirty-reported:\t%lu\ntype1x-faults:\t0\n"
		 "type1x-faults-lost:\t0\npid:\t%d\n",
		 facts->tracking, facts->maps, facts->unmaps, facts->reported, facts->pid);
}

/* The whole file, to the byte. */
static bool info_is(int container, const char *dir, const struct facts *facts)
{
	char *text = debugfs_read(dir, "info"), expected[TEXT_SIZE];
	struct iommu_info info;
	bool same;

	iommu_info(container, &info);
	write_info(expected, dir, (const char *)info.driver.release, facts);
	same = EXPECT_EQ(strcmp(text, expected), 0);
	if (!same)
		printf("%s--- expected:\n%s", text, expected);
	free(text);
	return same;
}

FIXTURE(info) {
	struct box box;
	int container;
	char *memory;
	char dir[DEBUGFS_PATH_LEN];
	struct facts facts;
};

BACKEND_VARIANTS(info);

FIXTURE_SETUP(info)
{
	struct iommu_info info;

	backend_need_ours("has no debugfs");
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(MIB(1));
	debugfs_find(self->dir);
	iommu_info(self->container, &info);
	self->facts = (struct facts){
		.type = variant->type == VFIO_TYPE1_IOMMU ? "v1" : "v2",
		.groups = 1,
		.domains = 1,
		.left = ENTRY_LIMIT,
		.tracking = "off",
		.pid = getpid(),
	};
}

FIXTURE_TEARDOWN(info)
{
	box_close(&self->box);
}

/* On, all writable pages reported once, and off. */
static void track(struct info_self *self)
{
	struct facts *facts = &self->facts;
	struct dirty_bits bits;

	dirty_start(self->container);
	facts->tracking = "on";
	info_is(self->container, self->dir, facts);
	dirty_open(&bits, BOX_IOVA, 7);
	dirty_get(self->container, &bits);
	dirty_close(&bits);
	facts->reported = 7;
	dirty_stop(self->container);
	facts->tracking = "off";
	info_is(self->container, self->dir, facts);
}

TEST_F(info, every_line)
{
	struct facts *facts = &self->facts;

	info_is(self->container, self->dir, facts);

	iommu_map(self->container, self->memory, BOX_IOVA, 7 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, GIB(1), 2 * PAGE, IOMMU_R);
	facts->mappings = 2;
	facts->maps = 2;
	facts->left -= 2;
	facts->mapped = 9 * PAGE;
	facts->locked = 9 * PAGE;
	facts->leaf_4k = 9 * PAGE;
	info_is(self->container, self->dir, facts);

	if (variant->type != VFIO_TYPE1_IOMMU)
		track(self);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 7 * PAGE), 7 * PAGE);
	facts->mappings = 1;
	facts->unmaps = 1;
	facts->left++;
	facts->mapped = 2 * PAGE;
	facts->locked = 2 * PAGE;
	facts->leaf_4k = 2 * PAGE;
	info_is(self->container, self->dir, facts);
	EXPECT_EQ(iommu_unmap_all(self->container), 2 * PAGE);
}

/* What fails leaves no trace. */
TEST_F(info, failures_do_not_count)
{
	struct facts *facts = &self->facts;
	char *hole = mem_untouched(8 * PAGE);

	must_sys(munmap(hole + 7 * PAGE, PAGE));
	EXPECT_EQ(__iommu_map(self->container, hole, BOX_IOVA, 8 * PAGE, IOMMU_RW), -EFAULT);
	EXPECT_EQ(__iommu_map(self->container, hole, BOX_IOVA, 0, IOMMU_RW), -EINVAL);
	info_is(self->container, self->dir, facts);

	iommu_map(self->container, hole, BOX_IOVA, 4 * PAGE, IOMMU_RW);
	facts->mappings = 1;
	facts->maps = 1;
	facts->left--;
	facts->mapped = 4 * PAGE;
	facts->locked = 4 * PAGE;
	facts->leaf_4k = 4 * PAGE;
	EXPECT_EQ(__iommu_map(self->container, hole, BOX_IOVA, PAGE, IOMMU_RW), -EEXIST);
	if (variant->type != VFIO_TYPE1_IOMMU)
		EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, PAGE, 0, NULL), -EINVAL);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), PAGE), 0);
	info_is(self->container, self->dir, facts);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
}

/* Neither suspending a mapping nor handing it over makes one, or takes one away. */
TEST_F(info, suspending_does_not_count)
{
	struct facts *facts = &self->facts;
	uint64_t bytes = 0;

	iommu_map(self->container, self->memory, BOX_IOVA, PAGE, IOMMU_RW);
	facts->mappings = 1;
	facts->maps = 1;
	facts->left--;
	facts->mapped = PAGE;
	facts->locked = PAGE;
	facts->leaf_4k = PAGE;
	EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, PAGE, VFIO_DMA_UNMAP_FLAG_VADDR, &bytes),
		  0);
	info_is(self->container, self->dir, facts);
	iommu_map(self->container, self->memory + PAGE, BOX_IOVA, PAGE, VFIO_DMA_MAP_FLAG_VADDR);
	info_is(self->container, self->dir, facts);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
}

TEST_F(info, tracking_of_a_range)
{
	if (variant->type == VFIO_TYPE1_IOMMU) {
		EXPECT_EQ(__dirty_start(self->container), -EACCES);
		info_is(self->container, self->dir, &self->facts);
		return;
	}
	dirty_start_range(self->container, BOX_IOVA, 16 * PAGE);
	self->facts.tracking = "on 0x10000000-0x1000ffff";
	info_is(self->container, self->dir, &self->facts);
	dirty_stop(self->container);
	self->facts.tracking = "off";
	info_is(self->container, self->dir, &self->facts);
}

TEST_F(info, groups_and_domains)
{
	backend_set("private_domains", "Y");
	box_add(&self->box);
	self->facts.groups = 2;
	self->facts.domains = 2;
	info_is(self->container, self->dir, &self->facts);
	backend_set("private_domains", "N");
	box_add(&self->box);
	self->facts.groups = 3;
	info_is(self->container, self->dir, &self->facts);
	box_remove_last(&self->box);
	box_remove_last(&self->box);
	self->facts.groups = 1;
	self->facts.domains = 1;
	info_is(self->container, self->dir, &self->facts);
}

static void *choose_type(void *arg)
{
	vfio_set_type(*(int *)arg, VFIO_TYPE1v2_IOMMU);
	return NULL;
}

/* The process that chose the backend, whoever opened the container, or asks. */
TEST_F(info, pid)
{
	pid_t child;

	box_close(&self->box);
	self->box.container = vfio_container_open();
	self->container = self->box.container;
	box_add(&self->box);
	child = child_begin();
	if (!child) {
		thread_wait(thread_begin(choose_type, &self->container));
		debugfs_find(self->dir);
		child_end();
	}
	child_wait(child);
	/* The newest one, which this process would not find by its own number. */
	EXPECT_EQ(__debugfs_find(self->dir), -ENOENT);
	box_close(&self->box);
	box_open(&self->box, variant->type, 1);
	debugfs_find(self->dir);
	EXPECT_EQ(debugfs_number(self->dir, "pid"), getpid());
}

FIXTURE(counters) {
	struct testbox box;
	int container;
	char *memory;
	struct dirty_bits bits;
	char dir[DEBUGFS_PATH_LEN];
};

FIXTURE_SETUP(counters)
{
	backend_need_ours("has no debugfs");
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(64 * PAGE);
	dirty_open(&self->bits, BOX_IOVA, 64);
	debugfs_find(self->dir);
}

FIXTURE_TEARDOWN(counters)
{
	dirty_close(&self->bits);
	testbox_close(&self->box);
}

static uint64_t pages_reported(struct counters_self *self)
{
	return debugfs_number(self->dir, "type1x-dirty-reported");
}

static void write_pages(struct counters_self *self, size_t page, size_t pages)
{
	while (pages--)
		testdev_write(&self->box.devs[0], BOX_IOVA + page++ * PAGE, "x", 1);
}

/* Each page once for each time that it was reported. */
TEST_F(counters, reported)
{
	struct dirty_bits unwritable = self->bits;
	uint64_t unmapped = 0;

	iommu_map(self->container, self->memory, BOX_IOVA, 32 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, BOX_IOVA + 32 * PAGE, 32 * PAGE, IOMMU_RW);
	dirty_start(self->container);
	dirty_get(self->container, &self->bits);
	EXPECT_EQ(pages_reported(self), 0);
	write_pages(self, 5, 3);
	write_pages(self, 31, 3);
	dirty_peek(self->container, &self->bits);
	EXPECT_EQ(dirty_count(&self->bits), 6);
	EXPECT_EQ(pages_reported(self), 0);
	unwritable.words = (void *)PAGE;
	EXPECT_EQ(__dirty_get(self->container, &unwritable), -EFAULT);
	EXPECT_EQ(pages_reported(self), 0);
	dirty_get(self->container, &self->bits);
	EXPECT_EQ(pages_reported(self), 6);
	dirty_get(self->container, &self->bits);
	EXPECT_EQ(pages_reported(self), 6);
	write_pages(self, 5, 1);
	write_pages(self, 60, 2);
	EXPECT_EQ(__dirty_unmap(self->container, &self->bits, &unmapped), 0);
	EXPECT_EQ(unmapped, 64 * PAGE);
	EXPECT_EQ(pages_reported(self), 9);
	dirty_stop(self->container);
}

TEST_F(counters, mappings)
{
	int i;

	for (i = 0; i < 64; i++)
		iommu_map(self->container, self->memory, BOX_IOVA + i * PAGE, PAGE, IOMMU_RW);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-mappings"), 64);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 3 * PAGE), 3 * PAGE);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-unmaps"), 3);
	EXPECT_EQ(iommu_unmap_all(self->container), 61 * PAGE);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-unmaps"), 64);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-maps"), 64);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-mappings"), 0);
}

/* An UNMAP that a device does not let through has removed nothing. */
TEST_F(counters, refused_unmap)
{
	struct testdev *dev = &self->box.devs[0];

	iommu_map(self->container, self->memory, BOX_IOVA, 4 * PAGE, IOMMU_RW);
	testdev_pin(dev, BOX_IOVA, 1, TESTDEV_RW);
	testdev_policy(dev, T1X_TD_HOLD, 0);
	EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, 4 * PAGE, 0, NULL), -EBUSY);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-unmaps"), 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-mappings"), 1);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-maps"), 1);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-locked-bytes"), PAGE);
	testdev_policy(dev, T1X_TD_RELEASE, 0);
	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
}

KTAP_MAIN()
