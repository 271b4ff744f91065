// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a container, but for the capabilities of GET_INFO.
 */
#include <errno.h>
#include <linux/vfio_type1x.h>

#include "fake.h"

#define C "ioctl(3</dev/vfio/vfio>, "

static void get_api_version(void)
{
	struct fake fake = { FAKE_CONTAINER(VFIO_GET_API_VERSION) };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_GET_API_VERSION) = 0"));
}

static void check_extension(void)
{
	struct fake v1 = { FAKE_CONTAINER(VFIO_CHECK_EXTENSION), .value = 1, .result = 1 };
	struct fake nesting = { FAKE_CONTAINER(VFIO_CHECK_EXTENSION), .value = 6, .result = 1 };
	struct fake ours = { FAKE_CONTAINER(VFIO_CHECK_EXTENSION), .value = 0x74317800 };
	struct fake none = { FAKE_CONTAINER(VFIO_CHECK_EXTENSION), .value = 99 };

	UNIT_AGREE(fake_differs(&v1, C "VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU) = 1"));
	UNIT_AGREE(fake_differs(&nesting, C "VFIO_CHECK_EXTENSION, VFIO_TYPE1_NESTING_IOMMU) = 1"));
	UNIT_AGREE(fake_differs(&ours, C "VFIO_CHECK_EXTENSION, VFIO_TYPE1X_IOMMU) = 0"));
	UNIT_AGREE(fake_differs(&none, C "VFIO_CHECK_EXTENSION, 0x63) = 0"));
}

static void set_iommu(void)
{
	struct fake good = { FAKE_CONTAINER(VFIO_SET_IOMMU), .value = VFIO_TYPE1v2_IOMMU };
	struct fake bad = { FAKE_CONTAINER(VFIO_SET_IOMMU), .value = VFIO_SPAPR_TCE_v2_IOMMU,
			    .result = -ENODEV };

	UNIT_AGREE(fake_differs(&good, C "VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) = 0"));
	UNIT_CHECK(good.state.iommu_type == VFIO_TYPE1v2_IOMMU);
	UNIT_AGREE(fake_differs(&bad, C "VFIO_SET_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU)"
					" = -1 ENODEV (No such device)"));
	UNIT_CHECK(bad.state.iommu_type == 0);
}

static void enable_and_disable(void)
{
	struct fake enable = { FAKE_CONTAINER(VFIO_IOMMU_ENABLE) };
	struct fake disable = { FAKE_CONTAINER(VFIO_IOMMU_DISABLE), .result = -ENOTTY };

	UNIT_AGREE(fake_differs(&enable, C "VFIO_IOMMU_ENABLE) = 0"));
	UNIT_AGREE(fake_differs(&disable, C "VFIO_IOMMU_DISABLE)"
					    " = -1 ENOTTY (Inappropriate ioctl for device)"));
}

static void map_dma(void)
{
	struct vfio_iommu_type1_dma_map in = {
		.argsz = sizeof(in),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = 0x7f1234560000,
		.iova = 0x100000,
		.size = 0x200000,
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_MAP_DMA), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, {argsz=32, "
					 "flags=VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_WRITE, "
					 "vaddr=0x7f1234560000, iova=0x100000, size=0x200000})"
					 " = 0"));
	in.flags = VFIO_DMA_MAP_FLAG_VADDR | 0x40000010;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, {argsz=32, "
					 "flags=VFIO_DMA_MAP_FLAG_VADDR|0x40000010, "
					 "vaddr=0x7f1234560000, iova=0x100000, size=0x200000})"
					 " = -1 EINVAL (Invalid argument)"));
}

