// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of VT-d that wait to be delivered; see backlog.h for what an entry is.
 */
#include <linux/string.h>
#include <linux/types.h>

#include "backlog.h"
#include "vtd.h"

static void t1x_backlog_put(struct t1x_backlog *backlog, const struct t1x_backlog_entry *entry)
{
	if (backlog->head - backlog->tail == T1X_BACKLOG_ROOM)
		backlog->has_lost = true;
	else
		backlog->entries[backlog->head++ % T1X_BACKLOG_ROOM] = *entry;
}

/* Where the unit went on, if that is known; from now on it is at @new_next. */
static bool t1x_backlog_move(struct t1x_backlog *backlog, u64 phys, u32 *next, u32 new_next)
{
	u32 i;

	for (i = 0; i < backlog->nr_units; i++) {
		if (backlog->units[i].phys == phys) {
			*next = backlog->units[i].next;
			backlog->units[i].next = new_next;
			return true;
		}
	}
	if (i < T1X_BACKLOG_UNITS) {
		backlog->units[i].phys = phys;
		backlog->units[i].next = new_next;
		backlog->nr_units++;
	}
	return false;
}

/**
 * t1x_backlog_read() - take over all records of a unit that has interrupted
 * @backlog: where to
 * @source: the unit; nothing is written to its registers
 * @time: now
 *
 * Return: false if there was nothing.
 */
bool t1x_backlog_read(struct t1x_backlog *backlog, const struct t1x_backlog_source *source,
		      u64 time)
{
	struct t1x_backlog_entry entry = { .unit = source->phys, .time = time };
	struct t1x_vtd_scan scan, begin;
	u32 next;

	if (!t1x_vtd_scan_begin(&scan, source->regs, source->size, source->cap))
		return false;
	begin = scan;
	while (t1x_vtd_scan_next(&scan, entry.raw))
		t1x_backlog_put(backlog, &entry);

	if (begin.nr_left && t1x_backlog_move(backlog, source->phys, &next, scan.index))
		scan.overflow |= t1x_vtd_scan_has_skipped(&begin, next);
	if (scan.overflow) {
		memset(entry.raw, 0, sizeof(entry.raw));
		t1x_backlog_put(backlog, &entry);
	}
	return true;
}

/**
 * t1x_backlog_take() - the entry that has waited longest
 * @backlog: where from
 * @entry: result
 *
 * Return: false if none waits.
 */
bool t1x_backlog_take(struct t1x_backlog *backlog, struct t1x_backlog_entry *entry)
{
	if (backlog->head == backlog->tail)
		return false;
	*entry = backlog->entries[backlog->tail++ % T1X_BACKLOG_ROOM];
	return true;
}

/**
 * t1x_backlog_take_loss() - was there no room for some?
 * @backlog: which
 *
 * Return: true if so since the last call.
 */
bool t1x_backlog_take_loss(struct t1x_backlog *backlog)
{
	bool has_lost = backlog->has_lost;

	backlog->has_lost = false;
	return has_lost;
}
