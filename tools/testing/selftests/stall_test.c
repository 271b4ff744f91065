// SPDX-License-Identifier: GPL-2.0-only
/*
 * A MAP that waits for its own memory, here for a userfaultfd that does not
 * answer, is in nobody's way: it can be killed, and neither questions, nor
 * other ranges, nor the end of the container wait for it.
 */
#include <sys/pidfd.h>

#include "box.h"
#include "child.h"
#include "fdinfo.h"
#include "snapshot.h"
#include "testdev.h"
#include "uffd.h"
#include "view.h"

#define STALL_IOVA	0x40000000ull
#define STALL_SIZE	(16 * PAGE)

/* Whatever is not to wait has to be done in this time. */
#define SOON		(ktap_scale(3) * 1000)

#define EXPECT_SOON(what) do {			\
	double _begin = ktap_now();		\
						\
	what;					\
	EXPECT_TIMELY(ktap_ms_since(_begin), <=, SOON);	\
} while (0)

FIXTURE(stall) {
	struct box box;
	int container;
	struct uffd uffd;
	struct snapshot before;
	pthread_t thread;
	volatile int done;
	int result;
};

static void *stalled_map(void *arg)
{
	struct stall_self *self = arg;

	self->result = __iommu_map(self->container, self->uffd.addr, STALL_IOVA, STALL_SIZE,
				   IOMMU_RW);
	child_post(&self->done, 1);
	return NULL;
}

FIXTURE_SETUP(stall)
{
	backend_need_ours("one lock is held while memory is faulted in");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	uffd_open(&self->uffd, STALL_SIZE);
	self->before = snapshot_take(self->container);
	self->thread = thread_begin(stalled_map, self);
	uffd_wait(&self->uffd, ktap_scale(5) * 1000);
}

FIXTURE_TEARDOWN(stall)
{
	if (self->uffd.addr) {
		uffd_fill(&self->uffd, 0, STALL_SIZE - PAGE);
		__uffd_fill(&self->uffd, STALL_SIZE - PAGE, PAGE);
		thread_wait(self->thread);
		uffd_close(&self->uffd);
	}
	if (self->box.num_groups) {
		__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
		EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT);
	}
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
	box_close(&self->box);
}

/* The last page of the region will be an error once the others are there. */
static void doom(struct stall_self *self)
{
	must_sys(mprotect(self->uffd.addr + STALL_SIZE - PAGE, PAGE, PROT_NONE));
}

static void let_go(struct stall_self *self)
{
	uffd_fill(&self->uffd, 0, STALL_SIZE - PAGE);
	__uffd_fill(&self->uffd, STALL_SIZE - PAGE, PAGE);
	EXPECT_TRUE(child_await(&self->done, 1));
}

TEST_F(stall, questions)
{
	struct iommu_info info;

	EXPECT_SOON(iommu_info(self->container, &info));
	/* What is being made counts already. */
	EXPECT_EQ(info.avail, ENTRY_LIMIT - 1);
	EXPECT_SOON(EXPECT_EQ(__vfio_extension(self->container, VFIO_DMA_CC_IOMMU), 0));
	EXPECT_SOON(EXPECT_EQ(__vfio_extension(self->container, VFIO_UPDATE_VADDR), 1));
	EXPECT_EQ(self->done, 0);
	let_go(self);
	EXPECT_EQ(self->result, 0);
	EXPECT_EQ(proc_locked(), STALL_SIZE);
	EXPECT_TRUE(is_mapped(self->container, STALL_IOVA, STALL_SIZE));
}

/* Who asks from outside does not wait either. */
TEST_F(stall, shown)
{
	struct fdinfo info;

	hooks_reset();
	hooks_load();
	EXPECT_SOON(fdinfo_read(&info, self->container));
	EXPECT_TRUE(fdinfo_is_complete(&info));
	EXPECT_EQ(fdinfo_number(&info, "type1x-maps"), 0);
	EXPECT_EQ(self->done, 0);
	let_go(self);
	fdinfo_read(&info, self->container);
	EXPECT_EQ(fdinfo_number(&info, "type1x-maps"), 1);
	hooks_unload();
}

