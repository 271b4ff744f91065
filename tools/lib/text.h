/* SPDX-License-Identifier: GPL-2.0-only */
/* Small text files: sysfs, procfs, module parameters. */
#ifndef T1X_LIB_TEXT_H
#define T1X_LIB_TEXT_H

#include <stdio.h>

#include "check.h"

/* Read a file, trailing white space removed; the length or -errno. */
int __text_read(const char *path, char *buf, size_t size);

/* Write a string; 0 or -errno. */
int __text_write(const char *path, const char *value);

/* A number in any base that strtoull() knows; 0 or -errno. */
int __text_read_u64(const char *path, uint64_t *value);

/* The number behind "key" or "key:" in a file of such lines; 0 or -errno. */
int __text_find_u64(const char *path, const char *key, uint64_t *value);

#define text_write(path, value)		must(__text_write(path, value))
#define text_read_u64(path) ({			\
	uint64_t _number;			\
						\
	must(__text_read_u64(path, &_number));	\
	_number;				\
})
#define text_find_u64(path, key) ({			\
	uint64_t _number;				\
							\
	must(__text_find_u64(path, key, &_number));	\
	_number;					\
})

#endif /* T1X_LIB_TEXT_H */
