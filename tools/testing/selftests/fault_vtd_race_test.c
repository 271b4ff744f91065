// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tap on the IOMMU driver's interrupt handler comes and goes while devices fault,
 * groups come and go, and programs ask which sources are live.
 *
 * Wants eight edu devices: "run -E 8" of the harness.
 */
#include "child.h"
#include "probes.h"
#include "proc.h"
#include "vtdbox.h"

#define DEVICES	6 /* that fault; two more change hands */

/* Fewer of them where everything takes its time. */
#define ROUNDS		(ktap_scale(1) > 1 ? 2 : 5)
#define ACCESSES	(ktap_scale(1) > 1 ? 8u : 20u) /* while other probes are at work */

struct worker {
	struct vtdbox box;
	volatile int *stop;
	uint32_t requester;
	uint64_t accesses, faults, losses, turns;
};

FIXTURE(vtd_race) {
	struct worker workers[DEVICES];
	struct worker movers[2];
	volatile int stop;
};

FIXTURE_SETUP(vtd_race)
{
	char bdf[VFIO_BDF_LEN];

	backend_need_ours("reports no faults");
	hooks_reset();
	backend_reset();
	SKIP_IF(__vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, DEVICES + 1, bdf),
		"fewer than %d edu devices", DEVICES + 2);
	for (int i = 0; i < DEVICES + 2; i++) {
		struct worker *worker = i < DEVICES ? &self->workers[i]
						    : &self->movers[i - DEVICES];

		vtdbox_open_edu(&worker->box, i);
		worker->stop = &self->stop;
		worker->requester = vtdbox_address(worker->box.edu.bdf);
	}
}

FIXTURE_TEARDOWN(vtd_race)
{
	probes_close();
	if (module_is_loaded(HOOKS))
		EXPECT_EQ(__module_unload(HOOKS), 0);
	for (int i = 0; i < DEVICES; i++)
		vtdbox_close(&self->workers[i].box);
	for (int i = 0; i < 2; i++)
		vtdbox_close(&self->movers[i].box);
	EXPECT_EQ(proc_locked(), 0);
}

/* Its own faults, or that some were lost; no gap. */
static void take_all(struct worker *worker)
{
	struct vfio_type1x_fault record;

	while (vtdbox_next(&worker->box, &record, 0)) {
		if (record.reason == VFIO_TYPE1X_FAULT_REASON_OVERFLOW) {
			worker->losses++;
			continue;
		}
		worker->faults++;
		EXPECT_EQ(record.requester, worker->requester);
		EXPECT_EQ(record.iova, IOVA_NOWHERE);
		EXPECT_EQ(record.reason, VFIO_TYPE1X_FAULT_REASON_PERMISSION);
	}
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	while (!*worker->stop) {
		edu_load(&worker->box.edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
		worker->accesses++;
		take_all(worker);
	}
	return NULL;
}

/* The group goes and comes; the sources of the others are asked for. */
static void *run_mover(void *arg)
{
	struct worker *worker = arg;
	struct vtdbox *box = &worker->box;
	struct vfio_type1x_fault record;
	char bdf[VFIO_BDF_LEN];

	memcpy(bdf, box->edu.bdf, sizeof(bdf));
	while (!*worker->stop) {
		EXPECT_EQ(vtdbox_sources(box) & ~IS_VTD, 0);
		edu_begin_load(&box->edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
		if (worker->turns % 2)
			edu_end(&box->edu);
		vfio_device_close(&box->edu);
		vfio_group_detach(box->group);
		while (fault_read(box->fd, &record, 1))
			if (record.reason != VFIO_TYPE1X_FAULT_REASON_OVERFLOW)
				EXPECT_EQ(record.requester, worker->requester);
		close(box->fd);
		vfio_group_attach(box->group, box->container);
		vfio_set_type(box->container, VFIO_TYPE1v2_IOMMU);
		box->fd = fault_open(box->container, NONBLOCK, 0, 0);
		vfio_device_open(&box->edu, box->group, bdf);
		worker->turns++;
	}
	return NULL;
}

TEST_F_TIMEOUT(vtd_race, tap_comes_and_goes, 100)
{
	pthread_t threads[DEVICES + 2];
	uint64_t accesses = 0, faults = 0, losses = 0;

	for (int i = 0; i < DEVICES; i++)
		threads[i] = thread_begin(run_worker, &self->workers[i]);
	for (int i = 0; i < 2; i++)
		threads[DEVICES + i] = thread_begin(run_mover, &self->movers[i]);
	for (int i = 0; i < ROUNDS; i++) {
		hooks_load();
		usleep(200000 + 20000 * i);
		hooks_unload();
		usleep(20000 * i);
	}
	hooks_load();
	usleep(200000);
	self->stop = 1;
	for (int i = 0; i < DEVICES + 2; i++)
		thread_wait(threads[i]);
	for (int i = 0; i < DEVICES; i++) {
		take_all(&self->workers[i]);
		accesses += self->workers[i].accesses;
		faults += self->workers[i].faults;
		losses += self->workers[i].losses;
	}
	NOTE("%lu accesses, %lu faults, %lu losses, %lu and %lu turns", accesses, faults, losses,
	     self->movers[0].turns, self->movers[1].turns);
	EXPECT_TIMELY(faults + losses, >, 0);
	EXPECT_TIMELY(self->movers[0].turns, >, 0);

	/* And it works as on the first day. */
	for (int i = 0; i < DEVICES; i++) {
		struct worker *worker = &self->workers[i];
		uint64_t before = worker->faults;

		edu_load(&worker->box.edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
		EXPECT_EQ(fault_poll(worker->box.fd, VTDBOX_WAIT_MS), POLLIN);
		take_all(worker);
		EXPECT_GT(worker->faults, before);
		EXPECT_EQ(vtdbox_sources(&worker->box), IS_VTD);
	}
}

struct reader {
	int container;
	volatile int *stop;
	struct fdinfo info;
};

static void *run_reader(void *arg)
{
	struct reader *reader = arg;

	while (!*reader->stop)
		fdinfo_read(&reader->info, reader->container);
	return NULL;
}

/*
 * Others' probes, at the same function and at what the readers do on its processor, and
 * ours there: the tap hears of every access all the same.
 */
TEST_F(vtd_race, other_probes)
{
	struct worker *worker = &self->workers[0];
	struct reader readers[4];
	pthread_t threads[ARRAY_SIZE(readers)];
	unsigned int unheard = 0;

	hooks_load();
	probes_open("dmar_fault");
	probes_open("show_fd_locks");
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		readers[i].container = self->workers[i].box.container;
		readers[i].stop = &self->stop;
		threads[i] = thread_begin(run_reader, &readers[i]);
	}
	for (unsigned int i = 0; i < ACCESSES; i++) {
		uint64_t before = worker->faults;

		edu_store(&worker->box.edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
		fault_poll(worker->box.fd, VTDBOX_WAIT_MS);
		usleep(20000); /* An access is more than one fault. */
		take_all(worker);
		unheard += worker->faults == before;
	}
	self->stop = 1;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		thread_wait(threads[i]);
	EXPECT_GT(probes_hits(), ACCESSES);
	probes_close();
	EXPECT_EQ(unheard, 0);
	EXPECT_EQ(worker->losses, 0);
}

KTAP_MAIN()
