// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared virtual memory: a device works on the memory of another process, for as long as
 * that process has it itself, and that process pays for it.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "svmbox.h"

#define IOVA_A		BOX_IOVA
#define IOVA_B		0x50000000ull

FIXTURE(svm) {
	struct svmbox box;
	int container;
	char *memory;
	pid_t pid;
};

FIXTURE_SETUP(svm)
{
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->pid = self->box.pid;
}

FIXTURE_TEARDOWN(svm)
{
	svmbox_close(&self->box);
}

static long unmap_page(void *addr)
{
	return munmap(addr, PAGE);
}

static long move_page(void *addr)
{
	return mremap(addr, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, mem_reserve(PAGE, PAGE)) ==
	       MAP_FAILED;
}

static long overmap_page(void *addr)
{
	return mmap(addr, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED;
}

static long is_filled_as_own(void *addr)
{
	return mem_differs(addr, EDU_MAX_TRANSFER, SVM_SEED_OWN);
}

static long is_filled_as_peer(void *addr)
{
	return mem_differs(addr, EDU_MAX_TRANSFER, SVM_SEED_PEER);
}

static long run_another(void *unused)
{
	return execl("/bin/busybox", "sleep", "60", NULL) + (long)unused;
}

static long leave(void *unused)
{
	exit(!!unused);
}

#define is_told(self, ...)	svmbox_told(&(self)->box, ##__VA_ARGS__)

TEST_F(svm, copies_between_processes)
{
	struct vfio_device *edu = box_edu(&self->box.box, 0);
	char *mine = mem_untouched(PAGE);
	uint32_t bond;

	bond = svmbox_bind(&self->box);
	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	iommu_map(self->container, mine, IOVA_A, PAGE, IOMMU_RW);
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_EQ(proc_locked(), PAGE);

	/* From the peer's memory to ours, not from what is at that address here. */
	edu_copy(edu, IOVA_B, IOVA_A, EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(mine, EDU_MAX_TRANSFER, SVM_SEED_PEER), -1);
	/* And back. */
	mem_fill(mine, PAGE, SVM_SEED_OWN);
	edu_copy(edu, IOVA_A, IOVA_B + PAGE, EDU_MAX_TRANSFER);
	EXPECT_EQ(peer_call(self->box.peer, is_filled_as_own, self->memory + PAGE), -1);
	EXPECT_EQ(mem_differs(self->memory, SVM_SIZE, SVM_SEED_OWN), -1);

	EXPECT_EQ(iommu_unmap(self->container, IOVA_B, SVM_SIZE), SVM_SIZE);
	EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
	EXPECT_EQ(proc_locked(), PAGE);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	svm_unbind(self->container, bond);
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_UNCHANGED(self->container, self->box.before);
}

/* Two processes, neither of which is the one that owns the device. */
TEST_F(svm, copies_between_others)
{
	struct vfio_device *edu = box_edu(&self->box.box, 0);
	struct peer *other = peer_begin();
	uint32_t from, to;

	from = svmbox_bind(&self->box);
	to = svm_bind(self->container, VFIO_SVM_PID, other->pid);
	EXPECT_NE(from, to);
	svm_map(self->container, from, self->memory, IOVA_B, SVM_SIZE, IOMMU_R);
	svm_map(self->container, to, self->memory + PAGE, IOVA_A, PAGE, IOMMU_W);
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_EQ(svm_locked(other->pid), PAGE);
	EXPECT_EQ(peer_call(other, is_filled_as_peer, self->memory + PAGE), 0);
	edu_copy(edu, IOVA_B, IOVA_A, EDU_MAX_TRANSFER);
	EXPECT_EQ(peer_call(other, is_filled_as_peer, self->memory + PAGE), -1);
	/* Nobody else's has changed. */
	EXPECT_EQ(peer_call(other, is_filled_as_own, self->memory), -1);
	EXPECT_EQ(peer_call(self->box.peer, is_filled_as_peer, self->memory), -1);
	EXPECT_EQ(mem_differs(self->memory, SVM_SIZE, SVM_SEED_OWN), -1);
	peer_end(other);
	EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_BOND_ENDED, to, 0, 0));
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE + PAGE);
}

