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

#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/spinlock.h>
#include <linux/vfio_type1x.h>

#include <iommu/intel.h>
#include <uapi/linux/vfio_type1x_fault.h>

#include "core/backlog.h"
#include "core/vtd.h"
#include "hooks.h"

/* So many are delivered before others may use the processor. */
#define T1X_DMAR_BATCH	64

/**
 * struct t1x_dmar_queue - between the interrupt handler and the delivery
 * @lock: for all of it; units interrupt independently of each other
 * @backlog: what waits
 */
static struct t1x_dmar_queue {
	raw_spinlock_t lock;
	struct t1x_backlog backlog;
} t1x_dmar_queue = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(t1x_dmar_queue.lock),
};

static bool t1x_dmar_take(struct t1x_dmar_queue *queue, struct t1x_backlog_entry *entry)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&queue->lock, flags);
	taken = t1x_backlog_take(&queue->backlog, entry);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return taken;
}

static bool t1x_dmar_take_loss(struct t1x_dmar_queue *queue)
{
	unsigned long flags;
	bool lost;

	raw_spin_lock_irqsave(&queue->lock, flags);
	lost = t1x_backlog_take_loss(&queue->backlog);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	return lost;
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

static void t1x_dmar_report(const struct t1x_backlog_entry *entry)
{
	struct vfio_type1x_fault fault;

	if (t1x_backlog_entry_is_loss(entry)) {
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
	struct t1x_backlog_entry entry;
	unsigned int i;

	for (i = 0; i < T1X_DMAR_BATCH; i++) {
		if (!t1x_dmar_take(queue, &entry))
			break;
		t1x_dmar_report(&entry);
	}
	if (t1x_dmar_take_loss(queue))
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
	const struct t1x_backlog_source source = {
		.phys = unit->reg_phys,
		.regs = unit->reg,
		.size = unit->reg_size,
		.cap = unit->cap,
	};
	unsigned long flags;
	bool some;

	raw_spin_lock_irqsave(&queue->lock, flags);
	some = t1x_backlog_read(&queue->backlog, &source, ktime_get_ns());
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
