// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program to be traced, in a guest: it makes the requests whose numbers a container
 * and a device share, on both, and prints what the tracer should.
 *
 *	twins GROUP DEVICE	say 8 0000:01:00.0, which can be reset by its bus
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "newer.h"

#define PAGE		4096
#define IOVA		0x100000
#define RW		(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

struct file {
	int fd;
	char path[32];
};

static struct file container, group, device;

static void __attribute__((noreturn)) fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct file open_file(const char *path)
{
	struct file file = { .fd = open(path, O_RDWR | O_CLOEXEC) };

	if (file.fd < 0)
		fail(path);
	snprintf(file.path, sizeof(file.path), "%s", path);
	return file;
}

/* Returns what the system call does: -errno or a result. */
static int call(const struct file *file, unsigned long request, void *argument)
{
	int result = ioctl(file->fd, request, argument);

	return result < 0 ? -errno : result;
}

/* What the tracer should say of a call that has returned @result. */
static void expect(const struct file *file, int result, const char *text)
{
	printf("ioctl(%d<%s>, %s) = ", file->fd, file->path, text);
	if (result < 0)
		printf("-1 %s (%s)\n", strerrorname_np(-result), strerror(-result));
	else
		printf("%d\n", result);
	fflush(stdout);
}

static void expect_device(const char *name)
{
	printf("ioctl(%d<%s>, VFIO_GROUP_GET_DEVICE_FD, \"%s\") = %d<%s>\n", group.fd, group.path,
	       name, device.fd, device.path);
}

static void set_up(const char *number, const char *name)
{
	char path[32], text[96];

	container = open_file("/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	group = open_file(path);
	snprintf(text, sizeof(text), "VFIO_GROUP_SET_CONTAINER, [%d<%s>]", container.fd,
		 container.path);
	expect(&group, call(&group, VFIO_GROUP_SET_CONTAINER, &container.fd), text);
	expect(&container, call(&container, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU),
	       "VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU");
	device.fd = call(&group, VFIO_GROUP_GET_DEVICE_FD, (void *)name);
	if (device.fd < 0)
		fail(name);
	strcpy(device.path, "anon_inode:[vfio-device]");
	expect_device(name);
}

static void get_info(void)
{
	struct vfio_iommu_type1_info info = { .argsz = 16 };
	int result = call(&container, VFIO_IOMMU_GET_INFO, &info);
	char text[256];

	snprintf(text, sizeof(text),
		 "VFIO_IOMMU_GET_INFO, {argsz=16 => %u, "
		 "flags=VFIO_IOMMU_INFO_PGSIZES|VFIO_IOMMU_INFO_CAPS, iova_pgsizes=%#llx}",
		 info.argsz, (unsigned long long)info.iova_pgsizes);
	expect(&container, result, text);
}

/* First without room for what it has to tell. */
static void get_hot_reset_info(const char *number)
{
	struct {
		struct vfio_pci_hot_reset_info head;
		struct vfio_pci_dependent_device device;
	} info = { .head.argsz = sizeof(info.head) };
	char text[256];
	int result;

	result = call(&device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info);
	expect(&device, result, "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, {argsz=12, count=0 => 1}");
	info.head.argsz = sizeof(info);
	info.head.count = 0;
	result = call(&device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info);
	snprintf(text, sizeof(text),
		 "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, {argsz=%zu, flags=0, count=0 => 1, "
		 "devices=[{group_id=%s, segment=0, bus=%#x, devfn=00.0}]}",
		 sizeof(info), number, info.device.bus);
	expect(&device, result, text);
}

static void map(void *memory)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = RW,
		.vaddr = (uintptr_t)memory,
		.iova = IOVA,
		.size = PAGE,
	};
	int result = call(&container, VFIO_IOMMU_MAP_DMA, &map);
	char text[256];

	snprintf(text, sizeof(text),
		 "VFIO_IOMMU_MAP_DMA, {argsz=32, "
		 "flags=VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_WRITE, vaddr=%#lx, "
		 "iova=0x100000, size=0x1000}",
		 (unsigned long)memory);
	expect(&container, result, text);
}

static void hot_reset(void)
{
	struct {
		struct vfio_pci_hot_reset head;
		int32_t group;
	} reset = { { .argsz = sizeof(reset), .count = 1 }, group.fd };
	int result = call(&device, VFIO_DEVICE_PCI_HOT_RESET, &reset);
	char text[256];

	snprintf(text, sizeof(text),
		 "VFIO_DEVICE_PCI_HOT_RESET, {argsz=16, flags=0, count=1, group_fds=[%d<%s>]}",
		 group.fd, group.path);
	expect(&device, result, text);
}

