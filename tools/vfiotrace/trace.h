/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Following threads and processes with ptrace.
 */
#ifndef VFIOTRACE_TRACE_H
#define VFIOTRACE_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

int trace_command(char **argv, bool follow);
int trace_process(pid_t pid, bool follow);

#endif /* VFIOTRACE_TRACE_H */
