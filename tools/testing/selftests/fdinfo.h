/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fdinfo tells about a container, and the module that makes it tell.
 *
 *	fdinfo_read(&info, container);
 *	EXPECT_TRUE(fdinfo_says(&info, "vfio-driver", OURS_NAME));
 *	EXPECT_EQ(fdinfo_number(&info, "type1x-mappings"), 3);
 */
#ifndef SELFTESTS_FDINFO_H
#define SELFTESTS_FDINFO_H

#include "backend.h"
#include "text.h"

#define HOOKS		"vfio_type1x_hooks"
#define HOOKS_FILE	"/t/" HOOKS ".ko"
#define STOCK_NAME	"vfio-iommu-type1"

#define hooks_load()	module_load(HOOKS_FILE, "")
#define hooks_unload()	module_unload(HOOKS)

/* Not loaded, whatever an earlier test that failed has left. */
static inline void hooks_reset(void)
{
	ASSERT_EQ(access(HOOKS_FILE, R_OK), 0);
	if (module_is_loaded(HOOKS))
		hooks_unload();
}

struct fdinfo {
	char text[32768];
};

/* Of a file of any process; -errno, e.g. -ENOENT if it is not open. */
static inline int __fdinfo_read_of(struct fdinfo *info, pid_t pid, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	return __text_read(path, info->text, sizeof(info->text));
}

#define __fdinfo_read(info, fd)	__fdinfo_read_of(info, getpid(), fd)
#define fdinfo_read(info, fd)	must(__fdinfo_read(info, fd))

/* What follows "key:\t", up to and without the end of the line; NULL if there is none. */
static inline const char *fdinfo_find(const struct fdinfo *info, const char *key, size_t *length)
{
	size_t key_length = strlen(key);
	const char *line = info->text;

	while (strncmp(line, key, key_length) || strncmp(line + key_length, ":\t", 2)) {
		line = strchr(line, '\n');
		if (!line++)
			return NULL;
	}
	line += key_length + 2;
	*length = strcspn(line, "\n");
	return line;
}

static inline bool fdinfo_has(const struct fdinfo *info, const char *key)
{
	size_t length;

	return fdinfo_find(info, key, &length);
}

/* The value is exactly this. */
static inline bool fdinfo_says(const struct fdinfo *info, const char *key, const char *value)
{
	size_t length = 0;
	const char *found = fdinfo_find(info, key, &length);

	return found && length == strlen(value) && !memcmp(found, value, length);
}

/* The value as a decimal number; -ENOENT without the line, -EINVAL if it is none. */
static inline long long fdinfo_number(const struct fdinfo *info, const char *key)
{
	size_t length = 0;
	const char *found = fdinfo_find(info, key, &length);
	long long number;
	char *end;

	if (!found)
		return -ENOENT;
	errno = 0;
	number = strtoll(found, &end, 10);
	return errno || !length || end != found + length ? -EINVAL : number;
}

/* How many lines begin so. */
static inline int fdinfo_count(const struct fdinfo *info, const char *begin)
{
	size_t length = strlen(begin);
	const char *line;
	int count = 0;

	for (line = info->text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		count += !strncmp(line, begin, length);
	}
	return count;
}

/* Nothing about a backend at all. */
static inline bool fdinfo_is_silent(const struct fdinfo *info)
{
	return !fdinfo_count(info, "vfio-driver") && !fdinfo_count(info, "type1x-");
}

/* Is the line of one key right behind that of another? */
static inline bool fdinfo_follows(const struct fdinfo *info, const char *first, const char *second)
{
	size_t length, second_length = strlen(second);
	const char *found = fdinfo_find(info, first, &length);

	if (!found || found[length] != '\n')
		return false;
	found += length + 1;
	return !strncmp(found, second, second_length) && !strncmp(found + second_length, ":\t", 2);
}

/* Are all lines of our backend there, each once and in their order? */
static inline bool fdinfo_is_complete(const struct fdinfo *info)
{
	static const char * const keys[] = {
		"vfio-driver",		"type1x-version",	 "type1x-id",
		"type1x-type",		"type1x-groups",	 "type1x-emulated-groups",
		"type1x-domains",	"type1x-bonds",		 "type1x-mappings",
		"type1x-entry-limit",	"type1x-entries-left",	 "type1x-mapped-bytes",
		"type1x-locked-bytes",	"type1x-leaf-bytes-4k",	 "type1x-leaf-bytes-2m",
		"type1x-leaf-bytes-1g", "type1x-dirty-tracking", "type1x-maps",
		"type1x-unmaps",	"type1x-dirty-reported", "type1x-faults",
		"type1x-faults-lost",
	};
	const char *last = info->text;
	char line[64];
	size_t i, length;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *found = fdinfo_find(info, keys[i], &length);

		snprintf(line, sizeof(line), "%s:", keys[i]);
		if (!found || found < last || fdinfo_count(info, line) != 1)
			return false;
		last = found;
	}
	return true;
}

#endif /* SELFTESTS_FDINFO_H */
