/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of /proc and /sys, of this machine or below another root directory.
 */
#ifndef T1XCTL_ROOT_H
#define T1XCTL_ROOT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

void root_set(const char *directory);
bool root_is_live(void);
bool root_path(char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool root_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool root_read(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool root_link(char *target, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
DIR *root_directory(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* T1XCTL_ROOT_H */
