/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers for core/ in user space: memory that a test has filled. */
#ifndef T1X_SHIM_LINUX_IO_H
#define T1X_SHIM_LINUX_IO_H

#include <linux/types.h>

#define __iomem

static inline u32 readl(const volatile void *at)
{
	return *(const volatile u32 *)at;
}

#endif /* T1X_SHIM_LINUX_IO_H */
