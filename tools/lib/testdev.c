// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "testdev.h"
#include "text.h"

#define DEVICES		"/sys/bus/platform/devices"
#define NAME		"t1x-test.%d"

static int testdev_ioctl(const struct testdev *dev, unsigned long request, void *arg)
{
	int ret = ioctl(dev->fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int __testdev_group(int index)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/" NAME "/iommu_group", index);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int __testdev_open(struct testdev *dev, int group, int index)
{
	char name[32];

	snprintf(name, sizeof(name), NAME, index);
	*dev = (struct testdev){ .fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name) };
	return dev->fd < 0 ? -errno : 0;
}

/* Unbind a device and bind it to another driver, which must like it. */
static int testdev_rebind(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	ret = __text_write(path, driver);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", bdf);
	ret = ret ? ret : __text_write(path, bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	return ret ? ret : __text_write(path, bdf);
}

int __testdev_take_pci(const char *bdf)
{
	return testdev_rebind(bdf, "t1x-test-pci");
}

int __testdev_return_pci(const char *bdf)
{
	return testdev_rebind(bdf, "vfio-pci");
}

int __testdev_open_pci(struct testdev *dev, int group, const char *bdf)
{
	*dev = (struct testdev){ .fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf) };
	return dev->fd < 0 ? -errno : 0;
}

void testdev_close(struct testdev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	*dev = (struct testdev){ .fd = -1 };
}

int __testdev_pin(const struct testdev *dev, uint64_t iova, uint32_t npages, uint32_t prot)
{
	struct t1x_td_pages pages = {
		.iova = iova,
		.npages = npages,
		.prot = prot,
		.flags = dev->flags,
	};

	return testdev_ioctl(dev, T1X_TD_PIN, &pages);
}

int __testdev_unpin(const struct testdev *dev, uint64_t iova, uint32_t npages)
{
	struct t1x_td_pages pages = { .iova = iova, .npages = npages, .flags = dev->flags };

	return testdev_ioctl(dev, T1X_TD_UNPIN, &pages);
}

int __testdev_unpin_raw(const struct testdev *dev, uint64_t iova, uint32_t npages)
{
	struct t1x_td_pages pages = { .iova = iova, .npages = npages, .flags = dev->flags };

	return testdev_ioctl(dev, T1X_TD_UNPIN_RAW, &pages);
}

int __testdev_peek(const struct testdev *dev, uint64_t iova, uint32_t offset)
{
	struct t1x_td_pages pages = { .iova = iova, .offset = offset, .flags = dev->flags };
	int ret = testdev_ioctl(dev, T1X_TD_PEEK, &pages);

	return ret < 0 ? ret : (int)pages.value;
}

int __testdev_poke(const struct testdev *dev, uint64_t iova, uint32_t offset, uint8_t value)
{
	struct t1x_td_pages pages = {
		.iova = iova,
		.offset = offset,
		.value = value,
		.flags = dev->flags,
	};

	return testdev_ioctl(dev, T1X_TD_POKE, &pages);
}

int __testdev_read(const struct testdev *dev, uint64_t iova, void *buf, uint64_t len)
{
	struct t1x_td_rw rw = {
		.iova = iova,
		.buf = (uintptr_t)buf,
		.len = len,
		.flags = dev->flags,
	};

	return testdev_ioctl(dev, T1X_TD_RW, &rw);
}

int __testdev_write(const struct testdev *dev, uint64_t iova, const void *buf, uint64_t len)
{
	struct t1x_td_rw rw = {
		.iova = iova,
		.buf = (uintptr_t)buf,
		.len = len,
		.write = 1,
		.flags = dev->flags,
	};

	return testdev_ioctl(dev, T1X_TD_RW, &rw);
}

int __testdev_policy(const struct testdev *dev, uint32_t policy, uint32_t arg)
{
	struct t1x_td_policy request = { .policy = policy, .arg = arg };

	return testdev_ioctl(dev, T1X_TD_POLICY, &request);
}

int __testdev_domain(const struct testdev *dev, int container, uint32_t flags)
{
	struct t1x_td_domain request = { .container = container, .flags = flags };

	return testdev_ioctl(dev, T1X_TD_DOMAIN, &request);
}

int __testdev_stat(const struct testdev *dev, struct t1x_td_stat *stat)
{
	return testdev_ioctl(dev, T1X_TD_STAT, stat);
}
