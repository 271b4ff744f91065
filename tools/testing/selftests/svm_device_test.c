// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other door: processes are bound by a device.  What comes of it is the same, and
 * belongs to the same container.
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "debugfs.h"
#include "svmcred.h"
#include "svmdev.h"

#define IOVA_A		BOX_IOVA
#define IOVA_B		0x50000000ull
#define MAX_BONDS	64

FIXTURE(svm_device) {
	struct svmbox box;
	int container;
	int device;
	struct vfio_device *edu;
	char *memory;
	pid_t pid;
	char dir[DEBUGFS_PATH_LEN];
};

FIXTURE_SETUP(svm_device)
{
	svmdev_open(&self->box, 2);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->pid = self->box.pid;
	self->edu = box_edu(&self->box.box, 0);
	self->device = self->edu->fd;
	debugfs_find(self->dir);
}

FIXTURE_TEARDOWN(svm_device)
{
	svmdev_close(&self->box);
}

static uint64_t nr_bonds(struct svm_device_self *self)
{
	return debugfs_number(self->dir, "type1x-bonds");
}

static long is_filled_as_own(void *addr)
{
	return mem_differs(addr, EDU_MAX_TRANSFER, SVM_SEED_OWN);
}

static long is_filled_as_peer(void *addr)
{
	return mem_differs(addr, EDU_MAX_TRANSFER, SVM_SEED_PEER);
}

/* From a process to this one, and back; unbound by the one door and by the other. */
TEST_F(svm_device, copies_between_processes)
{
	char *mine = mem_untouched(PAGE);
	uint32_t other, own;

	other = svm_device_bind(self->device, VFIO_SVM_PID, self->pid);
	own = svm_device_bind(self->device, 0, 0);
	svm_map(self->container, other, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	svm_map(self->container, own, mine, IOVA_A, PAGE, IOMMU_RW);
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_EQ(proc_locked(), PAGE);

	edu_copy(self->edu, IOVA_B, IOVA_A, EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(mine, EDU_MAX_TRANSFER, SVM_SEED_PEER), -1);
	mem_fill(mine, PAGE, SVM_SEED_OWN);
	edu_copy(self->edu, IOVA_A, IOVA_B + PAGE, EDU_MAX_TRANSFER);
	EXPECT_EQ(peer_call(self->box.peer, is_filled_as_own, self->memory + PAGE), -1);
	EXPECT_EQ(mem_differs(self->memory, SVM_SIZE, SVM_SEED_OWN), -1);

	svm_unbind(self->container, other);
	EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
	edu_store(self->edu, IOVA_B, 0, EDU_MAX_TRANSFER);
	EXPECT_EQ(peer_call(self->box.peer, is_filled_as_peer, self->memory), -1);
	svm_device_unbind(self->device, own);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_TRUE(box_write_is_blocked(self->edu, mine, IOVA_A));
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE + PAGE);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

/* However a process is chosen; by whichever door, ids are those of one container. */
TEST_F(svm_device, ways)
{
	struct {
		uint32_t flags;
		int target;
		pid_t pid;
	} ways[] = {
		{ 0, 0, getpid() },
		{ VFIO_SVM_WANT_PINNED, 0, getpid() },
		{ VFIO_SVM_PID, self->pid, self->pid },
		{ VFIO_SVM_PIDFD, svm_pidfd(self->pid), self->pid },
		{ VFIO_SVM_MEM_FD, svm_mem_fd(self->pid, O_RDWR), self->pid },
	};
	uint32_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct vfio_type1x_svm_bind bind = {
			.argsz = sizeof(bind),
			.flags = ways[i].flags,
			.target = ways[i].target,
		};
		uint32_t bond;

		ASSERT_EQ(__svm_device_bind_raw(self->device, &bind), 0);
		EXPECT_EQ(bind.bond, ++last);
		EXPECT_EQ(bind.mode, VFIO_SVM_MODE_PINNED);
		EXPECT_EQ(bind.pasid, 0);
		bond = svm_bind(self->container, ways[i].flags, ways[i].target);
		EXPECT_EQ(bond, ++last);
		svm_map(self->container, bind.bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
		EXPECT_EQ(svm_locked(ways[i].pid), SVM_SIZE);
		EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
		EXPECT_TRUE(svm_locked_becomes(ways[i].pid, 0));
		/* What the other one has made. */
		EXPECT_EQ(__svm_device_unbind(self->device, bond), 0);
		EXPECT_EQ(__svm_unbind(self->container, bond), -ENOENT);
		EXPECT_EQ(__svm_unbind(self->container, bind.bond), 0);
		EXPECT_EQ(__svm_device_unbind(self->device, bind.bond), -ENOENT);
	}
	EXPECT_UNCHANGED(self->container, self->box.before);
}

static int raw(struct svm_device_self *self, size_t argsz, uint32_t flags, uint32_t op)
{
	struct vfio_type1x_svm_bind bind = {
		.argsz = argsz,
		.flags = flags,
		.op = op,
		.target = self->pid,
	};

	return __svm_device_bind_raw(self->device, &bind);
}

TEST_F(svm_device, bind_errors)
{
	const size_t size = sizeof(struct vfio_type1x_svm_bind);
	struct vfio_type1x_svm_bind *read_only = mem_untouched(PAGE);
	int mem = svm_mem_fd(self->pid, O_RDONLY);

	EXPECT_EQ(__svm_device_bind_raw(self->device, NULL), -EFAULT);
	EXPECT_EQ(raw(self, 0, 0, 0), -EINVAL);
	EXPECT_EQ(raw(self, 23, 0, 0), -EINVAL);
	EXPECT_EQ(raw(self, 27, VFIO_SVM_PID, 0), -EINVAL);
	EXPECT_EQ(raw(self, size, 1, 0), -EINVAL);
	EXPECT_EQ(raw(self, size, 0, 1), -EINVAL);
	EXPECT_EQ(raw(self, size, VFIO_SVM_PID | VFIO_SVM_PIDFD, 0), -EINVAL);
	EXPECT_EQ(raw(self, size, VFIO_SVM_WANT_PINNED | VFIO_SVM_WANT_PASID, 0), -EINVAL);
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_WANT_PASID, 0), -EOPNOTSUPP);
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_PIDFD, -1), -EBADF);
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_MEM_FD, mem), -EBADF);
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_PIDFD, self->device), -EOPNOTSUPP);
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_MEM_FD, self->device), -EOPNOTSUPP);
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_PID, -1), -ESRCH);
	/* A thread of the kernel. */
	EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_PID, 2), -ESRCH);
	/* What cannot be told is undone. */
	read_only->argsz = size;
	mprotect(read_only, PAGE, PROT_READ);
	EXPECT_EQ(__svm_device_bind_raw(self->device, read_only), -EFAULT);
	EXPECT_EQ(nr_bonds(self), 0);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

