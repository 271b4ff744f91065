// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds, and processes that exec, exit, are killed and get the pids of others just then.
 * What may come of each call is known, and afterwards nothing is pinned and nobody pays.
 */
#include "svmrace.h"

#define PID_MAX		"/proc/sys/kernel/pid_max"
#define USUAL_PID_MAX	"32768"
#define LOWEST_PID_MAX	301
#define HIGHEST_PID_MAX	1024
#define SPARE_PIDS	3
#define SECRET		"/tmp/svm_secret"

static const struct who user = WHO(USER);

static int keep_secret_longer(void *unused)
{
	race_pause(5000);
	_exit(!!unused);
}

/*
 * A copy of this program, under another name, has a secret where it is told to.  When it
 * goes on to something else another process still has that.
 */
static void __attribute__((constructor)) keep_secret_if_told(int argc, char **argv)
{
	void *addr;

	if (argc != 2 || strcmp(argv[0], "secret"))
		return;
	addr = (void *)strtoull(argv[1], NULL, 16);
	addr = mmap(addr, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0);
	if (addr == MAP_FAILED)
		_exit(1);
	memset(addr, 1, PAGE);
	race_pause(2000);
	must_sys(clone(keep_secret_longer, (char *)addr + PAGE, CLONE_VM | SIGCHLD, NULL));
	/* Now it is the user's again, who may have what comes, and not what has been. */
	must_sys(setresuid(USER, USER, USER));
	execl("/bin/busybox", "usleep", "2000", NULL);
	_exit(1);
}

FIXTURE(svm_race) {
	struct svmbox box;
	struct race race;
};

FIXTURE_SETUP(svm_race)
{
	/* Whatever an earlier test that failed has left. */
	text_write(PID_MAX, USUAL_PID_MAX);
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->race.container = self->box.container;
	self->race.memory = self->box.memory;
	self->race.iova = RACE_IOVA;
	self->race.rounds = race_rounds(100);
}

