// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_IOMMU_DIRTY_PAGES and UNMAP with GET_DIRTY_BITMAP: every error, which of
 * them wins, and that the state after one is the state before.
 */
#include <sys/ioctl.h>

#include "box.h"
#include "dirty.h"
#include "snapshot.h"

/* Three mappings: two neighbours, a hole of one page, and a third. */
#define A		0x100000ull
#define B		(A + 4 * PAGE)
#define HOLE		(B + 2 * PAGE)
#define C		(HOLE + PAGE)
#define END		(C + 8 * PAGE)
#define RANGE		(END - A)
#define MAPPED		(14 * PAGE)
#define ALL_PAGES	0x7fbf /* mapped ones of RANGE, one bit each */
#define TOP		(1ull << 63)

#define MAX_BITMAP	MIB(256)
#define WORD		sizeof(uint64_t)
#define KERNEL		((void *)0xffff888000000000ull)

/* Stands for what a backend says of a range that leaves the address space. */
#define WRAP		1

FIXTURE(dirty_errno) {
	struct box box;
	int container;
	uint64_t words[4]; /* of every bitmap asked for */
	struct snapshot before;
};

FIXTURE_VARIANT(dirty_errno) {
	unsigned long type;
};

FIXTURE_VARIANT_ADD(dirty_errno, v2) { .type = VFIO_TYPE1v2_IOMMU };
FIXTURE_VARIANT_ADD(dirty_errno, type1x) { .type = VFIO_TYPE1X_IOMMU };

FIXTURE_SETUP(dirty_errno)
{
	char *memory = mem_untouched(16 * PAGE);

	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	iommu_map(self->container, memory, A, 4 * PAGE, IOMMU_RW);
	iommu_map(self->container, memory + 4 * PAGE, B, 2 * PAGE, IOMMU_RW);
	iommu_map(self->container, memory + 6 * PAGE, C, 8 * PAGE, IOMMU_RW);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(dirty_errno)
{
	box_close(&self->box);
}

/* What a program can see of it: is it on, and is every mapping read as ever? */
static void expect_tracking(struct dirty_errno_self *self, bool on)
{
	struct dirty_bits bits;

	dirty_open(&bits, A, RANGE / PAGE);
	EXPECT_EQ(__dirty_get(self->container, &bits), on ? 0 : -EINVAL);
	/* Stock has bits beyond a mapping's end when it is read the second time. */
	if (backend_is_stock())
		bits.words[0] &= ALL_PAGES;
	EXPECT_EQ(bits.words[0], on ? ALL_PAGES : 0);
	dirty_close(&bits);
}

static void expect_unchanged(struct dirty_errno_self *self, bool on)
{
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_EQ(self->words[0] | self->words[1] | self->words[2] | self->words[3], 0);
	expect_tracking(self, on);
	EXPECT_EQ(iommu_unmap_all(self->container), MAPPED);
}

struct dirty_case {
	const char *what;
	uint64_t iova;
	uint64_t size;
	uint64_t pgsize;
	uint64_t bytes;
	void *data; /* of the bitmap, NULL for one that is in order */
	int error;
};

/* An address that is to be used as it is, NULL included. */
#define AS_IS(address)	((void *)((uintptr_t)(address) + 1))

static void *data_of(struct dirty_errno_self *self, const struct dirty_case *c)
{
	return c->data ? (char *)c->data - 1 : (char *)self->words;
}

static int ask(struct dirty_errno_self *self, const struct dirty_case *c, uint32_t flags)
{
	struct dirty_request request = {
		.head = { .argsz = sizeof(request), .flags = flags },
	};

	if (flags == DIRTY_CLEAR)
		request.clear = (struct vfio_iommu_type1_dirty_clear){
			c->iova, c->size, c->pgsize, c->bytes, (uintptr_t)data_of(self, c),
		};
	else
		request.get = (struct vfio_iommu_type1_dirty_bitmap_get){
			c->iova,
			c->size,
			{ c->pgsize, c->bytes, data_of(self, c) },
		};
	return __dirty_request(self->container, &request);
}

static int unmap_with_bitmap(struct dirty_errno_self *self, const struct dirty_case *c)
{
	struct dirty_unmap arg = {
		.head = { .argsz = sizeof(arg), .iova = c->iova, .size = c->size },
		.bitmap = { c->pgsize, c->bytes, data_of(self, c) },
	};
	int ret;

	arg.head.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	ret = ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &arg) ? -errno : 0;
	EXPECT_EQ(arg.head.iova, c->iova);
	EXPECT_EQ(arg.head.size, c->size);
	return ret;
}

