// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O address space: what may be where, and who waits for whom.
 *
 * Knows nothing of vfio containers.  What is done to mappings is in request.c and
 * vaddr.c.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "private.h"

/**
 * t1x_ioas_alloc() - make an empty address space
 * @v2: UNMAP must not bisect a mapping
 * @nesting: domains are to be nested
 *
 * The caller has the module, and so has the address space from now on.
 *
 * Return: address space with one reference, or ERR_PTR(-ENOMEM).
 */
struct t1x_ioas *t1x_ioas_alloc(bool v2, bool nesting)
{
	struct t1x_ioas *ioas = kzalloc(sizeof(*ioas), GFP_KERNEL_ACCOUNT);

	if (!ioas)
		return ERR_PTR(-ENOMEM);
	ioas->prq = t1x_prq_alloc();
	ioas->leases = t1x_leases_alloc();
	if (!ioas->prq || !ioas->leases)
		goto err_free;

	/* vfio core gives up the module while somebody may still work in here. */
	__module_get(THIS_MODULE);
	refcount_set(&ioas->users, 1);
	ioas->v2 = v2;
	ioas->nesting = nesting;
	init_rwsem(&ioas->domains_rwsem);
	INIT_LIST_HEAD(&ioas->domains);
	INIT_LIST_HEAD(&ioas->emulated);
	mutex_init(&ioas->sva_mutex);
	INIT_LIST_HEAD(&ioas->svas);
	mutex_init(&ioas->dirty_mutex);
	mutex_init(&ioas->devices_mutex);
	INIT_LIST_HEAD(&ioas->devices);
	mutex_init(&ioas->lock);
	ioas->mappings = RB_ROOT_CACHED;
	INIT_HLIST_HEAD(&ioas->order);
	INIT_LIST_HEAD(&ioas->payers);
	INIT_LIST_HEAD(&ioas->bonds);
	ioas->entry_limit = READ_ONCE(t1x_dma_entry_limit);
	ioas->entries_left = ioas->entry_limit;
	ioas->pgsize_bitmap = PAGE_MASK;
	t1x_fault_init(&ioas->faults);
	init_waitqueue_head(&ioas->idle_wq);
	return ioas;

err_free:
	if (ioas->leases)
		t1x_leases_put(ioas->leases);
	if (ioas->prq)
		t1x_prq_put(ioas->prq);
	kfree(ioas);
	return ERR_PTR(-ENOMEM);
}

/* The last reference is gone: nobody looks any more, no device is attached. */
static void t1x_ioas_free(struct t1x_ioas *ioas)
{
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;

	for (;;) {
		mutex_lock(&ioas->lock);
		map = t1x_mapping_first(ioas, &all);
		if (map)
			t1x_mapping_remove(ioas, map);
		mutex_unlock(&ioas->lock);
		if (!map)
			break;
		t1x_mapping_abandon(map);
		mutex_lock(&ioas->lock);
		t1x_payer_put(ioas, map->payer);
		mutex_unlock(&ioas->lock);
		t1x_mapping_free(map);
		cond_resched();
	}
	mutex_lock(&ioas->lock);
	t1x_payer_forget(ioas);
	mutex_unlock(&ioas->lock);
	t1x_leases_put(ioas->leases);
	kfree(ioas->export_buf);
	t1x_window_free(&ioas->windows);
	mutex_destroy(&ioas->devices_mutex);
	mutex_destroy(&ioas->dirty_mutex);
	mutex_destroy(&ioas->sva_mutex);
	mutex_destroy(&ioas->lock);
	t1x_prq_put(ioas->prq);
	kfree_rcu(ioas, rcu);
	module_put(THIS_MODULE);
}

/**
 * t1x_ioas_put() - drop a reference
 * @ioas: address space; the last reference unpins all that is left
 */
void t1x_ioas_put(struct t1x_ioas *ioas)
{
	if (refcount_dec_and_test(&ioas->users))
		t1x_ioas_free(ioas);
}

/**
 * t1x_ioas_kill() - refuse all further work
 * @ioas: address space whose groups are gone
 *
 * Does not wait for anybody: a MAP in flight notices at its next batch.
 */
void t1x_ioas_kill(struct t1x_ioas *ioas)
{
	down_write(&ioas->domains_rwsem);
	mutex_lock(&ioas->lock);
	ioas->dying = true;
	t1x_ioas_note_idle(ioas);
	mutex_unlock(&ioas->lock);
	up_write(&ioas->domains_rwsem);
	t1x_fault_end(&ioas->faults);
}

/**
 * t1x_ioas_lock() - lock an address space that is alive
 * @ioas: address space
 *
 * Return: 0 with t1x_ioas.lock held; -EINTR if the task was killed while it
 * waited; -EINVAL if the address space is dying, the answer that vfio core
 * gives for a container without a backend.
 */
int t1x_ioas_lock(struct t1x_ioas *ioas)
{
	if (mutex_lock_killable(&ioas->lock))
		return -EINTR;
	if (!ioas->dying)
		return 0;
	mutex_unlock(&ioas->lock);
	return -EINVAL;
}

/* Drop the lock until a mapping settles: <0 if killed, 0 if the time is up. */
static long t1x_ioas_wait(struct t1x_ioas *ioas, unsigned long seq, long timeout)
{
	lockdep_assert_held(&ioas->lock);

	ioas->nr_waiting++;
	mutex_unlock(&ioas->lock);
	timeout = wait_event_killable_timeout(ioas->idle_wq, READ_ONCE(ioas->idle_seq) != seq,
					      timeout);
	mutex_lock(&ioas->lock);
	ioas->nr_waiting--;
	return timeout;
}

