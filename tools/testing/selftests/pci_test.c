// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices are with vfio_pci_type1x what they are with vfio-pci: the same registers and
 * regions, interrupts, DMA and resets.
 */
#include <linux/pci_regs.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "box.h"
#include "disk.h"
#include "proc.h"
#include "region.h"

#define PLAIN		"vfio-pci"
#define CONFIG_BYTES	256

#define EDU_REG_RAISE	0x60
#define EDU_REG_ACK	0x64

FIXTURE(pci) {
	char edu[VFIO_BDF_LEN];
	char nvme[VFIO_BDF_LEN];
};

FIXTURE_SETUP(pci)
{
	backend_need_ours("has no driver for PCI devices");
	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 0, self->edu);
	vfio_find(NVME_VENDOR_ID, NVME_DEVICE_ID, 0, self->nvme);
	module_load("/t/" REGION_MODULE ".ko", "");
	vfio_bind(self->edu, REGION_MODULE);
	vfio_bind(self->nvme, REGION_MODULE);
}

FIXTURE_TEARDOWN(pci)
{
	int tries = 0, ret;

	if (backend_is_stock())
		return;
	vfio_bind(self->edu, PLAIN);
	vfio_bind(self->nvme, PLAIN);
	while ((ret = __module_unload(REGION_MODULE)) == -EAGAIN && ++tries < 20)
		usleep(50000);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(proc_locked(), 0);
}

/* All that a program is told of a device. */
struct looks {
	struct vfio_device_info info;
	struct vfio_region_info regions[VFIO_PCI_NUM_REGIONS];
	struct vfio_irq_info irqs[VFIO_PCI_NUM_IRQS];
	int errors[VFIO_PCI_NUM_REGIONS + VFIO_PCI_NUM_IRQS];
	char config[CONFIG_BYTES];
};

static void look_at(const char *bdf, const char *driver, struct looks *looks)
{
	struct vfio_device device;
	int container, group;

	memset(looks, 0, sizeof(*looks));
	vfio_bind(bdf, driver);
	container = vfio_container_open();
	group = vfio_group_open(bdf);
	vfio_group_attach(group, container);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	vfio_device_open(&device, group, bdf);
	looks->info.argsz = sizeof(looks->info);
	EXPECT_EQ(ioctl(device.fd, VFIO_DEVICE_GET_INFO, &looks->info), 0);
	for (uint32_t i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		looks->regions[i].argsz = sizeof(looks->regions[i]);
		looks->regions[i].index = i;
		if (ioctl(device.fd, VFIO_DEVICE_GET_REGION_INFO, &looks->regions[i]))
			looks->errors[i] = errno;
	}
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		looks->irqs[i].argsz = sizeof(looks->irqs[i]);
		looks->irqs[i].index = i;
		if (ioctl(device.fd, VFIO_DEVICE_GET_IRQ_INFO, &looks->irqs[i]))
			looks->errors[VFIO_PCI_NUM_REGIONS + i] = errno;
	}
	vfio_config_read(&device, 0, looks->config, sizeof(looks->config));
	vfio_device_close(&device);
	close(group);
	close(container);
}

static void looks_the_same(const char *bdf)
{
	struct looks plain, ours;

	look_at(bdf, PLAIN, &plain);
	look_at(bdf, REGION_MODULE, &ours);
	EXPECT_EQ(ours.info.num_regions, plain.info.num_regions + 1);
	EXPECT_EQ(ours.info.num_irqs, plain.info.num_irqs + 1);
	EXPECT_EQ(ours.info.flags, plain.info.flags);
	EXPECT_EQ(memcmp(ours.regions, plain.regions, sizeof(ours.regions)), 0);
	EXPECT_EQ(memcmp(ours.irqs, plain.irqs, sizeof(ours.irqs)), 0);
	EXPECT_EQ(memcmp(ours.errors, plain.errors, sizeof(ours.errors)), 0);
	EXPECT_EQ(memcmp(ours.config, plain.config, sizeof(ours.config)), 0);
}

TEST_F(pci, looks_the_same)
{
	looks_the_same(self->edu);
	looks_the_same(self->nvme);
}

