/* SPDX-License-Identifier: GPL-2.0-only */
/* What is measured. */
#ifndef T1X_BENCH_CASES_H
#define T1X_BENCH_CASES_H

#include "mem.h"

#define CASE_MAX_RESULTS	2

/**
 * struct bench_case - one thing to measure on a fresh container
 * @name: short name, no spaces
 * @text: for the table
 * @unit: "ms" for one operation over much memory, "us" for each of many
 * @kind: kind of memory that it maps; there is one piece of each kind, which
 *	  all cases share, as touching it costs more than all they do
 * @repeat: how often in each round; short ones more often, as their noise is larger
 * @results: what the figures are, in the order of @run's array
 * @run: does it once; nanoseconds, per operation where the unit is us
 */
struct bench_case {
	const char *name;
	const char *text;
	const char *unit;
	enum mem_kind kind;
	int repeat;
	const char *results[CASE_MAX_RESULTS];
	void (*run)(int container, const struct mem *mem, double *ns);
};

extern const struct bench_case bench_cases[];
extern const size_t bench_num_cases;

/* Get the memory of this kind and say what it is like. */
void case_memory_get(struct mem *mem, enum mem_kind kind);

#endif /* T1X_BENCH_CASES_H */
