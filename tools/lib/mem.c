// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"
#include "proc.h"
#include "text.h"

#define HUGETLB_POOL	"/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define THP_ENABLED	"/sys/kernel/mm/transparent_hugepage/enabled"

/* The kernel may be short of huge pages for a moment. */
#define THP_TRIES	5

const char *mem_name(enum mem_kind kind)
{
	static const char * const names[MEM_NUM_KINDS] = {
		[MEM_4K] = "4K",
		[MEM_THP] = "THP",
		[MEM_HUGETLB] = "hugetlb",
		[MEM_SHUFFLED] = "shuffled",
		[MEM_FRAGMENTED] = "fragmented",
		[MEM_PERMUTED] = "permuted THP",
	};

	return kind < MEM_NUM_KINDS ? names[kind] : "?";
}

/* A fixed seed: the same order in every run. */
static void mem_shuffle(size_t *index, size_t count)
{
	unsigned int seed = 1;
	size_t i;

	for (i = 0; i < count; i++)
		index[i] = i;
	for (i = count - 1; i > 0; i--) {
		size_t j = rand_r(&seed) % (i + 1), swap = index[i];

		index[i] = index[j];
		index[j] = swap;
	}
}

static size_t *mem_permutation(size_t count)
{
	size_t *index = calloc(count, sizeof(*index));

	must_be(index);
	mem_shuffle(index, count);
	return index;
}

static void mem_touch(char *addr, size_t size)
{
	size_t offset;

	for (offset = 0; offset < size; offset += PAGE)
		((volatile char *)addr)[offset] = 1;
}

