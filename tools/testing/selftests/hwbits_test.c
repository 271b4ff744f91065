// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty bits that an IOMMU records, which the software IOMMU does: when they are
 * believed, and that no page is lost.
 */
#include <sys/ioctl.h>

#include "dirty.h"
#include "mem.h"
#include "proc.h"
#include "softbox.h"
#include "svm.h"

#define IOVA		0x40000000ull
#define PAGES		1600 /* several chunks of 512, the last one short */

FIXTURE(hwbits) {
	struct softbox box;
	struct t1x_ti_behaviour behaviour;
	int ti;
	char *memory;
	struct dirty_bits got;
	struct dirty_bits want;
};

FIXTURE_SETUP(hwbits)
{
	backend_need_ours("does not ask IOMMUs for dirty bits");
	softbox_load(&self->box, "");
	self->ti = self->box.ti;
	backend_set("hw_dirty", "Y");
	self->memory = mem_untouched(PAGES * PAGE);
	memset(self->memory, 1, PAGES * PAGE);
	dirty_open(&self->got, IOVA, PAGES);
	dirty_open(&self->want, IOVA, PAGES);
}

FIXTURE_TEARDOWN(hwbits)
{
	if (self->box.container >= 0) {
		__dirty_stop(self->box.container);
		__iommu_unmap(self->box.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	}
	softbox_close(&self->box);
	softbox_unload(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* Everything mapped for so many devices, nothing tracked yet. */
static void open_box(struct hwbits_self *self, int devices)
{
	testiommu_behave(self->ti, &self->behaviour);
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, devices);
	iommu_map(self->box.container, self->memory, IOVA, PAGES * PAGE, IOMMU_RW);
}

static bool can_record(struct hwbits_self *self)
{
	return testiommu_stat(self->ti).tracking;
}

static void open_and_start(struct hwbits_self *self, int devices)
{
	open_box(self, devices);
	dirty_start(self->box.container);
}

/* As the one before, where the kernel lets an IOMMU record. */
static void open_recording(struct hwbits_self *self, int devices)
{
	open_and_start(self, devices);
	SKIP_IF(!can_record(self), "this kernel has no interface for dirty bits of an IOMMU");
}

/* The device writes a byte to each of these pages. */
static void touch(struct hwbits_self *self, int device, size_t page, size_t pages)
{
	for (size_t i = page; i < page + pages; i++) {
		testiommu_write(self->ti, device, IOVA + i * PAGE + i % PAGE, "x", 1);
		dirty_draw(&self->want, IOVA + i * PAGE, 1);
	}
}

/* What is read is what was drawn; then there is nothing drawn any more. */
static void expect_drawn(struct hwbits_self *self)
{
	dirty_wipe(&self->got);
	dirty_get(self->box.container, &self->got);
	EXPECT_EQ(dirty_differs(&self->got, &self->want), -1);
	EXPECT_TRUE(dirty_is_guarded(&self->got));
	dirty_wipe(&self->want);
}

static void expect_all(struct hwbits_self *self)
{
	dirty_draw(&self->want, IOVA, PAGES);
	expect_drawn(self);
}

/* So many domains record, and one device after the other has proven it. */
static void prove(struct hwbits_self *self, int devices)
{
	for (int i = 0; i < devices; i++)
		touch(self, i, i, 1);
	dirty_get(self->box.container, &self->got);
	dirty_wipe(&self->want);
}

TEST_F(hwbits, exact)
{
	open_recording(self, 1);
	touch(self, 0, 3, 1);
	touch(self, 0, 500, 30);
	touch(self, 0, PAGES - 1, 1);
	expect_drawn(self);
	/* From now on none is as good an answer as any. */
	expect_drawn(self);
	/* Again, after the bit was cleared: the IOTLB has to forget it, too. */
	touch(self, 0, 3, 2);
	expect_drawn(self);
	touch(self, 0, 0, PAGES);
	expect_drawn(self);
	expect_drawn(self);
}

/* No bit may mean that nothing is dirty, or that nobody has looked. */
TEST_F(hwbits, unproven)
{
	char data[8];

	open_recording(self, 1);
	expect_all(self);
	testiommu_read(self->ti, 0, IOVA, data, sizeof(data));
	expect_all(self);
	touch(self, 0, 9, 1);
	expect_drawn(self);
}

TEST_F(hwbits, off_by_default)
{
	backend_set("hw_dirty", "N");
	open_and_start(self, 1);
	EXPECT_FALSE(can_record(self));
	touch(self, 0, 3, 1);
	expect_all(self);
	EXPECT_EQ(testiommu_stat(self->ti).dirty_reads, 0);
}

/* Whatever an IOMMU does instead of recording, no page is taken for clean. */
TEST_F(hwbits, liar)
{
	self->behaviour.dirty = T1X_TI_DIRTY_LIAR;
	open_recording(self, 1);
	for (int i = 0; i < 3; i++) {
		touch(self, 0, 3 + i, 1);
		expect_all(self);
	}
}

TEST_F(hwbits, refuses_to_tell)
{
	self->behaviour.dirty = T1X_TI_DIRTY_REFUSE;
	open_recording(self, 1);
	touch(self, 0, 3, 1);
	expect_all(self);
}

TEST_F(hwbits, becomes_a_liar)
{
	open_recording(self, 1);
	prove(self, 1);
	expect_drawn(self);
	self->behaviour.dirty = T1X_TI_DIRTY_REFUSE;
	testiommu_behave(self->ti, &self->behaviour);
	touch(self, 0, 3, 1);
	expect_all(self);
}

/* What the other half proves afterwards says nothing about the one that was refused. */
TEST_F(hwbits, refuses_in_part)
{
	open_recording(self, 1);
	self->behaviour.dirty = T1X_TI_DIRTY_PARTLY;
	testiommu_behave(self->ti, &self->behaviour);
	for (int i = 0; i < 3; i++) {
		touch(self, 0, 100, 1);
		touch(self, 0, 600, 2);
		touch(self, 0, PAGES - 2, 1);
		dirty_draw(&self->want, IOVA, 512);
		dirty_draw(&self->want, IOVA + MIB(4), 512);
		expect_drawn(self);
	}
}

/* Behind the last page there is no IOVA to go on from. */
TEST_F(hwbits, top)
{
	const uint64_t top = -(uint64_t)PAGE;
	struct dirty_bits bits;

	self->behaviour.flags = T1X_TI_WIDE;
	open_recording(self, 1);
	prove(self, 1);
	iommu_map(self->box.container, self->memory, top - PAGE, 2 * PAGE, IOMMU_RW);
	dirty_open(&bits, top - PAGE, 2);
	for (int i = 0; i < 2; i++) {
		testiommu_write(self->ti, 0, top, "x", 1);
		dirty_wipe(&bits);
		dirty_get(self->box.container, &bits);
		EXPECT_TRUE(dirty_is_set(&bits, top));
	}
	dirty_close(&bits);
	/* The rest is not believed less for it. */
	touch(self, 0, 7, 1);
	expect_drawn(self);
	dirty_stop(self->box.container);
	dirty_start(self->box.container);
	iommu_unmap(self->box.container, top - PAGE, 2 * PAGE);
}

TEST_F(hwbits, refuses_to_start)
{
	self->behaviour.dirty_errno = ENOMEM;
	open_and_start(self, 1);
	EXPECT_FALSE(can_record(self));
	touch(self, 0, 3, 1);
	expect_all(self);
}

TEST_F(hwbits, incapable)
{
	self->behaviour.dirty = T1X_TI_DIRTY_NONE;
	open_and_start(self, 1);
	EXPECT_FALSE(can_record(self));
	touch(self, 0, 3, 1);
	expect_all(self);
}

/* One of two page tables says nothing: the other one's word is not enough. */
TEST_F(hwbits, one_is_incapable)
{
	self->behaviour.plain_devices = 1 << 1;
	open_recording(self, 2);
	touch(self, 0, 3, 1);
	expect_all(self);
	vfio_group_detach(self->box.groups[1]);
	dirty_get(self->box.container, &self->got);
	touch(self, 0, 4, 1);
	expect_drawn(self);
}

/* Two page tables: each has to prove itself, and the bits of both count. */
TEST_F(hwbits, apart)
{
	self->behaviour.flags = T1X_TI_APART;
	open_recording(self, 2);
	EXPECT_EQ(testiommu_stat(self->ti).tracking, 2);
	touch(self, 0, 3, 1);
	expect_all(self);
	touch(self, 1, 4, 1);
	expect_drawn(self);
	touch(self, 0, 700, 1);
	touch(self, 1, 700, 2);
	expect_drawn(self);
}

/* What was proven was of the devices that were there. */
TEST_F(hwbits, group_joins)
{
	int group;

	open_recording(self, 1);
	prove(self, 1);
	expect_drawn(self);
	group = testiommu_group(1);
	vfio_group_attach(group, self->box.container);
	expect_all(self);
	touch(self, 1, 5, 1);
	expect_drawn(self);
	/* And when it leaves, nobody remembers what it did. */
	vfio_group_detach(group);
	close(group);
	expect_all(self);
	touch(self, 0, 5, 1);
	expect_drawn(self);
}

/* A leaf has one bit, wherever in it the device writes and the harvest begins. */
TEST_F(hwbits, large_leaf)
{
	struct mem huge;

	self->behaviour.page_sizes = PAGE | MIB(2);
	open_recording(self, 1);
	mem_alloc(&huge, MEM_HUGETLB, MIB(6));
	iommu_map(self->box.container, huge.addr, GIB(4), MIB(6), IOMMU_RW);
	EXPECT_EQ(testiommu_leaf(self->ti, 0, GIB(4)).size, MIB(2));
	prove(self, 1);

	dirty_close(&self->got);
	dirty_close(&self->want);
	dirty_open(&self->got, GIB(4), 3 * 512);
	dirty_open(&self->want, GIB(4), 3 * 512);
	dirty_get(self->box.container, &self->got);
	expect_drawn(self);
	testiommu_write(self->ti, 0, GIB(4) + MIB(2) + 300 * PAGE, "x", 1);
	dirty_draw(&self->want, GIB(4) + MIB(2), 512);
	expect_drawn(self);
	expect_drawn(self);
	iommu_unmap(self->box.container, GIB(4), MIB(6));
	mem_free(&huge);
}

/*
 * Drivers go through a range in steps of the leaf that they find, wherever in it they
 * began: no small leaf may be stepped over behind a large one.
 */
TEST_F(hwbits, mixed_leaves)
{
	const uint64_t iova = GIB(4) + PAGE, pages = 1024;
	struct mem huge;

	self->behaviour.page_sizes = PAGE | MIB(2);
	open_recording(self, 1);
	mem_alloc(&huge, MEM_HUGETLB, MIB(6));
	iommu_map(self->box.container, huge.addr + PAGE, iova, pages * PAGE, IOMMU_RW);
	EXPECT_EQ(testiommu_leaf(self->ti, 0, GIB(4) + MIB(2)).size, MIB(2));
	EXPECT_EQ(testiommu_leaf(self->ti, 0, GIB(4) + MIB(4)).size, PAGE);
	prove(self, 1);

	dirty_close(&self->got);
	dirty_close(&self->want);
	dirty_open(&self->got, iova, pages);
	dirty_open(&self->want, iova, pages);
	dirty_get(self->box.container, &self->got);
	for (size_t i = 0; i < pages; i++) {
		bool large = i >= 511 && i < 1023;

		if (i > 4 && i < 1000 && i % 100)
			continue;
		testiommu_write(self->ti, 0, iova + i * PAGE, "x", 1);
		dirty_draw(&self->want, large ? GIB(4) + MIB(2) : iova + i * PAGE, large ? 512 : 1);
		expect_drawn(self);
	}
	iommu_unmap(self->box.container, iova, pages * PAGE);
	mem_free(&huge);
}

TEST_F(hwbits, peek_and_clear)
{
	open_recording(self, 1);
	prove(self, 1);
	touch(self, 0, 20, 4);
	for (int i = 0; i < 2; i++) {
		dirty_wipe(&self->got);
		dirty_peek(self->box.container, &self->got);
		EXPECT_EQ(dirty_differs(&self->got, &self->want), -1);
	}
	dirty_clear(self->box.container, &self->got);
	dirty_wipe(&self->want);
	touch(self, 0, 22, 1);
	expect_drawn(self);
}

TEST_F(hwbits, unmap)
{
	uint64_t unmapped;

	open_recording(self, 1);
	prove(self, 1);
	touch(self, 0, 0, 1);
	touch(self, 0, 513, 1);
	touch(self, 0, PAGES - 2, 2);
	dirty_wipe(&self->got);
	ASSERT_EQ(__dirty_unmap(self->box.container, &self->got, &unmapped), 0);
	EXPECT_EQ(unmapped, PAGES * PAGE);
	EXPECT_EQ(dirty_differs(&self->got, &self->want), -1);
}

/* The mapping stays, and so do the bits that were harvested already. */
/* Of what a process has taken back the IOMMU has nothing to tell any more. */
TEST_F(hwbits, unmap_of_what_is_gone)
{
	uint32_t bond;
	int round;

	open_recording(self, 1);
	prove(self, 1);
	EXPECT_EQ(iommu_unmap_all(self->box.container), PAGES * PAGE);
	bond = svm_bind(self->box.container, 0, 0);
	for (round = 0; round < 50; round++) {
		char *memory = mem_untouched(PAGES * PAGE);

		svm_map(self->box.container, bond, memory, IOVA, PAGES * PAGE, IOMMU_RW);
		touch(self, 0, 700, 3);
		munmap(memory, PAGE);
		dirty_wipe(&self->got);
		EXPECT_EQ(__dirty_unmap(self->box.container, &self->got, NULL), 0);
		/* Who has unpinned it, which is whoever came first, says that all is dirty. */
		if (!EXPECT_EQ(dirty_count(&self->got), PAGES))
			break;
		munmap(memory + PAGE, (PAGES - 1) * PAGE);
	}
	dirty_wipe(&self->want);
}

TEST_F(hwbits, unmap_fails)
{
	struct dirty_unmap unmap = {
		.head = {
			.argsz = sizeof(unmap),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = IOVA,
			.size = PAGES * PAGE,
		},
		.bitmap = {
			.pgsize = PAGE,
			.size = dirty_bytes(PAGES),
			.data = mem_reserve(PAGE, PAGE),
		},
	};

	open_recording(self, 1);
	prove(self, 1);
	touch(self, 0, 77, 2);
	EXPECT_EQ(ioctl(self->box.container, VFIO_IOMMU_UNMAP_DMA, &unmap), -1);
	EXPECT_EQ(errno, EFAULT);
	expect_drawn(self);
}

/* What was written between STOP and START, and before, is no news. */
TEST_F(hwbits, start_again)
{
	open_recording(self, 1);
	prove(self, 1);
	touch(self, 0, 20, 4);
	dirty_stop(self->box.container);
	EXPECT_EQ(testiommu_stat(self->ti).tracking, 0);
	touch(self, 0, 30, 4);
	dirty_wipe(&self->want);
	dirty_start(self->box.container);
	touch(self, 0, 40, 1);
	expect_drawn(self);
}

TEST_F(hwbits, read_only)
{
	open_recording(self, 1);
	iommu_unmap(self->box.container, IOVA, PAGES * PAGE);
	iommu_map(self->box.container, self->memory, IOVA, 8 * PAGE, IOMMU_R);
	iommu_map(self->box.container, self->memory + 8 * PAGE, IOVA + 8 * PAGE, 8 * PAGE,
		  IOMMU_RW);
	touch(self, 0, 10, 1);
	expect_drawn(self);
}

KTAP_MAIN()
