// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "term.h"
#include "text.h"

#define TERM_COLUMNS		80
#define TERM_LEAST_COLUMNS	40

/* A positive number in the environment; 0 if there is none. */
static size_t term_variable(const char *name)
{
	const char *text = getenv(name);
	int64_t value;

	return text && text_number(text, &value) && value < 10000 ? value : 0;
}

/**
 * term_get() - ask what standard output is
 *
 * Return: its size; that of a file, or of a terminal that does not tell, is 80 columns or
 * what COLUMNS says.
 */
struct term term_get(void)
{
	const char *name = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	struct term term = { .is_terminal = isatty(STDOUT_FILENO) };
	struct winsize size = { 0 };

	if (term.is_terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size)) {
		term.columns = size.ws_col;
		term.lines = size.ws_row;
	}
	if (!term.columns)
		term.columns = term_variable("COLUMNS");
	if (!term.columns)
		term.columns = TERM_COLUMNS;
	if (term.columns < TERM_LEAST_COLUMNS)
		term.columns = TERM_LEAST_COLUMNS;
	term.has_colour = term.is_terminal && name && strcmp(name, "dumb") &&
			  (!no_colour || !*no_colour);
	return term;
}

/**
 * term_on() - what makes text look different
 * @term: the terminal
 * @look: how
 *
 * Return: an escape sequence, or nothing.
 */
const char *term_on(const struct term *term, enum term_look look)
{
	static const char * const sequences[] = {
		[TERM_PLAIN] = "",
		[TERM_HEAD] = "\033[1m",
		[TERM_GOOD] = "\033[32m",
		[TERM_BAD] = "\033[31m",
	};

	return term->has_colour ? sequences[look] : "";
}

/**
 * term_off() - what ends that
 * @term: the terminal
 * @look: how it was until now
 *
 * Return: an escape sequence, or nothing.
 */
const char *term_off(const struct term *term, enum term_look look)
{
	return term->has_colour && look != TERM_PLAIN ? "\033[0m" : "";
}

/**
 * term_clear() - make a terminal empty
 * @term: the terminal, or a file, which stays as it is
 */
void term_clear(const struct term *term)
{
	if (term->is_terminal)
		fputs("\033[H\033[2J", stdout);
}
