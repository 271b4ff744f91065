/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of every kind that a program may hand to a device.
 *
 * The kinds differ in what the kernel's pinning sees: page size, physical
 * order, and who owns the pages.  mem_alloc() touches everything and checks
 * with the page map that it got what was asked for.
 */
#ifndef T1X_LIB_MEM_H
#define T1X_LIB_MEM_H

#include "check.h"

#define HUGE			MIB(2)

enum mem_kind {
	MEM_4K,		/* anonymous, no huge pages */
	MEM_THP,	/* anonymous, transparent huge pages */
	MEM_HUGETLB,	/* 2 MiB pages from the pool */
	MEM_SHUFFLED,	/* memfd, touched in random order */
	MEM_FRAGMENTED, /* 4K pages, no two of them physical neighbours */
	MEM_PERMUTED,	/* huge pages whose 4K pieces were moved about */
	MEM_NUM_KINDS,
};

struct mem {
	enum mem_kind kind;
	char *addr;
	size_t size;
	void *base; /* what munmap() needs */
	size_t base_size;
};

const char *mem_name(enum mem_kind kind);

/*
 * @size in multiples of a page, for huge kinds of 2 MiB.  -ENOMEM if the
 * kernel does not give this kind now, -EOPNOTSUPP if it never does.
 */
int __mem_alloc(struct mem *mem, enum mem_kind kind, size_t size);
void mem_free(struct mem *mem);

#define mem_alloc(mem, kind, size)	must(__mem_alloc(mem, kind, size))

/* Address space of this size, aligned, nothing behind it. */
void *mem_reserve(size_t size, size_t align);

/* Plain memory that nobody has touched; page size as the kernel likes. */
void *mem_untouched(size_t size);

/* Make at least this many 2 MiB pages available; 0 or -errno. */
int __mem_hugetlb_pool(unsigned int pages);

/* Data that names its seed and its offset, so that a shift shows. */
void mem_fill(void *addr, size_t size, uint64_t seed);

/* Offset of the first byte that differs from mem_fill(), or -1. */
long mem_differs(const void *addr, size_t size, uint64_t seed);

#endif /* T1X_LIB_MEM_H */
