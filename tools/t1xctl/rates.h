/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the counters of a container go.
 */
#ifndef T1XCTL_RATES_H
#define T1XCTL_RATES_H

#include "snapshot.h"

#define RATES_UNKNOWN	(-1.0)

/* Per second. */
struct rates {
	double maps;
	double unmaps;
	double dirty; /* pages */
	double faults;
};

struct rates rates_get(const struct snapshot *before, const struct snapshot *now, int64_t pid,
		       const struct container *container);
double rates_seconds(const struct snapshot *before, const struct snapshot *now);

#endif /* T1XCTL_RATES_H */
