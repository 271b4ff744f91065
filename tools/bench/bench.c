// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures map and unmap of the stock backend and of ours, in one boot.
 *
 * usage: bench [-n ROUNDS] [-s] [CASE...]
 *
 *	-n	rounds (default 11)
 *	-s	stock against stock: what differs is noise
 *
 * A round does every case on either backend, in alternating order, each time
 * on a fresh container.  Output for tools/bench/report, one line each:
 *
 *	bench: case CASE/RESULT UNIT TEXT
 *	bench: sample CASE/RESULT BACKEND ROUND NANOSECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backend.h"
#include "cases.h"
#include "iommu.h"

#define DEFAULT_ROUNDS	11

static int wanted_count;
static char **wanted;

static bool is_wanted(const struct bench_case *bench)
{
	int i;

	for (i = 0; i < wanted_count; i++)
		if (!strcmp(wanted[i], bench->name))
			return true;
	return !wanted_count;
}

static void announce(void)
{
	struct utsname name;
	size_t i, j;

	must_sys(uname(&name));
	printf("bench: kernel %s\n", name.release);
	for (i = 0; i < bench_num_cases; i++)
		for (j = 0; j < CASE_MAX_RESULTS && bench_cases[i].results[j]; j++)
			if (is_wanted(&bench_cases[i]))
				printf("bench: case %s/%s %s %s\n", bench_cases[i].name,
				       bench_cases[i].results[j], bench_cases[i].unit,
				       bench_cases[i].text);
}

static void get_memory(struct mem *memory)
{
	size_t i;

	for (i = 0; i < bench_num_cases; i++) {
		enum mem_kind kind = bench_cases[i].kind;

		if (is_wanted(&bench_cases[i]) && !memory[kind].addr)
			case_memory_get(&memory[kind], kind);
	}
}

static void measure(const struct bench_case *bench, const struct mem *memory, enum backend backend,
		    int round)
{
	double ns[CASE_MAX_RESULTS] = { 0 };
	int container = backend_open(backend);
	size_t i;

	bench->run(container, &memory[bench->kind], ns);
	backend_close(container);
	for (i = 0; i < CASE_MAX_RESULTS && bench->results[i]; i++)
		printf("bench: sample %s/%s %s %d %.0f\n", bench->name, bench->results[i],
		       backend_name(backend), round, ns[i]);
}

/* Which backend goes first alternates, lest it always pays for cold caches. */
static void measure_round(const struct mem *memory, int round)
{
	size_t i;
	int j;

	for (i = 0; i < bench_num_cases; i++) {
		if (!is_wanted(&bench_cases[i]))
			continue;
		for (j = 0; j < bench_cases[i].repeat; j++) {
			measure(&bench_cases[i], memory, (round + j) % BACKEND_NR, round);
			measure(&bench_cases[i], memory, (round + j + 1) % BACKEND_NR, round);
		}
	}
}

static bool is_case(const char *name)
{
	size_t i;

	for (i = 0; i < bench_num_cases; i++)
		if (!strcmp(bench_cases[i].name, name))
			return true;
	fprintf(stderr, "bench: there is no case \"%s\"\n", name);
	return false;
}

int main(int argc, char **argv)
{
	int rounds = DEFAULT_ROUNDS, round, opt, i;
	struct mem memory[MEM_NUM_KINDS] = { 0 };
	bool against_itself = false;

	while ((opt = getopt(argc, argv, "n:s")) != -1) {
		if (opt == 'n')
			rounds = atoi(optarg);
		else if (opt == 's')
			against_itself = true;
		else
			return 2;
	}
	wanted = argv + optind;
	wanted_count = argc - optind;
	for (i = 0; i < wanted_count; i++)
		if (!is_case(wanted[i]))
			return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);

	if (against_itself) {
		backend_use_stock_only();
		printf("bench: stock against itself\n");
	}
	if (backend_setup()) {
		fprintf(stderr, "bench: vfio_iommu_type1x is not loaded\n");
		return 1;
	}
	announce();
	get_memory(memory);
	for (round = 0; round < rounds; round++) {
		printf("bench: round %d of %d\n", round + 1, rounds);
		measure_round(memory, round);
	}
	backend_restore();
	printf("bench: end\n");
	return 0;
}