/**
 * t1x_ioas_wait_settled() - wait until a mapping in flight is READY or gone
 * @ioas: address space, lock held; it is dropped while waiting
 * @map: mapping in flight; may be gone when this returns
 *
 * Whatever was looked up before must be looked up again.
 *
 * Return: 0 with the lock held again; with the lock dropped -EINTR if the task
 * was killed, -EINVAL if the address space is dying.
 */
int t1x_ioas_wait_settled(struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	const struct t1x_span at = { .start = map->node.start, .last = map->node.start };
	const u64 birth = map->birth;
	int ret = 0;

	do {
		if (t1x_ioas_wait(ioas, ioas->idle_seq, MAX_SCHEDULE_TIMEOUT) < 0)
			ret = -EINTR;
		else if (ioas->dying)
			ret = -EINVAL;
		if (ret) {
			mutex_unlock(&ioas->lock);
			return ret;
		}
		map = t1x_mapping_first(ioas, &at);
	} while (map && map->birth == birth && map->state != T1X_MAPPING_READY);
	return 0;
}

/**
 * t1x_ioas_wait_guests() - wait until no emulated device works on a mapping
 * @ioas: address space, no lock held
 * @map: mapping of the caller, LEAVING or revoked, so that no more come to pin
 *
 * Return: 0, -EINTR if the task was killed, -EINVAL if the address space is dying.
 */
int t1x_ioas_wait_guests(struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	while (!ret && map->nr_guests) {
		if (t1x_ioas_wait(ioas, ioas->idle_seq, MAX_SCHEDULE_TIMEOUT) < 0)
			ret = -EINTR;
		else if (ioas->dying)
			ret = -EINVAL;
	}
	mutex_unlock(&ioas->lock);
	return ret;
}

/**
 * t1x_ioas_wait_briefly() - wait until some mapping settles, but not for long
 * @ioas: address space, no lock held
 * @seq: t1x_ioas.idle_seq when the caller found that it must wait
 * @deadline: jiffies until when the caller will wait
 *
 * Return: 0, -EBUSY if the time is up, -EINTR if the task was killed.
 */
int t1x_ioas_wait_briefly(struct t1x_ioas *ioas, unsigned long seq, unsigned long deadline)
{
	long left = deadline - jiffies;

	if (left <= 0)
		return -EBUSY;
	mutex_lock(&ioas->lock);
	left = t1x_ioas_wait(ioas, seq, left);
	mutex_unlock(&ioas->lock);
	if (left < 0)
		return -EINTR;
	return left ? 0 : -EBUSY;
}

/*
 * One look at the mappings of a span.  Those that came after @births are taken
 * if they are READY; in flight they are as good as not there yet, or gone
 * again, and nobody waits for them: else there might be no end to it.
 */
static int t1x_ioas_try_collect(struct t1x_ioas *ioas, const struct t1x_span *span,
				unsigned int flags, u64 births, struct list_head *maps)
{
	bool whole = flags & T1X_COLLECT_ALL || !ioas->v2;
	struct t1x_mapping *map;
	bool bisected = false;
	int ret;

	for (map = t1x_mapping_first(ioas, span); map; map = t1x_mapping_next(map, span)) {
		if (map->state != T1X_MAPPING_READY) {
			if (map->birth > births ||
			    (flags & T1X_COLLECT_PUBLIC && !t1x_ioas_is_public(map)))
				continue;
			ret = t1x_ioas_wait_settled(ioas, map);
			return ret ?: -EAGAIN;
		}
		if (map->node.start < span->start || map->node.last > span->last)
			bisected = true;
		list_add_tail(&map->link, maps);
	}
	if (!bisected || whole)
		return 0;
	mutex_unlock(&ioas->lock);
	return -EINVAL;
}

/**
 * t1x_ioas_collect() - lock, and find the mappings that an UNMAP is about
 * @ioas: address space
 * @span: IOVAs
 * @flags: T1X_COLLECT_*
 * @maps: empty list; takes READY mappings by &t1x_mapping.link
 *
 * Waits, killably, for mappings that are in flight in the span now.
 *
 * Type1v2 refuses to cut a mapping in two.  Type1v1 takes whole mappings that
 * begin in the span, and nothing at all if the first one begins before it.
 *
 * Return: 0 with t1x_ioas.lock held; without it -EINVAL if a mapping would be
 * cut in two, and as t1x_ioas_lock().
 */
int t1x_ioas_collect(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		     struct list_head *maps)
{
	struct t1x_mapping *first;
	u64 births;
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	births = ioas->births;
	do {
		INIT_LIST_HEAD(maps);
		ret = t1x_ioas_try_collect(ioas, span, flags, births, maps);
	} while (ret == -EAGAIN);
	if (ret)
		return ret;

	first = list_first_entry_or_null(maps, struct t1x_mapping, link);
	if (first && first->node.start < span->start)
		INIT_LIST_HEAD(maps);
	return 0;
}

/**
 * t1x_ioas_enforces_cc() - is all DMA coherent whatever the device asks for?
 * @ioas: address space
 *
 * Return: true if every domain enforces it.
 */
bool t1x_ioas_enforces_cc(struct t1x_ioas *ioas)
{
	struct t1x_domain *domain;
	bool enforced = true;

	down_read(&ioas->domains_rwsem);
	list_for_each_entry(domain, &ioas->domains, next)
		enforced &= domain->enforce_cc;
	up_read(&ioas->domains_rwsem);
	return enforced;
}
