/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t1xctl top: what containers do, again and again.
 */
#ifndef T1XCTL_TOP_H
#define T1XCTL_TOP_H

#include <stdbool.h>
#include <stdint.h>

struct top_options {
	bool is_json;
	double delay;	/* seconds */
	int64_t rounds; /* 0: for ever */
};

int top_run(const struct top_options *options);

#endif /* T1XCTL_TOP_H */
