/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef T1X_RUN_TESTS_H
#define T1X_RUN_TESTS_H

/* Another name of this program: run test programs, and say which of them hurt the kernel. */
int run_tests(int argc, char **argv);

#endif
