// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an emulated device can do: pin pages of an IOVA range and copy from and to
 * one.  In the context of the program, and in that of a kernel thread.
 */
#include <limits.h>
#include <sys/ioctl.h>

#include "child.h"
#include "inject.h"
#include "snapshot.h"
#include "testbox.h"

#define PAGES		1024
#define SIZE		(PAGES * PAGE)
#define TESTDEV_FILE	"/t/" TESTDEV_MODULE ".ko"

FIXTURE(testdev) {
	struct testbox box;
	int container;
	struct testdev *dev;
	struct testdev *other;
	char *memory;
	struct snapshot before;
};

FIXTURE_VARIANT(testdev) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(testdev, caller) { .flags = 0 };
FIXTURE_VARIANT_ADD(testdev, kthread) { .flags = T1X_TD_IN_KTHREAD };

FIXTURE_SETUP(testdev)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	self->dev = &self->box.devs[0];
	self->other = &self->box.devs[1];
	self->dev->flags = variant->flags;
	self->other->flags = variant->flags;
	self->memory = mem_untouched(SIZE);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(testdev)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(testdev_pinned(self->dev), 0);
	EXPECT_EQ(testdev_pinned(self->other), 0);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_UNCHANGED(self->container, self->before);
	testbox_close(&self->box);
}

static int64_t pinned(const struct testdev_self *self)
{
	return proc_pinned() - self->before.pinned;
}

static void map(struct testdev_self *self, size_t page, size_t npages, uint32_t flags)
{
	iommu_map(self->container, self->memory + page * PAGE, BOX_IOVA + page * PAGE,
		  npages * PAGE, flags);
}

TEST_F(testdev, pinned_page_is_the_programs)
{
	map(self, 0, 4, IOMMU_RW);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA + PAGE, 2, TESTDEV_RW), 2);
	EXPECT_TRUE(proc_locked_becomes(2 * PAGE));
	EXPECT_EQ(pinned(self), 2);
	self->memory[PAGE] = 17;
	self->memory[3 * PAGE - 1] = 18;
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA + PAGE, 0), 17);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA + 2 * PAGE, PAGE - 1), 18);
	testdev_poke(self->dev, BOX_IOVA + 2 * PAGE, 5, 19);
	EXPECT_EQ(self->memory[2 * PAGE + 5], 19);
	testdev_unpin(self->dev, BOX_IOVA + PAGE, 2);
	EXPECT_EQ(__testdev_peek(self->dev, BOX_IOVA + PAGE, 0), -ENOENT);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_EQ(pinned(self), 0);
}

/* More than vfio core takes at a time. */
TEST_F(testdev, many_pages)
{
	size_t page, piece;

	map(self, 0, PAGES, IOMMU_RW);
	for (page = 0; page < PAGES; page++)
		self->memory[page * PAGE + page] = page % 251;
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, PAGES, TESTDEV_R), PAGES);
	EXPECT_TRUE(proc_locked_becomes(SIZE));
	EXPECT_EQ(pinned(self), PAGES);
	for (page = 0; page < PAGES; page++)
		if (testdev_peek(self->dev, BOX_IOVA + page * PAGE, page) != (int)(page % 251))
			break;
	EXPECT_EQ(page, PAGES);
	for (page = 0; page < PAGES; page += piece) {
		piece = PAGES - page < 100 ? PAGES - page : 100;
		testdev_unpin(self->dev, BOX_IOVA + page * PAGE, piece);
		EXPECT_TRUE(proc_locked_becomes(SIZE - (page + piece) * PAGE));
	}
}

/* Pins are counted, the page is charged and pinned once. */
TEST_F(testdev, pinned_twice)
{
	map(self, 0, 8, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_RW);
	testdev_pin(self->dev, BOX_IOVA + 2 * PAGE, 4, TESTDEV_R);
	EXPECT_EQ(testdev_pinned(self->dev), 8);
	EXPECT_TRUE(proc_locked_becomes(6 * PAGE));
	EXPECT_EQ(pinned(self), 6);
	testdev_unpin(self->dev, BOX_IOVA, 4);
	EXPECT_TRUE(proc_locked_becomes(4 * PAGE));
	EXPECT_EQ(__testdev_peek(self->dev, BOX_IOVA + PAGE, 0), -ENOENT);
	self->memory[2 * PAGE] = 3;
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA + 2 * PAGE, 0), 3);
	EXPECT_EQ(__testdev_unpin(self->dev, BOX_IOVA + PAGE, 2), -ENOENT);
	testdev_unpin(self->dev, BOX_IOVA + 2 * PAGE, 4);
	EXPECT_TRUE(proc_locked_becomes(0));
}

