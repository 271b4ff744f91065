/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of one thread, of which only some ioctls are of interest.
 */
#ifndef VFIOTRACE_SYSCALL_H
#define VFIOTRACE_SYSCALL_H

#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/types.h>

#include "decode.h"
#include "files.h"
#include "proc.h"

/* How to show calls; for all threads. */
struct syscall_show {
	FILE *file;
	unsigned int kinds; /* set of enum decode_kind */
	bool with_tid;
};

/* At most one call of a thread is going on. */
struct syscall {
	bool is_going_on;
	pid_t tid;
	int fd;
	char path[PROC_PATH_MAX];
	struct files_entry *entry;
	struct decode_tracee tracee;
	struct decode_call call;
};

extern struct syscall_show syscall_show;

void syscall_stop(struct syscall *syscall, pid_t tid, pid_t tgid,
		  const struct __ptrace_syscall_info *info);
void syscall_abandon(struct syscall *syscall);

#endif /* VFIOTRACE_SYSCALL_H */
