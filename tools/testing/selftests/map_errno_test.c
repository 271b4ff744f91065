// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_IOMMU_MAP_DMA: every error, and that it leaves everything as it was. */
#include <sys/ioctl.h>

#include "box.h"
#include "snapshot.h"

/* The mapping that stands while calls fail around it. */
#define OLD_IOVA	0x100000ull
#define OLD_SIZE	(4 * PAGE)

#define WINDOW		backend_window()
#define WINDOW_END	(WINDOW + BACKEND_WINDOW_SIZE)

#define TOP		(1ull << 63)
#define READ_ONLY	VFIO_DMA_MAP_FLAG_READ
#define VADDR		VFIO_DMA_MAP_FLAG_VADDR
#define UNKNOWN		(1u << 31)

FIXTURE(map_errno) {
	struct box box;
	int container;
	char *memory;	/* 16 good pages */
	char *hole;	/* two good pages, then nothing */
	char *constant; /* two pages that may only be read */
	struct snapshot before;
};

BACKEND_VARIANTS(map_errno);

FIXTURE_SETUP(map_errno)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(16 * PAGE);
	self->hole = mem_reserve(16 * PAGE, HUGE);
	must_sys(mprotect(self->hole, 2 * PAGE, PROT_READ | PROT_WRITE));
	self->constant = mem_untouched(2 * PAGE);
	memset(self->constant, 1, 2 * PAGE);
	must_sys(mprotect(self->constant, 2 * PAGE, PROT_READ));
	iommu_map(self->container, self->memory, OLD_IOVA, OLD_SIZE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(map_errno)
{
	/* Everything failed: nothing but the old mapping may be there. */
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_TRUE(is_mapped(self->container, OLD_IOVA, OLD_SIZE));
	EXPECT_EQ(iommu_unmap_all(self->container), OLD_SIZE);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&self->box);
}

/* One call; @wrap instead of an errno: what this backend says to a wrap. */
#define WRAP		1

struct map_case {
	const char *what;
	uint64_t vaddr;
	uint64_t iova;
	uint64_t size;
	uint32_t flags;
	int error;
};

static void check_case(int container, const struct map_case *c)
{
	struct snapshot before = snapshot_take(container);
	int error = c->error == WRAP ? backend_wrap_error() : -c->error;
	int ret = __iommu_map(container, (void *)c->vaddr, c->iova, c->size, c->flags);
	bool same = EXPECT_EQ(ret, error);

	same &= !EXPECT_UNCHANGED(container, before);
	if (!same)
		NOTE("in case: %s", c->what);
}

static void check_cases(int container, const struct map_case *cases, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++)
		check_case(container, &cases[i]);
}

