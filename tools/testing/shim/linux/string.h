/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memcpy() and its kin for core/ in user space: the C library's will do, and
 * what it lacks is here.
 */
#ifndef T1X_SHIM_LINUX_STRING_H
#define T1X_SHIM_LINUX_STRING_H

#include <string.h>

static inline void *memset_l(unsigned long *words, unsigned long value, size_t nwords)
{
	for (size_t i = 0; i < nwords; i++)
		words[i] = value;
	return words;
}

#endif /* T1X_SHIM_LINUX_STRING_H */
