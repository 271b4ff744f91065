// SPDX-License-Identifier: GPL-2.0-only
/*
 * Something to trace: does each thing that has an event, and writes down what the
 * events should be, in the words of their TP_printk().
 *
 * usage: workload EXPECTED-FILE
 *
 * Two containers: one with a device behind an IOMMU and an emulated one, where
 * everything happens; then one where 20 pages are mapped and unmapped.  The IOMMU is
 * that of the tests, which reports faults; of these only container and IOVA are
 * written down.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "debugfs.h"
#include "dirty.h"
#include "iommu.h"
#include "mem.h"
#include "proc.h"
#include "svm.h"
#include "testdev.h"
#include "testiommu.h"
#include "vfio.h"

#define IOVA		0x10000000ull
#define LAST		0xffffffffffffffffull

/* Small pages that are too many to be pinned in one go. */
#define LARGE		700

#define NOWHERE		0x123456789000ull
#define NOBODY		0x3fffffff /* no pid is as large */

struct place {
	FILE *expected;
	int ti; /* the IOMMU */
	int container;
	unsigned long id;
};

static void __attribute__((format(printf, 3, 4))) expect(const struct place *at, const char *event,
							 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(at->expected, "t1x_%s: id=%lu ", event, at->id);
	vfprintf(at->expected, format, args);
	fputc('\n', at->expected);
	va_end(args);
}

