// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_IOMMU_UNMAP_DMA: what it removes, what it says, and every error. */
#include <sys/ioctl.h>

#include "box.h"
#include "snapshot.h"

#define ALL		VFIO_DMA_UNMAP_FLAG_ALL
#define VADDR		VFIO_DMA_UNMAP_FLAG_VADDR
#define BITMAP		VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP
#define UNKNOWN		(1u << 31)
#define TOP		(1ull << 63)

/* Three mappings: two neighbours, a hole of one page, and a third. */
#define A		0x100000ull
#define B		(A + 4 * PAGE)
#define HOLE		(B + 2 * PAGE)
#define C		(HOLE + PAGE)
#define END		(C + 8 * PAGE)
#define MAPPED		(14 * PAGE)

FIXTURE(unmap_errno) {
	struct box box;
	int container;
	bool v1;
	char *memory;
	struct snapshot empty;
	struct snapshot before;
};

BACKEND_VARIANTS(unmap_errno);

FIXTURE_SETUP(unmap_errno)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->v1 = variant->type == VFIO_TYPE1_IOMMU;
	self->memory = mem_untouched(16 * PAGE);
	self->empty = snapshot_take(self->container);
	iommu_map(self->container, self->memory, A, 4 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + 4 * PAGE, B, 2 * PAGE, IOMMU_R);
	iommu_map(self->container, self->memory + 6 * PAGE, C, 8 * PAGE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(unmap_errno)
{
	__iommu_unmap(self->container, 0, 0, ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->empty);
	box_close(&self->box);
}

/* All three are whole: each goes alone, with its own size. */
static void expect_all_mapped(int container)
{
	EXPECT_EQ(iommu_unmap(container, A, 4 * PAGE), 4 * PAGE);
	EXPECT_EQ(iommu_unmap(container, B, 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(iommu_unmap(container, C, 8 * PAGE), 8 * PAGE);
}

#define WRAP		1

struct unmap_case {
	const char *what;
	uint64_t iova;
	uint64_t size;
	uint32_t flags;
	int error;
};

static void check_cases(int container, const struct unmap_case *cases, size_t num)
{
	struct snapshot before = snapshot_take(container);
	size_t i;

	for (i = 0; i < num; i++) {
		const struct unmap_case *c = &cases[i];
		int error = c->error == WRAP ? backend_wrap_error() : -c->error;
		int ret = __iommu_unmap(container, c->iova, c->size, c->flags, NULL);
		bool same = EXPECT_EQ(ret, error);

		same &= !EXPECT_UNCHANGED(container, before);
		if (!same)
			NOTE("in case: %s", c->what);
	}
	expect_all_mapped(container);
}

TEST_F(unmap_errno, flags)
{
	const struct unmap_case cases[] = {
		{ "unknown flag", A, 4 * PAGE, UNKNOWN, EINVAL },
		{ "flag 3", A, 4 * PAGE, 1u << 3, EINVAL },
		{ "ALL with iova", A, 0, ALL, EINVAL },
		{ "ALL with size", 0, 4 * PAGE, ALL, EINVAL },
		{ "ALL with both", A, 4 * PAGE, ALL, EINVAL },
		{ "ALL with VADDR and size", 0, PAGE, ALL | VADDR, EINVAL },
		{ "bitmap, short argsz", A, 4 * PAGE, BITMAP, EINVAL },
		{ "bitmap with ALL", 0, 0, BITMAP | ALL, EINVAL },
		{ "bitmap with VADDR", A, 4 * PAGE, BITMAP | VADDR, EINVAL },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(unmap_errno, alignment_and_size)
{
	const struct unmap_case cases[] = {
		{ "size 0", A, 0, 0, EINVAL },
		{ "size 0, VADDR", A, 0, VADDR, EINVAL },
		{ "size 1", A, 1, 0, EINVAL },
		{ "half a page more", A, 4 * PAGE + 2048, 0, EINVAL },
		{ "iova + 1", A + 1, 4 * PAGE, 0, EINVAL },
		{ "iova + 2048", A + 2048, 4 * PAGE, 0, EINVAL },
		{ "iova 1, ALL", 1, 0, ALL, EINVAL },
		{ "unaligned elsewhere", BOX_IOVA + 1, PAGE, 0, EINVAL },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(unmap_errno, wrap)
{
	const struct unmap_case cases[] = {
		{ "wraps", -PAGE, 2 * PAGE, 0, WRAP },
		{ "wraps far", TOP, TOP + PAGE, 0, WRAP },
		{ "wraps onto a mapping", -PAGE, END + PAGE, 0, WRAP },
		{ "wraps, VADDR", -PAGE, 2 * PAGE, VADDR, WRAP },
		{ "largest size", A, -PAGE, 0, WRAP },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(unmap_errno, bisecting)
{
	const struct unmap_case cases[] = {
		{ "first page", A, PAGE, 0, EINVAL },
		{ "last page", A + 3 * PAGE, PAGE, 0, EINVAL },
		{ "middle", C + PAGE, PAGE, 0, EINVAL },
		{ "all but the first page", C + PAGE, 7 * PAGE, 0, EINVAL },
		{ "all but the last page", C, 7 * PAGE, 0, EINVAL },
		{ "one and a part", A, 5 * PAGE, 0, EINVAL },
		{ "a part and one", A + PAGE, 5 * PAGE, 0, EINVAL },
		{ "part to part", A + PAGE, C - A, 0, EINVAL },
		{ "hole and a part", HOLE, 2 * PAGE, 0, EINVAL },
		{ "part, VADDR", A, PAGE, VADDR, EINVAL },
	};

	SKIP_IF(self->v1, "type v1 does not refuse this, see v1_test");
	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(unmap_errno, argsz)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .iova = A, .size = 4 * PAGE };

	for (unmap.argsz = 0; unmap.argsz < sizeof(unmap); unmap.argsz++) {
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &unmap), -1);
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(unmap.size, 4 * PAGE);
	}
	EXPECT_UNCHANGED(self->container, self->before);
	unmap.argsz = sizeof(unmap) + 8;
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	EXPECT_EQ(unmap.size, 4 * PAGE);
	EXPECT_EQ(unmap.iova, A);
}

TEST_F(unmap_errno, argument_memory)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = A,
		.size = 4 * PAGE,
	};
	char *pages = mem_untouched(2 * PAGE), *end = pages + PAGE;
	size_t cut;

	must_sys(mprotect(end, PAGE, PROT_NONE));
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	for (cut = 1; cut <= sizeof(unmap); cut++) {
		memcpy(end - sizeof(unmap) + cut, &unmap, sizeof(unmap) - cut);
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, end - sizeof(unmap) + cut),
			  -1);
		EXPECT_EQ(errno, EFAULT);
	}
	EXPECT_UNCHANGED(self->container, self->before);
}

/* A bitmap can only be had while dirty pages are tracked, and they are not. */
TEST_F(unmap_errno, bitmap_without_tracking)
{
	uint64_t words[8] = { 0 };
	struct {
		struct vfio_iommu_type1_dma_unmap unmap;
		struct vfio_bitmap bitmap;
	} arg = {
		.unmap = { .argsz = sizeof(arg), .flags = BITMAP, .iova = A, .size = 4 * PAGE },
		.bitmap = { .pgsize = PAGE, .size = sizeof(words), .data = (void *)words },
	};

	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &arg), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(arg.unmap.size, 4 * PAGE);
	EXPECT_EQ(words[0], 0);
	EXPECT_UNCHANGED(self->container, self->before);
	expect_all_mapped(self->container);
}

TEST_F(unmap_errno, sizes)
{
	uint64_t unmapped;

	/* Nothing there is no error. */
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, PAGE), 0);
	EXPECT_EQ(iommu_unmap(self->container, HOLE, PAGE), 0);
	EXPECT_EQ(iommu_unmap(self->container, END, GIB(1)), 0);
	EXPECT_EQ(iommu_unmap(self->container, -PAGE, PAGE), 0);
	EXPECT_UNCHANGED(self->container, self->before);

	/* Several, holes included, report what was really mapped. */
	EXPECT_EQ(iommu_unmap(self->container, A, C - A), 6 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, A, C - A), 0);
	EXPECT_TRUE(is_mapped(self->container, C, 8 * PAGE));
	EXPECT_EQ(iommu_unmap(self->container, 0, TOP), 8 * PAGE);
	EXPECT_EQ(__iommu_unmap(self->container, 0, 0, ALL, &unmapped), 0);
	EXPECT_EQ(unmapped, 0);
	EXPECT_UNCHANGED(self->container, self->empty);
}

