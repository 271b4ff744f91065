// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault region under storms: slow programs, hostile ones, and those that close, map,
 * fork and set interrupts meanwhile.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

#include "child.h"
#include "fault.h"
#include "proc.h"
#include "regionbox.h"

#define STORM		100000
#define NR_RECORDS	512
#define SECONDS		0.5

FIXTURE(race) {
	struct regionbox box;
	int ti;
	int fd;
};

FIXTURE_VARIANT(race) {
	uint32_t context;
};

FIXTURE_VARIANT_ADD(race, process) { .context = T1X_TI_IN_PROCESS };
FIXTURE_VARIANT_ADD(race, hardirq) { .context = T1X_TI_IN_HARDIRQ };

FIXTURE_SETUP(race)
{
	regionbox_open(&self->box);
	self->ti = self->box.ti;
	self->fd = self->box.device.fd;
}

FIXTURE_TEARDOWN(race)
{
	regionbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

struct storm {
	int ti;
	uint32_t context;
	uint32_t count;	 /* of one report */
	uint32_t rounds; /* 0: until stopped */
	volatile int stop;
	volatile int done;
	uint64_t sent;
};

static void *storm_run(void *arg)
{
	struct storm *storm = arg;
	uint32_t round = 0;

	while (!storm->stop && (!storm->rounds || round++ < storm->rounds))
		if (!faultbox_storm(storm->ti, 0, storm->context, storm->count))
			storm->sent += storm->count;
	child_post(&storm->done, 1);
	return NULL;
}

static void storm_end(struct storm *storm, pthread_t thread)
{
	storm->stop = 1;
	thread_wait(thread);
}

struct reading {
	struct region *region;
	uint64_t received;
	uint64_t lost; /* as of the last record */
	bool gap;
};

/* Take what there is, up to so many, and look for gaps. */
static uint32_t reading_step(struct reading *reading, uint32_t most)
{
	struct vfio_type1x_fault record;
	uint32_t nr = 0;

	while (nr < most && region_take(reading->region, &record)) {
		reading->gap |= record.sequence != reading->received++;
		reading->gap |= record.lost < reading->lost;
		reading->gap |= record.iova != IOVA_NOWHERE;
		reading->lost = record.lost;
		nr++;
	}
	return nr;
}

/* What was not received was counted, in the records and in the header. */
TEST_F(race, slow_reader)
{
	struct reading reading = { .region = &self->box.region };
	struct storm storm = {
		.ti = self->ti,
		.context = variant->context,
		.count = 1000,
		.rounds = STORM / 1000,
	};
	pthread_t thread = thread_begin(storm_run, &storm);
	bool done;

	do {
		done = storm.done;
		usleep(500);
		while (reading_step(&reading, 16) && done)
			;
	} while (!done);
	thread_wait(thread);
	EXPECT_EQ(storm.sent, STORM);
	EXPECT_EQ(reading.received + region_lost(&self->box.region), STORM);
	EXPECT_GT(region_lost(&self->box.region), 0);
	/* And it goes on. */
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(reading_step(&reading, 2), 1);
	EXPECT_FALSE(reading.gap);
	EXPECT_EQ(reading.received + reading.lost, STORM + 1);
}

struct scribbler {
	struct region *region;
	volatile int stop;
};

static void *scribble(void *arg)
{
	struct scribbler *scribbler = arg;
	volatile uint32_t *words = scribbler->region->mapped[REGION_CONSUMER];
	uint64_t random = 88172645463325252ull;

	while (!scribbler->stop) {
		for (size_t i = 0; i < PAGE / sizeof(*words); i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			words[i] = random;
			/* Just that one, with likely values: they decide. */
			words[0] = random % 3 ? region_header(scribbler->region)->producer +
							random % 1024 - 512
					      : random;
		}
	}
	return NULL;
}

/*
 * Whatever is written to the one page that can be written to: the kernel goes on counting,
 * what it writes stays where it belongs, and others get what is theirs.
 */
TEST_F(race, hostile)
{
	const struct vfio_type1x_fault_header *header = region_header(&self->box.region);
	struct vfio_type1x_fault_header before = *header;
	int file = fault_open(self->box.container, NONBLOCK, 4096, 0);
	struct scribbler scribbler = { .region = &self->box.region };
	struct storm storm = { .ti = self->ti, .context = variant->context, .count = 100 };
	pthread_t threads[2];
	struct vfio_type1x_fault records[64];
	uint64_t received = 0, lost = 0;
	double end = ktap_now() + SECONDS;
	uint32_t written;
	long nr;

	threads[0] = thread_begin(scribble, &scribbler);
	threads[1] = thread_begin(storm_run, &storm);
	while (ktap_now() < end || !storm.sent) {
		nr = __fault_read(file, records, ARRAY_SIZE(records));
		for (long i = 0; i < nr; i++) {
			ASSERT_EQ(records[i].sequence, received++);
			lost = records[i].lost;
		}
	}
	scribbler.stop = 1;
	thread_wait(threads[0]);
	storm_end(&storm, threads[1]);
	while ((nr = __fault_read(file, records, ARRAY_SIZE(records))) > 0)
		received += nr;
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(fault_read(file, records, 1), 1);
	lost = records[0].lost;
	EXPECT_EQ(received + lost, storm.sent);

	/* Written and lost are all there were; the constants are what they were. */
	written = header->producer - before.producer;
	EXPECT_EQ(written + region_lost(&self->box.region), storm.sent + 1);
	EXPECT_EQ(memcmp(header, &before, offsetof(struct vfio_type1x_fault_header, producer)), 0);
	for (uint32_t i = 0; i < NR_RECORDS; i++) {
		const char *at = self->box.region.mapped[REGION_RECORDS];
		const struct vfio_type1x_fault *record = (const void *)(at + i * sizeof(*record));

		ASSERT_TRUE(!record->source || record->iova == IOVA_NOWHERE);
	}
	/* A good index makes it good again. */
	region_consumer(&self->box.region)->index = header->producer;
	self->box.region.next = header->producer;
	faultbox_fault(&self->box, 0);
	EXPECT_TRUE(region_take(&self->box.region, &records[0]));
	EXPECT_EQ(records[0].sequence, written);
}

struct setter {
	int device;
	volatile int stop;
	uint32_t sets;
};

static void *set_and_clear(void *arg)
{
	const uint32_t flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	const int32_t none = -1;
	struct setter *setter = arg;

	while (!setter->stop) {
		int event = eventfd(0, EFD_NONBLOCK);

		must(__region_set_irq(setter->device, VFIO_PCI_NUM_IRQS, flags, 1, &event));
		/* The interrupt has the only reference now and then. */
		close(event);
		if (++setter->sets % 3 == 0)
			must(__region_set_irq(setter->device, VFIO_PCI_NUM_IRQS, flags, 1, &none));
	}
	return NULL;
}

/* Eventfds come and go in a storm; two threads change them. */
TEST_F(race, interrupts)
{
	struct storm storm = { .ti = self->ti, .context = variant->context, .count = 20 };
	struct setter setters[2] = { { .device = self->fd }, { .device = self->fd } };
	struct reading reading = { .region = &self->box.region };
	pthread_t thread = thread_begin(storm_run, &storm), threads[2];
	double end = ktap_now() + SECONDS;

	for (int i = 0; i < 2; i++)
		threads[i] = thread_begin(set_and_clear, &setters[i]);
	while (ktap_now() < end)
		reading_step(&reading, NR_RECORDS);
	for (int i = 0; i < 2; i++) {
		setters[i].stop = 1;
		thread_wait(threads[i]);
		EXPECT_TIMELY(setters[i].sets, >, 0);
	}
	storm_end(&storm, thread);
	reading_step(&reading, NR_RECORDS);
	EXPECT_FALSE(reading.gap);
	EXPECT_EQ(reading.received + region_lost(&self->box.region), storm.sent);
}

/* Open, map, set the interrupt, take some and close, all in a storm. */
TEST_F(race, open_and_close)
{
	struct storm storm = { .ti = self->ti, .context = variant->context, .count = 50 };
	pthread_t thread = thread_begin(storm_run, &storm);
	double end = ktap_now() + SECONDS;
	uint64_t received = 0;
	int rounds = 0;

	while (ktap_now() < end || rounds < 3) {
		struct reading reading = { .region = &self->box.region };
		int event = eventfd(0, EFD_NONBLOCK);

		region_eventfd(&self->box.region, event);
		usleep(1000 * (rounds % 7));
		reading_step(&reading, rounds % 2 ? NR_RECORDS : 3);
		EXPECT_FALSE(reading.gap);
		received += reading.received;
		/* Either may be last. */
		if (rounds % 2)
			close(event);
		regionbox_close_device(&self->box);
		if (rounds % 2 == 0)
			close(event);
		regionbox_open_device(&self->box, self->box.box.groups[0], 0);
		rounds++;
	}
	storm_end(&storm, thread);
	EXPECT_GT(received, 0);
}

FIXTURE(life) {
	struct regionbox box;
	struct vfio_type1x_fault records[8];
};

FIXTURE_SETUP(life)
{
	regionbox_open(&self->box);
}

FIXTURE_TEARDOWN(life)
{
	regionbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* A mapping keeps the device open: what is put there still shows. */
TEST_F(life, close_while_mapped)
{
	close(self->box.device.fd);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 1);
	self->box.device.fd = -1;
	region_close(&self->box.region);
	/* Nobody listens any more. */
	EXPECT_EQ(faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 1), -ENOSYS);
}