/* From several mappings at once, or nothing at all. */
TEST_F(testdev, all_or_none)
{
	map(self, 0, 2, IOMMU_RW);
	map(self, 2, 2, IOMMU_RW);
	map(self, 5, PAGES - 5, IOMMU_RW);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 5, TESTDEV_R), -EINVAL);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + 4 * PAGE, 1, TESTDEV_R), -EINVAL);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA - PAGE, 2, TESTDEV_R), -EINVAL);
	/* The hole is behind what the first call pins. */
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + 5 * PAGE, PAGES, TESTDEV_R), -EINVAL);
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_EQ(pinned(self), 0);
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_R), 4);
	EXPECT_EQ(__testdev_unpin(self->dev, BOX_IOVA, 5), -ENOENT);
	EXPECT_EQ(testdev_pinned(self->dev), 4);
}

TEST_F(testdev, protection)
{
	map(self, 0, 1, IOMMU_R);
	map(self, 1, 1, IOMMU_W);
	map(self, 2, 1, IOMMU_RW);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_W), -EPERM);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_RW), -EPERM);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + PAGE, 1, TESTDEV_R), -EPERM);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + PAGE, 2, TESTDEV_RW), -EPERM);
	EXPECT_EQ(pinned(self), 0);
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_R), 1);
	EXPECT_EQ(__testdev_poke(self->dev, BOX_IOVA, 0, 1), -EPERM);
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA + PAGE, 2, TESTDEV_W), 2);
	testdev_poke(self->dev, BOX_IOVA + PAGE, 0, 1);
	EXPECT_EQ(self->memory[PAGE], 1);
}

/* Numbers that vfio core refuses. */
TEST_F(testdev, odd_numbers)
{
	map(self, 0, PAGES, IOMMU_RW);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 0, TESTDEV_R), -EINVAL);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, T1X_TD_MAX_PAGES + 1, TESTDEV_R), -E2BIG);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, INT_MAX, TESTDEV_R), -E2BIG);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, UINT_MAX, TESTDEV_R), -E2BIG);
}

/* The first and the last page of all are no neighbours. */
TEST_F(testdev, last_page)
{
	EXPECT_EQ(__testdev_pin(self->dev, -PAGE, 1, TESTDEV_R), -EINVAL);
	EXPECT_EQ(__testdev_pin(self->dev, -PAGE, 2, TESTDEV_R), -EINVAL);
	backend_need_ours("does not map the last page");
	iommu_map(self->container, self->memory, -PAGE, PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, 0, PAGE, IOMMU_RW);
	EXPECT_EQ(__testdev_pin(self->dev, -PAGE, 2, TESTDEV_R), -EOVERFLOW);
	EXPECT_EQ(__testdev_pin(self->dev, -PAGE, 1, TESTDEV_R), 1);
	EXPECT_EQ(pinned(self), 1);
}

TEST_F(testdev, no_memory_behind_it)
{
	map(self, 0, 3, IOMMU_RW);
	memset(self->memory, 1, PAGE);
	testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_RW);
	must_sys(munmap(self->memory, 2 * PAGE));
	must_sys(mprotect(self->memory + 2 * PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + PAGE, 1, TESTDEV_R), -EFAULT);
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + 2 * PAGE, 1, TESTDEV_R), -EFAULT);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA, 0), 1);
	EXPECT_EQ(pinned(self), 1);
}

/* A page that is held can be had once more, wherever the program's memory went. */
TEST_F(testdev, pinned_again_without_memory)
{
	map(self, 0, 2, IOMMU_RW);
	memset(self->memory, 1, 2 * PAGE);
	testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW);
	must_sys(munmap(self->memory, PAGE));
	must_sys(madvise(self->memory + PAGE, PAGE, MADV_DONTNEED));
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_R), 1);
	EXPECT_EQ(__testdev_pin(self->other, BOX_IOVA + PAGE, 1, TESTDEV_R), 1);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA, 0), 1);
	EXPECT_EQ(testdev_peek(self->other, BOX_IOVA + PAGE, 0), 1);
	EXPECT_EQ(pinned(self), 2);
}

