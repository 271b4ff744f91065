// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may bind whom: whoever could attach to it with ptrace(2), by his real ids.
 */
#include <sys/syscall.h>

#include "proc.h"
#include "svmcred.h"

#define SLEEPER		"/tmp/svm_sleeper"

/* A copy of this program, under another name, only sleeps. */
static void __attribute__((constructor)) sleep_if_told(int argc, char **argv)
{
	if (argc && !strcmp(argv[0], "sleeper"))
		for (;;)
			pause();
}

static const struct who root = WHO(0), user = WHO(USER), other = WHO(OTHER);
static const struct who hidden = WHO(USER, .hidden = true);
static const struct who capable = WHO(USER, .ptrace = true);
static const struct who half_root = IDS(USER, 0, USER, .powerless = true);
static const struct who in_user_ns = WHO(USER, .user_ns = true);
static const struct who dormant = WHO(USER, .ptrace = true, .dormant = true);

FIXTURE(cred) {
	struct box box;
	int container;
	char scope[8];
};

FIXTURE_SETUP(cred)
{
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	backend_need_ours("binds no process");
	if (__text_read(YAMA, self->scope, sizeof(self->scope)) > 0)
		text_write(YAMA, "0");
}

FIXTURE_TEARDOWN(cred)
{
	if (self->scope[0])
		text_write(YAMA, self->scope);
	box_close(&self->box);
}

TEST_F(cred, root)
{
	EXPECT_BIND(self, &root, &root, 0);
	EXPECT_BIND(self, &root, &user, 0);
	EXPECT_BIND(self, &root, &hidden, 0);
	EXPECT_BIND(self, &root, &half_root, 0);
	EXPECT_BIND(self, &root, &in_user_ns, 0);
}

TEST_F(cred, user)
{
	EXPECT_BIND(self, &user, &user, 0);
	EXPECT_BIND(self, &user, &other, -EPERM);
	EXPECT_BIND(self, &user, &root, -EPERM);
	EXPECT_BIND(self, &user, &hidden, -EPERM);
	/* A hidden one may look at others. */
	EXPECT_BIND(self, &hidden, &user, 0);
}

/* As after the exec of a setuid program: one uid fits, not all. */
TEST_F(cred, mixed_ids)
{
	const struct who mixed[] = {
		IDS(USER, 0, USER),
		IDS(USER, USER, 0),
		IDS(0, USER, USER),
		IDS(USER, OTHER, USER),
	};

	for (size_t i = 0; i < ARRAY_SIZE(mixed); i++)
		EXPECT_BIND(self, &user, &mixed[i], -EPERM);
}

TEST_F(cred, capability)
{
	EXPECT_BIND(self, &capable, &root, 0);
	EXPECT_BIND(self, &capable, &other, 0);
	EXPECT_BIND(self, &capable, &hidden, 0);
	/* A capability that the caller does not have keeps him off. */
	EXPECT_BIND(self, &user, &capable, -EPERM);
	EXPECT_BIND(self, &capable, &capable, 0);
	/* He has it if it is effective; ptrace(2) itself would let the last one pass. */
	EXPECT_BIND(self, &dormant, &user, 0);
	EXPECT_BIND(self, &dormant, &other, -EPERM);
	EXPECT_BIND(self, &dormant, &capable, -EPERM);
}

/* It is the real ids of the caller that count, not those for files. */
TEST_F(cred, real_ids)
{
	const struct who real_user = IDS(USER, 0, USER, .file = OTHER, .powerless = true);
	const struct who file_user = IDS(OTHER, 0, OTHER, .file = USER, .powerless = true);

	EXPECT_BIND(self, &real_user, &user, 0);
	EXPECT_BIND(self, &real_user, &other, -EPERM);
	EXPECT_BIND(self, &file_user, &user, -EPERM);
	EXPECT_BIND(self, &file_user, &other, 0);
}

static void bind_oneself(int container)
{
	int pidfd = svm_pidfd(getpid()), mem = __svm_mem_fd(getpid(), O_RDWR);

	svm_unbind(container, svm_bind(container, 0, 0));
	svm_unbind(container, svm_bind(container, VFIO_SVM_PID, getpid()));
	svm_unbind(container, svm_bind(container, VFIO_SVM_PIDFD, pidfd));
	/* The file itself is root's if he is hidden. */
	EXPECT_TRUE(mem >= 0 || mem == -EACCES);
	if (mem >= 0)
		svm_unbind(container, svm_bind(container, VFIO_SVM_MEM_FD, mem));
}

