/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /proc tells of a tracee and its files.
 */
#ifndef VFIOTRACE_PROC_H
#define VFIOTRACE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "decode.h"

#define PROC_PATH_MAX	256

bool proc_is_ours(void);
pid_t proc_tgid(pid_t tid);
pid_t proc_tracer(pid_t tid);
enum decode_kind proc_fd_kind(pid_t tid, int fd);
void proc_fd_path(void *context, int fd, char *path, size_t size);
bool proc_fd_info(pid_t tid, int fd, const char *key, char *value, size_t size);
size_t proc_threads(pid_t pid, void (*thread)(pid_t tid));

#endif /* VFIOTRACE_PROC_H */
