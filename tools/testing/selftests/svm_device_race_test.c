// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bonds that were made by a device, and what becomes of them when it is closed, or is to
 * be unplugged, also while somebody is just making one; and all doors at once.
 *
 * T1X_ROUNDS in the environment: how often everything is closed, instead of 40 times (3 on
 * slow kernels).
 */
#include <fcntl.h>
#include <sys/ioctl.h>

#include "debugfs.h"
#include "svmdev.h"
#include "text.h"
#include "uffd.h"

#define IOVA_A		BOX_IOVA
#define IOVA_B		0x50000000ull
#define SOON		(3000 * ktap_scale(1)) /* milliseconds */

FIXTURE(life) {
	struct svmbox box;
	int container;
	int device;
	struct vfio_device *edu;
	char *memory;
	pid_t pid;
	char dir[DEBUGFS_PATH_LEN];
};

FIXTURE_SETUP(life)
{
	svmdev_open(&self->box, 2);
	self->container = self->box.container;
	self->memory = self->box.memory;
	self->pid = self->box.pid;
	self->edu = box_edu(&self->box.box, 0);
	self->device = self->edu->fd;
	debugfs_find(self->dir);
}

FIXTURE_TEARDOWN(life)
{
	svmdev_close(&self->box);
}

static uint64_t nr_bonds(struct life_self *self)
{
	return debugfs_number(self->dir, "type1x-bonds");
}

/* Nobody else has this descriptor, but who is said to. */
static void close_device(struct life_self *self)
{
	vfio_device_close(self->edu);
}

static void reopen_device(struct life_self *self)
{
	self->edu = box_edu(&self->box.box, 0);
	self->device = self->edu->fd;
}

/* With the last descriptor; and only what was made by that very device. */
TEST_F(life, closed)
{
	uint32_t by_device = svm_device_bind(self->device, 0, 0);
	uint32_t by_other = svm_device_bind(svmdev_fd(&self->box, 1), VFIO_SVM_PID, self->pid);
	uint32_t by_container = svm_bind(self->container, 0, 0);
	int copy = must_sys(dup(self->device));

	svm_map(self->container, by_device, self->memory, IOVA_A, SVM_SIZE, IOMMU_RW);
	svm_map(self->container, by_container, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	svm_map(self->container, by_other, self->memory, GIB(2), SVM_SIZE, IOMMU_RW);
	EXPECT_EQ(proc_locked(), 2 * SVM_SIZE);
	close_device(self);
	EXPECT_EQ(nr_bonds(self), 3);
	EXPECT_EQ(proc_locked(), 2 * SVM_SIZE);
	close(copy);
	EXPECT_EQ(nr_bonds(self), 2);
	EXPECT_TRUE(proc_locked_becomes(SVM_SIZE));
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	EXPECT_TRUE(svmbox_told_nothing(&self->box));
	EXPECT_EQ(__svm_unbind(self->container, by_device), -ENOENT);
	EXPECT_EQ(__svm_map(self->container, by_device, self->memory, GIB(1), PAGE, IOMMU_RW),
		  -ENOENT);

	/* Who opens it next finds the mapping, with nothing behind it. */
	reopen_device(self);
	EXPECT_TRUE(box_dma_works(self->edu, self->memory, IOVA_B));
	EXPECT_TRUE(box_write_is_blocked(self->edu, self->memory, IOVA_A));
	EXPECT_EQ(__iommu_map(self->container, self->memory, IOVA_A, PAGE, IOMMU_RW), -EEXIST);
	EXPECT_EQ(__svm_device_unbind(self->device, by_other), 0);
	EXPECT_EQ(__svm_device_unbind(self->device, by_container), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), 3 * SVM_SIZE);
	EXPECT_UNCHANGED(self->container, self->box.before);
}

static long close_copies(void *arg)
{
	struct box *box = arg;

	return close(box->container) | close(box->groups[0]) | close(box->groups[1]);
}

