/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t1xctl show: all that is known of a process, or of one of its descriptors.
 */
#ifndef T1XCTL_SHOW_H
#define T1XCTL_SHOW_H

#include "snapshot.h"

struct show_target {
	int64_t pid;
	int64_t fd; /* FACTS_UNKNOWN: all that the process has */
};

bool show_parse(struct show_target *target, const char *text);
void show_select(struct snapshot *snapshot, const struct show_target *target);
void show_nothing(const struct show_target *target);
int show_run(bool is_json, const struct show_target *target);

#endif /* T1XCTL_SHOW_H */
