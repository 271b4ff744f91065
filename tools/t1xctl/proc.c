// SPDX-License-Identifier: GPL-2.0-only
/*
 * A container is the character device 10:196; groups and devices have the numbers that
 * /proc/devices says, or are anonymous inodes with a name of their own. In a copy of
 * /proc (see root.c) there are no devices, and their names have to do.
 *
 * Processes end while they are looked at. What is gone is left out.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proc.h"
#include "root.h"
#include "text.h"

#define CONTAINER_MAJOR		10
#define CONTAINER_MINOR		196
#define NO_MAJOR		UINT_MAX

enum proc_kind { PROC_NOTHING, PROC_CONTAINER, PROC_GROUP, PROC_DEVICE };

static struct {
	bool is_live;
	unsigned int group_major;
	unsigned int device_major;
} proc;

/* Character devices are the first list of two, "NUMBER NAME" each. */
static unsigned int proc_major(const char *devices, const char *name)
{
	const char *line = devices;
	unsigned int number;
	char listed[64];

	while (line && strncmp(line, "Block", 5)) {
		if (sscanf(line, "%u %63s", &number, listed) == 2 && !strcmp(listed, name))
			return number;
		line = strchr(line, '\n');
		line += !!line;
	}
	return NO_MAJOR;
}

/**
 * proc_begin() - to be called before anything else, as drivers come and go
 */
void proc_begin(void)
{
	char devices[FACTS_FILE];

	root_read(devices, sizeof(devices), "/proc/devices");
	proc.is_live = root_is_live();
	proc.group_major = proc_major(devices, "vfio");
	proc.device_major = proc_major(devices, "vfio-dev");
}

/* "12" or "noiommu-12", whatever follows. */
static bool proc_group_name(char *name, const char *path)
{
	const char *last = strrchr(path, '/') + 1;
	size_t prefix = strncmp(last, "noiommu-", 8) ? 0 : 8;
	size_t digits = strspn(last + prefix, "0123456789");

	if (!digits || prefix + digits >= PROCESS_NAME)
		return false;
	snprintf(name, prefix + digits + 1, "%s", last);
	return true;
}

static enum proc_kind proc_kind_by_name(const char *path)
{
	static const char directory[] = "/dev/vfio/";
	char name[PROCESS_NAME];

	if (!strcmp(path, "/dev/vfio/vfio"))
		return PROC_CONTAINER;
	if (!strncmp(path, "/dev/vfio/devices/", 18))
		return PROC_DEVICE;
	if (!strncmp(path, directory, strlen(directory)) && proc_group_name(name, path))
		return PROC_GROUP;
	return PROC_NOTHING;
}

static enum proc_kind proc_kind_by_number(const struct statx *st)
{
	if (!S_ISCHR(st->stx_mode))
		return PROC_NOTHING;
	if (st->stx_rdev_major == CONTAINER_MAJOR && st->stx_rdev_minor == CONTAINER_MINOR)
		return PROC_CONTAINER;
	if (st->stx_rdev_major == proc.group_major)
		return PROC_GROUP;
	return st->stx_rdev_major == proc.device_major ? PROC_DEVICE : PROC_NOTHING;
}

/* Of a group, sysfs has the name even if the program has the file by another one. */
static void proc_sysfs_path(char *path, const struct statx *st)
{
	char target[PATH_MAX];

	if (root_link(target, sizeof(target), "/sys/dev/char/%u:%u", st->stx_rdev_major,
		      st->stx_rdev_minor) &&
	    strchr(target, '/'))
		strcpy(path, target);
}

/* What a descriptor is, and the path that names it. */
static enum proc_kind proc_kind(int64_t pid, int fd, char *path)
{
	enum proc_kind kind;
	char link[PATH_MAX];
	struct statx st;

	if (!root_link(path, PATH_MAX, "/proc/%lld/fd/%d", (long long)pid, fd))
		return PROC_NOTHING;
	if (!strcmp(path, "anon_inode:[vfio-device]"))
		return PROC_DEVICE;
	/* Sockets and pipes need no further look. */
	if (path[0] != '/')
		return PROC_NOTHING;
	if (!proc.is_live)
		return proc_kind_by_name(path);
	/* The file may be on a server that does not answer: do not ask it. */
	if (!root_path(link, "/proc/%lld/fd/%d", (long long)pid, fd) ||
	    statx(AT_FDCWD, link, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st))
		return PROC_NOTHING;
	kind = proc_kind_by_number(&st);
	if (kind == PROC_GROUP)
		proc_sysfs_path(path, &st);
	return kind;
}

/**
 * proc_is_same_file() - do two descriptors share one open file?
 * @pid_a: the first process
 * @fd_a: its descriptor
 * @pid_b: the second process, may be the first one
 * @fd_b: its descriptor
 *
 * Return: true if they do; false if not, or if the kernel cannot tell.
 */
