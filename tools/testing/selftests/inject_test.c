// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation, and every copy from and to the user, that GET_INFO, UNMAP, BIND, START,
 * SET_IOMMU and the attachment of a group make is made to fail once: nothing is
 * lost, nothing is left behind, and the next try succeeds.  MAP has a test of
 * its own, failmap.
 */
#include "box.h"
#include "dirty.h"
#include "inject.h"
#include "snapshot.h"
#include "svm.h"

#define SIZE		(2 * HUGE)

FIXTURE(inject) {
	struct box box;
	int container;
	struct inject inject;
	struct mem mem;
	struct snapshot before;
};

FIXTURE_VARIANT(inject) {
	const char *private_domains;
};

FIXTURE_VARIANT_ADD(inject, shared) { .private_domains = "N" };
FIXTURE_VARIANT_ADD(inject, private) { .private_domains = "Y" };

FIXTURE_SETUP(inject)
{
	backend_need_ours("is not ours to mend");
	inject_open(&self->inject);
	box_open(&self->box, VFIO_TYPE1X_IOMMU, 1);
	self->container = self->box.container;
	backend_set("private_domains", variant->private_domains);
	mem_alloc(&self->mem, MEM_FRAGMENTED, SIZE);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(inject)
{
	EXPECT_UNCHANGED(self->container, self->before);
	box_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
	mem_free(&self->mem);
	backend_set("private_domains", "N");
}

static void map_memory(struct inject_self *self)
{
	iommu_map(self->container, self->mem.addr, BOX_IOVA, SIZE, IOMMU_RW);
}

static bool is_expected(int ret)
{
	return ret == -ENOMEM || ret == -EFAULT;
}

TEST_F(inject, get_info)
{
	struct iommu_info info;
	unsigned int n;
	int ret = 0;

	map_memory(self);
	for (n = 1; n < INJECT_MAX; n++) {
		inject_arm(&self->inject, n);
		ret = __iommu_info(self->container, &info);
		if (!inject_fired(&self->inject))
			break;
		EXPECT_TRUE(ret == 0 || is_expected(ret));
	}
	NOTE("%u failures", n - 1);
	EXPECT_EQ(ret, 0);
	EXPECT_GT(n, 3);
	EXPECT_EQ(info.avail, ENTRY_LIMIT - 1);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, SIZE), SIZE);
}

/*
 * Whatever the answer is, all is there or all is gone.  With a bitmap, as without
 * one there is nothing that could fail.
 */
TEST_F(inject, unmap)
{
	uint64_t bytes = 0, left;
	struct dirty_bits bits;
	unsigned int n;
	int ret = 0;

	dirty_open(&bits, BOX_IOVA, SIZE / PAGE);
	map_memory(self);
	dirty_start(self->container);
	for (n = 1; n < INJECT_MAX; n++) {
		inject_arm(&self->inject, n);
		ret = __dirty_unmap(self->container, &bits, &bytes);
		if (!inject_fired(&self->inject))
			break;
		EXPECT_TRUE(ret == 0 || is_expected(ret));
		left = iommu_unmap(self->container, BOX_IOVA, SIZE);
		EXPECT_EQ(left, ret ? SIZE : 0);
		EXPECT_UNCHANGED(self->container, self->before);
		map_memory(self);
	}
	NOTE("%u failures", n - 1);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(bytes, SIZE);
	EXPECT_GT(n, 1);
	dirty_close(&bits);
}

/* There is a bond or there is none, and of the process nothing is kept. */
TEST_F(inject, bind)
{
	static const uint32_t ways[] = { 0, VFIO_SVM_PID, VFIO_SVM_PIDFD };
	const int targets[] = { 0, getpid(), svm_pidfd(getpid()) };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		unsigned int n, failed = 0;
		int ret = 0;

		for (n = 1; n < INJECT_MAX; n++) {
			inject_arm(&self->inject, n);
			ret = __svm_bind(self->container, ways[i], targets[i]);
			if (!inject_fired(&self->inject))
				break;
			failed += ret < 0;
			/* procfs finds nobody if it has no memory to say so. */
			EXPECT_TRUE(ret > 0 || is_expected(ret) || (i && ret == -ESRCH));
			if (ret > 0)
				svm_unbind(self->container, ret);
			EXPECT_UNCHANGED(self->container, self->before);
		}
		NOTE("%u of %u failures made BIND fail", failed, n - 1);
		ASSERT_GT(ret, 0);
		/* The request and the bond; what else it wants may be there already. */
		EXPECT_GE(failed, 2);
		svm_unbind(self->container, ret);
	}
	close(targets[2]);
}