/* Pages of the mapping, as read; @dirty of them from @page on should be. */
static void expect_dirty(struct stall_self *self, size_t page, size_t dirty)
{
	struct dirty_bits bits, expected;

	dirty_open(&bits, STALL_IOVA, STALL_SIZE / PAGE);
	dirty_open(&expected, STALL_IOVA, STALL_SIZE / PAGE);
	dirty_draw(&expected, STALL_IOVA + page * PAGE, dirty);
	EXPECT_SOON(EXPECT_EQ(__dirty_get(self->container, &bits), 0));
	EXPECT_EQ(dirty_differs(&bits, &expected), -1);
	dirty_close(&bits);
	dirty_close(&expected);
}

/* START does not wait for it; when it is there, it is tracked. */
TEST_F(stall, tracking)
{
	int group = testdev_group(0);
	struct testdev dev = { 0 };
	struct dirty_bits part;

	EXPECT_SOON(dirty_start(self->container));
	/* Until then it is a hole, which nothing cuts in two. */
	dirty_open(&part, STALL_IOVA + PAGE, 2);
	EXPECT_SOON(EXPECT_EQ(__dirty_get(self->container, &part), 0));
	EXPECT_EQ(dirty_count(&part), 0);
	expect_dirty(self, 0, 0);
	EXPECT_EQ(self->done, 0);
	let_go(self);
	EXPECT_EQ(self->result, 0);
	expect_dirty(self, 0, STALL_SIZE / PAGE);
	EXPECT_EQ(__dirty_get(self->container, &part), -EINVAL);
	/* Without the device that does not tell, its own bitmap is what counts. */
	vfio_group_attach(group, self->container);
	testdev_open(&dev, group, 0);
	box_remove_last(&self->box);
	expect_dirty(self, 0, STALL_SIZE / PAGE);
	expect_dirty(self, 0, 0);
	testdev_write(&dev, STALL_IOVA + 3 * PAGE, "x", 1);
	expect_dirty(self, 3, 1);
	testdev_close(&dev);
	close(group);
	dirty_close(&part);
}

TEST_F(stall, other_ranges)
{
	char *memory = mem_untouched(4 * PAGE);
	struct vfio_device *edu = box_edu(&self->box, 0);
	int i;

	for (i = 0; i < 10; i++) {
		EXPECT_SOON(iommu_map(self->container, memory, BOX_IOVA, 4 * PAGE, IOMMU_RW));
		EXPECT_SOON(EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, 4 * PAGE), 4 * PAGE));
	}
	/* Neighbours on both sides. */
	EXPECT_SOON(iommu_map(self->container, memory, STALL_IOVA - PAGE, PAGE, IOMMU_RW));
	EXPECT_SOON(iommu_map(self->container, memory, STALL_IOVA + STALL_SIZE, PAGE, IOMMU_RW));
	EXPECT_TRUE(box_dma_works(edu, memory, STALL_IOVA - PAGE));
	EXPECT_SOON(EXPECT_EQ(iommu_unmap(self->container, STALL_IOVA - PAGE, PAGE), PAGE));
	EXPECT_EQ(self->done, 0);
	let_go(self);
	EXPECT_EQ(self->result, 0);
	EXPECT_TRUE(box_dma_works(edu, self->uffd.addr + STALL_SIZE - PAGE,
				  STALL_IOVA + STALL_SIZE - PAGE));
}

