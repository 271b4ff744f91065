// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: runs of any shape and words of any bits, compared with the
 * model of the unit test.
 *
 * Input: a sequence of operations, each one byte of what to do and the
 * numbers that it needs.
 */
#include "fuzz.h"
#include "run_model.h"

#define MAX_PAGES	64
#define MOST_PFN	0xffffffffffULL
#define MOST_PAGES	4194304ULL
#define MOST_LEAF_PAGES	4096	/* the model looks at each */

static const enum t1x_run_kind kinds[] = { T1X_RUN_PAGES, T1X_RUN_HUGETLB, T1X_RUN_RAW };

/* A run whose frames all fit a word; a length up to @bound. */
static struct t1x_run fuzz_run(struct fuzz_input *input, u64 bound)
{
	struct t1x_run run = {
		.kind = kinds[fuzz_take(input, 1) % 3],
		.pfn = fuzz_take(input, 5) & MOST_PFN,
		.npages = 1 + fuzz_take(input, 4) % bound,
	};

	if (run.npages - 1 > MOST_PFN - run.pfn)
		run.npages = MOST_PFN - run.pfn + 1;
	return run;
}

static void fuzz_scan(struct fuzz_input *input)
{
	size_t npages = 1 + fuzz_take(input, 1) % MAX_PAGES;
	unsigned long stride = 1 + fuzz_take(input, 1);
	unsigned long pages[MAX_PAGES];
	unsigned long page = fuzz_take(input, 8);

	for (size_t i = 0; i < npages; i++) {
		u8 step = fuzz_take(input, 1);

		pages[i] = page;
		/* Mostly neighbours, sometimes near misses, sometimes anything. */
		if (step < 0xe0)
			page += stride;
		else if (step < 0xf0)
			page += step - 0xe8;
		else
			page = fuzz_take(input, 8);
	}
	fuzz_agree(run_check_scan(pages, npages, stride));
}

static void fuzz_extend(struct fuzz_input *input)
{
	struct t1x_run run = fuzz_run(input, RUN_MODEL_FRAMES);
	struct t1x_run next = fuzz_run(input, RUN_MODEL_FRAMES);
	u8 how = fuzz_take(input, 1);

	if (how & 1)
		run.npages = 0;
	if (how & 2)
		next.pfn = run.pfn + run.npages + (how >> 4) - 7;
	if (how & 4)
		next.kind = run.kind;
	fuzz_agree(run_check_extend(run, next));
}

static void fuzz_leaves(struct fuzz_input *input)
{
	struct t1x_run run = fuzz_run(input, MOST_LEAF_PAGES);
	u64 page = fuzz_take(input, 8) >> 12;
	u8 how = fuzz_take(input, 1);
	unsigned int order = how % 16;

	/* Runs that lie in a leaf as their IOVA does are the interesting ones. */
	if (how & 0x80)
		page = (page & ~0xffffULL) | (run.pfn & 0xffff);
	fuzz_agree(run_check_leaves(run, page, order));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { .bytes = data, .left = size };

	while (input.left) {
		switch (fuzz_take(&input, 1) % 5) {
		case 0:
			fuzz_scan(&input);
			break;
		case 1:
			fuzz_extend(&input);
			break;
		case 2:
			fuzz_agree(run_check_pack(fuzz_run(&input, 4 * MOST_PAGES)));
			break;
		case 3:
			fuzz_agree(run_check_unpack(fuzz_take(&input, 8)));
			break;
		case 4:
			fuzz_leaves(&input);
			break;
		}
	}
	return 0;
}
