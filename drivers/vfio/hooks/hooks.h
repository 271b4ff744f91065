/* SPDX-License-Identifier: GPL-2.0-only */
/* vfio-type1x: what needs a probe in the kernel, one file for each. */
#ifndef T1X_HOOKS_H
#define T1X_HOOKS_H

#include <linux/kprobes.h>
#include <linux/types.h>

/**
 * struct t1x_probe_place - where a probe goes, and what it does there
 * @symbol: name of a function of the kernel, or NULL
 * @address: a function of ours, if there is no @symbol
 * @handler: is called at its entry
 */
struct t1x_probe_place {
	const char *symbol;
	void *address;
	kprobe_pre_handler_t handler;
};

/* probe.c */
int t1x_probe_init(void);
void t1x_probe_exit(void);
int t1x_probe_arm(struct kprobe *probe, const struct t1x_probe_place *place);
bool t1x_probe_works(void);

/* fdinfo.c */
int t1x_fdinfo_init(void);
void t1x_fdinfo_exit(void);

/* dmar.c */
void t1x_dmar_init(void);
void t1x_dmar_exit(void);

#endif /* T1X_HOOKS_H */
