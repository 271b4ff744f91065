// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page requests.
 *
 * A device that can wait asks for the pages that it has not got, in groups, and goes on
 * when each group has been answered.  At most one file of an address space answers.
 *
 *	       t1x_prq_request()			 t1x_prq_answer()
 *	IOMMU driver ----> record in the queue, -- read(), ----> taken from the table,
 *	       |	   ticket in the table	   write()	 the device is told
 *	       |			|
 *	       +-- no file, no room	+-- the file is closed,
 *		   or torn		    the device leaves
 *	       v			v
 *	      INVALID		       INVALID
 *
 * A group in the table gets one answer, from whoever takes it out, under the lock that is
 * held until the device has been told.  So who has closed a port, and emptied the table of
 * what came through it, knows that nothing more will be said to that device.
 *
 * The table has as many places as the queue has records, from the beginning: whatever
 * devices do, no memory is needed for it.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Where the kernel finds the listener by a handle, only this has the function for it. */
MODULE_IMPORT_NS(IOMMUFD_INTERNAL);

#define T1X_PRQ_BUCKET_BITS	6

/*
 * IOMMUs whose drivers report page requests without a PASID, which are those of a domain
 * like ours: the beginning of their names in sysfs.  Others refuse them, and it would be
 * for nothing that a device is told to make some.
 */
static const char * const t1x_prq_kinds[] = {
	"smmu3.",
	"t1x-test-iommu",
};

/**
 * struct t1x_prq_place - a group of requests that waits for an answer, or none
 * @next: in t1x_prq_table.free or a bucket of it
 * @port: where it came in
 * @ticket: what the answer goes with
 * @requester: of the record, as the next three: what it is found by
 * @group: likewise
 * @pasid: likewise
 * @flags: likewise; VFIO_TYPE1X_FAULT_FLAG_PASID or 0
 */
struct t1x_prq_place {
	struct list_head next;
	struct t1x_prq_port *port;
	struct iommu_page_ticket ticket;
	u32 requester;
	u32 group;
	u32 pasid;
	u32 flags;
};

/**
 * struct t1x_prq_table - all that wait
 * @free: list of &struct t1x_prq_place that are free
 * @buckets: lists of those that are not, the oldest first
 * @nr_waiting: how many these are
 * @places: all
 */
struct t1x_prq_table {
	struct list_head free;
	struct list_head buckets[1 << T1X_PRQ_BUCKET_BITS];
	unsigned int nr_waiting;
	struct t1x_prq_place places[];
};

static struct t1x_prq_table *t1x_prq_table_alloc(u32 nr_places)
{
	struct t1x_prq_table *table;
	size_t i;

	table = kvzalloc(struct_size(table, places, nr_places), GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	INIT_LIST_HEAD(&table->free);
	for (i = 0; i < ARRAY_SIZE(table->buckets); i++)
		INIT_LIST_HEAD(&table->buckets[i]);
	for (i = 0; i < nr_places; i++)
		list_add_tail(&table->places[i].next, &table->free);
	return table;
}

static struct list_head *t1x_prq_bucket(struct t1x_prq_table *table, u32 requester, u32 group)
{
	return &table->buckets[hash_32(requester ^ group << 16, T1X_PRQ_BUCKET_BITS)];
}

/**
 * t1x_prq_alloc() - no file, no device
 *
 * Return: page requests of a new address space, to be put by it; NULL if there is no
 * memory.
 */
struct t1x_prq *t1x_prq_alloc(void)
{
	struct t1x_prq *prq = kzalloc(sizeof(*prq), GFP_KERNEL_ACCOUNT);

