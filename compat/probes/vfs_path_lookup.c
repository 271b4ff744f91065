// SPDX-License-Identifier: GPL-2.0-only
/* vfs_path_lookup() declared where modules can see it: after 6.1, not later than 6.12. */
#include <linux/mount.h>
#include <linux/namei.h>

int probe(struct vfsmount *mnt, struct path *path);
int probe(struct vfsmount *mnt, struct path *path)
{
	return vfs_path_lookup(mnt->mnt_root, mnt, "name", 0, path);
}
