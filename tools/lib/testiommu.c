// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "module.h"
#include "testiommu.h"
#include "text.h"

#define MODULE_FILE	"/t/" TESTIOMMU_MODULE ".ko"
#define UNLOAD_TRIES	20

static int testiommu_ioctl(int ti, unsigned long request, void *arg)
{
	int ret = ioctl(ti, request, arg);

	return ret < 0 ? -errno : ret;
}

void testiommu_bdf(int device, char bdf[VFIO_BDF_LEN])
{
	snprintf(bdf, VFIO_BDF_LEN, "1234:00:%02x.0", device & 0x1f);
}

/* -ENODEV if there is no such device. */
static int testiommu_give(int device)
{
	char bdf[VFIO_BDF_LEN], path[PATH_MAX];
	int ret;

	testiommu_bdf(device, bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	if (access(path, F_OK))
		return -ENODEV;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	ret = __text_write(path, "vfio-pci");
	if (ret)
		return ret;
	ret = __text_write("/sys/bus/pci/drivers_probe", bdf);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/vfio-pci/%s", bdf);
	return access(path, F_OK) ? -ENXIO : 0;
}

int __testiommu_load(const char *parameters)
{
	int device, ti, ret = __module_load(MODULE_FILE, parameters);

	if (ret)
		return ret;
	for (device = 0; !ret; device++)
		ret = testiommu_give(device);
	ti = open(T1X_TI_PATH, O_RDWR | O_CLOEXEC);
	if (ti < 0)
		return -errno;
	if (ret == -ENODEV)
		return ti;
	__testiommu_unload(ti);
	return ret;
}

int __testiommu_tear_down(int ti)
{
	return testiommu_ioctl(ti, T1X_TI_TEAR_DOWN, NULL);
}

int __testiommu_unload(int ti)
{
	int tries = 0, ret = __testiommu_tear_down(ti);

	if (ret)
		return ret;
	close(ti);
	/* A reader of sysfs may hold a device for a moment. */
	while ((ret = __module_unload(TESTIOMMU_MODULE)) == -EAGAIN && ++tries < UNLOAD_TRIES)
		usleep(50000);
	return ret;
}

int __testiommu_group(int device)
{
	char bdf[VFIO_BDF_LEN];

	testiommu_bdf(device, bdf);
	return __vfio_group_open(bdf);
}

int __testiommu_dma(int ti, struct t1x_ti_dma *dma)
{
	return testiommu_ioctl(ti, T1X_TI_DMA, dma);
}

static int testiommu_move(int ti, struct t1x_ti_dma dma, size_t size)
{
	int ret = 0;

	while (!ret && size) {
		dma.len = size < T1X_TI_MAX_BYTES ? size : T1X_TI_MAX_BYTES;
		ret = __testiommu_dma(ti, &dma);
		dma.iova += dma.len;
		dma.buf += dma.len;
		size -= dma.len;
	}
	return ret;
}

int __testiommu_read(int ti, int device, uint64_t iova, void *buf, size_t size)
{
	struct t1x_ti_dma dma = { .iova = iova, .buf = (uintptr_t)buf, .device = device };

	return testiommu_move(ti, dma, size);
}

int __testiommu_write(int ti, int device, uint64_t iova, const void *buf, size_t size)
{
	struct t1x_ti_dma dma = {
		.iova = iova,
		.buf = (uintptr_t)buf,
		.device = device,
		.write = 1,
	};

	return testiommu_move(ti, dma, size);
}

int __testiommu_fault(int ti, struct t1x_ti_fault *fault)
{
	return testiommu_ioctl(ti, T1X_TI_FAULT, fault);
}

int __testiommu_report(int ti, const struct t1x_ti_report *report)
{
	struct t1x_ti_report copy = *report;

	return testiommu_ioctl(ti, T1X_TI_REPORT, &copy);
}

int __testiommu_response(int ti, int device, struct t1x_ti_response *response)
{
	*response = (struct t1x_ti_response){ .device = device };
	return testiommu_ioctl(ti, T1X_TI_RESPONSE, response);
}

int __testiommu_behave(int ti, const struct t1x_ti_behaviour *behaviour)
{
	struct t1x_ti_behaviour copy = behaviour ? *behaviour : (struct t1x_ti_behaviour){ 0 };

	return testiommu_ioctl(ti, T1X_TI_BEHAVE, &copy);
}

int __testiommu_leaf(int ti, int device, uint64_t iova, struct t1x_ti_leaf *leaf)
{
	*leaf = (struct t1x_ti_leaf){ .iova = iova, .device = device };
	return testiommu_ioctl(ti, T1X_TI_LEAF, leaf);
}

int __testiommu_stat(int ti, struct t1x_ti_stat *stat)
{
	return testiommu_ioctl(ti, T1X_TI_STAT, stat);
}

int __testiommu_bind(int ti, int device, pid_t pid, struct t1x_ti_bind *bind)
{
	*bind = (struct t1x_ti_bind){ .device = device, .pid = pid };
	return testiommu_ioctl(ti, T1X_TI_BIND, bind);
}

int __testiommu_unbind(int ti, uint32_t id)
{
	return testiommu_ioctl(ti, T1X_TI_UNBIND, (void *)(uintptr_t)id);
}

int __testiommu_pasid_read(int ti, int device, uint32_t pasid, const void *addr, void *buf,
			   size_t size)
{
	struct t1x_ti_dma dma = {
		.iova = (uintptr_t)addr,
		.buf = (uintptr_t)buf,
		.device = device,
		.pasid = pasid,
	};

	return testiommu_move(ti, dma, size);
}

int __testiommu_pasid_write(int ti, int device, uint32_t pasid, void *addr, const void *buf,
			    size_t size)
{
	struct t1x_ti_dma dma = {
		.iova = (uintptr_t)addr,
		.buf = (uintptr_t)buf,
		.device = device,
		.write = 1,
		.pasid = pasid,
	};

	return testiommu_move(ti, dma, size);
}
