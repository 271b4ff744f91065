// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is bound is memory, whoever of several has it: threads, processes that share it, one
 * that has been killed.  And whatever comes of a BIND, nothing is kept that it has looked
 * at.
 */
#include <poll.h>
#include <sched.h>

#include "dying.h"
#include "slabcount.h"
#include "svmbox.h"
#include "svmcred.h"

#define IOVA_B		0x50000000ull
#define STACK		KIB(64)
#define MAX_BONDS	64

struct threads {
	int tid;
	pthread_t thread;
};

FIXTURE(target) {
	struct svmbox box;
	int container;
	char *memory;
	pid_t pid;
	struct threads *threads; /* of the peer */
};

FIXTURE_SETUP(target)
{
	self->threads = child_shared(sizeof(*self->threads));
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->pid = self->box.pid;
}

FIXTURE_TEARDOWN(target)
{
	svmbox_close(&self->box);
}

#define is_told_of_end(self, bond) \
	svmbox_told(&(self)->box, VFIO_TYPE1X_FAULT_REASON_BOND_ENDED, bond, 0, 0)

/* Devices have the memory that the test has filled for the peer. */
static bool is_right(struct target_self *self, uint32_t bond)
{
	char *mine = mem_untouched(PAGE);
	bool right;

	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	iommu_map(self->container, mine, BOX_IOVA, PAGE, IOMMU_RW);
	edu_copy(box_edu(&self->box.box, 0), IOVA_B, BOX_IOVA, EDU_MAX_TRANSFER);
	right = mem_differs(mine, EDU_MAX_TRANSFER, SVM_SEED_PEER) < 0;
	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA, PAGE), PAGE);
	munmap(mine, PAGE);
	return right;
}

static void *pause_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *say_tid(void *arg)
{
	child_post(&((struct threads *)arg)->tid, syscall(SYS_gettid));
	return pause_for_ever(NULL);
}

/* The first thread ends, and the process goes on. */
static long lose_leader(void *threads)
{
	pthread_create(&((struct threads *)threads)->thread, NULL, say_tid, threads);
	syscall(SYS_exit, 0);
	return 0;
}

static bool becomes_zombie(pid_t pid)
{
	char path[32], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int tries = 0; tries < 500; tries++, usleep(10000))
		if (__text_read(path, text, sizeof(text)) > 0 && strstr(text, ") Z "))
			return true;
	return false;
}

TEST_F(target, leader_gone)
{
	struct threads *threads = self->threads;
	int pidfd = svm_pidfd(self->pid), mem = svm_mem_fd(self->pid, O_RDWR);
	uint32_t before = svmbox_bind(&self->box), bond;

	peer_start(self->box.peer, lose_leader, threads);
	ASSERT_TRUE(child_await(&threads->tid, 1));
	ASSERT_TRUE(becomes_zombie(self->pid));
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	/* A thread without memory, whatever the others have. */
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID, self->pid), -ESRCH);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, pidfd), -ESRCH);
	svm_unbind(self->container, svm_bind(self->container, VFIO_SVM_MEM_FD, mem));
	bond = svm_bind(self->container, VFIO_SVM_PID, threads->tid);
	EXPECT_TRUE(is_right(self, bond));
	EXPECT_EQ(svm_locked(threads->tid), SVM_SIZE);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
	EXPECT_TRUE(is_right(self, before));
	child_kill(self->pid);
	self->box.peer = NULL;
	svm_unbind(self->container, bond);
	EXPECT_EQ(__svm_map(self->container, before, self->memory, GIB(3), PAGE, IOMMU_RW), -ESRCH);
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

static int pause_elsewhere(void *unused)
{
	pause_for_ever(NULL);
	return !unused;
}

/* Another process with the same memory. */
static long share_memory(void *unused)
{
	char *stack = mem_untouched(STACK);

	return clone(pause_elsewhere, stack + STACK, CLONE_VM | SIGCHLD, unused);
}

/* The process that was bound ends, and another one still has the memory. */
TEST_F(target, lives_on)
{
	pid_t other = peer_call(self->box.peer, share_memory, NULL);
	uint32_t bond = svmbox_bind(&self->box), second;
	struct pollfd gone = { .events = POLLIN };

	ASSERT_LT(0, other);
	gone.fd = svm_pidfd(other);
	svm_map(self->container, bond, self->memory, BOX_IOVA, PAGE, IOMMU_RW);
	child_kill(self->pid);
	self->box.peer = NULL;
	usleep(100000);
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_EQ(svm_locked(other), PAGE);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	EXPECT_TRUE(is_right(self, bond));
	EXPECT_EQ(svm_locked(other), SVM_SIZE);
	/* It is the same memory, and another bond. */
	second = svm_bind(self->container, VFIO_SVM_PID, other);
	EXPECT_NE(second, bond);
	svm_unbind(self->container, second);
	EXPECT_EQ(svm_locked(other), SVM_SIZE);
	kill(other, SIGKILL);
	EXPECT_TRUE(is_told_of_end(self, bond));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
	/* It has descriptors for a little longer than memory. */
	EXPECT_EQ(poll(&gone, 1, ktap_scale(10000)), 1);
	close(gone.fd);
}

