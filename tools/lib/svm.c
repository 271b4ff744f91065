// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "svm.h"
#include "text.h"

int __svm_bind_raw(int container, struct vfio_type1x_svm_bind *bind)
{
	return ioctl(container, VFIO_IOMMU_SVM_BIND, bind) ? -errno : 0;
}

int __svm_device_bind_raw(int device, struct vfio_type1x_svm_bind *bind)
{
	return ioctl(device, VFIO_DEVICE_BIND_TASK, bind) ? -errno : 0;
}

static int svm_ask(int fd, uint32_t flags, int target,
		   int (*ask)(int fd, struct vfio_type1x_svm_bind *bind))
{
	struct vfio_type1x_svm_bind bind = {
		.argsz = sizeof(bind),
		.flags = flags,
		.target = target,
	};

	return ask(fd, &bind) ?: (int)bind.bond;
}

int __svm_bind(int container, uint32_t flags, int target)
{
	return svm_ask(container, flags, target, __svm_bind_raw);
}

int __svm_device_bind(int device, uint32_t flags, int target)
{
	return svm_ask(device, flags, target, __svm_device_bind_raw);
}

int __svm_unbind(int container, uint32_t bond)
{
	struct vfio_type1x_svm_unbind unbind = { .argsz = sizeof(unbind), .bond = bond };

	return ioctl(container, VFIO_IOMMU_SVM_UNBIND, &unbind) ? -errno : 0;
}

int __svm_device_unbind(int device, uint32_t bond)
{
	struct vfio_type1x_svm_unbind unbind = { .argsz = sizeof(unbind), .bond = bond };

	return ioctl(device, VFIO_DEVICE_UNBIND_TASK, &unbind) ? -errno : 0;
}

int __svm_map(int container, uint32_t bond, const void *vaddr, uint64_t iova, uint64_t size,
	      uint32_t flags)
{
	struct vfio_type1x_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags | VFIO_DMA_MAP_FLAG_BOND,
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
		.bond = bond,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int __svm_pidfd(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int __svm_mem_fd(pid_t pid, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

uint64_t svm_locked(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return text_find_u64(path, "VmLck") * 1024;
}

bool svm_locked_becomes(pid_t pid, uint64_t bytes)
{
	int tries;

	for (tries = 0; tries < 500 && svm_locked(pid) != bytes; tries++)
		usleep(10000);
	return svm_locked(pid) == bytes;
}
