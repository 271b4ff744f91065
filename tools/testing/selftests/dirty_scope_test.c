// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group behind an IOMMU whose driver pins the pages it uses: from its first pin on
 * it makes no other page dirty.  And VADDR, which such a group does not forbid.
 */
#include "child.h"
#include "snapshot.h"
#include "testbox.h"
#include "uffd.h"
#include "view.h"

/* Pages of the mappings: written to, only read, one behind the other. */
#define WRITABLE	0
#define WRITABLE_PAGES	70
#define CONSTANT	128
#define CONSTANT_PAGES	9
#define PAGES		160

FIXTURE(dirty_scope) {
	char bdf[VFIO_BDF_LEN];
	struct testbox box;
	struct testdev *dev;
	int container;
	char *memory;
	struct view view;
};

FIXTURE_SETUP(dirty_scope)
{
	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 0, self->bdf);
	testbox_open_pci(&self->box, VFIO_TYPE1v2_IOMMU, self->bdf);
	self->dev = &self->box.devs[0];
	self->container = self->box.container;
	self->memory = mem_untouched(PAGES * PAGE);
	iommu_map(self->container, self->memory, VIEW_IOVA(WRITABLE), WRITABLE_PAGES * PAGE,
		  IOMMU_RW);
	iommu_map(self->container, self->memory, VIEW_IOVA(CONSTANT), CONSTANT_PAGES * PAGE,
		  IOMMU_R);
	view_open(&self->view, self->container, PAGES);
}

FIXTURE_TEARDOWN(dirty_scope)
{
	testbox_close(&self->box);
	view_close(&self->view);
	testdev_return_pci(self->bdf);
	EXPECT_TRUE(proc_locked_becomes(0));
}

static void all_is_dirty(struct dirty_scope_self *self)
{
	view_forget(&self->view);
	view_draw(&self->view, WRITABLE, WRITABLE_PAGES);
	view_expect(&self->view, __dirty_get);
}

static void only_is_dirty(struct dirty_scope_self *self, size_t page, size_t pages)
{
	view_forget(&self->view);
	view_draw(&self->view, page, pages);
	view_expect(&self->view, __dirty_get);
}

TEST_F(dirty_scope, first_pin_makes_it_scoped)
{
	backend_need_ours("reports read-only mappings, and forgets what came before the pin");
	dirty_start(self->container);
	all_is_dirty(self);
	all_is_dirty(self);

	testdev_pin(self->dev, VIEW_IOVA(3), 2, TESTDEV_RW);
	/* What it had written to before, once. */
	all_is_dirty(self);
	only_is_dirty(self, 3, 2);
	only_is_dirty(self, 3, 2);
	testdev_unpin(self->dev, VIEW_IOVA(3), 2);
	only_is_dirty(self, 3, 2);
	only_is_dirty(self, 0, 0);

	testdev_write(self->dev, VIEW_IOVA(9), "x", 1);
	only_is_dirty(self, 9, 1);
	only_is_dirty(self, 0, 0);
}

/* A call that fails does not count. */
TEST_F(dirty_scope, failing_pin_does_not)
{
	backend_need_ours("reports read-only mappings");
	dirty_start(self->container);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(PAGES), 1, TESTDEV_R), -EINVAL);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(CONSTANT), 1, TESTDEV_W), -EPERM);
	all_is_dirty(self);
	all_is_dirty(self);
}

/* One that pins and one that does not: it is the latter that counts. */
TEST_F(dirty_scope, beside_one_that_does_not_pin)
{
	int other;

	backend_need_ours("reports read-only mappings");
	testdev_pin(self->dev, VIEW_IOVA(3), 2, TESTDEV_RW);
	dirty_start(self->container);
	only_is_dirty(self, 3, 2);
	/* The first edu is not with vfio-pci just now, but still the first. */
	other = box_group_open(1);
	vfio_group_attach(other, self->container);
	all_is_dirty(self);
	all_is_dirty(self);
	vfio_group_detach(other);
	close(other);
	all_is_dirty(self);
	only_is_dirty(self, 3, 2);
	testdev_unpin(self->dev, VIEW_IOVA(3), 2);
}

