/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_VFIO_MINI_H
#define _UAPI_LINUX_VFIO_MINI_H

#include <linux/types.h>

/**
 * struct vfio_mini_info - what a user can learn
 * @calls: number of calls so far
 */
struct vfio_mini_info {
	__u32 calls;
};

#endif