TEST_F(unmap_errno, all)
{
	uint64_t last = iommu_last(&self->before.info) + 1 - PAGE;

	iommu_map(self->container, self->memory, 0, PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, last, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED + 2 * PAGE);
	EXPECT_UNCHANGED(self->container, self->empty);
	EXPECT_TRUE(is_free(self->container, A, END - A));
}

/* Two halves of the address space, as older QEMU clears it. */
TEST_F(unmap_errno, two_halves)
{
	EXPECT_EQ(iommu_unmap(self->container, 0, TOP), MAPPED);
	EXPECT_EQ(iommu_unmap(self->container, TOP, TOP), 0);
	EXPECT_UNCHANGED(self->container, self->empty);
}

TEST_F(unmap_errno, last_page)
{
	uint64_t last = iommu_last(&self->before.info) + 1 - PAGE;

	iommu_map(self->container, self->memory, last, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap(self->container, last, PAGE), PAGE);
	EXPECT_UNCHANGED(self->container, self->before);
	backend_need_ours("finds nothing if the range ends at 2^64");
	iommu_map(self->container, self->memory, last, PAGE, IOMMU_RW);
	/* To the very end of 64 bits. */
	EXPECT_EQ(iommu_unmap(self->container, last, -last), PAGE);
	EXPECT_UNCHANGED(self->container, self->before);
}

KTAP_MAIN()
