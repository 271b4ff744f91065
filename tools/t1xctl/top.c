// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rates are differences between two snapshots, so that the first round has none.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "table.h"
#include "text.h"
#include "top.h"

enum {
	TOP_PID,
	TOP_FD,
	TOP_COMM,
	TOP_MAPS,
	TOP_UNMAPS,
	TOP_MAPPED,
	TOP_LOCKED,
	TOP_DIRTY,
	TOP_FAULTS,
	TOP_FAULT_RATE,
};

static const struct table_column top_columns[] = {
	[TOP_PID] = { "PID", true, 0 },		[TOP_FD] = { "FD", true, 5 },
	[TOP_COMM] = { "COMMAND", false, 7 },	[TOP_MAPS] = { "MAPS/s", true, 0 },
	[TOP_UNMAPS] = { "UNMAPS/s", true, 0 }, [TOP_MAPPED] = { "MAPPED", true, 0 },
	[TOP_LOCKED] = { "LOCKED", true, 0 },	[TOP_DIRTY] = { "DIRTY/s", true, 0 },
	[TOP_FAULTS] = { "FAULTS", true, 0 },	[TOP_FAULT_RATE] = { "FAULTS/s", true, 0 },
};

/* One container in one round. */
struct top_entry {
	const struct process *process;
	const struct container *container;
	struct rates rates;
};

/* What is not known is nothing. */
static double top_activity(const struct rates *rates)
{
	const double all[] = { rates->maps, rates->unmaps, rates->dirty, rates->faults };
	double sum = 0;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sum += all[i] > 0 ? all[i] : 0;
	return sum;
}

/* The busiest comes first; among equals the order of the snapshot stays. */
static int top_compare(const void *a, const void *b)
{
	const struct top_entry *left = a, *right = b;
	double more = top_activity(&right->rates) - top_activity(&left->rates);

	if (more)
		return more > 0 ? 1 : -1;
	if (left->process->pid != right->process->pid)
		return left->process->pid < right->process->pid ? -1 : 1;
	if (!left->container->nr_fds || !right->container->nr_fds)
		return 0;
	return left->container->fds[0] < right->container->fds[0] ? -1 : 1;
}

/* Return: all containers, to be freed. */
static struct top_entry *top_entries(const struct snapshot *before, const struct snapshot *now,
				     size_t *nr)
{
	struct top_entry *entries = NULL;
	const struct process *process;
	const struct container *container;

	*nr = 0;
	for (process = now->processes; process; process = process->next) {
		for (container = process->containers; container; container = container->next) {
			entries = reallocarray(entries, *nr + 1, sizeof(*entries));
			if (!entries)
				err(1, "reallocarray");
			entries[(*nr)++] = (struct top_entry){
				process, container, rates_get(before, now, process->pid, container)
			};
		}
	}
	if (*nr)
		qsort(entries, *nr, sizeof(*entries), top_compare);
	return entries;
}

static void top_row(struct table *table, const struct top_entry *entry)
{
	const struct facts *facts = &entry->container->facts;
	const char *comm = entry->process->comm;
	const struct rates *rates = &entry->rates;
	struct table_row *row = table_add(table);

	strcpy(row->cells[TOP_PID], "-");
	if (entry->process->pid != FACTS_UNKNOWN)
		snprintf(row->cells[TOP_PID], TABLE_CELL, "%" PRId64, entry->process->pid);
	container_fds_text(entry->container, row->cells[TOP_FD], TABLE_CELL);
	text_printable(row->cells[TOP_COMM], TABLE_CELL, *comm ? comm : "-");
	text_count(row->cells[TOP_MAPS], rates->maps);
	text_count(row->cells[TOP_UNMAPS], rates->unmaps);
	text_bytes(row->cells[TOP_MAPPED], facts->mapped);
	text_bytes(row->cells[TOP_LOCKED], facts->locked);
	text_bytes(row->cells[TOP_DIRTY], rates->dirty * sysconf(_SC_PAGESIZE));
	text_count(row->cells[TOP_FAULTS], facts->faults);
	text_count(row->cells[TOP_FAULT_RATE], rates->faults);
	if (facts->faults > 0)
		row->looks[TOP_FAULTS] = TERM_BAD;
	if (rates->faults > 0)
		row->looks[TOP_FAULT_RATE] = TERM_BAD;
}

static void top_headline(const struct snapshot *now, size_t nr)
{
	time_t seconds = time(NULL);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%T", &tm);
	printf("t1xctl top - %s, containers: %zu", clock, nr);
	if (now->unreadable)
		printf(", not readable: %zu processes", now->unreadable);
	puts("");
}

static void top_table(const struct snapshot *before, const struct snapshot *now, bool is_first)
{
	struct table table = { .columns = top_columns, .nr_columns = TOP_FAULT_RATE + 1 };
	struct term term = term_get();
	size_t nr, i, rows = SIZE_MAX;
	struct top_entry *entries = top_entries(before, now, &nr);

	for (i = 0; i < nr; i++)
		top_row(&table, &entries[i]);
	/* Two lines of head, and one for the cursor. */
	if (term.lines)
		rows = term.lines > 4 ? term.lines - 3 : 1;
	term_clear(&term);
	if (!term.is_terminal && !is_first)
		puts("");
	top_headline(now, nr);
	table_print(&table, &term, rows);
	table_free(&table);
	free(entries);
}

static void top_json(const struct snapshot *before, const struct snapshot *now, bool is_first)
{
	json_t *object = json_snapshot(now), *processes = json_object_get(object, "processes");
	const struct process *process;
	const struct container *container;
	size_t p = 0, c;

	for (process = now->processes; process; process = process->next) {
		json_t *containers = json_object_get(json_array_get(processes, p), "containers");

		p += !!process->containers;
		c = 0;
		for (container = process->containers; container; container = container->next) {
			struct rates rates = rates_get(before, now, process->pid, container);

			json_object_set_new(json_array_get(containers, c++), "per_second",
					    json_rates(&rates));
		}
	}
	json_object_set_new(object, "seconds",
			    is_first ? json_null() : json_real(rates_seconds(before, now)));
	json_object_set_new(object, "time", json_integer(time(NULL)));
	json_print(object, true);
}

static void top_wait(double delay)
{
	struct timespec rest = { delay, (delay - (time_t)delay) * 1e9 };

	while (nanosleep(&rest, &rest) && errno == EINTR)
		;
}

/**
 * top_run() - show what containers do until the user has enough
 * @options: how, and how often
 *
 * Return: exit status.
 */
int top_run(const struct top_options *options)
{
	struct snapshot before = { 0 }, now;
	int64_t round;

	for (round = 0; !options->rounds || round < options->rounds; round++) {
		if (round)
			top_wait(options->delay);
		snapshot_take(&now);
		if (options->is_json)
			top_json(&before, &now, !round);
		else
			top_table(&before, &now, !round);
		if (fflush(stdout) || ferror(stdout))
			break;
		snapshot_drop(&before);
		before = now;
	}
	snapshot_drop(&before);
	return 0;
}
