// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a group.
 */
#include <errno.h>
#include <linux/vfio.h>

#include "fake.h"

#define G "ioctl(4</dev/vfio/12>, "

static void get_status(void)
{
	struct vfio_group_status in = { .argsz = sizeof(in) }, out = in;
	struct fake fake = { FAKE_GROUP(VFIO_GROUP_GET_STATUS), FAKE_BOTH(in, out) };

	out.flags = VFIO_GROUP_FLAGS_VIABLE;
	UNIT_AGREE(fake_differs(&fake, G "VFIO_GROUP_GET_STATUS, {argsz=8, "
					 "flags=VFIO_GROUP_FLAGS_VIABLE}) = 0"));
	out.flags = VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET;
	UNIT_AGREE(fake_differs(&fake,
				G "VFIO_GROUP_GET_STATUS, {argsz=8, "
				  "flags=VFIO_GROUP_FLAGS_VIABLE|VFIO_GROUP_FLAGS_CONTAINER_SET})"
				  " = 0"));
}

static void set_container(void)
{
	int32_t container = FAKE_CONTAINER_FD, wrong = -1;
	struct fake good = { FAKE_GROUP(VFIO_GROUP_SET_CONTAINER), FAKE_IN(container) };
	struct fake bad = { FAKE_GROUP(VFIO_GROUP_SET_CONTAINER), FAKE_IN(wrong),
			    .result = -EBADF };
	struct fake nowhere = { FAKE_GROUP(VFIO_GROUP_SET_CONTAINER), .result = -EFAULT };

	UNIT_AGREE(fake_differs(&good, G "VFIO_GROUP_SET_CONTAINER, [3</dev/vfio/vfio>]) = 0"));
	UNIT_AGREE(fake_differs(&bad, G "VFIO_GROUP_SET_CONTAINER, [-1])"
					" = -1 EBADF (Bad file descriptor)"));
	UNIT_AGREE(fake_differs(&nowhere, G "VFIO_GROUP_SET_CONTAINER, NULL)"
					    " = -1 EFAULT (Bad address)"));
}

static void unset_container(void)
{
	struct fake fake = { FAKE_GROUP(VFIO_GROUP_UNSET_CONTAINER) };

	UNIT_AGREE(fake_differs(&fake, G "VFIO_GROUP_UNSET_CONTAINER) = 0"));
}

static void get_device_fd(void)
{
	static const char name[] = "0000:00:03.0";
	static const char strange[] = "a\"b\\c\n\t\033[2J\xff";
	static const char unterminated[] = { 'n', 'v', 'm', 'e' };
	struct fake good = { FAKE_GROUP(VFIO_GROUP_GET_DEVICE_FD), FAKE_IN(name),
			     .result = FAKE_DEVICE_FD };
	struct fake bad = { FAKE_GROUP(VFIO_GROUP_GET_DEVICE_FD), FAKE_IN(strange),
			    .result = -ENODEV };
	struct fake end = { FAKE_GROUP(VFIO_GROUP_GET_DEVICE_FD), FAKE_IN(unterminated),
			    .result = -EFAULT };
	struct fake nowhere = { FAKE_GROUP(VFIO_GROUP_GET_DEVICE_FD), .value = 0x1234,
				.result = -EFAULT };

	UNIT_AGREE(fake_differs(&good, G "VFIO_GROUP_GET_DEVICE_FD, \"0000:00:03.0\")"
					 " = 5<anon_inode:[vfio-device]>"));
	UNIT_AGREE(fake_differs(
		&bad, G "VFIO_GROUP_GET_DEVICE_FD, "
			"\"a\\\"b\\\\c\\n\\t\\x1b[2J\\xff\") = -1 ENODEV (No such device)"));
	UNIT_AGREE(fake_differs(&end, G "VFIO_GROUP_GET_DEVICE_FD, \"nvme\"...)"
					" = -1 EFAULT (Bad address)"));
	UNIT_AGREE(fake_differs(&nowhere, G "VFIO_GROUP_GET_DEVICE_FD, 0x1234)"
					    " = -1 EFAULT (Bad address)"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(get_status),
	UNIT_CASE(set_container),
	UNIT_CASE(unset_container),
	UNIT_CASE(get_device_fd),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
