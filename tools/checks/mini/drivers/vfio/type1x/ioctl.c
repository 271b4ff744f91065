// SPDX-License-Identifier: GPL-2.0-only
/* The one file that reads user memory. */
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "core/count.h"
#include "private.h"

static long t1x_ioctl_info(struct t1x_mini *mini, unsigned long arg)
{
	struct vfio_iommu_type1_info info;

	if (copy_from_user(&info, (void __user *)arg, sizeof(info)))
		return -EFAULT;
	if (info.argsz < sizeof(info))
		return -EINVAL;

	mutex_lock(&mini->lock);
	mini->calls = t1x_count_add(mini->calls, 1);
	mutex_unlock(&mini->lock);
	return 0;
}

/**
 * t1x_ioctl() - one call of a user
 * @mini: the instance
 * @cmd: what is wanted
 * @arg: address of the parameters
 *
 * Return: 0, or -ENOTTY for a @cmd that is not known.
 */
long t1x_ioctl(struct t1x_mini *mini, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_IOMMU_GET_INFO:
		return t1x_ioctl_info(mini, arg);
	default:
		return -ENOTTY;
	}
}