/* @flags of DIRTY_PAGES, or 0 for UNMAP. */
static void check_case(struct dirty_errno_self *self, const struct dirty_case *c, uint32_t flags)
{
	int error = c->error == WRAP ? backend_wrap_error() : -c->error;
	int ret = flags ? ask(self, c, flags) : unmap_with_bitmap(self, c);

	if (!EXPECT_EQ(ret, error))
		NOTE("in case: %s, flags 0x%x", c->what, flags);
}

/* Every way to name a range and a bitmap. */
static void check_cases(struct dirty_errno_self *self, const struct dirty_case *cases, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++) {
		check_case(self, &cases[i], DIRTY_GET);
		if (backend_is_stock())
			continue;
		check_case(self, &cases[i], DIRTY_GET | DIRTY_PEEK);
		check_case(self, &cases[i], DIRTY_CLEAR);
	}
}

static void check_unmaps(struct dirty_errno_self *self, const struct dirty_case *cases, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++)
		check_case(self, &cases[i], 0);
}

static const struct dirty_case sizes[] = {
	{ "size 0", A, 0, PAGE, WORD, NULL, EINVAL },
	{ "size 0 at the top", -PAGE, 0, PAGE, WORD, NULL, EINVAL },
	{ "size 1", A, 1, PAGE, WORD, NULL, EINVAL },
	{ "half a page more", A, RANGE + 2048, PAGE, WORD, NULL, EINVAL },
	{ "iova + 1", A + 1, RANGE, PAGE, WORD, NULL, EINVAL },
	{ "iova + 2048", A + 2048, RANGE, PAGE, WORD, NULL, EINVAL },
	{ "pgsize 0", A, RANGE, 0, WORD, NULL, EINVAL },
	{ "pgsize 1", A, RANGE, 1, MIB(1), NULL, EINVAL },
	{ "pgsize 2048", A, RANGE, 2048, WORD, NULL, EINVAL },
	{ "pgsize 8192", A, RANGE + PAGE, 2 * PAGE, WORD, NULL, EINVAL },
	{ "pgsize 12288", A, RANGE, 3 * PAGE, WORD, NULL, EINVAL },
	{ "pgsize 2 MiB", A, RANGE, HUGE, WORD, NULL, EINVAL },
	{ "largest pgsize", A, RANGE, TOP, WORD, NULL, EINVAL },
	{ "pgsize of all bits", A, RANGE, -1, WORD, NULL, EINVAL },
	{ "bitmap of 0 bytes", A, RANGE, PAGE, 0, NULL, EINVAL },
	{ "bitmap of just enough bytes", A, RANGE, PAGE, 2, NULL, EINVAL },
	{ "bitmap of 7 bytes", A, RANGE, PAGE, 7, NULL, EINVAL },
	{ "65 pages in one word", A, 65 * PAGE, PAGE, WORD, NULL, EINVAL },
	{ "65 pages in 15 bytes", A, 65 * PAGE, PAGE, 15, NULL, EINVAL },
	{ "bitmap too large", A, RANGE, PAGE, MAX_BITMAP + 1, NULL, EINVAL },
	{ "bitmap too large, in words", A, RANGE, PAGE, MAX_BITMAP + WORD, NULL, EINVAL },
	{ "largest number of bytes", A, RANGE, PAGE, -1, NULL, EINVAL },
	{ "more than 2^31 pages", 0, PAGE << 32, PAGE, WORD, NULL, EINVAL },
	{ "bitmap of the kernel", A, RANGE, PAGE, WORD, AS_IS(KERNEL), EINVAL },
	{ "bitmap at the very end", A, RANGE, PAGE, WORD, AS_IS(-WORD), EINVAL },
};

