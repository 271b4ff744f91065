// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: some mappings in a range of pages are made dirty, read through
 * windows that are cleared or not, cleared by masks and mixed with each other.
 * Every single operation is compared with the model of the unit test, and what a
 * window shows and leaves is compared with the mappings, page by page.
 *
 * Input: three bytes per mapping (how far behind the one before, how many
 * pages), then a sequence of operations, each one byte of what to do, one of
 * which mapping, four for a window, and the numbers that it needs.
 */
#include "bits_model.h"
#include "fuzz.h"

#define MAPPINGS	4
#define MOST_GAP	70
#define MOST_PAGES	300
#define MOST_WINDOW	(MAPPINGS * (MOST_GAP + MOST_PAGES))

/* Bit i of @dirty is page @first + i of the range. */
struct mapping {
	struct bits_pair dirty;
	unsigned long first;
	unsigned long npages;
};

/* The part of a mapping in a window: offsets in each, and the length. */
struct overlap {
	unsigned long at_window;
	unsigned long at_dirty;
	unsigned long nbits;
};

static unsigned long fuzz_layout(struct fuzz_input *input, struct mapping *mappings)
{
	unsigned long end = 0;

	for (size_t i = 0; i < MAPPINGS; i++) {
		mappings[i].first = end + fuzz_take(input, 1) % MOST_GAP;
		mappings[i].npages = 1 + fuzz_take(input, 2) % MOST_PAGES;
		end = mappings[i].first + mappings[i].npages;
		bits_pair_init(&mappings[i].dirty, mappings[i].npages);
	}
	return end;
}

static struct overlap mapping_overlap(const struct mapping *mapping, unsigned long start,
				      unsigned long npages)
{
	unsigned long low = mapping->first > start ? mapping->first : start;
	unsigned long mapping_end = mapping->first + mapping->npages;
	unsigned long high = mapping_end < start + npages ? mapping_end : start + npages;

	/* Without a common page the offsets are where nothing may be touched. */
	return (struct overlap){
		.at_window = low < high ? low - start : npages,
		.at_dirty = low < high ? low - mapping->first : mapping->npages,
		.nbits = low < high ? high - low : 0,
	};
}

static bool mappings_are_dirty(const struct mapping *mappings, unsigned long page)
{
	for (size_t i = 0; i < MAPPINGS; i++)
		if (page - mappings[i].first < mappings[i].npages)
			return bits_pair_test(&mappings[i].dirty, page - mappings[i].first);
	return false;
}

static void fuzz_touch(struct fuzz_input *input, struct mapping *mapping)
{
	unsigned long bit = fuzz_take(input, 2) % mapping->npages;
	unsigned long nbits = fuzz_take(input, 2) % (mapping->npages - bit + 1);

	fuzz_agree(bits_pair_fill(&mapping->dirty, bit, nbits));
}

static void fuzz_randomize(struct fuzz_input *input, struct bits_pair *pair)
{
	for (size_t i = 0; i < pair->nwords; i++)
		bits_pair_set_word(pair, i, fuzz_take(input, 1) * 0x9e3779b97f4a7c15);
}

static void mappings_peek(struct mapping *mappings, unsigned long start, struct bits_pair *window,
			  unsigned long npages)
{
	for (size_t i = 0; i < MAPPINGS; i++) {
		struct overlap part = mapping_overlap(&mappings[i], start, npages);

		fuzz_agree(bits_pair_or(window, part.at_window, &mappings[i].dirty, part.at_dirty,
					part.nbits));
	}
}

static void mappings_clear(struct mapping *mappings, unsigned long start, struct bits_pair *mask,
			   unsigned long npages)
{
	for (size_t i = 0; i < MAPPINGS; i++) {
		struct overlap part = mapping_overlap(&mappings[i], start, npages);

		fuzz_agree(bits_pair_andnot(&mappings[i].dirty, part.at_dirty, mask, part.at_window,
					    part.nbits));
	}
}

