/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A copy of the faults of a container, which may be that of another process.
 */
#ifndef T1XCTL_TAP_H
#define T1XCTL_TAP_H

#include <linux/vfio_type1x.h>
#include <sys/types.h>

#include "process.h"

struct tap {
	struct tap *next;
	int64_t pid; /* whose container it is; FACTS_UNKNOWN: standard input */
	int fd;	     /* number of its descriptor there */
	int64_t id;  /* of the container, or FACTS_UNKNOWN */
	char comm[PROCESS_NAME];
	int file;	  /* the records; -1 if there are none */
	uint32_t sources; /* who tells of faults */
	bool is_complete; /* do all devices have one who does? */
	uint64_t lost;
	char *buf;
	size_t record_size;
	size_t used; /* bytes of buf that have records */
};

struct tap *tap_new(int64_t pid, int fd, int64_t id, const char *comm);
const char *tap_open(struct tap *tap, int *error);
void tap_open_input(struct tap *tap);
bool tap_fill(struct tap *tap);
size_t tap_nr_records(const struct tap *tap);
const struct vfio_type1x_fault *tap_record(const struct tap *tap, size_t index);
void tap_drain(struct tap *tap);
void tap_close(struct tap *tap);
void tap_free_all(struct tap **list);

#endif /* T1XCTL_TAP_H */
