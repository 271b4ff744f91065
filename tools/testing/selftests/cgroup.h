/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A memory cgroup: what the kernel allocates for the processes in it is counted
 * there, and ends where the test wants it to.
 */
#ifndef SELFTESTS_CGROUP_H
#define SELFTESTS_CGROUP_H

#include <sys/mount.h>
#include <sys/stat.h>

#include "../ktap.h"
#include "text.h"

#define CGROUP_ROOT	"/tmp/t1x-cgroup"
#define CGROUP_DIR	CGROUP_ROOT "/test"
#define CGROUP_SLAB	"/sys/kernel/slab/kmalloc-512/"

static inline void cgroup_open(void)
{
	mkdir(CGROUP_ROOT, 0755);
	must_sys(mount("cgroup", CGROUP_ROOT, "cgroup2", 0, NULL));
	text_write(CGROUP_ROOT "/cgroup.subtree_control", "+memory");
	mkdir(CGROUP_DIR, 0755);
}

/* The calling process goes in, or comes out again. */
static inline void cgroup_enter(void)
{
	text_write(CGROUP_DIR "/cgroup.procs", "0");
}

static inline void cgroup_leave(void)
{
	text_write(CGROUP_ROOT "/cgroup.procs", "0");
}

/* From now on its processes get @bytes more, and are killed beyond that. */
static inline void cgroup_limit(uint64_t bytes)
{
	char limit[24];

	snprintf(limit, sizeof(limit), "%llu",
		 (unsigned long long)(text_read_u64(CGROUP_DIR "/memory.current") + bytes));
	text_write(CGROUP_DIR "/memory.max", limit);
}

/* Bytes that the kernel uses for itself; up to a MiB behind the truth. */
static inline uint64_t cgroup_kernel_bytes(void)
{
	return text_find_u64(CGROUP_DIR "/memory.stat", "kernel");
}

/* A kernel that puts something around each object may need the next larger size. */
static inline size_t cgroup_object_factor(void)
{
	uint64_t inside, outside;

	if (__text_read_u64(CGROUP_SLAB "object_size", &inside) ||
	    __text_read_u64(CGROUP_SLAB "slab_size", &outside))
		return 1;
	return outside > inside ? 2 : 1;
}

static inline void cgroup_close(void)
{
	rmdir(CGROUP_DIR);
	umount2(CGROUP_ROOT, MNT_DETACH);
	rmdir(CGROUP_ROOT);
}

#endif /* SELFTESTS_CGROUP_H */
