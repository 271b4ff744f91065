// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a device: regions, interrupts, display, and migration data.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "fake.h"
#include "newer.h"

#define D "ioctl(5<anon_inode:[vfio-device]>, "
#define PCI .state = { .device_flags = VFIO_DEVICE_FLAGS_PCI }

static void get_region_info(void)
{
	struct vfio_region_info in = { .argsz = sizeof(in), .index = 7 }, out = in;
	struct fake pci = { FAKE_DEVICE(VFIO_DEVICE_GET_REGION_INFO), FAKE_BOTH(in, out), PCI };
	struct fake other = { FAKE_DEVICE(VFIO_DEVICE_GET_REGION_INFO), FAKE_IN(in),
			      .result = -EINVAL };

	out.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	out.size = 256;
	out.offset = 7ull << 40;
	UNIT_AGREE(fake_differs(&pci,
				D "VFIO_DEVICE_GET_REGION_INFO, {argsz=32, "
				  "flags=VFIO_REGION_INFO_FLAG_READ|VFIO_REGION_INFO_FLAG_WRITE, "
				  "index=VFIO_PCI_CONFIG_REGION_INDEX, cap_offset=0, size=0x100, "
				  "offset=0x70000000000}) = 0"));
	/* Nothing is known of the bus, and there is no answer. */
	UNIT_AGREE(fake_differs(&other, D "VFIO_DEVICE_GET_REGION_INFO, {argsz=32, index=7})"
					  " = -1 EINVAL (Invalid argument)"));
	out.argsz = 64;
	out.flags |= VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
	in.index = 9;
	UNIT_AGREE(fake_differs(&pci,
				D "VFIO_DEVICE_GET_REGION_INFO, {argsz=32 => 64, "
				  "flags=VFIO_REGION_INFO_FLAG_READ|VFIO_REGION_INFO_FLAG_WRITE|"
				  "VFIO_REGION_INFO_FLAG_MMAP|VFIO_REGION_INFO_FLAG_CAPS, "
				  "index=9, cap_offset=0, size=0x100, offset=0x70000000000}) = 0"));
}

static void get_irq_info(void)
{
	struct vfio_irq_info in = { .argsz = sizeof(in), .index = 2 }, out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_GET_IRQ_INFO), FAKE_BOTH(in, out), PCI };

	out.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	out.count = 65;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, "
					 "flags=VFIO_IRQ_INFO_EVENTFD|VFIO_IRQ_INFO_NORESIZE, "
					 "index=VFIO_PCI_MSIX_IRQ_INDEX, count=65}) = 0"));
	/* Of vfio_pci_type1x, and nobody's. */
	in.index = 5;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, "
					 "flags=VFIO_IRQ_INFO_EVENTFD|VFIO_IRQ_INFO_NORESIZE, "
					 "index=VFIO_PCI_NUM_IRQS, count=65}) = 0"));
	in.index = 6;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, "
					 "flags=VFIO_IRQ_INFO_EVENTFD|VFIO_IRQ_INFO_NORESIZE, "
					 "index=6, count=65}) = 0"));
	in.index = 2;
	out.flags = VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	fake.state.device_flags = VFIO_DEVICE_FLAGS_CCW;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, "
					 "flags=VFIO_IRQ_INFO_MASKABLE|VFIO_IRQ_INFO_AUTOMASKED, "
					 "index=VFIO_CCW_REQ_IRQ_INDEX, count=65}) = 0"));
	in.index = 0;
	fake.state.device_flags = VFIO_DEVICE_FLAGS_AP;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, "
					 "flags=VFIO_IRQ_INFO_MASKABLE|VFIO_IRQ_INFO_AUTOMASKED, "
					 "index=VFIO_AP_REQ_IRQ_INDEX, count=65}) = 0"));
	in.index = 1;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, "
					 "flags=VFIO_IRQ_INFO_MASKABLE|VFIO_IRQ_INFO_AUTOMASKED, "
					 "index=VFIO_AP_CFG_CHG_IRQ_INDEX, count=65}) = 0"));
}

struct irqs {
	struct vfio_irq_set set;
	union {
		int32_t fds[3];
		uint8_t bools[12];
	};
};

