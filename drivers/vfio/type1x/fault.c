// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults: from whoever has seen one to everybody who wants to know.
 *
 * A fault is reported in whatever context an IOMMU driver has: hard interrupts, threads
 * with or without locks.  So nothing here waits.  Each consumer has a queue of its own;
 * what one does not read is lost to him, and to nobody else.
 *
 *	t1x_fault_report() --RCU--> queue --ring--> reader
 *	   any context	  |	      |
 *			  |	      +--irq_work--> wait queue
 *			  +--RCU--> listener (listener.c)
 *
 * A queue can be left by the consumer and ended by the address space, in either order.
 * Whichever comes first takes it from the list, under t1x_fault_lock, and says so under
 * the lock of the queue: whoever still finds it in the list adds nothing then.
 */
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/vfio_type1x.h>

#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/*
 * Which queues an address space has.  One lock for all, as a queue may be left when its
 * address space is gone.
 */
static DEFINE_SPINLOCK(t1x_fault_lock);

/**
 * t1x_fault_init() - nobody listens, and there was no fault
 * @faults: of a new address space
 */
void t1x_fault_init(struct t1x_faults *faults)
{
	INIT_LIST_HEAD(&faults->queues);
	INIT_LIST_HEAD(&faults->listeners);
}

/* Another lock than that of those who wait: it is one that sleeps on some kernels. */
static void t1x_fault_wake(struct irq_work *work)
{
	struct t1x_fault_queue *queue = container_of(work, struct t1x_fault_queue, wake);

	wake_up_interruptible_poll(&queue->wait, EPOLLIN | EPOLLRDNORM);
}

/* When this returns nobody adds to it, nor queues its irq_work any more. */
static void t1x_fault_remove(struct t1x_fault_queue *queue)
{
	lockdep_assert_held(&t1x_fault_lock);

	list_del_rcu(&queue->next);
	queue->faults->nr_queues--;
	queue->faults = NULL;
	raw_spin_lock_irq(&queue->lock);
	/* Pairs with the acquire of readers: they see the last record before. */
	smp_store_release(&queue->over, true);
	raw_spin_unlock_irq(&queue->lock);
}

/**
 * t1x_fault_end() - there will be no more faults
 * @faults: of an address space that is dying
 *
 * Consumers keep what they have not read.
 */
void t1x_fault_end(struct t1x_faults *faults)
{
	struct t1x_fault_queue *queue, *next;

	spin_lock(&t1x_fault_lock);
	faults->over = true;
	list_for_each_entry_safe(queue, next, &faults->queues, next) {
		t1x_fault_remove(queue);
		wake_up_all(&queue->wait);
	}
	spin_unlock(&t1x_fault_lock);
}

static int t1x_fault_list(struct t1x_faults *faults, struct t1x_fault_queue *queue)
{
	int ret = 0;

	spin_lock(&t1x_fault_lock);
	if (faults->over) {
		ret = -EINVAL;
	} else if (faults->nr_queues == T1X_FAULT_MAX_QUEUES) {
		ret = -ENOSPC;
	} else {
		queue->faults = faults;
		faults->nr_queues++;
		list_add_tail_rcu(&queue->next, &faults->queues);
	}
	spin_unlock(&t1x_fault_lock);
	return ret;
}

static void t1x_fault_free(struct t1x_fault_queue *queue)
{
	mutex_destroy(&queue->read_mutex);
	kvfree(queue->records);
	kfree_rcu(queue, rcu);
}

/**
 * t1x_fault_join() - get a copy of each fault from now on
 * @faults: of an address space
 * @nr_records: how many must fit, at most T1X_FAULT_MAX_RECORDS; 0 if it does not matter
 * @cookie: what is to be in each record
 *
 * Return: queue, or an ERR_PTR(): -EINVAL if the address space is dying, -ENOSPC,
 * -ENOMEM.
 */
struct t1x_fault_queue *t1x_fault_join(struct t1x_faults *faults, u32 nr_records, u64 cookie)
{
	struct t1x_fault_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!queue)
		return ERR_PTR(-ENOMEM);
	nr_records = max_t(u32, nr_records ?: T1X_FAULT_RECORDS, T1X_FAULT_MIN_RECORDS);
	nr_records = roundup_pow_of_two(nr_records);
	queue->records = kvcalloc(nr_records, sizeof(*queue->records), GFP_KERNEL_ACCOUNT);
	if (!queue->records) {
		kfree(queue);
		return ERR_PTR(-ENOMEM);
	}
	queue->cookie = cookie;
	mutex_init(&queue->read_mutex);
	queue->reader = (struct t1x_ring_reader){
		.producer = &queue->producer,
		.consumer = &queue->consumer,
		.nr_records = nr_records,
	};
	init_waitqueue_head(&queue->wait);
	init_irq_work(&queue->wake, t1x_fault_wake);
	raw_spin_lock_init(&queue->lock);
	t1x_ring_init(&queue->ring, &queue->producer, &queue->consumer, nr_records);

	ret = t1x_fault_list(faults, queue);
	if (ret) {
		t1x_fault_free(queue);
		return ERR_PTR(ret);
	}
	return queue;
}

/**
 * t1x_fault_leave() - free a queue
 * @queue: queue that nobody reads from any more
 */
void t1x_fault_leave(struct t1x_fault_queue *queue)
{
	spin_lock(&t1x_fault_lock);
	if (queue->faults)
		t1x_fault_remove(queue);
	spin_unlock(&t1x_fault_lock);
	irq_work_sync(&queue->wake);
	t1x_fault_free(queue);
}

