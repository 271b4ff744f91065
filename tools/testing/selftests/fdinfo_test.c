// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which backend a container uses, and what it does, in the fdinfo of its file:
 * by a module that comes and goes, and changes nothing but that.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "box.h"
#include "child.h"
#include "dirty.h"
#include "fdinfo.h"
#include "probes.h"
#include "proc.h"
#include "testbox.h"

#define KPROBES		"/sys/kernel/debug/kprobes/enabled"
#define FTRACE		"/proc/sys/kernel/ftrace_enabled"
#define DEBUGFS		"/sys/kernel/debug/vfio-type1x"

FIXTURE(fdinfo) {
	struct box box;
	int container;
	struct mem memory;
	struct fdinfo info;
};

FIXTURE_SETUP(fdinfo)
{
	backend_need_ours("the module that prints needs ours");
	hooks_reset();
	box_open(&self->box, VFIO_TYPE1v2_IOMMU, 1);
	self->container = self->box.container;
	mem_alloc(&self->memory, MEM_4K, 16 * PAGE);
	hooks_load();
}

FIXTURE_TEARDOWN(fdinfo)
{
	probes_close();
	text_write(KPROBES, "1");
	text_write(FTRACE, "1");
	if (module_is_loaded(HOOKS))
		EXPECT_EQ(__module_unload(HOOKS), 0);
	backend_set("prefer", "Y");
	backend_set("private_domains", "N");
	box_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

/* Read the container's fdinfo and look for a number. */
static long long number(struct fdinfo_self *self, const char *key)
{
	fdinfo_read(&self->info, self->container);
	return fdinfo_number(&self->info, key);
}

static bool is_silent(struct fdinfo_self *self, int fd)
{
	fdinfo_read(&self->info, fd);
	return fdinfo_is_silent(&self->info);
}

static bool names_ours(struct fdinfo_self *self, int fd)
{
	fdinfo_read(&self->info, fd);
	return fdinfo_says(&self->info, "vfio-driver", OURS_NAME) &&
	       fdinfo_is_complete(&self->info);
}

/* The box has another container, without a type yet. */
static void start_over(struct fdinfo_self *self)
{
	box_close(&self->box);
	self->box = (struct box){ .container = vfio_container_open() };
	self->container = self->box.container;
	box_add(&self->box);
}

TEST_F(fdinfo, all_lines)
{
	struct iommu_info info;

	iommu_info(self->container, &info);
	EXPECT_TRUE(names_ours(self, self->container));
	/* What the kernel says of any file is still there, and first. */
	EXPECT_EQ(fdinfo_count(&self->info, "pos:\t0"), 1);
	EXPECT_TRUE(fdinfo_follows(&self->info, "mnt_id", "ino"));
	EXPECT_TRUE(fdinfo_follows(&self->info, "ino", "vfio-driver"));
	EXPECT_TRUE(fdinfo_says(&self->info, "type1x-version", (char *)info.driver.release));
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-groups"), 1);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-emulated-groups"), 0);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-domains"), 1);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-entry-limit"), ENTRY_LIMIT);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-entries-left"), ENTRY_LIMIT);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-mapped-bytes"), 0);
	EXPECT_TRUE(fdinfo_says(&self->info, "type1x-dirty-tracking", "off"));
}