/* Everybody may have his own memory, be he ever so hidden. */
TEST_F(cred, own_memory)
{
	const struct who *all[] = { &root, &user, &hidden, &half_root, &in_user_ns, &dormant };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		pid_t child = child_begin();

		if (!child) {
			int mem = svm_mem_fd(getpid(), O_RDWR);

			who_become((void *)all[i]);
			bind_oneself(self->container);
			/* What he opened before he hid. */
			svm_unbind(self->container,
				   svm_bind(self->container, VFIO_SVM_MEM_FD, mem));
			child_end();
		}
		child_wait(child);
	}
}

TEST_F(cred, no_such_process)
{
	static const int pids[] = { 0, -1, 1 << 30, 4194304, 2 /* kthreadd */ };
	struct peer *peer = peer_begin();
	int pidfd, mem;

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID, pids[i]), -ESRCH);
	pidfd = svm_pidfd(2);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, pidfd), -ESRCH);
	/* Newer kernels do not even open it. */
	mem = __svm_mem_fd(2, O_RDWR);
	EXPECT_TRUE(mem >= 0 || mem == -ESRCH);
	if (mem >= 0)
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, mem), -ESRCH);
	pidfd = svm_pidfd(peer->pid);
	peer_end(peer);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, pidfd), -ESRCH);
}

static long gettid_elsewhere(void *unused)
{
	usleep(100000);
	return (long)unused;
}

static void *tell_tid(void *arg)
{
	child_post(arg, syscall(SYS_gettid));
	pause();
	return NULL;
}

/* Any thread of a process will do. */
TEST_F(cred, thread)
{
	int *tid = child_shared(sizeof(*tid));
	pid_t child = child_begin();

	if (!child) {
		thread_begin(tell_tid, tid);
		pause();
	}
	ASSERT_TRUE(child_await(tid, 1));
	EXPECT_NE(*tid, child);
	EXPECT_EQ(who_binds(self->container, &root, VFIO_SVM_PID, *tid), 0);
	EXPECT_EQ(who_binds(self->container, &user, VFIO_SVM_PID, *tid), -EPERM);
	child_kill(child);
}

/* A process may let others have its memory, whoever they are. */
TEST_F(cred, mem_file)
{
	struct peer *peer = peer_begin();
	int mem = svm_mem_fd(peer->pid, O_RDWR);

	EXPECT_EQ(who_binds(self->container, &user, VFIO_SVM_MEM_FD, mem), 0);
	EXPECT_EQ(who_binds(self->container, &in_user_ns, VFIO_SVM_MEM_FD, mem), 0);
	EXPECT_EQ(who_binds(self->container, &user, VFIO_SVM_PID, peer->pid), -EPERM);
	peer_end(peer);
	EXPECT_EQ(who_binds(self->container, &root, VFIO_SVM_MEM_FD, mem), -ESRCH);
}

TEST_F(cred, files)
{
	int files[] = {
		open("/dev/null", O_RDWR),
		open("/proc/self/maps", O_RDONLY),
		self->container,
		open("/proc/self/environ", O_RDONLY),
	};
	int pidfd = svm_pidfd(getpid()), mem = svm_mem_fd(getpid(), O_RDWR);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		ASSERT_LE(0, files[i]);
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, files[i]), -EOPNOTSUPP);
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, files[i]), -EOPNOTSUPP);
	}
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, mem), -EOPNOTSUPP);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, pidfd), -EOPNOTSUPP);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, svm_mem_fd(getpid(), O_RDONLY)),
		  -EBADF);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, svm_mem_fd(getpid(), O_WRONLY)),
		  -EBADF);
	close(mem);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, mem), -EBADF);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, mem), -EBADF);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PIDFD, -1), -EBADF);
	EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_MEM_FD, -1), -EBADF);
}

static long run_sleeper(void *user)
{
	who_become(user);
	return execl(SLEEPER, "sleeper", NULL);
}

/*
 * A program of that mode, run by the same user: it has the number, and the pidfd, that his
 * process had, but not the memory.
 */
static int binds_program(struct cred_self *self, mode_t mode)
{
	struct peer *peer = peer_begin();
	int pidfd = svm_pidfd(peer->pid), mem = svm_mem_fd(peer->pid, O_RDWR), ret;
	char path[32], comm[32] = "";

	who_copy_program(SLEEPER, mode);
	peer_start(peer, run_sleeper, (void *)&user);
	snprintf(path, sizeof(path), "/proc/%d/comm", peer->pid);
	for (int tries = 0; tries < 500 && strcmp(comm, "svm_sleeper"); tries++) {
		usleep(10000);
		__text_read(path, comm, sizeof(comm));
	}
	EXPECT_EQ(strcmp(comm, "svm_sleeper"), 0);
	EXPECT_EQ(who_binds(self->container, &root, VFIO_SVM_PID, peer->pid), 0);
	EXPECT_EQ(who_binds(self->container, &root, VFIO_SVM_MEM_FD, mem), -ESRCH);
	ret = who_binds(self->container, &user, VFIO_SVM_PID, peer->pid);
	EXPECT_EQ(who_binds(self->container, &user, VFIO_SVM_PIDFD, pidfd), ret);
	EXPECT_EQ(who_binds(self->container, &user, VFIO_SVM_MEM_FD, mem), -ESRCH);
	close(pidfd);
	close(mem);
	peer_end(peer);
	unlink(SLEEPER);
	return ret;
}

