// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process ends while a device writes to its memory: by itself, by exec, by SIGKILL, and
 * for want of memory, when the kernel takes the memory of one that has been killed and is
 * in no hurry.  The device reaches none of it when the program has been told.
 *
 * The OOM killer writes "Call Trace" into the kernel log, which is no splat.
 */
#include "cgroup.h"
#include "dying.h"
#include "svmbox.h"
#include "witness.h"

#define IOVA_B		0x50000000ull
#define IOVA_SHARED	0x60000000ull
#define ROOM		MIB(2)

FIXTURE(death) {
	struct svmbox box;
	int container;
	char *memory;
	char *shared; /* memory that the kernel does not take from a process that is killed */
	pid_t pid;
	int pidfd;
	uint32_t bond;
	struct witness *witness;
	char *data; /* what the device writes */
	int *turns; /* how often it has */
	pid_t worker;
};

static void __attribute__((noreturn)) dma_for_ever(struct death_self *self)
{
	struct vfio_device *edu = box_edu(&self->box.box, 0);

	for (;;) {
		__edu_load(edu, BOX_IOVA, 0, EDU_MAX_TRANSFER);
		__edu_store(edu, IOVA_B, 0, EDU_MAX_TRANSFER);
		__atomic_fetch_add(self->turns, 1, __ATOMIC_RELEASE);
	}
}

FIXTURE_SETUP(death)
{
	self->witness = child_shared(sizeof(*self->witness));
	witness_open(self->witness);
	self->shared = child_shared(PAGE);
	self->data = child_shared(PAGE);
	self->turns = child_shared(sizeof(*self->turns));
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->pid = self->box.pid;
	self->pidfd = svm_pidfd(self->pid);
	self->bond = svmbox_bind(&self->box);
	iommu_map(self->container, self->data, BOX_IOVA, PAGE, IOMMU_R);
	self->box.before = snapshot_take(self->container);

	svm_map(self->container, self->bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	self->witness->addr = self->memory;
	ASSERT_EQ(peer_call(self->box.peer, witness_take, self->witness), 0);
	box_edu(&self->box.box, 0);
	self->worker = child_begin();
	if (!self->worker)
		dma_for_ever(self);
}

FIXTURE_TEARDOWN(death)
{
	if (self->worker)
		child_kill(self->worker);
	witness_close(self->witness);
	svmbox_close(&self->box);
}

/* What the device is told to write arrives within some turns; false if it does not. */
static bool is_written(struct death_self *self, uint64_t seed)
{
	int until = __atomic_load_n(self->turns, __ATOMIC_ACQUIRE) + 2;
	char page[PAGE];

	mem_fill(self->data, PAGE, seed);
	ASSERT_TRUE(child_await(self->turns, until));
	witness_look(self->witness, page);
	return mem_differs(page, EDU_MAX_TRANSFER, seed) < 0;
}

/* What the page has now it has for ever, whatever the device does. */
static bool is_left_alone(struct death_self *self, uint64_t seed)
{
	char before[PAGE], after[PAGE];
	bool written;

	witness_look(self->witness, before);
	written = is_written(self, seed);
	witness_look(self->witness, after);
	return !written && !memcmp(before, after, PAGE);
}

#define is_told(self, ...)	svmbox_told(&(self)->box, ##__VA_ARGS__)
#define is_told_of_end(self) \
	is_told(self, VFIO_TYPE1X_FAULT_REASON_BOND_ENDED, (self)->bond, 0, 0)
#define is_told_of_loss(self) \
	is_told(self, VFIO_TYPE1X_FAULT_REASON_REVOKED, (self)->bond, IOVA_B, SVM_SIZE)

static int map_again(struct death_self *self)
{
	return __svm_map(self->container, self->bond, self->memory + PAGE, GIB(3), PAGE, IOMMU_RW);
}

/* The device has been cut off, and all is as it was before the bond. */
static void expect_no_trace(struct death_self *self)
{
	EXPECT_TRUE(is_left_alone(self, 3));
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_EQ(map_again(self), -ESRCH);
	EXPECT_EQ(iommu_unmap(self->container, IOVA_B, SVM_SIZE), SVM_SIZE);
	svm_unbind(self->container, self->bond);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

TEST_F(death, killed)
{
	EXPECT_TRUE(is_written(self, 1));
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	child_kill(self->pid);
	self->box.peer = NULL;
	EXPECT_TRUE(is_told_of_end(self));
	expect_no_trace(self);
}

static long leave(void *unused)
{
	_exit(!!unused);
}

TEST_F(death, left)
{
	EXPECT_TRUE(is_written(self, 1));
	peer_start(self->box.peer, leave, NULL);
	EXPECT_TRUE(is_told_of_end(self));
	expect_no_trace(self);
}

static long run_another(void *unused)
{
	return execl("/bin/busybox", "sleep", "60", NULL) + (long)unused;
}

TEST_F(death, another_program)
{
	EXPECT_TRUE(is_written(self, 1));
	peer_start(self->box.peer, run_another, NULL);
	EXPECT_TRUE(is_told_of_end(self));
	expect_no_trace(self);
	EXPECT_EQ(svm_locked(self->pid), 0);
}

/* Its memory has been taken, and it is still there: it could be mapped, were there any. */
static void expect_reaped(struct death_self *self)
{
	EXPECT_TRUE(is_left_alone(self, 2));
	EXPECT_TRUE(svm_locked_becomes(self->pid, PAGE));
	EXPECT_EQ(map_again(self), -EFAULT);
	EXPECT_EQ(svm_locked(self->pid), PAGE);
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	/* Only now does it lose what it shares with others, and the bond is over. */
	dying_let_go(self->pid);
	self->box.peer = NULL;
	EXPECT_TRUE(is_told_of_end(self));
	EXPECT_EQ(iommu_unmap(self->container, IOVA_SHARED, PAGE), PAGE);
	expect_no_trace(self);
}

/* The system call that does the reaper's work. */
TEST_F(death, reaped)
{
	svm_map(self->container, self->bond, self->shared, IOVA_SHARED, PAGE, IOMMU_RW);
	EXPECT_TRUE(is_written(self, 1));
	EXPECT_EQ(__dying_reap(self->pidfd), -EINVAL);
	dying_hold(self->pid);
	kill(self->pid, SIGKILL);
	dying_await(self->pid);
	EXPECT_TRUE(is_written(self, 4));
	EXPECT_EQ(__dying_reap(self->pidfd), 0);
	EXPECT_TRUE(is_told_of_loss(self));
	expect_reaped(self);
}

static long enter_cgroup(void *unused)
{
	cgroup_enter();
	return (long)unused;
}

/* More than there is. */
static long eat(void *unused)
{
	for (;;)
		memset(mem_untouched(MIB(1)), 1, MIB(1));
	return (long)unused;
}

/* The real thing: the process is killed by its cgroup, and the reaper comes two seconds later. */
TEST_F_TIMEOUT(death, out_of_memory, 40)
{
	cgroup_open();
	svm_map(self->container, self->bond, self->shared, IOVA_SHARED, PAGE, IOMMU_RW);
	ASSERT_EQ(peer_call(self->box.peer, enter_cgroup, NULL), 0);
	cgroup_limit(ROOM);
	dying_hold(self->pid);
	EXPECT_TRUE(is_written(self, 1));
	peer_start(self->box.peer, eat, NULL);
	dying_await(self->pid);
	EXPECT_TRUE(is_told_of_loss(self));
	EXPECT_EQ(text_find_u64(CGROUP_DIR "/memory.events", "oom_kill"), 1);
	expect_reaped(self);
	cgroup_close();
}

KTAP_MAIN()
