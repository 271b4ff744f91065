// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for every mapping holds for those of a bond: groups that come and go,
 * emulated devices, dirty pages, user addresses, the entry limit, what is shown.
 */
#include <signal.h>
#include <sys/time.h>

#include "child.h"
#include "debugfs.h"
#include "dirty.h"
#include "fdinfo.h"
#include "svmbox.h"
#include "testbox.h"
#include "uffd.h"

#define IOVA_B		0x50000000ull
#define ALL		VFIO_DMA_UNMAP_FLAG_ALL
#define VADDR		VFIO_DMA_UNMAP_FLAG_VADDR

FIXTURE(rules) {
	struct svmbox box;
	int container;
	char *memory;
	uint32_t bond;
};

FIXTURE_SETUP(rules)
{
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->bond = svmbox_bind(&self->box);
}

FIXTURE_TEARDOWN(rules)
{
	backend_set("private_domains", "N");
	svmbox_close(&self->box);
}

static long unmap_page(void *addr)
{
	return munmap(addr, PAGE);
}

static long map_page(void *addr)
{
	return mmap(addr, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != addr;
}

static bool take_back(struct rules_self *self, uint64_t size)
{
	return !peer_call(self->box.peer, unmap_page, self->memory) &&
	       svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_REVOKED, self->bond, IOVA_B, size);
}

/* Each domain loses it; one that comes later never has it. */
TEST_F(rules, several_domains)
{
	uint32_t own = svm_bind(self->container, 0, 0);
	struct vfio_device *edu;

	backend_set("private_domains", "Y");
	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	svm_map(self->container, own, self->memory, BOX_IOVA, SVM_SIZE, IOMMU_RW);
	ASSERT_EQ(__box_add(&self->box.box), 0);
	edu = box_edu(&self->box.box, 1);
	EXPECT_TRUE(box_dma_works(edu, self->memory, BOX_IOVA));
	svm_unbind(self->container, own);
	EXPECT_TRUE(take_back(self, SVM_SIZE));
	EXPECT_TRUE(box_write_is_blocked(edu, self->memory, BOX_IOVA));
	ASSERT_EQ(__box_add(&self->box.box), 0);
	edu = box_edu(&self->box.box, 2);
	EXPECT_TRUE(box_write_is_blocked(edu, self->memory, BOX_IOVA));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(iommu_unmap_all(self->container), 2 * SVM_SIZE);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal that does not kill does not keep anybody from binding. */
TEST_F(rules, signals)
{
	const unsigned int scale = ktap_scale(1), us = 300 * scale * scale;
	const struct itimerval often = { { 0, us }, { 0, us } }, never = {};
	struct sigaction action = { .sa_handler = on_alarm };

	must_sys(sigaction(SIGALRM, &action, NULL));
	must_sys(setitimer(ITIMER_REAL, &often, NULL));
	for (unsigned int i = 0; i < 300 / scale; i++) {
		uint32_t bond = svm_bind(self->container, VFIO_SVM_PID, self->box.pid);

		EXPECT_EQ(__svm_unbind(self->container, bond), 0);
	}
	must_sys(setitimer(ITIMER_REAL, &never, NULL));
}

TEST_F(rules, entry_limit)
{
	uint32_t avail = iommu_avail(self->container);

	svm_map(self->container, self->bond, self->memory, IOVA_B, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_avail(self->container), avail - 1);
	EXPECT_TRUE(take_back(self, PAGE));
	EXPECT_EQ(iommu_avail(self->container), avail - 1);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	EXPECT_EQ(iommu_avail(self->container), avail);
}

/* The memory stays that process's: there is nothing to take over. */
TEST_F(rules, user_addresses)
{
	char *mine = mem_untouched(PAGE);

	iommu_map(self->container, mine, BOX_IOVA, PAGE, IOMMU_RW);
	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(__iommu_unmap(self->container, IOVA_B, SVM_SIZE, VADDR, NULL), -EINVAL);
	EXPECT_EQ(__iommu_unmap(self->container, 0, 0, VADDR | ALL, NULL), -EINVAL);
	EXPECT_EQ(__iommu_unmap(self->container, BOX_IOVA, PAGE, VADDR, NULL), 0);
	EXPECT_EQ(__iommu_map(self->container, mine, BOX_IOVA, PAGE, VFIO_DMA_MAP_FLAG_VADDR), 0);
	EXPECT_EQ(__iommu_map(self->container, self->memory, IOVA_B, SVM_SIZE,
			      VFIO_DMA_MAP_FLAG_VADDR),
		  -EINVAL);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE + PAGE);
}