TEST_F(fdinfo, types)
{
	static const struct {
		unsigned long type;
		const char *name;
	} types[] = {
		{ VFIO_TYPE1_IOMMU, "v1" },
		{ VFIO_TYPE1v2_IOMMU, "v2" },
		{ VFIO_TYPE1X_IOMMU, "v2" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		start_over(self);
		EXPECT_TRUE(is_silent(self, self->container));
		vfio_set_type(self->container, types[i].type);
		EXPECT_TRUE(names_ours(self, self->container));
		EXPECT_TRUE(fdinfo_says(&self->info, "type1x-type", types[i].name));
	}
}

TEST_F(fdinfo, silent_without_backend)
{
	int fresh = vfio_container_open();

	EXPECT_TRUE(is_silent(self, fresh));
	vfio_group_detach(self->box.groups[0]);
	EXPECT_TRUE(is_silent(self, self->container));
	vfio_group_attach(self->box.groups[0], fresh);
	EXPECT_TRUE(is_silent(self, fresh));
	vfio_set_type(fresh, VFIO_TYPE1X_IOMMU);
	EXPECT_TRUE(names_ours(self, fresh));
	EXPECT_TRUE(is_silent(self, self->container));
	vfio_group_detach(self->box.groups[0]);
	EXPECT_TRUE(is_silent(self, fresh));
	close(fresh);
	vfio_group_attach(self->box.groups[0], self->container);
}

TEST_F(fdinfo, stock)
{
	SKIP_IF(!module_is_loaded(STOCK), "the stock module is not loaded");
	backend_set("prefer", "N");
	start_over(self);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	fdinfo_read(&self->info, self->container);
	EXPECT_TRUE(fdinfo_says(&self->info, "vfio-driver", STOCK_NAME));
	EXPECT_EQ(fdinfo_count(&self->info, "vfio-"), 1);
	EXPECT_EQ(fdinfo_count(&self->info, "type1x-"), 0);
}

TEST_F(fdinfo, ids)
{
	long long id = number(self, "type1x-id");
	char path[64];

	snprintf(path, sizeof(path), DEBUGFS "/%lld", id);
	EXPECT_EQ(access(path, F_OK), 0);
	start_over(self);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	EXPECT_NE(number(self, "type1x-id"), id);
	EXPECT_NE(access(path, F_OK), 0);
}

TEST_F(fdinfo, mappings)
{
	char *addr = self->memory.addr;
	int i;

	for (i = 0; i < 3; i++)
		iommu_map(self->container, addr + i * 4 * PAGE, BOX_IOVA + i * MIB(1),
			  (i + 1) * PAGE, IOMMU_RW);
	EXPECT_EQ(__iommu_map(self->container, addr, BOX_IOVA, PAGE, IOMMU_RW), -EEXIST);
	EXPECT_EQ(number(self, "type1x-mappings"), 3);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-entries-left"), iommu_avail(self->container));
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-mapped-bytes"), 6 * PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-locked-bytes"), proc_locked());
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-4k"), 6 * PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-maps"), 3);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-unmaps"), 0);

	EXPECT_EQ(iommu_unmap(self->container, BOX_IOVA + MIB(1), 2 * PAGE), 2 * PAGE);
	EXPECT_EQ(number(self, "type1x-mappings"), 2);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-mapped-bytes"), 4 * PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-locked-bytes"), 4 * PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-4k"), 4 * PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-maps"), 3);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-unmaps"), 1);

	EXPECT_EQ(iommu_unmap_all(self->container), 4 * PAGE);
	EXPECT_EQ(number(self, "type1x-mappings"), 0);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-locked-bytes"), 0);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-unmaps"), 3);
}

TEST_F(fdinfo, leaves)
{
	struct mem huge;
	int ret = __mem_hugetlb_pool(2);

	SKIP_IF(ret == -EOPNOTSUPP, "kernel without hugetlb");
	must(ret);
	mem_alloc(&huge, MEM_HUGETLB, 2 * HUGE);
	iommu_map(self->container, huge.addr, GIB(1), 2 * HUGE, IOMMU_RW);
	EXPECT_EQ(number(self, "type1x-leaf-bytes-2m"), 2 * HUGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-4k"), 0);
	iommu_map(self->container, huge.addr, GIB(2) + PAGE, HUGE, IOMMU_RW);
	EXPECT_EQ(number(self, "type1x-leaf-bytes-2m"), 2 * HUGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-4k"), HUGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-1g"), 0);
	EXPECT_EQ(iommu_unmap_all(self->container), 3 * HUGE);
	EXPECT_EQ(number(self, "type1x-leaf-bytes-2m"), 0);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-4k"), 0);
	mem_free(&huge);
}

