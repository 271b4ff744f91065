// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/span against its model: by hand, exhaustively on a few cells in three
 * places of the address space, and at random on all cells.
 */
#include <string.h>

#include "span_model.h"
#include "unit.h"

#define FEW_CELLS	5
#define RANDOM_SETS	20000
#define RANDOM_STEPS	8

/* Where the few cells of the exhaustive cases begin: bottom, middle, top. */
static const unsigned int few_at[] = { 0, 12, SPAN_CELLS - FEW_CELLS };

/* For every span of whole cells from cell @at on, @nr cells in all. */
#define for_each_cells(cells, at, nr)					\
	for (cells.first = (at); cells.first < (at) + (nr); cells.first++) \
		for (cells.last = cells.first; cells.last < (at) + (nr); cells.last++)

/*
 * Every possible set on FEW_CELLS cells is one number in base 3.  A digit says
 * of its cell: 0 free, 1 begins a span, 2 belongs to the span before it.
 */
static bool few_decode(unsigned int number, unsigned int at, struct span_model *model)
{
	u8 owner = 0, last = 0;

	memset(model, 0, sizeof(*model));
	for (unsigned int cell = at; cell < at + FEW_CELLS; cell++, number /= 3) {
		if (number % 3 == 2 && !last)
			return false;
		if (number % 3 == 1)
			owner++;
		last = number % 3 ? owner : 0;
		model->owner[cell] = last;
	}
	return !number;
}

#define FEW_SETS	(3 * 3 * 3 * 3 * 3)

typedef const char *(*pair_step)(struct span_pair *pair, struct span_cells cells);

static const char *step_covers(struct span_pair *pair, struct span_cells cells)
{
	return span_pair_covers(pair, cells);
}

static void exhaust(pair_step step, size_t spare)
{
	struct span_model model;
	struct span_cells cells;
	struct span_pair pair;

	for (size_t i = 0; i < UNIT_COUNT(few_at); i++) {
		for (unsigned int number = 0; number < FEW_SETS; number++) {
			if (!few_decode(number, few_at[i], &model))
				continue;
			for_each_cells(cells, few_at[i], FEW_CELLS) {
				span_pair_init(&pair, &model, spare);
				UNIT_AGREE(step(&pair, cells));
				span_pair_fini(&pair);
			}
		}
	}
}

static void clip_is_exhaustively_right(void)
{
	exhaust(span_pair_clip, 0);
}

static void cut_with_room_is_exhaustively_right(void)
{
	exhaust(span_pair_cut, 1);
}

static void cut_without_room_is_exhaustively_right(void)
{
	exhaust(span_pair_cut, 0);
}

static void covers_is_exhaustively_right(void)
{
	exhaust(step_covers, 0);
}

static void overlaps_and_contains_hold_for_all_cells(void)
{
	struct span_cells a, b;

	for_each_cells(a, 0, SPAN_CELLS)
		for_each_cells(b, 0, SPAN_CELLS)
			UNIT_AGREE(span_check_relations(a, b));
}

static void init_holds_at_every_border(void)
{
	static const u64 borders[] = { 0,
				       1,
				       2,
				       0xfff,
				       0x1000,
				       0xffffffff,
				       0x100000000,
				       0x7fffffffffffffff,
				       0x8000000000000000,
				       0x8000000000000001,
				       0xfffffffffffff000,
				       0xfffffffffffffffe,
				       0xffffffffffffffff };

	for (size_t i = 0; i < UNIT_COUNT(borders); i++) {
		for (size_t j = 0; j < UNIT_COUNT(borders); j++)
			UNIT_AGREE(span_check_init(borders[i], borders[j]));
		/* The largest size that fits, and one more; 0 wraps to 2^64. */
		UNIT_AGREE(span_check_init(borders[i], -borders[i]));
		UNIT_AGREE(span_check_init(borders[i], 1 - borders[i]));
	}
	for (unsigned int i = 0; i < RANDOM_SETS; i++)
		UNIT_AGREE(span_check_init(unit_random(), unit_random()));
}

static struct span_cells random_cells(void)
{
	unsigned int a = unit_random_below(SPAN_CELLS);
	unsigned int b = unit_random_below(SPAN_CELLS);

	return a < b ? (struct span_cells){ a, b } : (struct span_cells){ b, a };
}

static void random_model(struct span_model *model)
{
	u8 owner = 0;

	for (unsigned int cell = 0; cell < SPAN_CELLS; cell++) {
		unsigned int what = unit_random_below(6);

		owner += what < 2;
		model->owner[cell] = what == 2 ? 0 : owner;
	}
}

static void random_sequences_agree(void)
{
	static const pair_step steps[] = { span_pair_clip, span_pair_cut, step_covers };

	for (unsigned int set = 0; set < RANDOM_SETS; set++) {
		struct span_model model;
		struct span_pair pair;

		random_model(&model);
		span_pair_init(&pair, &model, unit_random_below(3));
		for (unsigned int i = 0; i < RANDOM_STEPS; i++) {
			pair_step step = steps[unit_random_below(UNIT_COUNT(steps))];

			UNIT_AGREE(step(&pair, random_cells()));
		}
		span_pair_fini(&pair);
	}
}

static void window_of_an_x86_iommu_comes_out(void)
{
	struct t1x_span spans[3] = { { 0, -1 } };
	struct t1x_span_set set = { .spans = spans, .nr = 1, .room = 3 };
	const struct t1x_span aperture = { 0, 0xffffffffffff };
	const struct t1x_span msi = { 0xfee00000, 0xfeefffff };
	const struct t1x_span across = { 0xfedff000, 0xfef00fff };
	const struct t1x_span below = { 0xfedff000, 0xfedfffff };

	t1x_span_set_clip(&set, &aperture);
	UNIT_CHECK(t1x_span_set_covers(&set, &across));
	UNIT_CHECK(t1x_span_set_cut(&set, &msi));
	UNIT_CHECK(set.nr == 2 && set.room == 3);
	UNIT_CHECK(spans[0].start == 0 && spans[0].last == 0xfedfffff);
	UNIT_CHECK(spans[1].start == 0xfef00000 && spans[1].last == 0xffffffffffff);
	UNIT_CHECK(!t1x_span_set_covers(&set, &across));
	UNIT_CHECK(t1x_span_set_covers(&set, &below));
}

static void empty_set_stays_empty(void)
{
	const struct t1x_span all = { 0, -1 };
	struct t1x_span_set set = { .spans = NULL, .nr = 0, .room = 0 };

	UNIT_CHECK(!t1x_span_set_covers(&set, &all));
	UNIT_CHECK(t1x_span_set_cut(&set, &all));
	UNIT_CHECK(set.nr == 0);
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(window_of_an_x86_iommu_comes_out),
		UNIT_CASE(empty_set_stays_empty),
		UNIT_CASE(init_holds_at_every_border),
		UNIT_CASE(overlaps_and_contains_hold_for_all_cells),
		UNIT_CASE(clip_is_exhaustively_right),
		UNIT_CASE(cut_with_room_is_exhaustively_right),
		UNIT_CASE(cut_without_room_is_exhaustively_right),
		UNIT_CASE(covers_is_exhaustively_right),
		UNIT_CASE(random_sequences_agree),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
