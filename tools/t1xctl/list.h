/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t1xctl list: one row per process and container.
 */
#ifndef T1XCTL_LIST_H
#define T1XCTL_LIST_H

#include <stdbool.h>

int list_run(bool is_json);

#endif /* T1XCTL_LIST_H */
