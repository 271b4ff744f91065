// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does not take memory away from the process that was bound revokes nothing: the
 * device goes on with the very pages that it had.
 */
#include <linux/memfd.h>

#include "release.h"
#include "svmbox.h"
#include "text.h"

#define IOVA_OWN	BOX_IOVA
#define IOVA_B		0x50000000ull
#define KSM		"/sys/kernel/mm/ksm/"
#define HUGE_SEED	0xc

/* Later than this C library. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

FIXTURE(kept) {
	struct svmbox box;
	int container;
	uint32_t bond;
	char *page; /* of our own, at IOVA_OWN */
	char *expected;
};

FIXTURE_SETUP(kept)
{
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->bond = svmbox_bind(&self->box);
	self->page = mem_untouched(PAGE);
	self->expected = mem_untouched(SVM_SIZE);
	mem_fill(self->expected, SVM_SIZE, SVM_SEED_PEER);
	iommu_map(self->container, self->page, IOVA_OWN, PAGE, IOMMU_RW);
	svm_map(self->container, self->bond, self->box.memory, IOVA_B, SVM_SIZE, IOMMU_RW);
}

FIXTURE_TEARDOWN(kept)
{
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	svmbox_close(&self->box);
}

/* Does the device find there what it has to find? */
static bool device_has(struct kept_self *self, uint64_t iova, const char *expected)
{
	edu_copy(box_edu(&self->box.box, 0), iova, IOVA_OWN, EDU_MAX_TRANSFER);
	return !memcmp(self->page, expected, EDU_MAX_TRANSFER);
}

static void expect_all_kept(struct kept_self *self)
{
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_EQ(svm_locked(self->box.pid), SVM_SIZE);
	for (size_t at = 0; at < SVM_SIZE; at += PAGE)
		EXPECT_TRUE(device_has(self, IOVA_B + at, self->expected + at));
}

static long advise(void *addr)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	must_sys(mprotect(addr, PAGE, PROT_READ));
	must_sys(mprotect(addr, PAGE, PROT_READ | PROT_WRITE));
	must_sys(madvise(addr, SVM_SIZE, MADV_COLD));
	must_sys(madvise(addr, SVM_SIZE, MADV_PAGEOUT));
	must_sys(madvise((char *)addr + PAGE, PAGE, MADV_FREE));
	/* From here on the process has another page than the device. */
	must_sys(madvise((char *)addr + 2 * PAGE, PAGE, MADV_DONTNEED));
	return *((char *)addr + 2 * PAGE);
}

TEST_F(kept, advice)
{
	EXPECT_EQ(peer_call(self->box.peer, advise, self->box.memory), 0);
	expect_all_kept(self);
}

TEST_F(kept, compaction)
{
	text_write("/proc/sys/vm/compact_memory", "1");
	expect_all_kept(self);
}

/* A page of ones at the end of the memory that is bound, and one that is not. */
static long make_twins(void *addr)
{
	char *twin = mem_untouched(PAGE), *last = (char *)addr + SVM_SIZE - PAGE;

	memset(twin, 1, PAGE);
	memset(last, 1, PAGE);
	must_sys(madvise(addr, SVM_SIZE, MADV_MERGEABLE));
	must_sys(madvise(twin, PAGE, MADV_MERGEABLE));
	return 0;
}

/* All that there is has been looked at for twins. */
static bool ksm_scans(uint64_t scans)
{
	double end = ktap_now() + ktap_scale(10);
	uint64_t target = text_read_u64(KSM "full_scans") + scans;

	text_write(KSM "sleep_millisecs", "1");
	text_write(KSM "run", "1");
	while (text_read_u64(KSM "full_scans") < target && ktap_now() < end)
		usleep(1000);
	text_write(KSM "run", "0");
	return text_read_u64(KSM "full_scans") >= target;
}

TEST_F(kept, same_page_merging)
{
	EXPECT_EQ(peer_call(self->box.peer, make_twins, self->box.memory), 0);
	memset(self->expected + SVM_SIZE - PAGE, 1, PAGE);
	EXPECT_TRUE(ksm_scans(4));
	expect_all_kept(self);
}