/* As long as the device is open there is a container, even if nobody has it open. */
TEST_F(life, closed_last)
{
	struct box *box = &self->box.box;
	uint32_t bond = svm_device_bind(self->device, VFIO_SVM_PID, self->pid);
	struct vfio_device device = *self->edu;

	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	iommu_map(self->container, self->memory, IOVA_A, PAGE, IOMMU_RW);
	ASSERT_EQ(__vfio_group_detach(box->groups[0]), -EBUSY);
	EXPECT_EQ(peer_call(self->box.peer, close_copies, box), 0);
	EXPECT_EQ(close_copies(box), 0);
	box->num_groups = 0;
	box->container = -1;
	self->box.container = -1;

	EXPECT_EQ(nr_bonds(self), 1);
	edu_copy(&device, IOVA_B, IOVA_A, EDU_MAX_TRANSFER);
	EXPECT_EQ(mem_differs(self->memory, EDU_MAX_TRANSFER, SVM_SEED_PEER), -1);
	svm_device_unbind(device.fd, svm_device_bind(device.fd, 0, 0));
	EXPECT_EQ(svm_locked(self->pid), SVM_SIZE);
	vfio_device_close(&device);
	EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
	EXPECT_TRUE(proc_locked_becomes(0));
}

/* A request whose target is in a page that nobody can read before it is there. */
struct stuck {
	struct uffd uffd;
	int device;
	int result;
	struct vfio_type1x_svm_bind *bind;
};

static void stuck_prepare(struct stuck *stuck, int device)
{
	const size_t before = offsetof(struct vfio_type1x_svm_bind, target);

	uffd_open(&stuck->uffd, 2 * PAGE);
	uffd_fill(&stuck->uffd, 0, PAGE);
	stuck->device = device;
	stuck->bind = (void *)(stuck->uffd.addr + PAGE - before);
	stuck->bind->argsz = offsetof(struct vfio_type1x_svm_bind, reserved);
	stuck->bind->flags = VFIO_SVM_PID;
}

static void *stuck_bind(void *arg)
{
	struct stuck *stuck = arg;

	stuck->result = __svm_device_bind_raw(stuck->device, stuck->bind);
	return NULL;
}

static void others_go_on(struct life_self *self)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t bond;

	EXPECT_EQ(ioctl(self->device, VFIO_DEVICE_GET_INFO, &info), 0);
	bond = svm_device_bind(self->device, 0, 0);
	svm_map(self->container, bond, self->memory, IOVA_A, PAGE, IOMMU_RW);
	svm_device_unbind(svmdev_fd(&self->box, 1), bond);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	EXPECT_EQ(nr_bonds(self), 0);
}

/* Nobody waits for it; and what it was asked of stays open until it is through. */
TEST_F(life, closed_in_flight)
{
	int target[PAGE / sizeof(int)] = { self->pid };
	struct stuck stuck;
	pthread_t thread;

	stuck_prepare(&stuck, self->device);
	thread = thread_begin(stuck_bind, &stuck);
	uffd_wait(&stuck.uffd, SOON);
	others_go_on(self);
	close_device(self);
	EXPECT_EQ(__vfio_group_detach(self->box.box.groups[0]), -EBUSY);
	uffd_put(&stuck.uffd, PAGE, target);
	thread_wait(thread);
	EXPECT_EQ(stuck.result, 0);
	EXPECT_EQ(stuck.bind->bond, 2);
	/* Now it is closed, and with it the bond that was made last. */
	EXPECT_EQ(nr_bonds(self), 0);
	EXPECT_EQ(__svm_unbind(self->container, 2), -ENOENT);
	EXPECT_EQ(__vfio_group_detach(self->box.box.groups[0]), 0);
	uffd_close(&stuck.uffd);
}

TEST_F(life, killed_in_flight)
{
	int *ready = child_shared(sizeof(*ready));
	pid_t child = child_begin();

	if (!child) {
		struct stuck stuck;

		stuck_prepare(&stuck, self->device);
		child_post(ready, 1);
		stuck_bind(&stuck);
		child_end();
	}
	ASSERT_TRUE(child_await(ready, 1));
	usleep(200000);
	others_go_on(self);
	close_device(self);
	EXPECT_EQ(__vfio_group_detach(self->box.box.groups[0]), -EBUSY);
	EXPECT_LE(child_kill(child), SOON);
	EXPECT_EQ(__vfio_group_detach(self->box.box.groups[0]), 0);
	EXPECT_EQ(nr_bonds(self), 0);
}

