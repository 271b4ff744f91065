/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_MAGIC_H
#define COMPAT_LINUX_MAGIC_H

#include_next <linux/magic.h>

/* Of a file system that older kernels do not have; nothing there bears it. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC	0x50494446
#endif

#endif
