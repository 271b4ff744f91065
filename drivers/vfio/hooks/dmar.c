// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that Intel VT-d records.
 *
 * The driver of that IOMMU reads them in its interrupt handler, dmar_fault(), writes
 * some to the log, and clears all; it tells nobody else.  So a probe at the entry of the
 * handler reads them first, and changes nothing: what is logged, and when, remains the
 * driver's business.
 *
 *	dmar_fault(irq, unit)
 *	  +-- t1x_dmar_hit()	hard interrupt: registers --> t1x_dmar_queue
 *	  |			at most as many records as the unit has
 *	  +-- the driver: reads, logs, clears
 *	irq_work
 *	  +-- t1x_dmar_deliver()	t1x_dmar_queue --> whose device it was
 *
 * What gets lost on the way (faults that the hardware had no record for, that came
 * while the driver cleared, that the queue had no room for) may have been of any device
 * behind the unit.  So the owners of them all are told just that: there was something.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vfio_type1x.h>

#include <iommu/intel.h>
#include <uapi/linux/vfio_type1x_fault.h>

#include "core/vtd.h"
#include "hooks.h"

/* Records that wait to be delivered; a power of two. */
#define T1X_DMAR_ROOM	512
/* So many are delivered before others may use the processor. */
#define T1X_DMAR_BATCH	64
/* Units whose next record is remembered; more than any machine has. */
#define T1X_DMAR_UNITS	64

/**
 * struct t1x_dmar_entry - a record on its way
 * @unit: physical address of the registers that it was read from
 * @time: when that was
 * @raw: the record; all zero if records were lost
 */
struct t1x_dmar_entry {
	u64 unit;
	u64 time;
	u64 raw[2];
};

/**
 * struct t1x_dmar_queue - between the interrupt handler and the delivery
 * @lock: for all of it; units interrupt independently of each other
 * @head: entries that were put in, ever
 * @tail: entries that were taken out, ever
 * @entries: entry n is at n % T1X_DMAR_ROOM
 * @lost_any: something was lost, and it is not known of which unit
 * @nr_units: units in @units
 * @units: where each unit goes on: physical address, index of the next record
 */
static struct t1x_dmar_queue {
	raw_spinlock_t lock;
	u32 head;
	u32 tail;
	struct t1x_dmar_entry entries[T1X_DMAR_ROOM];
	bool lost_any;
	u32 nr_units;
	struct {
		u64 unit;
		u32 next;
	} units[T1X_DMAR_UNITS];
} t1x_dmar_queue = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(t1x_dmar_queue.lock),
};

static void t1x_dmar_put(struct t1x_dmar_queue *queue, const struct t1x_dmar_entry *entry)
{
	lockdep_assert_held(&queue->lock);

	if (queue->head - queue->tail == T1X_DMAR_ROOM)
		queue->lost_any = true;
	else
		queue->entries[queue->head++ % T1X_DMAR_ROOM] = *entry;
}

/* Where the unit went on, if that is known; from now on it is at @next. */
static bool t1x_dmar_move(struct t1x_dmar_queue *queue, u64 unit, u32 *next, u32 new_next)
{
	u32 i;

	lockdep_assert_held(&queue->lock);

	for (i = 0; i < queue->nr_units; i++) {
		if (queue->units[i].unit == unit) {
			*next = queue->units[i].next;
			queue->units[i].next = new_next;
			return true;
		}
	}
	if (i < T1X_DMAR_UNITS) {
		queue->units[i].unit = unit;
		queue->units[i].next = new_next;
		queue->nr_units++;
	}
	return false;
}

/* Take over all records of a unit.  False if there was nothing. */
static bool t1x_dmar_copy(struct t1x_dmar_queue *queue, const struct intel_iommu *unit)
{
	struct t1x_dmar_entry entry = { .unit = unit->reg_phys };
	struct t1x_vtd_scan scan, begin;
	u32 next;

	lockdep_assert_held(&queue->lock);

	if (!t1x_vtd_scan_begin(&scan, unit->reg, unit->reg_size, unit->cap))
		return false;
	begin = scan;
	entry.time = ktime_get_ns();
	while (t1x_vtd_scan_next(&scan, entry.raw))
		t1x_dmar_put(queue, &entry);

	if (begin.nr_left && t1x_dmar_move(queue, entry.unit, &next, scan.index))
		scan.overflow |= t1x_vtd_scan_has_skipped(&begin, next);
	if (scan.overflow) {
		memset(entry.raw, 0, sizeof(entry.raw));
		t1x_dmar_put(queue, &entry);
	}
	return true;
}