TEST_F(life, fork)
{
	pid_t child = child_begin();

	if (!child) {
		EXPECT_EQ(faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 3), 0);
		EXPECT_EQ(regionbox_take(&self->box, self->records, 1), 1);
		child_end();
	}
	child_wait(child);
	/* One region, one index, which is in it. */
	self->box.region.next = region_consumer(&self->box.region)->index;
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 2);
	EXPECT_EQ(self->records[0].sequence, 1);
}

/* Each time it is opened it is new, and has nothing of what was there before. */
TEST_F(life, reopen)
{
	static const char zeros[KIB(64)];

	faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 1000);
	memset(region_consumer(&self->box.region), 0xff, PAGE);
	regionbox_close_device(&self->box);
	regionbox_open_device(&self->box, self->box.box.groups[0], 0);
	EXPECT_EQ(memcmp(self->box.region.mapped[REGION_RECORDS], zeros, KIB(64)), 0);
	EXPECT_EQ(memcmp((char *)region_consumer(&self->box.region) + 4, zeros, PAGE - 4), 0);
	EXPECT_EQ(region_lost(&self->box.region), 0);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 1);
	EXPECT_EQ(self->records[0].sequence, 0);
}

/* Another driver, and this one again; a page that somebody else still has. */
TEST_F(life, rebind)
{
	char *records = self->box.region.mapped[REGION_RECORDS];
	size_t slot = self->box.region.next % NR_RECORDS;
	int pipes[2];
	char bdf[VFIO_BDF_LEN], copy[16] = "";
	struct iovec vec = {
		.iov_base = records + slot * sizeof(struct vfio_type1x_fault),
		.iov_len = sizeof(copy),
	};

	ASSERT_EQ(pipe(pipes), 0);
	faultbox_fault(&self->box, 0);
	/* The pipe has the page itself. */
	EXPECT_EQ(vmsplice(pipes[1], &vec, 1, 0), (ssize_t)sizeof(copy));
	regionbox_close_device(&self->box);
	softbox_close(&self->box.box);
	self->box.box.num_groups = 0;
	testiommu_bdf(0, bdf);
	vfio_bind(bdf, "vfio-pci");
	EXPECT_EQ(read(pipes[0], copy, sizeof(copy)), (ssize_t)sizeof(copy));
	EXPECT_NE(*(uint64_t *)copy, 0);
	vfio_bind(bdf, REGION_MODULE);
	softbox_open(&self->box.box, VFIO_TYPE1v2_IOMMU, 1);
	regionbox_open_device(&self->box, self->box.box.groups[0], 0);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 1);
}

