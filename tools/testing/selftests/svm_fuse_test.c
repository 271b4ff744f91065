// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose page fault does not end, as long as a file system of its own likes: who
 * wants to bind it waits, but can be killed, and nothing of that remains.
 */
#include <fcntl.h>

#include "child.h"
#include "debugfs.h"
#include "fusefile.h"
#include "slabcount.h"
#include "svmbox.h"

#define FILE_SEED	78
#define SOON		(ktap_scale(3) * 1000)

/* What processes tell each other; each number has one who writes it. */
struct svm_fuse_shared {
	volatile int stage; /* of the process: 1 before the fault, 2 behind it */
	volatile int done;  /* the caller is back */
	int bond;	    /* and has this */
};

FIXTURE(svm_fuse) {
	struct svmbox box;
	int container;
	struct fuse_file file;
	struct svm_fuse_shared *shared;
	pid_t process; /* that is in a page fault */
	pid_t caller;  /* who wants to bind it; 0 if there is none */
};

/* Write to a page that is being written back. */
static void fault_forever(struct svm_fuse_self *self)
{
	int fd = must_sys(open(self->file.path, O_RDWR | O_CLOEXEC));
	volatile char *page = mmap(NULL, SVM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	/* Else it would keep alive whom it waits for. */
	close(self->file.fd);
	ASSERT_NE(page, MAP_FAILED);
	*page = 1;
	must_sys(sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WRITE));
	child_post(&self->shared->stage, 1);
	*page = 2;
	child_post(&self->shared->stage, 2);
	pause();
}

/* A caller who waits. */
static void begin_caller(struct svm_fuse_self *self)
{
	self->caller = child_begin();
	if (!self->caller) {
		close(self->file.fd);
		self->shared->bond = __svm_bind(self->container, VFIO_SVM_PID, self->process);
		child_post(&self->shared->done, 1);
		pause();
	}
	usleep(ktap_scale(200000));
	ASSERT_LE(self->shared->stage, 1);
	ASSERT_EQ(self->shared->done, 0);
}

static void end_caller(struct svm_fuse_self *self)
{
	if (self->caller)
		EXPECT_LE(child_kill(self->caller), SOON);
	self->caller = 0;
}

FIXTURE_SETUP(svm_fuse)
{
	svmbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	fusefile_open(&self->file, SVM_SIZE, FILE_SEED);
	self->file.answer_reads = 1;
	self->shared = child_shared(PAGE);
	self->process = child_begin();
	if (!self->process)
		fault_forever(self);
	ASSERT_TRUE(child_await(&self->shared->stage, 1));
	ASSERT_TRUE(child_await(&self->file.num_held, 1));
	usleep(100000);
	ASSERT_EQ(self->shared->stage, 1);
	begin_caller(self);
}

/* No bond is left. */
FIXTURE_TEARDOWN(svm_fuse)
{
	char dir[DEBUGFS_PATH_LEN];

	fuse_close(&self->file);
	child_kill(self->process);
	end_caller(self);
	debugfs_find(dir);
	EXPECT_EQ(debugfs_number(dir, "type1x-bonds"), 0);
	svmbox_close(&self->box);
}

/* It is answered in the end, and the bond is good. */
TEST_F(svm_fuse, delivered)
{
	fuse_deliver(&self->file);
	EXPECT_TRUE(child_await(&self->shared->stage, 2));
	EXPECT_TRUE(child_await(&self->shared->done, 1));
	EXPECT_GT(self->shared->bond, 0);
	svm_unbind(self->container, self->shared->bond);
}

/* Several at once, or one after the other, and each dies at once; whoever is next binds. */
TEST_F(svm_fuse, killed)
{
	pid_t callers[8];

	for (int i = 0; i < 3; i++) {
		end_caller(self);
		begin_caller(self);
	}
	end_caller(self);
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		callers[i] = child_begin();
		if (!callers[i]) {
			__svm_bind(self->container, VFIO_SVM_PID, self->process);
			child_end();
		}
	}
	usleep(ktap_scale(200000));
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++)
		EXPECT_LE(child_kill(callers[i]), SOON);
	EXPECT_EQ(self->shared->stage, 1);
	fuse_deliver(&self->file);
	EXPECT_TRUE(child_await(&self->shared->stage, 2));
	svm_unbind(self->container, svm_bind(self->container, VFIO_SVM_PID, self->process));
}

/* Whoever is killed leaves nothing, wherever he is just then. */
TEST_F(svm_fuse, nothing_is_kept)
{
	struct slabcount before;

	end_caller(self);
	before = slabcount_take();
	for (int i = 0; i < SLABCOUNT_TIMES; i++) {
		pid_t caller = child_begin();

		if (!caller) {
			__svm_bind(self->container, VFIO_SVM_PID, self->process);
			child_end();
		}
		usleep(i % 8 * 1000);
		child_kill(caller);
	}
	EXPECT_EQ(self->shared->stage, 1);
	fuse_deliver(&self->file);
	EXPECT_TRUE(child_await(&self->shared->stage, 2));
	slabcount_expect_no_more(&before);
}

/* Others bind others meanwhile, and who bound them gets what he asks for. */
TEST_F(svm_fuse, others_proceed)
{
	double begin = ktap_now();
	uint32_t bond = svmbox_bind(&self->box);

	svm_map(self->container, bond, self->box.memory, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(iommu_unmap_all(self->container), PAGE);
	svm_unbind(self->container, bond);
	EXPECT_TIMELY(ktap_ms_since(begin), <=, SOON);
	EXPECT_EQ(self->shared->stage, 1);
	end_caller(self);
}

/* The process is killed, which it is only when its file system lets it. */
TEST_F(svm_fuse, process_dies)
{
	kill(self->process, SIGKILL);
	usleep(100000);
	end_caller(self);
	fuse_deliver(&self->file);
}

KTAP_MAIN()