TEST_F(svm, own_memory)
{
	struct vfio_device *edu = box_edu(&self->box.box, 0);
	uint32_t bond;

	bond = svm_bind(self->container, 0, -1);
	svm_map(self->container, bond, self->memory, IOVA_A, SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(proc_locked(), SVM_SIZE);
	EXPECT_TRUE(box_dma_works(edu, self->memory, IOVA_A));
	EXPECT_EQ(unmap_page(self->memory + SVM_SIZE - PAGE), 0);
	EXPECT_TRUE(is_told(self, VFIO_TYPE1X_FAULT_REASON_REVOKED, bond, IOVA_A, SVM_SIZE));
	EXPECT_TRUE(box_write_is_blocked(edu, self->memory, IOVA_A));
	EXPECT_TRUE(proc_locked_becomes(0));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
	svm_unbind(self->container, bond);
}

TEST_F(svm, selectors)
{
	int mem = svm_mem_fd(self->pid, O_RDWR), pidfd = svm_pidfd(self->pid);
	const struct {
		uint32_t flag;
		int target;
	} ways[] = {
		{ VFIO_SVM_PID, self->pid },
		{ VFIO_SVM_PIDFD, pidfd },
		{ VFIO_SVM_MEM_FD, mem },
		{ VFIO_SVM_PID | VFIO_SVM_WANT_PINNED, self->pid },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct vfio_type1x_svm_bind bind = {
			.argsz = sizeof(bind),
			.flags = ways[i].flag,
			.bond = ~0u,
			.mode = ~0u,
			.pasid = ~0u,
			.target = ways[i].target,
		};

		ASSERT_EQ(__svm_bind_raw(self->container, &bind), 0);
		EXPECT_EQ(bind.mode, VFIO_SVM_MODE_PINNED);
		EXPECT_EQ(bind.pasid, 0);
		EXPECT_EQ(bind.bond, i + 1);
		svm_map(self->container, bind.bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
		EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
		EXPECT_EQ(proc_locked(), 0);
		EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
		EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
		svm_unbind(self->container, bind.bond);
	}
	EXPECT_UNCHANGED(self->container, self->box.before);
}

TEST_F(svm, bind_errors)
{
	const size_t short_size = offsetof(struct vfio_type1x_svm_bind, target);
	struct vfio_type1x_svm_bind good = { .argsz = sizeof(good) }, bad;
	struct vfio_type1x_svm_bind *read_only = mem_untouched(PAGE);
	char *cut = mem_untouched(2 * PAGE);
	const uint32_t known = VFIO_SVM_PID | VFIO_SVM_PIDFD | VFIO_SVM_MEM_FD |
			       VFIO_SVM_WANT_PINNED | VFIO_SVM_WANT_PASID;
	static const uint32_t both[] = {
		VFIO_SVM_PID | VFIO_SVM_PIDFD,
		VFIO_SVM_PID | VFIO_SVM_MEM_FD,
		VFIO_SVM_PIDFD | VFIO_SVM_MEM_FD,
		VFIO_SVM_WANT_PINNED | VFIO_SVM_WANT_PASID,
	};

	good.target = self->pid;
	for (bad = good, bad.argsz = 0; bad.argsz < short_size; bad.argsz++)
		EXPECT_EQ(__svm_bind_raw(self->container, &bad), -EINVAL);
	/* A selector needs its target, and nobody else does. */
	bad = good;
	bad.flags = VFIO_SVM_PID;
	bad.argsz = offsetof(struct vfio_type1x_svm_bind, reserved);
	EXPECT_EQ(__svm_bind_raw(self->container, &bad), 0);
	svm_unbind(self->container, bad.bond);
	while (bad.argsz > short_size)
		EXPECT_EQ(__svm_bind_raw(self->container, (bad.argsz--, &bad)), -EINVAL);
	bad.flags = VFIO_SVM_WANT_PINNED;
	EXPECT_EQ(__svm_bind_raw(self->container, &bad), 0);
	svm_unbind(self->container, bad.bond);
	for (bad = good, bad.flags = 1; bad.flags; bad.flags <<= 1)
		if (!(bad.flags & known))
			EXPECT_EQ(__svm_bind_raw(self->container, &bad), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		EXPECT_EQ(__svm_bind(self->container, both[i], self->pid), -EINVAL);
	for (bad = good, bad.op = 1; bad.op; bad.op <<= 1)
		EXPECT_EQ(__svm_bind_raw(self->container, &bad), -EINVAL);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_WANT_PASID, 0), -EOPNOTSUPP);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_WANT_PASID | VFIO_SVM_PID, self->pid),
		  -EOPNOTSUPP);

	EXPECT_EQ(__svm_bind_raw(self->container, NULL), -EFAULT);
	*read_only = good;
	mprotect(read_only, PAGE, PROT_READ);
	EXPECT_EQ(__svm_bind_raw(self->container, read_only), -EFAULT);
	EXPECT_EQ(__svm_unbind(self->container, 4), -ENOENT);
	munmap(cut + PAGE, PAGE);
	EXPECT_EQ(__svm_bind_raw(self->container, (void *)(cut + PAGE - 8)), -EFAULT);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

