// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt that says that there are new records: an eventfd, and no hardware.
 *
 * It is raised wherever a fault is reported, but signalled by irq_work: an eventfd has
 * locks that must not be taken everywhere.  An eventfd that was replaced is still
 * signalled by an irq_work that is just running, hence it is given back after that.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "pci.h"

static void t1x_pci_irq_signal(struct t1x_pci_irq *irq)
{
	struct eventfd_ctx *trigger;

	rcu_read_lock();
	trigger = rcu_dereference(irq->trigger);
	if (trigger)
		eventfd_signal(trigger);
	rcu_read_unlock();
}

static void t1x_pci_irq_raise(struct irq_work *work)
{
	t1x_pci_irq_signal(container_of(work, struct t1x_pci_irq, raise));
}

/**
 * t1x_pci_irq_init() - nobody is told
 * @irq: interrupt of a new device
 */
void t1x_pci_irq_init(struct t1x_pci_irq *irq)
{
	mutex_init(&irq->mutex);
	init_irq_work(&irq->raise, t1x_pci_irq_raise);
}

/**
 * t1x_pci_irq_destroy() - the device goes
 * @irq: interrupt that is disabled
 */
void t1x_pci_irq_destroy(struct t1x_pci_irq *irq)
{
	mutex_destroy(&irq->mutex);
}

static void t1x_pci_irq_replace(struct t1x_pci_irq *irq, struct eventfd_ctx *trigger)
{
	struct eventfd_ctx *old;

	lockdep_assert_held(&irq->mutex);

	old = rcu_replace_pointer(irq->trigger, trigger, lockdep_is_held(&irq->mutex));
	if (!old)
		return;
	synchronize_rcu();
	eventfd_ctx_put(old);
}

/**
 * t1x_pci_irq_disable() - the device is closed
 * @irq: interrupt that nobody raises any more
 */
void t1x_pci_irq_disable(struct t1x_pci_irq *irq)
{
	irq_work_sync(&irq->raise);
	mutex_lock(&irq->mutex);
	t1x_pci_irq_replace(irq, NULL);
	mutex_unlock(&irq->mutex);
}

/**
 * t1x_pci_irq_info() - VFIO_DEVICE_GET_IRQ_INFO
 * @arg: the argument, whose index is ours
 *
 * Return: 0, -EINVAL or -EFAULT.
 */
int t1x_pci_irq_info(struct vfio_irq_info __user *arg)
{
	const size_t size = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	info.index = T1X_PCI_IRQ_INDEX;
	info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	info.count = 1;
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

/* -1 takes the eventfd away. */
static int t1x_pci_irq_set_eventfd(struct t1x_pci_irq *irq, s32 fd)
{
	struct eventfd_ctx *trigger = NULL;

	if (fd < -1)
		return -EINVAL;
	if (fd >= 0)
		trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(trigger))
		return PTR_ERR(trigger);
	t1x_pci_irq_replace(irq, trigger);
	return 0;
}

/* As vfio-pci does for its error and request interrupts, which are no hardware either. */
static int t1x_pci_irq_do(struct t1x_pci_irq *irq, const struct vfio_irq_set *set,
			  const void *data)
{
	s32 fd;

	lockdep_assert_held(&irq->mutex);

	if ((set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	if (set->flags & VFIO_IRQ_SET_DATA_NONE) {
		if (!rcu_access_pointer(irq->trigger))
			return -EINVAL;
		if (set->count)
			t1x_pci_irq_signal(irq);
		else
			t1x_pci_irq_replace(irq, NULL);
		return 0;
	}
	if (!set->count)
		return -EINVAL;
	if (set->flags & VFIO_IRQ_SET_DATA_BOOL) {
		if (*(const u8 *)data)
			t1x_pci_irq_signal(irq);
		return 0;
	}
	memcpy(&fd, data, sizeof(fd));
	return t1x_pci_irq_set_eventfd(irq, fd);
}

/**
 * t1x_pci_irq_set() - VFIO_DEVICE_SET_IRQS
 * @device: device, which is open
 * @arg: the argument, whose index was ours
 *
 * Return: 0; -EINVAL for what makes no sense; -ENOTTY for anything but to trigger it;
 * -EFAULT; -EBADF or -EINVAL if that is no eventfd; -ENOMEM.
 */
int t1x_pci_irq_set(struct t1x_pci_device *device, struct vfio_irq_set __user *arg)
{
	struct vfio_irq_set set;
	void *data = NULL;
	size_t size;
	int ret;

	if (copy_from_user(&set, arg, offsetofend(struct vfio_irq_set, count)))
		return -EFAULT;
	/* Another thread may have written to it since it was first looked at. */
	set.index = T1X_PCI_IRQ_INDEX;
	ret = vfio_set_irqs_validate_and_prepare(&set, 1, T1X_PCI_IRQ_INDEX + 1, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(&arg->data, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	WRITE_ONCE(device->region->is_watched, true);
	mutex_lock(&device->irq.mutex);
	ret = t1x_pci_irq_do(&device->irq, &set, data);
	mutex_unlock(&device->irq.mutex);
	kfree(data);
	return ret;
}