/* What the mail thread that asked for this tool tests. */
static void map_dma_of_the_strace_thread(void)
{
	struct {
		struct vfio_iommu_type1_dma_map map;
		uint8_t more;
	} in = { .map.argsz = 31 };
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_MAP_DMA), .in = &in, .size = 33,
			     .result = -EINVAL };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, 0x10000)"
					 " = -1 EINVAL (Invalid argument)"));
	in.map.argsz = 32;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, {argsz=32, flags=0, vaddr=NULL, "
					 "iova=0, size=0}) = -1 EINVAL (Invalid argument)"));
	in.map.argsz = 33;
	in.more = 0xff;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, {argsz=33, flags=0, vaddr=NULL, "
					 "iova=0, size=0, /* bytes 32..32 */ \"\\xff\"})"
					 " = -1 EINVAL (Invalid argument)"));
	in.map.argsz = 32;
	in.map.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;
	in.map.vaddr = 0xfedcba9876543210;
	in.map.iova = 0x0123456789abcdef;
	in.map.size = -1U;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_MAP_DMA, {argsz=32, "
					 "flags=VFIO_DMA_MAP_FLAG_READ|VFIO_DMA_MAP_FLAG_WRITE|"
					 "VFIO_DMA_MAP_FLAG_VADDR, vaddr=0xfedcba9876543210, "
					 "iova=0x123456789abcdef, size=0xffffffff})"
					 " = -1 EINVAL (Invalid argument)"));
}

/* VFIO_IOMMU_UNMAP_DMA tells how much it has unmapped. */
static void unmap_dma(void)
{
	struct vfio_iommu_type1_dma_unmap in = { .argsz = 24, .iova = 0x100000, .size = 0x3000 };
	struct vfio_iommu_type1_dma_unmap out = in;
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_UNMAP_DMA), FAKE_BOTH(in, out) };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_UNMAP_DMA, {argsz=24, flags=0, "
					 "iova=0x100000, size=0x3000}) = 0"));
	out.size = 0x1000;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_UNMAP_DMA, {argsz=24, flags=0, "
					 "iova=0x100000, size=0x3000 => 0x1000}) = 0"));
	in.flags = VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR;
	in.iova = 0;
	in.size = 0;
	UNIT_AGREE(fake_differs(&fake, C
				"VFIO_IOMMU_UNMAP_DMA, {argsz=24, "
				"flags=VFIO_DMA_UNMAP_FLAG_ALL|VFIO_DMA_UNMAP_FLAG_VADDR, iova=0, "
				"size=0 => 0x1000}) = 0"));
}

struct unmap_bitmap {
	struct vfio_iommu_type1_dma_unmap unmap;
	struct vfio_bitmap bitmap;
};

static void unmap_dma_with_bitmap(void)
{
	struct unmap_bitmap in = {
		.unmap = { .argsz = sizeof(in),
			   .flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			   .iova = 0x100000,
			   .size = 0x3000 },
		.bitmap = { .pgsize = 4096, .size = 8, .data = (void *)0x7f0000001000 },
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_UNMAP_DMA), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_UNMAP_DMA, {argsz=48, "
				  "flags=VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, iova=0x100000, "
				  "size=0x3000, bitmap={pgsize=0x1000, size=8, "
				  "data=0x7f0000001000}}) = 0"));
	/* Not all of it: no bitmap, but bytes. */
	in.unmap.argsz = 32;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_UNMAP_DMA, {argsz=32, "
				  "flags=VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, iova=0x100000, "
				  "size=0x3000, /* bytes 25..25 */ \"\\x10\"})"
				  " = -1 EINVAL (Invalid argument)"));
}

struct dirty_get {
	struct vfio_iommu_type1_dirty_bitmap head;
	struct vfio_iommu_type1_dirty_bitmap_get get;
};

static void dirty_pages_switch(void)
{
	struct vfio_iommu_type1_dirty_bitmap in = { .argsz = sizeof(in),
						    .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START };
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_DIRTY_PAGES), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_DIRTY_PAGES, {argsz=8, "
					 "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_START}) = 0"));
	in.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP | 8;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_DIRTY_PAGES, {argsz=8, "
					 "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP|0x8})"
					 " = -1 EINVAL (Invalid argument)"));
	in.flags = 0;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_DIRTY_PAGES, {argsz=8, flags=0})"
					 " = -1 EINVAL (Invalid argument)"));
}

static void dirty_pages_get_bitmap(void)
{
	struct dirty_get in = {
		.head = { sizeof(in), VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP },
		.get = { 0x100000, 0x400000, { 4096, 128, (void *)0x7f0000001000 } },
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_DIRTY_PAGES), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_DIRTY_PAGES, {argsz=48, "
				  "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, iova=0x100000, "
				  "size=0x400000, bitmap={pgsize=0x1000, size=128, "
				  "data=0x7f0000001000}}) = 0"));
	in.head.flags |= VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK;
	fake.result = -EFAULT;
	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_DIRTY_PAGES, {argsz=48, "
				  "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP|"
				  "VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK, iova=0x100000, size=0x400000, "
				  "bitmap={pgsize=0x1000, size=128, data=0x7f0000001000}})"
				  " = -1 EFAULT (Bad address)"));
}

