// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups behind an IOMMU come and go beside emulated devices.
 *
 * For these alone nothing is pinned but what they hold.  With the first group
 * behind an IOMMU all that is mapped must be; when the last one has left, it need
 * not be any more.  An attach that cannot have that changes nothing.
 */
#include "backing.h"
#include "dirty.h"

#define ROUNDS		15

FIXTURE(backing) {
	struct backing b;
};

FIXTURE_SETUP(backing)
{
	backing_open(&self->b);
	backing_map(&self->b);
}

FIXTURE_TEARDOWN(backing)
{
	backing_close(&self->b);
}

/* Pins from before, while the group is there, and after it has gone. */
TEST_F_TIMEOUT(backing, come_and_go, 40)
{
	struct backing *b = &self->b;
	int round;

	for (round = 0; round < ROUNDS && !ktap->failures; round++) {
		backing_pin(b, 14, 3);
		EXPECT_TRUE(backing_costs_held(b, 3));
		box_add(&b->real);
		EXPECT_TRUE(backing_costs_all(b, 3));
		backing_pin(b, 30, 5);
		backing_unpin(b, 15, 1);
		EXPECT_TRUE(backing_costs_all(b, 7));
		box_remove_last(&b->real);
		EXPECT_TRUE(backing_costs_held(b, 7));

		backing_pin(b, 100, 200);
		backing_unpin(b, 31, 1);
		EXPECT_TRUE(backing_costs_held(b, 206));
		box_add(&b->real);
		backing_unpin(b, 100, 200);
		backing_unpin(b, 14, 1);
		EXPECT_TRUE(backing_costs_all(b, 5));
		box_remove_last(&b->real);
		EXPECT_TRUE(backing_costs_held(b, 5));
		backing_unpin(b, 16, 1);
		backing_unpin(b, 30, 1);
		backing_unpin(b, 32, 3);
		EXPECT_TRUE(backing_costs_held(b, 0));
	}
}

/* A page that is held several times costs no more than one that is held once. */
TEST_F(backing, held_twice)
{
	struct backing *b = &self->b;

	backing_pin(b, 64, 10);
	box_add(&b->real);
	backing_pin(b, 64, 5);
	EXPECT_TRUE(backing_costs_all(b, 10));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 10));
	backing_unpin(b, 64, 10);
	EXPECT_TRUE(backing_costs_held(b, 5));
	box_add(&b->real);
	EXPECT_TRUE(backing_costs_all(b, 5));
	backing_unpin(b, 64, 5);
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 0));
}

/*
 * With nothing mapped there for it, the device does not reach what it could reach
 * in the other container.
 */
static bool is_blocked_now(char *addr, uint64_t iova)
{
	struct box alone;
	bool blocked;

	box_open(&alone, VFIO_TYPE1v2_IOMMU, 1);
	blocked = box_write_is_blocked(box_edu(&alone, 0), addr, iova);
	box_close(&alone);
	return blocked;
}

TEST_F_TIMEOUT(backing, dma, 40)
{
	static const size_t pages[] = { 3, 16, 511, 1002 };
	struct backing *b = &self->b;
	size_t i;

	backing_pin(b, 3, 1);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		char *addr = b->memory + pages[i] * PAGE;
		uint64_t iova = BACKING_IOVA(pages[i]);

		box_add(&b->real);
		EXPECT_TRUE(box_dma_works(box_edu(&b->real, 0), addr, iova));
		/* What the emulated device holds is the very page. */
		EXPECT_EQ(testdev_peek(b->dev, BACKING_IOVA(3), 100),
			  (uint8_t)b->memory[3 * PAGE + 100]);
		box_remove_last(&b->real);
		/* Other than what the device has in its buffer now. */
		memset(addr, i + 1, PAGE);
		EXPECT_TRUE(is_blocked_now(addr, iova));
	}
	EXPECT_TRUE(backing_costs_held(b, 1));
}

/* The first one brings the cost, the last one takes it away. */
TEST_F(backing, two_groups)
{
	struct backing *b = &self->b;

	backing_pin(b, 0, 2);
	box_add(&b->real);
	box_add(&b->real);
	EXPECT_TRUE(backing_costs_all(b, 2));
	EXPECT_TRUE(box_dma_works(box_edu(&b->real, 1), b->memory + 70 * PAGE, BACKING_IOVA(70)));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_all(b, 2));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 2));
}

