// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/run against its model: by hand, exhaustively on short arrays and small
 * frame numbers, and at random.
 */
#include "run_model.h"
#include "unit.h"

#define SHORT_ARRAY	5
#define PAGE_STRIDE	64		/* sizeof(struct page) of most kernels */
#define LONG_ARRAY	512
#define RANDOM_ROUNDS	20000
#define MOST_PAGES	4194304ULL
#define MOST_PFN	0xffffffffffULL

static const enum t1x_run_kind kinds[] = { T1X_RUN_PAGES, T1X_RUN_HUGETLB, T1X_RUN_RAW };

/* Array entries near the place that an arithmetic mistake would hit. */
static void scan_is_exhaustively_right(void)
{
	/* The last base makes the run cross the end of the address space. */
	static const unsigned long bases[] = { 0, 0xffffea0000000000, -2UL * PAGE_STRIDE };
	unsigned long pages[SHORT_ARRAY];

	for (size_t base = 0; base < UNIT_COUNT(bases); base++) {
		/* Digits in base 5 choose every entry among five neighbours. */
		for (unsigned int number = 0; number < 5 * 5 * 5 * 5 * 5; number++) {
			unsigned int digits = number;

			for (size_t i = 0; i < SHORT_ARRAY; i++, digits /= 5)
				pages[i] = bases[base] + digits % 5 * PAGE_STRIDE;
			for (size_t npages = 1; npages <= SHORT_ARRAY; npages++) {
				UNIT_AGREE(run_check_scan(pages, npages, PAGE_STRIDE));
				UNIT_AGREE(run_check_scan(pages, npages, PAGE_STRIDE / 2));
			}
		}
	}
}

/* A folio with two pages swapped: first and last entry look innocent. */
static void scan_sees_permuted_pages(void)
{
	unsigned long pages[LONG_ARRAY];

	for (size_t i = 0; i < LONG_ARRAY; i++)
		pages[i] = 0xffffea0000400000 + i * PAGE_STRIDE;
	UNIT_CHECK(t1x_run_scan(pages, LONG_ARRAY, PAGE_STRIDE) == LONG_ARRAY);

	for (size_t at = 1; at + 2 < LONG_ARRAY; at++) {
		unsigned long page = pages[at];

		pages[at] = pages[at + 1];
		pages[at + 1] = page;
		UNIT_CHECK(t1x_run_scan(pages, LONG_ARRAY, PAGE_STRIDE) == at);
		pages[at + 1] = pages[at];
		pages[at] = page;
	}
}

static void scan_agrees_on_random_breaks(void)
{
	unsigned long pages[LONG_ARRAY];

	for (unsigned int round = 0; round < RANDOM_ROUNDS / 10; round++) {
		unsigned long page = unit_random();
		unsigned long stride = 1 + unit_random_below(2 * PAGE_STRIDE);

		for (size_t i = 0; i < LONG_ARRAY; i++) {
			pages[i] = page;
			page += unit_random_below(100) ? stride : unit_random();
		}
		UNIT_AGREE(run_check_scan(pages, 1 + unit_random_below(LONG_ARRAY), stride));
	}
}

static void extend_is_exhaustively_right(void)
{
	static const u64 bases[] = { 0, 0xffffe, MOST_PFN - 7 };

	for (unsigned int number = 0; number < 4 * 4 * 4 * 3 * 3 * 3 * 3; number++) {
		unsigned int digits = number;
		struct t1x_run run, next;

		run.pfn = bases[number % UNIT_COUNT(bases)] + digits % 4;
		run.npages = (digits /= 4) % 4;
		next.pfn = bases[number % UNIT_COUNT(bases)] + (digits /= 4) % 4;
		next.npages = 1 + (digits /= 4) % 3;
		run.kind = kinds[(digits /= 3) % UNIT_COUNT(kinds)];
		next.kind = kinds[(digits /= 3) % UNIT_COUNT(kinds)];
		UNIT_AGREE(run_check_extend(run, next));
	}
}

static void extend_agrees_on_random_runs(void)
{
	for (unsigned int round = 0; round < RANDOM_ROUNDS; round++) {
		struct t1x_run run = {
			.pfn = unit_random() & (MOST_PFN >> 1),
			.npages = unit_random_below(RUN_MODEL_FRAMES + 1),
			.kind = kinds[unit_random_below(UNIT_COUNT(kinds))],
		};
		struct t1x_run next = {
			.pfn = run.pfn + run.npages,
			.npages = 1 + unit_random_below(RUN_MODEL_FRAMES),
			.kind = unit_random_below(4) ? run.kind : T1X_RUN_RAW,
		};

		/* One in four is off by a frame or so, or anywhere. */
		if (!unit_random_below(8))
			next.pfn += unit_random_below(5) - 2;
		else if (!unit_random_below(8))
			next.pfn = unit_random() & MOST_PFN;
		UNIT_AGREE(run_check_extend(run, next));
	}
}

static void pack_holds_at_every_border(void)
{
	static const u64 lengths[] = { 1,
				       2,
				       511,
				       512,
				       513,
				       MOST_PAGES - 1,
				       MOST_PAGES,
				       MOST_PAGES + 1,
				       2 * MOST_PAGES - 1,
				       2 * MOST_PAGES,
				       2 * MOST_PAGES + 1,
				       100 * MOST_PAGES,
				       MOST_PFN,
				       MOST_PFN + 1 };
	static const u64 pfns[] = {
		0, 1, 2, 0xfff, 0x100000, 0x7fffffffff, 0x8000000000, MOST_PFN - 1, MOST_PFN
	};
	struct t1x_run run;

	for (size_t i = 0; i < UNIT_COUNT(lengths); i++) {
		for (size_t j = 0; j < UNIT_COUNT(kinds); j++) {
			for (size_t k = 0; k < UNIT_COUNT(pfns); k++) {
				run = (struct t1x_run){ pfns[k], lengths[i], kinds[j] };
				if (run.npages - 1 <= MOST_PFN - run.pfn)
					UNIT_AGREE(run_check_pack(run));
			}
			/* The highest run of this length. */
			run = (struct t1x_run){ MOST_PFN + 1 - lengths[i], lengths[i], kinds[j] };
			UNIT_AGREE(run_check_pack(run));
		}
	}
}

