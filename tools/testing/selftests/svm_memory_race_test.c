// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of a bond, and a process that unmaps, moves and copies its memory just then, or
 * is dying and has it taken away; groups and containers that go at the same time.  Each
 * mapping that is lost is told of once; afterwards nothing is pinned and nobody pays.
 */
#include <sys/uio.h>

#include "dying.h"
#include "svmrace.h"
#include "testbox.h"

#define NR_PAGES	(SVM_SIZE / PAGE)
#define LARGE		KIB(512)

FIXTURE(svm_memory_race) {
	struct svmbox box;
	struct race race;
};

FIXTURE_SETUP(svm_memory_race)
{
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->race.container = self->box.container;
	self->race.memory = self->box.memory;
	self->race.iova = RACE_IOVA;
	self->race.rounds = race_rounds(100);
}

FIXTURE_TEARDOWN(svm_memory_race)
{
	backend_set("private_domains", "N");
	__iommu_unmap(self->box.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_TRUE(svmbox_unpinned(&self->box));
	svmbox_close(&self->box);
}

static bool map_page(char *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

static char *page_of_round(void *memory, unsigned int round)
{
	return (char *)memory + round % NR_PAGES * PAGE;
}

/* What the peer does, for ever: it unmaps and maps, and what must not matter. */
static long unmap_for_ever(void *memory)
{
	for (unsigned int round = 0;; round++) {
		char *at = page_of_round(memory, round);

		madvise(at, PAGE, MADV_DONTNEED);
		munmap(at, PAGE);
		if (round % 3 == 0)
			usleep(100);
		must_be(map_page(at));
		*(volatile char *)at = round;
		usleep(round % 5 * 500);
	}
	return 0;
}

/* It moves pages away, leaves what is not there or is empty, and moves them back. */
static long move_for_ever(void *memory)
{
	char *aside = mem_reserve(PAGE, PAGE);

	for (unsigned int round = 0;; round++) {
		int flags = MREMAP_MAYMOVE | MREMAP_FIXED |
			    (round / NR_PAGES % 2 ? MREMAP_DONTUNMAP : 0);
		char *at = page_of_round(memory, round);

		must_be(mremap(at, PAGE, PAGE, flags, aside) != MAP_FAILED);
		if (round % 3 == 0)
			usleep(100);
		must_be(mremap(aside, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at) != MAP_FAILED);
		*(volatile char *)at = round;
		usleep(round % 5 * 500);
	}
	return 0;
}

/* It has children, who write to what they have of it, as it does itself. */
static long fork_for_ever(void *memory)
{
	for (unsigned int round = 0;; round++) {
		volatile char *end = page_of_round(memory, round) + PAGE - 1;
		pid_t child = fork();

		if (!child) {
			*end = -round;
			_exit(0);
		}
		*end = round;
		if (round % 2)
			usleep(round % 5 * 500);
		waitpid(child, NULL, 0);
	}
	return 0;
}

static void end_peer(struct svmbox *box)
{
	kill(box->pid, SIGKILL);
	waitpid(box->pid, NULL, 0);
	box->peer = NULL;
}

/* Map until it has worked so often; in each fifth case the bond ends before the mapping. */
static void map_meanwhile(struct svm_memory_race_self *self)
{
	int bond = svmbox_bind(&self->box);
	struct race *race = &self->race;

	while (race->mapped < race->rounds) {
		size_t size = (1 + race->mapped % 3) * PAGE;

		if (!race_map(race, bond, size))
			continue;
		race_pause(race->mapped % 4 * 700);
		if (race->mapped % 5 == 0)
			svm_unbind(race->container, bond);
		EXPECT_EQ(iommu_unmap(race->container, race->iova, size), size);
		if (race->mapped % 5 == 0)
			bond = race_bind(race, VFIO_SVM_PID, self->box.pid);
		race->told += race_drain(self->box.faults);
	}
	race_note(race);
	EXPECT_EQ(race->over, 0);
	EXPECT_LE(race->told, race->mapped);
}

TEST_F_TIMEOUT(svm_memory_race, unmapped, RACE_TIMEOUT)
{
	peer_start(self->box.peer, unmap_for_ever, self->race.memory);
	map_meanwhile(self);
	EXPECT_TIMELY(self->race.told, >, 0);
	end_peer(&self->box);
}

TEST_F_TIMEOUT(svm_memory_race, moved, RACE_TIMEOUT)
{
	peer_start(self->box.peer, move_for_ever, self->race.memory);
	map_meanwhile(self);
	EXPECT_TIMELY(self->race.told, >, 0);
	end_peer(&self->box);
}

/* What the device writes is in the memory of the parent. */
static bool arrives_in_parent(struct svm_memory_race_self *self, char *mine)
{
	char page[EDU_MAX_TRANSFER];
	struct iovec to = { page, sizeof(page) };
	struct iovec from = { self->race.memory, sizeof(page) };

	self->race.fresh++;
	mem_fill(mine, PAGE, self->race.fresh);
	edu_copy(box_edu(&self->box.box, 0), BOX_IOVA, self->race.iova, sizeof(page));
	must_be(process_vm_readv(self->box.pid, &to, 1, &from, 1, 0) == (ssize_t)sizeof(page));
	return mem_differs(page, sizeof(page), self->race.fresh) < 0;
}

/* fork() takes nothing away, and gives children nothing that the device writes. */
TEST_F_TIMEOUT(svm_memory_race, forked, RACE_TIMEOUT)
{
	int bond = svmbox_bind(&self->box);
	struct race *race = &self->race;
	char *mine = mem_untouched(PAGE);

	iommu_map(race->container, mine, BOX_IOVA, PAGE, IOMMU_R);
	peer_start(self->box.peer, fork_for_ever, race->memory);
	for (int round = 0; round < race->rounds; round++) {
		ASSERT_TRUE(race_map(race, bond, SVM_SIZE));
		if (round % (race->rounds / 5 + 1) == 0)
			EXPECT_TRUE(arrives_in_parent(self, mine));
		usleep(round % 3 * 500);
		EXPECT_EQ(iommu_unmap(race->container, race->iova, SVM_SIZE), SVM_SIZE);
		if (round % 5)
			continue;
		svm_unbind(race->container, bond);
		bond = race_bind(race, VFIO_SVM_PID, self->box.pid);
	}
	race_note(race);
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	end_peer(&self->box);
	race_drain(self->box.faults);
}

/* What a thread maps while its process kills. */
struct reap {
	struct race *race;
	int bond; /* 0 to pause, -1 to end */
	int paused;
};

static void *map_for_the_reaper(void *arg)
{
	struct reap *reap = arg;
	int bond;

	while ((bond = __atomic_load_n(&reap->bond, __ATOMIC_ACQUIRE)) >= 0) {
		if (bond) {
			race_map_and_unmap(reap->race, bond, LARGE);
			continue;
		}
		child_post(&reap->paused, 1);
		usleep(200);
	}
	return NULL;
}

static pid_t make_large_victim(char *memory, int *ready)
{
	pid_t victim;

	child_post(ready, 0);
	victim = child_begin();
	if (!victim) {
		must_be(mmap(memory, LARGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1,
			     0) != MAP_FAILED);
		child_post(ready, 1);
		for (;;)
			pause();
	}
	ASSERT_TRUE(child_await(ready, 1));
	return victim;
}

/* The reaper must not wait for those who map; it comes again. */
static void reap_until_done(struct race *race, pid_t victim)
{
	int pidfd = svm_pidfd(victim), ret, tries = 0;

	do
		ret = __dying_reap(pidfd);
	while (ret == -EAGAIN && ++tries < 10000);
	EXPECT_EQ(ret, 0);
	race->again += tries;
	race->fresh++;
	close(pidfd);
}

/* On a busy host the thread may need long to map as much as that. */
static void await_first_map(const struct race *race)
{
	double end = ktap_now() + ktap_scale(5);

	while (!__atomic_load_n(&race->mapped, __ATOMIC_RELAXED) && ktap_now() < end)
		usleep(100);
}

static void reap_who_dies(struct race *race)
{
	struct reap reap = { .race = race };
	int *ready = child_shared(sizeof(*ready));
	pthread_t mapper = thread_begin(map_for_the_reaper, &reap);

	for (int round = 0; round < race->rounds; round++) {
		pid_t victim = make_large_victim(race->memory, ready);
		int bond = race_bind(race, VFIO_SVM_PID, victim);

		ASSERT_LT(0, bond);
		dying_hold(victim);
		child_post(&reap.bond, bond);
		usleep(round % 4 * 500);
		if (!round)
			await_first_map(race);
		kill(victim, SIGKILL);
		dying_await(victim);
		reap_until_done(race, victim);
		if (round % 2)
			dying_let_go(victim);
		child_post(&reap.bond, 0);
		child_post(&reap.paused, 0);
		ASSERT_TRUE(child_await(&reap.paused, 1));
		EXPECT_FALSE(race_map(race, bond, LARGE));
		svm_unbind(race->container, bond);
		if (round % 2 == 0)
			dying_let_go(victim);
	}
	child_post(&reap.bond, -1);
	thread_wait(mapper);
}

/* The kernel takes the memory of processes that have been killed, and does not wait. */
TEST_F_TIMEOUT(svm_memory_race, reaped, RACE_TIMEOUT)
{
	char *apart = mem_reserve(LARGE, PAGE);
	struct race sum;

	self->race.memory = apart;
	self->race.rounds = race_rounds(50);
	sum = race_run(&self->race, reap_who_dies);
	EXPECT_TIMELY(sum.mapped, >, 0);
	EXPECT_EQ(sum.fresh, sum.rounds);
	race_drain(self->box.faults);
}

static void *map_for_ever(void *arg)
{
	struct svm_memory_race_self *self = arg;
	uint32_t bond = svmbox_bind(&self->box);

	/* Until the thread is cancelled; pages one by one, all over the place. */
	for (uint64_t page = 0;; page = (page + 1) % 64) {
		uint64_t iova = RACE_IOVA + page * PAGE;

		__iommu_unmap(self->box.container, iova, PAGE, 0, NULL);
		__svm_map(self->box.container, bond, self->box.memory + page % NR_PAGES * PAGE,
			  iova, PAGE, IOMMU_RW);
		pthread_testcancel();
	}
	return NULL;
}

/* Groups join, each with a page table of its own, and leave, while memory is taken back. */
TEST_F_TIMEOUT(svm_memory_race, groups, RACE_TIMEOUT)
{
	pthread_t mapper = thread_begin(map_for_ever, self);

	backend_set("private_domains", "Y");
	peer_start(self->box.peer, unmap_for_ever, self->race.memory);
	self->race.rounds = race_rounds(5);
	for (int round = 0; round < self->race.rounds; round++) {
		int ret = __box_add(&self->box.box);

		EXPECT_EQ(ret, 0);
		/* The peer has no copy of this descriptor. */
		if (!ret)
			box_remove_last(&self->box.box);
		self->race.told += race_drain(self->box.faults);
	}
	pthread_cancel(mapper);
	thread_wait(mapper);
	race_note(&self->race);
	end_peer(&self->box);
}

static void close_meanwhile(struct race *race)
{
	struct peer *peer = peer_begin();
	int container = vfio_container_open(), group = box_group_open(1);
	int bond;

	vfio_group_attach(group, container);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	bond = svm_bind(container, VFIO_SVM_PID, peer->pid);
	for (int i = 0; i < 8; i++)
		svm_map(container, bond, race->memory, race->iova + i * SVM_SIZE, SVM_SIZE,
			IOMMU_RW);
	peer_start(peer, unmap_for_ever, race->memory);
	if (race->bound % 2)
		kill(peer->pid, SIGKILL);
	usleep(race->bound % 5 * 200);
	close(group);
	close(container);
	peer_end(peer);
	race->bound++;
	race->mapped += 8;
}

/* The container goes while its process does, and while it is being mapped. */
TEST_F_TIMEOUT(svm_memory_race, containers, RACE_TIMEOUT)
{
	self->race.rounds = race_rounds(5);
	for (int round = 0; round < self->race.rounds; round++)
		close_meanwhile(&self->race);
	race_note(&self->race);
}

FIXTURE(svm_attach_race) {
	struct testbox box;
	struct race race;
	int64_t pinned;
};

FIXTURE_SETUP(svm_attach_race)
{
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	backend_need_ours("binds no process");
	self->race.container = self->box.container;
	self->race.memory = mem_untouched(SVM_SIZE);
	self->race.iova = RACE_IOVA;
	self->race.rounds = race_rounds(10);
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(svm_attach_race)
{
	testbox_close(&self->box);
	EXPECT_EQ(proc_pinned(), self->pinned);
}

/*
 * The first group behind an IOMMU joins an emulated one while a process that was bound is
 * dying: its memory is pinned or it is not, and the group joins in any case.
 */
TEST_F_TIMEOUT(svm_attach_race, dying, RACE_TIMEOUT)
{
	struct race *race = &self->race;
	int group = box_group_open(0);

	for (int round = 0; round < race->rounds; round++) {
		struct peer *peer = peer_begin();
		int bond = race_bind(race, VFIO_SVM_PID, peer->pid);

		ASSERT_TRUE(race_map(race, bond, SVM_SIZE));
		kill(peer->pid, SIGKILL);
		usleep(round % 16 * 100);
		EXPECT_EQ(__vfio_group_attach(group, race->container), 0);
		vfio_group_detach(group);
		peer_end(peer);
		EXPECT_EQ(iommu_unmap(race->container, race->iova, SVM_SIZE), SVM_SIZE);
		svm_unbind(race->container, bond);
	}
	close(group);
	race_note(race);
}

KTAP_MAIN()
