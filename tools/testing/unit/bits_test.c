// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/bits against its model: by hand, exhaustively around the borders of
 * three words, at random on long bitmaps, and beyond 2^32 bits.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bits_model.h"
#include "unit.h"

#define MOST_OFFSET	130		/* exhaustive: into the third word ... */
#define MOST_LENGTH	200		/* ... and up to four words from there */
#define LONG_BITMAP	40000
#define RANDOM_ROUNDS	1500
#define FAR_PART	(4UL << 20)	/* bytes */
#define FAR_BYTES	((1UL << 32) / 8 + FAR_PART)
#define FAR_COMPARED	600		/* bits */

static void pair_randomize(struct bits_pair *pair)
{
	for (size_t i = 0; i < pair->nwords; i++)
		bits_pair_set_word(pair, i, unit_random());
}

/* The picture in bits.h, as user space would see it. */
static void example_of_the_header_holds(void)
{
	static const u8 expect[] = { 0x8d, 0x81, 0, 0, 0, 0, 0, 0 };
	unsigned long out = 0, a = 0x5, b = 0x1031;

	t1x_bits_or(&out, 0, &a, 0, 3);
	UNIT_CHECK(out == 0x0005 && a == 0x5);
	t1x_bits_or(&out, 3, &b, 0, 13);
	UNIT_CHECK(out == 0x818d && b == 0x1031);
	UNIT_CHECK(!memcmp(&out, expect, sizeof(expect)));

	out = 0;
	t1x_bits_or(&out, 0, &b, 5, 8);
	UNIT_CHECK(out == 0x81 && b == 0x1031);
	t1x_bits_fill(&b, 7, 1);
	UNIT_CHECK(b == 0x10b1);
	t1x_bits_andnot(&b, 5, &out, 0, 8);
	UNIT_CHECK(out == 0x81 && b == 0x0091);
}

static void exhaust(bits_step step)
{
	struct bits_pair dst, src;

	bits_pair_init(&dst, MOST_OFFSET + MOST_LENGTH);
	bits_pair_init(&src, MOST_OFFSET + MOST_LENGTH);
	for (unsigned long dst_bit = 0; dst_bit <= MOST_OFFSET; dst_bit++) {
		for (unsigned long src_bit = 0; src_bit <= MOST_OFFSET; src_bit++) {
			for (unsigned long nbits = 0; nbits <= MOST_LENGTH; nbits++) {
				pair_randomize(&dst);
				pair_randomize(&src);
				UNIT_AGREE(step(&dst, dst_bit, &src, src_bit, nbits));
			}
		}
	}
	bits_pair_fini(&dst);
	bits_pair_fini(&src);
}

static void or_is_exhaustively_right(void)
{
	exhaust(bits_pair_or);
}

static void andnot_is_exhaustively_right(void)
{
	exhaust(bits_pair_andnot);
}

static void fill_is_exhaustively_right(void)
{
	struct bits_pair dst;

	bits_pair_init(&dst, 4 * MOST_LENGTH);
	for (unsigned long dst_bit = 0; dst_bit <= MOST_OFFSET; dst_bit++) {
		for (unsigned long nbits = 0; nbits <= 3 * MOST_LENGTH; nbits++) {
			pair_randomize(&dst);
			UNIT_AGREE(bits_pair_fill(&dst, dst_bit, nbits));
		}
	}
	bits_pair_fini(&dst);
}

/* Long ranges, each bitmap with a size of its own. */
static void all_agree_on_long_ranges(void)
{
	static const bits_step steps[] = { bits_pair_or, bits_pair_andnot };

	for (unsigned int round = 0; round < RANDOM_ROUNDS; round++) {
		unsigned long nbits = unit_random_below(LONG_BITMAP >> unit_random_below(10));
		unsigned long dst_bit = unit_random_below(LONG_BITMAP);
		unsigned long src_bit = unit_random_below(LONG_BITMAP);
		struct bits_pair dst, src;

		/* Aligned to each other is no rare case. */
		if (!unit_random_below(4))
			src_bit = src_bit / 64 * 64 + dst_bit % 64;
		bits_pair_init(&dst, dst_bit + nbits);
		bits_pair_init(&src, src_bit + nbits);
		pair_randomize(&dst);
		pair_randomize(&src);
		UNIT_AGREE(steps[round % UNIT_COUNT(steps)](&dst, dst_bit, &src, src_bit, nbits));
		UNIT_AGREE(bits_pair_fill(&dst, dst_bit, nbits));
		bits_pair_fini(&dst);
		bits_pair_fini(&src);
	}
}

