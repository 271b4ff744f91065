// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make QEMU's NVMe device deliver the interrupts that qemu-io waits for.
 *
 * qemu-io starts the controller, and thereby its admin queue, before it turns
 * MSI-X on.  The device counts the queues that use a vector, but only while
 * MSI-X is on, and drops the interrupts of a vector that nobody uses: the answer
 * to "identify" is then seen only if it happens to be there when qemu-io looks,
 * and else never.  Worse, qemu-io leaves with a reset while MSI-X is on, which
 * takes the admin queue off a count that it was never added to.
 *
 * Queues that are made with MSI-X on and dropped with it off leave the count
 * raised for as long as QEMU runs, which is what this program is for: by two
 * each time, while every run of qemu-io lowers it by one.  (Real controllers
 * have no such count.)
 */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "nvme.h"

#define PRIME_IOVA	0x100000ull
#define PRIME_TIMES	16

static int prime_msix(int device, int eventfd)
{
	char buf[sizeof(struct vfio_irq_set) + sizeof(int)];
	struct vfio_irq_set *set = (void *)buf;

	memset(buf, 0, sizeof(buf));
	set->index = VFIO_PCI_MSIX_IRQ_INDEX;
	set->flags = VFIO_IRQ_SET_ACTION_TRIGGER;
	if (eventfd < 0) {
		set->argsz = sizeof(*set);
		set->flags |= VFIO_IRQ_SET_DATA_NONE;
	} else {
		set->argsz = sizeof(buf);
		set->flags |= VFIO_IRQ_SET_DATA_EVENTFD;
		set->count = 1;
		memcpy(set->data, &eventfd, sizeof(eventfd));
	}
	return ioctl(device, VFIO_DEVICE_SET_IRQS, set);
}

static void prime_once(int container, int group, const char *bdf)
{
	struct vfio_device device;
	struct nvme nvme;
	int fd = must_sys(eventfd(0, 0));

	vfio_device_open(&device, group, bdf);
	must_sys(prime_msix(device.fd, fd));
	nvme_open(&nvme, &device, container, PRIME_IOVA);
	must_sys(prime_msix(device.fd, -1));
	nvme_close(&nvme);
	vfio_device_close(&device);
	close(fd);
}

int main(void)
{
	char bdf[VFIO_BDF_LEN];
	int container, group;

	vfio_find(NVME_VENDOR_ID, NVME_DEVICE_ID, 0, bdf);
	container = vfio_container_open();
	group = vfio_group_open(bdf);
	vfio_group_attach(group, container);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	for (int i = 0; i < PRIME_TIMES; i++)
		prime_once(container, group, bdf);
	close(group);
	close(container);
	return 0;
}
