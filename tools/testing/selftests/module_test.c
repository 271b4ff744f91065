// SPDX-License-Identifier: GPL-2.0-only
/* Loading, parameters, and leaving: not while in use, at once when not. */
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "box.h"
#include "child.h"
#include "peer.h"
#include "snapshot.h"
#include "svm.h"
#include "uffd.h"

#define OURS_FILE	"/t/" OURS ".ko"
#define SOON		(ktap_scale(2) * 1000)

FIXTURE(module) {
	struct box box;
};

FIXTURE_SETUP(module)
{
	backend_need_ours("is not unloaded here");
	ASSERT_EQ(access(OURS_FILE, R_OK), 0);
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
}

FIXTURE_TEARDOWN(module)
{
	if (!module_is_loaded(OURS))
		module_load(OURS_FILE, "");
	if (self->box.num_groups)
		box_close(&self->box);
}

TEST_F(module, refused_while_in_use)
{
	char *memory = mem_untouched(PAGE);

	EXPECT_EQ(__module_unload(OURS), -EAGAIN);
	iommu_map(self->box.container, memory, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(__module_unload(OURS), -EAGAIN);
	EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), memory, BOX_IOVA));
	box_close(&self->box);
	self->box.num_groups = 0;
	EXPECT_EQ(__module_unload(OURS), 0);
	EXPECT_FALSE(module_is_loaded(OURS));
}

/* A container without groups does not use the backend any more. */
TEST_F(module, allowed_after_last_group_left)
{
	double begin;

	vfio_group_detach(self->box.groups[0]);
	begin = ktap_now();
	EXPECT_EQ(__module_unload(OURS), 0);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	EXPECT_EQ(__iommu_map(self->box.container, "", BOX_IOVA, PAGE, IOMMU_R), -EINVAL);
	module_load(OURS_FILE, "");
	vfio_group_attach(self->box.groups[0], self->box.container);
	vfio_set_type(self->box.container, VFIO_TYPE1X_IOMMU);
	EXPECT_TRUE(is_free(self->box.container, BOX_IOVA, PAGE));
}

TEST_F(module, allowed_while_stock_is_in_use)
{
	vfio_group_detach(self->box.groups[0]);
	SKIP_IF(!module_is_loaded(STOCK), "the stock module is not loaded");
	module_set(OURS, "prefer", "N");
	vfio_group_attach(self->box.groups[0], self->box.container);
	vfio_set_type(self->box.container, VFIO_TYPE1v2_IOMMU);
	EXPECT_EQ(__module_unload(OURS), 0);
	EXPECT_TRUE(is_free(self->box.container, BOX_IOVA, PAGE));
}

struct sleeper {
	int container;
	struct uffd uffd;
	int result;
};

static void *run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->result = __iommu_map(sleeper->container, sleeper->uffd.addr, BOX_IOVA,
				      sleeper->uffd.size, IOMMU_RW);
	return NULL;
}

/* A MAP that still sleeps in our text after its container was given up. */
TEST_F(module, refused_while_a_map_sleeps)
{
	struct sleeper sleeper = { .container = self->box.container };
	double begin;
	pthread_t thread;

	uffd_open(&sleeper.uffd, 4 * PAGE);
	thread = thread_begin(run_sleeper, &sleeper);
	uffd_wait(&sleeper.uffd, ktap_scale(5) * 1000);
	vfio_group_detach(self->box.groups[0]);
	begin = ktap_now();
	EXPECT_EQ(__module_unload(OURS), -EAGAIN);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	uffd_fill(&sleeper.uffd, 0, 4 * PAGE);
	thread_wait(thread);
	EXPECT_EQ(sleeper.result, -EINVAL);
	uffd_close(&sleeper.uffd);
	EXPECT_EQ(__module_unload(OURS), 0);
}

/* A process of its own, in a pid namespace of its own, that ends when it has done that. */
static void load_in_pid_namespace(void)
{
	pid_t child = child_begin(), loader;

	if (!child) {
		must_sys(unshare(CLONE_NEWPID));
		loader = child_begin();
		if (!loader) {
			module_load(OURS_FILE, "");
			child_end();
		}
		child_wait(loader);
		child_end();
	}
	child_wait(child);
}

