/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the demo tells its reader.  tools/demo makes it pretty: a line is
 *
 *	demo:MARK LABEL|TEXT
 *
 * with MARK "-" for a fact, "+" for a check that held, "!" for one that failed.
 */
#ifndef T1X_DEMO_SAY_H
#define T1X_DEMO_SAY_H

#include <stdbool.h>

/* A fact.  An empty label continues the one before. */
void __attribute__((format(printf, 2, 3))) say(const char *label, const char *format, ...);

/* A check and whether it held; counted. */
void __attribute__((format(printf, 3, 4))) say_check(const char *label, bool held,
						     const char *format, ...);

/* Checks that did not hold. */
int say_failures(void);

#endif /* T1X_DEMO_SAY_H */
