// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "module.h"
#include "text.h"

bool module_is_loaded(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	return !access(path, F_OK);
}

int __module_load(const char *path, const char *arguments)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, arguments, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int __module_load_stock(const char *name)
{
	struct utsname system;
	char path[PATH_MAX];

	if (uname(&system))
		return -errno;
	snprintf(path, sizeof(path), "/lib/modules/%s/%s.ko", system.release, name);
	return __module_load(path, "");
}

int __module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

static void module_path(char *path, size_t size, const char *name, const char *parameter)
{
	snprintf(path, size, "/sys/module/%s/parameters/%s", name, parameter);
}

int __module_get(const char *name, const char *parameter, char *buf, size_t size)
{
	char path[PATH_MAX];

	module_path(path, sizeof(path), name, parameter);
	return __text_read(path, buf, size);
}

int __module_set(const char *name, const char *parameter, const char *value)
{
	char path[PATH_MAX];

	module_path(path, sizeof(path), name, parameter);
	return __text_write(path, value);
}
