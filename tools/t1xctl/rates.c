// SPDX-License-Identifier: GPL-2.0-only
#include "rates.h"

/**
 * rates_seconds() - time between two snapshots
 * @before: the earlier one
 * @now: the later one
 *
 * Return: seconds.
 */
double rates_seconds(const struct snapshot *before, const struct snapshot *now)
{
	return (now->time.tv_sec - before->time.tv_sec) +
	       (now->time.tv_nsec - before->time.tv_nsec) / 1e9;
}

/* The same container in an earlier snapshot; NULL if it was not there, or has no id. */
static const struct container *rates_earlier(const struct snapshot *before, int64_t pid, int64_t id)
{
	const struct process *process = process_find(before->processes, pid);
	const struct container *container = process ? process->containers : NULL;

	if (id == FACTS_UNKNOWN)
		return NULL;
	while (container && container->facts.id != id)
		container = container->next;
	return container;
}

/* Counters never go back. */
static double rates_of(int64_t before, int64_t now, double seconds)
{
	if (before < 0 || now < before || !(seconds > 0))
		return RATES_UNKNOWN;
	return (now - before) / seconds;
}

/**
 * rates_get() - how fast the counters went
 * @before: earlier snapshot; its processes are NULL if there is none
 * @now: the one that has the container
 * @pid: the process
 * @container: the container
 *
 * Return: rates, those that are not known RATES_UNKNOWN.
 */
struct rates rates_get(const struct snapshot *before, const struct snapshot *now, int64_t pid,
		       const struct container *container)
{
	const struct container *earlier = rates_earlier(before, pid, container->facts.id);
	double seconds = rates_seconds(before, now);
	struct rates rates = { RATES_UNKNOWN, RATES_UNKNOWN, RATES_UNKNOWN, RATES_UNKNOWN };

	if (earlier) {
		const struct facts *old = &earlier->facts, *new = &container->facts;

		rates.maps = rates_of(old->maps, new->maps, seconds);
		rates.unmaps = rates_of(old->unmaps, new->unmaps, seconds);
		rates.dirty = rates_of(old->dirty, new->dirty, seconds);
		rates.faults = rates_of(old->faults, new->faults, seconds);
	}
	return rates;
}
