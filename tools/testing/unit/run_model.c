// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of core/run.c: every frame and every bit by itself.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "run_model.h"

/* The picture in run.h, in numbers of its own. */
#define WORD_PFN_AT	0
#define WORD_PFN_BITS	40
#define WORD_LENGTH_AT	40
#define WORD_LENGTH_BITS 22
#define WORD_KIND_AT	62
#define WORD_KIND_BITS	2
#define WORD_MOST_PAGES	4194304	/* 16 GiB of 4 KiB pages */

struct frame {
	u64 pfn;
	enum t1x_run_kind kind;
};

/**
 * run_check_scan() - length of the run at the start of an array
 * @pages: the array
 * @npages: its entries, at least 1
 * @stride: distance of neighbours
 *
 * The code sees a copy without one byte to spare, so that the address
 * sanitizer notices a read behind the end.
 *
 * Return: NULL if code and model agree, else what differs.
 */
const char *run_check_scan(const unsigned long *pages, size_t npages, unsigned long stride)
{
	unsigned long *copy = malloc(npages * sizeof(*copy));
	size_t expect = 0, got;

	assert(copy);
	memcpy(copy, pages, npages * sizeof(*copy));
	while (expect < npages && pages[expect] == pages[0] + expect * stride)
		expect++;

	got = t1x_run_scan(copy, npages, stride);
	free(copy);
	if (got == expect)
		return NULL;
	return got < expect ? "scan stops too early" : "scan runs too far";
}

static size_t run_frames(const struct t1x_run *run, struct frame *frames)
{
	assert(run->npages <= RUN_MODEL_FRAMES);
	for (u64 i = 0; i < run->npages; i++)
		frames[i] = (struct frame){ run->pfn + i, run->kind };
	return run->npages;
}

static bool run_equal(const struct t1x_run *a, const struct t1x_run *b)
{
	return a->pfn == b->pfn && a->npages == b->npages && a->kind == b->kind;
}

/**
 * run_check_extend() - join two runs frame by frame
 * @run: the first, may be empty
 * @next: the second, not empty
 *
 * Return: NULL if code and model agree, else what differs.
 */
const char *run_check_extend(struct t1x_run run, struct t1x_run next)
{
	struct frame frames[2 * RUN_MODEL_FRAMES], got[2 * RUN_MODEL_FRAMES];
	size_t nr = run_frames(&run, frames);
	struct t1x_run joined = run;
	bool expect = true;

	nr += run_frames(&next, frames + nr);
	for (size_t i = 1; i < nr; i++)
		if (frames[i].pfn != frames[0].pfn + i || frames[i].kind != frames[0].kind)
			expect = false;

	if (t1x_run_extend(&joined, &next) != expect)
		return expect ? "extend refuses a neighbour" : "extend joins strangers";
	if (!expect)
		return run_equal(&joined, &run) ? NULL : "a refused extend changed the run";
	if (joined.npages != nr)
		return "the joined run has another length";
	run_frames(&(struct t1x_run){ joined.pfn, run.npages, joined.kind }, got);
	run_frames(&(struct t1x_run){ joined.pfn + run.npages, next.npages, joined.kind },
		   got + run.npages);
	for (size_t i = 0; i < nr; i++)
		if (got[i].pfn != frames[i].pfn || got[i].kind != frames[i].kind)
			return "the joined run has other frames";
	return NULL;
}

static u64 word_put(u64 word, unsigned int at, unsigned int nbits, u64 value)
{
	for (unsigned int bit = 0; bit < nbits; bit++)
		if (value >> bit & 1)
			word |= 1ULL << (at + bit);
	return word;
}

static u64 word_of_run(const struct t1x_run *run)
{
	u64 word = word_put(0, WORD_PFN_AT, WORD_PFN_BITS, run->pfn);

	word = word_put(word, WORD_LENGTH_AT, WORD_LENGTH_BITS, run->npages - 1);
	return word_put(word, WORD_KIND_AT, WORD_KIND_BITS, run->kind);
}

/**
 * run_check_pack() - pack a whole run, word by word
 * @run: run to pack, not empty
 *
 * Return: NULL if code and model agree, else what differs.
 */
const char *run_check_pack(struct t1x_run run)
{
	struct t1x_run rest = run;

	while (run.npages) {
		struct t1x_run part = run, unpacked;
		u64 word;

		if (part.npages > WORD_MOST_PAGES)
			part.npages = WORD_MOST_PAGES;
		run.pfn += part.npages;
		run.npages -= part.npages;

		word = t1x_run_pack(&rest);
		if (word != word_of_run(&part))
			return "the packed word has other bits";
		if (!run_equal(&rest, &run))
			return "pack leaves another rest";
		unpacked = t1x_run_unpack(word);
		if (!run_equal(&unpacked, &part))
			return "unpack does not give back what was packed";
	}
	return NULL;
}

/**
 * run_check_unpack() - unpack any word
 * @word: 64 bits from anywhere
 *
 * Return: NULL if the run packs to @word again, else what differs.
 */
const char *run_check_unpack(u64 word)
{
	struct t1x_run run = t1x_run_unpack(word);

	if (!run.npages || run.npages > WORD_MOST_PAGES)
		return "unpack gives an impossible length";
	if (word_of_run(&run) != word)
		return "unpack does not mean the bits of the word";
	return run_check_pack(run);
}

/**
 * run_check_leaves() - count the leaves that a run can make, page by page
 * @run: run to count in
 * @page: IOVA of its first frame, in pages
 * @order: pages of a leaf, as a power of two
 *
 * Return: NULL if code and model agree, else what differs.
 */
const char *run_check_leaves(struct t1x_run run, u64 page, unsigned int order)
{
	u64 leaf = 1, expect = 0, filled = 0, got;

	while (order--)
		leaf *= 2;
	got = t1x_run_nr_leaves(&run, page, __builtin_ctzll(leaf));

	/* A leaf is begun where IOVA and frame are aligned, and then has to get full. */
	for (u64 i = 0; i < run.npages; i++) {
		if ((page + i) % leaf == 0 && (run.pfn + i) % leaf == 0)
			filled = 1;
		else if (filled)
			filled++;
		if (filled == leaf) {
			expect++;
			filled = 0;
		}
	}
	if (got == expect)
		return NULL;
	return got < expect ? "a leaf is not counted" : "more leaves than the run has room for";
}
