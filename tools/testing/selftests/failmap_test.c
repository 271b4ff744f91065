// SPDX-License-Identifier: GPL-2.0-only
/*
 * A MAP that fails half way, because there is no memory for the IOMMU's page
 * table or for our own books: an IOMMU driver may have let the device in
 * already and not say so.
 *
 * Either a child in a memory cgroup maps until it is killed, or, on the debug
 * kernel, each allocation of a MAP is made to fail, one after the other.
 *
 * The first writes "Call Trace" into the kernel log, which is what the OOM
 * killer does.  Wants a 1 GiB page: hugepagesz=1G hugepages=1.
 */
#include <linux/memfd.h>
#include <sys/utsname.h>

#include "box.h"
#include "cgroup.h"
#include "child.h"
#include "inject.h"
#include "snapshot.h"

#define SIZE		(4 * HUGE)

/* A page off, so that the page table needs all its levels. */
#define IOVA		(GIB(4) + PAGE)
#define STRIDE		(2 * SIZE)

/*
 * What a child gets to map with.  The next one gets a little more, so that not
 * all of them run out of memory at the beginning of a mapping.
 */
#define ROOM		KIB(256)
#define ROOM_STEP	(3 * PAGE)
#define ROUNDS		3

enum kind {
	HUGE_PAGES, /* runs of 2 MiB, mapped by the list */
	LONG_RUN,   /* part of a 1 GiB page, mapped at once */
	SHUFFLED,   /* many runs, which have to be remembered */
};

FIXTURE(failmap) {
	struct box box;
	int container;
	char *memory;
	char *other;   /* what is mapped in its place after */
	char *pattern; /* what the devices try to write; mapped at BOX_IOVA */
	int warnings;
	struct inject inject;
	struct snapshot before;
};

FIXTURE_VARIANT(failmap) {
	enum kind kind;
	int groups; /* each with a page table of its own */
};

FIXTURE_VARIANT_ADD(failmap, huge_pages) { HUGE_PAGES, 1 };
FIXTURE_VARIANT_ADD(failmap, long_run) { LONG_RUN, 1 };
FIXTURE_VARIANT_ADD(failmap, shuffled) { SHUFFLED, 1 };
FIXTURE_VARIANT_ADD(failmap, two_domains) { HUGE_PAGES, 2 };

/* How often the VT-d driver complained that something was mapped already. */
static int count_warnings(void)
{
	return proc_log_count("DMA PTE for vPFN");
}

/* Shared, so that the child does not get copies of its own. */
static char *get_huge(unsigned int flags)
{
	int fd = must_sys(memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | flags));
	size_t size = flags == MFD_HUGE_1GB ? GIB(1) : SIZE;
	char *addr;

	must_sys(ftruncate(fd, size));
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	SKIP_IF(addr == MAP_FAILED, "no %s page is free", size == SIZE ? "huge" : "1 GiB");
	close(fd);
	return addr;
}

static char *get_memory(enum kind kind)
{
	struct mem mem;

	if (kind == LONG_RUN)
		return get_huge(MFD_HUGE_1GB);
	if (kind == HUGE_PAGES)
		return get_huge(MFD_HUGE_2MB);
	mem_alloc(&mem, MEM_SHUFFLED, SIZE);
	return mem.addr;
}