/* The descriptor alone gives nobody more than he has: the check is the caller's. */
TEST_F(svm_device, credentials)
{
	pid_t child = child_begin();

	if (!child) {
		who_become((void *)&(struct who)WHO(USER));
		EXPECT_EQ(__svm_device_bind(self->device, VFIO_SVM_PID, self->pid), -EPERM);
		svm_device_unbind(self->device, svm_device_bind(self->device, 0, 0));
		child_end();
	}
	child_wait(child);
	EXPECT_EQ(nr_bonds(self), 0);
}

TEST_F(svm_device, unbind_errors)
{
	uint32_t bond = svm_device_bind(self->device, 0, 0);
	struct vfio_type1x_svm_unbind good = { .argsz = sizeof(good), .bond = bond }, bad = good;

	EXPECT_EQ(ioctl(self->device, VFIO_DEVICE_UNBIND_TASK, NULL) ? errno : 0, EFAULT);
	bad.argsz = 11;
	EXPECT_EQ(ioctl(self->device, VFIO_DEVICE_UNBIND_TASK, &bad) ? errno : 0, EINVAL);
	bad = good;
	bad.flags = 1;
	EXPECT_EQ(ioctl(self->device, VFIO_DEVICE_UNBIND_TASK, &bad) ? errno : 0, EINVAL);
	EXPECT_EQ(__svm_device_unbind(self->device, 0), -ENOENT);
	EXPECT_EQ(__svm_device_unbind(self->device, bond + 1), -ENOENT);
	EXPECT_EQ(nr_bonds(self), 1);
	EXPECT_EQ(__svm_device_unbind(self->device, bond), 0);
	EXPECT_EQ(__svm_device_unbind(self->device, bond), -ENOENT);
}

TEST_F(svm_device, cap_of_bonds)
{
	int second = svmdev_fd(&self->box, 1);

	/* There is one list for all doors. */
	for (int i = 0; i < MAX_BONDS - 2; i++)
		svm_device_bind(self->device, 0, 0);
	svm_device_bind(second, 0, 0);
	svm_bind(self->container, 0, 0);
	EXPECT_EQ(__svm_device_bind(self->device, 0, 0), -ENOSPC);
	EXPECT_EQ(__svm_device_bind(second, 0, 0), -ENOSPC);
	EXPECT_EQ(__svm_bind(self->container, 0, 0), -ENOSPC);
	vfio_device_close(self->edu);
	EXPECT_EQ(nr_bonds(self), 2);
	svm_device_bind(second, 0, 0);
}