/* Small pages that could be a huge one; the device has one of them. */
static long fill_small(void *unused)
{
	char *addr = mem_reserve(HUGE, HUGE);

	if (mmap(addr, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return !!unused;
	must_sys(madvise(addr, HUGE, MADV_NOHUGEPAGE));
	mem_fill(addr, HUGE, HUGE_SEED);
	return (long)addr;
}

static long collapse(void *addr)
{
	must_sys(madvise(addr, HUGE, MADV_HUGEPAGE));
	return madvise(addr, HUGE, MADV_COLLAPSE) ? errno : 0;
}

TEST_F(kept, collapse)
{
	char *addr = (char *)peer_call(self->box.peer, fill_small, NULL);
	char *expected = mem_untouched(HUGE);
	int error;

	mem_fill(expected, HUGE, HUGE_SEED);
	ASSERT_NE(addr, NULL);
	svm_map(self->container, self->bond, addr + 5 * PAGE, GIB(3), PAGE, IOMMU_RW);
	error = peer_call(self->box.peer, collapse, addr);
	/* The page that is pinned is in the way. */
	EXPECT_EQ(error, EAGAIN);
	EXPECT_TRUE(device_has(self, GIB(3), expected + 5 * PAGE));
	EXPECT_EQ(svm_locked(self->box.pid), SVM_SIZE + PAGE);
	/* Once it is not, nothing is. */
	EXPECT_EQ(iommu_unmap(self->container, GIB(3), PAGE), PAGE);
	EXPECT_EQ(peer_call(self->box.peer, collapse, addr), 0);
}

static int peer_file; /* the peer's */

/* A file of one size or the other, all of it mapped; its address. */
static long map_file(unsigned int flags, size_t size)
{
	char *addr;

	peer_file = must_sys(memfd_create("file", MFD_CLOEXEC | flags));
	must_sys(ftruncate(peer_file, size));
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, peer_file, 0);
	if (addr == MAP_FAILED)
		return 0;
	mem_fill(addr, size, HUGE_SEED);
	return (long)addr;
}

static long map_small_file(void *unused)
{
	return map_file(0, SVM_SIZE) + (long)unused;
}

static long map_huge_file(void *unused)
{
	return map_file(MFD_HUGETLB | MFD_HUGE_2MB, HUGE) + (long)unused;
}

static long truncate_file(void *unused)
{
	return ftruncate(peer_file, 0) ? errno : (long)unused;
}

/* The process has nothing there any more, but it has not given it back. */
TEST_F(kept, truncation)
{
	char *addr = (char *)peer_call(self->box.peer, map_small_file, NULL);

	ASSERT_NE(addr, NULL);
	mem_fill(self->expected, SVM_SIZE, HUGE_SEED);
	svm_map(self->container, self->bond, addr, GIB(3), SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(peer_call(self->box.peer, truncate_file, NULL), 0);
	for (size_t at = 0; at < SVM_SIZE; at += PAGE)
		EXPECT_TRUE(device_has(self, GIB(3) + at, self->expected + at));
	EXPECT_EQ(svm_locked(self->box.pid), 2 * SVM_SIZE);
}

/* With huge pages 6.1 does not tell this from munmap(). */
TEST_F(kept, truncation_of_huge_pages)
{
	char *addr = (char *)peer_call(self->box.peer, map_huge_file, NULL);

	SKIP_IF(!addr, "no huge page is free");
	mem_fill(self->expected, SVM_SIZE, HUGE_SEED);
	svm_map(self->container, self->bond, addr, GIB(3), HUGE, IOMMU_RW);
	EXPECT_EQ(peer_call(self->box.peer, truncate_file, NULL), 0);
	if (release_is_before(6, 12))
		EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_REVOKED, self->bond,
					GIB(3), HUGE));
	else
		EXPECT_TRUE(device_has(self, GIB(3), self->expected));
}

KTAP_MAIN()
