/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_NAMEI_H
#define COMPAT_LINUX_NAMEI_H

#include_next <linux/namei.h>

#include <compat_config.h>

/* Exported for modules long before it was declared for them. */
#ifndef COMPAT_HAVE_VFS_PATH_LOOKUP
struct vfsmount;

int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);
#endif

#endif