/* Devices do not know of each other's pins, the backend counts them all. */
TEST_F(testdev, two_devices)
{
	map(self, 0, 2, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW);
	testdev_pin(self->other, BOX_IOVA, 1, TESTDEV_RW);
	EXPECT_EQ(pinned(self), 2);
	EXPECT_EQ(__testdev_unpin(self->other, BOX_IOVA + PAGE, 1), -ENOENT);
	testdev_unpin(self->dev, BOX_IOVA, 2);
	EXPECT_TRUE(proc_locked_becomes(PAGE));
	testdev_poke(self->other, BOX_IOVA, 0, 9);
	EXPECT_EQ(self->memory[0], 9);
}

TEST_F(testdev, closing_unpins)
{
	map(self, 0, 8, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 8, TESTDEV_RW);
	testdev_pin(self->dev, BOX_IOVA, 3, TESTDEV_RW);
	testdev_pin(self->other, BOX_IOVA + 7 * PAGE, 1, TESTDEV_RW);
	testdev_close(self->dev);
	EXPECT_TRUE(proc_locked_becomes(PAGE));
	EXPECT_EQ(pinned(self), 1);
	testdev_open(self->dev, self->box.groups[0], 0);
	EXPECT_EQ(__testdev_peek(self->dev, BOX_IOVA, 0), -ENOENT);
	EXPECT_EQ(testdev_pinned(self->other), 1);
}

/* A device that is mistaken about its pins hurts nobody. */
TEST_F(testdev, wrong_unpin)
{
	map(self, 0, 4, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_RW);
	EXPECT_EQ(__testdev_unpin_raw(self->dev, BOX_IOVA + PAGE, 3), 0);
	EXPECT_EQ(pinned(self), 1);
	EXPECT_TRUE(proc_locked_becomes(PAGE));
	/* A page that it does hold: once by force, once by the books. */
	EXPECT_EQ(__testdev_unpin_raw(self->dev, BOX_IOVA, 1), 0);
	EXPECT_EQ(pinned(self), 0);
	EXPECT_EQ(__testdev_peek(self->dev, BOX_IOVA, 0), -ESTALE);
	testdev_unpin(self->dev, BOX_IOVA, 1);
	EXPECT_EQ(pinned(self), 0);
	EXPECT_TRUE(proc_locked_becomes(0));
}

TEST_F(testdev, unpin_of_what_is_not_mapped)
{
	backend_need_ours("warns");
	map(self, 0, 1, IOMMU_RW);
	EXPECT_EQ(__testdev_unpin_raw(self->dev, BOX_IOVA, 4), 0);
	EXPECT_EQ(__testdev_unpin_raw(self->dev, 0, 1), 0);
	EXPECT_EQ(__testdev_unpin_raw(self->dev, -PAGE, 2), 0);
	EXPECT_EQ(pinned(self), 0);
	EXPECT_TRUE(proc_locked_becomes(0));
}

/* The IOVA may be any byte of the page, the page is the same. */
TEST_F(testdev, inside_a_page)
{
	map(self, 0, 2, IOMMU_RW);
	self->memory[0] = 41;
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA + 0x123, 1, TESTDEV_RW), 1);
	EXPECT_EQ(testdev_peek(self->dev, BOX_IOVA + 0x123, 0), 41);
	testdev_unpin(self->dev, BOX_IOVA + 0x123, 1);
	EXPECT_EQ(pinned(self), 0);
}

/* Addresses of memory that is mapped cannot be changed: pages may be in use. */
TEST_F(testdev, no_new_addresses)
{
	int ret;

	map(self, 0, 2, IOMMU_RW);
	EXPECT_EQ(vfio_extension(self->container, VFIO_UPDATE_VADDR), 0);
	ret = __iommu_unmap(self->container, BOX_IOVA, 2 * PAGE, VFIO_DMA_UNMAP_FLAG_VADDR, NULL);
	EXPECT_EQ(ret, -EBUSY);
	EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW), 2);
}

