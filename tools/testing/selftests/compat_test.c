// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of 32 bits under a kernel of 64.  vfio core passes ioctls of both on
 * alike, but where a struct has a pointer, or a 64-bit member that is not at a
 * multiple of eight, theirs differ: struct vfio_bitmap has 20 bytes here.
 *
 * Built for i386.
 */
#include <sys/ioctl.h>

#include "box.h"
#include "child.h"
#include "dirty.h"
#include "snapshot.h"
#include "svm.h"

#define A		0x100000ull
#define HIGH_IOVA	(1ull << 35)
#define PAGES		100
#define HIGH		0xc0000000ul /* addresses that look negative */

FIXTURE(compat) {
	struct box box;
	int container;
	char *memory;
	struct snapshot before;
};

FIXTURE_SETUP(compat)
{
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(PAGES * PAGE);
	iommu_map(self->container, self->memory, A, 3 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, A + 70 * PAGE, 2 * PAGE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(compat)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&self->box);
}

static void need_tracking(void)
{
	backend_need_ours("takes a program of 32 bits for one of 64");
}

/* What this file is about; the kernel's idea of it shows in the other tests. */
TEST_F(compat, layout)
{
	EXPECT_EQ(sizeof(void *), 4);
	EXPECT_EQ(sizeof(struct vfio_bitmap), 20);
	EXPECT_EQ(DIRTY_GET_ARGSZ, 44);
	EXPECT_EQ(sizeof(struct dirty_unmap), 44);
	EXPECT_EQ(sizeof(struct vfio_iommu_type1_dma_map), 32);
	/* What is new is the same for all. */
	EXPECT_EQ(DIRTY_RANGE_ARGSZ, 24);
	EXPECT_EQ(DIRTY_CLEAR_ARGSZ, 48);
}

TEST_F(compat, map_and_unmap)
{
	struct vfio_device *edu = box_edu(&self->box, 0);

	/* The device takes an address in one piece only, and so one below 4 GiB. */
	iommu_map(self->container, self->memory, BOX_IOVA, 4 * PAGE, IOMMU_RW);
	/* Some kernels have no system call by which this program could sleep. */
	if (!usleep(1))
		EXPECT_TRUE(box_dma_works(edu, self->memory, BOX_IOVA));
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE);
	iommu_map(self->container, self->memory, HIGH_IOVA, 4 * PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap(self->container, HIGH_IOVA - PAGE, 6 * PAGE), 4 * PAGE);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(iommu_unmap_all(self->container), 5 * PAGE);
}

static void expect_bits(const struct dirty_bits *bits)
{
	EXPECT_TRUE(bits->words[0] == 0x7);
	EXPECT_TRUE(bits->words[1] == 0xc0);
	EXPECT_TRUE(dirty_is_guarded(bits));
}

