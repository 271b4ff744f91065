/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers of our backend in debugfs.
 */
#ifndef T1XCTL_DEBUGFS_H
#define T1XCTL_DEBUGFS_H

#include "container.h"

struct container *debugfs_containers(int *error);

#endif /* T1XCTL_DEBUGFS_H */
