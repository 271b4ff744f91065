/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of VT-d between the interrupt that reads them and the work that delivers them.
 *
 * Units interrupt independently of each other, and all put what they have into one
 * backlog, so that what came first is delivered first.  Its indices run freely, entry n
 * is at n % T1X_BACKLOG_ROOM; here four wait, and are at 510, 511, 0 and 1 of 512:
 *
 *	tail 1022, head 1026
 *
 * A loss is an entry of its own, behind what was read with it: the unit has dropped
 * faults, or some came and went while the driver cleared.  What there is no room for
 * is lost, too, but leaves no entry, and may have been of any unit.
 *
 * Pure code, as all here: whoever calls sees to it that nobody else does.
 */
#ifndef T1X_CORE_BACKLOG_H
#define T1X_CORE_BACKLOG_H

#include <linux/io.h>
#include <linux/types.h>

/* Entries that can wait; a power of two. */
#define T1X_BACKLOG_ROOM	512
/* Units whose next record is remembered; more than any machine has. */
#define T1X_BACKLOG_UNITS	64

/**
 * struct t1x_backlog_source - a unit, as the kernel has mapped it
 * @phys: physical address of the registers, which tells units apart
 * @regs: the registers
 * @size: bytes of them that are mapped
 * @cap: capabilities
 */
struct t1x_backlog_source {
	u64 phys;
	const void __iomem *regs;
	u64 size;
	u64 cap;
};

/**
 * struct t1x_backlog_entry - a record on its way
 * @unit: &t1x_backlog_source.phys of the unit that it was read from
 * @time: when that was
 * @raw: the record; all zero if records were lost
 */
struct t1x_backlog_entry {
	u64 unit;
	u64 time;
	u64 raw[2];
};

/**
 * struct t1x_backlog - what waits; zeroed, it is empty
 * @head: entries that were put in, ever
 * @tail: entries that were taken out, ever
 * @entries: those that wait, and older ones
 * @has_lost: there was no room for some
 * @nr_units: units in @units
 * @units: where each unit goes on: physical address, index of the next record
 */
struct t1x_backlog {
	u32 head;
	u32 tail;
	struct t1x_backlog_entry entries[T1X_BACKLOG_ROOM];
	bool has_lost;
	u32 nr_units;
	struct {
		u64 phys;
		u32 next;
	} units[T1X_BACKLOG_UNITS];
};

bool t1x_backlog_read(struct t1x_backlog *backlog, const struct t1x_backlog_source *source,
		      u64 time);
bool t1x_backlog_take(struct t1x_backlog *backlog, struct t1x_backlog_entry *entry);
bool t1x_backlog_take_loss(struct t1x_backlog *backlog);

/**
 * t1x_backlog_entry_is_loss() - are there records missing here?
 * @entry: from t1x_backlog_take()
 *
 * Return: true if it is no record; those have the bit F.
 */
static inline bool t1x_backlog_entry_is_loss(const struct t1x_backlog_entry *entry)
{
	return !entry->raw[1];
}

#endif /* T1X_CORE_BACKLOG_H */
