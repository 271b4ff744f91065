// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers come and go in eight threads, and each reads its fdinfo, while the
 * module that prints there is loaded and unloaded, the preferred backend changes,
 * and others read the fdinfo of the same containers.
 *
 * Wants eight edu devices: "run -E 8" of the harness.
 *
 * T1X_ROUNDS in the environment: rounds of all threads together, instead of 8000 (1000 on
 * slow kernels).
 */
#include "box.h"
#include "child.h"
#include "fdinfo.h"
#include "proc.h"

#define WORKERS		8
#define READERS		2
#define WINDOW		(4 * PAGE)

/* How often the module comes and goes. */
#define TURNS		8

/*
 * Four to a turn: the module is not there, is being loaded, is there, is being
 * unloaded.  Each has the same share of the rounds.
 */
#define EPOCHS		(4 * TURNS)
#define EPOCH_IS_STEADY(epoch)	((epoch) % 2 == 0)
#define EPOCH_HAS_HOOKS(epoch)	((epoch) % 4 == 2)

static volatile unsigned int epoch;

struct worker {
	struct fdinfo_race_self *fixture;
	int group;
	char *memory;		/* WINDOW */
	volatile int container; /* for the readers */
	volatile long rounds;
	long named, silent; /* with a backend: what its fdinfo said */
	struct fdinfo info;
};

struct reader {
	struct fdinfo_race_self *fixture;
	long named, silent;
	struct fdinfo info;
};

FIXTURE(fdinfo_race) {
	struct worker workers[WORKERS];
	struct reader readers[READERS];
	long rounds; /* of each worker */
	pthread_t threads[WORKERS + READERS];
	volatile int stop;
	int64_t pinned;
};

FIXTURE_SETUP(fdinfo_race)
{
	char bdf[VFIO_BDF_LEN];
	int i;

	backend_need_ours("the module that prints needs ours");
	hooks_reset();
	backend_reset();
	SKIP_IF(__vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, WORKERS - 1, bdf),
		"fewer than %d edu devices", WORKERS);
	for (i = 0; i < WORKERS; i++) {
		self->workers[i].fixture = self;
		self->workers[i].group = box_group_open(i);
		self->workers[i].container = -1;
		self->workers[i].memory = mem_untouched(WINDOW);
		memset(self->workers[i].memory, 1, WINDOW);
	}
	self->rounds = ktap_rounds(ktap_scale(1) > 1 ? 1000 : 8000) / WORKERS;
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(fdinfo_race)
{
	int i;

	if (module_is_loaded(HOOKS))
		EXPECT_EQ(__module_unload(HOOKS), 0);
	backend_reset();
	for (i = 0; i < WORKERS; i++)
		close(self->workers[i].group);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
}

/* Nothing, or one of the backends with all that belongs to it. */
static bool makes_sense(const struct fdinfo *info)
{
	if (fdinfo_is_silent(info))
		return true;
	if (fdinfo_says(info, "vfio-driver", OURS_NAME))
		return fdinfo_is_complete(info);
	return fdinfo_says(info, "vfio-driver", STOCK_NAME) && !fdinfo_count(info, "type1x-");
}

/* Nobody but its worker changes a container: only the module may make a difference. */
static void look(struct worker *worker, int container, const char *name, unsigned int npages)
{
	unsigned int before = epoch, after;
	struct fdinfo *info = &worker->info;
	bool silent;

	__sync_synchronize();
	EXPECT_GT(__fdinfo_read(info, container), 0);
	__sync_synchronize();
	after = epoch;
	EXPECT_TRUE(makes_sense(info));
	silent = fdinfo_is_silent(info);
	if (!name) {
		EXPECT_TRUE(silent);
		return;
	}
	if (before == after && EPOCH_IS_STEADY(before))
		EXPECT_EQ(silent, !EPOCH_HAS_HOOKS(before));
	worker->named += !silent;
	worker->silent += silent;
	if (silent)
		return;
	EXPECT_TRUE(fdinfo_says(info, "vfio-driver", name));
	if (strcmp(name, OURS_NAME))
		return;
	EXPECT_EQ(fdinfo_number(info, "type1x-mappings"), 1);
	EXPECT_EQ(fdinfo_number(info, "type1x-mapped-bytes"), npages * PAGE);
	EXPECT_EQ(fdinfo_number(info, "type1x-locked-bytes"), npages * PAGE);
}

