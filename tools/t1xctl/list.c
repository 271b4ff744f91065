// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "list.h"
#include "notes.h"
#include "table.h"
#include "text.h"

enum { LIST_PID, LIST_FD, LIST_COMM, LIST_BACKEND, LIST_ID, LIST_GROUPS, LIST_MAPPED, LIST_LOCKED };

static const struct table_column list_columns[] = {
	[LIST_PID] = { "PID", true, 0 },       [LIST_FD] = { "FD", true, 5 },
	[LIST_COMM] = { "COMMAND", false, 7 }, [LIST_BACKEND] = { "BACKEND", false, 17 },
	[LIST_ID] = { "ID", true, 3 },	       [LIST_GROUPS] = { "GROUPS", false, 8 },
	[LIST_MAPPED] = { "MAPPED", true, 0 }, [LIST_LOCKED] = { "LOCKED", true, 0 },
};

static void list_number(char *cell, int64_t number)
{
	if (number < 0)
		strcpy(cell, "-");
	else
		snprintf(cell, TABLE_CELL, "%" PRId64, number);
}

static void list_text(char *cell, const char *raw)
{
	text_printable(cell, TABLE_CELL, *raw ? raw : "-");
}

static void list_groups(char *cell, const struct process_group *group)
{
	size_t length = 0;

	strcpy(cell, group ? "" : "-");
	for (; group && length < TABLE_CELL; group = group->next)
		length += snprintf(cell + length, TABLE_CELL - length, "%s%s", length ? "," : "",
				   group->name);
}

static void list_row(struct table *table, const struct process *process,
		     const struct container *container)
{
	struct table_row *row = table_add(table);
	const struct facts *facts = &container->facts;

	list_number(row->cells[LIST_PID], process->pid);
	container_fds_text(container, row->cells[LIST_FD], TABLE_CELL);
	list_text(row->cells[LIST_COMM], process->comm);
	list_text(row->cells[LIST_BACKEND], facts->driver);
	list_number(row->cells[LIST_ID], facts->id);
	list_groups(row->cells[LIST_GROUPS], process->groups);
	text_bytes(row->cells[LIST_MAPPED], facts->mapped);
	text_bytes(row->cells[LIST_LOCKED], facts->locked);
	if (facts->id != FACTS_UNKNOWN)
		row->looks[LIST_BACKEND] = TERM_GOOD;
}

static void list_print(const struct snapshot *snapshot)
{
	struct table table = { .columns = list_columns, .nr_columns = LIST_LOCKED + 1 };
	const struct process *process;
	const struct container *container;
	struct term term = term_get();

	for (process = snapshot->processes; process; process = process->next)
		for (container = process->containers; container; container = container->next)
			list_row(&table, process, container);
	table_print(&table, &term, SIZE_MAX);
	table_free(&table);
}

/**
 * list_run() - show all containers
 * @is_json: as JSON, rather than as a table
 *
 * Return: exit status.
 */
int list_run(bool is_json)
{
	struct snapshot snapshot;

	snapshot_take(&snapshot);
	if (is_json)
		json_print(json_snapshot(&snapshot), false);
	else
		list_print(&snapshot);
	fflush(stdout);
	notes_print(&snapshot);
	snapshot_drop(&snapshot);
	return 0;
}