static const struct dirty_case bisecting[] = {
	{ "first page", A, PAGE, PAGE, WORD, NULL, EINVAL },
	{ "last page", A + 3 * PAGE, PAGE, PAGE, WORD, NULL, EINVAL },
	{ "middle", C + PAGE, PAGE, PAGE, WORD, NULL, EINVAL },
	{ "all but the first page", C + PAGE, 7 * PAGE, PAGE, WORD, NULL, EINVAL },
	{ "all but the last page", C, 7 * PAGE, PAGE, WORD, NULL, EINVAL },
	{ "one and a part", A, 5 * PAGE, PAGE, WORD, NULL, EINVAL },
	{ "a part and one", A + PAGE, 5 * PAGE, PAGE, WORD, NULL, EINVAL },
	{ "part to part", A + PAGE, C - A, PAGE, WORD, NULL, EINVAL },
	{ "hole and a part", HOLE, 2 * PAGE, PAGE, WORD, NULL, EINVAL },
	{ "before and a part", A - PAGE, 2 * PAGE, PAGE, WORD, NULL, EINVAL },
};

/* What cannot be read is refused before it is found that it could not be written. */
static const struct dirty_case nowhere[] = {
	{ "a part, nowhere to write", A, PAGE, PAGE, WORD, AS_IS(NULL), EINVAL },
	{ "other pgsize, nowhere to write", A, RANGE, 2 * PAGE, WORD, AS_IS(NULL), EINVAL },
};

TEST_F(dirty_errno, sizes)
{
	dirty_start(self->container);
	check_cases(self, sizes, ARRAY_SIZE(sizes));
	check_unmaps(self, sizes, ARRAY_SIZE(sizes));
	expect_unchanged(self, true);
}

TEST_F(dirty_errno, bisecting)
{
	size_t i;

	dirty_start(self->container);
	check_cases(self, bisecting, ARRAY_SIZE(bisecting));
	check_unmaps(self, bisecting, ARRAY_SIZE(bisecting));
	for (i = 0; i < ARRAY_SIZE(nowhere); i++)
		check_case(self, &nowhere[i], DIRTY_GET);
	check_unmaps(self, nowhere, ARRAY_SIZE(nowhere));
	expect_unchanged(self, true);
}

TEST_F(dirty_errno, tracking_off)
{
	const struct dirty_case fine[] = {
		{ "all in order", A, RANGE, PAGE, WORD, NULL, EINVAL },
		{ "one mapping", C, 8 * PAGE, PAGE, WORD, NULL, EINVAL },
		{ "nothing there", BOX_IOVA, PAGE, PAGE, WORD, NULL, EINVAL },
	};
	const struct dirty_case unwritable[] = {
		{ "nowhere to write", A, RANGE, PAGE, WORD, AS_IS(NULL), EINVAL },
	};

	check_case(self, unwritable, DIRTY_GET);
	check_unmaps(self, unwritable, ARRAY_SIZE(unwritable));
	check_cases(self, fine, ARRAY_SIZE(fine));
	check_cases(self, sizes, ARRAY_SIZE(sizes));
	check_unmaps(self, fine, ARRAY_SIZE(fine));
	check_unmaps(self, sizes, ARRAY_SIZE(sizes));
	/* And after having been on. */
	dirty_start(self->container);
	dirty_stop(self->container);
	check_cases(self, fine, ARRAY_SIZE(fine));
	check_unmaps(self, fine, ARRAY_SIZE(fine));
	expect_unchanged(self, false);
}

/* Stock says EINVAL, to a range that ends with the address space, too. */
TEST_F(dirty_errno, wrap)
{
	const struct dirty_case cases[] = {
		{ "wraps", -PAGE, 2 * PAGE, PAGE, WORD, NULL, WRAP },
		{ "wraps far", TOP, TOP + PAGE, PAGE, WORD, NULL, WRAP },
		{ "largest size", A, -PAGE, PAGE, MAX_BITMAP, NULL, WRAP },
		{ "wraps, iova + 1", 1 - PAGE, PAGE, PAGE, WORD, NULL, WRAP },
		{ "wraps, pgsize 0", -PAGE, 2 * PAGE, 0, WORD, NULL, WRAP },
		{ "wraps, bitmap of 0 bytes", -PAGE, 2 * PAGE, PAGE, 0, NULL, WRAP },
		{ "wraps, bitmap of the kernel", -PAGE, 2 * PAGE, PAGE, WORD, AS_IS(KERNEL), WRAP },
	};
	const struct dirty_case top = { "top", -PAGE, PAGE, PAGE, WORD, NULL, 0 };

	check_cases(self, cases, ARRAY_SIZE(cases));
	dirty_start(self->container);
	check_cases(self, cases, ARRAY_SIZE(cases));
	if (!backend_is_stock())
		check_cases(self, &top, 1);
	expect_unchanged(self, true);
}

