/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acquire and release for core/ in user space.
 */
#ifndef T1X_SHIM_ASM_BARRIER_H
#define T1X_SHIM_ASM_BARRIER_H

/* Whoever uses it says what it pairs with ... */
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* ... and so here. */
#define smp_store_release(p, value)	__atomic_store_n(p, value, __ATOMIC_RELEASE)

#endif /* T1X_SHIM_ASM_BARRIER_H */
