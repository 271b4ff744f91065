/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's integer types for core/ in user space.
 *
 * The shim directory stands first on the include path; the C library's
 * <linux/types.h> still supplies __u64 and its kin.
 */
#ifndef T1X_SHIM_LINUX_TYPES_H
#define T1X_SHIM_LINUX_TYPES_H

#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#endif /* T1X_SHIM_LINUX_TYPES_H */
