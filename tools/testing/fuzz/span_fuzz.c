// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: any set of spans, any sequence of operations on it, each of
 * them compared with the model of the unit test.
 *
 * Input: one byte of spare room, one per cell for the first contents, then
 * three per operation (what, two cells).
 */
#include "fuzz.h"
#include "span_model.h"

static void fuzz_model(struct fuzz_input *input, struct span_model *model)
{
	u8 owner = 0, last = 0;

	for (unsigned int cell = 0; cell < SPAN_CELLS; cell++) {
		switch (fuzz_take(input, 1) % 3) {
		case 0:
			last = 0;
			break;
		case 1:
			last = ++owner;
			break;
		case 2:
			last = last ? last : ++owner;
			break;
		}
		model->owner[cell] = last;
	}
}

static struct span_cells fuzz_cells(struct fuzz_input *input)
{
	unsigned int a = fuzz_take(input, 1) % SPAN_CELLS;
	unsigned int b = fuzz_take(input, 1) % SPAN_CELLS;

	return a < b ? (struct span_cells){ a, b } : (struct span_cells){ b, a };
}

static void fuzz_pair_of_spans(struct fuzz_input *input)
{
	struct span_cells a = fuzz_cells(input);

	fuzz_agree(span_check_relations(a, fuzz_cells(input)));
}

static void fuzz_init(struct fuzz_input *input)
{
	u64 start = fuzz_take(input, 8);

	fuzz_agree(span_check_init(start, fuzz_take(input, 8)));
	/* Close to the largest size that fits. */
	fuzz_agree(span_check_init(start, fuzz_take(input, 1) - 128 - start));
}

static void fuzz_step(struct fuzz_input *input, struct span_pair *pair)
{
	switch (fuzz_take(input, 1) % 5) {
	case 0:
		fuzz_agree(span_pair_clip(pair, fuzz_cells(input)));
		break;
	case 1:
		fuzz_agree(span_pair_cut(pair, fuzz_cells(input)));
		break;
	case 2:
		fuzz_agree(span_pair_covers(pair, fuzz_cells(input)));
		break;
	case 3:
		fuzz_pair_of_spans(input);
		break;
	case 4:
		fuzz_init(input);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { .bytes = data, .left = size };
	size_t spare = fuzz_take(&input, 1) % 4;
	struct span_model model;
	struct span_pair pair;

	fuzz_model(&input, &model);
	span_pair_init(&pair, &model, spare);
	while (input.left)
		fuzz_step(&input, &pair);
	span_pair_fini(&pair);
	return 0;
}