TEST_F(testdev, locked_memory_limit)
{
	pid_t child = child_begin();

	if (!child) {
		char *own = mem_untouched(4 * PAGE);

		proc_unprivileged(2 * PAGE);
		iommu_map(self->container, own, BOX_IOVA, 4 * PAGE, IOMMU_RW);
		EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 3, TESTDEV_RW), -ENOMEM);
		EXPECT_TRUE(proc_locked_becomes(0));
		EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW), 2);
		EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA + 2 * PAGE, 1, TESTDEV_RW), -ENOMEM);
		/* What is paid for costs nothing more. */
		EXPECT_EQ(testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW), 2);
		EXPECT_TRUE(proc_locked_becomes(2 * PAGE));
		EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
		EXPECT_TRUE(proc_locked_becomes(0));
		child_end();
	}
	child_wait(child);
}

/* Behind an IOMMU, too: what is mapped there is charged for already. */
TEST_F(testdev, beside_a_real_device)
{
	int group = box_group_open(0);

	map(self, 0, 8, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA, 2, TESTDEV_RW);
	EXPECT_TRUE(proc_locked_becomes(2 * PAGE));
	vfio_group_attach(group, self->container);
	EXPECT_TRUE(proc_locked_becomes(8 * PAGE));
	testdev_pin(self->dev, BOX_IOVA, 4, TESTDEV_RW);
	EXPECT_TRUE(proc_locked_becomes(8 * PAGE));
	testdev_unpin(self->dev, BOX_IOVA, 4);
	EXPECT_TRUE(proc_locked_becomes(8 * PAGE));
	vfio_group_detach(group);
	EXPECT_TRUE(proc_locked_becomes(2 * PAGE));
	EXPECT_EQ(iommu_unmap_all(self->container), 8 * PAGE);
	EXPECT_TRUE(proc_locked_becomes(0));
	close(group);
	/* What remains known of the IOMMU is not the point here. */
	iommu_info(self->container, &self->before.info);
}

/* Each in turn: what was held before is still held as often, and nothing more. */
TEST_F_TIMEOUT(testdev, allocations_fail, 60)
{
	struct inject inject;
	unsigned int n;
	int ret = 0;

	SKIP_IF(variant->flags, "allocations of a kernel thread do not fail");
	map(self, 0, 16, IOMMU_RW);
	map(self, 16, 16, IOMMU_RW);
	testdev_pin(self->dev, BOX_IOVA + 4 * PAGE, 2, TESTDEV_RW);
	inject_open(&inject);
	for (n = 1; n < INJECT_MAX; n++) {
		inject_arm(&inject, n);
		ret = __testdev_pin(self->dev, BOX_IOVA + 5 * PAGE, 20, TESTDEV_RW);
		if (!inject_fired(&inject))
			break;
		if (ret < 0)
			EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT);
		else
			testdev_unpin(self->dev, BOX_IOVA + 5 * PAGE, 20);
		EXPECT_EQ(testdev_pinned(self->dev), 2);
		EXPECT_EQ(pinned(self), 2);
		EXPECT_TRUE(proc_locked_becomes(2 * PAGE));
	}
	NOTE("%u things that can fail", n - 1);
	EXPECT_GT(n, 2);
	EXPECT_LT(n, INJECT_MAX);
	EXPECT_EQ(ret, 20);
	EXPECT_EQ(pinned(self), 21);
}

FIXTURE(v1) {
	struct testbox box;
	struct testdev *dev;
	char *memory;
};

FIXTURE_SETUP(v1)
{
	testbox_open(&self->box, VFIO_TYPE1_IOMMU, 1);
	self->dev = &self->box.devs[0];
	self->memory = mem_untouched(2 * PAGE);
	iommu_map(self->box.container, self->memory, BOX_IOVA, 2 * PAGE, IOMMU_RW);
}

FIXTURE_TEARDOWN(v1)
{
	EXPECT_EQ(iommu_unmap_all(self->box.container), 2 * PAGE);
	EXPECT_EQ(testdev_notices(self->dev), 0);
	EXPECT_TRUE(proc_locked_becomes(0));
	testbox_close(&self->box);
}

