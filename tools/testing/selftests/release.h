/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The release of the kernel, where nothing else tells what it can do.
 */
#ifndef SELFTESTS_RELEASE_H
#define SELFTESTS_RELEASE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "check.h"

static inline bool release_is_before(int major, int minor)
{
	struct utsname name;
	int ours[2];

	must_sys(uname(&name));
	must_be(sscanf(name.release, "%d.%d", &ours[0], &ours[1]) == 2);
	return ours[0] < major || (ours[0] == major && ours[1] < minor);
}

#endif /* SELFTESTS_RELEASE_H */
