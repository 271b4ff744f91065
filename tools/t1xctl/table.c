// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "table.h"
#include "text.h"

/**
 * table_add() - add a row
 * @table: the table
 *
 * Return: the row, whose cells are to be filled with printable text.
 */
struct table_row *table_add(struct table *table)
{
	struct table_row *row = calloc(1, sizeof(*row));

	if (!row)
		err(1, "calloc");
	if (table->last)
		table->last->next = row;
	else
		table->first = row;
	table->last = row;
	return row;
}

static size_t table_total(const struct table *table, const size_t *widths)
{
	size_t total = table->nr_columns - 1, i;

	for (i = 0; i < table->nr_columns; i++)
		total += widths[i];
	return total;
}

/* As wide as the widest cell; if that is too much, the widest of those that can give, gives. */
static void table_widths(const struct table *table, size_t *widths, size_t room)
{
	const struct table_row *row;
	size_t i, widest;

	for (i = 0; i < table->nr_columns; i++) {
		widths[i] = text_columns(table->columns[i].title);
		for (row = table->first; row; row = row->next) {
			size_t width = text_columns(row->cells[i]);

			if (width > widths[i])
				widths[i] = width;
		}
	}
	while (table_total(table, widths) > room) {
		widest = table->nr_columns;
		for (i = 0; i < table->nr_columns; i++)
			if (table->columns[i].least && widths[i] > table->columns[i].least &&
			    (widest == table->nr_columns || widths[i] > widths[widest]))
				widest = i;
		if (widest == table->nr_columns)
			break;
		widths[widest]--;
	}
}

/* One line; of cells at the end of it, nothing is behind the text. */
static void table_line(const struct table *table, const struct term *term, const size_t *widths,
		       struct table_row *row)
{
	size_t i, padding;

	for (i = 0; i < table->nr_columns; i++) {
		enum term_look look = row->looks[i];

		text_cut(row->cells[i], widths[i]);
		padding = widths[i] - text_columns(row->cells[i]);
		printf("%s%*s%s%s%s", i ? " " : "", table->columns[i].is_right ? (int)padding : 0,
		       "", term_on(term, look), row->cells[i], term_off(term, look));
		if (!table->columns[i].is_right && i + 1 < table->nr_columns)
			printf("%*s", (int)padding, "");
	}
	putchar('\n');
}

/**
 * table_print() - write a table to standard output
 * @table: the table; what does not fit its column is cut
 * @term: what standard output is
 * @max_rows: rows to write after the titles
 */
void table_print(struct table *table, const struct term *term, size_t max_rows)
{
	size_t widths[TABLE_MAX_COLUMNS], i;
	struct table_row titles = { 0 }, *row;

	table_widths(table, widths, term->columns);
	for (i = 0; i < table->nr_columns; i++) {
		snprintf(titles.cells[i], TABLE_CELL, "%s", table->columns[i].title);
		titles.looks[i] = TERM_HEAD;
	}
	table_line(table, term, widths, &titles);
	for (row = table->first; row && max_rows; row = row->next, max_rows--)
		table_line(table, term, widths, row);
}

/**
 * table_free() - free the rows of a table
 * @table: the table
 */
void table_free(struct table *table)
{
	struct table_row *row;

	while ((row = table->first)) {
		table->first = row->next;
		free(row);
	}
	table->last = NULL;
}
