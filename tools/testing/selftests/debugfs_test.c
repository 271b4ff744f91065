// SPDX-License-Identifier: GPL-2.0-only
/* The files that a container has in debugfs: what is in them, and how long. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "box.h"
#include "child.h"
#include "debugfs.h"
#include "dirty.h"
#include "snapshot.h"
#include "testbox.h"
#include "uffd.h"

#define OURS_FILE	"/t/" OURS ".ko"
#define LINE_SIZE	160
#define MANY		1500

static const char * const files[] = { "info", "domains", "bonds", "mappings", "extents" };

FIXTURE(debugfs) {
	struct box box;
	int container;
	char *memory;
	char dir[DEBUGFS_PATH_LEN];
	struct snapshot before;
};

FIXTURE_SETUP(debugfs)
{
	backend_need_ours("has no debugfs");
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(MIB(8));
	debugfs_find(self->dir);
	self->before = snapshot_take(self->container);
}

FIXTURE_TEARDOWN(debugfs)
{
	if (!module_is_loaded(OURS))
		module_load(OURS_FILE, "");
	EXPECT_EQ(proc_pinned(), self->before.pinned);
	EXPECT_EQ(proc_locked(), 0);
	if (self->box.num_groups)
		box_close(&self->box);
}

static void give_back(struct debugfs_self *self)
{
	iommu_unmap_all(self->container);
	EXPECT_UNCHANGED(self->container, self->before);
}

/* All of a file is this text. */
static bool file_is(const char *dir, const char *file, const char *expected)
{
	char *text = debugfs_read(dir, file);
	bool same = EXPECT_EQ(strcmp(text, expected), 0);

	if (!same)
		printf("# %s is:\n%s# expected:\n%s", file, text, expected);
	free(text);
	return same;
}

TEST_F(debugfs, can_be_read_by_root_only)
{
	char path[DEBUGFS_PATH_LEN + 16];
	struct stat stat;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", self->dir, files[i]);
		must_sys(lstat(path, &stat));
		EXPECT_EQ(stat.st_mode, S_IFREG | 0400);
		EXPECT_EQ(stat.st_uid, 0);
	}
	must_sys(lstat(DEBUGFS_ROOT, &stat));
	EXPECT_EQ(stat.st_mode & S_IFMT, S_IFDIR);
	EXPECT_EQ(stat.st_mode & 022, 0);
}

TEST_F(debugfs, nothing_mapped)
{
	file_is(self->dir, "bonds", "");
	file_is(self->dir, "mappings", "");
	file_is(self->dir, "extents", "");
}

static size_t put_line(char *line, uint64_t iova, size_t size, const char *prot, const char *vaddr,
		       const char *rest)
{
	return snprintf(line, LINE_SIZE, "%#lx-%#lx %s vaddr %s %s\n", iova, iova + size - 1, prot,
			vaddr, rest);
}

/* Mappings of one to three pages, some side by side, and what the file says of them. */
static char *map_many(struct debugfs_self *self)
{
	static const struct {
		uint32_t flags;
		const char *prot;
	} kinds[] = { { IOMMU_RW, "rw" }, { IOMMU_R, "r-" }, { IOMMU_W, "-w" } };
	char *text = malloc(MANY * LINE_SIZE), *at = text, vaddr[24], ready[40];
	uint64_t iova = BOX_IOVA;
	int i;

	snprintf(ready, sizeof(ready), "ready pid %d backed", getpid());
	for (i = 0; i < MANY; i++) {
		char *memory = self->memory + i % 1024 * PAGE;
		size_t size = (1 + i % 3) * PAGE;

		iommu_map(self->container, memory, iova, size, kinds[i % 3].flags);
		snprintf(vaddr, sizeof(vaddr), "%p", memory);
		at += put_line(at, iova, size, kinds[i % 3].prot, vaddr, ready);
		iova += size + i % 5 * 7 * PAGE;
	}
	return text;
}

/* However it is read. */
TEST_F(debugfs, many_mappings)
{
	static const size_t chunks[] = { 1 << 20, 4096, 1000, 61 };
	char *expected = map_many(self), *text, part[300];
	size_t i, length = strlen(expected);
	int fd = debugfs_open(self->dir, "mappings");

	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		must_sys(lseek(fd, 0, SEEK_SET));
		text = debugfs_slurp(fd, chunks[i]);
		ASSERT_NE(text, NULL);
		EXPECT_EQ(strcmp(text, expected), 0);
		free(text);
	}
	for (i = 0; i < 40; i++) {
		size_t offset = i * i * 77 % (length - sizeof(part));

		ASSERT_EQ(pread(fd, part, sizeof(part), offset), sizeof(part));
		EXPECT_EQ(memcmp(part, expected + offset, sizeof(part)), 0);
	}
	EXPECT_EQ(pread(fd, part, sizeof(part), length), 0);
	EXPECT_EQ(pread(fd, part, sizeof(part), length - 1), 1);
	EXPECT_EQ(pread(fd, part, sizeof(part), 1ll << 40), 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_END), -1);
	close(fd);
	free(expected);
	give_back(self);
}

