// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fault.h"

int __fault_fd(int container, struct vfio_type1x_fault_fd *request)
{
	int fd = ioctl(container, VFIO_TYPE1X_FAULT_FD, request);

	return fd < 0 ? -errno : fd;
}

int __fault_open(int container, uint32_t flags, uint32_t nr_records, uint64_t cookie)
{
	struct vfio_type1x_fault_fd request = {
		.argsz = sizeof(request),
		.flags = flags,
		.nr_records = nr_records,
		.cookie = cookie,
	};

	return __fault_fd(container, &request);
}

long __fault_read(int fd, struct vfio_type1x_fault *records, size_t nr_records)
{
	ssize_t bytes = read(fd, records, nr_records * sizeof(*records));

	if (bytes < 0)
		return -errno;
	must_be(bytes % sizeof(*records) == 0);
	return bytes / sizeof(*records);
}

long __fault_respond(int fd, const struct vfio_type1x_fault_response *responses, size_t nr)
{
	ssize_t bytes = write(fd, responses, nr * sizeof(*responses));

	if (bytes < 0)
		return -errno;
	must_be(bytes % sizeof(*responses) == 0);
	return bytes / sizeof(*responses);
}

int fault_poll(int fd, int timeout_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	must_sys(poll(&poller, 1, timeout_ms));
	return poller.revents;
}