/*
 * What a read of the bitmap does: the window gets the bits, the user a copy of it,
 * and the bitmap loses what the window has.  Pages that become dirty in between are
 * left, inside the window and beside it.
 */
static void bits_set_after_a_read_survive_its_clear(void)
{
	for (unsigned int round = 0; round < RANDOM_ROUNDS; round++) {
		unsigned long nbits = unit_random_below(1000), first = unit_random_below(1000);
		unsigned long at = unit_random_below(100), end = first + nbits + 100;
		unsigned long from = unit_random_below(end);
		struct bits_pair window, dirty, before, late;

		bits_pair_init(&window, at + nbits);
		bits_pair_init(&dirty, end);
		bits_pair_init(&before, end);
		bits_pair_init(&late, end);
		pair_randomize(&before);
		UNIT_AGREE(bits_pair_or(&dirty, 0, &before, 0, end));
		UNIT_AGREE(bits_pair_fill(&late, from, unit_random_below(end - from + 1)));

		UNIT_AGREE(bits_pair_or(&window, at, &dirty, first, nbits));
		UNIT_AGREE(bits_pair_or(&dirty, 0, &late, 0, end));
		UNIT_AGREE(bits_pair_andnot(&dirty, first, &window, at, nbits));
		for (unsigned long i = 0; i < end; i++) {
			bool was = bits_pair_test(&before, i), later = bits_pair_test(&late, i);
			bool got = i - first < nbits && bits_pair_test(&window, at + i - first);

			UNIT_CHECK(got == (was && i - first < nbits));
			UNIT_CHECK(bits_pair_test(&dirty, i) == ((was || later) && !got));
		}
		bits_pair_fini(&window);
		bits_pair_fini(&dirty);
		bits_pair_fini(&before);
		bits_pair_fini(&late);
	}
}

/*
 * A bitmap of more than 2^32 bits that needs hardly any memory: all parts but
 * the last are the same memory.  It is empty.
 */