/* What is not there yet has no user address that could be taken away. */
TEST_F(stall, suspend_passes_over_it)
{
	char *memory = mem_untouched(PAGE);
	uint64_t bytes = 0;

	iommu_map(self->container, memory, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_SOON(EXPECT_EQ(__iommu_unmap(self->container, 0, 0,
					    VFIO_DMA_UNMAP_FLAG_VADDR | VFIO_DMA_UNMAP_FLAG_ALL,
					    &bytes),
			      0));
	EXPECT_EQ(bytes, PAGE);
	EXPECT_EQ(__iommu_map(self->container, memory, BOX_IOVA, PAGE, VFIO_DMA_MAP_FLAG_VADDR), 0);
}

struct overlap {
	int container;
	char *memory;
	int unmap;
	volatile int done;
	int result;
	uint64_t bytes;
};

static void *overlapping(void *arg)
{
	struct overlap *overlap = arg;
	uint64_t iova = STALL_IOVA + STALL_SIZE - 2 * PAGE;

	if (overlap->unmap)
		overlap->result = __iommu_unmap(overlap->container, STALL_IOVA, STALL_SIZE, 0,
						&overlap->bytes);
	else
		overlap->result = __iommu_map(overlap->container, overlap->memory, iova, 4 * PAGE,
					      IOMMU_RW);
	child_post(&overlap->done, 1);
	return NULL;
}

/* Start a call that overlaps the stalled one, and see that it waits. */
static pthread_t overlap_begin(struct stall_self *self, struct overlap *overlap)
{
	pthread_t thread;

	overlap->container = self->container;
	overlap->memory = mem_untouched(4 * PAGE);
	thread = thread_begin(overlapping, overlap);
	usleep(200000);
	EXPECT_EQ(overlap->done, 0);
	return thread;
}

TEST_F(stall, overlapping_map_then_success)
{
	struct overlap overlap = { .unmap = 0 };
	pthread_t thread = overlap_begin(self, &overlap);

	let_go(self);
	thread_wait(thread);
	EXPECT_EQ(self->result, 0);
	EXPECT_EQ(overlap.result, -EEXIST);
	EXPECT_EQ(iommu_unmap(self->container, STALL_IOVA, STALL_SIZE), STALL_SIZE);
}

/* A mapping that was never made must not have been in anybody's way. */
TEST_F(stall, overlapping_map_then_failure)
{
	struct overlap overlap = { .unmap = 0 };
	pthread_t thread;

	doom(self);
	thread = overlap_begin(self, &overlap);
	let_go(self);
	thread_wait(thread);
	EXPECT_EQ(self->result, -EFAULT);
	EXPECT_EQ(overlap.result, 0);
	EXPECT_EQ(proc_locked(), 4 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, STALL_IOVA + STALL_SIZE - 2 * PAGE, 4 * PAGE),
		  4 * PAGE);
}

TEST_F(stall, overlapping_unmap_then_success)
{
	struct overlap overlap = { .unmap = 1 };
	pthread_t thread = overlap_begin(self, &overlap);

	let_go(self);
	thread_wait(thread);
	EXPECT_EQ(self->result, 0);
	EXPECT_EQ(overlap.result, 0);
	EXPECT_EQ(overlap.bytes, STALL_SIZE);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(stall, overlapping_unmap_then_failure)
{
	struct overlap overlap = { .unmap = 1 };
	pthread_t thread;

	doom(self);
	thread = overlap_begin(self, &overlap);
	let_go(self);
	thread_wait(thread);
	EXPECT_EQ(self->result, -EFAULT);
	EXPECT_EQ(overlap.result, 0);
	EXPECT_EQ(overlap.bytes, 0);
}

/* A child that waits for the stalled range can be killed as well. */
TEST_F(stall, waiting_child_is_killed)
{
	volatile int *stage = child_shared(PAGE);
	pid_t child = child_begin();

	if (!child) {
		char *memory = mem_untouched(PAGE);

		child_post(stage, 1);
		__iommu_map(self->container, memory, STALL_IOVA, PAGE, IOMMU_RW);
		child_post(stage, 2);
		pause();
	}
	EXPECT_TRUE(child_await(stage, 1));
	usleep(200000);
	EXPECT_EQ(*stage, 1);
	EXPECT_LE(child_kill(child), SOON);
	let_go(self);
	EXPECT_EQ(self->result, 0);
}

TEST_F(stall, last_group_leaves)
{
	EXPECT_SOON(vfio_group_detach(self->box.groups[0]));
	EXPECT_EQ(self->done, 0);
	let_go(self);
	EXPECT_EQ(self->result, -EINVAL);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
	/* The container is as good as new. */
	vfio_group_attach(self->box.groups[0], self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	EXPECT_TRUE(is_free(self->container, STALL_IOVA, STALL_SIZE));
}

/* Even while the old MAP still sleeps. */
TEST_F(stall, last_group_leaves_and_returns)
{
	EXPECT_SOON(vfio_group_detach(self->box.groups[0]));
	EXPECT_SOON(vfio_group_attach(self->box.groups[0], self->container));
	EXPECT_SOON(vfio_set_type(self->container, VFIO_TYPE1_IOMMU));
	EXPECT_TRUE(is_free(self->container, STALL_IOVA, STALL_SIZE));
	EXPECT_EQ(self->done, 0);
	let_go(self);
	EXPECT_EQ(self->result, -EINVAL);
	EXPECT_TRUE(is_free(self->container, STALL_IOVA, STALL_SIZE));
}

TEST_F(stall, everything_is_closed)
{
	box_edu(&self->box, 0);
	EXPECT_SOON(box_close(&self->box));
	EXPECT_EQ(self->done, 0);
	let_go(self);
	EXPECT_EQ(self->result, -EINVAL);
	self->box = (struct box){ .container = -1 };
}

#define LARGE		MIB(8)

static void *large_map(void *arg)
{
	struct overlap *overlap = arg;

	overlap->result = __iommu_map(overlap->container, overlap->memory, BOX_IOVA, LARGE,
				      IOMMU_RW);
	child_post(&overlap->done, 1);
	return NULL;
}

/* A large MAP notices half way: it does not pin the rest for nobody. */
TEST_F(stall, last_group_leaves_a_large_map)
{
	struct overlap large = { .container = self->container };
	struct uffd uffd;
	pthread_t thread;

	uffd_open(&uffd, LARGE);
	large.memory = uffd.addr;
	thread = thread_begin(large_map, &large);
	uffd_wait(&uffd, ktap_scale(5) * 1000);
	EXPECT_SOON(vfio_group_detach(self->box.groups[0]));
	/* The second half of its memory never comes. */
	uffd_fill(&uffd, 0, LARGE / 2);
	EXPECT_TRUE(child_await(&large.done, 1));
	EXPECT_EQ(large.result, -EINVAL);
	uffd_fill(&uffd, LARGE / 2, LARGE / 2);
	thread_wait(thread);
	uffd_close(&uffd);
	let_go(self);
	vfio_group_attach(self->box.groups[0], self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
}

TEST_F(stall, second_group)
{
	EXPECT_SOON(EXPECT_EQ(__box_add(&self->box), 0));
	let_go(self);
	EXPECT_EQ(self->result, 0);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), self->uffd.addr, STALL_IOVA));
}

