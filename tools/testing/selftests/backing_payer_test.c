// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups behind an IOMMU come and go beside emulated devices: whose memory is
 * pinned then, who pays for it, and what if he cannot.
 */
#include <sys/ioctl.h>

#include "backing.h"
#include "child.h"
#include "text.h"

/* Where mappings are that backing_map() does not make. */
#define OWN_IOVA		GIB(1)
#define OWN_PAGES		8

/* Pages charged to another process; what is given back may take a moment. */
static uint64_t locked_pages_of(pid_t pid, uint64_t expected)
{
	char path[40];
	uint64_t pages;
	int tries = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	do {
		pages = text_find_u64(path, "VmLck") * 1024 / PAGE;
	} while (pages != expected && tries++ < 500 && !usleep(10000));
	return pages;
}

FIXTURE(other_process) {
	struct backing b;
	volatile int *stage;
	pid_t child;
};

/* The same addresses as in the parent, but memory and contents of its own. */
static void run_child(struct other_process_self *self)
{
	char *own = self->b.memory;

	mem_fill(own, OWN_PAGES * PAGE, 7);
	iommu_map(self->b.container, own, OWN_IOVA, OWN_PAGES * PAGE, IOMMU_RW);
	child_post(self->stage, 1);
	EXPECT_TRUE(child_await(self->stage, 2));
	/* What a device has written is here, see written_to(). */
	if (*self->stage == 3)
		EXPECT_EQ(mem_differs(own + PAGE, EDU_MAX_TRANSFER, 8), -1);
	child_end();
}

FIXTURE_SETUP(other_process)
{
	backing_open(&self->b);
	backing_map(&self->b);
	self->stage = child_shared(PAGE);
	self->child = child_begin();
	if (!self->child)
		run_child(self);
	ASSERT_TRUE(child_await(self->stage, 1));
}

FIXTURE_TEARDOWN(other_process)
{
	/* A test that was left early; the child has the group open, too. */
	if (self->child)
		child_kill(self->child);
	backing_close(&self->b);
}

static void end_child(struct other_process_self *self, int stage)
{
	child_post(self->stage, stage);
	child_wait(self->child);
	self->child = 0;
}

/* It is his memory that is pinned, and he pays. */
TEST_F(other_process, pays_for_his_own)
{
	struct backing *b = &self->b;

	testdev_pin(b->dev, OWN_IOVA, 2, TESTDEV_RW);
	EXPECT_EQ(locked_pages_of(self->child, 2), 2);
	EXPECT_TRUE(backing_costs(b, 0, 2));
	box_add(&b->real);
	EXPECT_EQ(locked_pages_of(self->child, OWN_PAGES), OWN_PAGES);
	EXPECT_TRUE(backing_costs(b, BACKING_MAPPED, BACKING_MAPPED + OWN_PAGES + 2));
	testdev_pin(b->dev, OWN_IOVA + PAGE, 3, TESTDEV_RW);
	EXPECT_EQ(locked_pages_of(self->child, OWN_PAGES), OWN_PAGES);
	box_remove_last(&b->real);
	EXPECT_EQ(locked_pages_of(self->child, 4), 4);
	EXPECT_TRUE(backing_costs(b, 0, 4));
	EXPECT_EQ(iommu_unmap(b->container, OWN_IOVA, OWN_PAGES * PAGE), OWN_PAGES * PAGE);
	EXPECT_EQ(locked_pages_of(self->child, 0), 0);
	end_child(self, 2);
}

TEST_F(other_process, written_to)
{
	struct backing *b = &self->b;
	struct vfio_device *edu;

	backend_need_ours("pins the memory of who attaches");
	box_add(&b->real);
	edu = box_edu(&b->real, 0);
	/* From the child's memory to the parent's, at one and the same address. */
	edu_copy(edu, OWN_IOVA, BACKING_IOVA(0), EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(b->memory, EDU_MAX_TRANSFER, 7), -1);
	mem_fill(b->memory, EDU_MAX_TRANSFER, 8);
	edu_copy(edu, BACKING_IOVA(0), OWN_IOVA + PAGE, EDU_MAX_TRANSFER);
	end_child(self, 3);
}

