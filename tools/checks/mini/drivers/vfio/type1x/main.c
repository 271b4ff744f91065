// SPDX-License-Identifier: GPL-2.0-only
/* Registers with vfio core, and answers no extension that anyone could ask for. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <vfio/driver.h>

#include "private.h"

static void *t1x_main_open(unsigned long arg)
{
	struct t1x_mini *mini = kzalloc(sizeof(*mini), GFP_KERNEL_ACCOUNT);

	if (!mini)
		return ERR_PTR(-ENOMEM);
	mutex_init(&mini->lock);
	return mini;
}

static void t1x_main_release(void *data)
{
	kfree(data);
}

static long t1x_main_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	/* Without an instance it is a question about extensions. */
	return data ? t1x_ioctl(data, cmd, arg) : 0;
}

static const struct vfio_iommu_driver_ops t1x_main_ops = {
	.name = "mini",
	.owner = THIS_MODULE,
	.open = t1x_main_open,
	.release = t1x_main_release,
	.ioctl = t1x_main_ioctl,
};

static int __init t1x_main_init(void)
{
	return vfio_register_iommu_driver(&t1x_main_ops);
}
module_init(t1x_main_init);

static void __exit t1x_main_exit(void)
{
	vfio_unregister_iommu_driver(&t1x_main_ops);
}
module_exit(t1x_main_exit);

MODULE_DESCRIPTION("What the checks are tried out on");
MODULE_LICENSE("GPL");
