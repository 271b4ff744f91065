/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_TYPES_H
#define COMPAT_LINUX_TYPES_H

#include_next <linux/types.h>

/* A word for the compiler and the reader, which kernels before it do without. */
#ifndef __counted_by
#define __counted_by(member)
#endif

#endif
