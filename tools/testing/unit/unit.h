/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of a unit test: named cases, checks, KTAP on stdout.
 *
 * The checks of core/ live in a model (x_model.c), which the fuzzer shares.
 * A model answers NULL for "code and model agree", else a description of the
 * difference; UNIT_AGREE() turns the latter into a failure of the case.
 */
#ifndef T1X_TESTING_UNIT_H
#define T1X_TESTING_UNIT_H

#include <linux/types.h>

#define UNIT_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/**
 * struct unit_case - one line of the report
 * @name: what holds if the case passes
 * @body: the checks
 */
struct unit_case {
	const char *name;
	void (*body)(void);
};

#define UNIT_CASE(function)	{ #function, function }

/* Fails the running case with the text of @cond; the case goes on. */
#define UNIT_CHECK(cond)						\
	unit_verdict(__FILE__, __LINE__, (cond) ? NULL : #cond)

/* Fails the running case with the difference that a model reports, if any. */
#define UNIT_AGREE(difference)						\
	unit_verdict(__FILE__, __LINE__, difference)

void unit_verdict(const char *file, int line, const char *problem);
u64 unit_random(void);
u64 unit_random_below(u64 bound);
int unit_main(const struct unit_case *cases, size_t nr);

#endif /* T1X_TESTING_UNIT_H */