static void edu_open(struct box *box)
{
	box_open(box, VFIO_TYPE1v2_IOMMU, 1);
	box_edu(box, 0);
}

TEST_F(pci, edu_dma)
{
	char *memory = mem_untouched(2 * PAGE);
	struct region region;
	struct box box;

	edu_open(&box);
	region_find(&region, box.edu[0].fd);
	iommu_map(box.container, memory, BOX_IOVA, 2 * PAGE, IOMMU_RW);
	EXPECT_TRUE(box_dma_works(&box.edu[0], memory, BOX_IOVA));
	EXPECT_EQ(edu_reg_read(&box.edu[0], EDU_REG_ID), EDU_ID);
	iommu_unmap(box.container, BOX_IOVA, 2 * PAGE);
	box_close(&box);
}

static bool was_raised(int event, int ms)
{
	struct pollfd poller = { .fd = event, .events = POLLIN };
	uint64_t count;

	return poll(&poller, 1, ms) == 1 && read(event, &count, sizeof(count)) == sizeof(count);
}

/* Interrupts of the device, the ordinary way; ours does not come into it. */
TEST_F(pci, edu_interrupts)
{
	static const uint32_t indices[] = { VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX };
	int event = eventfd(0, EFD_NONBLOCK), faults = eventfd(0, EFD_NONBLOCK);
	struct region region;
	struct box box;

	edu_open(&box);
	region_find(&region, box.edu[0].fd);
	region_eventfd(&region, faults);
	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		const uint32_t trigger = VFIO_IRQ_SET_ACTION_TRIGGER;

		EXPECT_EQ(__region_set_irq(box.edu[0].fd, indices[i],
					   VFIO_IRQ_SET_DATA_EVENTFD | trigger, 1, &event),
			  0);
		edu_reg_write(&box.edu[0], EDU_REG_RAISE, 1);
		EXPECT_TRUE(was_raised(event, 5000));
		edu_reg_write(&box.edu[0], EDU_REG_ACK, 1);
		EXPECT_EQ(__region_set_irq(box.edu[0].fd, indices[i],
					   VFIO_IRQ_SET_DATA_NONE | trigger, 0, NULL),
			  0);
		was_raised(event, 0);
	}
	EXPECT_FALSE(was_raised(faults, 0));
	box_close(&box);
}

TEST_F(pci, nvme_and_reset)
{
	char *memory = mem_untouched(MIB(1));
	struct region region;
	struct disk disk;
	struct vfio_type1x_fault_consumer *consumer;

	disk_open(&disk, VFIO_TYPE1v2_IOMMU);
	disk_check(&disk, memory, DISK_IOVA, MIB(1));
	region_open(&region, disk.device.fd);
	consumer = region_consumer(&region);
	consumer->reserved = 77;
	nvme_close(&disk.nvme);
	EXPECT_EQ(ioctl(disk.device.fd, VFIO_DEVICE_RESET), 0);
	/* The region has nothing to do with it. */
	EXPECT_EQ(consumer->reserved, 77);
	EXPECT_EQ(region_header(&region)->version, VFIO_TYPE1X_FAULT_VERSION);
	region_close(&region);
	vfio_device_close(&disk.device);
	vfio_device_open(&disk.device, disk.group, self->nvme);
	nvme_open(&disk.nvme, &disk.device, disk.container, DISK_QUEUE_IOVA);
	disk_check(&disk, memory, DISK_IOVA, MIB(1));
	disk_close(&disk);
}

static int set_msix(int device, uint32_t data, uint32_t start, uint32_t count, const int *events)
{
	union {
		struct vfio_irq_set set;
		char bytes[sizeof(struct vfio_irq_set) + 2 * sizeof(*events)];
	} buf = {
		.set = {
			.argsz = sizeof(buf),
			.flags = data | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.start = start,
			.count = count,
		},
	};

	if (events)
		memcpy(buf.set.data, events, count * sizeof(*events));
	return ioctl(device, VFIO_DEVICE_SET_IRQS, &buf) ? -errno : 0;
}

