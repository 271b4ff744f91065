/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the library reports failure.
 *
 * A function whose name begins with two underscores returns -errno.  The one
 * without is a macro over it that ends the process with a message naming the
 * caller's file and line, so that a program reads as if nothing could fail.
 */
#ifndef T1X_LIB_CHECK_H
#define T1X_LIB_CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define KIB(n)			((size_t)(n) << 10)
#define MIB(n)			((size_t)(n) << 20)
#define GIB(n)			((size_t)(n) << 30)
#define PAGE			KIB(4)

void __attribute__((noreturn)) check_failed(const char *file, int line, const char *text,
					    long error);

/* Value of an expression that must not be negative. */
#define must(expr) ({								\
	__typeof__(expr) _value = (expr);					\
										\
	if (_value < 0)								\
		check_failed(__FILE_NAME__, __LINE__, #expr, -(long)_value);	\
	_value;									\
})

/* The same for system calls, which leave their error in errno. */
#define must_sys(expr) ({							\
	__typeof__(expr) _value = (expr);					\
										\
	if (_value < 0)								\
		check_failed(__FILE_NAME__, __LINE__, #expr, errno);		\
	_value;									\
})

/* A condition of the environment or of the library itself. */
#define must_be(cond) do {							\
	if (!(cond))								\
		check_failed(__FILE_NAME__, __LINE__, #cond, 0);		\
} while (0)

#endif /* T1X_LIB_CHECK_H */