static void set_irqs_by_eventfd(void)
{
	struct irqs in = {
		.set = { .argsz = sizeof(in),
			 .index = 2,
			 .count = 3,
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER },
		.fds = { FAKE_EVENTFD, -1, 99 },
	};
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_SET_IRQS), FAKE_IN(in), PCI };

	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_SET_IRQS, {argsz=32, "
				  "flags=VFIO_IRQ_SET_DATA_EVENTFD|VFIO_IRQ_SET_ACTION_TRIGGER, "
				  "index=VFIO_PCI_MSIX_IRQ_INDEX, start=0, count=3, "
				  "data=[6<anon_inode:[eventfd]>, -1, 99]}) = 0"));
	/* Fewer than announced, and more. */
	in.set.argsz = 24;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_SET_IRQS, {argsz=24, "
				  "flags=VFIO_IRQ_SET_DATA_EVENTFD|VFIO_IRQ_SET_ACTION_TRIGGER, "
				  "index=VFIO_PCI_MSIX_IRQ_INDEX, start=0, count=3, "
				  "data=[6<anon_inode:[eventfd]>, ...]})"
				  " = -1 EINVAL (Invalid argument)"));
	in.set.argsz = 32;
	in.set.count = 2;
	fake.result = 0;
	UNIT_AGREE(fake_differs(&fake, D
				"VFIO_DEVICE_SET_IRQS, {argsz=32, "
				"flags=VFIO_IRQ_SET_DATA_EVENTFD|VFIO_IRQ_SET_ACTION_TRIGGER, "
				"index=VFIO_PCI_MSIX_IRQ_INDEX, start=0, count=2, "
				"data=[6<anon_inode:[eventfd]>, -1], /* bytes 28..28 */ \"\\x63\"})"
				" = 0"));
}

static void set_irqs_by_others(void)
{
	struct irqs in = {
		.set = { .argsz = 23,
			 .index = 1,
			 .start = 4,
			 .count = 3,
			 .flags = VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_UNMASK },
		.bools = { 1, 0, 1 },
	};
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_SET_IRQS), FAKE_IN(in), PCI };

	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_SET_IRQS, {argsz=23, "
				  "flags=VFIO_IRQ_SET_DATA_BOOL|VFIO_IRQ_SET_ACTION_UNMASK, "
				  "index=VFIO_PCI_MSI_IRQ_INDEX, start=4, count=3, data=[1, 0, 1]})"
				  " = 0"));
	in.set.argsz = 20;
	in.set.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_SET_IRQS, {argsz=20, "
					 "flags=VFIO_IRQ_SET_DATA_NONE|VFIO_IRQ_SET_ACTION_MASK, "
					 "index=VFIO_PCI_MSI_IRQ_INDEX, start=4, count=3}) = 0"));
}

static void reset(void)
{
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_RESET), .result = -ENOTTY };

	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_RESET)"
					 " = -1 ENOTTY (Inappropriate ioctl for device)"));
}

#define PLANE_TEXT "drm_format=0x34325258 /* XR24 */, drm_format_mod=0, width=640, height=480, " \
	"stride=2560, size=1228800, x_pos=0, y_pos=0, x_hot=0, y_hot=0, "

static void query_gfx_plane(void)
{
	struct vfio_device_gfx_plane_info in = { .argsz = 60,
						 .drm_plane_type = 1,
						 .flags = VFIO_GFX_PLANE_TYPE_DMABUF };
	struct vfio_device_gfx_plane_info out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_QUERY_GFX_PLANE), FAKE_BOTH(in, out), PCI };

	out.drm_format = 0x34325258;
	out.width = 640;
	out.height = 480;
	out.stride = 2560;
	out.size = 1228800;
	out.dmabuf_id = 8;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_QUERY_GFX_PLANE, {argsz=60, "
					 "flags=VFIO_GFX_PLANE_TYPE_DMABUF, "
					 "drm_plane_type=DRM_PLANE_TYPE_PRIMARY, " PLANE_TEXT
					 "dmabuf_id=8}) = 0"));
	in.flags = VFIO_GFX_PLANE_TYPE_REGION;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_QUERY_GFX_PLANE, {argsz=60, "
					 "flags=VFIO_GFX_PLANE_TYPE_REGION, "
					 "drm_plane_type=DRM_PLANE_TYPE_PRIMARY, " PLANE_TEXT
					 "region_index=VFIO_PCI_VGA_REGION_INDEX}) = 0"));
	in.flags = VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_DMABUF;
	fake.out = &in;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_QUERY_GFX_PLANE, {argsz=60, "
				  "flags=VFIO_GFX_PLANE_TYPE_PROBE|VFIO_GFX_PLANE_TYPE_DMABUF, "
				  "drm_plane_type=DRM_PLANE_TYPE_PRIMARY})"
				  " = -1 EINVAL (Invalid argument)"));
}

