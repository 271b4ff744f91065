// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of core/span.c: every question is answered cell by cell.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "span_model.h"

/* First address of each cell; a cell ends where the next one begins. */
/* clang-format off */
static const u64 span_cell_start[SPAN_CELLS] = {
	0, 1, 2, 3, 4, 5,
	/* up to 4 GiB */ 6,
	0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
	/* up to the middle */ 0x100000002,
	0x7ffffffffffffffd, 0x7ffffffffffffffe, 0x7fffffffffffffff,
	0x8000000000000000, 0x8000000000000001,
	/* up to the end */ 0x8000000000000002,
	0xfffffffffffffff7, 0xfffffffffffffff8, 0xfffffffffffffff9,
	0xfffffffffffffffa, 0xfffffffffffffffb, 0xfffffffffffffffc,
	0xfffffffffffffffd, 0xfffffffffffffffe, 0xffffffffffffffff,
};

/* clang-format on */

/**
 * span_of_cells() - the addresses of a range of cells
 * @cells: the range
 *
 * Return: the span.
 */
struct t1x_span span_of_cells(struct span_cells cells)
{
	struct t1x_span span = { .start = span_cell_start[cells.first], .last = -1 };

	assert(cells.first <= cells.last && cells.last < SPAN_CELLS);
	if (cells.last < SPAN_CELLS - 1)
		span.last = span_cell_start[cells.last + 1] - 1;
	return span;
}

static bool span_model_begins(const struct span_model *model, unsigned int cell)
{
	return model->owner[cell] && (!cell || model->owner[cell - 1] != model->owner[cell]);
}

/**
 * span_model_count() - number of spans
 * @model: model to look at
 *
 * Return: how many spans the set of this model has.
 */
size_t span_model_count(const struct span_model *model)
{
	size_t nr = 0;

	for (unsigned int cell = 0; cell < SPAN_CELLS; cell++)
		nr += span_model_begins(model, cell);
	return nr;
}

/* Writes the spans of @model to @spans, which has room for SPAN_CELLS. */
static void span_model_export(const struct span_model *model, struct t1x_span *spans)
{
	size_t nr = 0;

	for (unsigned int cell = 0; cell < SPAN_CELLS; cell++) {
		struct t1x_span here = span_of_cells((struct span_cells){ cell, cell });

		if (span_model_begins(model, cell))
			spans[nr++].start = here.start;
		if (model->owner[cell])
			spans[nr - 1].last = here.last;
	}
}

static const char *span_pair_compare(const struct span_pair *pair)
{
	struct t1x_span expect[SPAN_CELLS];

	span_model_export(&pair->model, expect);
	if (pair->set.nr != span_model_count(&pair->model))
		return "the set has another number of spans than the model";
	for (size_t i = 0; i < pair->set.nr; i++) {
		if (pair->set.spans[i].start != expect[i].start)
			return "a span starts elsewhere than in the model";
		if (pair->set.spans[i].last != expect[i].last)
			return "a span ends elsewhere than in the model";
	}
	return NULL;
}

/**
 * span_pair_init() - make the real set that a model describes
 * @pair: result
 * @model: what the set holds at first
 * @spare: room in the set beyond that; the storage has not one byte more, so
 *	   that the address sanitizer sees whoever leaves it
 */
void span_pair_init(struct span_pair *pair, const struct span_model *model, size_t spare)
{
	struct t1x_span spans[SPAN_CELLS];

	pair->model = *model;
	pair->set.nr = span_model_count(model);
	pair->set.room = pair->set.nr + spare;
	pair->set.spans = malloc(pair->set.room * sizeof(*spans));
	assert(pair->set.spans);
	span_model_export(model, spans);
	memcpy(pair->set.spans, spans, pair->set.nr * sizeof(*spans));
}

/**
 * span_pair_fini() - free the real set
 * @pair: made by span_pair_init()
 */
void span_pair_fini(struct span_pair *pair)
{
	free(pair->set.spans);
}

/**
 * span_pair_clip() - clip both and compare
 * @pair: model and set
 * @bound: what may remain
 *
 * Return: NULL if they agree, else what differs.
 */
const char *span_pair_clip(struct span_pair *pair, struct span_cells bound)
{
	struct t1x_span span = span_of_cells(bound);

	for (unsigned int cell = 0; cell < SPAN_CELLS; cell++)
		if (cell < bound.first || cell > bound.last)
			pair->model.owner[cell] = 0;

	t1x_span_set_clip(&pair->set, &span);
	return span_pair_compare(pair);
}

/**
 * span_pair_cut() - cut a hole into both and compare
 * @pair: model and set
 * @hole: what to remove
 *
 * Return: NULL if they agree, else what differs.
 */
const char *span_pair_cut(struct span_pair *pair, struct span_cells hole)
{
	struct t1x_span span = span_of_cells(hole);
	struct span_model after = pair->model;
	bool fits;

	memset(&after.owner[hole.first], 0, hole.last - hole.first + 1);
	fits = span_model_count(&after) <= pair->set.room;
	if (fits)
		pair->model = after;

	if (t1x_span_set_cut(&pair->set, &span) != fits)
		return fits ? "cut fails though there is room" : "cut claims success without room";
	return span_pair_compare(pair);
}

/**
 * span_pair_covers() - ask both whether one span holds all of a range
 * @pair: model and set
 * @cells: the range
 *
 * Return: NULL if they agree, else what differs.
 */
const char *span_pair_covers(const struct span_pair *pair, struct span_cells cells)
{
	struct t1x_span span = span_of_cells(cells);
	bool expect = pair->model.owner[cells.first];

	for (unsigned int cell = cells.first; cell <= cells.last; cell++)
		if (pair->model.owner[cell] != pair->model.owner[cells.first])
			expect = false;

	if (t1x_span_set_covers(&pair->set, &span) != expect)
		return expect ? "covers denies a range that one span holds"
			      : "covers accepts a range that no span holds";
	return span_pair_compare(pair);
}

/**
 * span_check_init() - t1x_span_init() against 128-bit arithmetic
 * @start: first address
 * @size: number of addresses
 *
 * Return: NULL if they agree, else what differs.
 */
const char *span_check_init(u64 start, u64 size)
{
	const struct t1x_span before = { .start = 0x5a5a, .last = 0xa5a5 };
	struct t1x_span span = before;
	__uint128_t end = (__uint128_t)start + size;
	bool valid = size && (end - 1) >> 64 == 0;

	if (t1x_span_init(&span, start, size) != valid)
		return valid ? "init refuses a valid span" : "init accepts a wrap";
	if (!valid)
		return span.start == before.start && span.last == before.last
			       ? NULL
			       : "a failed init changed its result";
	if (span.start != start || span.last != end - 1)
		return "init gives another span";
	return NULL;
}

/**
 * span_check_relations() - overlap and containment, cell by cell
 * @a: one span, the outer one for containment
 * @b: the other
 *
 * Return: NULL if code and model agree, else what differs.
 */
const char *span_check_relations(struct span_cells a, struct span_cells b)
{
	struct t1x_span span_a = span_of_cells(a), span_b = span_of_cells(b);
	bool overlaps = false, contains = true;

	for (unsigned int cell = b.first; cell <= b.last; cell++) {
		bool shared = a.first <= cell && cell <= a.last;

		overlaps |= shared;
		contains &= shared;
	}
	if (t1x_span_overlaps(&span_a, &span_b) != overlaps)
		return overlaps ? "an overlap is denied" : "an overlap is invented";
	if (t1x_span_contains(&span_a, &span_b) != contains)
		return contains ? "containment is denied" : "containment is invented";
	return NULL;
}
