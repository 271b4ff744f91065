/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The threads that are being traced.
 */
#ifndef VFIOTRACE_TRACEE_H
#define VFIOTRACE_TRACEE_H

#include <stdbool.h>
#include <sys/types.h>

#include "syscall.h"

struct tracee {
	struct tracee *next;
	pid_t tid;
	pid_t tgid;
	bool has_stopped;
	int status; /* then, as wait() tells it */
	struct syscall syscall;
};

extern struct tracee *tracees;

struct tracee *tracee_find(pid_t tid);
struct tracee *tracee_stopped(void);
bool tracee_has_process(pid_t tgid);
struct tracee *tracee_add(pid_t tid, pid_t tgid);
void tracee_remove(struct tracee *tracee);
void tracee_become(struct tracee *tracee, pid_t old_tid);

#endif /* VFIOTRACE_TRACEE_H */
