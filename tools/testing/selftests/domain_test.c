// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several groups in one container.  Groups that can share an IOMMU page table
 * do; with the parameter private_domains each gets its own, as on hosts with
 * unlike IOMMUs, and all that is mapped has to be in every one of them.
 */
#include "box.h"
#include "child.h"
#include "snapshot.h"
#include "uffd.h"

#define A_IOVA		0x100000ull
#define B_IOVA		GIB(5)

FIXTURE(domain) {
	struct box box;
	int container;
	char *memory;
	int64_t pinned;
};

FIXTURE_VARIANT(domain) {
	const char *private_domains;
};

FIXTURE_VARIANT_ADD(domain, shared) { .private_domains = "N" };
FIXTURE_VARIANT_ADD(domain, private) { .private_domains = "Y" };

FIXTURE_SETUP(domain)
{
	SKIP_IF(backend_is_stock() && *variant->private_domains == 'Y',
		"stock: shares page tables where it can");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	if (!backend_is_stock())
		backend_set("private_domains", variant->private_domains);
	self->container = self->box.container;
	self->memory = mem_untouched(MIB(4));
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(domain)
{
	if (!backend_is_stock())
		backend_set("private_domains", "N");
	__iommu_unmap(self->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
	box_close(&self->box);
}

static bool sees(struct domain_self *self, int index, size_t offset, uint64_t iova)
{
	return box_dma_works(box_edu(&self->box, index), self->memory + offset, iova);
}

static bool is_blocked(struct domain_self *self, int index, size_t offset, uint64_t iova)
{
	return box_write_is_blocked(box_edu(&self->box, index), self->memory + offset, iova);
}

/* What was mapped before it came. */
TEST_F(domain, second_group_sees_old_mappings)
{
	iommu_map(self->container, self->memory, A_IOVA, MIB(1), IOMMU_RW);
	iommu_map(self->container, self->memory + MIB(1), B_IOVA + PAGE, MIB(2), IOMMU_RW);
	ASSERT_EQ(__box_add(&self->box), 0);
	EXPECT_EQ(proc_locked(), MIB(3));
	EXPECT_TRUE(sees(self, 1, 0, A_IOVA));
	EXPECT_TRUE(sees(self, 1, MIB(3) - PAGE, B_IOVA + PAGE + MIB(2) - PAGE));
	EXPECT_TRUE(sees(self, 0, MIB(1), B_IOVA + PAGE));
}

TEST_F(domain, both_groups_see_new_mappings)
{
	ASSERT_EQ(__box_add(&self->box), 0);
	iommu_map(self->container, self->memory, A_IOVA, MIB(4), IOMMU_RW);
	EXPECT_EQ(proc_locked(), MIB(4));
	EXPECT_TRUE(sees(self, 0, 0, A_IOVA));
	EXPECT_TRUE(sees(self, 1, MIB(4) - PAGE, A_IOVA + MIB(4) - PAGE));
	EXPECT_EQ(iommu_unmap(self->container, A_IOVA, MIB(4)), MIB(4));
	EXPECT_TRUE(is_blocked(self, 0, 0, A_IOVA));
	EXPECT_TRUE(is_blocked(self, 1, 0, A_IOVA));
}

/* One device's writes are the other's reads. */
TEST_F(domain, devices_share_memory)
{
	ASSERT_EQ(__box_add(&self->box), 0);
	iommu_map(self->container, self->memory, A_IOVA, 2 * PAGE, IOMMU_RW);
	mem_fill(self->memory, PAGE, 1);
	edu_copy(box_edu(&self->box, 0), A_IOVA, A_IOVA + PAGE, EDU_MAX_TRANSFER);
	memset(self->memory, 0, PAGE);
	edu_copy(box_edu(&self->box, 1), A_IOVA + PAGE, A_IOVA, EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(self->memory, EDU_MAX_TRANSFER, 1), -1);
}

TEST_F(domain, read_only_is_kept)
{
	iommu_map(self->container, self->memory, A_IOVA, PAGE, IOMMU_R);
	ASSERT_EQ(__box_add(&self->box), 0);
	mem_fill(self->memory, PAGE, 2);
	edu_load(box_edu(&self->box, 1), A_IOVA, 0, 256);
	memset(self->memory, 0, PAGE);
	EXPECT_TRUE(is_blocked(self, 1, 0, A_IOVA));
}

/* Either may leave, the first as well as the last that came. */
TEST_F(domain, other_group_goes_on)
{
	ASSERT_EQ(__box_add(&self->box), 0);
	iommu_map(self->container, self->memory, A_IOVA, MIB(1), IOMMU_RW);
	ASSERT_EQ(__vfio_group_detach(self->box.groups[0]), 0);
	EXPECT_EQ(proc_locked(), MIB(1));
	EXPECT_TRUE(sees(self, 1, 0, A_IOVA));
	iommu_map(self->container, self->memory + MIB(1), B_IOVA, MIB(1), IOMMU_RW);
	EXPECT_TRUE(sees(self, 1, MIB(1), B_IOVA));

	ASSERT_EQ(__vfio_group_attach(self->box.groups[0], self->container), 0);
	EXPECT_TRUE(sees(self, 0, 0, A_IOVA));
	vfio_device_close(&self->box.edu[1]);
	ASSERT_EQ(__vfio_group_detach(self->box.groups[1]), 0);
	EXPECT_TRUE(sees(self, 0, MIB(1), B_IOVA));
	EXPECT_EQ(iommu_unmap_all(self->container), MIB(2));
	EXPECT_TRUE(is_blocked(self, 0, 0, A_IOVA));
}

TEST_F(domain, three_groups)
{
	iommu_map(self->container, self->memory, A_IOVA, MIB(1), IOMMU_RW);
	ASSERT_EQ(__box_add(&self->box), 0);
	iommu_map(self->container, self->memory + MIB(1), B_IOVA, MIB(1), IOMMU_RW);
	ASSERT_EQ(__box_add(&self->box), 0);
	EXPECT_EQ(proc_locked(), MIB(2));
	EXPECT_TRUE(sees(self, 2, 0, A_IOVA));
	EXPECT_TRUE(sees(self, 2, MIB(1), B_IOVA));
	EXPECT_TRUE(sees(self, 1, MIB(1), B_IOVA));
	EXPECT_EQ(iommu_unmap(self->container, A_IOVA, MIB(1)), MIB(1));
	EXPECT_TRUE(is_blocked(self, 2, 0, A_IOVA));
	EXPECT_TRUE(is_blocked(self, 1, 0, A_IOVA));
}

/* A failing MAP leaves nothing in any of the page tables. */
TEST_F(domain, failed_map)
{
	char *hole = self->memory + MIB(4) - PAGE;

	ASSERT_EQ(__box_add(&self->box), 0);
	must_sys(mprotect(hole, PAGE, PROT_NONE));
	EXPECT_EQ(__iommu_map(self->container, self->memory, A_IOVA, MIB(4), IOMMU_RW), -EFAULT);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_TRUE(is_blocked(self, 0, 0, A_IOVA));
	EXPECT_TRUE(is_blocked(self, 1, 0, A_IOVA));
}

/* The memory of a mapping belongs to whom it was mapped by, not who attaches. */
TEST_F(domain, attach_by_another_process)
{
	char *shared = child_shared(2 * PAGE);
	pid_t child;

	mem_fill(self->memory, PAGE, 3);
	iommu_map(self->container, self->memory, A_IOVA, PAGE, IOMMU_R);
	iommu_map(self->container, shared, B_IOVA, 2 * PAGE, IOMMU_RW);
	child = child_begin();
	if (!child) {
		/* Its copy of the page says something else. */
		mem_fill(self->memory, PAGE, 4);
		ASSERT_EQ(__box_add(&self->box), 0);
		EXPECT_EQ(proc_locked(), 0);
		edu_copy(box_edu(&self->box, 1), A_IOVA, B_IOVA, EDU_MAX_TRANSFER);
		EXPECT_EQ(mem_differs(shared, EDU_MAX_TRANSFER, 3), -1);
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(proc_locked(), 3 * PAGE);
}

/* A huge mapping, in leaves as large as in the first page table or not. */
TEST_F(domain, huge_pages)
{
	struct mem mem;
	int ret = __mem_alloc(&mem, MEM_HUGETLB, 2 * HUGE);

	SKIP_IF(ret == -EOPNOTSUPP, "kernel without hugetlb");
	ASSERT_EQ(ret, 0);
	iommu_map(self->container, mem.addr, GIB(2), 2 * HUGE, IOMMU_RW);
	ASSERT_EQ(__box_add(&self->box), 0);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), mem.addr + HUGE - PAGE,
				  GIB(2) + HUGE - PAGE));
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), mem.addr + 2 * HUGE - PAGE,
				  GIB(2) + 2 * HUGE - PAGE));
	EXPECT_EQ(iommu_unmap(self->container, GIB(2), 2 * HUGE), 2 * HUGE);
	EXPECT_TRUE(box_write_is_blocked(box_edu(&self->box, 1), mem.addr, GIB(2)));
	EXPECT_EQ(proc_locked(), 0);
	mem_free(&mem);
}