	if (!prq)
		return NULL;
	refcount_set(&prq->users, 1);
	mutex_init(&prq->lock);
	return prq;
}

/**
 * t1x_prq_put() - drop a reference
 * @prq: page requests; the last reference frees them
 */
void t1x_prq_put(struct t1x_prq *prq)
{
	if (!refcount_dec_and_test(&prq->users))
		return;
	mutex_destroy(&prq->lock);
	kfree(prq);
}

/* Tell the device. The place is free afterwards. */
static void t1x_prq_settle(struct t1x_prq *prq, struct t1x_prq_place *place, u32 code)
{
	lockdep_assert_held(&prq->lock);

	BUILD_BUG_ON(VFIO_TYPE1X_FAULT_RESPONSE_SUCCESS != (int)IOMMU_PAGE_RESP_SUCCESS);
	BUILD_BUG_ON(VFIO_TYPE1X_FAULT_RESPONSE_INVALID != (int)IOMMU_PAGE_RESP_INVALID);
	BUILD_BUG_ON(VFIO_TYPE1X_FAULT_RESPONSE_FAILURE != (int)IOMMU_PAGE_RESP_FAILURE);
	iommu_page_answer(&place->ticket, code);
	list_move(&place->next, &prq->table->free);
	prq->table->nr_waiting--;
}

/* Refuse all that have come through @port, or through any. */
static void t1x_prq_settle_all(struct t1x_prq *prq, const struct t1x_prq_port *port)
{
	struct t1x_prq_place *place, *next;
	size_t i;

	lockdep_assert_held(&prq->lock);

	for (i = 0; prq->table->nr_waiting && i < ARRAY_SIZE(prq->table->buckets); i++) {
		list_for_each_entry_safe(place, next, &prq->table->buckets[i], next)
			if (!port || place->port == port)
				t1x_prq_settle(prq, place, VFIO_TYPE1X_FAULT_RESPONSE_INVALID);
		cond_resched();
	}
}

/* A request for which somebody is there: 0, or -ENOSPC if there is no room. */
static int t1x_prq_enter(struct t1x_prq_port *port, const struct vfio_type1x_fault *fault,
			 const struct iommu_page_ticket *ticket)
{
	unsigned int nr = fault->group % T1X_PRQ_NR_GROUPS;
	bool is_last = fault->flags & VFIO_TYPE1X_FAULT_FLAG_LAST;
	struct t1x_faults *faults = &port->ioas->faults;
	struct t1x_prq *prq = port->ioas->prq;
	struct t1x_prq_place *place;

	lockdep_assert_held(&prq->lock);

	place = list_first_entry_or_null(&prq->table->free, struct t1x_prq_place, next);
	if (is_last && (__test_and_clear_bit(nr, port->torn) || !place)) {
		t1x_fault_lose(faults, prq->queue);
		return -ENOSPC;
	}
	if (t1x_fault_send(faults, prq->queue, fault)) {
		if (!is_last)
			__set_bit(nr, port->torn);
		return -ENOSPC;
	}
	if (is_last) {
		place->port = port;
		place->ticket = *ticket;
		place->requester = fault->requester;
		place->group = fault->group;
		place->pasid = fault->pasid;
		place->flags = fault->flags & VFIO_TYPE1X_FAULT_FLAG_PASID;
		list_move_tail(&place->next,
			       t1x_prq_bucket(prq->table, place->requester, place->group));
		prq->table->nr_waiting++;
	}
	return 0;
}

static u32 t1x_prq_flags(const struct iommu_page_request *request)
{
	u32 flags = VFIO_TYPE1X_FAULT_FLAG_IOVA;

	if (request->perm & IOMMU_FAULT_PERM_READ)
		flags |= VFIO_TYPE1X_FAULT_FLAG_READ;
	if (request->perm & IOMMU_FAULT_PERM_WRITE)
		flags |= VFIO_TYPE1X_FAULT_FLAG_WRITE;
	if (request->perm & IOMMU_FAULT_PERM_EXEC)
		flags |= VFIO_TYPE1X_FAULT_FLAG_EXEC;
	if (request->perm & IOMMU_FAULT_PERM_PRIV)
		flags |= VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED;
	if (request->has_pasid)
		flags |= VFIO_TYPE1X_FAULT_FLAG_PASID;
	if (request->is_last)
		flags |= VFIO_TYPE1X_FAULT_FLAG_LAST;
	return flags;
}

/*
 * In a thread, perhaps under locks of the IOMMU driver's, and of the device's that
 * registering takes as well.  The address space lasts: who takes the group out waits
 * until this has returned.
 */
static int t1x_prq_request(struct iommu_page_listener *listener, struct device *dev,
			   const struct iommu_page_request *request,
			   const struct iommu_page_ticket *ticket)
{
	struct t1x_prq_port *port = container_of(listener, struct t1x_prq_port, listener);
	struct vfio_type1x_fault fault = {
		.time = ktime_get_ns(),
		.iova = request->addr,
		.source = VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST,
		.reason = VFIO_TYPE1X_FAULT_REASON_UNKNOWN,
		.flags = t1x_prq_flags(request),
		.pasid = request->has_pasid ? request->pasid : 0,
		.group = request->group,
	};
	struct t1x_prq *prq = port->ioas->prq;
	int ret = -EINVAL;

	t1x_requester_note(&fault, dev);
	mutex_lock(&prq->lock);
	if (port->is_open && prq->queue)
		ret = t1x_prq_enter(port, &fault, ticket);
	mutex_unlock(&prq->lock);
	trace_t1x_fault(port->ioas->stats.id, &fault, !ret);
	return ret;
}

/**
 * t1x_prq_init_port() - nothing is taken yet
 * @port: of a group that is to join
 * @ioas: address space that it will be in
 */
void t1x_prq_init_port(struct t1x_prq_port *port, struct t1x_ioas *ioas)
{
	port->listener.request = t1x_prq_request;
	port->ioas = ioas;
}

static bool t1x_prq_reports(struct device *dev)
{
	struct iommu_device *iommu = dev->iommu ? dev->iommu->iommu_dev : NULL;
	size_t i;

	for (i = 0; iommu && iommu->dev && i < ARRAY_SIZE(t1x_prq_kinds); i++)
		if (strstarts(dev_name(iommu->dev), t1x_prq_kinds[i]))
			return true;
	return false;
}

/* One of several devices would go with requests of its own in the table. */
static bool t1x_prq_enable(struct t1x_group *group, struct iommu_domain *domain)
{
	struct device *dev = group->only;

	if (!dev || !t1x_prq_reports(dev) || iommu_page_enable(dev))
		return false;
	if (iommu_page_route(domain, group->group, &group->port.listener)) {
		iommu_page_disable(dev);
		return false;
	}
	group->port.dev = dev;
	return true;
}

/**
 * t1x_prq_join() - take the page requests of a group, if somebody answers
 * @group: group that translates through @domain; domains_rwsem held for writing
 * @domain: page table
 *
 * Cannot fail: a device that cannot make any is none that does.
 */
void t1x_prq_join(struct t1x_group *group, struct iommu_domain *domain)
{
	struct t1x_prq_port *port = &group->port;
	struct t1x_prq *prq = port->ioas->prq;

	lockdep_assert_held_write(&port->ioas->domains_rwsem);

	/* Once enabled it stays so: closing a file has no way to the group. */
	if (port->dev || !READ_ONCE(prq->queue) || !t1x_prq_enable(group, domain))
		return;
	mutex_lock(&prq->lock);
	port->is_open = true;
	bitmap_zero(port->torn, T1X_PRQ_NR_GROUPS);
	WRITE_ONCE(prq->nr_open, prq->nr_open + 1);
	mutex_unlock(&prq->lock);
}

/**
 * t1x_prq_shut() - take no more, and refuse those that wait
 * @port: of a group whose device goes, or is gone for us
 */
void t1x_prq_shut(struct t1x_prq_port *port)
{
	struct t1x_prq *prq = port->ioas->prq;

	mutex_lock(&prq->lock);
	if (port->is_open) {
		port->is_open = false;
		WRITE_ONCE(prq->nr_open, prq->nr_open - 1);
		if (prq->table)
			t1x_prq_settle_all(prq, port);
	}
	mutex_unlock(&prq->lock);
}

/**
 * t1x_prq_leave() - take no more of a group, and refuse those that wait
 * @group: group that is about to leave @domain; domains_rwsem held for writing
 * @domain: page table
 *
 * Where its device was enabled, no request of it is on the way to us when this returns;
 * else they are refused, until t1x_source_leave().
 */
void t1x_prq_leave(struct t1x_group *group, struct iommu_domain *domain)
{
	struct t1x_prq_port *port = &group->port;

	lockdep_assert_held_write(&port->ioas->domains_rwsem);

	if (!port->dev)
		return;
	/* Takes no memory to forget one, and the group does not change its domain. */
	iommu_page_route(domain, group->group, NULL);
	t1x_prq_shut(port);
	iommu_page_disable(port->dev);
	port->dev = NULL;
}

/* Nobody else may have one. Then the devices are told to ask. */
static int t1x_prq_open_table(struct t1x_ioas *ioas, struct t1x_fault_queue *queue,
			      struct t1x_prq_table *table)
{
	struct t1x_prq *prq = ioas->prq;
	struct t1x_domain *domain;
	struct t1x_group *group;
	bool is_first;

