/* SPDX-License-Identifier: GPL-2.0-only */
/* A file whose pages come when the test likes; ends with fuse_close(). */
#ifndef SELFTESTS_FUSEFILE_H
#define SELFTESTS_FUSEFILE_H

#include "backend.h"
#include "fuse.h"

/* In some kernels FUSE is a module, in others it is always there, or never. */
static inline void fusefile_open(struct fuse_file *file, size_t size, uint64_t seed)
{
	char dir[] = "/tmp/fuse-XXXXXX";
	int ret;

	ASSERT_NE(mkdtemp(dir), NULL);
	__module_load_stock("fuse");
	ret = __fuse_open(file, dir, size, seed);
	SKIP_IF(ret == -ENOENT || ret == -ENODEV, "kernel without FUSE");
	ASSERT_EQ(ret, 0);
}

#endif /* SELFTESTS_FUSEFILE_H */
