/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system of one file, whose pages are not delivered before they are
 * asked for: whoever reads it, page faults included, waits for us.  Nor are they taken
 * back: whoever writes to one that is being written back waits, too.
 */
#ifndef T1X_LIB_FUSE_H
#define T1X_LIB_FUSE_H

#include <pthread.h>

#include "check.h"

#define FUSE_MAX_HELD		64

struct fuse_request {
	uint64_t unique;
	uint64_t offset;
	uint32_t size;
	bool is_write;
};

struct fuse_file {
	int fd; /* of /dev/fuse */
	char dir[64];
	char path[80]; /* of the file */
	size_t size;
	uint64_t seed; /* its contents are those of mem_fill() */
	pthread_t server;
	volatile int stop;
	volatile int answer;	   /* from now on */
	volatile int answer_reads; /* from now on these only */
	volatile int num_held;
	struct fuse_request held[FUSE_MAX_HELD];
};

/* Mount at a new directory; -ENODEV or -ENOENT where the kernel has no FUSE. */
int __fuse_open(struct fuse_file *file, const char *dir, size_t size, uint64_t seed);

/* Let everybody go on. */
void fuse_deliver(struct fuse_file *file);

/* Unmount, whoever still waits: their reads fail.  Once is enough. */
void fuse_close(struct fuse_file *file);

#endif /* T1X_LIB_FUSE_H */
