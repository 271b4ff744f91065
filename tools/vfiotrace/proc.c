// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells files of VFIO from each other by what they are, not by what they are
 * called: a container is the character device 10:196, groups and devices have
 * the numbers that /proc/devices says, and a device that came out of a group is
 * an anonymous inode with a name of its own.
 *
 * Thread ids are those that ptrace uses, which are those of our own pid
 * namespace. So /proc has to be of that namespace, too; where the tracee lives
 * does not matter.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proc.h"

#define CONTAINER_DEVICE	makedev(10, 196)
#define MISC_MAJOR		10
#define LINE			256

/**
 * proc_is_ours() - is /proc that of our pid namespace?
 *
 * Return: what the name says.
 */
bool proc_is_ours(void)
{
	char link[32] = "", pid[32];

	if (readlink("/proc/self", link, sizeof(link) - 1) < 0)
		return false;
	snprintf(pid, sizeof(pid), "%d", getpid());
	return !strcmp(link, pid);
}

/* The value behind "key:" in a file of such lines. */
static bool proc_value(const char *file, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	bool is_found = false;
	char line[LINE];
	FILE *f;

	f = fopen(file, "re");
	if (!f)
		return false;
	while (!is_found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, length) || line[length] != ':')
			continue;
		line[strcspn(line, "\n")] = 0;
		length++;
		length += strspn(line + length, " \t");
		snprintf(value, size, "%s", line + length);
		is_found = true;
	}
	fclose(f);
	return is_found;
}

static pid_t proc_status(pid_t tid, const char *key)
{
	char file[64], value[32];

	snprintf(file, sizeof(file), "/proc/%d/status", tid);
	return proc_value(file, key, value, sizeof(value)) ? atoi(value) : 0;
}

/**
 * proc_tgid() - the process of a thread
 * @tid: the thread
 *
 * Return: its process; 0 if the thread is gone.
 */
pid_t proc_tgid(pid_t tid)
{
	return proc_status(tid, "Tgid");
}

/**
 * proc_tracer() - who traces a thread
 * @tid: the thread
 *
 * Return: the tracer; 0 if there is none.
 */
pid_t proc_tracer(pid_t tid)
{
	return proc_status(tid, "TracerPid");
}

/* The name behind a number in a list of "NUMBER NAME": /proc/devices, /proc/misc. */
static bool proc_is_number_of(const char *file, unsigned int number, const char *name)
{
	char line[LINE], listed[LINE];
	bool is_found = false;
	unsigned int n;
	FILE *f;

	f = fopen(file, "re");
	if (!f)
		return false;
	while (!is_found && fgets(line, sizeof(line), f)) {
		/* Block devices come second, and have numbers of their own. */
		if (!strncmp(line, "Block", 5))
			break;
		is_found = sscanf(line, "%u %255s", &n, listed) == 2 && n == number &&
			   !strcmp(listed, name);
	}
	fclose(f);
	return is_found;
}

static enum decode_kind proc_device_kind(dev_t device)
{
	if (device == CONTAINER_DEVICE)
		return DECODE_CONTAINER;
	if (major(device) == MISC_MAJOR) {
		if (proc_is_number_of("/proc/misc", minor(device), "iommu"))
			return DECODE_IOMMUFD;
		return DECODE_NOTHING;
	}
	if (proc_is_number_of("/proc/devices", major(device), "vfio"))
		return DECODE_GROUP;
	if (proc_is_number_of("/proc/devices", major(device), "vfio-dev"))
		return DECODE_DEVICE;
	return DECODE_NOTHING;
}

/* The drivers that can migrate have all called their files so. */
static bool proc_is_migration(const char *name)
{
	size_t length = strlen(name);

	return (length > 4 && !strcmp(name + length - 4, "_mig")) || !strcmp(name, "pds_vfio_lm");
}

/**
 * proc_fd_kind() - what a file descriptor is
 * @tid: a thread that has it
 * @fd: its number
 *
 * Return: its kind.
 */
enum decode_kind proc_fd_kind(pid_t tid, int fd)
{
	static const char anonymous[] = "anon_inode:";
	char file[64], path[PROC_PATH_MAX];
	const char *name = path + sizeof(anonymous) - 1;
	struct stat st;

	snprintf(file, sizeof(file), "/proc/%d/fd/%d", tid, fd);
	if (stat(file, &st))
		return DECODE_NOTHING;
	if (S_ISCHR(st.st_mode))
		return proc_device_kind(st.st_rdev);

	/* Real files have a path that begins with a slash. */
	proc_fd_path(&tid, fd, path, sizeof(path));
	if (strncmp(path, anonymous, sizeof(anonymous) - 1))
		return DECODE_NOTHING;
	if (!strcmp(name, "[vfio-device]"))
		return DECODE_DEVICE;
	return proc_is_migration(name) ? DECODE_MIGRATION : DECODE_NOTHING;
}

/**
 * proc_fd_path() - a decode_tracee.fd_path that asks /proc
 * @context: pid_t of a thread that has the file
 * @fd: number of the file
 * @path: result, fit for a terminal; empty if there is no such file
 * @size: room there
 */
void proc_fd_path(void *context, int fd, char *path, size_t size)
{
	char file[64];
	ssize_t length;

	snprintf(file, sizeof(file), "/proc/%d/fd/%d", *(pid_t *)context, fd);
	length = readlink(file, path, size - 1);
	path[length > 0 ? length : 0] = 0;
	for (; *path; path++)
		if (!isprint((unsigned char)*path))
			*path = '?';
}

/**
 * proc_fd_info() - one line of a fdinfo file
 * @tid: a thread that has the file
 * @fd: number of the file
 * @key: what stands before the colon
 * @value: result
 * @size: room there
 *
 * Return: is there such a line?
 */
bool proc_fd_info(pid_t tid, int fd, const char *key, char *value, size_t size)
{
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/fdinfo/%d", tid, fd);
	return proc_value(file, key, value, size);
}

/**
 * proc_threads() - call a function for all threads of a process
 * @pid: the process, or one of its threads
 * @thread: the function
 *
 * Return: number of threads, 0 if there is no such process.
 */
size_t proc_threads(pid_t pid, void (*thread)(pid_t tid))
{
	struct dirent *entry;
	size_t count = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0) {
			thread(tid);
			count++;
		}
	}
	closedir(dir);
	return count;
}
