// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds in mode PASID that are made and ended while their process ends, devices come and
 * go, and DMA goes on; and what becomes of all that while a page request is kept waiting.
 */
#include <fcntl.h>

#include "fusefile.h"
#include "pasidbox.h"

#define ROUNDS		(ktap_scale(1) > 1 ? 100 : 300)
#define PASID		VFIO_SVM_WANT_PASID
#define PINNED		VFIO_SVM_WANT_PINNED
#define IOVA		0x40000000ull
#define FILE_SEED	78
#define SOON		(ktap_scale(3) * 1000)

FIXTURE(pasid_race) {
	struct pasidbox box;
	int ti;
	int container;
	char *memory;
	uint32_t pasid; /* of this process */
	volatile int stop;
	unsigned long rounds[3];
	unsigned long moved, blocked;
};

FIXTURE_SETUP(pasid_race)
{
	pasidbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
	self->memory = self->box.memory;
}

FIXTURE_TEARDOWN(pasid_race)
{
	pasidbox_close(&self->box);
}

static void *binds(void *arg)
{
	struct pasid_race_self *self = arg;

	while (!self->stop) {
		struct vfio_type1x_svm_bind bond = pasidbox_bind(&self->box, PASID, 0);

		EXPECT_EQ(bond.pasid, self->pasid);
		usleep(self->rounds[0] % 4 * 100);
		svm_unbind(self->container, bond.bond);
		self->rounds[0]++;
	}
	return NULL;
}

/* The other group leaves and joins; never does the IOMMU core find something in it. */
static void *moves_group(void *arg)
{
	struct pasid_race_self *self = arg;
	int group = self->box.box.groups[1];

	while (!self->stop) {
		vfio_group_detach(group);
		usleep(self->rounds[1] % 3 * 100);
		EXPECT_EQ(__vfio_group_attach(group, self->container), 0);
		usleep(self->rounds[1] % 5 * 100);
		self->rounds[1]++;
	}
	return NULL;
}

static void *moves_data(void *arg)
{
	struct pasid_race_self *self = arg;
	char data[2 * PAGE];

	memset(data, 'd', sizeof(data));
	while (!self->stop) {
		int ret = __testiommu_pasid_write(self->ti, self->rounds[2]++ % 2, self->pasid,
						  self->memory, data, sizeof(data));

		EXPECT_TRUE(!ret || ret == -EIO);
		self->moved += !ret;
		self->blocked += ret == -EIO;
	}
	return NULL;
}

/* A process is bound while it ends, or runs another program. */
static void bind_who_leaves(struct pasid_race_self *self, int round)
{
	struct vfio_type1x_svm_bind bond;
	pid_t victim = child_begin();
	int ret;

	if (!victim) {
		if (round % 2)
			execl("/bin/busybox", "true", NULL);
		_exit(0);
	}
	usleep(round % 10 * 200);
	bond = pasidbox_try_bind(&self->box, VFIO_SVM_PID | PASID, victim, &ret);
	EXPECT_TRUE(!ret || ret == -ESRCH || ret == -EAGAIN);
	if (!ret && round % 3)
		svm_unbind(self->container, bond.bond);
	ASSERT_EQ(waitpid(victim, NULL, 0), victim);
	if (!ret && !(round % 3))
		svm_unbind(self->container, bond.bond);
}

TEST_F(pasid_race, all_at_once)
{
	struct vfio_type1x_svm_bind bond = pasidbox_bind(&self->box, PASID, 0);
	pthread_t threads[3];

	self->pasid = bond.pasid;
	svm_unbind(self->container, bond.bond);
	threads[0] = thread_begin(binds, self);
	threads[1] = thread_begin(moves_group, self);
	threads[2] = thread_begin(moves_data, self);
	for (int round = 0; round < ROUNDS / 4; round++) {
		bind_who_leaves(self, round);
		madvise(self->memory, 2 * PAGE, MADV_DONTNEED);
	}
	self->stop = 1;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		thread_wait(threads[i]);
		EXPECT_TIMELY(self->rounds[i], >, 0);
	}
	NOTE("bound %lu times, group moved %lu times, DMA %lu times, blocked %lu times",
	     self->rounds[0], self->rounds[1], self->moved, self->blocked);
	EXPECT_TIMELY(self->moved, >, 0);
	EXPECT_TRUE(pasidbox_has(&self->box, 0));
}