void *mem_reserve(size_t size, size_t align)
{
	char *base = mmap(NULL, size + align, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t head;

	must_be(base != MAP_FAILED);
	head = -(uintptr_t)base & (align - 1);
	if (head)
		munmap(base, head);
	munmap(base + head + size, align - head);
	return base + head;
}

void *mem_untouched(size_t size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must_be(addr != MAP_FAILED);
	return addr;
}

static char *mem_anonymous(size_t size, int advice)
{
	char *addr = mem_reserve(size, HUGE);

	must_sys(mprotect(addr, size, PROT_READ | PROT_WRITE));
	if (madvise(addr, size, advice)) {
		munmap(addr, size);
		return NULL;
	}
	return addr;
}

static char *mem_small(size_t size)
{
	char *addr = mem_anonymous(size, MADV_NOHUGEPAGE);

	/* A kernel without huge pages does not know the advice: as well. */
	return addr ?: mem_untouched(size);
}

static int mem_get_4k(struct mem *mem)
{
	mem->addr = mem_small(mem->size);
	mem_touch(mem->addr, mem->size);
	return 0;
}

static int mem_get_thp(struct mem *mem)
{
	char mode[64];
	int tries;

	if (__text_read(THP_ENABLED, mode, sizeof(mode)) < 0 || strstr(mode, "[never]"))
		return -EOPNOTSUPP;
	for (tries = 0; tries < THP_TRIES; tries++) {
		mem->addr = mem_anonymous(mem->size, MADV_HUGEPAGE);
		if (!mem->addr)
			return -EOPNOTSUPP;
		mem_touch(mem->addr, mem->size);
		if (proc_in_runs(mem->addr, mem->size, HUGE / PAGE))
			return 0;
		munmap(mem->addr, mem->size);
		__text_write("/proc/sys/vm/compact_memory", "1");
	}
	mem->addr = NULL;
	return -ENOMEM;
}

int __mem_hugetlb_pool(unsigned int pages)
{
	uint64_t got;
	char text[16];
	int ret = __text_read_u64(HUGETLB_POOL "nr_hugepages", &got);

	if (ret < 0)
		return -EOPNOTSUPP;
	if (got >= pages)
		return 0;
	snprintf(text, sizeof(text), "%u", pages);
	ret = __text_write(HUGETLB_POOL "nr_hugepages", text);
	if (ret < 0)
		return ret;
	return text_read_u64(HUGETLB_POOL "nr_hugepages") >= pages ? 0 : -ENOMEM;
}

static int mem_get_hugetlb(struct mem *mem)
{
	uint64_t total, free_pages;
	int ret;

	if (__text_read_u64(HUGETLB_POOL "nr_hugepages", &total) ||
	    __text_read_u64(HUGETLB_POOL "free_hugepages", &free_pages))
		return -EOPNOTSUPP;
	ret = __mem_hugetlb_pool(total - free_pages + mem->size / HUGE);
	if (ret)
		return ret;
	mem->addr = mmap(NULL, mem->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (mem->addr == MAP_FAILED)
		return -errno;
	mem_touch(mem->addr, mem->size);
	return proc_in_runs(mem->addr, mem->size, HUGE / PAGE) ? 0 : -EIO;
}

static int mem_get_shuffled(struct mem *mem)
{
	size_t i, pages = mem->size / PAGE, *order = mem_permutation(pages);
	int fd = must_sys(memfd_create("shuffled", MFD_CLOEXEC));

	must_sys(ftruncate(fd, mem->size));
	mem->addr = mmap(NULL, mem->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must_be(mem->addr != MAP_FAILED);
	for (i = 0; i < pages; i++)
		mem_touch(mem->addr + order[i] * PAGE, PAGE);
	free(order);
	close(fd);
	return 0;
}

/* Move 4K pieces, number index[i] to place i, into a fresh range. */
static char *mem_move_pieces(char *from, const size_t *index, size_t count)
{
	char *to = mem_reserve(count * PAGE, HUGE);
	size_t i;

	for (i = 0; i < count; i++)
		must_be(mremap(from + index[i] * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       to + i * PAGE) != MAP_FAILED);
	return to;
}

/* First all even pages, then all odd ones: no neighbours get frames side by side. */
static int mem_get_fragmented(struct mem *mem)
{
	size_t parity, i;

	mem->addr = mem_small(mem->size);
	for (parity = 0; parity < 2; parity++)
		for (i = parity; i < mem->size / PAGE; i += 2)
			mem_touch(mem->addr + i * PAGE, PAGE);
	return 0;
}

static int mem_get_permuted(struct mem *mem)
{
	size_t *order, count = mem->size / PAGE;
	struct mem thp = { .size = mem->size };
	int ret = mem_get_thp(&thp);

	if (ret)
		return ret;
	order = mem_permutation(count);
	mem->addr = mem_move_pieces(thp.addr, order, count);
	munmap(thp.addr, thp.size);
	free(order);
	return 0;
}

int __mem_alloc(struct mem *mem, enum mem_kind kind, size_t size)
{
	static int (* const get[MEM_NUM_KINDS])(struct mem *mem) = {
		[MEM_4K] = mem_get_4k,
		[MEM_THP] = mem_get_thp,
		[MEM_HUGETLB] = mem_get_hugetlb,
		[MEM_SHUFFLED] = mem_get_shuffled,
		[MEM_FRAGMENTED] = mem_get_fragmented,
		[MEM_PERMUTED] = mem_get_permuted,
	};
	int ret;

	*mem = (struct mem){ .kind = kind, .size = size };
	ret = get[kind](mem);
	mem->base = mem->addr;
	mem->base_size = size;
	return ret;
}

void mem_free(struct mem *mem)
{
	if (mem->base)
		munmap(mem->base, mem->base_size);
	*mem = (struct mem){ .kind = mem->kind };
}

static uint64_t mem_word(uint64_t seed, size_t index)
{
	return (seed << 40 | index) * 0x9e3779b97f4a7c15ull + seed;
}

void mem_fill(void *addr, size_t size, uint64_t seed)
{
	uint64_t *words = addr;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = mem_word(seed, i);
}

long mem_differs(const void *addr, size_t size, uint64_t seed)
{
	const uint64_t *words = addr;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		if (words[i] != mem_word(seed, i))
			return i * sizeof(*words);
	return -1;
}
