// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a container, and of a device, that bind processes, and what is mapped by
 * way of a bond.
 */
#include <errno.h>
#include <linux/vfio_type1x.h>

#include "fake.h"

#define C "ioctl(3</dev/vfio/vfio>, "
#define G "ioctl(4</dev/vfio/12>, "
#define D "ioctl(5<anon_inode:[vfio-device]>, "

static void bind(void)
{
	struct vfio_type1x_svm_bind in = { .argsz = sizeof(in), .target = 1234 }, out;
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_SVM_BIND), FAKE_BOTH(in, out) };

	in.flags = VFIO_SVM_PID | VFIO_SVM_WANT_PINNED;
	out = in;
	out.bond = 7;
	out.mode = VFIO_SVM_MODE_PINNED;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_SVM_BIND, {argsz=32, "
					 "flags=VFIO_SVM_PID|VFIO_SVM_WANT_PINNED, "
					 "op=VFIO_SVM_OP_PROCESS, bond=7, "
					 "mode=VFIO_SVM_MODE_PINNED, pasid=0, target=1234, "
					 "reserved=0}) = 0"));
	in.flags = VFIO_SVM_MEM_FD | VFIO_SVM_WANT_PASID | 1;
	in.op = 2;
	in.argsz = 28;
	in.target = -1;
	fake.out = NULL;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_SVM_BIND, {argsz=28, "
					 "flags=VFIO_SVM_MEM_FD|VFIO_SVM_WANT_PASID|0x1, "
					 "op=0x2, target=-1})"
					 " = -1 EINVAL (Invalid argument)"));
}

/* Without a selector nobody looks at the target. */
static void bind_the_caller(void)
{
	struct vfio_type1x_svm_bind in = { .argsz = 24 }, out = in;
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_SVM_BIND), FAKE_BOTH(in, out) };

	out.bond = 1;
	out.mode = VFIO_SVM_MODE_PASID;
	out.pasid = 42;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_SVM_BIND, {argsz=24, flags=0, "
					 "op=VFIO_SVM_OP_PROCESS, bond=1, "
					 "mode=VFIO_SVM_MODE_PASID, pasid=42}) = 0"));
}

static void unbind(void)
{
	struct vfio_type1x_svm_unbind in = { .argsz = sizeof(in), .bond = 7 };
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_SVM_UNBIND), FAKE_IN(in),
			     .result = -ENOENT };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_SVM_UNBIND, {argsz=16, flags=0, bond=7, "
					 "reserved=0})"
					 " = -1 ENOENT (No such file or directory)"));
}

static void map_dma(void)
{
	struct vfio_type1x_dma_map in = {
		.argsz = sizeof(in),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_BOND,
		.vaddr = 0x7f1234560000,
		.iova = 0x100000,
		.size = 0x200000,
		.bond = 7,
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_MAP_DMA), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, {argsz=40, "
					 "flags=VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_BOND, "
					 "vaddr=0x7f1234560000, iova=0x100000, size=0x200000, "
					 "bond=7, reserved=0}) = 0"));
}

static void bind_by_device(void)
{
	struct vfio_type1x_svm_bind in = { .argsz = 28, .flags = VFIO_SVM_PIDFD, .target = 9 };
	struct vfio_type1x_svm_bind out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_BIND_TASK), FAKE_BOTH(in, out) };

	out.bond = 3;
	out.mode = VFIO_SVM_MODE_PINNED;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_BIND_TASK, {argsz=28, flags=VFIO_SVM_PIDFD, "
					 "op=VFIO_SVM_OP_PROCESS, bond=3, "
					 "mode=VFIO_SVM_MODE_PINNED, pasid=0, target=9}) = 0"));
	fake.out = NULL;
	fake.result = -EOPNOTSUPP;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_BIND_TASK, {argsz=28, flags=VFIO_SVM_PIDFD, "
					 "op=VFIO_SVM_OP_PROCESS, target=9})"
					 " = -1 EOPNOTSUPP (Operation not supported)"));
}

static void unbind_by_device(void)
{
	struct vfio_type1x_svm_unbind in = { .argsz = 12, .bond = 3 };
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_UNBIND_TASK), .in = &in, .size = 12 };

	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_UNBIND_TASK, {argsz=12, flags=0, bond=3})"
					 " = 0"));
	fake.size = 8;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_UNBIND_TASK, 0x10000) = 0"));
}

/* To files of another kind these numbers mean nothing. */
static void other_files(void)
{
	struct fake container = { FAKE_CONTAINER(VFIO_DEVICE_BIND_TASK), .result = -ENOTTY };
	struct fake group = { FAKE_GROUP(VFIO_DEVICE_UNBIND_TASK), .result = -ENOTTY };
	struct fake device = { FAKE_DEVICE(VFIO_IOMMU_SVM_BIND), .result = -ENOTTY };

	UNIT_AGREE(fake_differs(&container, C "_IOC(_IOC_NONE, 0x3b, 0x7a, 0), 0)"
					      " = -1 ENOTTY (Inappropriate ioctl for device)"));
	UNIT_AGREE(fake_differs(&group, G "_IOC(_IOC_NONE, 0x3b, 0x7b, 0), 0)"
					  " = -1 ENOTTY (Inappropriate ioctl for device)"));
	UNIT_AGREE(fake_differs(&device, D "_IOC(_IOC_NONE, 0x3b, 0x7e, 0), 0)"
					   " = -1 ENOTTY (Inappropriate ioctl for device)"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(bind),	   UNIT_CASE(bind_the_caller),	UNIT_CASE(unbind),
	UNIT_CASE(bind_by_device), UNIT_CASE(unbind_by_device), UNIT_CASE(other_files),
	UNIT_CASE(map_dma),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
