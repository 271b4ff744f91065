// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a device, which are DMA as well.  Behind an SMMU it goes through the page
 * table, in which somebody has to have mapped the interrupt controller; on x86 it does
 * not.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "box.h"

#define EDU_REG_RAISE	0x60
#define EDU_REG_ACK	0x64

#define WAIT_MS		((int)ktap_scale(5) * 1000)

FIXTURE(msi) {
	struct box box;
	int container;
	int event;
};

BACKEND_VARIANTS(msi);

static int set_irq(const struct vfio_device *edu, int event)
{
	struct {
		struct vfio_irq_set set;
		int event;
	} request = {
		.set = {
			.argsz = sizeof(request),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSI_IRQ_INDEX,
			.count = 1,
		},
		.event = event,
	};

	return ioctl(edu->fd, VFIO_DEVICE_SET_IRQS, &request) ? -errno : 0;
}

FIXTURE_SETUP(msi)
{
	box_open(&self->box, variant->type, 1);
	self->container = self->box.container;
	self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_GE(self->event, 0);
	ASSERT_EQ(set_irq(box_edu(&self->box, 0), self->event), 0);
}

FIXTURE_TEARDOWN(msi)
{
	close(self->event);
	box_close(&self->box);
}

/* An interrupt that the device is made to raise: does it come, and once? */
static uint64_t interrupts(struct vfio_device *edu, int event)
{
	struct pollfd poller = { .fd = event, .events = POLLIN };
	uint64_t count = 0;

	edu_reg_write(edu, EDU_REG_RAISE, 1);
	poll(&poller, 1, WAIT_MS);
	if (read(event, &count, sizeof(count)) < 0)
		count = 0;
	edu_reg_write(edu, EDU_REG_ACK, 1);
	return count;
}

/* Whatever the program maps and unmaps, and in another container, too. */
TEST_F(msi, arrives)
{
	uint64_t window = backend_window(), size = BACKEND_WINDOW_SIZE;
	struct vfio_device *edu = box_edu(&self->box, 0);
	char *memory = mem_untouched(2 * PAGE);

	EXPECT_EQ(interrupts(edu, self->event), 1);
	iommu_map(self->container, memory, window - PAGE, PAGE, IOMMU_RW);
	iommu_map(self->container, memory + PAGE, window + size, PAGE, IOMMU_RW);
	EXPECT_EQ(interrupts(edu, self->event), 1);
	EXPECT_EQ(iommu_unmap(self->container, window - PAGE, size + 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(interrupts(edu, self->event), 1);
	iommu_map(self->container, memory, 0, PAGE, IOMMU_R);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	EXPECT_EQ(interrupts(edu, self->event), 1);

	box_close(&self->box);
	box_open(&self->box, variant->type, 2);
	self->container = self->box.container;
	for (int i = 0; i < 2; i++) {
		edu = box_edu(&self->box, i);
		ASSERT_EQ(set_irq(edu, self->event), 0);
		EXPECT_EQ(interrupts(edu, self->event), 1);
	}
}

KTAP_MAIN()
