/* SPDX-License-Identifier: GPL-2.0-only */
/* memcpy() and its kin for core/ in user space: the C library's will do. */
#ifndef T1X_SHIM_LINUX_STRING_H
#define T1X_SHIM_LINUX_STRING_H

#include <string.h>

#endif /* T1X_SHIM_LINUX_STRING_H */
