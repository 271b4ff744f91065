// SPDX-License-Identifier: GPL-2.0-only
/*
 * With the hooks module fdinfo says everything about a descriptor. Without it, debugfs
 * knows the containers and which process each was made by, but not the descriptor:
 *
 *	one descriptor, one container	they belong together
 *	more of either			any of these containers is any of these descriptors
 *	no descriptor			the process keeps the container by a group or device
 *
 * A process that inherited a descriptor is not the one that debugfs names. Whether two
 * descriptors are the same file the kernel tells.
 */
#include <err.h>
#include <errno.h>

#include "debugfs.h"
#include "proc.h"
#include "root.h"
#include "snapshot.h"
#include "text.h"

static void snapshot_processes(struct snapshot *snapshot)
{
	DIR *dir = root_directory("/proc");
	struct process *process;
	struct dirent *entry;
	int64_t pid;
	int error;

	if (!dir)
		err(1, "/proc");
	while ((entry = readdir(dir))) {
		if (!text_number(entry->d_name, &pid))
			continue;
		process = proc_process(pid, &error);
		if (process)
			process_insert(&snapshot->processes, process);
		/* What is gone is not unreadable. */
		snapshot->unreadable += error && error != ENOENT;
	}
	closedir(dir);
}

static bool snapshot_has_id(const struct snapshot *snapshot, int64_t id)
{
	const struct process *process;
	const struct container *container;

	for (process = snapshot->processes; process; process = process->next)
		for (container = process->containers; container; container = container->next)
			if (container->facts.id == id)
				return true;
	return false;
}

/* Take the containers out of a list that satisfy a condition on them and a number. */
static struct container *snapshot_take_out(struct container **list,
					   bool (*is_wanted)(const struct container *, int64_t),
					   int64_t number, size_t *nr)
{
	struct container *wanted = NULL, *rest = NULL, *container;

	*nr = 0;
	while ((container = container_pop(list))) {
		bool is_one = is_wanted(container, number);

		*nr += is_one;
		container_insert(is_one ? &wanted : &rest, container);
	}
	*list = rest;
	return wanted;
}

static bool snapshot_is_of_pid(const struct container *container, int64_t pid)
{
	return container->facts.pid == pid;
}

static bool snapshot_has_no_driver(const struct container *container,
				   int64_t unused __attribute__((unused)))
{
	return !container->facts.driver[0];
}

static void snapshot_add_fds(struct container *to, const struct container *from)
{
	size_t i;

	for (i = 0; i < from->nr_fds; i++)
		container_add_fd(to, from->fds[i]);
}

/*
 * As many containers as there are facts, or as there are unexplained descriptors, whichever
 * is more; each of them has all these descriptors if there is a choice.
 */
static void snapshot_explain(struct process *process, struct container *told, size_t nr_told,
			     struct container *seen, size_t nr_seen)
{
	struct container *container, *all = NULL, *from;

	while ((container = container_pop(&told))) {
		bool is_single = nr_told == 1 && nr_seen == 1;

		for (from = seen; from; from = from->next)
			snapshot_add_fds(container, from);
		container->is_certain = is_single || !nr_seen;
		container_insert(&all, container);
	}
	for (; nr_seen > nr_told; nr_told++) {
		container = container_new(&seen->facts);
		for (from = seen; from; from = from->next)
			snapshot_add_fds(container, from);
		container->is_certain = false;
		container_insert(&all, container);
	}
	container_free_all(&seen);
	while ((container = container_pop(&all)))
		container_insert(&process->containers, container);
}

/* Give containers that debugfs knows to the processes that it names. */
static void snapshot_use(struct snapshot *snapshot, struct container *known)
{
	while (known) {
		int64_t pid = known->facts.pid;
		struct container *told, *seen = NULL;
		size_t nr_told, nr_seen = 0;
		struct process *process;

		told = snapshot_take_out(&known, snapshot_is_of_pid, pid, &nr_told);
		process = process_find(snapshot->processes, pid);
		if (!process) {
			process = process_new(pid);
			process_insert(&snapshot->processes, process);
		}
		/* With the hooks, one that fdinfo does not explain has no backend yet. */
		if (!snapshot->has_hooks)
			seen = snapshot_take_out(&process->containers, snapshot_has_no_driver, 0,
						 &nr_seen);
		snapshot_explain(process, told, nr_told, seen, nr_seen);
	}
}

static void snapshot_debugfs(struct snapshot *snapshot)
{
	struct container *all = debugfs_containers(&snapshot->debugfs_error), *container;
	struct container *seen = NULL, *unseen = NULL;

	while ((container = container_pop(&all)))
		container_insert(snapshot_has_id(snapshot, container->facts.id) ? &seen : &unseen,
				 container);
	container_free_all(&seen);
	snapshot_use(snapshot, unseen);
}

/* The container whose file another process has as well. */
static const struct container *snapshot_original(const struct snapshot *snapshot, int64_t pid,
						 const struct container *copy)
{
	const struct process *process;
	const struct container *container;

	for (process = snapshot->processes; process; process = process->next)
		for (container = process->containers; container; container = container->next)
			if (container->facts.driver[0] && container->is_certain &&
			    container->nr_fds &&
			    proc_is_same_file(process->pid, container->fds[0], pid, copy->fds[0]))
				return container;
	return NULL;
}

static void snapshot_inherit(struct snapshot *snapshot)
{
	const struct container *original;
	struct container *container;
	struct process *process;

	for (process = snapshot->processes; process; process = process->next) {
		for (container = process->containers; container; container = container->next) {
			if (container->facts.driver[0] || !container->nr_fds)
				continue;
			original = snapshot_original(snapshot, process->pid, container);
			if (original)
				container->facts = original->facts;
		}
	}
}

/**
 * snapshot_take() - look at everything
 * @snapshot: result, for snapshot_drop()
 */
void snapshot_take(struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){ 0 };
	proc_begin();
	clock_gettime(CLOCK_MONOTONIC, &snapshot->time);
	snapshot->has_hooks = root_exists("/sys/module/vfio_type1x_hooks");
	snapshot_processes(snapshot);
	snapshot_debugfs(snapshot);
	if (!snapshot->has_hooks)
		snapshot_inherit(snapshot);
}

/**
 * snapshot_drop() - free what snapshot_take() has found
 * @snapshot: the snapshot
 */
void snapshot_drop(struct snapshot *snapshot)
{
	struct process *process;

	while ((process = snapshot->processes)) {
		snapshot->processes = process->next;
		process_free(process);
	}
}
