// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

int __text_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	int error;

	if (fd < 0)
		return -errno;
	got = read(fd, buf, size - 1);
	error = errno;
	close(fd);
	if (got < 0)
		return -error;
	while (got > 0 && isspace((unsigned char)buf[got - 1]))
		got--;
	buf[got] = '\0';
	return got;
}

int __text_write(const char *path, const char *value)
{
	size_t size = strlen(value);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put;
	int error;

	if (fd < 0)
		return -errno;
	put = write(fd, value, size);
	error = errno;
	close(fd);
	if (put < 0)
		return -error;
	return (size_t)put == size ? 0 : -EIO;
}

int __text_read_u64(const char *path, uint64_t *value)
{
	char buf[64], *end;
	int ret = __text_read(path, buf, sizeof(buf));

	if (ret < 0)
		return ret;
	*value = strtoull(buf, &end, 0);
	return end == buf ? -EINVAL : 0;
}

int __text_find_u64(const char *path, const char *key, uint64_t *value)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(key);
	char line[256];
	int ret = -ENOENT;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, length) ||
		    (line[length] != ':' && !isspace((unsigned char)line[length])))
			continue;
		*value = strtoull(line + length + 1, NULL, 0);
		ret = 0;
		break;
	}
	fclose(file);
	return ret;
}
