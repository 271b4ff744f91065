// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "text.h"
#include "vfio.h"

#define PCI_DEVICES	"/sys/bus/pci/devices"

/* An ioctl() that returns -errno. */
static int vfio_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static bool vfio_id_matches(const char *bdf, uint16_t vendor, uint16_t device)
{
	char path[PATH_MAX];
	uint64_t value;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/vendor", bdf);
	if (__text_read_u64(path, &value) || value != vendor)
		return false;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/device", bdf);
	return !__text_read_u64(path, &value) && value == device;
}

int __vfio_find(uint16_t vendor, uint16_t device, int index, char bdf[VFIO_BDF_LEN])
{
	struct dirent **entries;
	int i, count = scandir(PCI_DEVICES, &entries, NULL, alphasort);
	int ret = -ENODEV;

	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (ret && name[0] != '.' && vfio_id_matches(name, vendor, device) && !index--) {
			snprintf(bdf, VFIO_BDF_LEN, "%.*s", VFIO_BDF_LEN - 1, name);
			ret = 0;
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int __vfio_bind(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override", bdf);
	ret = __text_write(path, driver);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver/unbind", bdf);
	ret = __text_write(path, bdf);
	if (ret && ret != -ENOENT)
		return ret;
	ret = __text_write("/sys/bus/pci/drivers_probe", bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/%s", driver, bdf);
	return access(path, F_OK) ? -ENXIO : ret;
}

int __vfio_container_open(void)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int __vfio_group_open(const char *bdf)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/iommu_group", bdf);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int __vfio_group_attach(int group, int container)
{
	return vfio_ioctl(group, VFIO_GROUP_SET_CONTAINER, &container);
}

int __vfio_group_detach(int group)
{
	return vfio_ioctl(group, VFIO_GROUP_UNSET_CONTAINER, NULL);
}

int __vfio_group_is_viable(int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int ret = vfio_ioctl(group, VFIO_GROUP_GET_STATUS, &status);

	return ret < 0 ? ret : !!(status.flags & VFIO_GROUP_FLAGS_VIABLE);
}

int __vfio_extension(int container, unsigned long extension)
{
	return vfio_ioctl(container, VFIO_CHECK_EXTENSION, (void *)extension);
}

int __vfio_set_type(int container, unsigned long type)
{
	return vfio_ioctl(container, VFIO_SET_IOMMU, (void *)type);
}

static int vfio_region(const struct vfio_device *device, int index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return vfio_ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

static int vfio_config_offset(const struct vfio_device *device, off_t *offset)
{
	struct vfio_region_info info;
	int ret = vfio_region(device, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	*offset = info.offset;
	return ret;
}

int __vfio_config_read(const struct vfio_device *device, off_t offset, void *buf, size_t size)
{
	off_t base;
	int ret = vfio_config_offset(device, &base);

	if (ret)
		return ret;
	return pread(device->fd, buf, size, base + offset) == (ssize_t)size ? 0 : -EIO;
}

int __vfio_config_write(const struct vfio_device *device, off_t offset, const void *buf,
			size_t size)
{
	off_t base;
	int ret = vfio_config_offset(device, &base);

	if (ret)
		return ret;
	return pwrite(device->fd, buf, size, base + offset) == (ssize_t)size ? 0 : -EIO;
}

static int vfio_enable_dma(const struct vfio_device *device)
{
	uint16_t command;
	int ret = __vfio_config_read(device, PCI_COMMAND, &command, sizeof(command));

	if (ret)
		return ret;
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	return __vfio_config_write(device, PCI_COMMAND, &command, sizeof(command));
}

static void vfio_map_bars(struct vfio_device *device)
{
	int i;

	for (i = 0; i < VFIO_MAX_BARS; i++) {
		struct vfio_bar *bar = &device->bars[i];
		struct vfio_region_info info;

		if (vfio_region(device, VFIO_PCI_BAR0_REGION_INDEX + i, &info) ||
		    !(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
			continue;
		bar->size = info.size;
		bar->addr = mmap(NULL, bar->size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd,
				 info.offset);
		if (bar->addr == MAP_FAILED)
			bar->addr = NULL;
	}
}

int __vfio_device_open(struct vfio_device *device, int group, const char *bdf)
{
	int ret;

	*device = (struct vfio_device){ .fd = -1 };
	snprintf(device->bdf, sizeof(device->bdf), "%s", bdf);
	device->fd = vfio_ioctl(group, VFIO_GROUP_GET_DEVICE_FD, device->bdf);
	if (device->fd < 0)
		return device->fd;
	ret = vfio_enable_dma(device);
	if (ret) {
		vfio_device_close(device);
		return ret;
	}
	vfio_map_bars(device);
	return 0;
}

void vfio_device_close(struct vfio_device *device)
{
	int i;

	for (i = 0; i < VFIO_MAX_BARS; i++)
		if (device->bars[i].addr)
			munmap(device->bars[i].addr, device->bars[i].size);
	if (device->fd >= 0)
		close(device->fd);
	*device = (struct vfio_device){ .fd = -1 };
}