/* Nobody has the memory that an attach would have to pin. */
TEST_F(other_process, is_dead)
{
	struct backing *b = &self->b;
	struct snapshot now;
	uint8_t page[PAGE];
	int round;

	backend_need_ours("pins the memory of who attaches");
	testdev_pin(b->dev, OWN_IOVA, 2, TESTDEV_RW);
	backing_pin(b, 10, 7);
	end_child(self, 2);
	EXPECT_TRUE(backing_costs(b, 7, 9));
	now = snapshot_take(b->container);
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(__box_add(&b->real), -ENODEV);
		EXPECT_UNCHANGED(b->container, now);
	}
	mem_fill(page, PAGE, 7);
	EXPECT_EQ(testdev_peek(b->dev, OWN_IOVA, 100), page[100]);
	EXPECT_EQ(iommu_unmap(b->container, OWN_IOVA, OWN_PAGES * PAGE), OWN_PAGES * PAGE);
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(backing_costs_all(b, 7));
	EXPECT_TRUE(box_dma_works(box_edu(&b->real, 0), b->memory + 64 * PAGE, BACKING_IOVA(64)));
}

/* He dies while it is pinned: it stays so, until nobody needs it any more. */
TEST_F(other_process, dies)
{
	struct backing *b = &self->b;

	backend_need_ours("pins the memory of who attaches");
	testdev_pin(b->dev, OWN_IOVA, 2, TESTDEV_RW);
	box_add(&b->real);
	end_child(self, 2);
	EXPECT_TRUE(backing_costs(b, BACKING_MAPPED, BACKING_MAPPED + OWN_PAGES + 2));
	edu_copy(box_edu(&b->real, 0), OWN_IOVA, BACKING_IOVA(0), EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(b->memory, EDU_MAX_TRANSFER, 7), -1);
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs(b, 0, 2));
	EXPECT_EQ(__box_add(&b->real), -ENODEV);
	EXPECT_TRUE(backing_costs(b, 0, 2));
	testdev_unpin(b->dev, OWN_IOVA, 2);
	EXPECT_TRUE(backing_costs(b, 0, 0));
}

/* Memory becomes registers of a device, which nobody pins or pays for; or back. */
FIXTURE(registers) {
	struct backing b;
	struct box peer; /* whose registers they are */
	off_t offset;	 /* of them, for mmap() */
};

FIXTURE_SETUP(registers)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};

	backing_open(&self->b);
	self->peer = (struct box){ .container = vfio_container_open() };
	self->peer.groups[1] = box_group_open(1);
	self->peer.edu[1].fd = -1;
	vfio_group_attach(self->peer.groups[1], self->peer.container);
	vfio_set_type(self->peer.container, VFIO_TYPE1v2_IOMMU);
	must_sys(ioctl(box_edu(&self->peer, 1)->fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	self->offset = info.offset;
}

FIXTURE_TEARDOWN(registers)
{
	backing_close(&self->b);
	vfio_device_close(&self->peer.edu[1]);
	close(self->peer.groups[1]);
	close(self->peer.container);
}

static void place(struct registers_self *self, bool registers)
{
	int flags = registers ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = registers ? self->peer.edu[1].fd : -1;

	ASSERT_EQ(mmap(self->b.memory, OWN_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | flags,
		       fd, registers ? self->offset : 0),
		  self->b.memory);
}

/* Only memory can be held; the pages that are, then. */
static size_t hold(struct registers_self *self, size_t page, bool registers)
{
	int ret = __testdev_pin(self->b.dev, BACKING_IOVA(page), 1, TESTDEV_RW);

	EXPECT_EQ(ret, registers ? -EINVAL : 1);
	return ret == 1;
}

/* What is there before the attach, at the attach, and at the detach. */
static void turn(struct registers_self *self, bool first, bool second, bool third)
{
	struct backing *b = &self->b;
	size_t pages = second ? 0 : OWN_PAGES, held;

	place(self, first);
	iommu_map(b->container, b->memory, BOX_IOVA, OWN_PAGES * PAGE, IOMMU_RW);
	held = hold(self, 0, first);
	EXPECT_TRUE(backing_costs_held(b, held));
	place(self, second);
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(backing_costs(b, pages ?: held, pages + held));
	held += hold(self, 1, second);
	place(self, third);
	held += hold(self, 2, third);
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, held));
	place(self, first);
	EXPECT_EQ(iommu_unmap_all(b->container), OWN_PAGES * PAGE);
	EXPECT_TRUE(backing_costs_held(b, 0));
}

TEST_F(registers, instead_of_memory)
{
	unsigned int kinds;

	backend_need_ours("leaves pages charged that have changed");
	for (kinds = 0; kinds < 8; kinds++) {
		turn(self, kinds & 1, kinds & 2, kinds & 4);
		if (ktap->failures)
			SKIP("%s, %s, %s", kinds & 1 ? "registers" : "memory",
			     kinds & 2 ? "registers" : "memory",
			     kinds & 4 ? "registers" : "memory");
	}
}

