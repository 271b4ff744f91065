/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose memory the caller may have (cred.c).
 */
#ifndef T1X_CRED_H
#define T1X_CRED_H

#include <linux/types.h>

struct mm_struct;
struct task_struct;

/**
 * struct t1x_subject - a process that the caller may have the memory of
 * @mm: its memory, kept alive (mmget)
 * @task: leader of the process, whose limits count; referenced
 */
struct t1x_subject {
	struct mm_struct *mm;
	struct task_struct *task;
};

int t1x_cred_init(void);
void t1x_cred_exit(void);
int t1x_cred_self(struct t1x_subject *subject);
int t1x_cred_pid(pid_t nr, struct t1x_subject *subject);
int t1x_cred_pidfd(int fd, struct t1x_subject *subject);
int t1x_cred_mem_fd(int fd, struct t1x_subject *subject);
void t1x_cred_put(struct t1x_subject *subject);

#endif /* T1X_CRED_H */
