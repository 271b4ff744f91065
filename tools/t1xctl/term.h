/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What standard output is.
 */
#ifndef T1XCTL_TERM_H
#define T1XCTL_TERM_H

#include <stdbool.h>
#include <stddef.h>

enum term_look { TERM_PLAIN, TERM_HEAD, TERM_GOOD, TERM_BAD };

struct term {
	bool is_terminal;
	bool has_colour;
	size_t columns;
	size_t lines; /* 0: no end */
};

struct term term_get(void);
const char *term_on(const struct term *term, enum term_look look);
const char *term_off(const struct term *term, enum term_look look);
void term_clear(const struct term *term);

#endif /* T1XCTL_TERM_H */
