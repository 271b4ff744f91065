// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a device about its owner: hot reset, and binding to an iommufd.
 */
#include <errno.h>
#include <linux/vfio.h>

#include "fake.h"
#include "newer.h"

#define D "ioctl(5<anon_inode:[vfio-device]>, "

struct reset_info {
	struct vfio_pci_hot_reset_info info;
	struct vfio_pci_dependent_device devices[3];
};

static void get_pci_hot_reset_info(void)
{
	struct reset_info in = { .info.argsz = sizeof(in) }, out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO), FAKE_BOTH(in, out) };

	out.info.count = 2;
	out.devices[0].group_id = 7;
	out.devices[0].devfn = 3 << 3 | 1;
	out.devices[1].group_id = 8;
	out.devices[1].segment = 0x10;
	out.devices[1].bus = 0xaf;
	out.devices[1].devfn = 0x1f << 3;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, {argsz=36, "
				  "flags=0, count=0 => 2, devices=["
				  "{group_id=7, segment=0, bus=0, devfn=03.1}, "
				  "{group_id=8, segment=0x10, bus=0xaf, devfn=1f.0}]}) = 0"));
	out.info.flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
	out.info.count = 3;
	out.devices[0].group_id = 5;
	out.devices[1].group_id = 0;
	out.devices[2] = out.devices[0];
	out.devices[2].group_id = -1;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, {argsz=36, "
				  "flags=VFIO_PCI_HOT_RESET_FLAG_DEV_ID|"
				  "VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED, count=0 => 3, devices=["
				  "{devid=5, segment=0, bus=0, devfn=03.1}, "
				  "{devid=VFIO_PCI_DEVID_OWNED, segment=0x10, bus=0xaf, "
				  "devfn=1f.0}, "
				  "{devid=VFIO_PCI_DEVID_NOT_OWNED, segment=0, bus=0, devfn=03.1}]}"
				  ") = 0"));
}

/* What programs ask first: how many? */
static void get_pci_hot_reset_info_without_room(void)
{
	struct vfio_pci_hot_reset_info in = { .argsz = sizeof(in) }, out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO), FAKE_BOTH(in, out),
			     .result = -ENOSPC };

	out.count = 3;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, {argsz=12, "
					 "count=0 => 3}) = -1 ENOSPC (No space left on device)"));
}

static void pci_hot_reset(void)
{
	struct {
		struct vfio_pci_hot_reset reset;
		int32_t fds[2];
	} in = { { .argsz = sizeof(in), .count = 2 }, { FAKE_GROUP_FD, 44 } };
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_PCI_HOT_RESET), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_PCI_HOT_RESET, {argsz=20, flags=0, count=2, "
					 "group_fds=[4</dev/vfio/12>, 44]}) = 0"));
	in.reset.argsz = 12;
	in.reset.count = 0;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_PCI_HOT_RESET, {argsz=12, flags=0, count=0, "
					 "group_fds=[]}) = 0"));
}

static void bind_iommufd(void)
{
	static const uint8_t uuid[16] = { 0xbd, 0x8d, 0x9d, 0x2b, 0x5a, 0x5f, 0x4f, 0x5a,
					  0xa2, 0x11, 0xf5, 0x91, 0x51, 0x4b, 0xa1, 0xf3 };
	struct newer_bind_iommufd in = { .argsz = 16, .iommufd = 9 }, out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_BIND_IOMMUFD), FAKE_BOTH(in, out),
			     .elsewhere = uuid, .elsewhere_size = sizeof(uuid) };

	out.out_devid = 1;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_BIND_IOMMUFD, {argsz=16, flags=0, "
					 "iommufd=9, out_devid=1}) = 0"));
	in.argsz = sizeof(in);
	in.flags = VFIO_DEVICE_BIND_FLAG_TOKEN;
	in.token_uuid_ptr = FAKE_ELSEWHERE;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_BIND_IOMMUFD, {argsz=24, "
				  "flags=VFIO_DEVICE_BIND_FLAG_TOKEN, iommufd=9, out_devid=1, "
				  "token_uuid_ptr=\"bd8d9d2b-5a5f-4f5a-a211-f591514ba1f3\"}) = 0"));
	in.token_uuid_ptr = 0x1234;
	out = in;
	fake.result = -EFAULT;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_BIND_IOMMUFD, {argsz=24, "
					 "flags=VFIO_DEVICE_BIND_FLAG_TOKEN, iommufd=9, "
					 "token_uuid_ptr=0x1234}) = -1 EFAULT (Bad address)"));
}

static void attach_iommufd_pt(void)
{
	struct newer_attach_iommufd_pt in = { .argsz = 12, .pt_id = 2 }, out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_ATTACH_IOMMUFD_PT), FAKE_BOTH(in, out) };

	out.pt_id = 3;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_ATTACH_IOMMUFD_PT, {argsz=12, flags=0, "
					 "pt_id=2 => 3}) = 0"));
	in.argsz = sizeof(in);
	in.flags = VFIO_DEVICE_ATTACH_PASID;
	in.pasid = 17;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_ATTACH_IOMMUFD_PT, {argsz=16, "
				  "flags=VFIO_DEVICE_ATTACH_PASID, pt_id=2 => 3, pasid=17}) = 0"));
}

static void detach_iommufd_pt(void)
{
	struct newer_detach_iommufd_pt in = { .argsz = 8 };
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_DETACH_IOMMUFD_PT), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_DETACH_IOMMUFD_PT, {argsz=8, flags=0}) = 0"));
	in.argsz = sizeof(in);
	in.flags = VFIO_DEVICE_DETACH_PASID;
	in.pasid = 17;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_DETACH_IOMMUFD_PT, {argsz=12, "
					 "flags=VFIO_DEVICE_DETACH_PASID, pasid=17}) = 0"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(get_pci_hot_reset_info), UNIT_CASE(get_pci_hot_reset_info_without_room),
	UNIT_CASE(pci_hot_reset),	   UNIT_CASE(bind_iommufd),
	UNIT_CASE(attach_iommufd_pt),	   UNIT_CASE(detach_iommufd_pt),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
