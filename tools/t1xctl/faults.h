/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t1xctl faults: faults of devices, as they happen.
 */
#ifndef T1XCTL_FAULTS_H
#define T1XCTL_FAULTS_H

#include "show.h"

struct faults_options {
	bool is_json;
	bool is_input;		   /* records come from standard input */
	struct show_target target; /* pid FACTS_UNKNOWN: all processes */
	int64_t id;		   /* of a container, or FACTS_UNKNOWN: any */
	double timeout;		   /* seconds, 0: none */
	int64_t count;		   /* 0: all */
};

int faults_run(const struct faults_options *options);

#endif /* T1XCTL_FAULTS_H */
