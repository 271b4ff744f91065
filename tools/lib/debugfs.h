/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vfio-type1x tells about a container in debugfs.
 *
 *	debugfs_find(dir);
 *	EXPECT_EQ(debugfs_number(dir, "type1x-mappings"), 1);
 */
#ifndef T1X_LIB_DEBUGFS_H
#define T1X_LIB_DEBUGFS_H

#include "check.h"

#define DEBUGFS_ROOT		"/sys/kernel/debug/vfio-type1x"
#define DEBUGFS_PATH_LEN	64

/*
 * Directory of the container to which this process gave its IOMMU type last; mounts
 * debugfs if nobody has.  -ENOENT without such a container.
 */
int __debugfs_find(char dir[DEBUGFS_PATH_LEN]);

/* Number of that directory. */
unsigned long debugfs_id(const char *dir);

/* File descriptor of a file in the directory, to read; -errno. */
int __debugfs_open(const char *dir, const char *file);

/*
 * All of an open file, from where it is, by reads of so many bytes; to be freed.
 * NULL, with errno, if one of them fails.
 */
char *debugfs_slurp(int fd, size_t chunk);

/* All of a file; to be freed. */
char *debugfs_read(const char *dir, const char *file);

/* Is that all of a file?  Prints it if not. */
bool debugfs_is(const char *dir, const char *file, const char *expected);

/* The number behind a key in "info"; -errno. */
int __debugfs_number(const char *dir, const char *key, uint64_t *value);

#define debugfs_find(dir)	must(__debugfs_find(dir))
#define debugfs_open(...)	must(__debugfs_open(__VA_ARGS__))
#define debugfs_number(dir, key) ({			\
	uint64_t _number;				\
							\
	must(__debugfs_number(dir, key, &_number));	\
	_number;					\
})

#endif /* T1X_LIB_DEBUGFS_H */