static void pack_and_unpack_agree_at_random(void)
{
	for (unsigned int round = 0; round < RANDOM_ROUNDS; round++) {
		struct t1x_run run = {
			.pfn = unit_random() & (MOST_PFN >> unit_random_below(40)),
			.kind = kinds[unit_random_below(UNIT_COUNT(kinds))],
		};

		/* Up to 16 words, mostly far fewer. */
		run.npages = 1 + (unit_random() % (16 * MOST_PAGES) >> unit_random_below(26));
		if (run.npages - 1 > MOST_PFN - run.pfn)
			run.npages = MOST_PFN - run.pfn + 1;
		UNIT_AGREE(run_check_pack(run));
		UNIT_AGREE(run_check_unpack(unit_random()));
		UNIT_AGREE(run_check_unpack(1ULL << unit_random_below(64)));
	}
	UNIT_AGREE(run_check_unpack(0));
	UNIT_AGREE(run_check_unpack(-1ULL));
}

/* Stored words must keep their meaning; this one stands in run.h. */
static void example_of_the_header_holds(void)
{
	struct t1x_run run = { .pfn = 0x100000, .npages = 512, .kind = T1X_RUN_HUGETLB };

	UNIT_CHECK(t1x_run_pack(&run) == 0x4001ff0000100000);
	UNIT_CHECK(run.npages == 0 && run.pfn == 0x100200);
}

/* Leaves of up to 8 pages, in runs that begin and end anywhere about them. */
static void leaves_are_exhaustively_right(void)
{
	/* IOVAs reach to the last page; frames, and both, are 4 GiB and more, too. */
	static const u64 bases[] = { 0, 0x100000, 1ULL << 33, (1ULL << 52) - 64 };

	for (size_t base = 0; base < UNIT_COUNT(bases); base++)
		for (unsigned int order = 0; order <= 3; order++)
			for (unsigned int number = 0; number < 16 * 16 * 33; number++) {
				struct t1x_run run = {
					.pfn = bases[(base + 1) % UNIT_COUNT(bases)] % MOST_PFN,
					.npages = number / (16 * 16),
				};

				run.pfn += number / 16 % 16;
				UNIT_AGREE(run_check_leaves(run, bases[base] + number % 16, order));
			}
}

/* What the page table of x86 has: leaves of 2 MiB and of 1 GiB. */
static void leaves_hold_at_every_border(void)
{
	static const s64 near[] = { -513, -512, -511, -1, 0, 1, 511, 512, 513 };
	static const u64 lengths[] = { 1024, 1 << 18, 1 << 19 };
	static const unsigned int orders[] = { 9, 18 };
	const u64 pfn = 1 << 20, page = 1 << 22;
	const size_t nears = UNIT_COUNT(near);

	for (size_t n = 0; n < UNIT_COUNT(orders); n++)
		for (size_t at = 0; at < nears * nears * UNIT_COUNT(lengths); at++) {
			s64 begin = near[at % nears], end = near[at / nears % nears];
			struct t1x_run run = {
				.pfn = pfn + begin,
				.npages = lengths[at / (nears * nears)] + end,
			};

			UNIT_AGREE(run_check_leaves(run, page + begin, orders[n]));
			UNIT_AGREE(run_check_leaves(run, page + end, orders[n]));
		}
}

static void leaves_agree_on_random_runs(void)
{
	for (unsigned int round = 0; round < RANDOM_ROUNDS; round++) {
		unsigned int order = unit_random_below(12);
		u64 page = unit_random() >> (12 + unit_random_below(40));
		struct t1x_run run = {
			.pfn = unit_random() & (MOST_PFN >> (1 + unit_random_below(30))),
			.npages = unit_random_below(1 + (4ULL << order)),
		};

		/* Mostly with the same offset in a leaf: else there is none to be found. */
		if (unit_random_below(8))
			run.pfn += (page - run.pfn) & ((1ULL << order) - 1);
		UNIT_AGREE(run_check_leaves(run, page, order));
	}
}

/* It stands above the function. */
static void example_of_leaves_holds(void)
{
	struct t1x_run run = { .pfn = 0x10ff, .npages = 1030 };

	UNIT_CHECK(t1x_run_nr_leaves(&run, 0x30ff, 9) == 1);
	UNIT_AGREE(run_check_leaves(run, 0x30ff, 9));
}

int main(void)
{
	/* clang-format off */
	static const struct unit_case cases[] = {
		UNIT_CASE(example_of_the_header_holds),
		UNIT_CASE(scan_is_exhaustively_right),
		UNIT_CASE(scan_sees_permuted_pages),
		UNIT_CASE(scan_agrees_on_random_breaks),
		UNIT_CASE(extend_is_exhaustively_right),
		UNIT_CASE(extend_agrees_on_random_runs),
		UNIT_CASE(pack_holds_at_every_border),
		UNIT_CASE(pack_and_unpack_agree_at_random),
		UNIT_CASE(example_of_leaves_holds),
		UNIT_CASE(leaves_are_exhaustively_right),
		UNIT_CASE(leaves_hold_at_every_border),
		UNIT_CASE(leaves_agree_on_random_runs),
	};
	/* clang-format on */

	return unit_main(cases, UNIT_COUNT(cases));
}