/* A process with a limit; his are two mappings, of which pages are held. */
#define LIMIT_PAGES		OWN_PAGES
#define FIRST_PAGES		6
#define SECOND_PAGES		3
#define FIRST_HELD		4
#define SECOND_HELD		1
#define SECOND_IOVA		(OWN_IOVA + MIB(1))

FIXTURE(limit) {
	struct backing b;
	volatile int *stage;
	int group;
};

FIXTURE_SETUP(limit)
{
	backing_open(&self->b);
	self->stage = child_shared(PAGE);
	self->group = box_group_open(0);
}

FIXTURE_TEARDOWN(limit)
{
	close(self->group);
	backing_close(&self->b);
}

static void map_within_limit(struct limit_self *self)
{
	struct backing *b = &self->b;

	proc_unprivileged(LIMIT_PAGES * PAGE);
	iommu_map(b->container, b->memory, OWN_IOVA, FIRST_PAGES * PAGE, IOMMU_RW);
	iommu_map(b->container, b->memory + 64 * PAGE, SECOND_IOVA, SECOND_PAGES * PAGE, IOMMU_RW);
	testdev_pin(b->dev, OWN_IOVA, FIRST_HELD, TESTDEV_RW);
	testdev_pin(b->dev, SECOND_IOVA, SECOND_HELD, TESTDEV_RW);
	EXPECT_TRUE(proc_locked_becomes((FIRST_HELD + SECOND_HELD) * PAGE));
}

/* What is held counts once: it is enough for all of the first mapping. */
static void stay_within_limit(struct limit_self *self)
{
	struct backing *b = &self->b;
	int round;

	map_within_limit(self);
	EXPECT_EQ(iommu_unmap(b->container, SECOND_IOVA, SECOND_PAGES * PAGE), SECOND_PAGES * PAGE);
	iommu_map(b->container, b->memory + 64 * PAGE, SECOND_IOVA, 2 * PAGE, IOMMU_RW);
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(__vfio_group_attach(self->group, b->container), 0);
		EXPECT_TRUE(proc_locked_becomes(LIMIT_PAGES * PAGE));
		testdev_pin(b->dev, OWN_IOVA, FIRST_PAGES, TESTDEV_RW);
		testdev_unpin(b->dev, OWN_IOVA, FIRST_PAGES);
		vfio_group_detach(self->group);
		EXPECT_TRUE(proc_locked_becomes(FIRST_HELD * PAGE));
	}
	/* As much as before is left of it. */
	EXPECT_EQ(testdev_pin(b->dev, OWN_IOVA, FIRST_PAGES, TESTDEV_RW), FIRST_PAGES);
	EXPECT_EQ(testdev_pin(b->dev, SECOND_IOVA, 2, TESTDEV_RW), 2);
	EXPECT_EQ(iommu_unmap_all(b->container), LIMIT_PAGES * PAGE);
	EXPECT_TRUE(proc_locked_becomes(0));
}

TEST_F(limit, held_pages_count_once)
{
	pid_t child = child_begin();

	if (!child) {
		stay_within_limit(self);
		child_end();
	}
	child_wait(child);
}

/* One page too many; and it is the limit of who mapped, not of who attaches. */
TEST_F(limit, is_too_low)
{
	struct backing *b = &self->b;
	struct snapshot now;
	pid_t child = child_begin();
	int round;

	if (!child) {
		map_within_limit(self);
		EXPECT_EQ(__vfio_group_attach(self->group, b->container), -ENOMEM);
		EXPECT_TRUE(proc_locked_becomes((FIRST_HELD + SECOND_HELD) * PAGE));
		child_post(self->stage, 1);
		EXPECT_TRUE(child_await(self->stage, 2));
		child_end();
	}
	ASSERT_TRUE(child_await(self->stage, 1));
	now = snapshot_take(b->container);
	EXPECT_EQ(now.pinned - b->before.pinned, FIRST_HELD + SECOND_HELD);
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(__vfio_group_attach(self->group, b->container), -ENOMEM);
		EXPECT_UNCHANGED(b->container, now);
		EXPECT_EQ(locked_pages_of(child, FIRST_HELD + SECOND_HELD),
			  FIRST_HELD + SECOND_HELD);
	}
	EXPECT_EQ(iommu_unmap(b->container, SECOND_IOVA, SECOND_PAGES * PAGE), SECOND_PAGES * PAGE);
	ASSERT_EQ(__vfio_group_attach(self->group, b->container), 0);
	EXPECT_EQ(locked_pages_of(child, FIRST_PAGES), FIRST_PAGES);
	vfio_group_detach(self->group);
	EXPECT_EQ(locked_pages_of(child, FIRST_HELD), FIRST_HELD);
	child_post(self->stage, 2);
	child_wait(child);
}

KTAP_MAIN()
