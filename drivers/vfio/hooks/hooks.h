/* SPDX-License-Identifier: GPL-2.0-only */
/* vfio-type1x: what needs a probe in the kernel, one file for each. */
#ifndef T1X_HOOKS_H
#define T1X_HOOKS_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>

/**
 * struct t1x_probe - a function of ours that is called at the entry of another
 * @function: the name of that one
 * @hit: ours; regs_get_kernel_argument() gives it what that one was called with
 * @ops: ftrace's side, by t1x_probe_arm()
 */
struct t1x_probe {
	const char *function;
	void (*hit)(struct pt_regs *regs);
	struct ftrace_ops ops;
};

/* probe.c */
int t1x_probe_arm(struct t1x_probe *probe);
void t1x_probe_disarm(struct t1x_probe *probe);

/* fdinfo.c */
int t1x_fdinfo_init(void);
void t1x_fdinfo_exit(void);

/* dmar.c */
void t1x_dmar_init(void);
void t1x_dmar_exit(void);

#endif /* T1X_HOOKS_H */