	if (ioas->dying)
		return -EINVAL;
	mutex_lock(&prq->lock);
	is_first = !prq->queue;
	if (is_first) {
		prq->table = table;
		WRITE_ONCE(prq->queue, queue);
	}
	mutex_unlock(&prq->lock);
	if (!is_first)
		return -EBUSY;

	queue->prq = prq;
	refcount_inc(&prq->users);
	list_for_each_entry(domain, &ioas->domains, next)
		list_for_each_entry(group, &domain->groups, next)
			t1x_prq_join(group, domain->domain);
	if (prq->nr_open)
		return 0;
	t1x_prq_close(queue);
	return -EOPNOTSUPP;
}

/**
 * t1x_prq_open() - from now on the reader of a queue answers
 * @ioas: address space
 * @queue: queue of its; to be closed before it is left, if this succeeds
 *
 * Return: 0; -EBUSY if another one does; -EOPNOTSUPP if no device can make page requests;
 * -EINVAL if the address space is dying, -ENOMEM, -EINTR if the task was killed.
 */
int t1x_prq_open(struct t1x_ioas *ioas, struct t1x_fault_queue *queue)
{
	struct t1x_prq_table *table = t1x_prq_table_alloc(queue->reader.nr_records);
	int ret;

	if (!table)
		return -ENOMEM;
	ret = down_write_killable(&ioas->domains_rwsem);
	if (!ret) {
		ret = t1x_prq_open_table(ioas, queue, table);
		up_write(&ioas->domains_rwsem);
	}
	/* What was closed again is freed already. */
	if (ret && ret != -EOPNOTSUPP)
		kvfree(table);
	return ret;
}

/**
 * t1x_prq_close() - from now on nobody answers
 * @queue: queue that was opened, perhaps of an address space that is gone
 *
 * Those that wait are refused.
 */
void t1x_prq_close(struct t1x_fault_queue *queue)
{
	struct t1x_prq *prq = queue->prq;
	struct t1x_prq_table *table;

	mutex_lock(&prq->lock);
	t1x_prq_settle_all(prq, NULL);
	table = prq->table;
	prq->table = NULL;
	WRITE_ONCE(prq->queue, NULL);
	mutex_unlock(&prq->lock);
	kvfree(table);
	queue->prq = NULL;
	t1x_prq_put(prq);
}

static bool t1x_prq_is_valid(const struct vfio_type1x_fault_response *response)
{
	return response->code <= VFIO_TYPE1X_FAULT_RESPONSE_FAILURE &&
	       !(response->flags & ~VFIO_TYPE1X_FAULT_FLAG_PASID) &&
	       (response->flags || !response->pasid) &&
	       !memchr_inv(response->reserved, 0, sizeof(response->reserved));
}

/* The oldest one, should a device have used the number of a group twice. */
static struct t1x_prq_place *t1x_prq_find(struct t1x_prq *prq,
					  const struct vfio_type1x_fault_response *response)
{
	struct t1x_prq_place *place;

	list_for_each_entry(place, t1x_prq_bucket(prq->table, response->requester,
						  response->group), next)
		if (place->requester == response->requester &&
		    place->group == response->group && place->pasid == response->pasid &&
		    place->flags == response->flags)
			return place;
	return NULL;
}

/**
 * t1x_prq_answer() - answer a group
 * @prq: of a queue that is open
 * @response: answer, as the program gave it
 *
 * Return: 0; -EINVAL if it makes no sense, -ENOENT if none such is waited for, -EINTR if
 * the task was killed.
 */
int t1x_prq_answer(struct t1x_prq *prq, const struct vfio_type1x_fault_response *response)
{
	struct t1x_prq_place *place;

	if (!t1x_prq_is_valid(response))
		return -EINVAL;
	if (mutex_lock_killable(&prq->lock))
		return -EINTR;
	place = t1x_prq_find(prq, response);
	if (place)
		t1x_prq_settle(prq, place, response->code);
	mutex_unlock(&prq->lock);
	return place ? 0 : -ENOENT;
}

/**
 * t1x_prq_nr_waiting() - how many groups wait for an answer
 * @prq: of a queue that is open
 *
 * Return: that.
 */
unsigned int t1x_prq_nr_waiting(struct t1x_prq *prq)
{
	unsigned int nr;

	mutex_lock(&prq->lock);
	nr = prq->table->nr_waiting;
	mutex_unlock(&prq->lock);
	return nr;
}

/**
 * t1x_prq_sources() - are there page requests?
 * @prq: page requests of an address space
 *
 * Return: 1 << VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST if somebody answers those of at least
 * one device, else 0.
 */
u32 t1x_prq_sources(const struct t1x_prq *prq)
{
	return READ_ONCE(prq->queue) && READ_ONCE(prq->nr_open) ?
	       1U << VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST : 0;
}