struct unplug {
	char bdf[VFIO_BDF_LEN];
	int result;
	int done;
};

static void *unplug_run(void *arg)
{
	struct unplug *unplug = arg;

	unplug->result = __text_write("/sys/bus/pci/drivers/" REGION_MODULE "/unbind", unplug->bdf);
	child_post(&unplug->done, 1);
	return NULL;
}

/* The device is taken away: that waits for its user, who can still bind and unbind. */
TEST_F(life, unplugged)
{
	struct unplug unplug = {};
	pthread_t thread;
	uint32_t bond;

	memcpy(unplug.bdf, self->edu->bdf, sizeof(unplug.bdf));
	svm_device_bind(self->device, 0, 0);
	thread = thread_begin(unplug_run, &unplug);
	usleep(300000);
	bond = svm_device_bind(self->device, VFIO_SVM_PID, self->pid);
	svm_map(self->container, bond, self->memory, IOVA_B, SVM_SIZE, IOMMU_RW);
	svm_device_unbind(self->device, svm_device_bind(self->device, 0, 0));
	EXPECT_EQ(unplug.done, 0);
	close_device(self);
	EXPECT_TRUE(child_await(&unplug.done, 1));
	thread_wait(thread);
	EXPECT_EQ(unplug.result, 0);
	EXPECT_TRUE(svm_locked_becomes(self->pid, 0));
	/* The other device is still there. */
	EXPECT_EQ(nr_bonds(self), 0);
	svm_device_unbind(svmdev_fd(&self->box, 1), svm_bind(self->container, 0, 0));
}

/* All doors at once, and all that is behind them, closed in any order. */
#define KNOCKERS	4

struct house {
	char *memory;
	pid_t pid;
	int container;
	int groups[SVMDEV_NR];
	struct vfio_device devices[SVMDEV_NR];
	int doors[SVMDEV_NR]; /* their descriptors, also when these are closed */
	volatile int over;
	int nr_bound, nr_unbound, nr_missed;
};

struct knocker {
	struct house *house;
	int index;
};

static int knock_bind(struct knocker *knocker)
{
	struct house *house = knocker->house;

	if (knocker->index < SVMDEV_NR)
		return __svm_device_bind(house->doors[knocker->index], VFIO_SVM_PID, house->pid);
	return __svm_bind(house->container, VFIO_SVM_PID, house->pid);
}

static int knock_unbind(struct house *house, int door, uint32_t bond)
{
	if (door < SVMDEV_NR)
		return __svm_device_unbind(house->doors[door], bond);
	return __svm_unbind(house->container, bond);
}

/* A descriptor is closed, or the groups have left the container. */
static bool is_closed(int ret)
{
	return ret == -EBADF || ret == -EINVAL;
}