/* A reader is not led astray by what comes and goes meanwhile. */
TEST_F(debugfs, mappings_that_change)
{
	char *all = map_many(self), *rest, *line, part[4096];
	size_t half = MANY / 2;
	uint64_t iova, last = 0;
	int fd = debugfs_open(self->dir, "mappings");

	ASSERT_GT(read(fd, part, sizeof(part)), 0);
	/* Where the second half begins. */
	for (line = all; half; half--)
		line = strchr(line, '\n') + 1;
	iova = strtoull(line, NULL, 16);
	EXPECT_GT(iommu_unmap(self->container, BOX_IOVA, iova - BOX_IOVA), 0);
	iommu_map(self->container, self->memory, PAGE, PAGE, IOMMU_RW);
	rest = debugfs_slurp(fd, sizeof(part));
	ASSERT_NE(rest, NULL);
	/* All of the second half, behind what was read before the rest was gone. */
	ASSERT_GE(strlen(rest), strlen(line));
	EXPECT_EQ(strcmp(rest + strlen(rest) - strlen(line), line), 0);
	for (line = strchr(rest, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		EXPECT_GT(strtoull(line + 1, NULL, 16), last);
		last = strtoull(line + 1, NULL, 16);
	}
	close(fd);
	free(all);
	free(rest);
	give_back(self);
}

TEST_F(debugfs, mappings_suspended_and_tracked)
{
	char expected[2 * LINE_SIZE], vaddr[24], state[48];
	uint64_t bytes = 0;
	size_t length;

	iommu_map(self->container, self->memory, BOX_IOVA, PAGE, IOMMU_RW);
	iommu_map(self->container, self->memory, GIB(1), 2 * PAGE, IOMMU_R);
	must(__iommu_unmap(self->container, BOX_IOVA, PAGE, VFIO_DMA_UNMAP_FLAG_VADDR, &bytes));
	dirty_start_range(self->container, GIB(1), 2 * PAGE);
	snprintf(state, sizeof(state), "ready pid %d backed", getpid());
	snprintf(vaddr, sizeof(vaddr), "%p", self->memory);
	length = put_line(expected, BOX_IOVA, PAGE, "rw", "suspended", state);
	strcat(state, " tracked");
	put_line(expected + length, GIB(1), 2 * PAGE, "r-", vaddr, state);
	file_is(self->dir, "mappings", expected);
	dirty_stop(self->container);
	give_back(self);
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

/* A MAP that waits for memory is shown, and keeps nobody from being shown. */
TEST_F(debugfs, mapping_in_flight)
{
	struct sleeper sleeper = { .container = self->container };
	char expected[2 * LINE_SIZE], vaddr[24], state[48], *text;
	pthread_t thread;

	uffd_open(&sleeper.uffd, 4 * PAGE);
	thread = thread_begin(run_sleeper, &sleeper);
	uffd_wait(&sleeper.uffd, ktap_scale(5) * 1000);
	snprintf(vaddr, sizeof(vaddr), "%p", (void *)sleeper.uffd.addr);
	snprintf(state, sizeof(state), "filling pid %d", getpid());
	put_line(expected, BOX_IOVA, 4 * PAGE, "rw", vaddr, state);
	file_is(self->dir, "mappings", expected);
	file_is(self->dir, "extents", "");
	text = debugfs_read(self->dir, "domains");
	EXPECT_NE(strstr(text, "domain"), NULL);
	free(text);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-maps"), 0);
	uffd_fill(&sleeper.uffd, 0, 4 * PAGE);
	thread_wait(thread);
	EXPECT_EQ(sleeper.result, 0);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-maps"), 1);
	uffd_close(&sleeper.uffd);
	give_back(self);
}

/* Runs of frames, as the page map shows them. */
static void write_runs(char *text, const char *addr, size_t pages)
{
	size_t page, runs = 0, length = 0, shortest = pages, longest = 0;

	for (page = 0; page < pages; page++) {
		length++;
		if (page + 1 < pages &&
		    proc_pfn(addr + (page + 1) * PAGE) == proc_pfn(addr + page * PAGE) + 1)
			continue;
		runs++;
		shortest = length < shortest ? length : shortest;
		longest = length > longest ? length : longest;
		length = 0;
	}
	sprintf(text, "%zu of %zu-%zu pages", runs, shortest, longest);
}

/* The layout of memory of one kind, and what must be said of it. */
static void show_extents(struct debugfs_self *self, enum mem_kind kind, size_t size)
{
	size_t hugetlb = kind == MEM_HUGETLB ? size / PAGE : 0;
	char expected[LINE_SIZE], runs[64];
	struct mem mem;
	int ret = __mem_alloc(&mem, kind, size);

	if (ret == -EOPNOTSUPP)
		return;
	ASSERT_EQ(ret, 0);
	iommu_map(self->container, mem.addr, GIB(1), size, IOMMU_RW);
	write_runs(runs, mem.addr, size / PAGE);
	EXPECT_EQ(atoi(runs) == 1, kind == MEM_HUGETLB || kind == MEM_THP || size == PAGE);
	snprintf(expected, sizeof(expected), "%#lx-%#lx runs %s, pages %zu hugetlb %zu raw 0\n",
		 GIB(1), GIB(1) + size - 1, runs, size / PAGE - hugetlb, hugetlb);
	file_is(self->dir, "extents", expected);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-leaf-bytes-2m"),
		  size == HUGE && atoi(runs) == 1 ? HUGE : 0);
	EXPECT_EQ(iommu_unmap_all(self->container), size);
	mem_free(&mem);
}

TEST_F(debugfs, extents)
{
	show_extents(self, MEM_HUGETLB, HUGE);
	show_extents(self, MEM_THP, HUGE);
	show_extents(self, MEM_PERMUTED, HUGE);
	show_extents(self, MEM_FRAGMENTED, 100 * PAGE);
	show_extents(self, MEM_4K, PAGE);
}

TEST_F(debugfs, extents_of_a_bar)
{
	struct vfio_device *edu = box_edu(&self->box, 0);
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	char expected[LINE_SIZE];
	void *bar;

	must_sys(ioctl(edu->fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, edu->fd, info.offset);
	ASSERT_NE(bar, MAP_FAILED);
	iommu_map(self->container, bar, GIB(1), info.size, IOMMU_RW);
	snprintf(expected, sizeof(expected),
		 "%#lx-%#llx runs 1 of %llu-%llu pages, pages 0 hugetlb 0 raw %llu\n", GIB(1),
		 GIB(1) + info.size - 1, info.size / PAGE, info.size / PAGE, info.size / PAGE);
	file_is(self->dir, "extents", expected);
	EXPECT_EQ(debugfs_number(self->dir, "type1x-locked-bytes"), 0);
	munmap(bar, info.size);
	give_back(self);
}

static int group_number(int index)
{
	char bdf[VFIO_BDF_LEN], path[96], target[128];
	ssize_t length;

	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, index, bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = must_sys(readlink(path, target, sizeof(target) - 1));
	target[length] = '\0';
	return atoi(strrchr(target, '/') + 1);
}

/* Page tables, each with its groups, as numbers like "1 2 | 3"; in any order. */
static void read_domains(const char *dir, const struct iommu_info *info, int *num_domains,
			 int *num_groups)
{
	char *text = debugfs_read(dir, "domains"), *line, *rest = text;
	unsigned long pgsizes;
	uint64_t start, last;
	int group, length;

	*num_domains = *num_groups = 0;
	while ((line = strsep(&rest, "\n")) && *line) {
		length = 0;
		if (sscanf(line, "domain pgsizes %lx coherency by the device%n", &pgsizes,
			   &length) == 1 &&
		    length) {
			EXPECT_EQ(pgsizes, info->page_sizes);
			++*num_domains;
			continue;
		}
		ASSERT_EQ(sscanf(line, "  group %d aperture %lx-%lx dirties anything%n", &group,
				 &start, &last, &length),
			  3);
		EXPECT_EQ(line[length], '\0');
		EXPECT_EQ(group, group_number((*num_groups)++));
		EXPECT_EQ(start, 0);
		EXPECT_EQ(last, iommu_last(info));
	}
	free(text);
}

TEST_F(debugfs, domains)
{
	struct iommu_info info;
	int domains, groups;

	iommu_info(self->container, &info);
	read_domains(self->dir, &info, &domains, &groups);
	EXPECT_EQ(domains, 1);
	EXPECT_EQ(groups, 1);
	box_add(&self->box);
	read_domains(self->dir, &info, &domains, &groups);
	EXPECT_EQ(domains, 1);
	EXPECT_EQ(groups, 2);
	backend_set("private_domains", "Y");
	box_add(&self->box);
	backend_set("private_domains", "N");
	read_domains(self->dir, &info, &domains, &groups);
	EXPECT_EQ(domains, 2);
	EXPECT_EQ(groups, 3);
}

FIXTURE(emulated) {
	struct testbox box;
	int container;
	char *memory;
	char dir[DEBUGFS_PATH_LEN];
};

FIXTURE_SETUP(emulated)
{
	backend_need_ours("has no debugfs");
	testbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	self->memory = mem_untouched(4 * PAGE);
	debugfs_find(self->dir);
}

FIXTURE_TEARDOWN(emulated)
{
	testbox_close(&self->box);
}

static void *run_unmap(void *arg)
{
	struct emulated_self *self = arg;

	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	return NULL;
}

/* The last page of the address space, held by a device, and then on its way out. */
TEST_F(emulated, mapping)
{
	const uint64_t iova = -4ull * PAGE;
	char expected[LINE_SIZE], vaddr[24], state[64];
	pthread_t thread;
	int tries;

	iommu_map(self->container, self->memory, iova, 4 * PAGE, IOMMU_RW);
	snprintf(vaddr, sizeof(vaddr), "%p", self->memory);
	snprintf(state, sizeof(state), "ready pid %d", getpid());
	put_line(expected, iova, 4 * PAGE, "rw", vaddr, state);
	file_is(self->dir, "mappings", expected);
	file_is(self->dir, "extents", "");
	testdev_pin(&self->box.devs[0], iova, 1, TESTDEV_RW);
	strcat(state, " held by devices");
	put_line(expected, iova, 4 * PAGE, "rw", vaddr, state);
	file_is(self->dir, "mappings", expected);

	testdev_policy(&self->box.devs[0], T1X_TD_SLOW, ktap_scale(1) * 1000);
	thread = thread_begin(run_unmap, self);
	for (tries = 0; tries < 500 && !testdev_notices(&self->box.devs[0]); tries++)
		usleep(1000);
	snprintf(state, sizeof(state), "leaving pid %d held by devices", getpid());
	put_line(expected, iova, 4 * PAGE, "rw", vaddr, state);
	file_is(self->dir, "mappings", expected);
	thread_wait(thread);
	file_is(self->dir, "mappings", "");
}

TEST_F(emulated, domains)
{
	char *text = debugfs_read(self->dir, "domains");
	int group, length = 0;
	int found = sscanf(text, "emulated group %d\n%n", &group, &length);

	ASSERT_EQ(found, 1);
	EXPECT_EQ(text[length], '\0');
	free(text);
}

/* Whoever looks keeps no memory pinned, and only the module from leaving. */
TEST_F(debugfs, closed_while_open)
{
	int fds[ARRAY_SIZE(files)], begun;
	char part[16];
	size_t i;

	iommu_map(self->container, self->memory, BOX_IOVA, MIB(8), IOMMU_RW);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		fds[i] = debugfs_open(self->dir, files[i]);
	begun = debugfs_open(self->dir, "mappings");
	EXPECT_EQ(read(begun, part, sizeof(part)), sizeof(part));
	EXPECT_EQ(proc_locked(), MIB(8));
	box_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
	EXPECT_EQ(proc_pinned(), self->before.pinned);
	EXPECT_EQ(access(self->dir, F_OK), -1);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(read(fds[i], part, sizeof(part)), -1);
		EXPECT_EQ(errno, ENODEV);
		EXPECT_EQ(pread(fds[i], part, sizeof(part), 8), -1);
		EXPECT_EQ(errno, ENODEV);
		EXPECT_EQ(lseek(fds[i], 0, SEEK_SET), 0);
	}
	EXPECT_EQ(lseek(begun, 0, SEEK_SET), 0);
	EXPECT_EQ(read(begun, part, sizeof(part)), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(__module_unload(OURS), -EAGAIN);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		close(fds[i]);
	close(begun);
	EXPECT_EQ(__module_unload(OURS), 0);
	EXPECT_EQ(access(DEBUGFS_ROOT, F_OK), -1);
}

/* Another container does not come into what was open for the first. */
TEST_F(debugfs, each_container_its_own)
{
	int fd = debugfs_open(self->dir, "mappings");
	char dir[DEBUGFS_PATH_LEN], part[16];

	box_close(&self->box);
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	debugfs_find(dir);
	EXPECT_GT(debugfs_id(dir), debugfs_id(self->dir));
	iommu_map(self->box.container, self->memory, BOX_IOVA, PAGE, IOMMU_RW);
	EXPECT_EQ(read(fd, part, sizeof(part)), -1);
	EXPECT_EQ(errno, ENODEV);
	close(fd);
	EXPECT_EQ(iommu_unmap_all(self->box.container), PAGE);
}

KTAP_MAIN()
