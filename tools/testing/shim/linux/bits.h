/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The width of bytes and words and the assertion about it, for core/ in user space.
 */
#ifndef T1X_SHIM_LINUX_BITS_H
#define T1X_SHIM_LINUX_BITS_H

#define BIT(n)			(1UL << (n))

#include <assert.h>

#define BITS_PER_BYTE		8
#define BITS_PER_LONG		__LONG_WIDTH__

#endif /* T1X_SHIM_LINUX_BITS_H */
