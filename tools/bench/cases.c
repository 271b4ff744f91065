// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "dirty.h"
#include "iommu.h"
#include "proc.h"

/* Above 4 GiB, where no reserved region is, and aligned to any page size. */
#define CASE_IOVA	GIB(8)

#define PAIRS		2000
#define MANY		32768
#define INFO_CALLS	4000
#define INFO_BYTES	1024
#define DIRTY_CALLS	200
#define DIRTY_MANY_CALLS	10

#define THREADS		4
#define THREADS_SIZE	MIB(64)
#define THREAD_MAPPING	MIB(1)
#define THREAD_SIZE	(THREADS_SIZE / THREADS)

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

void case_memory_get(struct mem *mem, enum mem_kind kind)
{
	static const size_t sizes[MEM_NUM_KINDS] = {
		[MEM_4K] = MIB(256),
		[MEM_THP] = MIB(256),
		[MEM_HUGETLB] = MIB(512),
		[MEM_SHUFFLED] = MIB(128),
	};
	double start = now_ns();

	mem_alloc(mem, kind, sizes[kind]);
	printf("bench: memory %zu MiB of %s, ready in %.1f s\n", mem->size >> 20, mem_name(kind),
	       (now_ns() - start) / 1e9);
	/* Figures for 4K pages mean little to those who do not know this. */
	if (kind == MEM_4K || kind == MEM_SHUFFLED)
		printf("bench: memory %s: %zu of %zu pages do not follow their neighbour\n",
		       mem_name(kind), proc_breaks(mem->addr, mem->size), mem->size / PAGE);
}

/* All of it as one mapping; ns[0] map, ns[1] unmap. */
static void run_whole(int container, const struct mem *mem, double *ns)
{
	double start = now_ns(), mapped;

	iommu_map(container, mem->addr, CASE_IOVA, mem->size, IOMMU_RW);
	mapped = now_ns();
	must_be(iommu_unmap(container, CASE_IOVA, mem->size) == mem->size);
	ns[1] = now_ns() - mapped;
	ns[0] = mapped - start;
}

static void run_pairs(int container, const struct mem *mem, double *ns)
{
	double start = now_ns();
	int i;

	for (i = 0; i < PAIRS; i++) {
		iommu_map(container, mem->addr, CASE_IOVA, PAGE, IOMMU_RW);
		iommu_unmap(container, CASE_IOVA, PAGE);
	}
	ns[0] = (now_ns() - start) / PAIRS;
}

static void run_many(int container, const struct mem *mem, double *ns)
{
	double start = now_ns(), mapped;
	size_t i;

	for (i = 0; i < MANY; i++)
		iommu_map(container, mem->addr + i * PAGE, CASE_IOVA + i * PAGE, PAGE, IOMMU_RW);
	mapped = now_ns();
	for (i = 0; i < MANY; i++)
		must_be(iommu_unmap(container, CASE_IOVA + i * PAGE, PAGE) == PAGE);
	ns[1] = (now_ns() - mapped) / MANY;
	ns[0] = (mapped - start) / MANY;
}

static void run_info(int container, const struct mem *mem, double *ns)
{
	union {
		struct vfio_iommu_type1_info info;
		char with_capabilities[INFO_BYTES];
	} answer;
	double start = now_ns();
	int i;

	(void)mem;
	for (i = 0; i < INFO_CALLS; i++) {
		answer.info.argsz = sizeof(answer);
		must_sys(ioctl(container, VFIO_IOMMU_GET_INFO, &answer));
	}
	ns[0] = (now_ns() - start) / INFO_CALLS;
}

/* What it takes at the least: a system call that copies as many bytes. */
static double copy_ns(size_t bytes, int calls)
{
	int fd = must_sys(memfd_create("floor", 0)), i;
	char *buf = malloc(bytes);
	double start;

	must_be(buf);
	must_sys(ftruncate(fd, bytes));
	must_be(pread(fd, buf, bytes, 0) == (ssize_t)bytes);
	start = now_ns();
	for (i = 0; i < calls; i++)
		must_be(pread(fd, buf, bytes, 0) == (ssize_t)bytes);
	start = now_ns() - start;
	free(buf);
	close(fd);
	return start / calls;
}

/* ns[0] a GET_BITMAP of so many pages from CASE_IOVA on, ns[1] the floor. */
static void measure_dirty(int container, size_t pages, int calls, double *ns)
{
	struct dirty_bits bits;
	double start;
	int i;

	dirty_open(&bits, CASE_IOVA, pages);
	dirty_start(container);
	dirty_get(container, &bits);
	start = now_ns();
	for (i = 0; i < calls; i++)
		dirty_get(container, &bits);
	ns[0] = (now_ns() - start) / calls;
	dirty_stop(container);
	dirty_close(&bits);
	ns[1] = copy_ns(pages / 8, calls);
}