bool proc_is_same_file(int64_t pid_a, int fd_a, int64_t pid_b, int fd_b)
{
	return proc.is_live && !syscall(SYS_kcmp, (pid_t)pid_a, (pid_t)pid_b, KCMP_FILE,
					(unsigned long)fd_a, (unsigned long)fd_b);
}

/**
 * proc_is_container() - is one of our own descriptors a container?
 * @fd: the descriptor
 *
 * Return: what the name says.
 */
bool proc_is_container(int fd)
{
	struct statx st;

	return !statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) &&
	       proc_kind_by_number(&st) == PROC_CONTAINER;
}

/* A container has an id that is never used twice, if it is of our backend. */
static bool proc_is_same(const struct process *process, const struct container *container, int fd,
			 const struct facts *facts)
{
	if (container->facts.id != FACTS_UNKNOWN || facts->id != FACTS_UNKNOWN)
		return container->facts.id == facts->id;
	return proc_is_same_file(process->pid, container->fds[0], process->pid, fd);
}

static void proc_add_container(struct process *process, int fd, const char *info)
{
	struct container *container = process->containers;
	struct facts facts;

	facts_parse(&facts, info);
	while (container && !proc_is_same(process, container, fd, &facts))
		container = container->next;
	if (container) {
		container_add_fd(container, fd);
		return;
	}
	container = container_new(&facts);
	container_add_fd(container, fd);
	container_insert(&process->containers, container);
}

/* Newer kernels tell which device it is. */
static void proc_add_device(struct process *process, int fd, const char *info)
{
	static const char key[] = "vfio-device-syspath:";
	char place[PROCESS_PLACE] = "";
	const char *line = strstr(info, key), *slash;

	if (line && sscanf(line + strlen(key), " %127s", place) == 1) {
		slash = strrchr(place, '/');
		if (slash)
			memmove(place, slash + 1, strlen(slash));
	}
	process_add_device(process, fd, place);
}

static void proc_add_file(struct process *process, int fd)
{
	char path[PATH_MAX], info[FACTS_FILE], name[PROCESS_NAME];
	enum proc_kind kind = proc_kind(process->pid, fd, path);

	if (kind == PROC_CONTAINER || kind == PROC_DEVICE)
		root_read(info, sizeof(info), "/proc/%lld/fdinfo/%d", (long long)process->pid, fd);
	if (kind == PROC_CONTAINER)
		proc_add_container(process, fd, info);
	else if (kind == PROC_DEVICE)
		proc_add_device(process, fd, info);
	else if (kind == PROC_GROUP && proc_group_name(name, path))
		process_add_group(process, name);
}

static int proc_compare(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : 1;
}

/* Return: descriptors, ascending, and how many there are; to be freed. */
static int *proc_fds(DIR *dir, size_t *nr)
{
	struct dirent *entry;
	int *fds = NULL;
	size_t room = 0;
	int64_t fd;

	*nr = 0;
	while ((entry = readdir(dir))) {
		if (!text_number(entry->d_name, &fd) || fd > INT_MAX)
			continue;
		if (*nr == room) {
			room = room ? 2 * room : 64;
			fds = reallocarray(fds, room, sizeof(*fds));
			if (!fds)
				err(1, "reallocarray");
		}
		fds[(*nr)++] = fd;
	}
	if (*nr)
		qsort(fds, *nr, sizeof(*fds), proc_compare);
	return fds;
}

static void proc_read_comm(struct process *process)
{
	char comm[PROCESS_NAME];

	/* Newlines may be part of the name. The last one is not. */
	if (root_read(comm, sizeof(comm), "/proc/%lld/comm", (long long)process->pid) && comm[0]) {
		if (comm[strlen(comm) - 1] == '\n')
			comm[strlen(comm) - 1] = 0;
		strcpy(process->comm, comm);
	}
}

/**
 * proc_process() - look for files of VFIO in one process
 * @pid: the process
 * @error: result if there are none: 0, ENOENT if there is no such process, or why it cannot
 *	be looked into
 *
 * Return: the process if it has any, else NULL.
 */
struct process *proc_process(int64_t pid, int *error)
{
	struct process *process;
	size_t nr, i;
	int *fds;
	DIR *dir;

	*error = 0;
	dir = root_directory("/proc/%lld/fd", (long long)pid);
	if (!dir) {
		*error = errno == ESRCH ? ENOENT : errno;
		return NULL;
	}
	process = process_new(pid);
	fds = proc_fds(dir, &nr);
	closedir(dir);
	for (i = 0; i < nr; i++)
		proc_add_file(process, fds[i]);
	free(fds);
	if (!process->groups && !process->devices && !process->containers) {
		process_free(process);
		return NULL;
	}
	proc_read_comm(process);
	return process;
}
