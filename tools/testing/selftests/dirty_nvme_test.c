// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty pages of a disk that reads and writes: every page of every mapping that it
 * can write to, and no other.
 */
#include "disk.h"
#include "snapshot.h"
#include "view.h"

/* Pages: one that commands read to, one that they write from, and a small one. */
#define INTO		3
#define INTO_PAGES	1000
#define FROM		1100
#define FROM_PAGES	500
#define SMALL		1601
#define SMALL_PAGES	1
#define PAGES		1700

FIXTURE(dirty_nvme) {
	struct disk disk;
	char *memory;
	struct view view;
};

static void map_pages(struct dirty_nvme_self *self, size_t page, size_t pages, uint32_t flags)
{
	iommu_map(self->disk.container, self->memory + page * PAGE, VIEW_IOVA(page), pages * PAGE,
		  flags);
	if (flags & IOMMU_W)
		view_draw(&self->view, page, pages);
}

FIXTURE_SETUP(dirty_nvme)
{
	disk_open(&self->disk, VFIO_TYPE1v2_IOMMU);
	self->memory = mem_untouched(PAGES * PAGE);
	memset(self->memory, 1, PAGES * PAGE);
	view_open(&self->view, self->disk.container, PAGES);
	map_pages(self, INTO, INTO_PAGES, IOMMU_RW);
	map_pages(self, FROM, FROM_PAGES, IOMMU_R);
	map_pages(self, SMALL, SMALL_PAGES, IOMMU_RW);
}

FIXTURE_TEARDOWN(dirty_nvme)
{
	view_close(&self->view);
	disk_close(&self->disk);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(dirty_nvme, while_it_works)
{
	struct nvme *nvme = &self->disk.nvme;
	uint64_t seed = disk_seed();

	backend_need_ours("reports read-only mappings");
	dirty_start(self->disk.container);
	view_expect(&self->view, __dirty_get);

	/* Through the disk from one mapping to the other. */
	mem_fill(self->memory + FROM * PAGE, FROM_PAGES * PAGE, seed);
	nvme_write(nvme, 0, VIEW_IOVA(FROM), FROM_PAGES * PAGE);
	nvme_read(nvme, 0, VIEW_IOVA(INTO), FROM_PAGES * PAGE);
	view_expect(&self->view, __dirty_peek);
	EXPECT_EQ(mem_differs(self->memory + INTO * PAGE, FROM_PAGES * PAGE, seed), -1);
	/* It might go on writing: they stay dirty. */
	view_expect(&self->view, __dirty_get);
	view_expect(&self->view, __dirty_get);
	view_expect_unmap(&self->view, INTO_PAGES + FROM_PAGES + SMALL_PAGES);
}

/* A page at a time that changes hands between the disk and a reader. */
TEST_F(dirty_nvme, mapped_for_each_command)
{
	struct nvme *nvme = &self->disk.nvme;
	int container = self->disk.container, i;
	const uint64_t spare = VIEW_IOVA(PAGES - 10);
	uint64_t unmapped = 0;
	struct dirty_bits bits;

	dirty_start(container);
	dirty_open(&bits, spare, 1);
	for (i = 0; i < 50; i++) {
		uint64_t seed = disk_seed();
		char *page = self->memory + (PAGES - 10) * PAGE;

		mem_fill(self->memory + FROM * PAGE, PAGE, seed);
		nvme_write(nvme, i * PAGE, VIEW_IOVA(FROM), PAGE);
		iommu_map(container, page, spare, PAGE, IOMMU_RW);
		nvme_read(nvme, i * PAGE, spare, PAGE);
		dirty_wipe(&bits);
		EXPECT_EQ(__dirty_unmap(container, &bits, &unmapped), 0);
		EXPECT_EQ(unmapped, PAGE);
		EXPECT_TRUE(dirty_is_set(&bits, spare));
		EXPECT_EQ(mem_differs(page, PAGE, seed), -1);
	}
	dirty_close(&bits);
}

KTAP_MAIN()
