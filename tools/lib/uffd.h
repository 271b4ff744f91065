/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory whose faults wait for us: whoever touches it first, the kernel's
 * pinning included, sleeps until uffd_fill().
 */
#ifndef T1X_LIB_UFFD_H
#define T1X_LIB_UFFD_H

#include "check.h"

struct uffd {
	int fd;
	char *addr;
	size_t size;
};

/* -ENOSYS or -EPERM where the kernel does not offer it for kernel faults. */
int __uffd_open(struct uffd *uffd, size_t size);

/* Let pages at @offset appear, and wake who waits for them. */
int __uffd_fill(const struct uffd *uffd, size_t offset, size_t size);

/* Let one page appear that is a copy of this one. */
int __uffd_put(const struct uffd *uffd, size_t offset, const void *page);

/* Wait until somebody waits; offset of the page, or -ETIMEDOUT. */
long __uffd_wait(const struct uffd *uffd, int timeout_ms);

void uffd_close(struct uffd *uffd);

#define uffd_open(...)	must(__uffd_open(__VA_ARGS__))
#define uffd_fill(...)	must(__uffd_fill(__VA_ARGS__))
#define uffd_put(...)	must(__uffd_put(__VA_ARGS__))
#define uffd_wait(...)	must(__uffd_wait(__VA_ARGS__))

#endif /* T1X_LIB_UFFD_H */
