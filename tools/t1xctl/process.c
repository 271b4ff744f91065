// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything of a process is in order of its numbers.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

/**
 * process_new() - a process of which nothing else is known
 * @pid: its id, or FACTS_UNKNOWN
 *
 * Return: the process, for process_insert() or process_free().
 */
struct process *process_new(int64_t pid)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		err(1, "calloc");
	process->pid = pid;
	return process;
}

/**
 * process_insert() - put a process into a list
 * @list: the list
 * @process: belongs to the list from now on
 */
void process_insert(struct process **list, struct process *process)
{
	while (*list && (*list)->pid < process->pid)
		list = &(*list)->next;
	process->next = *list;
	*list = process;
}

/**
 * process_find() - find a process
 * @list: where
 * @pid: its id
 *
 * Return: the process, or NULL.
 */
struct process *process_find(struct process *list, int64_t pid)
{
	while (list && list->pid != pid)
		list = list->next;
	return list;
}

/**
 * process_add_group() - note a group
 * @process: who has it
 * @name: its number; once is enough
 */
void process_add_group(struct process *process, const char *name)
{
	struct process_group **link = &process->groups, *group;
	int order = -1;

	/* strverscmp() has numbers in order of their value. */
	while (*link && (order = strverscmp((*link)->name, name)) < 0)
		link = &(*link)->next;
	if (*link && !order)
		return;
	group = calloc(1, sizeof(*group));
	if (!group)
		err(1, "calloc");
	snprintf(group->name, sizeof(group->name), "%s", name);
	group->next = *link;
	*link = group;
}

/**
 * process_add_device() - note a device
 * @process: who has it
 * @fd: number of its descriptor
 * @place: where it is in sysfs, empty if unknown
 */
void process_add_device(struct process *process, int fd, const char *place)
{
	struct process_device **link = &process->devices, *device;

	while (*link && (*link)->fd < fd)
		link = &(*link)->next;
	device = calloc(1, sizeof(*device));
	if (!device)
		err(1, "calloc");
	device->fd = fd;
	snprintf(device->place, sizeof(device->place), "%s", place);
	device->next = *link;
	*link = device;
}

/**
 * process_free() - free a process
 * @process: in no list
 */
void process_free(struct process *process)
{
	struct process_group *group;
	struct process_device *device;

	while ((group = process->groups)) {
		process->groups = group->next;
		free(group);
	}
	while ((device = process->devices)) {
		process->devices = device->next;
		free(device);
	}
	container_free_all(&process->containers);
	free(process);
}