/* With UNMAP, what is wrong with the bitmap or not aligned wins over a wrap. */
TEST_F(dirty_errno, unmap_wrap)
{
	const struct dirty_case cases[] = {
		{ "wraps", -PAGE, 2 * PAGE, PAGE, WORD, NULL, WRAP },
		{ "wraps far", TOP, TOP + PAGE, TOP, WORD, NULL, WRAP },
		{ "wraps, other pgsize", -PAGE, 2 * PAGE, 2 * PAGE, WORD, NULL, WRAP },
		{ "wraps, pgsize 0", -PAGE, 2 * PAGE, 0, WORD, NULL, EINVAL },
		{ "wraps, bitmap of 0 bytes", -PAGE, 2 * PAGE, PAGE, 0, NULL, EINVAL },
		{ "wraps, small bitmap", TOP, TOP + PAGE, PAGE, WORD, NULL, EINVAL },
		{ "wraps, kernel", -PAGE, 2 * PAGE, PAGE, WORD, AS_IS(KERNEL), EINVAL },
		{ "wraps, iova + 1", 1 - PAGE, PAGE, PAGE, WORD, NULL, EINVAL },
		{ "wraps, size + 1", -PAGE, PAGE + 1, PAGE, WORD, NULL, EINVAL },
	};

	check_unmaps(self, cases, ARRAY_SIZE(cases));
	dirty_start(self->container);
	check_unmaps(self, cases, ARRAY_SIZE(cases));
	expect_unchanged(self, true);
}

/* Only what is written is needed; what succeeds does so with the largest bitmap. */
TEST_F(dirty_errno, bitmap_memory)
{
	const struct dirty_case nowhere = {
		"nowhere", C, 8 * PAGE, PAGE, WORD, AS_IS(NULL), EFAULT
	};
	const struct dirty_case unneeded = { "nothing there", BOX_IOVA, PAGE, PAGE, WORD,
					     AS_IS(NULL),     0 };
	const struct dirty_case largest = { "largest", C, 8 * PAGE, PAGE, MAX_BITMAP, NULL, 0 };

	dirty_start(self->container);
	check_cases(self, &nowhere, 1);
	check_unmaps(self, &nowhere, 1);
	check_case(self, &unneeded, DIRTY_GET);
	check_case(self, &largest, DIRTY_GET);
	EXPECT_EQ(self->words[0], 0xff);
	self->words[0] = 0;
	expect_unchanged(self, true);
}

TEST_F(dirty_errno, flags)
{
	const uint32_t invalid[] = {
		0,
		1 << 3,
		1 << 15,
		1 << 28,
		DIRTY_START | 1 << 3,
		DIRTY_GET | 1 << 28,
		DIRTY_START | DIRTY_STOP,
		DIRTY_START | DIRTY_GET,
		DIRTY_STOP | DIRTY_GET,
		DIRTY_START | DIRTY_STOP | DIRTY_GET,
		-1,
		DIRTY_PEEK,
		DIRTY_PEEK | DIRTY_START,
		DIRTY_PEEK | DIRTY_STOP,
		DIRTY_PEEK | DIRTY_CLEAR,
		DIRTY_PEEK | DIRTY_RANGE,
		DIRTY_CLEAR | DIRTY_START,
		DIRTY_CLEAR | DIRTY_STOP,
		DIRTY_CLEAR | DIRTY_GET,
		DIRTY_CLEAR | DIRTY_GET | DIRTY_PEEK,
		DIRTY_CLEAR | DIRTY_RANGE,
		DIRTY_RANGE,
		DIRTY_RANGE | DIRTY_STOP,
		DIRTY_RANGE | DIRTY_GET,
		DIRTY_RANGE | DIRTY_START | DIRTY_PEEK,
	};
	const struct dirty_case fine = { "in order", A, RANGE, PAGE, WORD, NULL, EINVAL };
	int on;
	size_t i;

	for (on = 0; on < 2; on++) {
		for (i = 0; i < ARRAY_SIZE(invalid); i++)
			if (!EXPECT_EQ(ask(self, &fine, invalid[i]), -EINVAL))
				NOTE("flags 0x%x", invalid[i]);
		dirty_start(self->container);
	}
	if (backend_is_stock()) {
		check_case(self, &fine, DIRTY_GET | DIRTY_PEEK);
		check_case(self, &fine, DIRTY_CLEAR);
		check_case(self, &fine, DIRTY_START | DIRTY_RANGE);
	}
	expect_unchanged(self, true);
}