FIXTURE(victim) {
	struct box box;
	int container;
	volatile int *stage; /* [0]: how far the child is, [1]: its uffd */
	struct snapshot before;
	pid_t child;
	int uffd;
};

/* The parent holds on to the userfaultfd, so that only the signal can wake. */
static int steal_fd(pid_t pid, int fd)
{
	int pidfd = must_sys(pidfd_open(pid, 0));
	int copy = must_sys(pidfd_getfd(pidfd, fd, 0));

	close(pidfd);
	return copy;
}

FIXTURE_SETUP(victim)
{
	backend_need_ours("one lock is held while memory is faulted in");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->stage = child_shared(PAGE);
	self->before = snapshot_take(self->container);
	self->child = child_begin();
	if (!self->child) {
		struct uffd uffd;

		uffd_open(&uffd, STALL_SIZE);
		/* Some pages are there, so that there is something to undo. */
		uffd_fill(&uffd, 0, STALL_SIZE / 2);
		self->stage[1] = uffd.fd;
		child_post(self->stage, 1);
		__iommu_map(self->container, uffd.addr, STALL_IOVA, STALL_SIZE, IOMMU_RW);
		child_post(self->stage, 2);
		pause();
	}
	ASSERT_TRUE(child_await(self->stage, 1));
	self->uffd = steal_fd(self->child, self->stage[1]);
	usleep(200000);
	ASSERT_EQ(self->stage[0], 1);
}

FIXTURE_TEARDOWN(victim)
{
	close(self->uffd);
	box_close(&self->box);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
}

TEST_F(victim, killed)
{
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT - 1);
	EXPECT_LE(child_kill(self->child), SOON);
	EXPECT_UNCHANGED(self->container, self->before);
	EXPECT_TRUE(is_free(self->container, STALL_IOVA, STALL_SIZE));
}

TEST_F(victim, killed_after_the_last_group_left)
{
	EXPECT_SOON(vfio_group_detach(self->box.groups[0]));
	EXPECT_LE(child_kill(self->child), SOON);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
}

KTAP_MAIN()