static int ask(int fd, unsigned long request)
{
	struct vfio_type1x_svm_bind bind = { .argsz = sizeof(bind) };

	return ioctl(fd, request, &bind) ? -errno : 0;
}

/* Each door has numbers of its own, and a group has none. */
TEST_F(svm_device, wrong_door)
{
	EXPECT_EQ(ask(self->container, VFIO_DEVICE_BIND_TASK), -ENOTTY);
	EXPECT_EQ(ask(self->container, VFIO_DEVICE_UNBIND_TASK), -ENOTTY);
	EXPECT_EQ(ask(self->box.box.groups[0], VFIO_DEVICE_BIND_TASK), -ENOTTY);
	EXPECT_EQ(ask(self->box.box.groups[0], VFIO_DEVICE_UNBIND_TASK), -ENOTTY);
	EXPECT_EQ(ask(self->device, VFIO_IOMMU_SVM_BIND), -ENOTTY);
	EXPECT_EQ(ask(self->device, VFIO_IOMMU_SVM_UNBIND), -ENOTTY);
}

static long unmap_page(void *addr)
{
	return munmap(addr, PAGE);
}

TEST_F(svm_device, shown)
{
	char expected[512];

	EXPECT_TRUE(debugfs_is(self->dir, "bonds", ""));
	svm_bind(self->container, 0, 0);
	svm_device_bind(self->device, VFIO_SVM_PID, self->pid);
	svm_map(self->container, 2, self->memory, IOVA_A, PAGE, IOMMU_RW);
	svm_map(self->container, 2, self->memory + PAGE, IOVA_B, PAGE, IOMMU_RW);
	/* What was revoked is still there. */
	EXPECT_EQ(peer_call(self->box.peer, unmap_page, self->memory), 0);
	EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_REVOKED, 2, IOVA_A, PAGE));
	snprintf(expected, sizeof(expected),
		 "bond 1 pid %d mode pinned mappings 0\n"
		 "bond 2 pid %d mode pinned mappings 2 by %s\n",
		 getpid(), self->pid, self->edu->bdf);
	EXPECT_TRUE(debugfs_is(self->dir, "bonds", expected));
	child_kill(self->pid);
	self->box.peer = NULL;
	EXPECT_TRUE(svmbox_told(&self->box, VFIO_TYPE1X_FAULT_REASON_BOND_ENDED, 2, 0, 0));
	EXPECT_EQ(iommu_unmap(self->container, IOVA_A, PAGE), PAGE);
	svm_unbind(self->container, 1);
	snprintf(expected, sizeof(expected), "bond 2 pid %d mode pinned mappings 1 by %s over\n",
		 self->pid, self->edu->bdf);
	EXPECT_TRUE(debugfs_is(self->dir, "bonds", expected));
	vfio_device_close(self->edu);
	EXPECT_TRUE(debugfs_is(self->dir, "bonds", ""));
}

FIXTURE(elsewhere) {
	char bdf[VFIO_BDF_LEN];
	int container;
	int group;
	struct vfio_device edu;
};

FIXTURE_SETUP(elsewhere)
{
	svmdev_load();
	backend_reset();
	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 0, self->bdf);
}

FIXTURE_TEARDOWN(elsewhere)
{
	vfio_device_close(&self->edu);
	close(self->group);
	close(self->container);
	backend_reset();
	svmdev_unload();
}

static void open_elsewhere(struct elsewhere_self *self)
{
	self->container = vfio_container_open();
	self->group = vfio_group_open(self->bdf);
	vfio_group_attach(self->group, self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	vfio_device_open(&self->edu, self->group, self->bdf);
}

TEST_F(elsewhere, plain_driver)
{
	vfio_bind(self->bdf, SVMDEV_PLAIN);
	open_elsewhere(self);
	EXPECT_EQ(ask(self->edu.fd, VFIO_DEVICE_BIND_TASK), -ENOTTY);
	EXPECT_EQ(ask(self->edu.fd, VFIO_DEVICE_UNBIND_TASK), -ENOTTY);
}

/* Whatever is asked: before anything is looked at. */
TEST_F(elsewhere, stock_backend)
{
	struct iommu_info info;

	ASSERT_TRUE(module_is_loaded(STOCK));
	backend_set("prefer", "N");
	open_elsewhere(self);
	iommu_info(self->container, &info);
	ASSERT_FALSE(info.has_driver);
	EXPECT_EQ(ask(self->edu.fd, VFIO_DEVICE_BIND_TASK), -EOPNOTSUPP);
	EXPECT_EQ(ask(self->edu.fd, VFIO_DEVICE_UNBIND_TASK), -EOPNOTSUPP);
	EXPECT_EQ(__svm_device_bind_raw(self->edu.fd, NULL), -EOPNOTSUPP);
}

KTAP_MAIN()