static bool t1x_dmar_take(struct t1x_dmar_queue *queue, struct t1x_dmar_entry *entry)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&queue->lock, flags);
	taken = queue->head != queue->tail;
	if (taken)
		*entry = queue->entries[queue->tail++ % T1X_DMAR_ROOM];
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return taken;
}

static void t1x_dmar_report_loss(u64 unit, u64 time)
{
	struct vfio_type1x_fault fault = {
		.time = time,
		.source = VFIO_TYPE1X_FAULT_SOURCE_VTD,
		.reason = VFIO_TYPE1X_FAULT_REASON_OVERFLOW,
	};

	t1x_requester_report_all(unit, &fault);
}

static void t1x_dmar_report(const struct t1x_dmar_entry *entry)
{
	struct vfio_type1x_fault fault;

	if (!entry->raw[1]) {
		t1x_dmar_report_loss(entry->unit, entry->time);
		return;
	}
	t1x_vtd_decode(entry->raw, &fault);
	fault.time = entry->time;
	t1x_requester_report(entry->unit, &fault);
}

static void t1x_dmar_deliver(struct irq_work *work)
{
	struct t1x_dmar_queue *queue = &t1x_dmar_queue;
	struct t1x_dmar_entry entry;
	unsigned long flags;
	unsigned int i;
	bool lost;

	for (i = 0; i < T1X_DMAR_BATCH; i++) {
		if (!t1x_dmar_take(queue, &entry))
			break;
		t1x_dmar_report(&entry);
	}
	raw_spin_lock_irqsave(&queue->lock, flags);
	lost = queue->lost_any;
	queue->lost_any = false;
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	if (lost)
		t1x_dmar_report_loss(T1X_REQUESTER_ANY_UNIT, 0);
	/* The rest, after what else there is to do. */
	if (i == T1X_DMAR_BATCH)
		irq_work_queue(work);
}

static DEFINE_IRQ_WORK(t1x_dmar_work, t1x_dmar_deliver);

/* At the entry of dmar_fault(): mostly, but not always, a hard interrupt. */
static void t1x_dmar_hit(struct pt_regs *regs)
{
	const struct intel_iommu *unit = (void *)regs_get_kernel_argument(regs, 1);
	struct t1x_dmar_queue *queue = &t1x_dmar_queue;
	unsigned long flags;
	bool some;

	raw_spin_lock_irqsave(&queue->lock, flags);
	some = t1x_dmar_copy(queue, unit);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	if (some)
		irq_work_queue(&t1x_dmar_work);
}

static struct t1x_probe t1x_dmar_probe = {
	.function = "dmar_fault",
	.hit = t1x_dmar_hit,
};

/* Whom it calls is still there: the backend, which this module depends on. */
static void t1x_dmar_disarm(void)
{
	t1x_probe_disarm(&t1x_dmar_probe);
	/* Nothing is put in any more, and what is there is delivered. */
	irq_work_sync(&t1x_dmar_work);
}

static int t1x_dmar_arm(void)
{
	int ret = t1x_probe_arm(&t1x_dmar_probe);

	if (ret)
		return ret;
	ret = t1x_tap_register(VFIO_TYPE1X_FAULT_SOURCE_VTD);
	if (ret)
		t1x_dmar_disarm();
	return ret;
}

static bool t1x_dmar_is_armed;

/**
 * t1x_dmar_init() - from now on VT-d is a source of faults
 *
 * Says why not; programs learn that from GET_INFO.
 *
 * Context: may sleep
 */
void t1x_dmar_init(void)
{
	int ret = t1x_dmar_arm();

	t1x_dmar_is_armed = !ret;
	/* A kernel without VT-d has no such function. */
	if (ret && ret != -ENOENT)
		pr_warn("cannot probe dmar_fault() by ftrace, error %d: no faults of VT-d\n", ret);
}

/**
 * t1x_dmar_exit() - and no longer
 *
 * Context: may sleep; waits for deliveries under way.
 */
void t1x_dmar_exit(void)
{
	if (!t1x_dmar_is_armed)
		return;
	t1x_tap_unregister(VFIO_TYPE1X_FAULT_SOURCE_VTD);
	t1x_dmar_disarm();
}