struct filler {
	int container;
	char *memory;
	size_t size;
	int result;
};

static void *run_filler(void *arg)
{
	struct filler *filler = arg;

	filler->result = __iommu_map(filler->container, filler->memory, B_IOVA, filler->size,
				     IOMMU_RW);
	return NULL;
}

/* A group joins while a MAP has done its first half. */
TEST_F(domain, attach_in_mid_map)
{
	size_t size = MIB(8), half = size / 2;
	struct filler filler = { .container = self->container, .size = size };
	struct uffd uffd;
	pthread_t thread;

	backend_need_ours("one lock is held while memory is faulted in");
	uffd_open(&uffd, size);
	uffd_fill(&uffd, 0, half);
	filler.memory = uffd.addr;
	thread = thread_begin(run_filler, &filler);
	EXPECT_EQ(uffd_wait(&uffd, ktap_scale(10) * 1000), half);
	ASSERT_EQ(__box_add(&self->box), 0);
	uffd_fill(&uffd, half, half);
	thread_wait(thread);
	EXPECT_EQ(filler.result, 0);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), uffd.addr, B_IOVA));
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), uffd.addr + half - PAGE,
				  B_IOVA + half - PAGE));
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 1), uffd.addr + size - PAGE,
				  B_IOVA + size - PAGE));
	EXPECT_EQ(iommu_unmap_all(self->container), size);
	EXPECT_TRUE(box_write_is_blocked(box_edu(&self->box, 1), uffd.addr, B_IOVA));
	uffd_close(&uffd);
}

