// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty bits that an IOMMU records are harvested while devices write, and while
 * mappings come back from an UNMAP that failed: no bit is lost.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "child.h"
#include "dirty.h"
#include "mem.h"
#include "proc.h"
#include "softbox.h"
#include "uffd.h"

#define IOVA		0x40000000ull
#define PAGES		1600
#define WRITES		3000
#define WINDOWS_PAGES	(1 << 18) /* a bitmap that is written out in several pieces */

FIXTURE(race) {
	struct softbox box;
	int ti;
	int container;
	char *memory;
	struct dirty_bits got;
};

FIXTURE_SETUP(race)
{
	backend_need_ours("does not ask IOMMUs for dirty bits");
	softbox_load(&self->box, "");
	self->ti = self->box.ti;
	backend_set("hw_dirty", "Y");
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(PAGES * PAGE);
	memset(self->memory, 1, PAGES * PAGE);
	iommu_map(self->container, self->memory, IOVA, PAGES * PAGE, IOMMU_RW);
	dirty_start(self->container);
	dirty_open(&self->got, IOVA, PAGES);
}

FIXTURE_TEARDOWN(race)
{
	if (self->box.container >= 0)
		__dirty_stop(self->box.container);
	softbox_close(&self->box);
	softbox_unload(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* The IOMMU has shown that it records, and nothing is dirty. */
static void prove(struct race_self *self)
{
	SKIP_IF(!testiommu_stat(self->ti).tracking,
		"this kernel has no interface for dirty bits of an IOMMU");
	testiommu_write(self->ti, 0, IOVA, "x", 1);
	dirty_get(self->container, &self->got);
	EXPECT_EQ(dirty_count(&self->got), 1);
	dirty_wipe(&self->got);
}

struct writer {
	int ti;
	volatile bool done;
};

static void *write_pages(void *arg)
{
	struct writer *writer = arg;

	/* An odd step meets every even page, as 800 is no multiple of 7. */
	for (size_t i = 0; i < WRITES; i++)
		testiommu_write(writer->ti, 0, IOVA + i * 7 % 800 * 2 * PAGE, "y", 1);
	writer->done = true;
	return NULL;
}

/* Each even page is found, at least once, no odd one is ever. */
TEST_F(race, harvest_and_write)
{
	struct writer writer = { .ti = self->ti };
	struct dirty_bits sum, want;
	pthread_t thread;
	bool done;

	prove(self);
	dirty_open(&sum, IOVA, PAGES);
	dirty_open(&want, IOVA, PAGES);
	thread = thread_begin(write_pages, &writer);
	do {
		done = writer.done;
		dirty_wipe(&self->got);
		dirty_get(self->container, &self->got);
		for (size_t i = 0; i < sum.bytes / sizeof(*sum.words); i++)
			sum.words[i] |= self->got.words[i];
	} while (!done);
	thread_wait(thread);

	for (size_t i = 0; i < PAGES; i += 2)
		dirty_draw(&want, IOVA + i * PAGE, 1);
	EXPECT_EQ(dirty_differs(&sum, &want), -1);
	dirty_close(&sum);
	dirty_close(&want);
}

struct request {
	int container;
	struct dirty_bits bits;
	int ret;
};

static void *request_unmap(void *arg)
{
	struct request *request = arg;
	uint64_t unmapped;

	request->ret = __dirty_unmap(request->container, &request->bits, &unmapped);
	return NULL;
}

static void *request_get(void *arg)
{
	struct request *request = arg;

	request->ret = __dirty_get(request->container, &request->bits);
	return NULL;
}

/*
 * A GET that begins while an UNMAP has the mapping, and goes on when it has given it
 * back: the page was written before both, and is in one of the two bitmaps, and as the
 * UNMAP failed that is the one of GET.
 */
TEST_F(race, harvest_and_failing_unmap)
{
	struct request unmap = { .container = self->container, .bits = self->got };
	struct request get = {
		.container = self->container,
		.bits = { .iova = IOVA, .pages = WINDOWS_PAGES, .bytes = WINDOWS_PAGES / 8 },
	};
	struct uffd unmaps, gets;
	pthread_t unmapping, getting;
	int ret = __uffd_open(&unmaps, PAGE);

	SKIP_IF(ret, "no userfaultfd for the kernel's own accesses (%d)", ret);
	prove(self);
	ASSERT_EQ(__uffd_open(&gets, WINDOWS_PAGES / 8), 0);
	unmap.bits.words = (void *)unmaps.addr;
	get.bits.words = (void *)gets.addr;

	unmapping = thread_begin(request_unmap, &unmap);
	EXPECT_EQ(uffd_wait(&unmaps, 5000), 0);
	testiommu_write(self->ti, 0, IOVA + 5 * PAGE, "x", 1);
	getting = thread_begin(request_get, &get);
	EXPECT_EQ(uffd_wait(&gets, 5000), 0);
	ASSERT_EQ(munmap(unmaps.addr, PAGE), 0);
	close(unmaps.fd);
	thread_wait(unmapping);
	EXPECT_EQ(unmap.ret, -EFAULT);
	uffd_fill(&gets, 0, WINDOWS_PAGES / 8);
	thread_wait(getting);
	EXPECT_EQ(get.ret, 0);
	EXPECT_EQ(get.bits.words[0], 1 << 5);
	uffd_close(&gets);
}

KTAP_MAIN()
