/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from elsewhere made fit for a terminal or for JSON, and numbers made fit for
 * people.
 */
#ifndef T1XCTL_TEXT_H
#define T1XCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any number that is written here. */
#define TEXT_NUMBER	32

bool text_number(const char *text, int64_t *value);
void text_printable(char *text, size_t size, const char *raw);
void text_utf8(char *text, size_t size, const char *raw);
size_t text_columns(const char *text);
void text_cut(char *text, size_t columns);
void text_bytes(char *text, double bytes);
void text_count(char *text, double count);

#endif /* T1XCTL_TEXT_H */
