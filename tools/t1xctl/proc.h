/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of VFIO in /proc.
 */
#ifndef T1XCTL_PROC_H
#define T1XCTL_PROC_H

#include <stdbool.h>

#include "process.h"

void proc_begin(void);
struct process *proc_process(int64_t pid, int *error);
bool proc_is_same_file(int64_t pid_a, int fd_a, int64_t pid_b, int fd_b);
bool proc_is_container(int fd);

#endif /* T1XCTL_PROC_H */
