// SPDX-License-Identifier: GPL-2.0-only
/*
 * Below the root there is either what the kernel shows now, or a copy of it that was
 * made before, maybe elsewhere. In a copy, process ids and device numbers mean nothing
 * to this kernel, and the targets of links are not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "root.h"

static const char *root = "";

/**
 * root_set() - choose another root than /
 * @directory: where proc and sys are; the string must stay
 */
void root_set(const char *directory)
{
	root = directory;
}

static bool root_vpath(char *path, const char *format, va_list args)
{
	int length = snprintf(path, PATH_MAX, "%s", root);

	if (length >= PATH_MAX)
		return false;
	return vsnprintf(path + length, PATH_MAX - length, format, args) < PATH_MAX - length;
}

/**
 * root_path() - the name of a file below the root
 * @path: result, PATH_MAX bytes
 * @format: the file, from a slash on
 *
 * Return: is there room for it?
 */
bool root_path(char *path, const char *format, ...)
{
	va_list args;
	bool fits;

	va_start(args, format);
	fits = root_vpath(path, format, args);
	va_end(args);
	return fits;
}

/**
 * root_is_live() - is /proc below the root that of our own pid namespace?
 *
 * Return: what the name says.
 */
bool root_is_live(void)
{
	char target[32], self[32];

	snprintf(self, sizeof(self), "%d", getpid());
	return root_link(target, sizeof(target), "/proc/self") && !strcmp(target, self);
}

/**
 * root_exists() - is there such a file?
 * @format: the file, from a slash on
 *
 * Return: what the name says.
 */
bool root_exists(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	bool fits;

	va_start(args, format);
	fits = root_vpath(path, format, args);
	va_end(args);
	return fits && !access(path, F_OK);
}

/**
 * root_read() - read a small file
 * @text: result, zero terminated; what does not fit is left out
 * @size: room there
 * @format: the file, from a slash on
 *
 * Return: could it be read? If not, errno says why.
 */
bool root_read(char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	size_t length = 0;
	ssize_t got = 0;
	va_list args;
	bool fits;
	int fd;

	text[0] = 0;
	va_start(args, format);
	fits = root_vpath(path, format, args);
	va_end(args);
	/* A copy may have pipes in it. */
	fd = fits ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0)
		return false;
	do {
		got = read(fd, text + length, size - 1 - length);
		if (got > 0)
			length += got;
	} while (got > 0 && length < size - 1);
	text[length] = 0;
	close(fd);
	return got >= 0;
}

/**
 * root_link() - what a symbolic link says
 * @target: result, zero terminated
 * @size: room there
 * @format: the link, from a slash on
 *
 * Return: is there such a link, and does its target fit?
 */
bool root_link(char *target, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t length;
	va_list args;
	bool fits;

	target[0] = 0;
	va_start(args, format);
	fits = root_vpath(path, format, args);
	va_end(args);
	length = fits ? readlink(path, target, size) : -1;
	if (length < 0 || (size_t)length >= size) {
		target[0] = 0;
		return false;
	}
	target[length] = 0;
	return true;
}

/**
 * root_directory() - open a directory
 * @format: the directory, from a slash on
 *
 * Return: as opendir().
 */
DIR *root_directory(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	bool fits;

	va_start(args, format);
	fits = root_vpath(path, format, args);
	va_end(args);
	if (!fits)
		errno = ENAMETOOLONG;
	return fits ? opendir(path) : NULL;
}