/* That the hardware has lost some is said until it is read, and not again and again. */
static bool t1x_fault_claim(struct t1x_ring *ring, const struct vfio_type1x_fault *fault,
			    struct t1x_ring_slot *slot)
{
	if (fault->reason == VFIO_TYPE1X_FAULT_REASON_OVERFLOW)
		return t1x_ring_claim_notice(ring, slot);
	return t1x_ring_claim(ring, slot);
}

/* False if the record is lost. */
static bool t1x_fault_add(struct t1x_fault_queue *queue, const struct vfio_type1x_fault *fault)
{
	u64 lost = queue->ring.lost;
	struct vfio_type1x_fault *record;
	struct t1x_ring_slot slot;

	lockdep_assert_held(&queue->lock);

	if (!t1x_fault_claim(&queue->ring, fault, &slot))
		return queue->ring.lost == lost;
	record = &queue->records[slot.at];
	*record = *fault;
	record->cookie = queue->cookie;
	record->sequence = slot.sequence;
	record->lost = slot.lost;
	t1x_ring_publish(&queue->ring);
	irq_work_queue(&queue->wake);
	return true;
}

/*
 * Is a fault that of a listener's device?  If it is not known to be of one device it is
 * his if it can be of no other:
 *
 *	requester is the device		his
 *	another, or that of a bridge	not his; a bridge's only if he is alone
 *	none				only if he is alone
 *	none, the IOMMU has lost faults	everybody's: they can be anybody's
 *
 * Alone is he whose device is the only one in the only group behind an IOMMU.
 */
static bool t1x_fault_is_of(const struct t1x_listener *listener,
			    const struct vfio_type1x_fault *fault)
{
	const u32 known = VFIO_TYPE1X_FAULT_FLAG_REQUESTER;
	const u32 vague = VFIO_TYPE1X_FAULT_FLAG_ALIAS;

	if ((fault->flags & (known | vague)) == known)
		return fault->requester == listener->requester;
	if (!(fault->flags & known) && fault->reason == VFIO_TYPE1X_FAULT_REASON_OVERFLOW)
		return true;
	return listener->is_alone && READ_ONCE(listener->ioas->nr_groups) == 1;
}

/* How many of the listeners look at it. */
static unsigned int t1x_fault_tell(struct t1x_ioas *ioas, const struct vfio_type1x_fault *fault)
{
	struct t1x_listener *listener;
	unsigned int nr_told = 0;

	list_for_each_entry_rcu(listener, &ioas->faults.listeners, next)
		if (t1x_fault_is_of(listener, fault))
			nr_told += listener->report(listener, fault);
	return nr_told;
}

/**
 * t1x_fault_send() - add a record to one queue
 * @faults: address space that the fault is of
 * @queue: queue that lasts meanwhile
 * @fault: record; sequence, lost and cookie are filled in here
 *
 * May be called in any context but NMI.
 *
 * Return: 0; -ENOSPC if it is lost, which has been counted; -EINVAL if nothing is added
 * any more.
 */
int t1x_fault_send(struct t1x_faults *faults, struct t1x_fault_queue *queue,
		   const struct vfio_type1x_fault *fault)
{
	unsigned long flags;
	int ret = -EINVAL;

	raw_spin_lock_irqsave(&queue->lock, flags);
	if (!queue->over)
		ret = t1x_fault_add(queue, fault) ? 0 : -ENOSPC;
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	if (ret == -ENOSPC)
		atomic64_inc(&faults->nr_lost);
	return ret;
}

/**
 * t1x_fault_lose() - count a record that is not to be added
 * @faults: address space
 * @queue: queue that would have got it
 */
void t1x_fault_lose(struct t1x_faults *faults, struct t1x_fault_queue *queue)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&queue->lock, flags);
	t1x_ring_lose(&queue->ring, 1);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
	atomic64_inc(&faults->nr_lost);
}

/**
 * t1x_fault_report() - a device was stopped
 * @id: t1x_stats.id of the address space that the device uses, or used
 * @fault: what is known of it; sequence, lost and cookie are filled in here, time as
 *	   well if it is zero
 *
 * May be called in any context but NMI.
 *
 * Return: true if somebody is listening, even if he has no room for the record.
 */
bool t1x_fault_report(unsigned long id, const struct vfio_type1x_fault *fault)
{
	struct vfio_type1x_fault timed = *fault;
	struct t1x_fault_queue *queue;
	unsigned int nr_told = 0;
	struct t1x_ioas *ioas;

	/* One for all consumers, who can tell by it that it is the same fault. */
	if (!timed.time)
		timed.time = ktime_get_ns();
	rcu_read_lock();
	ioas = t1x_cookie_peek((void *)id);
	if (ioas) {
		/* What is lost is no fault that was told of. */
		if (fault->reason != VFIO_TYPE1X_FAULT_REASON_OVERFLOW)
			atomic64_inc(&ioas->faults.nr_reported);
		list_for_each_entry_rcu(queue, &ioas->faults.queues, next)
			if (t1x_fault_send(&ioas->faults, queue, &timed) != -EINVAL)
				nr_told++;
		nr_told += t1x_fault_tell(ioas, &timed);
	}
	rcu_read_unlock();
	trace_t1x_fault(id, fault, nr_told);
	return nr_told;
}