/* Its pages are the mapping's, which has paid for them. */
TEST_F(dirty_scope, pins_cost_nothing)
{
	EXPECT_EQ(proc_locked(), (WRITABLE_PAGES + CONSTANT_PAGES) * PAGE);
	testdev_pin(self->dev, VIEW_IOVA(0), WRITABLE_PAGES, TESTDEV_RW);
	EXPECT_EQ(proc_locked(), (WRITABLE_PAGES + CONSTANT_PAGES) * PAGE);
	testdev_poke(self->dev, VIEW_IOVA(7), 5, 77);
	EXPECT_EQ(self->memory[7 * PAGE + 5], 77);
	testdev_unpin(self->dev, VIEW_IOVA(0), WRITABLE_PAGES);
	EXPECT_EQ(proc_locked(), (WRITABLE_PAGES + CONSTANT_PAGES) * PAGE);
}

/* Without a user address nothing can be pinned or copied. */
TEST_F(dirty_scope, suspended_addresses)
{
	backend_need_ours("says so by a WARN");
	testdev_pin(self->dev, VIEW_IOVA(0), 1, TESTDEV_RW);
	EXPECT_EQ(__iommu_unmap(self->container, 0, 0,
				VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR, NULL),
		  0);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(1), 1, TESTDEV_RW), -EBUSY);
	EXPECT_EQ(__testdev_write(self->dev, VIEW_IOVA(1), "x", 1), -EBUSY);
	testdev_unpin(self->dev, VIEW_IOVA(0), 1);
	iommu_map(self->container, self->memory, VIEW_IOVA(WRITABLE), WRITABLE_PAGES * PAGE,
		  VFIO_DMA_MAP_FLAG_VADDR);
	EXPECT_EQ(__testdev_pin(self->dev, VIEW_IOVA(1), 1, TESTDEV_RW), -EBUSY);
	iommu_map(self->container, self->memory, VIEW_IOVA(CONSTANT), CONSTANT_PAGES * PAGE,
		  VFIO_DMA_MAP_FLAG_VADDR);
	EXPECT_EQ(testdev_pin(self->dev, VIEW_IOVA(1), 1, TESTDEV_RW), 1);
	testdev_unpin(self->dev, VIEW_IOVA(1), 1);
}

static struct dirty_scope_self *asleep;

static void *pin_asleep(void *arg)
{
	EXPECT_EQ(__testdev_pin(asleep->dev, GIB(1), 1, TESTDEV_RW), 1);
	return arg;
}

/* The payer of a mapping changes while a pin sleeps in the memory of the old one. */
TEST_F(dirty_scope, payer_changes_under_a_pin)
{
	struct uffd uffd;
	pthread_t thread;
	pid_t child;

	backend_need_ours("waits for the pin");
	uffd_open(&uffd, PAGE);
	uffd_fill(&uffd, 0, PAGE);
	iommu_map(self->container, uffd.addr, GIB(1), PAGE, IOMMU_RW);
	/* The mapping has its page; who looks for it now must wait. */
	must_sys(madvise(uffd.addr, PAGE, MADV_DONTNEED));
	asleep = self;
	thread = thread_begin(pin_asleep, NULL);
	EXPECT_EQ(uffd_wait(&uffd, 5000), 0);

	EXPECT_EQ(__iommu_unmap(self->container, GIB(1), PAGE, VFIO_DMA_UNMAP_FLAG_VADDR, NULL), 0);
	child = child_begin();
	if (!child) {
		char *own = mem_untouched(PAGE);

		iommu_map(self->container, own, GIB(1), PAGE, VFIO_DMA_MAP_FLAG_VADDR);
		EXPECT_EQ(proc_locked(), PAGE);
		child_end();
	}
	child_wait(child);
	uffd_fill(&uffd, 0, PAGE);
	thread_wait(thread);
	testdev_unpin(self->dev, GIB(1), 1);
	EXPECT_EQ(iommu_unmap(self->container, GIB(1), PAGE), PAGE);
}

KTAP_MAIN()
