/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single accesses for core/ in user space.  They are atomic and order nothing,
 * which is what tells the thread sanitizer not to take them for a race.
 */
#ifndef T1X_SHIM_LINUX_COMPILER_H
#define T1X_SHIM_LINUX_COMPILER_H

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)	__atomic_store_n(&(x), value, __ATOMIC_RELAXED)

#endif /* T1X_SHIM_LINUX_COMPILER_H */