TEST_F(v1, no_pins)
{
	EXPECT_EQ(__testdev_pin(self->dev, BOX_IOVA, 1, TESTDEV_R), -EACCES);
	EXPECT_EQ(__testdev_unpin(self->dev, BOX_IOVA, 1), -ENOENT);
}

TEST_F(v1, copies)
{
	char buf[100];

	mem_fill(self->memory, 2 * PAGE, 1);
	testdev_read(self->dev, BOX_IOVA + PAGE - 50, buf, sizeof(buf));
	EXPECT_EQ(memcmp(buf, self->memory + PAGE - 50, sizeof(buf)), 0);
}

FIXTURE(device) {
	struct testbox box;
	int fd;
};

FIXTURE_SETUP(device)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->fd = self->box.devs[0].fd;
}

FIXTURE_TEARDOWN(device)
{
	testbox_close(&self->box);
}

TEST_F(device, info)
{
	struct vfio_device_info info = { .argsz = sizeof(info), .flags = ~0u };
	struct vfio_region_info region = { .argsz = sizeof(region) };

	must_sys(ioctl(self->fd, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(info.flags, 0);
	EXPECT_EQ(info.num_regions, 0);
	EXPECT_EQ(info.num_irqs, 0);
	info.argsz = 8;
	EXPECT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_INFO, &info), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_REGION_INFO, &region), -1);
	EXPECT_EQ(errno, ENOTTY);
}

/* Whatever the program says, the device does not fall over it. */
TEST_F(device, nonsense)
{
	struct testdev *dev = &self->box.devs[0], odd = { .fd = self->fd, .flags = 2 };
	struct t1x_td_pages pages = { .npages = 1, .reserved = 1 };
	struct t1x_td_rw rw = { .len = 1, .write = 2 };

	EXPECT_EQ(__testdev_pin(&odd, 0, 1, TESTDEV_R), -EINVAL);
	EXPECT_EQ(ioctl(self->fd, T1X_TD_PIN, &pages), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(ioctl(self->fd, T1X_TD_PIN, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(ioctl(self->fd, T1X_TD_RW, &rw), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(__testdev_write(dev, 0, NULL, 1), -EFAULT);
	EXPECT_EQ(__testdev_unpin(dev, 0, 0), -EINVAL);
	EXPECT_EQ(__testdev_unpin_raw(dev, 0, 0), -EINVAL);
	EXPECT_EQ(__testdev_unpin_raw(dev, 0, T1X_TD_MAX_PAGES + 1), -EINVAL);
	EXPECT_EQ(__testdev_peek(dev, 0, PAGE), -EINVAL);
	EXPECT_EQ(__testdev_policy(dev, T1X_TD_LEAVE + 1, 0), -EINVAL);
	EXPECT_EQ(__testdev_policy(dev, T1X_TD_SLOW, 10001), -EINVAL);
	EXPECT_EQ(testdev_pinned(dev), 0);
}

FIXTURE(number) {
	int group;
};

FIXTURE_SETUP(number)
{
	module_unload(TESTDEV_MODULE);
}

FIXTURE_TEARDOWN(number)
{
	if (!module_is_loaded(TESTDEV_MODULE))
		module_load(TESTDEV_FILE, "");
}

TEST_F(number, of_devices)
{
	EXPECT_EQ(__testdev_group(0), -ENODEV);
	EXPECT_EQ(__module_load(TESTDEV_FILE, "devices=0"), -EINVAL);
	EXPECT_EQ(__module_load(TESTDEV_FILE, "devices=9"), -EINVAL);
	module_load(TESTDEV_FILE, "devices=8");
	self->group = testdev_group(7);
	EXPECT_EQ(__testdev_group(8), -ENODEV);
	close(self->group);
	EXPECT_EQ(__module_unload(TESTDEV_MODULE), 0);
}

/* A device that is open keeps its module. */
TEST_F(number, of_users)
{
	struct testbox box;

	module_load(TESTDEV_FILE, "devices=1");
	testbox_open(&box, VFIO_TYPE1v2_IOMMU, 1);
	EXPECT_EQ(__module_unload(TESTDEV_MODULE), -EAGAIN);
	testbox_close(&box);
	EXPECT_EQ(__module_unload(TESTDEV_MODULE), 0);
}

KTAP_MAIN()
