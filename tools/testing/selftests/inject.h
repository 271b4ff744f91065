/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Let the n-th thing that may fail in a system call of this thread fail: an
 * allocation, or a copy from or to user memory.  Debug kernel only.
 *
 *	for (n = 1; n < INJECT_MAX; n++) {
 *		inject_arm(&inject, n);
 *		ret = the_call();
 *		if (!inject_fired(&inject))
 *			break;
 *		... ret is an error, or the kernel could do without ...
 *	}
 */
#ifndef SELFTESTS_INJECT_H
#define SELFTESTS_INJECT_H

#include <fcntl.h>

#include "../ktap.h"
#include "text.h"

#define INJECT_MAX	1000
#define INJECT_DEBUGFS	"/sys/kernel/debug/"

struct inject {
	int fd;
};

/* By default, what can wait for memory would not fail. */
static inline void inject_open(struct inject *inject)
{
	inject->fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	SKIP_IF(inject->fd < 0, "kernel without fault injection");
	text_write(INJECT_DEBUGFS "failslab/ignore-gfp-wait", "N");
	text_write(INJECT_DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	text_write(INJECT_DEBUGFS "fail_page_alloc/min-order", "0");
}

static inline void inject_arm(const struct inject *inject, unsigned int n)
{
	char number[16];
	int size = snprintf(number, sizeof(number), "%u", n);

	/* This call has a copy that may be the one to fail. */
	while (pwrite(inject->fd, number, size, 0) != size)
		ASSERT_EQ(errno, EFAULT);
}

/* Did the call come to its n-th?  From here on nothing fails any more. */
static inline bool inject_fired(const struct inject *inject)
{
	char left[16] = "";
	/* If it is this one that fails, the call had less. */
	ssize_t size = pread(inject->fd, left, sizeof(left) - 1, 0);

	inject_arm(inject, 0);
	return size > 0 && atoi(left) == 0;
}

#endif /* SELFTESTS_INJECT_H */
