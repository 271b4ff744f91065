// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "debugfs.h"
#include "text.h"

#define MOUNT_POINT	"/sys/kernel/debug"

static void debugfs_mount(void)
{
	if (access(DEBUGFS_ROOT, F_OK))
		mount("debugfs", MOUNT_POINT, "debugfs", 0, NULL);
}

int __debugfs_find(char dir[DEBUGFS_PATH_LEN])
{
	unsigned long id, newest = 0;
	struct dirent *entry;
	uint64_t pid;
	DIR *all;

	debugfs_mount();
	all = opendir(DEBUGFS_ROOT);
	if (!all)
		return -errno;
	while ((entry = readdir(all))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		id = strtoul(entry->d_name, NULL, 10);
		snprintf(dir, DEBUGFS_PATH_LEN, "%s/%lu", DEBUGFS_ROOT, id);
		if (id > newest && !__debugfs_number(dir, "pid", &pid) && pid == (uint64_t)getpid())
			newest = id;
	}
	closedir(all);
	snprintf(dir, DEBUGFS_PATH_LEN, "%s/%lu", DEBUGFS_ROOT, newest);
	return newest ? 0 : -ENOENT;
}

unsigned long debugfs_id(const char *dir)
{
	return strtoul(strrchr(dir, '/') + 1, NULL, 10);
}

int __debugfs_open(const char *dir, const char *file)
{
	char path[DEBUGFS_PATH_LEN + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

char *debugfs_slurp(int fd, size_t chunk)
{
	size_t size = 0, room = chunk + 1;
	char *text = malloc(room);
	ssize_t got;

	must_be(text);
	while ((got = read(fd, text + size, chunk)) > 0) {
		size += got;
		if (room < size + chunk + 1) {
			room = 2 * (size + chunk + 1);
			text = realloc(text, room);
			must_be(text);
		}
	}
	if (got < 0) {
		int error = errno;

		free(text);
		errno = error;
		return NULL;
	}
	text[size] = '\0';
	return text;
}

char *debugfs_read(const char *dir, const char *file)
{
	int fd = debugfs_open(dir, file);
	char *text = debugfs_slurp(fd, 65536);

	if (!text)
		check_failed(dir, 0, file, errno);
	close(fd);
	return text;
}

bool debugfs_is(const char *dir, const char *file, const char *expected)
{
	char *text = debugfs_read(dir, file);
	bool same = !strcmp(text, expected);

	if (!same)
		printf("# %s is:\n%s# expected:\n%s", file, text, expected);
	free(text);
	return same;
}

int __debugfs_number(const char *dir, const char *key, uint64_t *value)
{
	char path[DEBUGFS_PATH_LEN + 8];

	snprintf(path, sizeof(path), "%s/info", dir);
	return __text_find_u64(path, key, value);
}
