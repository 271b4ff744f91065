// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process chooses its own name. It may hold escape sequences for the terminal, letters
 * that are written from right to left, half a letter, or bytes that are no text at all.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "text.h"

#define UTF8_UNKNOWN	"\xef\xbf\xbd" /* U+FFFD */

/**
 * text_number() - a decimal number, and nothing else
 * @text: what should be one
 * @value: result, not negative
 *
 * Return: is it one, and not too large?
 */
bool text_number(const char *text, int64_t *value)
{
	long long number;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	number = strtoll(text, NULL, 10);
	if (errno)
		return false;
	*value = number;
	return true;
}

/*
 * Bytes of the next letter, at most MB_CUR_MAX, and how wide it is. 0 if it is nothing
 * that a terminal shows in a place of its own: no letter, or one without a width, such
 * as those that change the direction.
 */
static size_t text_letter(const char *text, int *columns)
{
	mbstate_t state = { 0 };
	wchar_t letter;
	size_t length;

	length = mbrtowc(&letter, text, strlen(text), &state);
	if (length == (size_t)-1 || length == (size_t)-2 || !length)
		return 0;
	*columns = wcwidth(letter);
	return iswprint(letter) && *columns > 0 ? length : 0;
}

/**
 * text_printable() - text for a terminal
 * @text: result; what cannot be shown is a question mark
 * @size: room there
 * @raw: any bytes
 */
void text_printable(char *text, size_t size, const char *raw)
{
	char *end = text + size - 1;
	int columns;

	while (*raw) {
		size_t length = text_letter(raw, &columns);

		if (text + (length ? length : 1) > end)
			break;
		if (length)
			memcpy(text, raw, length);
		else
			*text = '?';
		text += length ? length : 1;
		raw += length ? length : 1;
	}
	*text = 0;
}

/* Bytes of the next letter of UTF-8; 0 if there is none. */
static size_t text_utf8_letter(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length, i;
	uint32_t letter;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc0 || text[0] > 0xf7)
		return 0;
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	letter = text[0] & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		letter = letter << 6 | (text[i] & 0x3f);
	}
	if (letter < least[length] || letter > 0x10ffff || (letter >= 0xd800 && letter <= 0xdfff))
		return 0;
	return length;
}

/**
 * text_utf8() - text in UTF-8
 * @text: result; each byte that does not belong there is U+FFFD
 * @size: room there
 * @raw: any bytes
 */
void text_utf8(char *text, size_t size, const char *raw)
{
	char *end = text + size - 1;

	while (*raw) {
		size_t length = text_utf8_letter((const unsigned char *)raw);
		const char *from = length ? raw : UTF8_UNKNOWN;
		size_t count = length ? length : strlen(UTF8_UNKNOWN);

		if (text + count > end)
			break;
		memcpy(text, from, count);
		text += count;
		raw += length ? length : 1;
	}
	*text = 0;
}

/**
 * text_columns() - width of printable text
 * @text: the text
 *
 * Return: columns of a terminal.
 */
size_t text_columns(const char *text)
{
	size_t total = 0;
	int columns;

	while (*text) {
		size_t length = text_letter(text, &columns);

		total += length ? columns : 1;
		text += length ? length : 1;
	}
	return total;
}

/**
 * text_cut() - shorten printable text to a width
 * @text: the text; if anything is left out it ends in two dots instead, and a list that is
 *	separated by commas has whole elements only, if there is room for one
 * @columns: the width, at least 3
 */
void text_cut(char *text, size_t columns)
{
	size_t length = 0, used = 0;
	int letter;

	if (text_columns(text) <= columns)
		return;
	for (;;) {
		size_t bytes = text_letter(text + length, &letter);

		if (used + (bytes ? letter : 1) > columns - 2)
			break;
		used += bytes ? letter : 1;
		length += bytes ? bytes : 1;
	}
	if (memchr(text, ',', length))
		while (text[length - 1] != ',')
			length--;
	/* At least three columns went, each of them a byte or more. */
	strcpy(text + length, "..");
}

/* One decimal, unless the number is whole or has three digits. Negative is unknown. */
static void text_scaled(char *text, double value, double step, const char * const *units)
{
	bool is_whole;

	if (!(value >= 0)) {
		strcpy(text, "-");
		return;
	}
	/* What would be rounded to a whole step is one of the next unit. */
	while (value >= step - 0.5 && units[1]) {
		value /= step;
		units++;
	}
	is_whole = value >= 99.95 || fabs(value - nearbyint(value)) < 0.05;
	snprintf(text, TEXT_NUMBER, "%.*f%s", is_whole ? 0 : 1, value, *units);
}

/**
 * text_bytes() - an amount of memory
 * @text: result, TEXT_NUMBER bytes, at most 8 columns
 * @bytes: the amount; negative if unknown
 */
void text_bytes(char *text, double bytes)
{
	static const char * const units[] = {
		" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", NULL,
	};

	text_scaled(text, bytes, 1024, units);
}

/**
 * text_count() - a number of things
 * @text: result, TEXT_NUMBER bytes, at most 5 columns
 * @count: the number; negative if unknown
 */
void text_count(char *text, double count)
{
	static const char * const units[] = { "", "k", "M", "G", "T", "P", "E", NULL };

	text_scaled(text, count, 1000, units);
}