TEST_F(fdinfo, groups)
{
	box_add(&self->box);
	EXPECT_EQ(number(self, "type1x-groups"), 2);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-domains"), 1);
	box_remove_last(&self->box);
	EXPECT_EQ(number(self, "type1x-groups"), 1);
	backend_set("private_domains", "Y");
	box_add(&self->box);
	EXPECT_EQ(number(self, "type1x-domains"), 2);
}

TEST_F(fdinfo, emulated_groups)
{
	struct testbox emulated;

	testbox_open(&emulated, VFIO_TYPE1v2_IOMMU, 2);
	EXPECT_TRUE(names_ours(self, emulated.container));
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-groups"), 0);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-emulated-groups"), 2);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-domains"), 0);
	iommu_map(emulated.container, self->memory.addr, BOX_IOVA, 2 * PAGE, IOMMU_RW);
	testdev_pin(&emulated.devs[0], BOX_IOVA, 1, TESTDEV_RW);
	fdinfo_read(&self->info, emulated.container);
	/* Nobody pays for pages that no device holds. */
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-mapped-bytes"), 2 * PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-locked-bytes"), PAGE);
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-leaf-bytes-4k"), 0);
	testbox_close(&emulated);
}

TEST_F(fdinfo, dirty_tracking)
{
	struct dirty_bits bits;

	iommu_map(self->container, self->memory.addr, BOX_IOVA, 8 * PAGE, IOMMU_RW);
	dirty_start(self->container);
	fdinfo_read(&self->info, self->container);
	EXPECT_TRUE(fdinfo_says(&self->info, "type1x-dirty-tracking", "on"));
	EXPECT_EQ(fdinfo_number(&self->info, "type1x-dirty-reported"), 0);
	dirty_open(&bits, BOX_IOVA, 8);
	dirty_get(self->container, &bits);
	dirty_close(&bits);
	EXPECT_EQ(number(self, "type1x-dirty-reported"), 8);
	dirty_stop(self->container);
	fdinfo_read(&self->info, self->container);
	EXPECT_TRUE(fdinfo_says(&self->info, "type1x-dirty-tracking", "off"));

	dirty_start_range(self->container, BOX_IOVA, 8 * PAGE);
	fdinfo_read(&self->info, self->container);
	EXPECT_TRUE(fdinfo_says(&self->info, "type1x-dirty-tracking", "on 0x10000000-0x10007fff"));
	dirty_stop(self->container);
}

/* A container does not care when the module came. */
TEST_F(fdinfo, loaded_later)
{
	int round;

	iommu_map(self->container, self->memory.addr, BOX_IOVA, PAGE, IOMMU_RW);
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(number(self, "type1x-mappings"), 1);
		EXPECT_EQ(__module_unload(HOOKS), 0);
		EXPECT_TRUE(is_silent(self, self->container));
		EXPECT_TRUE(box_dma_works(box_edu(&self->box, 0), self->memory.addr, BOX_IOVA));
		hooks_load();
	}
	EXPECT_EQ(__module_load(HOOKS_FILE, ""), -EEXIST);
	/* It calls into the backend, which therefore stays as long as it does. */
	box_close(&self->box);
	EXPECT_EQ(__module_unload(OURS), -EWOULDBLOCK);
	hooks_unload();
	start_over(self);
}

/* Files that have something in common with a container, and are none. */
TEST_F(fdinfo, other_files)
{
	int path = must_sys(open("/dev/vfio/vfio", O_PATH | O_CLOEXEC));
	int null = must_sys(open("/dev/null", O_RDONLY | O_CLOEXEC));

	EXPECT_TRUE(is_silent(self, path));
	EXPECT_TRUE(is_silent(self, null));
	EXPECT_TRUE(is_silent(self, STDOUT_FILENO));
	EXPECT_TRUE(is_silent(self, self->box.groups[0]));
	EXPECT_TRUE(is_silent(self, box_edu(&self->box, 0)->fd));
	close(path);
	close(null);
}

