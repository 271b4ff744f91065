// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <string.h>

#include "notes.h"

static bool notes_has_unknown(const struct snapshot *snapshot)
{
	const struct process *process;
	const struct container *container;

	for (process = snapshot->processes; process; process = process->next)
		for (container = process->containers; container; container = container->next)
			if (!container->facts.driver[0])
				return true;
	return false;
}

static bool notes_has_uncertain(const struct snapshot *snapshot)
{
	const struct process *process;
	const struct container *container;

	for (process = snapshot->processes; process; process = process->next)
		for (container = process->containers; container; container = container->next)
			if (!container->is_certain)
				return true;
	return false;
}

/**
 * notes_unreadable() - write to standard error how many could not be looked into
 * @snapshot: what was looked at
 */
void notes_unreadable(const struct snapshot *snapshot)
{
	if (snapshot->unreadable)
		warnx("processes that only root may look into: %zu", snapshot->unreadable);
}

/**
 * notes_print() - write to standard error what a reader should know
 * @snapshot: what was shown
 */
void notes_print(const struct snapshot *snapshot)
{
	bool is_told = snapshot->has_hooks || !notes_has_unknown(snapshot);

	notes_unreadable(snapshot);
	if (!is_told && !snapshot->debugfs_error)
		warnx("\"-\": neither fdinfo (vfio_type1x_hooks is not loaded) nor debugfs tells");
	else if (!is_told)
		warnx("\"-\": fdinfo (vfio_type1x_hooks is not loaded) does not tell; debugfs: %s",
		      strerror(snapshot->debugfs_error));
	if (notes_has_uncertain(snapshot))
		warnx("\"?\": one of these descriptors; which one the kernel does not tell");
}
