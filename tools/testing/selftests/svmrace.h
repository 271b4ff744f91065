/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rounds of a race, the workers that share them, and what came of it.
 *
 * T1X_ROUNDS in the environment: rounds of each test, instead of 1000 (64 on slow
 * kernels).  What came of them is in a line that begins with "# rounds", which
 * tools/soak collects.
 */
#ifndef SELFTESTS_SVMRACE_H
#define SELFTESTS_SVMRACE_H

#include "svmbox.h"
#include "svmcred.h"

#define RACE_IOVA	0x50000000ull
#define RACE_TIMEOUT	40

/* A process whose memory somebody has bound takes long to exit: let many do so at once. */
#define RACE_WORKERS	8

/* Rounds of a test; in percent for those whose rounds are long. */
static inline int race_rounds(int percent)
{
	return ktap_rounds(ktap_scale(1) > 1 ? 64 : 1000) * percent / 100 ?: 1;
}

/* Let something happen meanwhile; on slow kernels that takes longer. */
static inline void race_pause(unsigned int us)
{
	usleep(ktap_scale(1) > 1 ? 5 * us : us);
}

struct race {
	int container;
	char *memory;
	uint64_t iova; /* where this worker maps */
	int rounds;
	int workers; /* of RACE_WORKERS, 0 for all */
	void *arg;   /* for the test */
	/* What came of it: bonds made and refused; maps that worked, or found it was over. */
	int bound, denied, gone, again;
	int mapped, lost, over;
	int told;  /* records */
	int fresh; /* what the test counts for itself */
};

static inline void race_note(const struct race *race)
{
	printf("# rounds %d: bound %d denied %d gone %d again %d", race->rounds, race->bound,
	       race->denied, race->gone, race->again);
	printf(" mapped %d lost %d over %d told %d other %d\n", race->mapped, race->lost,
	       race->over, race->told, race->fresh);
}

static inline void race_add(struct race *sum, const struct race *race)
{
	sum->rounds += race->rounds;
	sum->bound += race->bound;
	sum->denied += race->denied;
	sum->gone += race->gone;
	sum->again += race->again;
	sum->mapped += race->mapped;
	sum->lost += race->lost;
	sum->over += race->over;
	sum->told += race->told;
	sum->fresh += race->fresh;
}

/* So many rounds of @race, by workers who have a room each from its iova on. */
static inline struct race race_run(const struct race *race, void (*run)(struct race *worker))
{
	struct race *workers = child_shared(RACE_WORKERS * sizeof(*workers)), sum = {};
	int nr = race->workers ?: RACE_WORKERS;
	pid_t pids[RACE_WORKERS];

	for (int i = 0; i < nr; i++) {
		workers[i] = *race;
		workers[i].iova += i * MIB(4);
		workers[i].rounds = (race->rounds + nr - 1) / nr;
		pids[i] = child_begin();
		if (!pids[i]) {
			run(&workers[i]);
			child_end();
		}
	}
	for (int i = 0; i < nr; i++) {
		child_wait(pids[i]);
		race_add(&sum, &workers[i]);
	}
	race_note(&sum);
	return sum;
}

/* Bind; only what may come of it is right. */
static inline int race_bind(struct race *race, uint32_t flags, int target)
{
	int bond = __svm_bind(race->container, flags, target);

	race->bound += bond > 0;
	race->denied += bond == -EPERM;
	race->gone += bond == -ESRCH;
	race->again += bond == -EAGAIN;
	EXPECT_TRUE(bond > 0 || bond == -EPERM || bond == -ESRCH || bond == -EAGAIN);
	return bond;
}

/* Map, if it is still there; true if it is mapped. */
static inline bool race_map(struct race *race, uint32_t bond, size_t size)
{
	int ret = __svm_map(race->container, bond, race->memory, race->iova, size, IOMMU_RW);

	race->mapped += !ret;
	race->lost += ret == -EFAULT;
	race->over += ret == -ESRCH;
	EXPECT_TRUE(!ret || ret == -EFAULT || ret == -ESRCH);
	return !ret;
}

/* What is mapped is unmapped, whatever has become of it. */
static inline bool race_map_and_unmap(struct race *race, uint32_t bond, size_t size)
{
	if (!race_map(race, bond, size))
		return false;
	EXPECT_EQ(iommu_unmap(race->container, race->iova, size), size);
	return true;
}

/* Read away what has been told. */
static inline int race_drain(int faults)
{
	struct vfio_type1x_fault records[32];
	int nr = 0;
	long got;

	while ((got = __fault_read(faults, records, 32)) > 0)
		nr += got;
	return nr;
}

#endif /* SELFTESTS_SVMRACE_H */