TEST_F(cred, programs)
{
	EXPECT_EQ(binds_program(self, 0755), 0);
	EXPECT_EQ(binds_program(self, 04755), -EPERM);
	EXPECT_EQ(binds_program(self, 02755), -EPERM);
	/* What one must not read one must not have by way of a process either. */
	EXPECT_EQ(binds_program(self, 0711), -EPERM);
}

TEST_F(cred, user_namespaces)
{
	/* Whoever has made the namespace has all capabilities there, ... */
	EXPECT_BIND(self, &user, &in_user_ns, 0);
	EXPECT_BIND(self, &other, &in_user_ns, -EPERM);
	/* ... and whoever is in it has none outside. */
	EXPECT_BIND(self, &in_user_ns, &user, -EPERM);
	EXPECT_BIND(self, &in_user_ns, &root, -EPERM);
	EXPECT_BIND(self, &in_user_ns, &in_user_ns, -EPERM);
}

static long hide(void *unused)
{
	return prctl(PR_SET_DUMPABLE, !!unused);
}

/* In one user namespace: its root may bind what has begun there. */
TEST_F(cred, within_user_namespace)
{
	pid_t child = child_begin();

	if (!child) {
		struct peer *peer;

		who_become((void *)&in_user_ns);
		peer = peer_begin();
		EXPECT_LT(0, __svm_bind(self->container, VFIO_SVM_PID, peer->pid));
		EXPECT_LT(0, __svm_bind(self->container, VFIO_SVM_PIDFD, svm_pidfd(peer->pid)));
		/* Its memory is from outside, so that this is not for the namespace to allow. */
		peer_call(peer, hide, NULL);
		EXPECT_EQ(__svm_bind(self->container, VFIO_SVM_PID, peer->pid), -EPERM);
		peer_end(peer);
		child_end();
	}
	child_wait(child);
}

static long own_locked(void *unused)
{
	/* By the number that procfs has for it. */
	return proc_locked() + (long)unused;
}

/* In a pid namespace of its own, where its child is number 2. */
static void bind_in_namespace(int container, pid_t outside, int pidfd)
{
	char *memory = mem_untouched(PAGE);
	struct peer *peer = peer_begin();
	uint32_t bond;

	EXPECT_EQ(getpid(), 1);
	EXPECT_EQ(peer->pid, 2);
	bond = svm_bind(container, VFIO_SVM_PID, peer->pid);
	EXPECT_EQ(__svm_map(container, bond, memory, BOX_IOVA, PAGE, VFIO_DMA_MAP_FLAG_READ), 0);
	EXPECT_EQ(peer_call(peer, own_locked, NULL), PAGE);
	EXPECT_EQ(iommu_unmap_all(container), PAGE);
	svm_unbind(container, bond);
	/* He who cannot be seen from here has no number; whoever has a pidfd needs none. */
	EXPECT_EQ(__svm_bind(container, VFIO_SVM_PID, outside), -ESRCH);
	svm_unbind(container, svm_bind(container, VFIO_SVM_PIDFD, pidfd));
	EXPECT_EQ(who_binds(container, &user, VFIO_SVM_PIDFD, pidfd), -EPERM);
	peer_end(peer);
}

TEST_F(cred, pid_namespaces)
{
	struct peer *outside = peer_begin();
	int *inside = child_shared(sizeof(*inside)), pidfd = svm_pidfd(outside->pid);
	pid_t child, grandchild;

	child = child_begin();
	if (!child) {
		must_sys(unshare(CLONE_NEWPID));
		grandchild = child_begin();
		if (!grandchild) {
			bind_in_namespace(self->container, outside->pid, pidfd);
			child_post(inside, 1);
			child_await(inside, 3);
			child_end();
		}
		ASSERT_TRUE(child_await(inside, 1));
		/* From here it has an ordinary number, and is bound by that. */
		EXPECT_GT(grandchild, 2);
		svm_unbind(self->container, svm_bind(self->container, VFIO_SVM_PID, grandchild));
		child_post(inside, 3);
		child_wait(grandchild);
		child_end();
	}
	child_wait(child);
	peer_end(outside);
}