TEST_F(map_errno, flags)
{
	uint64_t good = (uintptr_t)self->memory;
	const struct map_case cases[] = {
		{ "no flag", good, BOX_IOVA, PAGE, 0, EINVAL },
		{ "unknown flag", good, BOX_IOVA, PAGE, IOMMU_RW | UNKNOWN, EINVAL },
		{ "flag 3", good, BOX_IOVA, PAGE, IOMMU_RW | 1u << 3, EINVAL },
		{ "unknown flag only", good, BOX_IOVA, PAGE, UNKNOWN, EINVAL },
		{ "VADDR with READ", good, OLD_IOVA, OLD_SIZE, VADDR | IOMMU_R, EINVAL },
		{ "VADDR with WRITE", good, OLD_IOVA, OLD_SIZE, VADDR | IOMMU_W, EINVAL },
		{ "VADDR with both", good, OLD_IOVA, OLD_SIZE, VADDR | IOMMU_RW, EINVAL },
		{ "VADDR, nothing there", good, BOX_IOVA, PAGE, VADDR, ENOENT },
		{ "VADDR, not suspended", good, OLD_IOVA, OLD_SIZE, VADDR, EINVAL },
		{ "VADDR, part", good, OLD_IOVA, PAGE, VADDR, EINVAL },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(map_errno, alignment_and_size)
{
	uint64_t good = (uintptr_t)self->memory;
	const struct map_case cases[] = {
		{ "size 0", good, BOX_IOVA, 0, IOMMU_RW, EINVAL },
		{ "size 0, VADDR", good, OLD_IOVA, 0, VADDR, EINVAL },
		{ "size 1", good, BOX_IOVA, 1, IOMMU_RW, EINVAL },
		{ "size of a page and a half", good, BOX_IOVA, PAGE + 2048, IOMMU_RW, EINVAL },
		{ "iova + 1", good, BOX_IOVA + 1, PAGE, IOMMU_RW, EINVAL },
		{ "iova + 2048", good, BOX_IOVA + 2048, PAGE, IOMMU_RW, EINVAL },
		{ "vaddr + 1", good + 1, BOX_IOVA, PAGE, IOMMU_RW, EINVAL },
		{ "vaddr + 2048", good + 2048, BOX_IOVA, PAGE, IOMMU_RW, EINVAL },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(map_errno, wrap)
{
	uint64_t good = (uintptr_t)self->memory;
	const struct map_case cases[] = {
		{ "iova wraps", good, -PAGE, 2 * PAGE, IOMMU_RW, WRAP },
		{ "iova wraps far", good, TOP, TOP + PAGE, IOMMU_RW, WRAP },
		{ "iova wraps with VADDR", good, -PAGE, 2 * PAGE, VADDR, WRAP },
		{ "vaddr wraps", -PAGE, BOX_IOVA, 2 * PAGE, IOMMU_RW, WRAP },
		{ "both wrap", -PAGE, -PAGE, 2 * PAGE, IOMMU_RW, WRAP },
		{ "largest size", good, BOX_IOVA, -PAGE, IOMMU_RW, WRAP },
		{ "ends at the top", good, -PAGE, PAGE, IOMMU_RW, EINVAL },
		{ "wraps to the old one", good, -PAGE, OLD_IOVA + 2 * PAGE, IOMMU_RW, WRAP },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(map_errno, overlap)
{
	uint64_t good = (uintptr_t)self->memory;
	uint64_t bad = (uintptr_t)self->hole + 4 * PAGE;
	const struct map_case cases[] = {
		{ "same", good, OLD_IOVA, OLD_SIZE, IOMMU_RW, EEXIST },
		{ "first page", good, OLD_IOVA, PAGE, IOMMU_RW, EEXIST },
		{ "last page", good, OLD_IOVA + OLD_SIZE - PAGE, PAGE, IOMMU_RW, EEXIST },
		{ "middle", good, OLD_IOVA + PAGE, PAGE, IOMMU_RW, EEXIST },
		{ "head", good, OLD_IOVA - PAGE, 2 * PAGE, IOMMU_RW, EEXIST },
		{ "tail", good, OLD_IOVA + OLD_SIZE - PAGE, 2 * PAGE, IOMMU_RW, EEXIST },
		{ "around", good, OLD_IOVA - PAGE, OLD_SIZE + 2 * PAGE, IOMMU_RW, EEXIST },
		{ "other rights", good, OLD_IOVA, OLD_SIZE, READ_ONLY, EEXIST },
		{ "before bad memory", bad, OLD_IOVA, OLD_SIZE, IOMMU_RW, EEXIST },
		{ "before a bad range", good, OLD_IOVA, WINDOW, IOMMU_RW, EEXIST },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(map_errno, ranges)
{
	uint64_t good = (uintptr_t)self->memory;
	uint64_t bad = (uintptr_t)self->hole + 4 * PAGE;
	uint64_t end = iommu_last(&self->before.info) + 1;
	const struct map_case cases[] = {
		{ "in the window", good, WINDOW, PAGE, IOMMU_RW, EINVAL },
		{ "end of the window", good, WINDOW_END - PAGE, PAGE, IOMMU_RW, EINVAL },
		{ "into the window", good, WINDOW - PAGE, 2 * PAGE, IOMMU_RW, EINVAL },
		{ "out of the window", good, WINDOW_END - PAGE, 2 * PAGE, IOMMU_RW, EINVAL },
		{ "across the window", good, WINDOW - PAGE, MIB(1) + 2 * PAGE, IOMMU_RW, EINVAL },
		{ "behind the aperture", good, end, PAGE, IOMMU_RW, EINVAL },
		{ "across its end", good, end - PAGE, 2 * PAGE, IOMMU_RW, EINVAL },
		{ "far behind it", good, TOP, PAGE, IOMMU_RW, EINVAL },
		{ "before bad memory", bad, WINDOW, PAGE, IOMMU_RW, EINVAL },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

TEST_F(map_errno, memory)
{
	uint64_t hole = (uintptr_t)self->hole, constant = (uintptr_t)self->constant;
	uint64_t kernel = 0xffff888000000000ull;
	const struct map_case cases[] = {
		{ "no access", hole + 4 * PAGE, BOX_IOVA, PAGE, IOMMU_RW, EFAULT },
		{ "no access, read", hole + 4 * PAGE, BOX_IOVA, PAGE, IOMMU_R, EFAULT },
		{ "good, then none", hole, BOX_IOVA, 4 * PAGE, IOMMU_RW, EFAULT },
		{ "good, then none, read", hole, BOX_IOVA, 4 * PAGE, IOMMU_R, EFAULT },
		{ "write to constant", constant, BOX_IOVA, PAGE, IOMMU_RW, EFAULT },
		{ "only write to constant", constant, BOX_IOVA, PAGE, IOMMU_W, EFAULT },
		{ "address 0", 0, BOX_IOVA, PAGE, IOMMU_RW, EFAULT },
		{ "kernel memory", kernel, BOX_IOVA, PAGE, IOMMU_R, EFAULT },
		{ "last page", -PAGE, BOX_IOVA, PAGE, IOMMU_R, EFAULT },
	};

	check_cases(self->container, cases, ARRAY_SIZE(cases));
}

/* Much good memory before the bad page: the failure comes after many chunks. */
TEST_F(map_errno, late_failure)
{
	size_t size = MIB(16);
	char *memory = mem_untouched(size);
	const struct map_case last_page = { "last of many", (uintptr_t)memory, BOX_IOVA,
					    size,	    IOMMU_RW,	       EFAULT };

	must_sys(mprotect(memory + size - PAGE, PAGE, PROT_NONE));
	check_case(self->container, &last_page);
	EXPECT_TRUE(is_free(self->container, BOX_IOVA, size));
}

TEST_F(map_errno, argsz)
{
	struct vfio_iommu_type1_dma_map map = {
		.flags = IOMMU_RW,
		.vaddr = (uintptr_t)self->memory,
		.iova = BOX_IOVA,
		.size = PAGE,
	};

	for (map.argsz = 0; map.argsz < sizeof(map); map.argsz++) {
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_MAP_DMA, &map), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_UNCHANGED(self->container, self->before);
	/* A later, longer structure is welcome. */
	map.argsz = sizeof(map) + 8;
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	EXPECT_EQ(map.argsz, sizeof(map) + 8);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, PAGE), PAGE);
}

/* The argument itself, wherever it stops being readable. */
TEST_F(map_errno, argument_memory)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = IOMMU_RW,
		.vaddr = (uintptr_t)self->memory,
		.iova = BOX_IOVA,
		.size = PAGE,
	};
	char *end = self->hole + 2 * PAGE;
	size_t cut;

	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_MAP_DMA, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
	for (cut = 1; cut <= sizeof(map); cut++) {
		memcpy(end - sizeof(map) + cut, &map, sizeof(map) - cut);
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_MAP_DMA, end - sizeof(map) + cut), -1);
		EXPECT_EQ(errno, EFAULT);
	}
}

/* What is allowed although it looks odd. */
TEST_F(map_errno, accepted)
{
	EXPECT_EQ(__iommu_map(self->container, self->memory, 0, PAGE, IOMMU_R), 0);
	EXPECT_EQ(__iommu_map(self->container, self->memory, WINDOW - PAGE, PAGE, IOMMU_W), 0);
	EXPECT_EQ(__iommu_map(self->container, self->memory, WINDOW_END, PAGE, IOMMU_RW), 0);
	EXPECT_EQ(__iommu_map(self->container, self->constant, BOX_IOVA, 2 * PAGE, IOMMU_R), 0);
	EXPECT_EQ(__iommu_map(self->container, self->hole,
			      iommu_last(&self->before.info) + 1 - PAGE, PAGE, IOMMU_RW),
		  0);
	EXPECT_EQ(iommu_avail(self->container), self->before.info.avail - 5);

	EXPECT_EQ(iommu_unmap(self->container, 0, PAGE), PAGE);
	EXPECT_EQ(iommu_unmap(self->container, WINDOW - PAGE, PAGE), PAGE);
	EXPECT_EQ(iommu_unmap(self->container, WINDOW_END, PAGE), PAGE);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, iommu_last(&self->before.info) + 1 - PAGE, PAGE),
		  PAGE);
}

KTAP_MAIN()