/* Twice on is on, twice off is off. */
TEST_F(dirty_errno, start_and_stop)
{
	int round;

	EXPECT_EQ(__dirty_stop(self->container), 0);
	expect_tracking(self, false);
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(__dirty_start(self->container), 0);
		expect_tracking(self, true);
		EXPECT_EQ(__dirty_start(self->container), 0);
		expect_tracking(self, true);
		EXPECT_EQ(__dirty_stop(self->container), 0);
		expect_tracking(self, false);
		EXPECT_EQ(__dirty_stop(self->container), 0);
	}
	expect_unchanged(self, false);
}

/* A request of which only the first @size bytes can be read. */
static int ask_cut(struct dirty_errno_self *self, uint32_t argsz, uint32_t flags, size_t size)
{
	static char *end;
	const struct dirty_request whole = {
		.head = { .argsz = argsz, .flags = flags },
		.get = { A, RANGE, { PAGE, WORD, (void *)self->words } },
	};

	if (!end) {
		end = (char *)mem_untouched(2 * PAGE) + PAGE;
		must_sys(mprotect(end, PAGE, PROT_NONE));
	}
	memcpy(end - size, &whole, size);
	return __dirty_request(self->container, (void *)(end - size));
}

/* What is too short for its flags is refused unread, else all of it is read. */
static void check_argsz(struct dirty_errno_self *self, uint32_t flags, size_t needed)
{
	uint32_t argsz;
	size_t size;

	for (argsz = 0; argsz < needed; argsz++)
		EXPECT_EQ(ask_cut(self, argsz, flags, DIRTY_ARGSZ), -EINVAL);
	for (size = 0; size < needed; size++)
		EXPECT_EQ(ask_cut(self, needed, flags, size), -EFAULT);
	EXPECT_EQ(ask_cut(self, -1, flags, needed - 1), -EFAULT);
}

TEST_F(dirty_errno, argument)
{
	struct dirty_unmap unmap = {
		.head = { .iova = A, .size = RANGE },
		.bitmap = { PAGE, WORD, (void *)self->words },
	};

	EXPECT_EQ(__dirty_request(self->container, NULL), -EFAULT);
	check_argsz(self, DIRTY_START, DIRTY_ARGSZ);
	expect_tracking(self, false);
	EXPECT_EQ(ask_cut(self, DIRTY_ARGSZ, DIRTY_START, DIRTY_ARGSZ), 0);
	check_argsz(self, DIRTY_STOP, DIRTY_ARGSZ);
	expect_tracking(self, true);
	check_argsz(self, DIRTY_GET, DIRTY_GET_ARGSZ);
	EXPECT_EQ(ask_cut(self, DIRTY_GET_ARGSZ - 1, DIRTY_GET, DIRTY_GET_ARGSZ), -EINVAL);

	unmap.head.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	for (; unmap.head.argsz < sizeof(unmap); unmap.head.argsz++) {
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, &unmap), -1);
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(unmap.head.size, RANGE);
	}
	expect_unchanged(self, true);
}

/* The bitmap's description and the answer of UNMAP, both out of reach. */
TEST_F(dirty_errno, unmap_argument)
{
	const struct dirty_unmap fine = {
		.head = {
			.argsz = sizeof(fine),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = A,
			.size = RANGE,
		},
		.bitmap = { PAGE, WORD, (void *)self->words },
	};
	char *end = (char *)mem_untouched(2 * PAGE) + PAGE;
	size_t size;

	dirty_start(self->container);
	must_sys(mprotect(end, PAGE, PROT_NONE));
	for (size = 0; size < sizeof(fine); size++) {
		memcpy(end - size, &fine, size);
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, end - size), -1);
		EXPECT_EQ(errno, EFAULT);
	}
	expect_tracking(self, true);
	backend_need_ours("unmaps, and then says EFAULT");
	memcpy(end - sizeof(fine), &fine, sizeof(fine));
	must_sys(mprotect(end - PAGE, PAGE, PROT_READ));
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_UNMAP_DMA, end - sizeof(fine)), -1);
	EXPECT_EQ(errno, EFAULT);
	expect_unchanged(self, true);
}

KTAP_MAIN()
