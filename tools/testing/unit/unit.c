// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the cases of one unit test and reports them as KTAP.
 *
 * Random input comes from a fixed seed, so that a failure repeats; another
 * one can be given in the environment: UNIT_SEED=7 out/unit/span_test
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#define UNIT_MAX_SHOWN	10	/* problems printed per case; all are counted */

static u64 unit_state = 20240229;
static unsigned long unit_checks;
static unsigned long unit_problems;

/**
 * unit_verdict() - count one check of the running case
 * @file: where the check stands
 * @line: where the check stands
 * @problem: what is wrong; NULL if the check holds
 */
void unit_verdict(const char *file, int line, const char *problem)
{
	unit_checks++;
	if (!problem)
		return;
	if (unit_problems++ < UNIT_MAX_SHOWN)
		printf("# %s:%d: %s\n", file, line, problem);
}

/**
 * unit_random() - next number of a repeatable sequence
 *
 * Return: 64 random bits.
 */
u64 unit_random(void)
{
	u64 mixed;

	/* Weyl sequence with a multiplicative finish: no state is a bad one. */
	unit_state += 0x9e3779b97f4a7c15;
	mixed = (unit_state ^ unit_state >> 32) * 0xd6e8feb86659fd93;
	mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93;
	return mixed ^ mixed >> 32;
}

/**
 * unit_random_below() - random number in a range
 * @bound: number above the largest wanted, not 0
 *
 * Return: 0 .. @bound - 1.
 */
u64 unit_random_below(u64 bound)
{
	return unit_random() % bound;
}

/**
 * unit_main() - run all cases
 * @cases: what to run
 * @nr: number of cases
 *
 * A case without a single check fails: it proves nothing.
 *
 * Return: exit status of the program.
 */
int unit_main(const struct unit_case *cases, size_t nr)
{
	const char *seed = getenv("UNIT_SEED");
	size_t failed = 0;

	if (seed)
		unit_state = strtoull(seed, NULL, 0);
	/* What was printed must survive the abort of a sanitizer. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%zu\n# seed %" PRIu64 "\n", nr, (uint64_t)unit_state);

	for (size_t i = 0; i < nr; i++) {
		bool passed;

		unit_checks = 0;
		unit_problems = 0;
		cases[i].body();
		passed = unit_checks && !unit_problems;
		if (unit_problems > UNIT_MAX_SHOWN)
			printf("# ... %lu problems in all\n", unit_problems);
		printf("%s %zu %s # %lu checks\n", passed ? "ok" : "not ok", i + 1, cases[i].name,
		       unit_checks);
		failed += !passed;
	}
	return failed ? 1 : 0;
}