/* A process that nobody may attach to can let them have its memory all the same. */
static void expect_consent(int container)
{
	struct peer *peer = peer_begin();
	int mem = svm_mem_fd(peer->pid, O_RDWR);

	peer_call(peer, who_become, (void *)&user);
	EXPECT_EQ(who_binds(container, &user, VFIO_SVM_PID, peer->pid), -EPERM);
	EXPECT_EQ(who_binds(container, &user, VFIO_SVM_MEM_FD, mem), 0);
	close(mem);
	peer_end(peer);
}

static void need_yama(const struct cred_self *self)
{
	SKIP_IF(!self->scope[0], "kernel without Yama");
}

/* A process like that, and a child of it. */
static int binds_own_child(int container, const struct who *parent)
{
	int *result = child_shared(sizeof(*result));
	pid_t child = child_begin();

	if (!child) {
		struct peer *peer;

		who_become((void *)parent);
		peer = peer_begin();
		peer_call(peer, gettid_elsewhere, NULL);
		prctl(PR_SET_DUMPABLE, 1);
		*result = __svm_bind(container, VFIO_SVM_PID, peer->pid);
		EXPECT_EQ(__svm_bind(container, VFIO_SVM_PIDFD, svm_pidfd(peer->pid)) > 0,
			  *result > 0);
		/* His own he may have in any case, though not by a file of procfs. */
		EXPECT_GT(__svm_bind(container, parent->fileless ? 0 : VFIO_SVM_PID, getpid()), 0);
		peer_end(peer);
		child_end();
	}
	child_wait(child);
	return *result > 0 ? 0 : *result;
}

TEST_F(cred, yama_children_only)
{
	const struct who traceable = WHO(USER, .traceable = true);

	need_yama(self);
	EXPECT_EQ(binds_own_child(self->container, &user), 0);
	text_write(YAMA, "1");
	EXPECT_BIND(self, &user, &user, -EPERM);
	EXPECT_BIND(self, &user, &traceable, 0);
	EXPECT_BIND(self, &other, &traceable, -EPERM);
	EXPECT_BIND(self, &capable, &user, 0);
	EXPECT_BIND(self, &root, &user, 0);
	EXPECT_BIND(self, &dormant, &user, -EPERM);
	EXPECT_EQ(binds_own_child(self->container, &user), 0);
	expect_consent(self->container);
}

TEST_F(cred, yama_administrators_only)
{
	const struct who traceable = WHO(USER, .traceable = true);

	need_yama(self);
	text_write(YAMA, "2");
	EXPECT_BIND(self, &user, &user, -EPERM);
	EXPECT_BIND(self, &user, &traceable, -EPERM);
	EXPECT_BIND(self, &capable, &user, 0);
	EXPECT_BIND(self, &root, &user, 0);
	EXPECT_BIND(self, &dormant, &user, -EPERM);
	EXPECT_EQ(binds_own_child(self->container, &user), -EPERM);
	expect_consent(self->container);
}

TEST_F(cred, landlock)
{
	const struct who inside = WHO(USER, .sandboxed = true);
	const struct who root_inside = WHO(0, .sandboxed = true);
	const struct who fileless = WHO(USER, .fileless = true);
	int ret;

	SKIP_IF(!who_can_be_sandboxed(), "kernel without Landlock");
	EXPECT_BIND(self, &user, &inside, 0);
	EXPECT_BIND(self, &inside, &user, -EPERM);
	EXPECT_BIND(self, &root_inside, &user, -EPERM);
	/* Each in a sandbox of his own. */
	EXPECT_BIND(self, &inside, &inside, -EPERM);
	EXPECT_EQ(binds_own_child(self->container, &inside), 0);
	/* Kernels of which Landlock takes our mount for one of the user's have the file denied. */
	EXPECT_BIND(self, &fileless, &user, -EPERM);
	ret = binds_own_child(self->container, &fileless);
	EXPECT_TRUE(!ret || ret == -EPERM);
}

/* What was opened outside may be used inside. */
TEST_F(cred, landlock_consent)
{
	struct peer *peer = peer_begin();
	int mem = svm_mem_fd(peer->pid, O_RDWR);
	const struct who inside = WHO(USER, .sandboxed = true);

	SKIP_IF(!who_can_be_sandboxed(), "kernel without Landlock");
	EXPECT_EQ(who_binds(self->container, &inside, VFIO_SVM_PID, peer->pid), -EPERM);
	EXPECT_EQ(who_binds(self->container, &inside, VFIO_SVM_MEM_FD, mem), 0);
	close(mem);
	peer_end(peer);
}

KTAP_MAIN()