static void run_dirty(int container, const struct mem *mem, double *ns)
{
	iommu_map(container, mem->addr, CASE_IOVA, mem->size, IOMMU_RW);
	measure_dirty(container, mem->size / PAGE, DIRTY_CALLS, ns);
}

/* A hole behind each mapping, so that no two of them are neighbours. */
static void run_dirty_many(int container, const struct mem *mem, double *ns)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		iommu_map(container, mem->addr + i * PAGE, CASE_IOVA + 2 * i * PAGE, PAGE,
			  IOMMU_RW);
	measure_dirty(container, 2 * MANY, DIRTY_MANY_CALLS, ns);
}

struct case_thread {
	pthread_t thread;
	pthread_barrier_t *barrier;
	int container;
	char *addr;
	uint64_t iova;
};

/* The barriers bracket the maps and then the unmaps of all threads. */
static void *case_thread(void *arg)
{
	struct case_thread *self = arg;
	size_t at;

	pthread_barrier_wait(self->barrier);
	for (at = 0; at < THREAD_SIZE; at += THREAD_MAPPING)
		iommu_map(self->container, self->addr + at, self->iova + at, THREAD_MAPPING,
			  IOMMU_RW);
	pthread_barrier_wait(self->barrier);
	pthread_barrier_wait(self->barrier);
	for (at = 0; at < THREAD_SIZE; at += THREAD_MAPPING)
		must_be(iommu_unmap(self->container, self->iova + at, THREAD_MAPPING) ==
			THREAD_MAPPING);
	pthread_barrier_wait(self->barrier);
	return NULL;
}

static void run_threads(int container, const struct mem *mem, double *ns)
{
	struct case_thread threads[THREADS];
	pthread_barrier_t barrier;
	double times[4];
	int i;

	must_be(!pthread_barrier_init(&barrier, NULL, THREADS + 1));
	for (i = 0; i < THREADS; i++) {
		threads[i].barrier = &barrier;
		threads[i].container = container;
		threads[i].addr = mem->addr + i * THREAD_SIZE;
		threads[i].iova = CASE_IOVA + i * THREAD_SIZE;
		must_be(!pthread_create(&threads[i].thread, NULL, case_thread, &threads[i]));
	}
	for (i = 0; i < 4; i++) {
		/* Starting points are taken before, ends after the barrier. */
		times[i] = now_ns();
		pthread_barrier_wait(&barrier);
		if (i & 1)
			times[i] = now_ns();
	}
	for (i = 0; i < THREADS; i++)
		must_be(!pthread_join(threads[i].thread, NULL));
	pthread_barrier_destroy(&barrier);
	ns[0] = times[1] - times[0];
	ns[1] = times[3] - times[2];
}

/*
 * In this order the memory is taken, too: what is to be contiguous first, while
 * the guest's memory is still in one piece.
 */
/* clang-format off */
const struct bench_case bench_cases[] = {
	{ "contiguous", "256 MiB, 4K pages, contiguous", "ms", MEM_4K, 1,
	  { "map", "unmap" }, run_whole },
	{ "thp", "256 MiB, THP", "ms", MEM_THP, 4, { "map", "unmap" }, run_whole },
	{ "hugetlb", "512 MiB, 2M hugetlb", "ms", MEM_HUGETLB, 3,
	  { "map", "unmap" }, run_whole },
	{ "shuffled", "128 MiB, 4K pages, shuffled", "ms", MEM_SHUFFLED, 1,
	  { "map", "unmap" }, run_whole },
	{ "threads", "64 MiB, 4K pages, 4 threads", "ms", MEM_4K, 6,
	  { "map", "unmap" }, run_threads },
	{ "many", "32768 mappings of 4K, each", "us", MEM_4K, 2,
	  { "map", "unmap" }, run_many },
	{ "pair", "one 4K page, map and unmap", "us", MEM_4K, 4, { "pair" }, run_pairs },
	{ "info", "GET_INFO", "us", MEM_4K, 6, { "call" }, run_info },
	{ "dirty", "GET_BITMAP, one mapping of 256 MiB", "us", MEM_4K, 3,
	  { "get", "floor" }, run_dirty },
	{ "dirtymany", "GET_BITMAP, 32768 mappings", "us", MEM_4K, 1,
	  { "get", "floor" }, run_dirty_many },
};

/* clang-format on */

const size_t bench_num_cases = ARRAY_SIZE(bench_cases);