static void bring_device_back(struct testbox *box)
{
	box->groups[0] = testdev_group(0);
	vfio_group_attach(box->groups[0], box->container);
	testdev_open(&box->devs[0], box->groups[0], 0);
	box->num_devs++;
}

/* It is the emulated device that comes and goes. */
TEST_F(backing, device_comes_second)
{
	struct backing *b = &self->b;

	box_add(&b->real);
	backing_pin(b, 0, 4);
	testbox_remove_last(&b->box);
	EXPECT_TRUE(backing_costs_all(b, 0));
	bring_device_back(&b->box);
	backing_pin(b, 1, 3);
	EXPECT_TRUE(backing_costs_all(b, 3));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 3));
}

/* Mappings that come while one of both is there, and go while the other is. */
TEST_F(backing, mappings_come_and_go)
{
	struct backing *b = &self->b;
	char *own = b->memory + 600 * PAGE;

	box_add(&b->real);
	iommu_map(b->container, own, GIB(1), 50 * PAGE, IOMMU_RW);
	EXPECT_TRUE(backing_costs(b, BACKING_MAPPED + 50, BACKING_MAPPED + 50));
	testdev_pin(b->dev, GIB(1), 9, TESTDEV_RW);
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 9));
	iommu_map(b->container, own, GIB(2), 50 * PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap(b->container, GIB(1), 50 * PAGE), 50 * PAGE);
	EXPECT_TRUE(backing_costs_held(b, 0));
	testdev_pin(b->dev, GIB(2), 9, TESTDEV_RW);
	box_add(&b->real);
	EXPECT_TRUE(backing_costs(b, BACKING_MAPPED + 50, BACKING_MAPPED + 50 + 9));
	EXPECT_EQ(iommu_unmap(b->container, GIB(2), 50 * PAGE), 50 * PAGE);
	EXPECT_EQ(testdev_notices(b->dev), 2);
	EXPECT_TRUE(backing_costs_all(b, 0));
}

/* Nobody unmaps or unpins: closing everything does, in either order. */
TEST_F(backing, closed_with_pages_held_twice)
{
	struct backing *b = &self->b;
	int first;

	for (first = 0; first < 2; first++) {
		backing_pin(b, 0, 17);
		backing_pin(b, 5, 7);
		box_add(&b->real);
		backing_pin(b, 64, 100);
		backing_pin(b, 64, 50);
		if (first)
			box_remove_last(&b->real);
		testbox_close(&b->box);
		if (!first)
			box_remove_last(&b->real);
		EXPECT_TRUE(backing_costs_held(b, 0));
		munmap(b->memory, BACKING_PAGES * PAGE);
		backing_open(b);
		backing_map(b);
	}
}

/* Huge pages have one pin each; of one that a device holds a piece is charged. */
TEST_F(backing, huge_pages)
{
	struct backing *b = &self->b;
	char *last;
	struct mem mem;
	int ret = __mem_alloc(&mem, MEM_HUGETLB, 2 * HUGE);

	SKIP_IF(ret == -EOPNOTSUPP, "kernel without hugetlb");
	ASSERT_EQ(ret, 0);
	EXPECT_EQ(iommu_unmap_all(b->container), BACKING_MAPPED * PAGE);
	iommu_map(b->container, mem.addr, GIB(1), 2 * HUGE, IOMMU_RW);
	testdev_pin(b->dev, GIB(1) + HUGE - PAGE, 2, TESTDEV_RW);
	EXPECT_TRUE(backing_costs_held(b, 2));
	box_add(&b->real);
	EXPECT_TRUE(proc_locked_becomes(2 * HUGE));
	last = mem.addr + HUGE - PAGE;
	EXPECT_TRUE(box_dma_works(box_edu(&b->real, 0), last, GIB(1) + HUGE - PAGE));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 2));
	EXPECT_EQ(iommu_unmap_all(b->container), 2 * HUGE);
	mem_free(&mem);
}

/* Memory of which a page is not as the mapping needs it. */
FIXTURE(bad_memory) {
	struct backing b;
	struct snapshot now;
};

FIXTURE_VARIANT(bad_memory) {
	size_t page;
	int protection; /* or -1: it is not there at all */
};

