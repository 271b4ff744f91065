// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device as vfio core sees it: that of vfio-pci-core, with one more region, one more
 * interrupt, and ioctls that bind processes.
 */
#include <linux/minmax.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "pci.h"

static struct t1x_pci_device *t1x_pci_device_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct t1x_pci_device, core.vdev);
}

static int t1x_pci_device_init(struct vfio_device *vdev)
{
	int ret = vfio_pci_core_init_dev(vdev);

	if (!ret)
		t1x_pci_irq_init(&t1x_pci_device_of(vdev)->irq);
	return ret;
}

static void t1x_pci_device_release(struct vfio_device *vdev)
{
	t1x_pci_irq_destroy(&t1x_pci_device_of(vdev)->irq);
	/* May free the device. */
	vfio_pci_core_release_dev(vdev);
}

static int t1x_pci_device_open(struct vfio_device *vdev)
{
	struct t1x_pci_device *device = t1x_pci_device_of(vdev);
	int ret = vfio_pci_core_enable(&device->core);

	if (ret)
		return ret;
	ret = t1x_region_create(device);
	if (ret) {
		vfio_pci_core_disable(&device->core);
		return ret;
	}
	vfio_pci_core_finish_enable(&device->core);
	return 0;
}

/* vfio-pci-core knows nothing of interrupts other than its own. */
static long t1x_pci_device_info(struct vfio_device *vdev, unsigned long arg)
{
	struct vfio_device_info __user *info = (void __user *)arg;
	long ret = vfio_pci_core_ioctl(vdev, VFIO_DEVICE_GET_INFO, arg);

	return ret ?: put_user(T1X_PCI_IRQ_INDEX + 1, &info->num_irqs);
}

/* Is a request about our interrupt?  What cannot be read is for vfio-pci-core to refuse. */
static bool t1x_pci_device_is_irq(const u32 __user *index_at)
{
	u32 index;

	return !get_user(index, index_at) && index == T1X_PCI_IRQ_INDEX;
}

static long t1x_pci_device_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_irq_info __user *info = (void __user *)arg;
	struct vfio_irq_set __user *set = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return t1x_pci_device_info(vdev, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		if (t1x_pci_device_is_irq(&info->index))
			return t1x_pci_irq_info(info);
		break;
	case VFIO_DEVICE_SET_IRQS:
		if (t1x_pci_device_is_irq(&set->index))
			return t1x_pci_irq_set(t1x_pci_device_of(vdev), set);
		break;
	case VFIO_DEVICE_BIND_TASK:
	case VFIO_DEVICE_UNBIND_TASK:
		return t1x_svm_device_ioctl(&t1x_pci_device_of(vdev)->region->listener, cmd, arg);
	}
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}

/* The name is also what virtual functions get as their driver_override. */
const struct vfio_device_ops t1x_pci_device_ops = {
	.name = T1X_PCI_NAME,
	.init = t1x_pci_device_init,
	.release = t1x_pci_device_release,
	.open_device = t1x_pci_device_open,
	.close_device = vfio_pci_core_close_device,
	.ioctl = t1x_pci_device_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	VFIO_PCI_DEVICE_OPS_PHYSICAL
};
