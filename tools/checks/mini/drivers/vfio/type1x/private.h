/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least that is a driver in the eyes of the checks, which are tried out on
 * it: see tools/checks/selftest.
 *
 * Lock order, outermost first:
 *
 *	vfio core's group_lock
 *	  t1x_mini.lock
 */
#ifndef T1X_PRIVATE_H
#define T1X_PRIVATE_H

#include <linux/mutex.h>
#include <linux/types.h>

/**
 * struct t1x_mini - what the driver remembers
 * @lock: protects @calls
 * @calls: number of ioctls
 */
struct t1x_mini {
	struct mutex lock;	/* taken for a moment only */
	u32 calls;
};

long t1x_ioctl(struct t1x_mini *mini, unsigned int cmd, unsigned long arg);

#endif