FIXTURE_VARIANT_ADD(bad_memory, first) { .page = 0, .protection = PROT_NONE };
FIXTURE_VARIANT_ADD(bad_memory, middle) { .page = 300, .protection = PROT_NONE };
FIXTURE_VARIANT_ADD(bad_memory, last) { .page = 1002, .protection = PROT_NONE };
FIXTURE_VARIANT_ADD(bad_memory, constant) { .page = 300, .protection = PROT_READ };
FIXTURE_VARIANT_ADD(bad_memory, gone) { .page = 16, .protection = -1 };

FIXTURE_SETUP(bad_memory)
{
	char *bad;

	backing_open(&self->b);
	backing_map(&self->b);
	backing_pin(&self->b, 0, 3);
	backing_pin(&self->b, 290, 20);
	bad = self->b.memory + variant->page * PAGE;
	if (variant->protection < 0)
		must_sys(munmap(bad, PAGE));
	else
		must_sys(mprotect(bad, PAGE, variant->protection));
	EXPECT_TRUE(backing_costs_held(&self->b, 23));
	self->now = snapshot_take(self->b.container);
}

FIXTURE_TEARDOWN(bad_memory)
{
	backing_close(&self->b);
}

static void make_good(struct bad_memory_self *self, const struct bad_memory_variant *variant)
{
	char *bad = self->b.memory + variant->page * PAGE;

	if (variant->protection < 0)
		ASSERT_EQ(mmap(bad, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			  bad);
	else
		must_sys(mprotect(bad, PAGE, PROT_READ | PROT_WRITE));
}

static void expect_refused(struct bad_memory_self *self)
{
	EXPECT_EQ(__box_add(&self->b.real), -EFAULT);
	EXPECT_UNCHANGED(self->b.container, self->now);
	EXPECT_EQ(testdev_pinned(self->b.dev), 23);
	EXPECT_EQ(testdev_notices(self->b.dev), 0);
}

TEST_F(bad_memory, good_again)
{
	struct backing *b = &self->b;
	int round;

	for (round = 0; round < 3; round++)
		expect_refused(self);
	/* Devices and mappings go on as if nothing had been. */
	backing_pin(b, 5, 5);
	backing_unpin(b, 5, 5);
	EXPECT_EQ(iommu_unmap(b->container, BACKING_IOVA(20), 40 * PAGE), 40 * PAGE);
	iommu_map(b->container, b->memory + 20 * PAGE, BACKING_IOVA(20), 40 * PAGE, IOMMU_R);
	expect_refused(self);
	make_good(self, variant);
	ASSERT_EQ(__box_add(&b->real), 0);
	EXPECT_TRUE(backing_costs_all(b, 23));
	EXPECT_TRUE(box_dma_works(box_edu(&b->real, 0), b->memory + 8 * PAGE, BACKING_IOVA(8)));
	box_remove_last(&b->real);
	EXPECT_TRUE(backing_costs_held(b, 23));
}

/* Without the mapping that is in the way it works. */
TEST_F(bad_memory, unmapped)
{
	struct backing *b = &self->b;
	size_t i;

	expect_refused(self);
	for (i = 0; i < ARRAY_SIZE(backing_layout); i++) {
		const struct backing_span *span = &backing_layout[i];

		if (variant->page < span->page || variant->page >= span->page + span->pages)
			continue;
		EXPECT_EQ(iommu_unmap(b->container, BACKING_IOVA(span->page), span->pages * PAGE),
			  span->pages * PAGE);
		ASSERT_EQ(__box_add(&b->real), 0);
		EXPECT_TRUE(proc_locked_becomes((BACKING_MAPPED - span->pages) * PAGE));
	}
	EXPECT_EQ(b->real.num_groups, 1);
}

/* Whose devices never got as far as to write has made nothing dirty. */
TEST_F(bad_memory, nothing_is_dirty)
{
	struct dirty_bits bits, expected;

	dirty_open(&bits, BOX_IOVA, BACKING_PAGES);
	dirty_open(&expected, BOX_IOVA, BACKING_PAGES);
	dirty_draw(&expected, BACKING_IOVA(0), 3);
	dirty_draw(&expected, BACKING_IOVA(290), 20);
	dirty_start(self->b.container);
	expect_refused(self);
	EXPECT_EQ(__dirty_get(self->b.container, &bits), 0);
	EXPECT_EQ(dirty_differs(&bits, &expected), -1);
	dirty_stop(self->b.container);
	dirty_close(&bits);
	dirty_close(&expected);
}

KTAP_MAIN()
