// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VFIO device for tests whose IOMMU is emulated: it reaches the program's memory
 * through pin_pages() and dma_rw() of the backend, when the program tells it to.
 *
 * For test guests only, never installed: it wants no privilege but that of having
 * opened its group.  Devices are t1x-test.0, t1x-test.1 and so on, below
 * /sys/devices/platform, each in a group of its own.  t1x_td_pci.c makes one of a
 * PCI device.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "t1x_td.h"

#define T1X_TD_MAX_DEVICES	8
#define T1X_TD_MAX_SLEEP	10000	/* ms; the kernel reports sleepers after a minute */

static unsigned int t1x_td_devices = 2;
module_param_named(devices, t1x_td_devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of devices, 1 to 8 (default 2)");

static struct platform_device *t1x_td_platform[T1X_TD_MAX_DEVICES];

/* What an ioctl asks for, to be done here or in a kernel thread. */
struct t1x_td_call {
	struct t1x_td *td;
	unsigned int cmd;
	struct t1x_td_pages pages;
	struct t1x_td_rw rw;
	void *data;
	int ret;
	struct completion done;
};

static int t1x_td_do(struct t1x_td_call *call)
{
	struct t1x_td_pages *pages = &call->pages;
	struct t1x_td *td = call->td;

	switch (call->cmd) {
	case T1X_TD_PIN:
		return t1x_td_pin(td, pages->iova, pages->npages, pages->prot);
	case T1X_TD_UNPIN:
		return t1x_td_unpin(td, pages->iova, pages->npages);
	case T1X_TD_UNPIN_RAW:
		return t1x_td_unpin_raw(td, pages->iova, pages->npages);
	case T1X_TD_PEEK:
		return t1x_td_peek(td, pages->iova, pages->offset);
	case T1X_TD_POKE:
		return t1x_td_poke(td, pages->iova, pages->offset, pages->value);
	case T1X_TD_RW:
		return vfio_dma_rw(&td->vdev, call->rw.iova, call->data, call->rw.len,
				   call->rw.write);
	default:
		return -ENOTTY;
	}
}

static int t1x_td_thread(void *data)
{
	struct t1x_td_call *call = data;

	/* Ends a wait for the program's memory, when the program is killed. */
	allow_signal(SIGKILL);
	call->ret = t1x_td_do(call);
	kthread_complete_and_exit(&call->done, 0);
}

static int t1x_td_call(struct t1x_td_call *call, u32 flags)
{
	struct task_struct *task;

	if (flags & ~T1X_TD_IN_KTHREAD)
		return -EINVAL;
	if (!flags)
		return t1x_td_do(call);

	init_completion(&call->done);
	task = kthread_create(t1x_td_thread, call, T1X_TD_NAME);
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	wake_up_process(task);
	if (wait_for_completion_killable(&call->done)) {
		send_sig(SIGKILL, task, 1);
		wait_for_completion(&call->done);
	}
	put_task_struct(task);
	return call->ret;
}

static long t1x_td_ioctl_pages(struct t1x_td *td, unsigned int cmd, void __user *user)
{
	struct t1x_td_call call = { .td = td, .cmd = cmd };
	struct t1x_td_pages *pages = &call.pages;
	int ret;

	if (copy_from_user(pages, user, sizeof(*pages)))
		return -EFAULT;
	if (pages->reserved)
		return -EINVAL;
	ret = t1x_td_call(&call, pages->flags);
	if (ret < 0 || cmd != T1X_TD_PEEK)
		return ret;
	pages->value = ret;
	return copy_to_user(user, pages, sizeof(*pages)) ? -EFAULT : 0;
}

static long t1x_td_ioctl_rw(struct t1x_td *td, void __user *user)
{
	struct t1x_td_call call = { .td = td, .cmd = T1X_TD_RW };
	struct t1x_td_rw *rw = &call.rw;
	void __user *buf;
	int ret;

	if (copy_from_user(rw, user, sizeof(*rw)))
		return -EFAULT;
	if (rw->write > 1)
		return -EINVAL;
	if (rw->len > T1X_TD_MAX_BYTES)
		return -E2BIG;
	/* Zeroes, in case the backend says that it has read, and has not. */
	call.data = kvzalloc(rw->len, GFP_KERNEL_ACCOUNT);
	if (!call.data)
		return -ENOMEM;

	buf = u64_to_user_ptr(rw->buf);
	if (rw->write && copy_from_user(call.data, buf, rw->len))
		ret = -EFAULT;
	else
		ret = t1x_td_call(&call, rw->flags);
	if (!ret && !rw->write && copy_to_user(buf, call.data, rw->len))
		ret = -EFAULT;
	kvfree(call.data);
	return ret;
}

static long t1x_td_ioctl_policy(struct t1x_td *td, void __user *user)
{
	struct t1x_td_policy policy;

	if (copy_from_user(&policy, user, sizeof(policy)))
		return -EFAULT;
	if (policy.policy > T1X_TD_LEAVE ||
	    (policy.policy == T1X_TD_SLOW && policy.arg > T1X_TD_MAX_SLEEP))
		return -EINVAL;
	guard(mutex)(&td->lock);
	td->policy = policy;
	return 0;
}

static long t1x_td_ioctl_stat(struct t1x_td *td, void __user *user)
{
	struct t1x_td_stat stat;

	scoped_guard(mutex, &td->lock)
		stat = td->stat;
	return copy_to_user(user, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static long t1x_td_ioctl_domain(struct t1x_td *td, void __user *user)
{
	struct t1x_td_domain request;

	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	return t1x_td_domain(td, &request);
}

static long t1x_td_ioctl_info(void __user *user)
{
	unsigned long size = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};

	if (copy_from_user(&info, user, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	/* No region, no interrupt, and none of the kinds that have a flag. */
	info = (struct vfio_device_info){ .argsz = size };
	return copy_to_user(user, &info, size) ? -EFAULT : 0;
}

static struct t1x_td *t1x_td_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct t1x_td, vdev);
}

static long t1x_td_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct t1x_td *td = t1x_td_of(vdev);
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return t1x_td_ioctl_info(user);
	case T1X_TD_PIN:
	case T1X_TD_UNPIN:
	case T1X_TD_UNPIN_RAW:
	case T1X_TD_PEEK:
	case T1X_TD_POKE:
		return t1x_td_ioctl_pages(td, cmd, user);
	case T1X_TD_RW:
		return t1x_td_ioctl_rw(td, user);
	case T1X_TD_POLICY:
		return t1x_td_ioctl_policy(td, user);
	case T1X_TD_STAT:
		return t1x_td_ioctl_stat(td, user);
	case T1X_TD_DOMAIN:
		return t1x_td_ioctl_domain(td, user);
	default:
		return -ENOTTY;
	}
}

