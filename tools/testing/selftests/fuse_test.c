// SPDX-License-Identifier: GPL-2.0-only
/*
 * A MAP that waits for a file system in user space.  Unlike a userfaultfd, this
 * makes it wait for a page that is in the page cache already, locked.
 */
#include <fcntl.h>

#include "box.h"
#include "child.h"
#include "fusefile.h"
#include "snapshot.h"

#define FILE_IOVA	0x40000000ull
#define FILE_SIZE	(16 * PAGE)
#define FILE_SEED	77
#define SOON		(ktap_scale(3) * 1000)

FIXTURE(fuse) {
	struct box box;
	int container;
	struct fuse_file file;
	char *memory;
	volatile int *stage;
	struct snapshot before;
	pid_t child;
};

FIXTURE_SETUP(fuse)
{
	backend_need_ours("one lock is held while memory is faulted in");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	fusefile_open(&self->file, FILE_SIZE, FILE_SEED);
	self->memory = mem_untouched(PAGE);
	self->stage = child_shared(PAGE);
	self->before = snapshot_take(self->container);
	self->child = child_begin();
	if (!self->child) {
		int fd = must_sys(open(self->file.path, O_RDONLY | O_CLOEXEC));
		char *pages = mmap(NULL, FILE_SIZE, PROT_READ, MAP_SHARED, fd, 0);

		/* Else it would keep alive whom it waits for. */
		close(self->file.fd);
		ASSERT_NE(pages, MAP_FAILED);
		child_post(self->stage, 1);
		self->stage[1] = __iommu_map(self->container, pages, FILE_IOVA, FILE_SIZE, IOMMU_R);
		child_post(self->stage, 2);
		pause();
	}
	ASSERT_TRUE(child_await(self->stage, 1));
	/* The file system has been asked for a page. */
	ASSERT_TRUE(child_await(&self->file.num_held, 1));
	usleep(100000);
	ASSERT_EQ(self->stage[0], 1);
}

FIXTURE_TEARDOWN(fuse)
{
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_UNCHANGED(self->container, self->before);
	fuse_close(&self->file);
	box_close(&self->box);
}

TEST_F(fuse, delivered)
{
	struct vfio_device *edu = box_edu(&self->box, 0);

	fuse_deliver(&self->file);
	EXPECT_TRUE(child_await(self->stage, 2));
	EXPECT_EQ(self->stage[1], 0);
	iommu_map(self->container, self->memory, BOX_IOVA, PAGE, IOMMU_RW);
	edu_copy(edu, FILE_IOVA, BOX_IOVA, EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(self->memory, EDU_MAX_TRANSFER, FILE_SEED), -1);
	EXPECT_EQ(iommu_unmap(self->container, FILE_IOVA, FILE_SIZE), FILE_SIZE);
	child_kill(self->child);
}

TEST_F(fuse, others_proceed)
{
	double begin = ktap_now();

	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT - 1);
	EXPECT_EQ(__vfio_extension(self->container, VFIO_DMA_CC_IOMMU), 0);
	iommu_map(self->container, self->memory, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, PAGE), PAGE);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	EXPECT_EQ(self->stage[0], 1);
	child_kill(self->child);
}

TEST_F(fuse, killed)
{
	EXPECT_LE(child_kill(self->child), SOON);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_TRUE(is_free(self->container, FILE_IOVA, FILE_SIZE));
}

/* The file system dies: the MAP fails, completely. */
TEST_F(fuse, file_system_dies)
{
	fuse_close(&self->file);
	EXPECT_TRUE(child_await(self->stage, 2));
	EXPECT_EQ(self->stage[1], -EFAULT);
	EXPECT_UNCHANGED(self->container, self->before);
	child_kill(self->child);
}

KTAP_MAIN()