FIXTURE_TEARDOWN(svm_race)
{
	text_write(PID_MAX, USUAL_PID_MAX);
	unlink(SECRET);
	__iommu_unmap(self->box.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	svmbox_close(&self->box);
}

static void bind_who_leaves(struct race *race)
{
	for (int round = 0; round < race->rounds; round++) {
		pid_t victim = child_begin();
		int bond, tries = round % 3;

		if (!victim) {
			if (race->arg)
				execl(race->arg, "true", NULL);
			_exit(0);
		}
		do {
			bond = race_bind(race, VFIO_SVM_PID, victim);
			if (bond < 0)
				break;
			race_map_and_unmap(race, bond, PAGE);
			svm_unbind(race->container, bond);
		} while (tries--);
		EXPECT_NE(bond, -EPERM);
		ASSERT_EQ(waitpid(victim, NULL, 0), victim);
	}
}

/* The victim runs another program while it is bound, mapped and unbound. */
TEST_F_TIMEOUT(svm_race, exec, RACE_TIMEOUT)
{
	struct race sum;

	self->race.arg = "/bin/busybox";
	sum = race_run(&self->race, bind_who_leaves);
	EXPECT_TIMELY(sum.mapped, >, 0);
	EXPECT_TIMELY(sum.gone + sum.over, >, 0);
}

/* It ends. */
TEST_F_TIMEOUT(svm_race, exit, RACE_TIMEOUT)
{
	struct race sum = race_run(&self->race, bind_who_leaves);

	EXPECT_TIMELY(sum.mapped, >, 0);
	EXPECT_TIMELY(sum.gone + sum.over, >, 0);
}

static void map_who_dies(struct race *race)
{
	for (int round = 0; round < race->rounds; round++) {
		pid_t victim = child_begin();
		int bond;

		if (!victim)
			for (;;)
				pause();
		bond = race_bind(race, VFIO_SVM_PID, victim);
		ASSERT_LT(0, bond);
		if (round % 2)
			svm_map(race->container, bond, race->memory, race->iova + MIB(2), SVM_SIZE,
				IOMMU_RW);
		kill(victim, SIGKILL);
		while (race_map_and_unmap(race, bond, SVM_SIZE))
			;
		svm_unbind(race->container, bond);
		ASSERT_EQ(waitpid(victim, NULL, 0), victim);
		if (round % 2)
			EXPECT_EQ(iommu_unmap(race->container, race->iova, MIB(4)), SVM_SIZE);
	}
}

/* The victim is killed while a mapping is being made, or unmapped. */
TEST_F_TIMEOUT(svm_race, killed, RACE_TIMEOUT)
{
	struct race sum = race_run(&self->race, map_who_dies);

	EXPECT_TIMELY(sum.mapped, >, 0);
	EXPECT_TIMELY(sum.over, >, 0);
}

/* The user's own process, then not his any more, and then again. */
static int bind_by_all_means(struct race *race, int turn, pid_t victim, int pidfd)
{
	int mem, bond;

	if (turn % 8)
		return turn % 2 ? race_bind(race, VFIO_SVM_PID, victim)
				: race_bind(race, VFIO_SVM_PIDFD, pidfd);
	mem = __svm_mem_fd(victim, O_RDWR);
	if (mem < 0) {
		race->denied += mem == -EACCES;
		return mem;
	}
	usleep(turn % 5 * 100);
	bond = race_bind(race, VFIO_SVM_MEM_FD, mem);
	close(mem);
	return bond;
}

static void bind_who_rises(struct race *race)
{
	who_become((void *)&user);
	/* Nobody but the program has something there. */
	munmap(race->memory, PAGE);
	for (int round = 0; round < race->rounds; round++) {
		pid_t victim = child_begin();
		int bond, pidfd, status;

		if (!victim) {
			execl(SECRET, "secret", race->arg, NULL);
			_exit(2);
		}
		pidfd = svm_pidfd(victim);
		/* Without a pause: what must not be is over within some microseconds. */
		for (int turn = round;; turn++) {
			bond = bind_by_all_means(race, turn, victim, pidfd);
			if (bond == -ESRCH && waitpid(victim, &status, WNOHANG) == victim)
				break;
			if (bond < 0)
				continue;
			EXPECT_FALSE(race_map_and_unmap(race, bond, PAGE));
			svm_unbind(race->container, bond);
		}
		EXPECT_EQ(status, 0);
		close(pidfd);
	}
}

/*
 * The victim runs a setuid program, and then an ordinary one: the user gets at what is his
 * before and after, and never at what is between.
 */
TEST_F_TIMEOUT(svm_race, setuid_programs, RACE_TIMEOUT)
{
	char address[20];
	struct race sum;

	snprintf(address, sizeof(address), "%llx",
		 (unsigned long long)(uintptr_t)self->race.memory);
	who_copy_program(SECRET, 04755);
	self->race.rounds = race_rounds(10);
	self->race.workers = 2;
	self->race.arg = address;
	sum = race_run(&self->race, bind_who_rises);
	EXPECT_TIMELY(sum.bound, >, 0);
	EXPECT_TIMELY(sum.denied, >, 0);
	EXPECT_EQ(sum.mapped, 0);
}

struct reuse {
	int told[RACE_WORKERS];
	int over;
	int times[HIGHEST_PID_MAX]; /* that a pid was given to a victim */
	struct race race;
};

/* Who has a secret, and who is the user; both get the same pids. */
static void make_victims(struct reuse *reuse, int maker)
{
	for (int round = 0; round < reuse->race.rounds / RACE_WORKERS; round++) {
		pid_t victim;

		while ((victim = fork()) < 0)
			usleep(1000);
		if (!victim) {
			if (round % 2) {
				munmap(reuse->race.memory, PAGE);
				who_become((void *)&user);
			}
			race_pause(round % 7 * 100);
			_exit(0);
		}
		child_post(&reuse->told[maker], victim);
		if (victim < HIGHEST_PID_MAX)
			__atomic_fetch_add(&reuse->times[victim], 1, __ATOMIC_RELAXED);
		ASSERT_EQ(waitpid(victim, NULL, 0), victim);
	}
}

/* As few pids as some processes can still be made with: one that is free, and few more. */
static void lower_pid_max(void)
{
	char number[16];
	pid_t child;
	int max;

	for (max = LOWEST_PID_MAX;; max++) {
		snprintf(number, sizeof(number), "%d", max);
		text_write(PID_MAX, number);
		child = fork();
		if (!child)
			_exit(0);
		if (child > 0)
			break;
	}
	waitpid(child, NULL, 0);
	max += SPARE_PIDS;
	snprintf(number, sizeof(number), "%d", max);
	text_write(PID_MAX, number);
	NOTE("pid_max %d", max);
}

/* The user never gets at the secret, whoever has the pid between his calls. */
static void bind_whoever(struct reuse *reuse)
{
	struct race *race = &reuse->race;

	who_become((void *)&user);
	for (int i = 0; !__atomic_load_n(&reuse->over, __ATOMIC_ACQUIRE); i++) {
		pid_t pid = __atomic_load_n(&reuse->told[i % RACE_WORKERS], __ATOMIC_ACQUIRE);
		int pidfd = -1, bond;

		if (!pid)
			continue;
		if (i / RACE_WORKERS % 2)
			pidfd = __svm_pidfd(pid);
		bond = pidfd < 0 ? race_bind(race, VFIO_SVM_PID, pid)
				 : race_bind(race, VFIO_SVM_PIDFD, pidfd);
		if (pidfd >= 0)
			close(pidfd);
		if (bond < 0)
			continue;
		EXPECT_FALSE(race_map_and_unmap(race, bond, PAGE));
		svm_unbind(race->container, bond);
	}
}

TEST_F_TIMEOUT(svm_race, pid_reuse, RACE_TIMEOUT)
{
	struct reuse *reuse = child_shared(sizeof(*reuse));
	pid_t binder, makers[RACE_WORKERS];

	reuse->race = self->race;
	binder = child_begin();
	if (!binder) {
		bind_whoever(reuse);
		child_end();
	}
	for (int i = 0; i < RACE_WORKERS; i++) {
		makers[i] = child_begin();
		if (makers[i])
			continue;
		make_victims(reuse, i);
		child_end();
	}
	lower_pid_max();
	for (int i = 0; i < RACE_WORKERS; i++)
		child_wait(makers[i]);
	child_post(&reuse->over, 1);
	child_wait(binder);
	for (int pid = 0; pid < HIGHEST_PID_MAX; pid++)
		reuse->race.fresh += reuse->times[pid] ? reuse->times[pid] - 1 : 0;
	race_note(&reuse->race);
	EXPECT_TIMELY(reuse->race.bound, >, 0);
	EXPECT_TIMELY(reuse->race.denied, >, 0);
	/* Most of them have had the number of another one. */
	EXPECT_LT(reuse->race.rounds / 2, reuse->race.fresh);
}

KTAP_MAIN()