FIXTURE(quiet) {
	struct regionbox box;
};

FIXTURE_SETUP(quiet)
{
	regionbox_bind(&self->box);
}

FIXTURE_TEARDOWN(quiet)
{
	regionbox_close(&self->box);
	backend_reset();
}

/* Who does not look at the region has his faults in the log, as before. */
TEST_F(quiet, not_looked_at)
{
	char bdf[VFIO_BDF_LEN];
	struct region region;

	softbox_open(&self->box.box, VFIO_TYPE1v2_IOMMU, 1);
	testiommu_bdf(0, bdf);
	vfio_device_open(&self->box.device, self->box.box.groups[0], bdf);
	EXPECT_EQ(faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 2), -ENOSYS);
	region_find(&region, self->box.device.fd);
	EXPECT_EQ(faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 2), -ENOSYS);
	/* It was there all the same. */
	region_open(&self->box.region, self->box.device.fd);
	EXPECT_EQ(faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 2), 0);
	EXPECT_EQ(region_header(&self->box.region)->producer -
			  region_consumer(&self->box.region)->index,
		  6);
}

/* With the kernel's own backend there is a region, and nothing in it. */
TEST_F(quiet, stock_backend)
{
	struct vfio_type1x_fault record;

	backend_set("prefer", "N");
	ASSERT_TRUE(module_is_loaded(STOCK));
	module_set(STOCK, "allow_unsafe_interrupts", "Y");
	softbox_fill(&self->box.box, 0, 1);
	vfio_set_type(self->box.box.container, VFIO_TYPE1v2_IOMMU);
	regionbox_open_device(&self->box, self->box.box.groups[0], 0);
	EXPECT_EQ(faultbox_storm(self->box.ti, 0, T1X_TI_IN_PROCESS, 2), -ENOSYS);
	EXPECT_FALSE(region_take(&self->box.region, &record));
	regionbox_close_device(&self->box);
	module_set(STOCK, "allow_unsafe_interrupts", "N");
}

KTAP_MAIN()