static int group_number(int group)
{
	char path[64], target[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", group);
	length = must_sys(readlink(path, target, sizeof(target) - 1));
	target[length] = '\0';
	return atoi(strrchr(target, '/') + 1);
}

static void expect_map(const struct place *at, const char *addr, uint64_t iova, size_t size,
		       const char *prot, int ret)
{
	expect(at, "map", "iova=%#lx-%#lx vaddr=%p prot=%s ret=%d", iova, iova + size - 1,
	       (void *)addr, prot, ret);
}

static void expect_pin(const struct place *at, const char *addr, uint64_t iova, size_t pages)
{
	expect(at, "pin", "iova=%#lx npages=%zu runs=%zu", iova, pages,
	       proc_breaks(addr, pages * PAGE) + 1);
}

/* Map memory that is pinned in one go. */
static void map(const struct place *at, const char *addr, uint64_t iova, size_t pages)
{
	iommu_map(at->container, addr, iova, pages * PAGE, IOMMU_RW);
	expect_pin(at, addr, iova, pages);
	expect_map(at, addr, iova, pages * PAGE, "read|write", 0);
}

/* More than that: what might be huge pages begins with a look at the first. */
static void map_large(const struct place *at, const char *addr, uint64_t iova)
{
	static const size_t batches[] = { 1, 512, 187 };
	size_t i, done = 0;

	iommu_map(at->container, addr, iova, LARGE * PAGE, IOMMU_RW);
	for (i = 0; i < ARRAY_SIZE(batches); done += batches[i++])
		expect_pin(at, addr + done * PAGE, iova + done * PAGE, batches[i]);
	expect_map(at, addr, iova, LARGE * PAGE, "read|write", 0);
}

static void unmap(const struct place *at, uint64_t iova, size_t size)
{
	must_be(iommu_unmap(at->container, iova, size) == size);
	expect(at, "unmap", "iova=%#lx-%#lx unmapped=%#lx ret=0", iova, iova + size - 1, size);
}

/* Small pages, a huge one, and one for reading. */
static void map_all_kinds(const struct place *at)
{
	struct mem small, huge;
	char *page = mem_untouched(PAGE);

	mem_alloc(&small, MEM_4K, LARGE * PAGE);
	must(__mem_hugetlb_pool(1));
	mem_alloc(&huge, MEM_HUGETLB, HUGE);
	map_large(at, small.addr, IOVA);
	map(at, huge.addr, GIB(1), HUGE / PAGE);
	iommu_map(at->container, page, GIB(2), PAGE, IOMMU_R);
	expect_pin(at, page, GIB(2), 1);
	expect_map(at, page, GIB(2), PAGE, "read", 0);
	unmap(at, GIB(1), HUGE);
	unmap(at, GIB(2), PAGE);
	unmap(at, IOVA, LARGE * PAGE);
	mem_free(&small);
	mem_free(&huge);
}

/* What is refused. */
static void fail(const struct place *at, char *memory)
{
	map(at, memory, IOVA, 8);
	must_be(__iommu_map(at->container, memory, IOVA, PAGE, IOMMU_RW) == -EEXIST);
	expect_map(at, memory, IOVA, PAGE, "read|write", -EEXIST);
	must_be(__iommu_unmap(at->container, IOVA, PAGE, 0, NULL) == -EINVAL);
	expect(at, "unmap", "iova=%#llx-%#llx unmapped=0 ret=%d", IOVA, IOVA + PAGE - 1, -EINVAL);
	unmap(at, IOVA, 8 * PAGE);
	must_be(__svm_bind(at->container, VFIO_SVM_PID, NOBODY) == -ESRCH);
	expect(at, "bond", "bond=0 pid=0 ret=%d", -ESRCH);
}

static void track(const struct place *at, char *memory)
{
	struct dirty_bits bits;
	uint64_t unmapped;

	dirty_open(&bits, IOVA, 8);
	map(at, memory, IOVA, 8);
	dirty_start(at->container);
	expect(at, "dirty_start", "iova=0-%#llx ret=0", LAST);
	dirty_peek(at->container, &bits);
	expect(at, "dirty_get", "iova=%#llx-%#llx dirty=8 peek ret=0", IOVA, IOVA + 8 * PAGE - 1);
	dirty_get(at->container, &bits);
	expect(at, "dirty_get", "iova=%#llx-%#llx dirty=8 ret=0", IOVA, IOVA + 8 * PAGE - 1);
	must(__dirty_unmap(at->container, &bits, &unmapped));
	expect(at, "dirty_get", "iova=%#llx-%#llx dirty=8 ret=0", IOVA, IOVA + 8 * PAGE - 1);
	expect(at, "unmap", "iova=%#llx-%#llx unmapped=%#lx ret=0", IOVA, IOVA + 8 * PAGE - 1,
	       unmapped);
	dirty_stop(at->container);
	expect(at, "dirty_stop", "ret=0");
	dirty_start_range(at->container, IOVA, PAGE);
	expect(at, "dirty_start", "iova=%#llx-%#llx ret=0", IOVA, IOVA + PAGE - 1);
	dirty_stop(at->container);
	expect(at, "dirty_stop", "ret=0");
	dirty_close(&bits);
}

/* An emulated device joins, holds a page, and is told to let go of it. */
static void hold(const struct place *at, char *memory)
{
	int group = testdev_group(0), number = group_number(group);
	struct testdev dev;

	vfio_group_attach(group, at->container);
	expect(at, "attach", "group=%d domains=1 ret=0", number);
	testdev_open(&dev, group, 0);
	map(at, memory, IOVA, 8);
	testdev_pin(&dev, IOVA, 1, TESTDEV_RW);
	must_be(iommu_unmap(at->container, IOVA, 8 * PAGE) == 8 * PAGE);
	expect(at, "notice", "iova=%#llx-%#llx", IOVA, IOVA + 8 * PAGE - 1);
	expect(at, "unmap", "iova=%#llx-%#llx unmapped=%#lx ret=0", IOVA, IOVA + 8 * PAGE - 1,
	       8 * PAGE);
	testdev_close(&dev);
	vfio_group_detach(group);
	expect(at, "detach", "group=%d domains=1 ret=0", number);
	close(group);
}

/* Memory of a process that was bound (this one), which it takes back. */
static void bind(const struct place *at)
{
	const size_t size = 8 * PAGE;
	char *memory = mem_untouched(size);
	uint32_t bond = svm_bind(at->container, 0, 0);

	expect(at, "bond", "bond=%u pid=%d ret=0", bond, getpid());
	memset(memory, 1, size);
	svm_map(at->container, bond, memory, IOVA, size, IOMMU_RW);
	expect_pin(at, memory, IOVA, size / PAGE);
	expect_map(at, memory, IOVA, size, "read|write", 0);
	must_sys(munmap(memory, size));
	expect(at, "revoke", "bond=%u iova=%#llx-%#llx", bond, IOVA, IOVA + size - 1);
	expect(at, "fault", "iova=%#llx", IOVA);
	unmap(at, IOVA, size);
	svm_unbind(at->container, bond);
	expect(at, "unbond", "bond=%u ret=0", bond);
}

/* A device that is stopped. */
static void stray(const struct place *at)
{
	must_be(__testiommu_write(at->ti, 0, NOWHERE, "x", 1) == -EIO);
	expect(at, "fault", "iova=%#llx", NOWHERE);
}

/* A container with one of the devices, for some work. */
static void work(struct place at, int device, void (*work)(const struct place *at, char *memory))
{
	int group = testiommu_group(device), number = group_number(group);
	char *memory = mem_untouched(32 * PAGE);
	char dir[DEBUGFS_PATH_LEN];

	memset(memory, 1, 32 * PAGE);
	at.container = vfio_container_open();
	vfio_group_attach(group, at.container);
	vfio_set_type(at.container, VFIO_TYPE1X_IOMMU);
	debugfs_find(dir);
	at.id = debugfs_id(dir);
	expect(&at, "attach", "group=%d domains=1 ret=0", number);
	work(&at, memory);
	vfio_group_detach(group);
	expect(&at, "detach", "group=%d domains=0 ret=0", number);
	close(group);
	close(at.container);
}

static void everything(const struct place *at, char *memory)
{
	map_all_kinds(at);
	fail(at, memory);
	track(at, memory);
	hold(at, memory);
	bind(at);
	stray(at);
}

static void twenty_pages(const struct place *at, char *memory)
{
	int i;

	for (i = 0; i < 20; i++)
		map(at, memory + i * PAGE, IOVA + i * PAGE, 1);
	for (i = 0; i < 20; i++)
		unmap(at, IOVA + i * PAGE, PAGE);
}

int main(int argc, char **argv)
{
	struct place at = {};
	cpu_set_t first;

	must_be(argc == 2);
	/* Tracers keep a buffer for each processor: so the order is certain. */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	must_sys(sched_setaffinity(0, sizeof(first), &first));
	at.expected = fopen(argv[1], "w");
	must_be(at.expected);
	at.ti = testiommu_load("");
	work(at, 0, everything);
	work(at, 1, twenty_pages);
	testiommu_unload(at.ti);
	return fclose(at.expected) ? 1 : 0;
}
