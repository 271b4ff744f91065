/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which page sizes a mapping has in the IOMMU's page table.
 *
 * No user interface tells, so this listens, by a kprobe, to what the VT-d
 * driver is asked to write into the table.
 */
#ifndef T1X_DEMO_LEAVES_H
#define T1X_DEMO_LEAVES_H

#include <stddef.h>
#include <stdint.h>

#define LEAVES_TEXT	32

/* 0, or -errno where the kernel does not let us listen. */
int leaves_open(void);
void leaves_close(void);

/*
 * Listen from begin to end; then tell what was written for this range, as
 * "8 x 2M" or the like.  -ENODATA if that is not known for all of it.
 */
void leaves_begin(void);
int leaves_end(uint64_t iova, uint64_t size, char text[LEAVES_TEXT]);

#endif /* T1X_DEMO_LEAVES_H */