/* The same from programs of 32 bits: 20 bytes on i386, 24 with padding on x32. */
static void bitmap_of_32bit_programs(void)
{
	struct dirty_get in = {
		.head = { 44, VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP },
		.get = { 0x100000, 0x1000, { 4096, 8, (void *)0xdeadbeef80001000 } },
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_DIRTY_PAGES), FAKE_IN(in), .is_32bit = true,
			     .is_packed = true };

	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_DIRTY_PAGES, {argsz=44, "
				  "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, iova=0x100000, "
				  "size=0x1000, bitmap={pgsize=0x1000, size=8, data=0x80001000}})"
				  " = 0"));
	fake.is_packed = false;
	in.head.argsz = 48;
	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_DIRTY_PAGES, {argsz=48, "
				  "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, iova=0x100000, "
				  "size=0x1000, bitmap={pgsize=0x1000, size=8, data=0x80001000}})"
				  " = 0"));
}

static void dirty_pages_range(void)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_range range;
	} in = {
		{ sizeof(in),
		  VFIO_IOMMU_DIRTY_PAGES_FLAG_START | VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE },
		{ 0x200000, 0x1000 },
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_DIRTY_PAGES), FAKE_IN(in),
			     .result = -EBUSY };

	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_DIRTY_PAGES, {argsz=24, "
				  "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_START|"
				  "VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE, iova=0x200000, size=0x1000})"
				  " = -1 EBUSY (Device or resource busy)"));
}

static void dirty_pages_clear(void)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_clear clear;
	} in = {
		{ sizeof(in), VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR },
		{ .iova = 0,
		  .size = 0x40000,
		  .pgsize = 4096,
		  .bitmap_size = 8,
		  .bitmap = 0x7f0000001000 },
	};
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_DIRTY_PAGES), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake,
				C "VFIO_IOMMU_DIRTY_PAGES, {argsz=48, "
				  "flags=VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR, iova=0, size=0x40000, "
				  "pgsize=0x1000, bitmap_size=8, bitmap=0x7f0000001000}) = 0"));
}

/* The file has a name of its own on a real system; the fake has but these. */
static void fault_fd(void)
{
	struct vfio_type1x_fault_fd in = { .argsz = sizeof(in), .cookie = 0xc0ffee }, out = in;
	struct fake fake = { FAKE_CONTAINER(VFIO_TYPE1X_FAULT_FD), FAKE_BOTH(in, out),
			     .result = FAKE_EVENTFD };

	out.nr_records = 512;
	out.record_size = 128;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_TYPE1X_FAULT_FD, {argsz=24, flags=0, "
					 "nr_records=0 => 512, record_size=128, cookie=0xc0ffee})"
					 " = 6<anon_inode:[eventfd]>"));
	in.flags = VFIO_TYPE1X_FAULT_FD_NONBLOCK | VFIO_TYPE1X_FAULT_FD_RESPOND | 4;
	fake.out = NULL;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_TYPE1X_FAULT_FD, {argsz=24, "
					 "flags=VFIO_TYPE1X_FAULT_FD_NONBLOCK|"
					 "VFIO_TYPE1X_FAULT_FD_RESPOND|0x4, "
					 "nr_records=0, cookie=0xc0ffee})"
					 " = -1 EINVAL (Invalid argument)"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(get_api_version),
	UNIT_CASE(check_extension),
	UNIT_CASE(set_iommu),
	UNIT_CASE(enable_and_disable),
	UNIT_CASE(map_dma),
	UNIT_CASE(map_dma_of_the_strace_thread),
	UNIT_CASE(unmap_dma),
	UNIT_CASE(unmap_dma_with_bitmap),
	UNIT_CASE(dirty_pages_switch),
	UNIT_CASE(dirty_pages_get_bitmap),
	UNIT_CASE(bitmap_of_32bit_programs),
	UNIT_CASE(dirty_pages_range),
	UNIT_CASE(dirty_pages_clear),
	UNIT_CASE(fault_fd),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
