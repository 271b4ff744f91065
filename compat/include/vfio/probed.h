/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_VFIO_PROBED_H
#define COMPAT_VFIO_PROBED_H

/*
 * Functions of the kernel that are probed, not called. A probe finds arguments
 * by their position, so these declarations are compared with the kernel's own
 * type information ("make abi-check") like those of structures.
 */

struct file;
struct files_struct;
struct seq_file;

/* Called for each read of /proc/PID/fdinfo/FD, with a reference to the file. */
void show_fd_locks(struct seq_file *m, struct file *file, struct files_struct *files);

#endif
