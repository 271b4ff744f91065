/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of faults, in words.
 */
#ifndef T1XCTL_RECORD_H
#define T1XCTL_RECORD_H

#include <linux/vfio_type1x.h>

#include "text.h"

/* Room for a line, and for any word of it. */
#define RECORD_LINE	256
#define RECORD_WORD	TEXT_NUMBER

/* Nanoseconds from CLOCK_MONOTONIC, which records have, to time of day. */
int64_t record_clock(void);

/* What the records of a table are called. */
extern const char record_titles[];

void record_line(char *line, const struct vfio_type1x_fault *fault, int64_t clock);
void record_timestamp(char *text, const struct vfio_type1x_fault *fault, int64_t clock);
void record_requester(char *word, const struct vfio_type1x_fault *fault);
void record_reason(char *word, const struct vfio_type1x_fault *fault);
void record_source(char *word, const struct vfio_type1x_fault *fault);

#endif /* T1XCTL_RECORD_H */
