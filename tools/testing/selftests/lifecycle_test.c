// SPDX-License-Identifier: GPL-2.0-only
/* Ends of containers and of processes, orderly and not. */
#include "box.h"
#include "child.h"
#include "snapshot.h"

#define SOON		(ktap_scale(3) * 1000)

FIXTURE(lifecycle) {
	int64_t pinned;
};

BACKEND_VARIANTS(lifecycle);

FIXTURE_SETUP(lifecycle)
{
	backend_reset();
	backend_skip_type(variant->type);
	self->pinned = proc_pinned();
}

/* All is released, and the group is there for the next one. */
FIXTURE_TEARDOWN(lifecycle)
{
	struct box box;

	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
	box_open(&box, variant->type, 1);
	EXPECT_EQ(iommu_avail(box.container), ENTRY_LIMIT);
	box_close(&box);
}

TEST_F(lifecycle, close_in_every_order)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	char *memory = mem_untouched(16 * PAGE);
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct box box;
		int fds[3];

		box_open(&box, variant->type, 1);
		fds[0] = box.container;
		fds[1] = box.groups[0];
		fds[2] = box_edu(&box, 0)->fd;
		iommu_map(box.container, memory, BOX_IOVA, 16 * PAGE, IOMMU_RW);
		EXPECT_TRUE(box_dma_works(box_edu(&box, 0), memory, BOX_IOVA));
		munmap(box.edu[0].bars[0].addr, box.edu[0].bars[0].size);
		for (j = 0; j < ARRAY_SIZE(fds); j++)
			close(fds[orders[i][j]]);
		EXPECT_EQ(proc_locked(), 0);
		EXPECT_EQ(proc_pinned(), self->pinned);
	}
}

/* A device that is open holds its group in the container. */
TEST_F(lifecycle, group_in_use_stays)
{
	char *memory = mem_untouched(PAGE);
	struct box box;

	box_open(&box, variant->type, 1);
	iommu_map(box.container, memory, BOX_IOVA, PAGE, IOMMU_RW);
	box_edu(&box, 0);
	EXPECT_EQ(__vfio_group_detach(box.groups[0]), -EBUSY);
	EXPECT_TRUE(is_mapped(box.container, BOX_IOVA, PAGE));
	vfio_device_close(&box.edu[0]);
	EXPECT_EQ(__vfio_group_detach(box.groups[0]), 0);
	EXPECT_EQ(__vfio_group_detach(box.groups[0]), -EINVAL);
	EXPECT_EQ(proc_locked(), 0);
	box_close(&box);
}

TEST_F(lifecycle, exit_without_closing)
{
	pid_t child = child_begin();

	if (!child) {
		struct box box;

		box_open(&box, variant->type, 2);
		box_edu(&box, 0);
		iommu_map(box.container, mem_untouched(MIB(1)), BOX_IOVA, MIB(1), IOMMU_RW);
		child_end();
	}
	child_wait(child);
}

TEST_F(lifecycle, killed_with_mappings)
{
	volatile int *stage = child_shared(PAGE);
	pid_t child = child_begin();

	if (!child) {
		struct box box;

		box_open(&box, variant->type, 1);
		box_edu(&box, 0);
		iommu_map(box.container, mem_untouched(MIB(1)), BOX_IOVA, MIB(1), IOMMU_RW);
		child_post(stage, 1);
		pause();
	}
	EXPECT_TRUE(child_await(stage, 1));
	EXPECT_LE(child_kill(child), SOON);
}

#define BIG		MIB(128)

/* Touching 128 MiB of fresh memory takes a while: there is time for a SIGKILL. */
static void map_and_be_killed(int container, int delay_us)
{
	volatile int *stage = child_shared(PAGE);
	pid_t child = child_begin();

	if (!child) {
		char *memory = mem_untouched(BIG);

		madvise(memory, BIG, MADV_NOHUGEPAGE);
		child_post(stage, 1);
		__iommu_map(container, memory, BOX_IOVA, BIG, IOMMU_RW);
		child_post(stage, 2);
		pause();
	}
	EXPECT_TRUE(child_await(stage, 1));
	usleep(delay_us);
	if (*stage == 2)
		NOTE("the MAP was done before the signal came");
	EXPECT_LE(child_kill(child), SOON);
}

/* The container lives on: what the dead one had begun must be undone. */
TEST_F(lifecycle, killed_in_mid_map)
{
	static const int delays[] = { 0, 1000, 5000, 20000, 50000, 100000, 150000 };
	char *memory = mem_untouched(PAGE);
	struct box box;
	size_t i;

	box_open(&box, variant->type, 1);
	iommu_map(box.container, memory, 0x100000, PAGE, IOMMU_RW);
	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		struct snapshot before = snapshot_take(box.container);

		map_and_be_killed(box.container, delays[i]);
		/* If it was too late for the signal, the mapping is complete. */
		if (iommu_avail(box.container) != before.info.avail)
			EXPECT_EQ(iommu_unmap(box.container, BOX_IOVA, BIG), BIG);
		EXPECT_UNCHANGED(box.container, before);
		EXPECT_TRUE(is_free(box.container, BOX_IOVA, MIB(1)));
	}
	EXPECT_TRUE(box_dma_works(box_edu(&box, 0), memory, 0x100000));
	box_close(&box);
}

/* The container dies with the process. */
TEST_F(lifecycle, killed_in_mid_map_with_container)
{
	volatile int *stage = child_shared(PAGE);
	pid_t child = child_begin();

	if (!child) {
		char *memory = mem_untouched(BIG);
		struct box box;

		box_open(&box, variant->type, 1);
		child_post(stage, 1);
		__iommu_map(box.container, memory, BOX_IOVA, BIG, IOMMU_RW);
		pause();
	}
	EXPECT_TRUE(child_await(stage, 1));
	usleep(30000);
	EXPECT_LE(child_kill(child), SOON);
}

/* A signal that the process handles does not disturb a MAP. */
static void ignore(int sig)
{
	(void)sig;
}

TEST_F(lifecycle, handled_signal_in_mid_map)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	char *memory = mem_untouched(MIB(32));
	struct box box;
	pid_t child;

	box_open(&box, variant->type, 1);
	madvise(memory, MIB(32), MADV_NOHUGEPAGE);
	sigaction(SIGUSR1, &action, NULL);
	child = child_begin();
	if (!child) {
		int i;

		for (i = 0; i < 200; i++) {
			kill(getppid(), SIGUSR1);
			usleep(500);
		}
		child_end();
	}
	EXPECT_EQ(__iommu_map(box.container, memory, BOX_IOVA, MIB(32), IOMMU_RW), 0);
	EXPECT_EQ(iommu_unmap(box.container, BOX_IOVA, MIB(32)), MIB(32));
	child_wait(child);
	box_close(&box);
}

KTAP_MAIN()