/* It is the device number that makes a container, wherever the node is. */
TEST_F(fdinfo, other_node)
{
	char name[] = "/tmp/fdinfo-XXXXXX";
	int other;

	must_be(mkdtemp(name));
	must_sys(rmdir(name));
	must_sys(mknod(name, S_IFCHR | 0600, makedev(10, 196)));
	other = must_sys(open(name, O_RDWR | O_CLOEXEC));
	EXPECT_TRUE(is_silent(self, other));
	vfio_group_detach(self->box.groups[0]);
	vfio_group_attach(self->box.groups[0], other);
	vfio_set_type(other, VFIO_TYPE1v2_IOMMU);
	EXPECT_TRUE(names_ours(self, other));
	must_sys(unlink(name));
	close(other);
}

TEST_F(fdinfo, other_process)
{
	pid_t parent = getpid(), child;
	int copy = must_sys(dup(self->container));
	struct fdinfo info;

	fdinfo_read(&self->info, self->container);
	child = child_begin();
	if (!child) {
		must(__fdinfo_read_of(&info, parent, self->container));
		EXPECT_EQ(strcmp(info.text, self->info.text), 0);
		/* Its own, inherited ones are the same container. */
		EXPECT_TRUE(names_ours(self, self->container));
		EXPECT_TRUE(names_ours(self, copy));
		child_end();
	}
	child_wait(child);
	close(copy);
}

/* More than fits: procfs shows the file again, into a larger buffer. */
TEST_F(fdinfo, many_lines)
{
	struct flock lock = { .l_type = F_RDLCK, .l_len = 1 };
	int i;

	for (i = 0; i < 100; i++) {
		lock.l_start = 2 * i;
		must_sys(fcntl(self->container, F_SETLK, &lock));
		EXPECT_TRUE(names_ours(self, self->container));
		EXPECT_EQ(fdinfo_count(&self->info, "lock:"), i + 1);
	}
	EXPECT_GT(strlen(self->info.text), PAGE);
}

/* How often the module has said that it cannot be there. */
static int complaints(void)
{
	return proc_log_count(HOOKS ": cannot probe show_fd_locks()");
}

/* Who can do without kprobes takes nothing away here, and ftrace stays where it is used. */
TEST_F(fdinfo, switched_off)
{
	int before = complaints();

	text_write(KPROBES, "0");
	EXPECT_TRUE(names_ours(self, self->container));
	hooks_unload();
	EXPECT_TRUE(is_silent(self, self->container));
	hooks_load();
	EXPECT_TRUE(names_ours(self, self->container));
	text_write(KPROBES, "1");
	EXPECT_EQ(__text_write(FTRACE, "0"), -EBUSY);
	EXPECT_TRUE(names_ours(self, self->container));
	EXPECT_EQ(complaints(), before);

	hooks_unload();
	text_write(FTRACE, "0");
	EXPECT_EQ(__module_load(HOOKS_FILE, ""), -EBUSY);
	EXPECT_EQ(complaints(), before + 1);
	EXPECT_TRUE(is_silent(self, self->container));
	text_write(FTRACE, "1");
	EXPECT_TRUE(is_silent(self, self->container));
	hooks_load();
	EXPECT_TRUE(names_ours(self, self->container));
}

/* Others may look at the same function, and come and go. */
TEST_F(fdinfo, not_alone)
{
	probes_open("show_fd_locks");
	EXPECT_TRUE(names_ours(self, self->container));
	hooks_unload();
	EXPECT_TRUE(is_silent(self, self->container));
	hooks_load();
	EXPECT_TRUE(names_ours(self, self->container));
	EXPECT_GE(probes_hits(), 3);
	probes_close();
	EXPECT_TRUE(names_ours(self, self->container));
}

KTAP_MAIN()
