/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of text in columns.
 */
#ifndef T1XCTL_TABLE_H
#define T1XCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "term.h"

#define TABLE_MAX_COLUMNS	10
#define TABLE_CELL		256

struct table_column {
	const char *title;
	bool is_right;
	size_t least; /* columns it can do with if there is little room; 0: those it has */
};

struct table_row {
	struct table_row *next;
	char cells[TABLE_MAX_COLUMNS][TABLE_CELL];
	enum term_look looks[TABLE_MAX_COLUMNS];
};

struct table {
	const struct table_column *columns;
	size_t nr_columns;
	struct table_row *first;
	struct table_row *last;
};

struct table_row *table_add(struct table *table);
void table_print(struct table *table, const struct term *term, size_t max_rows);
void table_free(struct table *table);

#endif /* T1XCTL_TABLE_H */
