// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"
#include "uffd.h"

static int uffd_register(struct uffd *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)uffd->addr, uffd->size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (ioctl(uffd->fd, UFFDIO_API, &api))
		return -errno;
	return ioctl(uffd->fd, UFFDIO_REGISTER, &range) ? -errno : 0;
}

int __uffd_open(struct uffd *uffd, size_t size)
{
	int ret;

	uffd->size = size;
	uffd->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd->fd < 0)
		return -errno;
	uffd->addr = mem_untouched(size);
	/* One fault, one page. */
	madvise(uffd->addr, size, MADV_NOHUGEPAGE);
	ret = uffd_register(uffd);
	if (ret)
		uffd_close(uffd);
	return ret;
}

int __uffd_put(const struct uffd *uffd, size_t offset, const void *page)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)uffd->addr + offset,
		.src = (uintptr_t)page,
		.len = PAGE,
	};

	return ioctl(uffd->fd, UFFDIO_COPY, &copy) ? -errno : 0;
}

int __uffd_fill(const struct uffd *uffd, size_t offset, size_t size)
{
	static const char page[4096];
	size_t end = offset + size;

	for (; offset < end; offset += PAGE) {
		int ret = __uffd_put(uffd, offset, page);

		if (ret && ret != -EEXIST)
			return ret;
	}
	return 0;
}

long __uffd_wait(const struct uffd *uffd, int timeout_ms)
{
	struct pollfd poller = { .fd = uffd->fd, .events = POLLIN };
	struct uffd_msg message;

	if (poll(&poller, 1, timeout_ms) != 1)
		return -ETIMEDOUT;
	if (read(uffd->fd, &message, sizeof(message)) != sizeof(message))
		return -errno;
	if (message.event != UFFD_EVENT_PAGEFAULT)
		return -EBADMSG;
	return (message.arg.pagefault.address - (uintptr_t)uffd->addr) & ~(PAGE - 1);
}

void uffd_close(struct uffd *uffd)
{
	if (uffd->addr)
		munmap(uffd->addr, uffd->size);
	if (uffd->fd >= 0)
		close(uffd->fd);
	*uffd = (struct uffd){ .fd = -1 };
}
