/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that has files of VFIO.
 */
#ifndef T1XCTL_PROCESS_H
#define T1XCTL_PROCESS_H

#include <stdint.h>

#include "container.h"

#define PROCESS_NAME	64
#define PROCESS_PLACE	128

/* A group that it has open; the number is a name, because there is "noiommu-0", too. */
struct process_group {
	struct process_group *next;
	char name[PROCESS_NAME];
};

/* A device that it has open. */
struct process_device {
	struct process_device *next;
	int fd;
	char place[PROCESS_PLACE]; /* in sysfs; empty if the kernel does not tell */
};

struct process {
	struct process *next;
	int64_t pid;		 /* FACTS_UNKNOWN if not even that is known */
	char comm[PROCESS_NAME]; /* as it is, see text.c; empty if unknown */
	struct process_group *groups;
	struct process_device *devices;
	struct container *containers;
};

struct process *process_new(int64_t pid);
void process_insert(struct process **list, struct process *process);
struct process *process_find(struct process *list, int64_t pid);
void process_add_group(struct process *process, const char *name);
void process_add_device(struct process *process, int fd, const char *place);
void process_free(struct process *process);

#endif /* T1XCTL_PROCESS_H */