static void turn(struct worker *worker, unsigned int number)
{
	static const unsigned long types[] = {
		VFIO_TYPE1v2_IOMMU,
		VFIO_TYPE1X_IOMMU,
		VFIO_TYPE1_IOMMU,
	};
	unsigned int npages = number % (WINDOW / PAGE) + 1;
	int container = vfio_container_open();
	struct iommu_info info;

	worker->container = container;
	vfio_group_attach(worker->group, container);
	look(worker, container, NULL, 0);
	vfio_set_type(container, types[number % ARRAY_SIZE(types)]);
	iommu_map(container, worker->memory, BOX_IOVA, npages * PAGE, IOMMU_RW);
	iommu_info(container, &info);
	look(worker, container, info.has_driver ? OURS_NAME : STOCK_NAME, npages);
	if (number & 1) {
		/* The readers see the backend go, or the file. */
		vfio_group_detach(worker->group);
		look(worker, container, NULL, 0);
		close(container);
	} else {
		close(container);
		vfio_group_detach(worker->group);
	}
}

/* Rounds of a worker that may be over when this epoch is. */
static long quota(const struct fdinfo_race_self *self, unsigned int epoch)
{
	return (epoch + 1) * self->rounds / EPOCHS;
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	while (worker->rounds < worker->fixture->rounds) {
		if (worker->rounds < quota(worker->fixture, epoch))
			turn(worker, worker->rounds++);
		else
			usleep(500);
	}
	return NULL;
}

/* The file may be gone, or be another one by now. */
static void *run_reader(void *arg)
{
	struct reader *reader = arg;
	unsigned int number = 0;

	while (!reader->fixture->stop) {
		int ret, fd = reader->fixture->workers[number++ % WORKERS].container;

		ret = fd < 0 ? -ENOENT : __fdinfo_read(&reader->info, fd);
		if (ret == -ENOENT) {
			usleep(200);
			continue;
		}
		EXPECT_GT(ret, 0);
		EXPECT_TRUE(makes_sense(&reader->info));
		if (fdinfo_is_silent(&reader->info))
			reader->silent++;
		else
			reader->named++;
	}
	return NULL;
}

/* Until all workers have done their share of this epoch. */
static void await_workers(struct fdinfo_race_self *self)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		while (self->workers[i].rounds < quota(self, epoch))
			usleep(500);
}

/* Once around, with another backend each time. */
static void turn_hooks(struct fdinfo_race_self *self, int number)
{
	backend_set("prefer", number % 2 ? "N" : "Y");
	await_workers(self);
	epoch++;
	hooks_load();
	epoch++;
	await_workers(self);
	epoch++;
	ASSERT_EQ(__module_unload(HOOKS), 0);
	epoch++;
}

TEST_F_TIMEOUT(fdinfo_race, thousand_rounds, 100)
{
	long named = 0, silent = 0, seen = 0, missed = 0;
	int i;

	for (i = 0; i < WORKERS; i++)
		self->threads[i] = thread_begin(run_worker, &self->workers[i]);
	for (i = 0; i < READERS; i++) {
		self->readers[i].fixture = self;
		self->threads[WORKERS + i] = thread_begin(run_reader, &self->readers[i]);
	}
	for (i = 0; i < TURNS; i++)
		turn_hooks(self, i);
	for (i = 0; i < WORKERS; i++)
		thread_wait(self->threads[i]);
	self->stop = 1;
	for (i = 0; i < READERS; i++)
		thread_wait(self->threads[WORKERS + i]);
	for (i = 0; i < WORKERS; i++) {
		named += self->workers[i].named;
		silent += self->workers[i].silent;
	}
	for (i = 0; i < READERS; i++) {
		seen += self->readers[i].named;
		missed += self->readers[i].silent;
	}
	NOTE("workers: %ld named, %ld silent; readers: %ld named, %ld silent", named, silent, seen,
	     missed);
	EXPECT_EQ(named + silent, WORKERS * self->rounds);
	EXPECT_GT(named, WORKERS * self->rounds / 8);
	EXPECT_GT(silent, WORKERS * self->rounds / 8);
	EXPECT_GT(seen, 0);
}

KTAP_MAIN()