/* The first vector is that of the admin queue; the second is raised by hand. */
TEST_F(pci, nvme_msix)
{
	int events[2] = { eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK) };
	struct disk disk;
	int device;

	disk_open(&disk, VFIO_TYPE1v2_IOMMU);
	device = disk.device.fd;
	nvme_close(&disk.nvme);
	EXPECT_EQ(set_msix(device, VFIO_IRQ_SET_DATA_EVENTFD, 0, 2, events), 0);
	nvme_open(&disk.nvme, &disk.device, disk.container, DISK_QUEUE_IOVA);
	EXPECT_TRUE(was_raised(events[0], 5000));
	EXPECT_FALSE(was_raised(events[1], 0));
	EXPECT_EQ(set_msix(device, VFIO_IRQ_SET_DATA_NONE, 1, 1, NULL), 0);
	EXPECT_TRUE(was_raised(events[1], 5000));
	EXPECT_EQ(set_msix(device, VFIO_IRQ_SET_DATA_NONE, 0, 0, NULL), 0);
	disk_close(&disk);
	close(events[0]);
	close(events[1]);
}

static int set_feature(int device, uint32_t feature)
{
	struct vfio_device_feature set = {
		.argsz = sizeof(set),
		.flags = VFIO_DEVICE_FEATURE_SET | feature,
	};

	return ioctl(device, VFIO_DEVICE_FEATURE, &set) ? -errno : 0;
}

/* The device may sleep while nobody looks at it, and works again afterwards. */
TEST_F(pci, low_power)
{
	char *memory = mem_untouched(MIB(1));
	uint32_t ids = 0;
	struct disk disk;

	disk_open(&disk, VFIO_TYPE1v2_IOMMU);
	EXPECT_EQ(set_feature(disk.device.fd, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
	EXPECT_EQ(set_feature(disk.device.fd, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), 0);
	EXPECT_EQ(set_feature(disk.device.fd, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), -EINVAL);
	usleep(100000);
	vfio_config_read(&disk.device, 0, &ids, sizeof(ids));
	EXPECT_EQ(ids, NVME_DEVICE_ID << 16 | NVME_VENDOR_ID);
	EXPECT_EQ(set_feature(disk.device.fd, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
	disk_check(&disk, memory, DISK_IOVA, MIB(1));
	disk_close(&disk);
}

/* Where the capability is in the registers of a device; 0: nowhere. */
static uint8_t find_capability(const struct vfio_device *device, uint8_t id)
{
	uint8_t entry[2], at = 0;

	vfio_config_read(device, PCI_CAPABILITY_LIST, &at, 1);
	for (int i = 0; at && i < 48; i++) {
		vfio_config_read(device, at, entry, sizeof(entry));
		if (entry[0] == id)
			return at;
		at = entry[1];
	}
	return 0;
}

/* 0 or -errno. */
static int read_bar(int device)
{
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	uint32_t value;

	must_sys(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar));
	return pread(device, &value, sizeof(value), bar.offset) < 0 ? -errno : 0;
}

/* Nobody reaches the registers of a device that was put to sleep. */
TEST_F(pci, power_state)
{
	const uint16_t d0 = 0, d3hot = PCI_PM_CTRL_STATE_MASK;
	struct disk disk;
	uint8_t at;

	disk_open(&disk, VFIO_TYPE1v2_IOMMU);
	nvme_close(&disk.nvme);
	at = find_capability(&disk.device, PCI_CAP_ID_PM);
	ASSERT_NE(at, 0);
	EXPECT_EQ(read_bar(disk.device.fd), 0);
	vfio_config_write(&disk.device, at + PCI_PM_CTRL, &d3hot, sizeof(d3hot));
	EXPECT_EQ(read_bar(disk.device.fd), -EIO);
	vfio_config_write(&disk.device, at + PCI_PM_CTRL, &d0, sizeof(d0));
	EXPECT_EQ(read_bar(disk.device.fd), 0);
	nvme_open(&disk.nvme, &disk.device, disk.container, DISK_QUEUE_IOVA);
	disk_close(&disk);
}

KTAP_MAIN()
