/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules and their parameters. */
#ifndef T1X_LIB_MODULE_H
#define T1X_LIB_MODULE_H

#include "check.h"

bool module_is_loaded(const char *name);
int __module_load(const char *path, const char *arguments);

/* A module of the running kernel that the guest carries; -ENOENT if it does not. */
int __module_load_stock(const char *name);

/* Does not wait for users: -EAGAIN if there are any. */
int __module_unload(const char *name);

int __module_get(const char *name, const char *parameter, char *buf, size_t size);
int __module_set(const char *name, const char *parameter, const char *value);

#define module_load(...)	must(__module_load(__VA_ARGS__))
#define module_load_stock(name)	must(__module_load_stock(name))
#define module_unload(name)	must(__module_unload(name))
#define module_set(...)		must(__module_set(__VA_ARGS__))

#endif /* T1X_LIB_MODULE_H */