static int t1x_td_init_device(struct vfio_device *vdev)
{
	struct t1x_td *td = t1x_td_of(vdev);

	mutex_init(&td->lock);
	xa_init(&td->pins);
	spin_lock_init(&td->flights_lock);
	INIT_LIST_HEAD(&td->flights);
	init_waitqueue_head(&td->landed);
	return 0;
}

static void t1x_td_release_device(struct vfio_device *vdev)
{
	struct t1x_td *td = t1x_td_of(vdev);

	xa_destroy(&td->pins);
	mutex_destroy(&td->lock);
	vfio_free_device(vdev);
}

static int t1x_td_open_device(struct vfio_device *vdev)
{
	struct t1x_td *td = t1x_td_of(vdev);

	guard(mutex)(&td->lock);
	td->policy = (struct t1x_td_policy){ .policy = T1X_TD_RELEASE };
	td->stat = (struct t1x_td_stat){};
	return 0;
}

static void t1x_td_close_device(struct vfio_device *vdev)
{
	t1x_td_forget(t1x_td_of(vdev));
}

static void t1x_td_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	t1x_td_unmapped(t1x_td_of(vdev), iova, length);
}

/* Where the kernel has iommufd, vfio core refuses a device without its ops. */
const struct vfio_device_ops t1x_td_ops = {
	.name = T1X_TD_NAME,
	.init = t1x_td_init_device,
	.release = t1x_td_release_device,
	.open_device = t1x_td_open_device,
	.close_device = t1x_td_close_device,
	.ioctl = t1x_td_ioctl,
	.dma_unmap = t1x_td_dma_unmap,
};

static void t1x_td_remove(void *data)
{
	struct t1x_td *td = data;

	vfio_unregister_group_dev(&td->vdev);
	vfio_put_device(&td->vdev);
}

static int t1x_td_probe(struct platform_device *pdev)
{
	struct t1x_td *td = vfio_alloc_device(t1x_td, vdev, &pdev->dev, &t1x_td_ops);
	int ret;

	if (IS_ERR(td))
		return PTR_ERR(td);
	ret = vfio_register_emulated_iommu_dev(&td->vdev);
	if (ret) {
		vfio_put_device(&td->vdev);
		return ret;
	}
	platform_set_drvdata(pdev, td);
	return devm_add_action_or_reset(&pdev->dev, t1x_td_remove, td);
}

static struct platform_driver t1x_td_driver = {
	.driver = {
		.name = T1X_TD_NAME,
		.suppress_bind_attrs = true,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
	.probe = t1x_td_probe,
	/* The group comes and goes with the VFIO device, which does no DMA. */
	.driver_managed_dma = true,
};

static void t1x_td_leave(void)
{
	unsigned int i;

	for (i = 0; i < T1X_TD_MAX_DEVICES; i++)
		platform_device_unregister(t1x_td_platform[i]);
	platform_driver_unregister(&t1x_td_driver);
	t1x_td_pci_exit();
}

static int t1x_td_add_device(unsigned int index)
{
	struct platform_device *pdev;

	pdev = platform_device_register_simple(T1X_TD_NAME, index, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	t1x_td_platform[index] = pdev;
	/* Registering succeeds whatever probe() says. */
	return platform_get_drvdata(pdev) ? 0 : -ENODEV;
}

static int __init t1x_td_init(void)
{
	unsigned int i;
	int ret;

	if (!t1x_td_devices || t1x_td_devices > T1X_TD_MAX_DEVICES)
		return -EINVAL;
	ret = t1x_td_pci_init();
	if (ret)
		return ret;
	ret = platform_driver_register(&t1x_td_driver);
	if (ret) {
		t1x_td_pci_exit();
		return ret;
	}
	for (i = 0; i < t1x_td_devices; i++) {
		ret = t1x_td_add_device(i);
		if (ret) {
			t1x_td_leave();
			return ret;
		}
	}
	return 0;
}
module_init(t1x_td_init);

static void __exit t1x_td_exit(void)
{
	t1x_td_leave();
}
module_exit(t1x_td_exit);

MODULE_DESCRIPTION("VFIO device with an emulated IOMMU, for tests");
MODULE_LICENSE("GPL");