static void mappings_snapshot(const struct mapping *mappings, unsigned long start, bool *dirty,
			      unsigned long npages)
{
	for (unsigned long i = 0; i < npages; i++)
		dirty[i] = mappings_are_dirty(mappings, start + i);
}

/*
 * A mapping is written to while the user gets the window: what the window shows
 * is cleared, and nothing else; if he does not get it nothing is.
 */
static void fuzz_read(struct fuzz_input *input, struct mapping *mappings, unsigned long start,
		      unsigned long npages, bool clear)
{
	bool before[MOST_WINDOW], now[MOST_WINDOW];
	struct bits_pair window;

	bits_pair_init(&window, npages);
	mappings_snapshot(mappings, start, before, npages);
	mappings_peek(mappings, start, &window, npages);
	for (unsigned long i = 0; i < npages; i++)
		if (bits_pair_test(&window, i) != before[i])
			fuzz_agree("the window shows other pages than are dirty");

	fuzz_touch(input, &mappings[fuzz_take(input, 1) % MAPPINGS]);
	mappings_snapshot(mappings, start, now, npages);
	if (clear)
		mappings_clear(mappings, start, &window, npages);
	for (unsigned long i = 0; i < npages; i++)
		if (mappings_are_dirty(mappings, start + i) != (now[i] && !(clear && before[i])))
			fuzz_agree("a read leaves other pages dirty than it should");
	bits_pair_fini(&window);
}

static void fuzz_clear(struct fuzz_input *input, struct mapping *mappings, unsigned long start,
		       unsigned long npages)
{
	struct bits_pair mask;

	bits_pair_init(&mask, npages);
	fuzz_randomize(input, &mask);
	mappings_clear(mappings, start, &mask, npages);
	for (unsigned long i = 0; i < npages; i++)
		if (mappings_are_dirty(mappings, start + i) && bits_pair_test(&mask, i))
			fuzz_agree("a page is dirty that the mask clears");
	bits_pair_fini(&mask);
}

/* From one mapping to another, at offsets that no layout need give. */
static void fuzz_mix(struct fuzz_input *input, struct mapping *dst, struct mapping *src)
{
	unsigned long dst_bit = fuzz_take(input, 2) % dst->npages;
	unsigned long src_bit = fuzz_take(input, 2) % src->npages;
	unsigned long dst_most = dst->npages - dst_bit, src_most = src->npages - src_bit;
	unsigned long nbits = fuzz_take(input, 2) %
			      ((dst_most < src_most ? dst_most : src_most) + 1);
	bits_step step = fuzz_take(input, 1) % 2 ? bits_pair_or : bits_pair_andnot;

	fuzz_agree(step(&dst->dirty, dst_bit, &src->dirty, src_bit, nbits));
}

static void fuzz_step(struct fuzz_input *input, struct mapping *mappings, unsigned long end)
{
	u8 what = fuzz_take(input, 1) % 6, which = fuzz_take(input, 1);
	struct mapping *mapping = &mappings[which % MAPPINGS];
	struct mapping *other = &mappings[(which + 1 + which / 4 % 3) % MAPPINGS];
	unsigned long start = fuzz_take(input, 2) % end;
	unsigned long npages = fuzz_take(input, 2) % (end - start + 1);

	switch (what) {
	case 0:
		fuzz_touch(input, mapping);
		break;
	case 1:
		fuzz_randomize(input, &mapping->dirty);
		break;
	case 2:
		fuzz_mix(input, mapping, other);
		break;
	case 3:
		fuzz_clear(input, mappings, start, npages);
		break;
	default:
		fuzz_read(input, mappings, start, npages, which % 2);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { .bytes = data, .left = size };
	struct mapping mappings[MAPPINGS];
	unsigned long end = fuzz_layout(&input, mappings);

	while (input.left)
		fuzz_step(&input, mappings, end);
	for (size_t i = 0; i < MAPPINGS; i++)
		bits_pair_fini(&mappings[i].dirty);
	return 0;
}
