// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a ring whose consumer reads, lingers, and writes to his index
 * whatever the input says.  Every single operation is compared with the model of
 * the unit test.
 *
 * Input: one byte for the size of the ring, four for its first index, then a
 * sequence of operations, each one byte of what to do and the numbers that it
 * needs.
 */
#include "fuzz.h"
#include "ring_model.h"

#define SIZES		7 /* 1 to 64 slots */
#define MOST_AT_ONCE	200

/* Half of them close to the indices that the ring is at. */
static u32 fuzz_index(struct fuzz_input *input, const struct ring_pair *pair)
{
	u8 how = fuzz_take(input, 1);

	if (how & 1)
		return fuzz_take(input, 4);
	return (how & 2 ? pair->ring.head : pair->ring.tail) + (how >> 2) - 32;
}

static void fuzz_send(struct fuzz_input *input, struct ring_pair *pair)
{
	for (unsigned int nr = 1 + fuzz_take(input, 1) % MOST_AT_ONCE; nr; nr--)
		fuzz_agree(ring_pair_send(pair));
}

/* He writes, the producer looks or does not, and some day he writes what is right. */
static void fuzz_scribble(struct fuzz_input *input, struct ring_pair *pair)
{
	for (unsigned int nr = 1 + fuzz_take(input, 1) % 8; nr; nr--) {
		ring_pair_scribble(pair, fuzz_index(input, pair));
		if (fuzz_take(input, 1) % 4)
			fuzz_agree(ring_pair_send(pair));
		else if (fuzz_take(input, 1) % 2)
			fuzz_agree(ring_pair_notify(pair));
		else
			fuzz_agree(ring_pair_abandon(pair));
	}
	ring_pair_mend(pair);
}

static void fuzz_step(struct fuzz_input *input, struct ring_pair *pair)
{
	switch (fuzz_take(input, 1) % 7) {
	case 0:
		fuzz_scribble(input, pair);
		break;
	case 1:
		fuzz_agree(ring_pair_lose(pair, fuzz_take(input, 3)));
		break;
	case 2:
		fuzz_agree(ring_pair_abandon(pair));
		break;
	case 3:
		fuzz_send(input, pair);
		break;
	case 4:
		fuzz_agree(ring_pair_notify(pair));
		break;
	default:
		fuzz_agree(ring_pair_read(pair, fuzz_take(input, 1)));
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { .bytes = data, .left = size };
	struct ring_pair pair;

	ring_pair_init(&pair, 1U << fuzz_take(&input, 1) % SIZES);
	ring_pair_start_at(&pair, fuzz_take(&input, 4));
	while (input.left)
		fuzz_step(&input, &pair);
	ring_pair_fini(&pair);
	return 0;
}
