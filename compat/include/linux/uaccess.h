/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_UACCESS_H
#define COMPAT_LINUX_UACCESS_H

#include_next <linux/uaccess.h>

/*
 * Kernels that untag an address without asking whose it is have the same tag
 * bits for every mm. The caller includes <linux/mm.h>, where untagged_addr() is.
 */
#ifndef untagged_addr_remote
#define untagged_addr_remote(mm, addr)	({ (void)(mm); untagged_addr(addr); })
#endif

#endif
