/* SPDX-License-Identifier: GPL-2.0-only */
/* vfio-type1x: what needs a probe in the kernel, one file for each. */
#ifndef T1X_HOOKS_H
#define T1X_HOOKS_H

/* fdinfo.c */
int t1x_fdinfo_init(void);
void t1x_fdinfo_exit(void);

#endif /* T1X_HOOKS_H */