FIXTURE_SETUP(failmap)
{
	int i;

	backend_need_ours("leaves mapped what a failed call has mapped");
	box_open(&self->box, VFIO_TYPE1X_IOMMU, 1);
	self->container = self->box.container;
	backend_set("private_domains", variant->groups > 1 ? "Y" : "N");
	while (self->box.num_groups < variant->groups)
		box_add(&self->box);
	self->memory = get_memory(variant->kind);
	mem_fill(self->memory, SIZE, 1);
	self->other = mem_untouched(2 * PAGE);
	self->pattern = mem_untouched(PAGE);
	mem_fill(self->pattern, PAGE, 2);
	iommu_map(self->container, self->pattern, BOX_IOVA, PAGE, IOMMU_R);
	for (i = 0; i < variant->groups; i++)
		edu_load(box_edu(&self->box, i), BOX_IOVA, 0, EDU_MAX_TRANSFER);
	self->warnings = count_warnings();
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(failmap)
{
	EXPECT_EQ(count_warnings(), self->warnings);
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
	backend_set("private_domains", "N");
}

/* Of each huge page the first 4K that would have been mapped. */
static void expect_unreachable(struct failmap_self *self, uint64_t iova)
{
	size_t offset;
	int i;

	for (i = 0; i < self->box.num_groups; i++)
		for (offset = 0; offset < SIZE; offset += HUGE)
			EXPECT_TRUE(box_write_is_blocked(box_edu(&self->box, i),
							 self->memory + offset, iova + offset));
}

/* The device must see what is there now, in all page tables. */
static void expect_usable(struct failmap_self *self, uint64_t iova)
{
	int i;

	iommu_map(self->container, self->other, iova, 2 * PAGE, IOMMU_RW);
	for (i = 0; i < self->box.num_groups; i++) {
		EXPECT_TRUE(box_dma_works(box_edu(&self->box, i), self->other, iova));
		edu_load(box_edu(&self->box, i), BOX_IOVA, 0, EDU_MAX_TRANSFER);
	}
	EXPECT_EQ(iommu_unmap(self->container, iova, 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(mem_differs(self->memory, SIZE, 1), -1);
}

static void map_and_unmap(struct failmap_self *self, uint64_t iova)
{
	iommu_map(self->container, self->memory, iova, SIZE, IOMMU_RW);
	EXPECT_EQ(mem_differs(self->memory, SIZE, 1), -1);
	EXPECT_EQ(iommu_unmap(self->container, iova, SIZE), SIZE);
}

static void skip_without_charging(enum kind kind)
{
	struct utsname name;
	int major, minor;

	must_sys(uname(&name));
	must_be(sscanf(name.release, "%d.%d", &major, &minor) == 2);
	SKIP_IF(kind != SHUFFLED && major == 6 && minor < 3,
		"this kernel does not charge page tables of the IOMMU");
}

/* Maps the memory side by side until there is no room for more. */
static void __attribute__((noreturn)) map_until_killed(struct failmap_self *self, size_t room,
						       int *count)
{
	cgroup_enter();
	cgroup_limit(room);
	while (!__iommu_map(self->container, self->memory, IOVA + *count * STRIDE, SIZE, IOMMU_RW))
		++*count;
	/* An error would do as well. */
	raise(SIGKILL);
	_exit(1);
}

/*
 * Mappings that a child could make before there was no more room.  The last one
 * may have been completed for a child that was killed and could not count it.
 */
static int run_out_of_memory(struct failmap_self *self, size_t room)
{
	int status, made, *count = child_shared(PAGE);
	pid_t child;

	cgroup_open();
	child = child_begin();
	if (!child)
		map_until_killed(self, room, count);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cgroup_close();
	made = self->before.info.avail - iommu_avail(self->container);
	EXPECT_TRUE(made == *count || made == *count + 1);
	NOTE("%d mappings were made", made);
	return made;
}

TEST_F_TIMEOUT(failmap, out_of_memory, 60)
{
	int round;

	skip_without_charging(variant->kind);
	for (round = 0; round < ROUNDS && !ktap->failures; round++) {
		int count = run_out_of_memory(self, ROOM + round * ROOM_STEP);
		uint64_t iova = IOVA + count * STRIDE;

		expect_unreachable(self, iova);
		expect_usable(self, iova);
		if (count)
			EXPECT_EQ(iommu_unmap(self->container, IOVA, count * STRIDE), count * SIZE);
		EXPECT_UNCHANGED(self->container, self->before);
		if (!ktap->failures)
			map_and_unmap(self, iova);
	}
}

/* The same, allocation by allocation. */
TEST_F_TIMEOUT(failmap, each_allocation, 60)
{
	unsigned int n, failed = 0;
	int ret = 0;

	inject_open(&self->inject);
	for (n = 1; n < INJECT_MAX && !ktap->failures; n++) {
		inject_arm(&self->inject, n);
		ret = __iommu_map(self->container, self->memory, IOVA, SIZE, IOMMU_RW);
		if (!inject_fired(&self->inject))
			break;
		if (!ret) {
			EXPECT_EQ(iommu_unmap(self->container, IOVA, SIZE), SIZE);
			continue;
		}
		failed++;
		EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT);
		EXPECT_UNCHANGED(self->container, self->before);
		expect_unreachable(self, IOVA);
		expect_usable(self, IOVA);
	}
	NOTE("%u of %u failures made the MAP fail", failed, n - 1);
	ASSERT_EQ(ret, 0);
	EXPECT_GT(failed, 3);
	EXPECT_LT(n, INJECT_MAX);
	EXPECT_EQ(iommu_unmap(self->container, IOVA, SIZE), SIZE);
	if (!ktap->failures)
		map_and_unmap(self, IOVA);
}

KTAP_MAIN()