/* Processes that whoever loads it cannot see cannot be bound, but by their own consent. */
TEST_F(module, loaded_in_a_pid_namespace)
{
	struct peer *outside = peer_begin();
	int container = self->box.container, mem = svm_mem_fd(outside->pid, O_RDWR);

	vfio_group_detach(self->box.groups[0]);
	module_unload(OURS);
	load_in_pid_namespace();
	vfio_group_attach(self->box.groups[0], container);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	EXPECT_EQ(__svm_bind(container, VFIO_SVM_PID, outside->pid), -ESRCH);
	EXPECT_EQ(__svm_bind(container, VFIO_SVM_PIDFD, svm_pidfd(outside->pid)), -ESRCH);
	svm_unbind(container, svm_bind(container, VFIO_SVM_MEM_FD, mem));
	svm_unbind(container, svm_bind(container, 0, 0));
	close(mem);
	peer_end(outside);
	vfio_group_detach(self->box.groups[0]);
	EXPECT_EQ(__module_unload(OURS), 0);
}

TEST_F(module, parameters)
{
	static const struct {
		const char *name, *value;
	} parameters[] = {
		{ "allow_unsafe_interrupts", "N" },
		{ "disable_hugepages", "N" },
		{ "dma_entry_limit", "65535" },
		{ "hw_dirty", "N" },
		{ "prefer", "Y" },
		{ "private_domains", "N" },
	};
	struct stat stat;
	char value[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		char path[128];

		EXPECT_GE(__module_get(OURS, parameters[i].name, value, sizeof(value)), 0);
		EXPECT_EQ(strcmp(value, parameters[i].value), 0);
		snprintf(path, sizeof(path), "/sys/module/" OURS "/parameters/%s",
			 parameters[i].name);
		must_sys(lstat(path, &stat));
		EXPECT_EQ(stat.st_mode & 0777, 0644);
	}
	EXPECT_EQ(__module_set(OURS, "dma_entry_limit", "many"), -EINVAL);
	EXPECT_EQ(__module_set(OURS, "prefer", "maybe"), -EINVAL);
	EXPECT_GE(__module_get(OURS, "dma_entry_limit", value, sizeof(value)), 0);
	EXPECT_EQ(strcmp(value, "65535"), 0);
}

TEST_F(module, loaded_with_parameters)
{
	vfio_group_detach(self->box.groups[0]);
	module_unload(OURS);
	module_load(OURS_FILE, "dma_entry_limit=5 disable_hugepages=Y");
	vfio_group_attach(self->box.groups[0], self->box.container);
	vfio_set_type(self->box.container, VFIO_TYPE1X_IOMMU);
	EXPECT_EQ(iommu_avail(self->box.container), 5);
	EXPECT_TRUE(is_free(self->box.container, BOX_IOVA, MIB(4)));
	EXPECT_EQ(__module_load(OURS_FILE, ""), -EEXIST);
}

struct knocker {
	int container;
	volatile int stop;
	long calls;
};

static void *run_knocker(void *arg)
{
	struct knocker *knocker = arg;
	struct iommu_info info;

	while (!knocker->stop) {
		int ret = __iommu_info(knocker->container, &info);

		EXPECT_TRUE(ret == 0 || ret == -EINVAL);
		EXPECT_GE(__vfio_extension(knocker->container, VFIO_TYPE1X_IOMMU), 0);
		ret = __iommu_unmap(knocker->container, 0, PAGE, 0, NULL);
		EXPECT_TRUE(ret == 0 || ret == -EINVAL);
		knocker->calls++;
	}
	return NULL;
}

/* Callers that were on their way in when the last group left. */
TEST_F_TIMEOUT(module, unloaded_under_callers, 60)
{
	struct knocker knockers[2] = {
		{ .container = self->box.container },
		{ .container = self->box.container },
	};
	pthread_t threads[2];
	int i, round;

	for (i = 0; i < 2; i++)
		threads[i] = thread_begin(run_knocker, &knockers[i]);
	for (round = 0; round < 12; round++) {
		int ret, tries = 0;

		usleep(round * 100);
		vfio_group_detach(self->box.groups[0]);
		while ((ret = __module_unload(OURS)) == -EAGAIN && tries++ < 5000)
			usleep(100);
		ASSERT_EQ(ret, 0);
		module_load(OURS_FILE, "");
		vfio_group_attach(self->box.groups[0], self->box.container);
		vfio_set_type(self->box.container, VFIO_TYPE1X_IOMMU);
	}
	for (i = 0; i < 2; i++) {
		knockers[i].stop = 1;
		thread_wait(threads[i]);
		EXPECT_GT(knockers[i].calls, 0);
	}
	NOTE("%ld calls", knockers[0].calls + knockers[1].calls);
}

KTAP_MAIN()