static void unmap(void)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = 2 * PAGE,
	};

	expect(&container, call(&container, VFIO_IOMMU_UNMAP_DMA, &unmap),
	       "VFIO_IOMMU_UNMAP_DMA, {argsz=24, flags=0, iova=0x100000, "
	       "size=0x2000 => 0x1000}");
}

static void query_plane(void)
{
	struct vfio_device_gfx_plane_info plane = {
		.argsz = sizeof(plane),
		.flags = VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION,
	};
	int result = call(&device, VFIO_DEVICE_QUERY_GFX_PLANE, &plane);
	char text[256];

	snprintf(text, sizeof(text),
		 "VFIO_DEVICE_QUERY_GFX_PLANE, {argsz=%zu, "
		 "flags=VFIO_GFX_PLANE_TYPE_PROBE|VFIO_GFX_PLANE_TYPE_REGION, "
		 "drm_plane_type=DRM_PLANE_TYPE_OVERLAY}",
		 sizeof(plane));
	expect(&device, result, text);
}

static void ioeventfd(void)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = 0x10,
		.data = 0x12345678,
		.fd = -1,
	};

	int result = call(&device, VFIO_DEVICE_IOEVENTFD, &arg);
	char text[256];

	snprintf(text, sizeof(text),
		 "VFIO_DEVICE_IOEVENTFD, {argsz=%zu, flags=VFIO_DEVICE_IOEVENTFD_32, "
		 "offset=0x10, data=0x12345678, fd=-1}",
		 sizeof(arg));
	expect(&device, result, text);
}

static void dirty(uint32_t flag, const char *name)
{
	struct vfio_iommu_type1_dirty_bitmap arg = { sizeof(arg), flag };
	char text[128];

	snprintf(text, sizeof(text), "VFIO_IOMMU_DIRTY_PAGES, {argsz=8, flags=%s}", name);
	expect(&container, call(&container, VFIO_IOMMU_DIRTY_PAGES, &arg), text);
}

static void feature(void)
{
	struct vfio_device_feature arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET |
			 VFIO_DEVICE_FEATURE_MIGRATION,
	};

	expect(&device, call(&device, VFIO_DEVICE_FEATURE, &arg),
	       "VFIO_DEVICE_FEATURE, {argsz=8, flags=VFIO_DEVICE_FEATURE_GET|"
	       "VFIO_DEVICE_FEATURE_PROBE|VFIO_DEVICE_FEATURE_MIGRATION}");
}

static void bind(void)
{
	struct newer_bind_iommufd arg = { .argsz = 16, .iommufd = -1 };

	expect(&device, call(&device, VFIO_DEVICE_BIND_IOMMUFD, &arg),
	       "VFIO_DEVICE_BIND_IOMMUFD, {argsz=16, flags=0, iommufd=-1}");
}

static void unregister(void)
{
	struct vfio_iommu_spapr_register_memory arg = { .argsz = sizeof(arg), .size = PAGE };

	expect(&container, call(&container, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &arg),
	       "VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, {argsz=24, flags=0, vaddr=NULL, "
	       "size=0x1000}");
}

int main(int argc, char **argv)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc != 3 || memory == MAP_FAILED)
		return 2;
	set_up(argv[1], argv[2]);
	/* 0x3b70 to 0x3b76 */
	get_info();
	get_hot_reset_info(argv[1]);
	map(memory);
	hot_reset();
	unmap();
	query_plane();
	expect(&container, call(&container, VFIO_IOMMU_ENABLE, NULL), "VFIO_IOMMU_ENABLE");
	expect(&device, call(&device, VFIO_DEVICE_GET_GFX_DMABUF, &(uint32_t){ 7 }),
	       "VFIO_DEVICE_GET_GFX_DMABUF, [7]");
	expect(&container, call(&container, VFIO_IOMMU_DISABLE, NULL), "VFIO_IOMMU_DISABLE");
	ioeventfd();
	dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_START, "VFIO_IOMMU_DIRTY_PAGES_FLAG_START");
	dirty(VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, "VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP");
	feature();
	unregister();
	bind();
	/* A group has none of these. */
	expect(&group, call(&group, VFIO_IOMMU_MAP_DMA, NULL), "_IOC(_IOC_NONE, 0x3b, 0x71, 0), 0");
	return 0;
}