/* Bitmaps for all mappings, or for none. */
TEST_F(inject, start)
{
	size_t piece = SIZE / 8;
	struct dirty_bits bits;
	unsigned int n, i;
	int ret = 0;

	dirty_open(&bits, BOX_IOVA, SIZE / PAGE);
	for (i = 0; i < 8; i++)
		iommu_map(self->container, self->mem.addr + i * piece, BOX_IOVA + i * piece, piece,
			  IOMMU_RW);
	for (n = 1; n < INJECT_MAX; n++) {
		inject_arm(&self->inject, n);
		ret = __dirty_start(self->container);
		if (!inject_fired(&self->inject))
			break;
		EXPECT_TRUE(ret == 0 || is_expected(ret));
		EXPECT_EQ(__dirty_get(self->container, &bits), ret ? -EINVAL : 0);
		dirty_stop(self->container);
	}
	NOTE("%u failures", n - 1);
	EXPECT_EQ(ret, 0);
	EXPECT_GT(n, 8);
	EXPECT_EQ(__dirty_get(self->container, &bits), 0);
	EXPECT_EQ(dirty_count(&bits), SIZE / PAGE);
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, SIZE), SIZE);
	dirty_stop(self->container);
	dirty_close(&bits);
}

TEST_F_TIMEOUT(inject, set_iommu, 60)
{
	unsigned int n, failed = 0;
	int ret = 0;

	for (n = 1; n < INJECT_MAX; n++) {
		vfio_group_detach(self->box.groups[0]);
		vfio_group_attach(self->box.groups[0], self->container);
		inject_arm(&self->inject, n);
		ret = __vfio_set_type(self->container, VFIO_TYPE1X_IOMMU);
		if (!inject_fired(&self->inject))
			break;
		failed += !!ret;
		/* Without a backend there is nothing to map with. */
		if (ret)
			EXPECT_EQ(__iommu_map(self->container, self->mem.addr, BOX_IOVA, SIZE,
					      IOMMU_RW),
				  -EINVAL);
		EXPECT_EQ(proc_pinned(), self->before.pinned);
	}
	NOTE("%u of %u failures made SET_IOMMU fail", failed, n - 1);
	ASSERT_EQ(ret, 0);
	EXPECT_GT(failed, 5);
	map_memory(self);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), self->mem.addr, BOX_IOVA));
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, SIZE), SIZE);
}

/* What is mapped must survive a group that does not get in. */
TEST_F_TIMEOUT(inject, second_group, 60)
{
	int second = box_group_open(1), ret = 0;
	struct snapshot mapped;
	unsigned int n, failed = 0;

	map_memory(self);
	mapped = snapshot_take(self->container);
	for (n = 1; n < INJECT_MAX; n++) {
		inject_arm(&self->inject, n);
		ret = __vfio_group_attach(second, self->container);
		if (!inject_fired(&self->inject))
			break;
		failed += !!ret;
		if (!ret)
			vfio_group_detach(second);
		EXPECT_UNCHANGED(self->container, mapped);
	}
	NOTE("%u of %u failures made the attachment fail", failed, n - 1);
	ASSERT_EQ(ret, 0);
	EXPECT_GT(failed, 3);
	vfio_group_detach(second);
	close(second);

	box_add(&self->box);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), self->mem.addr, BOX_IOVA));
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), self->mem.addr + HUGE, BOX_IOVA + HUGE));
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, SIZE), SIZE);
	memset(self->mem.addr, 0, PAGE);
	EXPECT_TRUE(box_write_is_blocked(box_edu(&self->box, 1), self->mem.addr, BOX_IOVA));
	box_remove_last(&self->box);
}

KTAP_MAIN()
