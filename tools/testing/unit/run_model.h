/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slow model of core/run.c: a run is a list of single frames, a packed word is
 * 64 single bits placed as the picture in run.h says.
 *
 * Every function does one operation both ways and returns NULL if they agree,
 * else what differs.
 */
#ifndef T1X_TESTING_RUN_MODEL_H
#define T1X_TESTING_RUN_MODEL_H

#include "run.h"

#define RUN_MODEL_FRAMES	64	/* longest run that is tried frame by frame */

const char *run_check_scan(const unsigned long *pages, size_t npages, unsigned long stride);
const char *run_check_extend(struct t1x_run run, struct t1x_run next);
const char *run_check_pack(struct t1x_run run);
const char *run_check_unpack(u64 word);
const char *run_check_leaves(struct t1x_run run, u64 page, unsigned int order);

#endif /* T1X_TESTING_RUN_MODEL_H */
