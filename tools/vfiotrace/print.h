/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line of output that grows, and how values are written in it.
 */
#ifndef VFIOTRACE_PRINT_H
#define VFIOTRACE_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of long data no more than this is shown; what follows is an ellipsis. */
#define PRINT_MAX_BYTES		32
#define PRINT_MAX_ELEMENTS	32

struct print {
	char *text; /* zero terminated as soon as something was printed */
	size_t length;
	size_t room;
};

/* A number with a name; the last of a table has no name. */
struct print_name {
	uint64_t value;
	const char *name;
};

#define PRINT_NAME(symbol) { (uint32_t)(symbol), #symbol }

void print_text(struct print *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void print_next(struct print *out);
void print_hex(struct print *out, uint64_t value);
void print_flags(struct print *out, uint64_t value, const struct print_name *names);
void print_enum(struct print *out, uint64_t value, const struct print_name *names);
void print_bytes(struct print *out, const uint8_t *bytes, size_t size);
void print_string(struct print *out, const char *string, size_t size);
void print_error(struct print *out, int error);
void print_free(struct print *out);

const char *print_name_of(const struct print_name *names, uint64_t value);

#endif /* VFIOTRACE_PRINT_H */
