/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All processes with files of VFIO, at one time.
 */
#ifndef T1XCTL_SNAPSHOT_H
#define T1XCTL_SNAPSHOT_H

#include <stdbool.h>
#include <time.h>

#include "process.h"

struct snapshot {
	struct process *processes; /* some may have no container */
	size_t unreadable;	   /* processes that may not be looked into */
	bool has_hooks;		   /* the module that puts facts into fdinfo is loaded */
	int debugfs_error;	   /* why debugfs said nothing */
	struct timespec time;	   /* CLOCK_MONOTONIC */
};

void snapshot_take(struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot);

#endif /* T1XCTL_SNAPSHOT_H */
