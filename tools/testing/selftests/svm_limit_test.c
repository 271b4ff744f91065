// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays for memory of a process that was bound: that process, by its own limit and its
 * own capability; and how many bonds there may be.
 */
#include <sys/resource.h>

#include "svmbox.h"

#define IOVA_A		BOX_IOVA
#define IOVA_B		0x50000000ull
#define MAX_BONDS	64

FIXTURE(svm_limit) {
	struct svmbox box;
	int container;
	char *memory;
	pid_t pid;
};

FIXTURE_SETUP(svm_limit)
{
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->pid = self->box.pid;
}

FIXTURE_TEARDOWN(svm_limit)
{
	svmbox_close(&self->box);
}

static long be_poor(void *unused)
{
	struct rlimit limit;

	must_sys(getrlimit(RLIMIT_MEMLOCK, &limit));
	proc_unprivileged(limit.rlim_cur < 3 * PAGE ? limit.rlim_cur : 3 * PAGE);
	return (long)unused;
}

/* It is the limit of the process that was bound, and it has no capability. */
TEST_F(svm_limit, of_the_process)
{
	uint32_t bond;

	EXPECT_EQ(peer_call(self->box.peer, be_poor, NULL), 0);
	bond = svmbox_bind(&self->box);
	EXPECT_EQ(__svm_map(self->container, bond, self->memory, IOVA_B, 4 * PAGE, IOMMU_RW),
		  -ENOMEM);
	EXPECT_EQ(svm_locked(self->pid), 0);
	svm_map(self->container, bond, self->memory, IOVA_B, 3 * PAGE, IOMMU_RW);
	EXPECT_EQ(__svm_map(self->container, bond, self->memory, IOVA_A, PAGE, IOMMU_RW), -ENOMEM);
	EXPECT_EQ(svm_locked(self->pid), 3 * PAGE);
	EXPECT_EQ(iommu_unmap(self->container, IOVA_B, 3 * PAGE), 3 * PAGE);
	/* A charge waits for what is being given back. */
	svm_map(self->container, bond, self->memory, IOVA_A, 3 * PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap_all(self->container), 3 * PAGE);
}

static long may_lock_no_page(void *unused)
{
	const struct rlimit none = {};

	return setrlimit(RLIMIT_MEMLOCK, &none) + (long)unused;
}

/* With CAP_IPC_LOCK it has no limit, for as long as it has that. */
TEST_F(svm_limit, capability)
{
	uint32_t bond = svmbox_bind(&self->box);
	pid_t child = child_begin();

	/* That whoever maps has it is of no use to the process, nor the other way round. */
	if (!child) {
		ASSERT_EQ(peer_call(self->box.peer, may_lock_no_page, NULL), 0);
		proc_unprivileged(0);
		svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
	EXPECT_EQ(peer_call(self->box.peer, be_poor, NULL), 0);
	EXPECT_EQ(__svm_map(self->container, bond, self->memory, IOVA_B, PAGE, IOMMU_RW), -ENOMEM);
}

TEST_F(svm_limit, poor_owner)
{
	pid_t child = child_begin();

	/* He has not the means for a page of his own, and need not. */
	if (!child) {
		uint32_t bond;

		bond = svmbox_bind(&self->box);
		proc_unprivileged(0);
		svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
		EXPECT_EQ(__iommu_map(self->container, self->memory, IOVA_A, PAGE, IOMMU_RW),
			  -ENOMEM);
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

TEST_F(svm_limit, cap_of_bonds)
{
	uint32_t last = 0;

	for (int i = 0; i < MAX_BONDS; i++) {
		uint32_t bond = svm_bind(self->container, 0, 0);

		EXPECT_GT(bond, last);
		last = bond;
	}
	EXPECT_EQ(__svm_bind(self->container, 0, 0), -ENOSPC);
	svm_unbind(self->container, 7);
	EXPECT_EQ(svm_bind(self->container, VFIO_SVM_PID, self->pid), last + 1);
	EXPECT_EQ(__svm_bind(self->container, 0, 0), -ENOSPC);
	EXPECT_EQ(__svm_unbind(self->container, 7), -ENOENT);
}

KTAP_MAIN()