TEST_F(svm, unbind_errors)
{
	struct vfio_type1x_svm_unbind good = { .argsz = sizeof(good) }, bad;

	good.bond = svmbox_bind(&self->box);
	for (bad = good, bad.argsz = 0; bad.argsz < 12; bad.argsz++)
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_SVM_UNBIND, &bad) ? errno : 0, EINVAL);
	for (bad = good, bad.flags = 1; bad.flags; bad.flags <<= 1)
		EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_SVM_UNBIND, &bad) ? errno : 0, EINVAL);
	EXPECT_EQ(ioctl(self->container, VFIO_IOMMU_SVM_UNBIND, NULL) ? errno : 0, EFAULT);
	EXPECT_EQ(__svm_unbind(self->container, 0), -ENOENT);
	EXPECT_EQ(__svm_unbind(self->container, good.bond + 1), -ENOENT);
	EXPECT_EQ(__svm_unbind(self->container, good.bond), 0);
	EXPECT_EQ(__svm_unbind(self->container, good.bond), -ENOENT);
}

static int map_raw(int container, struct vfio_type1x_dma_map map)
{
	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

TEST_F(svm, map_errors)
{
	uint32_t bond = svmbox_bind(&self->box), ended = svmbox_bind(&self->box);
	struct vfio_type1x_dma_map good = {
		.argsz = sizeof(good),
		.flags = IOMMU_RW | VFIO_DMA_MAP_FLAG_BOND,
		.vaddr = (uintptr_t)self->memory,
		.iova = IOVA_B,
		.size = PAGE,
		.bond = bond,
	}, bad = good;
	char *here = mem_untouched(PAGE);

	svm_unbind(self->container, ended);
	for (bad.argsz = 0; bad.argsz < sizeof(bad); bad.argsz++)
		EXPECT_EQ(map_raw(self->container, bad), -EINVAL);
	for (bad = good, bad.reserved = 1; bad.reserved; bad.reserved <<= 1)
		EXPECT_EQ(map_raw(self->container, bad), -EINVAL);
	bad = good;
	bad.flags |= VFIO_DMA_MAP_FLAG_VADDR;
	EXPECT_EQ(map_raw(self->container, bad), -EINVAL);
	bad.flags = VFIO_DMA_MAP_FLAG_VADDR | VFIO_DMA_MAP_FLAG_BOND;
	EXPECT_EQ(map_raw(self->container, bad), -EINVAL);
	bad.flags = VFIO_DMA_MAP_FLAG_BOND;
	EXPECT_EQ(map_raw(self->container, bad), -EINVAL);
	for (uint32_t id = 0; id <= ended + 1; id++)
		if (id != bond)
			EXPECT_EQ(__svm_map(self->container, id, self->memory, IOVA_B, PAGE,
					    IOMMU_RW),
				  -ENOENT);
	/* What is mapped here, and not there. */
	EXPECT_EQ(__svm_map(self->container, bond, here, IOVA_B, PAGE, IOMMU_RW), -EFAULT);
	EXPECT_EQ(map_raw(self->container, good), 0);
	EXPECT_EQ(map_raw(self->container, good), -EEXIST);
	/* Without the flag the rest of the struct is not looked at. */
	bad = good;
	bad.flags = IOMMU_RW;
	bad.iova += PAGE;
	bad.reserved = ~0u;
	EXPECT_EQ(map_raw(self->container, bad), 0);
	EXPECT_EQ(proc_locked(), PAGE);
	EXPECT_EQ(svm_locked(self->pid), PAGE);
	EXPECT_EQ(iommu_unmap_all(self->container), 2 * PAGE);
}

/* What takes memory away, in part, takes the mapping. */
TEST_F(svm, revoked)
{
	static long (* const ways[])(void *) = { unmap_page, move_page, overmap_page };
	struct vfio_device *edu = box_edu(&self->box.box, 0);
	uint32_t bond = svmbox_bind(&self->box);

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		char *victim = self->memory + (2 + 2 * i) * PAGE;

		svm_map(self->container, bond, self->memory, IOVA_B, 2 * PAGE, IOMMU_RW);
		svm_map(self->container, bond, victim, IOVA_A, 2 * PAGE, IOMMU_RW);
		EXPECT_EQ(peer_call(self->box.peer, ways[i], victim), 0);
		EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_REVOKED, bond, IOVA_A,
					2 * PAGE));
		/* Its neighbour is as it was. */
		EXPECT_TRUE(svm_locked_becomes(self->pid, 2 * PAGE));
		EXPECT_EQ(__svm_map(self->container, bond, self->memory, IOVA_A, PAGE, IOMMU_RW),
			  -EEXIST);
		EXPECT_EQ(iommu_unmap(self->container, IOVA_A, 2 * PAGE), 2 * PAGE);
		EXPECT_EQ(iommu_unmap(self->container, IOVA_B, 2 * PAGE), 2 * PAGE);
		EXPECT_TRUE(svmbox_unpinned(&self->box));
	}
	svm_map(self->container, bond, self->memory, IOVA_B, 2 * PAGE, IOMMU_RW);
	edu_load(edu, IOVA_B, 0, EDU_MAX_TRANSFER);
	EXPECT_EQ(peer_call(self->box.peer, unmap_page, self->memory), 0);
	EXPECT_TRUE(is_told(self, VFIO_TYPE1X_FAULT_REASON_REVOKED, bond, IOVA_B, 2 * PAGE));
	/* The device finds nothing there, and nothing of the peer is pinned. */
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(iommu_unmap_all(self->container), 2 * PAGE);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