TEST_F(compat, get)
{
	struct dirty_bits bits;
	int round;

	need_tracking();
	dirty_open(&bits, A, PAGES);
	EXPECT_EQ(__dirty_get(self->container, &bits), -EINVAL);
	dirty_start(self->container);
	for (round = 0; round < 2; round++) {
		dirty_wipe(&bits);
		EXPECT_EQ(__dirty_get(self->container, &bits), 0);
		expect_bits(&bits);
		dirty_wipe(&bits);
		EXPECT_EQ(__dirty_peek(self->container, &bits), 0);
		expect_bits(&bits);
	}
	EXPECT_EQ(__dirty_clear(self->container, &bits), 0);
	dirty_stop(self->container);
	EXPECT_EQ(__dirty_get(self->container, &bits), -EINVAL);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(compat, unmap)
{
	struct dirty_bits bits;
	uint64_t unmapped = 0;

	need_tracking();
	dirty_open(&bits, A, PAGES);
	dirty_start(self->container);
	EXPECT_EQ(__dirty_unmap(self->container, &bits, &unmapped), 0);
	EXPECT_EQ(unmapped, 5 * PAGE);
	expect_bits(&bits);
}

TEST_F(compat, range)
{
	struct dirty_bits bits;

	need_tracking();
	dirty_open(&bits, A, PAGES);
	EXPECT_EQ(__dirty_start_range(self->container, A, 50 * PAGE), 0);
	EXPECT_EQ(__dirty_get(self->container, &bits), -EINVAL);
	EXPECT_EQ(dirty_count(&bits), 0);
	dirty_close(&bits);
	dirty_open(&bits, A, 50);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	EXPECT_EQ(dirty_count(&bits), 3);
}

/* A pointer is neither extended by its sign nor by what follows it. */
TEST_F(compat, high_addresses)
{
	uint64_t words[2] = { 0 }; /* on the stack, which is at the top */
	struct {
		struct dirty_request request;
		unsigned char behind[16];
	} arg = {
		.request = {
			.head = { .argsz = DIRTY_GET_ARGSZ, .flags = DIRTY_GET },
			.get = { A, PAGES * PAGE, { PAGE, sizeof(words), words } },
		},
	};
	char *place = (char *)&arg.request + DIRTY_GET_ARGSZ;

	need_tracking();
	ASSERT_GE((uint64_t)(uintptr_t)words, HIGH);
	memset(place, 0xff, (char *)(&arg + 1) - place);
	dirty_start(self->container);
	EXPECT_EQ(__dirty_request(self->container, &arg.request), 0);
	EXPECT_TRUE(words[0] == 0x7);
	EXPECT_TRUE(words[1] == 0xc0);
}

/* @size bytes at the very end of what can be read. */
static void *at_edge(const void *from, size_t size)
{
	static char *end;

	if (!end) {
		end = (char *)mem_untouched(2 * PAGE) + PAGE;
		must_sys(mprotect(end, PAGE, PROT_NONE));
	}
	memcpy(end - size, from, size);
	return end - size;
}

/* As many bytes are read as the flags need, no matter how many argsz promises. */
static void check_request(struct compat_self *self, struct dirty_request *request, size_t needed)
{
	size_t argsz;

	for (argsz = 0; argsz < needed; argsz++) {
		request->head.argsz = argsz;
		EXPECT_EQ(__dirty_request(self->container, at_edge(request, needed)), -EINVAL);
	}
	request->head.argsz = needed;
	EXPECT_EQ(__dirty_request(self->container, at_edge(request, needed - 1)), -EFAULT);
	EXPECT_EQ(__dirty_request(self->container, at_edge(request, needed)), 0);
	request->head.argsz = needed + 4;
	EXPECT_EQ(__dirty_request(self->container, at_edge(request, needed)), 0);
}

TEST_F(compat, argsz)
{
	struct dirty_request request = { .head = { .flags = DIRTY_START | DIRTY_RANGE } };
	struct dirty_bits bits;

	need_tracking();
	dirty_open(&bits, A, PAGES);
	request.range = (struct vfio_iommu_type1_dirty_range){ A, PAGES * PAGE };
	check_request(self, &request, 24);

	request.head.flags = DIRTY_GET;
	request.get = (struct vfio_iommu_type1_dirty_bitmap_get){
		A,
		PAGES * PAGE,
		{ PAGE, bits.bytes, (void *)bits.words },
	};
	check_request(self, &request, 44);
	expect_bits(&bits);
	request.head.flags = DIRTY_GET | DIRTY_PEEK;
	check_request(self, &request, 44);

	request.head.flags = DIRTY_CLEAR;
	request.clear = (struct vfio_iommu_type1_dirty_clear){
		A, PAGES * PAGE, PAGE, bits.bytes, (uintptr_t)bits.words,
	};
	check_request(self, &request, 48);

	request.head.flags = DIRTY_STOP;
	check_request(self, &request, 8);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(compat, unmap_argsz)
{
	struct dirty_bits bits;
	struct dirty_unmap unmap = { .head = { .iova = A, .size = PAGES * PAGE } };
	struct dirty_unmap *edge;

	need_tracking();
	dirty_open(&bits, A, PAGES);
	unmap.head.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	unmap.bitmap = (struct vfio_bitmap){ PAGE, bits.bytes, (void *)bits.words };
	dirty_start(self->container);
	for (; unmap.head.argsz < 44; unmap.head.argsz++) {
		edge = at_edge(&unmap, 44);
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, edge), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, at_edge(&unmap, 43)), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
	edge = at_edge(&unmap, 44);
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, edge), 0);
	EXPECT_TRUE(edge->head.size == 5 * PAGE);
	expect_bits(&bits);
}

/* Errors have nothing to do with how wide a program is. */
TEST_F(compat, errors)
{
	struct dirty_bits bits, none = { .iova = A, .pages = PAGES, .bytes = 16 };

	need_tracking();
	dirty_open(&bits, A, PAGES);
	dirty_start(self->container);
	none.words = mem_reserve(PAGE, PAGE);
	EXPECT_EQ(__dirty_get(self->container, &none), -EFAULT);
	EXPECT_EQ(__dirty_clear(self->container, &none), -EFAULT);
	EXPECT_EQ(__dirty_unmap(self->container, &none, NULL), -EFAULT);
	bits.bytes = 8;
	EXPECT_EQ(__dirty_get(self->container, &bits), -EINVAL);
	bits.bytes = 16;
	bits.iova = -(uint64_t)PAGE;
	EXPECT_EQ(__dirty_get(self->container, &bits), -EOVERFLOW);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(dirty_count(&bits), 0);
	EXPECT_TRUE(dirty_is_guarded(&bits));
	bits.iova = A;
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	expect_bits(&bits);
}

/* The memory of another process, by a struct that is the same for all. */
TEST_F(compat, bonds)
{
	uint32_t bond;
	pid_t child;

	backend_need_ours("binds no process");
	child = child_begin();
	if (!child)
		for (;;)
			pause();
	bond = svm_bind(self->container, VFIO_SVM_PID, child);
	svm_map(self->container, bond, self->memory, A + 200 * PAGE, 2 * PAGE, IOMMU_RW);
	EXPECT_EQ(svm_locked(child), 2 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, A + 200 * PAGE, 2 * PAGE), 2 * PAGE);
	EXPECT_TRUE(svm_locked_becomes(child, 0));
	svm_unbind(self->container, bond);
	child_kill(child);
}

KTAP_MAIN()