static void count(int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* Make one, map by it, end it by another door; somebody else may have ended it. */
static void knock(struct knocker *knocker, unsigned int turn)
{
	struct house *house = knocker->house;
	uint64_t iova = IOVA_B + knocker->index * MIB(1) + turn % 16 * SVM_SIZE;
	int bond = knock_bind(knocker), ret;

	EXPECT_TRUE(bond > 0 || is_closed(bond) || bond == -ENOSPC);
	if (bond < 0)
		return;
	count(&house->nr_bound);
	ret = __iommu_unmap(house->container, iova, SVM_SIZE, 0, NULL);
	EXPECT_TRUE(!ret || is_closed(ret));
	ret = __svm_map(house->container, bond, house->memory, iova, SVM_SIZE, IOMMU_RW);
	EXPECT_TRUE(!ret || is_closed(ret) || ret == -ENOENT || ret == -ESRCH || ret == -EFAULT);
	if (turn % 4 == 0)
		return;
	ret = knock_unbind(house, (knocker->index + turn) % (SVMDEV_NR + 1), bond);
	EXPECT_TRUE(!ret || is_closed(ret) || ret == -ENOENT);
	count(ret ? &house->nr_missed : &house->nr_unbound);
}

static void *knock_on(void *arg)
{
	struct knocker *knocker = arg;
	struct house *house = knocker->house;

	for (unsigned int turn = 0; !house->over; turn++) {
		int ret;

		if (knocker->index < KNOCKERS - 1) {
			knock(knocker, turn);
			continue;
		}
		/* The last one ends whatever others have made. */
		ret = knock_unbind(house, turn % (SVMDEV_NR + 1), turn % 97 + 1);
		EXPECT_TRUE(!ret || is_closed(ret) || ret == -ENOENT);
	}
	return NULL;
}

static void build_house(struct house *house)
{
	char bdf[VFIO_BDF_LEN];

	house->over = 0;
	house->container = vfio_container_open();
	for (int i = 0; i < SVMDEV_NR; i++) {
		house->groups[i] = box_group_open(i);
		vfio_group_attach(house->groups[i], house->container);
	}
	vfio_set_type(house->container, VFIO_TYPE1v2_IOMMU);
	for (int i = 0; i < SVMDEV_NR; i++) {
		vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, i, bdf);
		vfio_device_open(&house->devices[i], house->groups[i], bdf);
		house->doors[i] = house->devices[i].fd;
	}
}

/* What is closed as the @turn-th one; @first is. */
static void tear_down(struct house *house, int first)
{
	for (int turn = 0; turn < 5; turn++) {
		switch ((first + turn) % 5) {
		case 0:
		case 1:
			vfio_device_close(&house->devices[(first + turn) % 5]);
			break;
		case 2:
			close(house->container);
			break;
		default:
			close(house->groups[(first + turn) % 5 - 3]);
		}
		usleep(300);
	}
}

FIXTURE(race) {
	char *memory;
	struct peer *peer;
	int64_t pinned;
};

FIXTURE_SETUP(race)
{
	svmdev_load();
	backend_reset();
	self->memory = mem_untouched(SVM_SIZE);
	self->peer = peer_begin();
	ASSERT_EQ(peer_call(self->peer, svmbox_fill_peer, self->memory), 0);
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_TRUE(svm_locked_becomes(self->peer->pid, 0));
	EXPECT_EQ(proc_pinned(), self->pinned);
	peer_end(self->peer);
	svmdev_unload();
}

static bool has_seen_all(const struct house *house)
{
	return house->nr_bound && house->nr_unbound && house->nr_missed;
}

TEST_F_TIMEOUT(race, doors, 60)
{
	int rounds = ktap_rounds(ktap_scale(1) > 1 ? 3 : 40);
	struct house house = { .memory = self->memory, .pid = self->peer->pid };
	struct knocker knockers[KNOCKERS];
	pthread_t threads[KNOCKERS];

	/* On a busy host a round may be over before an UNBIND has come to anything. */
	for (int round = 0; round < rounds || (round < 10 * rounds && !has_seen_all(&house));
	     round++) {
		build_house(&house);
		for (int i = 0; i < KNOCKERS; i++) {
			knockers[i] = (struct knocker){ &house, i };
			threads[i] = thread_begin(knock_on, &knockers[i]);
		}
		usleep(1000 + round % 7 * 1000);
		tear_down(&house, round % 5);
		/* No descriptor is opened before all are through: numbers mean what they did. */
		house.over = 1;
		for (int i = 0; i < KNOCKERS; i++)
			thread_wait(threads[i]);
	}
	NOTE("%d bonds, %d ended, %d were gone", house.nr_bound, house.nr_unbound, house.nr_missed);
	EXPECT_TIMELY(house.nr_bound, >, 0);
	EXPECT_TIMELY(house.nr_unbound, >, 0);
	EXPECT_TIMELY(house.nr_missed, >, 0);
}

KTAP_MAIN()
