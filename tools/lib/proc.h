/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says about pinned, locked and physical memory, and in its log. */
#ifndef T1X_LIB_PROC_H
#define T1X_LIB_PROC_H

#include "check.h"

/* Bytes charged to this process as locked memory. */
uint64_t proc_locked(void);

/* What another process gives back may take a moment: wait up to a second. */
bool proc_locked_becomes(uint64_t bytes);

/* Pages pinned in the whole system: acquired minus released. */
int64_t proc_pinned(void);

/* How often the kernel's log, as far as it is kept, has a text. */
int proc_log_count(const char *text);

/* Physical page number behind a page of this process; 0 if not present. */
uint64_t proc_pfn(const void *addr);

/* Whether the range lies in runs of @run pages, contiguous and aligned. */
bool proc_in_runs(const void *addr, size_t size, size_t run);

/* Pages whose successor in the range is not their physical neighbour. */
size_t proc_breaks(const void *addr, size_t size);

/* Drop CAP_IPC_LOCK and every other capability, and limit locked memory. */
void proc_unprivileged(size_t memlock_bytes);

#endif /* T1X_LIB_PROC_H */
