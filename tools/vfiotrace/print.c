// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values as text. Everything ends in print_text(), which makes room.
 */
#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

/* The kernel's own: a tracer sees them, the program never does. */
static const struct print_name restart_errors[] = {
	{ 512, "ERESTARTSYS" },
	{ 513, "ERESTARTNOINTR" },
	{ 514, "ERESTARTNOHAND" },
	{ 516, "ERESTART_RESTARTBLOCK" },
	{ 0, NULL },
};

static void print_reserve(struct print *out, size_t more)
{
	size_t need = out->length + more + 1;

	if (need <= out->room)
		return;
	out->room = need < 128 ? 256 : need * 2;
	out->text = realloc(out->text, out->room);
	if (!out->text)
		err(1, "a line of %zu bytes", need);
}

/**
 * print_text() - append to the line, as printf() would
 * @out: the line
 * @format: of printf()
 */
void print_text(struct print *out, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		err(1, "vsnprintf");

	print_reserve(out, length);
	va_start(args, format);
	vsnprintf(out->text + out->length, length + 1, format, args);
	va_end(args);
	out->length += length;
}

/**
 * print_next() - separate a member or element from the one before, if any
 * @out: the line
 */
void print_next(struct print *out)
{
	if (out->length && !strchr("{[", out->text[out->length - 1]))
		print_text(out, ", ");
}

/**
 * print_hex() - 0x..., or a plain 0
 * @out: the line
 * @value: the number
 */
void print_hex(struct print *out, uint64_t value)
{
	print_text(out, "%#" PRIx64, value);
}

/**
 * print_name_of() - look a value up
 * @names: table to look in, may be NULL
 * @value: what to look for
 *
 * Return: its name, NULL if it has none.
 */
const char *print_name_of(const struct print_name *names, uint64_t value)
{
	for (; names && names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

/**
 * print_flags() - the names of all bits that are set; the nameless ones in hex
 * @out: the line
 * @value: the bits
 * @names: one entry per bit
 */
void print_flags(struct print *out, uint64_t value, const struct print_name *names)
{
	const char *separator = "";

	for (; names && names->name; names++) {
		if (!(value & names->value))
			continue;
		print_text(out, "%s%s", separator, names->name);
		separator = "|";
		value &= ~names->value;
	}
	if (value || !*separator) {
		print_text(out, "%s", separator);
		print_hex(out, value);
	}
}

/**
 * print_enum() - the name of a value, or the value in hex
 * @out: the line
 * @value: the number
 * @names: what the numbers mean
 */
void print_enum(struct print *out, uint64_t value, const struct print_name *names)
{
	const char *name = print_name_of(names, value);

	if (name)
		print_text(out, "%s", name);
	else
		print_hex(out, value);
}

/**
 * print_bytes() - raw data, "\x01\x02", cut off where it gets long
 * @out: the line
 * @bytes: the data
 * @size: its length
 */
void print_bytes(struct print *out, const uint8_t *bytes, size_t size)
{
	size_t shown = size < PRINT_MAX_BYTES ? size : PRINT_MAX_BYTES;

	print_text(out, "\"");
	for (size_t i = 0; i < shown; i++)
		print_text(out, "\\x%02x", bytes[i]);
	print_text(out, "\"%s", shown < size ? "..." : "");
}

/**
 * print_string() - text of the tracee in quotes; nothing of it reaches a terminal raw
 * @out: the line
 * @string: the text, which ends at a zero byte or at @size
 * @size: bytes that are there; without a zero byte among them it goes on after them
 */
void print_string(struct print *out, const char *string, size_t size)
{
	size_t length = strnlen(string, size);

	print_text(out, "\"");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = string[i];

		if (c == '"' || c == '\\')
			print_text(out, "\\%c", c);
		else if (c == '\n')
			print_text(out, "\\n");
		else if (c == '\t')
			print_text(out, "\\t");
		else if (c < 0x80 && isprint(c))
			print_text(out, "%c", c);
		else
			print_text(out, "\\x%02x", c);
	}
	print_text(out, "\"%s", length == size ? "..." : "");
}

/**
 * print_error() - what a failed system call returned
 * @out: the line
 * @error: positive errno
 */
void print_error(struct print *out, int error)
{
	const char *restart = print_name_of(restart_errors, error);
	const char *name = strerrorname_np(error);

	if (restart)
		print_text(out, "? %s (interrupted)", restart);
	else if (name)
		print_text(out, "-1 %s (%s)", name, strerror(error));
	else
		print_text(out, "-1 (errno %d)", error);
}

/**
 * print_free() - forget the line and its memory
 * @out: the line
 */
void print_free(struct print *out)
{
	free(out->text);
	*out = (struct print){ 0 };
}