/* Dirty pages at IOVA_B. */
static size_t dirty_pages(int container)
{
	struct dirty_bits bits;
	size_t count;

	dirty_open(&bits, IOVA_B, SVM_SIZE / PAGE);
	dirty_get(container, &bits);
	count = dirty_count(&bits);
	dirty_close(&bits);
	return count;
}

/* A page that a device may have written to is reported even if it is gone since. */
TEST_F(rules, dirty_pages)
{
	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	dirty_start(self->container);
	EXPECT_EQ(dirty_pages(self->container), SVM_SIZE / PAGE);
	EXPECT_EQ(dirty_pages(self->container), SVM_SIZE / PAGE);
	EXPECT_TRUE(take_back(self, SVM_SIZE));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(dirty_pages(self->container), SVM_SIZE / PAGE);
	EXPECT_EQ(dirty_pages(self->container), 0);
	dirty_stop(self->container);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

struct unmapper {
	int container;
	struct dirty_bits bits;
	int result;
};

static void *run_unmapper(void *arg)
{
	struct unmapper *unmapper = arg;

	unmapper->result = __dirty_unmap(unmapper->container, &unmapper->bits, NULL);
	return NULL;
}

/* Nor is it forgotten in an UNMAP that fails after all. */
TEST_F(rules, dirty_pages_in_mid_unmap)
{
	struct unmapper unmapper = {
		.container = self->container,
		.bits = { .iova = IOVA_B, .pages = SVM_SIZE / PAGE },
	};
	struct uffd uffd;
	pthread_t thread;

	unmapper.bits.bytes = dirty_bytes(unmapper.bits.pages);
	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	dirty_start(self->container);
	uffd_open(&uffd, PAGE);
	unmapper.bits.words = (uint64_t *)uffd.addr;
	thread = thread_begin(run_unmapper, &unmapper);
	uffd_wait(&uffd, ktap_scale(5) * 1000);
	EXPECT_TRUE(take_back(self, SVM_SIZE));
	must_sys(mprotect(uffd.addr, PAGE, PROT_NONE));
	close(uffd.fd);
	uffd.fd = -1;
	thread_wait(thread);
	uffd_close(&uffd);
	EXPECT_EQ(unmapper.result, -EFAULT);
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(dirty_pages(self->container), SVM_SIZE / PAGE);
	EXPECT_EQ(dirty_pages(self->container), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

/* An UNMAP that comes before or after it is unpinned tells the same. */
TEST_F(rules, dirty_pages_of_unmap)
{
	struct dirty_bits bits;
	int round;

	dirty_open(&bits, IOVA_B, SVM_SIZE / PAGE);
	dirty_start(self->container);
	for (round = 0; round < 3; round++) {
		svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
		if (round)
			EXPECT_TRUE(take_back(self, SVM_SIZE));
		if (round == 2)
			EXPECT_TRUE(svmbox_unpinned(&self->box));
		dirty_wipe(&bits);
		EXPECT_EQ(__dirty_unmap(self->container, &bits, NULL), 0);
		EXPECT_EQ(dirty_count(&bits), SVM_SIZE / PAGE);
		EXPECT_EQ(peer_call(self->box.peer, map_page, self->memory), 0);
	}
	dirty_close(&bits);
}

TEST_F(rules, shown)
{
	char dir[DEBUGFS_PATH_LEN], expected[128], *text;
	struct fdinfo info;

	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	debugfs_find(dir);
	EXPECT_EQ(debugfs_number(dir, "type1x-bonds"), 1);
	text = debugfs_read(dir, "mappings");
	snprintf(expected, sizeof(expected),
		 "%#llx-%#llx rw vaddr %p ready pid %d bond %u backed\n", IOVA_B,
		 IOVA_B + SVM_SIZE - 1, self->memory, self->box.pid, self->bond);
	EXPECT_EQ(strcmp(text, expected), 0);
	free(text);
	EXPECT_TRUE(take_back(self, SVM_SIZE));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	text = debugfs_read(dir, "mappings");
	EXPECT_NE(strstr(text, " bond 1 revoked\n"), NULL);
	free(text);
	hooks_reset();
	hooks_load();
	fdinfo_read(&info, self->container);
	EXPECT_TRUE(fdinfo_is_complete(&info));
	EXPECT_EQ(fdinfo_number(&info, "type1x-bonds"), 1);
	EXPECT_EQ(fdinfo_number(&info, "type1x-mappings"), 1);
	EXPECT_EQ(fdinfo_number(&info, "type1x-locked-bytes"), 0);
	hooks_unload();
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

FIXTURE(emulated) {
	struct testbox box;
	int container;
	char *memory;
	struct peer *peer;
	struct testdev *dev;
	uint32_t bond;
	int64_t pinned;
};

FIXTURE_SETUP(emulated)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->dev = &self->box.devs[0];
	self->dev->flags = T1X_TD_IN_KTHREAD;
	backend_need_ours("binds no process");
	self->memory = mem_untouched(SVM_SIZE);
	self->peer = peer_begin();
	ASSERT_EQ(peer_call(self->peer, svmbox_fill_peer, self->memory), 0);
	self->pinned = proc_pinned();
	self->bond = svm_bind(self->container, VFIO_SVM_PID, self->peer->pid);
	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
}

FIXTURE_TEARDOWN(emulated)
{
	if (self->peer)
		peer_end(self->peer);
	testbox_close(&self->box);
	EXPECT_EQ(proc_pinned(), self->pinned);
}

static bool settles(struct emulated_self *self, uint64_t locked)
{
	return svm_locked_becomes(self->peer->pid, locked);
}

/* What it pins the process pays for; what the process unmaps it has to let go of. */
TEST_F(emulated, lets_go)
{
	char data[16], expected[PAGE];

	mem_fill(expected, PAGE, SVM_SEED_PEER);
	EXPECT_EQ(svm_locked(self->peer->pid), 0);
	EXPECT_EQ(__testdev_read(self->dev, IOVA_B, data, sizeof(data)), 0);
	EXPECT_EQ(memcmp(data, expected, sizeof(data)), 0);
	testdev_pin(self->dev, IOVA_B + PAGE, 2, TESTDEV_RW);
	EXPECT_TRUE(settles(self, 2 * PAGE));
	EXPECT_EQ(peer_call(self->peer, unmap_page, self->memory + 7 * PAGE), 0);
	EXPECT_TRUE(settles(self, 0));
	EXPECT_EQ(testdev_pinned(self->dev), 0);
	EXPECT_EQ(testdev_notices(self->dev), 1);
	EXPECT_EQ(__testdev_pin(self->dev, IOVA_B + PAGE, 1, TESTDEV_RW), -EFAULT);
	EXPECT_EQ(__testdev_read(self->dev, IOVA_B, data, sizeof(data)), -EFAULT);
	EXPECT_EQ(__testdev_write(self->dev, IOVA_B, data, sizeof(data)), -EFAULT);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

/* One that does not let go keeps its page, and nothing else. */
TEST_F(emulated, holds_on)
{
	testdev_policy(self->dev, T1X_TD_HOLD, 0);
	testdev_pin(self->dev, IOVA_B + PAGE, 1, TESTDEV_RW);
	EXPECT_EQ(peer_call(self->peer, unmap_page, self->memory), 0);
	usleep(100000);
	EXPECT_EQ(testdev_pinned(self->dev), 1);
	EXPECT_EQ(__testdev_pin(self->dev, IOVA_B + PAGE, 1, TESTDEV_RW), -EFAULT);
	EXPECT_EQ(__iommu_unmap(self->container, IOVA_B, SVM_SIZE, 0, NULL), -EBUSY);
	testdev_unpin(self->dev, IOVA_B + PAGE, 1);
	EXPECT_TRUE(settles(self, 0));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

/* A group behind an IOMMU joins, and leaves: mappings are backed, and are not any more. */
TEST_F(emulated, backing)
{
	int group = box_group_open(0);

	vfio_group_attach(group, self->container);
	EXPECT_TRUE(settles(self, SVM_SIZE));
	vfio_group_detach(group);
	EXPECT_TRUE(settles(self, 0));
	EXPECT_EQ(peer_call(self->peer, unmap_page, self->memory), 0);
	/* There is nothing to back any more. */
	vfio_group_attach(group, self->container);
	EXPECT_TRUE(settles(self, 0));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
	svm_map(self->container, self->bond, self->memory + PAGE, IOVA_B, PAGE, IOMMU_RW);
	EXPECT_TRUE(settles(self, PAGE));
	peer_end(self->peer);
	self->peer = NULL;
	vfio_group_detach(group);
	EXPECT_EQ(__vfio_group_attach(group, self->container), 0);
	close(group);
}

KTAP_MAIN()