/* Killed, and not yet gone: it has its memory, and can be bound until it has not. */
TEST_F(target, dying)
{
	const uint32_t flags[] = { VFIO_SVM_PID, VFIO_SVM_PIDFD, VFIO_SVM_MEM_FD };
	const int targets[] = { self->pid, svm_pidfd(self->pid), svm_mem_fd(self->pid, O_RDWR) };
	uint32_t bond;

	dying_hold(self->pid);
	kill(self->pid, SIGKILL);
	dying_await(self->pid);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		svm_unbind(self->container, svm_bind(self->container, flags[i], targets[i]));
	bond = svmbox_bind(&self->box);
	EXPECT_TRUE(is_right(self, bond));
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	dying_let_go(self->pid);
	self->box.peer = NULL;
	EXPECT_TRUE(is_told_of_end(self, bond));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(__svm_bind(self->container, flags[i], targets[i]), -ESRCH);
	EXPECT_EQ(iommu_unmap_all(self->container), SVM_SIZE);
}

struct attempt {
	const char *name;
	uint32_t flags;
	int target;
	int result; /* 0: a bond */
};

static void bind_often(int container, const struct attempt *attempt)
{
	const struct who user = WHO(USER);

	who_become((void *)&user);
	for (int i = 0; i < SLABCOUNT_TIMES; i++) {
		int ret = __svm_bind(container, attempt->flags, attempt->target);

		if (!EXPECT_EQ(ret < 0 ? ret : 0, attempt->result))
			NOTE("%s", attempt->name);
		if (ret > 0)
			svm_unbind(container, ret);
	}
}

static void try_often(struct target_self *self, const struct attempt *attempt)
{
	pid_t child = child_begin();

	if (!child) {
		bind_often(self->container, attempt);
		child_end();
	}
	child_wait(child);
}

static long become_user(void *unused)
{
	const struct who user = WHO(USER);

	who_become((void *)&user);
	return (long)unused;
}

/* Bonds of which nobody could be told the id. */
static void bind_for_nobody(struct target_self *self, pid_t pid)
{
	struct vfio_type1x_svm_bind *bind = mem_untouched(PAGE);

	*bind = (struct vfio_type1x_svm_bind){
		.argsz = sizeof(*bind),
		.flags = VFIO_SVM_PID,
		.target = pid,
	};
	mprotect(bind, PAGE, PROT_READ);
	for (int i = 0; i < SLABCOUNT_TIMES; i++)
		EXPECT_EQ(__svm_bind_raw(self->container, bind), -EFAULT);
	munmap(bind, PAGE);
}

/* A reference that is kept keeps an object for each time. */
TEST_F(target, nothing_is_kept)
{
	struct peer *ended = peer_begin(), *users = peer_begin();
	const struct attempt attempts[] = {
		{ "pid", VFIO_SVM_PID, users->pid, 0 },
		{ "pidfd", VFIO_SVM_PIDFD, svm_pidfd(users->pid), 0 },
		{ "file", VFIO_SVM_MEM_FD, svm_mem_fd(users->pid, O_RDWR), 0 },
		{ "denied", VFIO_SVM_PID, self->pid, -EPERM },
		{ "denied by pidfd", VFIO_SVM_PIDFD, svm_pidfd(self->pid), -EPERM },
		{ "kernel thread", VFIO_SVM_PID, 2, -ESRCH },
		{ "over", VFIO_SVM_PIDFD, svm_pidfd(ended->pid), -ESRCH },
		{ "file of one that is over", VFIO_SVM_MEM_FD, svm_mem_fd(ended->pid, O_RDWR),
		  -ESRCH },
		{ "not a pidfd", VFIO_SVM_PIDFD, self->container, -EOPNOTSUPP },
		{ "read-only", VFIO_SVM_MEM_FD, svm_mem_fd(users->pid, O_RDONLY), -EBADF },
	}, full = { "too many", VFIO_SVM_PID, users->pid, -ENOSPC };

	struct slabcount before;

	ASSERT_EQ(peer_call(users, become_user, NULL), 0);
	peer_end(ended);
	before = slabcount_take();
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		try_often(self, &attempts[i]);
	bind_for_nobody(self, users->pid);
	for (int i = 0; i < MAX_BONDS; i++)
		svm_bind(self->container, 0, 0);
	try_often(self, &full);
	slabcount_expect_no_more(&before);
	peer_end(users);
}

/* Processes that were bound, or looked at in vain, leave nothing when they end. */
TEST_F_TIMEOUT(target, processes_end, 40)
{
	struct slabcount before = slabcount_take();

	for (int round = 0; round < SLABCOUNT_TIMES; round += 8) {
		struct peer *peers[8];

		for (int i = 0; i < 8; i++) {
			peers[i] = peer_begin();
			svm_unbind(self->container,
				   svm_bind(self->container, VFIO_SVM_PID, peers[i]->pid));
			EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID | VFIO_SVM_WANT_PASID,
					     peers[i]->pid),
				  -EOPNOTSUPP);
			kill(peers[i]->pid, SIGKILL);
		}
		for (int i = 0; i < 8; i++)
			peer_end(peers[i]);
	}
	slabcount_expect_no_more(&before);
}

KTAP_MAIN()