/* The owner of the devices is killed, with bonds to himself and to others. */
TEST_F(pasid_race, owner_killed)
{
	volatile int *stage = child_shared(PAGE);

	pasidbox_drop(&self->box);
	for (int round = 0; round < ROUNDS / 10; round++) {
		pid_t owner = child_begin();

		if (!owner) {
			self->container = vfio_container_open();
			self->box.container = self->container;
			vfio_group_attach(testiommu_group(1), self->container);
			vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
			pasidbox_bind(&self->box, PASID | VFIO_SVM_PID, self->box.svm.pid);
			self->pasid = pasidbox_bind(&self->box, PASID, 0).pasid;
			child_post(stage, round + 1);
			moves_data(self);
		}
		ASSERT_TRUE(child_await(stage, round + 1));
		EXPECT_EQ(testiommu_stat(self->ti).pasids, 2);
		child_kill(owner);
		EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
	}
	pasidbox_add(&self->box);
}

/* A page request of a device waits for a file system, and so do those who want it gone. */
FIXTURE(pasid_stuck) {
	struct pasidbox box;
	int container;
	struct fuse_file file;
	volatile int *stage;
	pid_t process; /* that was bound */
	pid_t device;  /* who has a device ask */
	struct vfio_type1x_svm_bind bond;
};

static void map_file(struct pasid_stuck_self *self)
{
	int fd = must_sys(open(self->file.path, O_RDONLY | O_CLOEXEC));
	char *pages = mmap(self->box.memory, SVM_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);

	/* Else it would keep alive whom it waits for. */
	close(self->file.fd);
	ASSERT_EQ(pages, self->box.memory);
	child_post(self->stage, 1);
	pause();
}

FIXTURE_SETUP(pasid_stuck)
{
	pasidbox_open(&self->box);
	self->container = self->box.container;
	fusefile_open(&self->file, SVM_SIZE, FILE_SEED);
	self->stage = child_shared(PAGE);
	self->process = child_begin();
	if (!self->process)
		map_file(self);
	ASSERT_TRUE(child_await(self->stage, 1));
	self->bond = pasidbox_bind(&self->box, PASID | VFIO_SVM_PID, self->process);
	self->device = child_begin();
	if (!self->device) {
		close(self->file.fd);
		pasidbox_reaches(&self->box, 0, self->bond.pasid);
		child_post(self->stage, 2);
		child_end();
	}
	ASSERT_TRUE(child_await(&self->file.num_held, 1));
	usleep(100000);
	ASSERT_EQ(*self->stage, 1);
}

FIXTURE_TEARDOWN(pasid_stuck)
{
	fuse_close(&self->file);
	child_wait(self->device);
	child_kill(self->process);
	pasidbox_close(&self->box);
}

/* UNBIND can be killed, and BIND; when the page has come the bond ends all the same. */
TEST_F(pasid_stuck, killable)
{
	static const uint32_t wants[] = { 0, PASID };
	pid_t victims[3];

	victims[0] = child_begin();
	if (!victims[0])
		exit(__svm_unbind(self->container, self->bond.bond) ? 1 : 2);
	usleep(200000);
	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		victims[i + 1] = child_begin();
		if (!victims[i + 1])
			exit(__svm_bind(self->container, wants[i], 0) < 0 ? 3 : 4);
	}
	usleep(200000);
	for (size_t i = 0; i < ARRAY_SIZE(victims); i++)
		EXPECT_LE(child_kill(victims[i]), SOON);
	EXPECT_EQ(*self->stage, 1);
	EXPECT_EQ(__svm_unbind(self->container, self->bond.bond), -ENOENT);
	EXPECT_EQ(testiommu_stat(self->box.ti).pasids, PASIDBOX_DEVICES);
	fuse_deliver(&self->file);
	EXPECT_TRUE(pasidbox_has(&self->box, 0));
	EXPECT_FALSE(pasidbox_reaches(&self->box, 0, self->bond.pasid));
}

/* Nobody else waits: neither for that nor for who waits for that. */
TEST_F(pasid_stuck, others_proceed)
{
	struct vfio_type1x_svm_bind pinned;
	pid_t waits = child_begin();
	double begin;

	if (!waits) {
		close(self->file.fd);
		EXPECT_EQ(__svm_unbind(self->container, self->bond.bond), 0);
		child_end();
	}
	usleep(200000);
	begin = ktap_now();
	pinned = pasidbox_bind(&self->box, PINNED | VFIO_SVM_PID, self->box.svm.pid);
	svm_map(self->container, pinned.bond, self->box.memory, IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	svm_unbind(self->container, pinned.bond);
	EXPECT_EQ(iommu_avail(self->container), ENTRY_LIMIT);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	EXPECT_EQ(*self->stage, 1);
	fuse_deliver(&self->file);
	child_wait(waits);
	EXPECT_TRUE(pasidbox_has(&self->box, 0));
}

/* The page comes, and all is well. */
TEST_F(pasid_stuck, delivered)
{
	fuse_deliver(&self->file);
	EXPECT_TRUE(child_await(self->stage, 2));
	EXPECT_TRUE(pasidbox_reaches(&self->box, 1, self->bond.pasid));
	svm_unbind(self->container, self->bond.bond);
}

KTAP_MAIN()
