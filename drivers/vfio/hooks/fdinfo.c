// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of a container in /proc/PID/fdinfo/FD.
 *
 * vfio core prints nothing there.  procfs calls show_fd_locks() for each file right before
 * it would ask vfio core, so a probe at its entry prints instead.  No file and no structure
 * of vfio core is changed: containers opened earlier are served, too, and nothing remains
 * of it after unloading.  If the lines do not fit, procfs starts again with a larger
 * buffer, as for any other line.
 *
 * The handler is like a call from show_fd_locks() with preemption off (probe.c): in
 * the context of the reader, who may sleep and holds none of vfio core's locks,
 * and with interrupts on.  There group_lock may be tried, and dropped again, even
 * if that wakes a writer or, on PREEMPT_RT, enables interrupts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/ptrace.h>
#include <linux/seq_file.h>
#include <linux/vfio_type1x.h>

#include <vfio/container.h>
#include <vfio/probed.h>

#include "hooks.h"

/*
 * Under group_lock a container keeps its backend, and that its module.  Whoever
 * has the lock for writing is about to change the backend or the groups: there is
 * nothing to tell that would still be true at the end of the read.
 */
static void t1x_fdinfo_show(struct seq_file *m, struct vfio_container *container)
{
	const struct vfio_iommu_driver *driver;

	if (!down_read_trylock(&container->group_lock))
		return;
	driver = container->iommu_driver;
	if (driver) {
		seq_printf(m, "vfio-driver:\t%s\n", driver->ops->name);
		t1x_container_show_fdinfo(driver->ops, container->iommu_data, m);
	}
	up_read(&container->group_lock);
}

/* At the entry of show_fd_locks(). */
static void t1x_fdinfo_hit(struct pt_regs *regs)
{
	struct seq_file *m = (struct seq_file *)regs_get_kernel_argument(regs, 0);
	const struct file *file = (void *)regs_get_kernel_argument(regs, 1);
	struct vfio_container *container = vfio_container_from_file(file);

	if (container)
		t1x_fdinfo_show(m, container);
}

static struct t1x_probe t1x_fdinfo_probe = {
	.function = "show_fd_locks",
	.hit = t1x_fdinfo_hit,
};

/**
 * t1x_fdinfo_init() - from now on fdinfo of containers has lines about the backend
 *
 * Context: may sleep
 * Return: 0 or an error of t1x_probe_arm(). Says why.
 */
int t1x_fdinfo_init(void)
{
	int ret = t1x_probe_arm(&t1x_fdinfo_probe);

	if (ret)
		pr_err("cannot probe show_fd_locks() by ftrace, error %d\n", ret);
	return ret;
}

/**
 * t1x_fdinfo_exit() - and no longer
 *
 * Context: may sleep; waits for reads that are just printing.
 */
void t1x_fdinfo_exit(void)
{
	t1x_probe_disarm(&t1x_fdinfo_probe);
}
