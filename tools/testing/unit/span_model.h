/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slow model of a span set: one number for every cell of the address space.
 *
 * The 64-bit space is cut into SPAN_CELLS consecutive cells: single addresses
 * where mistakes are likely (both ends, 4 GiB, the middle) and one large cell
 * between each such place and the next.  A span of the test is a range of
 * whole cells; the model says for every cell which span it belongs to.
 *
 * A span_pair is a model and a real set that went through the same operations.
 */
#ifndef T1X_TESTING_SPAN_MODEL_H
#define T1X_TESTING_SPAN_MODEL_H

#include "span.h"

#define SPAN_CELLS	27

/**
 * struct span_model - who owns each cell
 * @owner: number of the span that holds the cell, 0 for none.  Cells next to
 *	   each other with the same owner are one span; a cut between two leaves
 *	   two spans, whatever their numbers.
 */
struct span_model {
	u8 owner[SPAN_CELLS];
};

/**
 * struct span_cells - a span in cells
 * @first: first cell
 * @last: last cell, not below @first
 */
struct span_cells {
	unsigned int first;
	unsigned int last;
};

struct span_pair {
	struct span_model model;
	struct t1x_span_set set;
};

struct t1x_span span_of_cells(struct span_cells cells);
size_t span_model_count(const struct span_model *model);

void span_pair_init(struct span_pair *pair, const struct span_model *model, size_t spare);
void span_pair_fini(struct span_pair *pair);
const char *span_pair_clip(struct span_pair *pair, struct span_cells bound);
const char *span_pair_cut(struct span_pair *pair, struct span_cells hole);
const char *span_pair_covers(const struct span_pair *pair, struct span_cells cells);

const char *span_check_init(u64 start, u64 size);
const char *span_check_relations(struct span_cells a, struct span_cells b);

#endif /* T1X_TESTING_SPAN_MODEL_H */