static void get_gfx_dmabuf(void)
{
	uint32_t id = 8;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_GET_GFX_DMABUF), FAKE_IN(id), .result = 11 };

	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_GFX_DMABUF, [8]) = 11"));
}

/* What a compiler puts behind the last member says nothing. */
static void padding(void)
{
	struct vfio_device_ioeventfd in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_IOEVENTFD), FAKE_IN(in) };

	memset(&in, 0xff, sizeof(in));
	in.argsz = sizeof(in);
	in.flags = VFIO_DEVICE_IOEVENTFD_16;
	in.offset = 0;
	in.data = 0;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_IOEVENTFD, {argsz=32, "
				  "flags=VFIO_DEVICE_IOEVENTFD_16, offset=0, data=0, fd=-1}) = 0"));
}

static void ioeventfd(void)
{
	struct vfio_device_ioeventfd in = { .argsz = 28,
					    .flags = VFIO_DEVICE_IOEVENTFD_32,
					    .offset = 0x1008,
					    .data = 0xff,
					    .fd = FAKE_EVENTFD };
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_IOEVENTFD), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_IOEVENTFD, {argsz=28, "
				  "flags=VFIO_DEVICE_IOEVENTFD_32, offset=0x1008, data=0xff, "
				  "fd=6<anon_inode:[eventfd]>}) = 0"));
	in.fd = -1;
	in.flags = VFIO_DEVICE_IOEVENTFD_8 | VFIO_DEVICE_IOEVENTFD_64 | 0x10;
	fake.result = -EINVAL;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_IOEVENTFD, {argsz=28, "
				  "flags=VFIO_DEVICE_IOEVENTFD_8|VFIO_DEVICE_IOEVENTFD_64|0x10, "
				  "offset=0x1008, data=0xff, fd=-1})"
				  " = -1 EINVAL (Invalid argument)"));
}

/* Its number is that of VFIO_EEH_PE_OP of a container; a device has none. */
static void mig_get_precopy_info(void)
{
	struct newer_precopy_info in = { .argsz = sizeof(in) }, out = in;
	struct fake fake = { .kind = DECODE_MIGRATION,
			     .number = VFIO_MIG_GET_PRECOPY_INFO,
			     FAKE_BOTH(in, out) };

	out.initial_bytes = 4096;
	out.dirty_bytes = 12;
	UNIT_AGREE(fake_differs(&fake, "ioctl(7<anon_inode:mlx5vf_mig>, "
				       "VFIO_MIG_GET_PRECOPY_INFO, {argsz=24, flags=0, "
				       "initial_bytes=4096, dirty_bytes=12}) = 0"));
	out.flags = VFIO_PRECOPY_INFO_REINIT;
	UNIT_AGREE(fake_differs(&fake, "ioctl(7<anon_inode:mlx5vf_mig>, "
				       "VFIO_MIG_GET_PRECOPY_INFO, {argsz=24, "
				       "flags=0 => VFIO_PRECOPY_INFO_REINIT, initial_bytes=4096, "
				       "dirty_bytes=12}) = 0"));
	fake.kind = DECODE_DEVICE;
	fake.result = -ENOTTY;
	UNIT_AGREE(fake_differs(&fake, D "_IOC(_IOC_NONE, 0x3b, 0x79, 0), 0x10000)"
					 " = -1 ENOTTY (Inappropriate ioctl for device)"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(get_region_info),
	UNIT_CASE(get_irq_info),
	UNIT_CASE(set_irqs_by_eventfd),
	UNIT_CASE(set_irqs_by_others),
	UNIT_CASE(reset),
	UNIT_CASE(query_gfx_plane),
	UNIT_CASE(get_gfx_dmabuf),
	UNIT_CASE(ioeventfd),
	UNIT_CASE(mig_get_precopy_info),
	UNIT_CASE(padding),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
