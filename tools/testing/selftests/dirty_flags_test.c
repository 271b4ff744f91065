// SPDX-License-Identifier: GPL-2.0-only
/*
 * What <linux/vfio_type1x.h> adds to dirty page tracking: peek, clear, and
 * tracking of a range.  Here with a device that dirties everything, so that only
 * what may be asked is tested; dirty_pin_test has the bits.
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

FIXTURE(dirty_flags) {
	struct box box;
	int container;
	char *memory;
	struct dirty_bits bits; /* of RANGE */
	struct snapshot before;
};

FIXTURE_SETUP(dirty_flags)
{
	backend_need_ours("has none of these flags");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(64 * PAGE);
	iommu_map(self->container, self->memory, A, 4 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + 4 * PAGE, B, 2 * PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory + 6 * PAGE, C, 8 * PAGE, IOMMU_RW);
	dirty_open(&self->bits, A, RANGE / PAGE);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(dirty_flags)
{
	dirty_close(&self->bits);
	box_close(&self->box);
}

/* The bits of a range, at most 64; all must be mapped, and tracked. */
static uint64_t bits_of(struct dirty_flags_self *self, uint64_t iova, size_t pages)
{
	struct dirty_bits bits;
	uint64_t word;

	dirty_open(&bits, iova, pages);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	EXPECT_TRUE(dirty_is_guarded(&bits));
	word = bits.words[0];
	dirty_close(&bits);
	return word;
}

static int get(struct dirty_flags_self *self, uint64_t iova, size_t pages)
{
	struct dirty_bits bits;
	int ret;

	dirty_open(&bits, iova, pages);
	ret = __dirty_get(self->container, &bits);
	if (ret)
		EXPECT_EQ(dirty_count(&bits), 0);
	dirty_close(&bits);
	return ret;
}

static bool is_on(struct dirty_flags_self *self)
{
	return get(self, A, RANGE / PAGE) == 0;
}

/* Of a request only the first @size bytes can be read. */
static int ask_cut(struct dirty_flags_self *self, uint32_t argsz, uint32_t flags, size_t size)
{
	char *end = (char *)mem_untouched(2 * PAGE) + PAGE;
	struct dirty_request whole = { .head = { .argsz = argsz, .flags = flags } };
	int ret;

	if (flags == DIRTY_CLEAR)
		whole.clear = (struct vfio_iommu_type1_dirty_clear){
			A, RANGE, PAGE, self->bits.bytes, (uintptr_t)self->bits.words,
		};
	else if (flags & DIRTY_RANGE)
		whole.range = (struct vfio_iommu_type1_dirty_range){ A, RANGE };
	else
		whole.get = (struct vfio_iommu_type1_dirty_bitmap_get){
			A,
			RANGE,
			{ PAGE, self->bits.bytes, (void *)self->bits.words },
		};
	must_sys(mprotect(end, PAGE, PROT_NONE));
	memcpy(end - size, &whole, size);
	ret = __dirty_request(self->container, (void *)(end - size));
	munmap(end - PAGE, 2 * PAGE);
	return ret;
}

/* What is too short for its flags is refused unread, else all of it is read. */
static void check_argsz(struct dirty_flags_self *self, uint32_t flags, size_t needed)
{
	uint32_t argsz;
	size_t size;

	for (argsz = 0; argsz < needed; argsz++)
		EXPECT_EQ(ask_cut(self, argsz, flags, DIRTY_ARGSZ), -EINVAL);
	EXPECT_EQ(ask_cut(self, needed - 1, flags, needed), -EINVAL);
	for (size = 0; size < needed; size++)
		EXPECT_EQ(ask_cut(self, needed, flags, size), -EFAULT);
	EXPECT_EQ(ask_cut(self, -1, flags, needed - 1), -EFAULT);
	EXPECT_EQ(dirty_count(&self->bits), 0);
}

TEST_F(dirty_flags, argument)
{
	check_argsz(self, DIRTY_START | DIRTY_RANGE, DIRTY_RANGE_ARGSZ);
	EXPECT_FALSE(is_on(self));
	EXPECT_EQ(ask_cut(self, DIRTY_RANGE_ARGSZ, DIRTY_START | DIRTY_RANGE, DIRTY_RANGE_ARGSZ),
		  0);
	EXPECT_TRUE(is_on(self));
	check_argsz(self, DIRTY_CLEAR, DIRTY_CLEAR_ARGSZ);
	EXPECT_EQ(ask_cut(self, DIRTY_CLEAR_ARGSZ, DIRTY_CLEAR, DIRTY_CLEAR_ARGSZ), 0);
	check_argsz(self, DIRTY_GET | DIRTY_PEEK, DIRTY_GET_ARGSZ);
	EXPECT_EQ(ask_cut(self, DIRTY_GET_ARGSZ, DIRTY_GET | DIRTY_PEEK, DIRTY_GET_ARGSZ), 0);
	EXPECT_EQ(self->bits.words[0], ALL_PAGES);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(dirty_flags, peek)
{
	int round;

	EXPECT_EQ(__dirty_peek(self->container, &self->bits), -EINVAL);
	dirty_start(self->container);
	for (round = 0; round < 3; round++) {
		dirty_wipe(&self->bits);
		EXPECT_EQ(__dirty_peek(self->container, &self->bits), 0);
		EXPECT_EQ(self->bits.words[0], ALL_PAGES);
		EXPECT_TRUE(dirty_is_guarded(&self->bits));
	}
	EXPECT_EQ(bits_of(self, A, RANGE / PAGE), ALL_PAGES);
}

/* The device may write to any page again at once, so nothing gets clean. */
TEST_F(dirty_flags, clear)
{
	EXPECT_EQ(__dirty_clear(self->container, &self->bits), -EINVAL);
	dirty_start(self->container);
	/* Bits of pages that are not mapped mean nothing. */
	memset(self->bits.words, 0xff, self->bits.bytes);
	EXPECT_EQ(__dirty_clear(self->container, &self->bits), 0);
	EXPECT_EQ(self->bits.words[0], ~0ull);
	EXPECT_TRUE(dirty_is_guarded(&self->bits));
	EXPECT_EQ(bits_of(self, A, RANGE / PAGE), ALL_PAGES);
	dirty_wipe(&self->bits);
	EXPECT_EQ(__dirty_clear(self->container, &self->bits), 0);
	EXPECT_EQ(bits_of(self, A, RANGE / PAGE), ALL_PAGES);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(dirty_flags, mask_is_only_read)
{
	uint64_t *mask = mem_untouched(PAGE);
	struct dirty_bits bits = {
		.iova = A,
		.pages = RANGE / PAGE,
		.bytes = sizeof(*mask),
		.words = mask,
	};

	dirty_start(self->container);
	mask[0] = ~0ull;
	must_sys(mprotect(mask, PAGE, PROT_READ));
	EXPECT_EQ(__dirty_clear(self->container, &bits), 0);
	must_sys(mprotect(mask, PAGE, PROT_NONE));
	EXPECT_EQ(__dirty_clear(self->container, &bits), -EFAULT);
}

struct range_case {
	const char *what;
	uint64_t iova;
	uint64_t size;
	int error;
};

TEST_F(dirty_flags, range_errors)
{
	const struct range_case cases[] = {
		{ "size 0", A, 0, EINVAL },
		{ "size 0 at the top", -PAGE, 0, EINVAL },
		{ "size 1", A, 1, EINVAL },
		{ "half a page more", A, RANGE + 2048, EINVAL },
		{ "iova + 1", A + 1, RANGE, EINVAL },
		{ "wraps", -PAGE, 2 * PAGE, EOVERFLOW },
		{ "wraps far", A, -PAGE, EOVERFLOW },
		{ "first page", A, PAGE, EINVAL },
		{ "last page", A + 3 * PAGE, PAGE, EINVAL },
		{ "middle", C + PAGE, PAGE, EINVAL },
		{ "one and a part", A, 5 * PAGE, EINVAL },
		{ "a part and one", A + PAGE, 5 * PAGE, EINVAL },
		{ "before and a part", A - PAGE, 2 * PAGE, EINVAL },
		{ "hole and a part", HOLE, 2 * PAGE, EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = __dirty_start_range(self->container, cases[i].iova, cases[i].size);

		if (!EXPECT_EQ(ret, -cases[i].error))
			NOTE("in case: %s", cases[i].what);
		EXPECT_EQ(get(self, A, 4), -EINVAL);
		EXPECT_EQ(get(self, C, 8), -EINVAL);
	}
	EXPECT_UNCHANGED(self->container, self->before);
	/* None of it is in the way of what is in order. */
	EXPECT_EQ(__dirty_start(self->container), 0);
	EXPECT_TRUE(is_on(self));
}

/* Only mappings in the range are tracked, and only they can be read. */
TEST_F(dirty_flags, range)
{
	EXPECT_EQ(__dirty_start_range(self->container, A, 7 * PAGE), 0);
	EXPECT_EQ(bits_of(self, A, 4), 0xf);
	EXPECT_EQ(bits_of(self, B, 2), 0x3);
	EXPECT_EQ(bits_of(self, A, 7), 0x3f);
	EXPECT_EQ(get(self, C, 8), -EINVAL);
	EXPECT_EQ(get(self, A, RANGE / PAGE), -EINVAL);
	EXPECT_EQ(__dirty_peek(self->container, &self->bits), -EINVAL);
	EXPECT_EQ(__dirty_clear(self->container, &self->bits), -EINVAL);
	EXPECT_EQ(__dirty_unmap(self->container, &self->bits, NULL), -EINVAL);
	EXPECT_EQ(dirty_count(&self->bits), 0);
	/* Nor what is partly beyond the range, even if nothing is mapped there. */
	EXPECT_EQ(get(self, A - PAGE, 5), -EINVAL);
	EXPECT_EQ(get(self, A - PAGE, 1), -EINVAL);
	EXPECT_EQ(get(self, END, 10), -EINVAL);
	EXPECT_UNCHANGED(self->container, self->before);
}

TEST_F(dirty_flags, range_and_later_mappings)
{
	EXPECT_EQ(__dirty_start_range(self->container, END, 20 * PAGE), 0);
	EXPECT_EQ(get(self, A, RANGE / PAGE), -EINVAL);
	iommu_map(self->container, self->memory, END + 2 * PAGE, 3 * PAGE, IOMMU_RW);
	EXPECT_EQ(bits_of(self, END, 20), 0x1c);
	/* Half in it is not in it. */
	iommu_map(self->container, self->memory, END + 19 * PAGE, 2 * PAGE, IOMMU_RW);
	EXPECT_EQ(get(self, END + 19 * PAGE, 2), -EINVAL);
	EXPECT_EQ(bits_of(self, END, 19), 0x1c);
	EXPECT_EQ(iommu_unmap(self->container, END + 19 * PAGE, 2 * PAGE), 2 * PAGE);
	/* Up to its last page. */
	iommu_map(self->container, self->memory, END + 19 * PAGE, PAGE, IOMMU_RW);
	EXPECT_EQ(bits_of(self, END, 20), 0x8001c);
	iommu_map(self->container, self->memory, END + 20 * PAGE, PAGE, IOMMU_RW);
	EXPECT_EQ(get(self, END + 20 * PAGE, 1), -EINVAL);
}

TEST_F(dirty_flags, range_and_another_one)
{
	int round;

	for (round = 0; round < 2; round++) {
		EXPECT_EQ(__dirty_start_range(self->container, A, 6 * PAGE), 0);
		EXPECT_EQ(__dirty_start_range(self->container, A, 6 * PAGE), 0);
		EXPECT_EQ(__dirty_start_range(self->container, A, 7 * PAGE), -EBUSY);
		EXPECT_EQ(__dirty_start_range(self->container, C, 8 * PAGE), -EBUSY);
		EXPECT_EQ(__dirty_start(self->container), -EBUSY);
		EXPECT_EQ(bits_of(self, A, 6), 0x3f);
		EXPECT_EQ(get(self, C, 8), -EINVAL);
		dirty_stop(self->container);
		EXPECT_EQ(get(self, A, 6), -EINVAL);

		EXPECT_EQ(__dirty_start(self->container), 0);
		EXPECT_EQ(__dirty_start_range(self->container, A, 6 * PAGE), -EBUSY);
		EXPECT_EQ(__dirty_start(self->container), 0);
		EXPECT_TRUE(is_on(self));
		dirty_stop(self->container);
	}
	EXPECT_UNCHANGED(self->container, self->before);
}

KTAP_MAIN()
