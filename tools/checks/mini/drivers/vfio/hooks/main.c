// SPDX-License-Identifier: GPL-2.0-only
/* Registers a probe that never hits. */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <vfio/container.h>
#include <vfio/probed.h>

/* Never called. */
static int t1x_hooks_hit(struct kprobe *probe, struct pt_regs *regs)
{
	const struct vfio_container *container = (void *)regs_get_kernel_argument(regs, 0);

	return !container->iommu_driver;
}

static struct kprobe t1x_hooks_probe = {
	.symbol_name = "show_fd_locks",
	.pre_handler = t1x_hooks_hit,
	.flags = KPROBE_FLAG_DISABLED,
};

static int __init t1x_hooks_init(void)
{
	return register_kprobe(&t1x_hooks_probe);
}
module_init(t1x_hooks_init);

static void __exit t1x_hooks_exit(void)
{
	unregister_kprobe(&t1x_hooks_probe);
}
module_exit(t1x_hooks_exit);

MODULE_DESCRIPTION("A second module, for the checks to be tried out on");
MODULE_LICENSE("GPL");