TEST_F(svm, unbound)
{
	struct vfio_device *edu = box_edu(&self->box.box, 0);
	uint32_t bond = svm_bind(self->container, 0, 0);

	svm_map(self->container, bond, self->memory, IOVA_A, SVM_SIZE, IOMMU_RW);
	svm_map(self->container, bond, self->memory, IOVA_B, PAGE, IOMMU_RW);
	EXPECT_TRUE(box_dma_works(edu, self->memory, IOVA_A));
	svm_unbind(self->container, bond);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->box.before.pinned);
	EXPECT_TRUE(box_write_is_blocked(edu, self->memory, IOVA_A));
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_EQ(__svm_map(self->container, bond, self->memory, GIB(3), PAGE, IOMMU_RW), -ENOENT);
	/* They are still there, and can be unmapped one by one. */
	EXPECT_EQ(__iommu_map(self->container, self->memory, IOVA_A, PAGE, IOMMU_RW), -EEXIST);
	EXPECT_EQ(iommu_unmap(self->container, IOVA_A, SVM_SIZE), SVM_SIZE);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

/* exec() and exit() end the memory, and so the bond. */
TEST_F(svm, another_program)
{
	uint32_t bond = svmbox_bind(&self->box);

	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	peer_start(self->box.peer, run_another, NULL);
	EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_BOND_ENDED, bond, 0, 0));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(svm_locked(self->pid), 0);
	EXPECT_EQ(__svm_map(self->container, bond, self->memory, IOVA_A, PAGE, IOMMU_RW), -ESRCH);
	/* The new one has to be bound anew. */
	bond = svmbox_bind(&self->box);
	EXPECT_EQ(__svm_map(self->container, bond, self->memory, IOVA_A, PAGE, IOMMU_RW), -EFAULT);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

TEST_F(svm, left)
{
	int mem = svm_mem_fd(self->pid, O_RDWR), pidfd = svm_pidfd(self->pid);
	uint32_t bond = svmbox_bind(&self->box);

	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	peer_start(self->box.peer, leave, NULL);
	EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_BOND_ENDED, bond, 0, 0));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	/* A zombie has no memory, whatever one calls it by. */
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID, self->pid), -ESRCH);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, pidfd), -ESRCH);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, mem), -ESRCH);
	ASSERT_EQ(waitpid(self->pid, NULL, 0), self->pid);
	self->box.peer = NULL;
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID, self->pid), -ESRCH);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, pidfd), -ESRCH);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, mem), -ESRCH);
	/* A bond that is over has its place until it is unbound, and unmapping works. */
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
	EXPECT_EQ(__svm_unbind(self->container, bond), 0);
}

TEST_F(svm, container_closed)
{
	uint32_t bond = svmbox_bind(&self->box);

	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	/* The peer has a copy of the descriptor. */
	vfio_group_detach(self->box.box.groups[0]);
	EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(__svm_bind(self->container, 0, 0), -EINVAL);
	EXPECT_EQ(__svm_unbind(self->container, bond), -EINVAL);
	EXPECT_EQ(peer_call(self->box.peer, unmap_page, self->memory), 0);
}

/* Whoever owns the container dies: the process that was bound pays no longer. */
TEST_F(svm, owner_killed)
{
	int *ready = child_shared(sizeof(*ready));
	pid_t owner = child_begin();

	if (!owner) {
		struct box box = { .container = vfio_container_open() };
		int group = box_group_open(1);

		vfio_group_attach(group, box.container);
		vfio_set_type(box.container, VFIO_TYPE1v2_IOMMU);
		svm_map(box.container, svm_bind(box.container, VFIO_SVM_PID, self->pid),
			self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
		child_post(ready, 1);
		pause();
	}
	ASSERT_TRUE(child_await(ready, 1));
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	child_kill(owner);
	EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
}

KTAP_MAIN()