static unsigned long *far_init(void)
{
	int fd = memfd_create("bits", 0);
	char *bytes = mmap(NULL, FAR_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert(fd >= 0 && bytes != MAP_FAILED && !ftruncate(fd, 2 * FAR_PART));
	for (unsigned long at = 0; at < FAR_BYTES; at += FAR_PART) {
		off_t part = at + FAR_PART < FAR_BYTES ? 0 : FAR_PART;
		void *got = mmap(bytes + at, FAR_PART, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED, fd, part);

		assert(got == bytes + at);
	}
	close(fd);
	return (unsigned long *)bytes;
}

static void far_fini(unsigned long *far)
{
	munmap(far, FAR_BYTES);
}

/* Random contents from @bit on, in @far and in a pair where it is bit % 64. */
static void far_view_init(struct bits_pair *view, unsigned long *far, unsigned long bit)
{
	bits_pair_init(view, 64 + FAR_COMPARED);
	pair_randomize(view);
	/* What lies before the view is 0. */
	bits_pair_set_word(view, 0, view->words[0] & ~0UL << bit % 64);
	memcpy(far + bit / 64, view->words, 8 * view->nwords);
}

static bool far_view_equal(const struct bits_pair *view, const unsigned long *far,
			   unsigned long bit)
{
	return !memcmp(view->words, far + bit / 64, 8 * view->nwords);
}

typedef void (*far_step)(unsigned long *dst, unsigned long dst_bit, unsigned long *src,
			 unsigned long src_bit, unsigned long nbits);

static void far_or(unsigned long *dst, unsigned long dst_bit, unsigned long *src,
		   unsigned long src_bit, unsigned long nbits)
{
	t1x_bits_or(dst, dst_bit, src, src_bit, nbits);
}

static void far_andnot(unsigned long *dst, unsigned long dst_bit, unsigned long *src,
		       unsigned long src_bit, unsigned long nbits)
{
	t1x_bits_andnot(dst, dst_bit, src, src_bit, nbits);
}

/* All bits of the range are 0 but for its end, which is compared. */
static void far_check(far_step step, bits_step slow_step, unsigned long dst_bit,
		      unsigned long src_bit, unsigned long nbits)
{
	unsigned long skip = nbits > FAR_COMPARED ? nbits - FAR_COMPARED : 0;
	unsigned long *dst = far_init(), *src = far_init();
	struct bits_pair dst_view, src_view;

	far_view_init(&dst_view, dst, dst_bit + skip);
	far_view_init(&src_view, src, src_bit + skip);
	step(dst, dst_bit, src, src_bit, nbits);
	UNIT_AGREE(slow_step(&dst_view, (dst_bit + skip) % 64, &src_view, (src_bit + skip) % 64,
			     nbits - skip));
	UNIT_CHECK(far_view_equal(&dst_view, dst, dst_bit + skip));
	UNIT_CHECK(far_view_equal(&src_view, src, src_bit + skip));
	bits_pair_fini(&dst_view);
	bits_pair_fini(&src_view);
	far_fini(dst);
	far_fini(src);
}

static void far_check_all(unsigned long dst_bit, unsigned long src_bit, unsigned long nbits)
{
	far_check(far_or, bits_pair_or, dst_bit, src_bit, nbits);
	far_check(far_andnot, bits_pair_andnot, dst_bit, src_bit, nbits);
}

static void offsets_are_not_cut_to_32_bits(void)
{
	static const unsigned long offsets[] = { 17, (1UL << 31) + 17, (1UL << 32) + 3 };

	for (size_t i = 0; i < UNIT_COUNT(offsets); i++)
		for (size_t j = 0; j < UNIT_COUNT(offsets); j++)
			far_check_all(offsets[i], offsets[j], FAR_COMPARED - 5);
}

static void lengths_are_not_cut_to_32_bits(void)
{
	far_check_all(17, 17, (1UL << 32) + FAR_COMPARED);
	far_check_all(3, 17, (1UL << 32) + FAR_COMPARED + 1);
}

static void fill_is_not_cut_to_32_bits(void)
{
	static const struct {
		unsigned long bit, nbits;
	} ranges[] = {
		{ (1UL << 31) + 3, FAR_COMPARED },
		{ (1UL << 32) + 3, FAR_COMPARED },
		{ 3, (1UL << 32) + FAR_COMPARED + 1 },
	};

	for (size_t i = 0; i < UNIT_COUNT(ranges); i++) {
		unsigned long end = ranges[i].bit + ranges[i].nbits;
		unsigned long begin = end - FAR_COMPARED;
		unsigned long *far = far_init();
		struct bits_pair view;

		far_view_init(&view, far, begin);
		t1x_bits_fill(far, ranges[i].bit, ranges[i].nbits);
		/* In a long range all bits before those compared are 1 by now. */
		if (ranges[i].bit != begin)
			bits_pair_set_word(&view, 0, view.words[0] | ~(~0UL << begin % 64));
		UNIT_AGREE(bits_pair_fill(&view, begin % 64, FAR_COMPARED));
		UNIT_CHECK(far_view_equal(&view, far, begin));
		bits_pair_fini(&view);
		far_fini(far);
	}
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(example_of_the_header_holds),
		UNIT_CASE(or_is_exhaustively_right),
		UNIT_CASE(andnot_is_exhaustively_right),
		UNIT_CASE(fill_is_exhaustively_right),
		UNIT_CASE(all_agree_on_long_ranges),
		UNIT_CASE(bits_set_after_a_read_survive_its_clear),
		UNIT_CASE(offsets_are_not_cut_to_32_bits),
		UNIT_CASE(lengths_are_not_cut_to_32_bits),
		UNIT_CASE(fill_is_not_cut_to_32_bits),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