/* And leaves again before the MAP is done. */
TEST_F(domain, detach_in_mid_map)
{
	size_t size = MIB(8), half = size / 2;
	struct filler filler = { .container = self->container, .size = size };
	struct uffd uffd;
	pthread_t thread;

	backend_need_ours("one lock is held while memory is faulted in");
	ASSERT_EQ(__box_add(&self->box), 0);
	uffd_open(&uffd, size);
	uffd_fill(&uffd, 0, half);
	filler.memory = uffd.addr;
	thread = thread_begin(run_filler, &filler);
	EXPECT_EQ(uffd_wait(&uffd, ktap_scale(10) * 1000), half);
	box_remove_last(&self->box);
	uffd_fill(&uffd, half, half);
	thread_wait(thread);
	EXPECT_EQ(filler.result, 0);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), uffd.addr + size - PAGE,
				  B_IOVA + size - PAGE));
	EXPECT_EQ(iommu_unmap_all(self->container), size);
	uffd_close(&uffd);
}

/* Two containers are two worlds. */
TEST_F(domain, containers_are_apart)
{
	char *secret = self->memory + MIB(1);
	struct box other = { .container = vfio_container_open(), .num_groups = 1 };

	other.groups[1] = box_group_open(1);
	other.edu[1].fd = -1;
	vfio_group_attach(other.groups[1], other.container);
	vfio_set_type(other.container, VFIO_TYPE1v2_IOMMU);
	iommu_map(self->container, self->memory, A_IOVA, PAGE, IOMMU_RW);
	iommu_map(other.container, secret, A_IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(proc_locked(), 2 * PAGE);
	EXPECT_TRUE(sees(self, 0, 0, A_IOVA));
	EXPECT_TRUE(box_dma_works(box_edu(&other, 1), secret, A_IOVA));
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	EXPECT_TRUE(is_blocked(self, 0, MIB(1), A_IOVA));
	EXPECT_TRUE(box_dma_works(box_edu(&other, 1), secret, A_IOVA));
	EXPECT_EQ(iommu_unmap_all(other.container), PAGE);
	vfio_device_close(&other.edu[1]);
	close(other.groups[1]);
	close(other.container);
}

TEST_F(domain, group_cannot_join_twice)
{
	int other = vfio_container_open();

	EXPECT_EQ(__vfio_group_attach(self->box.groups[0], self->container), -EINVAL);
	EXPECT_EQ(__vfio_group_attach(self->box.groups[0], other), -EINVAL);
	close(other);
}

KTAP_MAIN()
