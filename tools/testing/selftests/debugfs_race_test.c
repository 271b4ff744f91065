// SPDX-License-Identifier: GPL-2.0-only
/* Readers of debugfs, against containers that work, and that come and go. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "box.h"
#include "child.h"
#include "debugfs.h"
#include "dirty.h"
#include "snapshot.h"

#define SECONDS		2
#define PIECES		64

FIXTURE(readers) {
	struct box box;
	char *memory;
	int64_t pinned;
	volatile int stop;
};

struct worker {
	void (*turn)(struct worker *worker);
	struct readers_self *fixture;
	long turns, found;
};

FIXTURE_SETUP(readers)
{
	char dir[DEBUGFS_PATH_LEN];

	backend_need_ours("has no debugfs");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	debugfs_find(dir);
	self->memory = mem_untouched(PIECES * PAGE);
	memset(self->memory, 1, PIECES * PAGE);
	self->pinned = proc_pinned();
}

FIXTURE_TEARDOWN(readers)
{
	iommu_unmap_all(self->box.container);
	box_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->pinned);
}

static void read_file(struct worker *worker, const char *dir, const char *name)
{
	size_t chunk = 1 + worker->turns * 37 % 5000;
	int fd = __debugfs_open(dir, name);
	char *text;

	if (fd < 0) {
		EXPECT_EQ(fd, -ENOENT);
		return;
	}
	text = debugfs_slurp(fd, chunk);
	if (text)
		worker->found += *text != '\0';
	else
		EXPECT_EQ(errno, ENODEV);
	free(text);
	close(fd);
}

/* All files of all containers there are. */
static void turn_read(struct worker *worker)
{
	static const char * const names[] = { "info", "domains", "bonds", "mappings", "extents" };
	DIR *all = opendir(DEBUGFS_ROOT);
	struct dirent *entry;
	char dir[512];
	size_t i;

	ASSERT_NE(all, NULL);
	while ((entry = readdir(all))) {
		snprintf(dir, sizeof(dir), "%s/%s", DEBUGFS_ROOT, entry->d_name);
		for (i = 0; entry->d_name[0] != '.' && i < ARRAY_SIZE(names); i++)
			read_file(worker, dir, names[i]);
	}
	closedir(all);
}

static void turn_map(struct worker *worker)
{
	struct readers_self *self = worker->fixture;
	int container = self->box.container, i;

	for (i = 0; i < PIECES; i++)
		EXPECT_EQ(__iommu_map(container, self->memory, BOX_IOVA + i * 2 * PAGE, PAGE,
				      IOMMU_RW),
			  0);
	for (i = 0; i < PIECES / 2; i++)
		EXPECT_EQ(iommu_unmap(container, BOX_IOVA + i * 4 * PAGE, PAGE), PAGE);
	EXPECT_EQ(iommu_unmap(container, BOX_IOVA, PIECES * 2 * PAGE), PIECES / 2 * PAGE);
	worker->found++;
}

/* A container of its own, with the second edu device, closed with what is in it. */
static void turn_open(struct worker *worker)
{
	int container = vfio_container_open(), group = box_group_open(1);

	vfio_group_attach(group, container);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	iommu_map(container, worker->fixture->memory, BOX_IOVA, 8 * PAGE, IOMMU_RW);
	dirty_start(container);
	close(worker->turns % 2 ? container : group);
	close(worker->turns % 2 ? group : container);
	worker->found++;
}

static void turn_attach(struct worker *worker)
{
	struct readers_self *self = worker->fixture;
	int group = box_group_open(2);

	vfio_group_attach(group, self->box.container);
	vfio_group_detach(group);
	close(group);
	worker->found++;
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	for (; !worker->fixture->stop; worker->turns++)
		worker->turn(worker);
	return NULL;
}

TEST_F_TIMEOUT(readers, of_all_files, 30)
{
	void (* const turns[])(struct worker *worker) = {
		turn_read, turn_read, turn_map, turn_open, turn_attach,
	};
	struct worker workers[ARRAY_SIZE(turns)] = {};
	pthread_t threads[ARRAY_SIZE(turns)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		workers[i].turn = turns[i];
		workers[i].fixture = self;
		threads[i] = thread_begin(run_worker, &workers[i]);
	}
	usleep(SECONDS * 1000000);
	self->stop = 1;
	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		thread_wait(threads[i]);
		NOTE("worker %zu: %ld turns, %ld fruitful", i, workers[i].turns, workers[i].found);
		EXPECT_GT(workers[i].found, 0);
	}
}

KTAP_MAIN()
