// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware bits: dirty pages that an IOMMU has recorded by itself.
 *
 * Without them every page that is mapped for a device counts as dirty.  They are
 * asked for by the module parameter hw_dirty, and believed only where that can be
 * justified: an interface that returns 0 may have looked at nothing, and a page that
 * is taken for clean and is not is lost.
 *
 *	domain		OFF --START--> UNPROVEN --a bit was found--> PROVEN
 *			 ^		 ^  ^				|
 *			 +----STOP-------+--+----a group joins----------+
 *
 * The address space trusts the bits while every domain is PROVEN, and takes all
 * pages for dirty otherwise; what was recorded meanwhile is not lost.
 *
 * Bits are harvested, which means moved from the page tables to the bitmaps of the
 * mappings, before each export.  All that is known of a range is where the first
 * leaf that was written to begins and the last one ends; therefore a range with such
 * a leaf is asked again page by page.  Only then bits are cleared, so that none is
 * cleared without having been seen.  The IOTLB is flushed after that, or the device
 * would write on without the bit being set again.
 */
#include <linux/iommu.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include <iommu/dirty.h>

#include "private.h"

/*
 * Bytes that are asked for at once, and harvested under the lock at once: no more than
 * from one multiple to the next.  Drivers go on by the size of the leaf that they are
 * in, wherever they began: from within a large leaf they would step over small ones.
 */
#define T1X_HWBITS_CHUNK	((u64)SZ_2M)

/* Where both ends of a gather are if nothing was found. */
static bool t1x_hwbits_found(const struct iommu_iotlb_gather *gather)
{
	return gather->start <= gather->end && gather->end;
}

static void t1x_hwbits_flush_init(struct iommu_iotlb_gather *flush)
{
	iommu_iotlb_gather_init(flush);
	/* The size of the smallest leaves in there: some drivers flush in such steps. */
	flush->pgsize = PAGE_SIZE;
}

/* The leaf that was found by asking for one of its pages. */
static struct t1x_span t1x_hwbits_leaf(const struct iommu_iotlb_gather *gather)
{
	u64 size = gather->end - gather->start + 1;

	/* It is reported from the page on that was asked for, in its whole size. */
	if (is_power_of_2(size))
		return (struct t1x_span){
			.start = gather->start & ~(size - 1),
			.last = gather->start | (size - 1),
		};
	return (struct t1x_span){ .start = gather->start, .last = gather->end };
}

/* Is a page dirty?  If so it, and all that share its leaf, are clean now, and @map knows. */
static int t1x_hwbits_take_page(struct t1x_domain *domain, struct t1x_mapping *map, u64 *iova,
				struct iommu_iotlb_gather *flush)
{
	const u64 at = *iova;
	struct iommu_iotlb_gather gather;
	struct t1x_span leaf;
	int ret;

	*iova += PAGE_SIZE;
	iommu_iotlb_gather_init(&gather);
	ret = iommu_domain_read_dirty(domain->domain, at, PAGE_SIZE, true, &gather);
	if (ret || !t1x_hwbits_found(&gather))
		return ret;

	leaf = t1x_hwbits_leaf(&gather);
	iommu_iotlb_gather_add_range(flush, leaf.start, leaf.last - leaf.start + 1);
	leaf.start = max_t(u64, leaf.start, map->node.start);
	leaf.last = min_t(u64, leaf.last, map->node.last);
	t1x_dirty_mark_span(map, &leaf);
	WRITE_ONCE(domain->dirty, T1X_DIRTY_PROVEN);
	*iova = max_t(u64, *iova, leaf.last + 1);
	return 0;
}

static int t1x_hwbits_take(struct t1x_domain *domain, struct t1x_mapping *map,
			   const struct t1x_span *chunk)
{
	struct iommu_iotlb_gather gather, flush;
	u64 iova, last;
	int ret;

	iommu_iotlb_gather_init(&gather);
	ret = iommu_domain_read_dirty(domain->domain, chunk->start,
				      chunk->last - chunk->start + 1, false, &gather);
	if (ret || !t1x_hwbits_found(&gather))
		return ret;

	iova = max_t(u64, gather.start, chunk->start);
	last = min_t(u64, gather.end, chunk->last);
	t1x_hwbits_flush_init(&flush);
	while (!ret && iova <= last)
		ret = t1x_hwbits_take_page(domain, map, &iova, &flush);
	if (t1x_hwbits_found(&flush))
		iommu_iotlb_sync(domain->domain, &flush);
	return ret;
}

/* What is done with a chunk of a mapping, in each domain; all locks held. */
typedef void t1x_hwbits_fn(struct t1x_domain *domain, struct t1x_mapping *map,
			   const struct t1x_span *chunk);

/* Move the bits of a chunk to the mapping; what was not told may be anything. */
static void t1x_hwbits_collect(struct t1x_domain *domain, struct t1x_mapping *map,
			       const struct t1x_span *chunk)
{
	if (domain->dirty == T1X_DIRTY_OFF)
		return;
	/* Drivers count up to the byte behind, which the last page does not have. */
	if (chunk->last == U64_MAX) {
		t1x_dirty_mark_span(map, chunk);
	} else if (t1x_hwbits_take(domain, map, chunk)) {
		WRITE_ONCE(domain->dirty, T1X_DIRTY_UNPROVEN);
		t1x_dirty_mark_span(map, chunk);
	}
}

/* Forget what was recorded before anybody asked for it. */
static void t1x_hwbits_discard(struct t1x_domain *domain, struct t1x_mapping *map,
			       const struct t1x_span *chunk)
{
	struct iommu_iotlb_gather flush;

	if (domain->dirty != T1X_DIRTY_OFF || !domain->can_record || chunk->last == U64_MAX)
		return;
	t1x_hwbits_flush_init(&flush);
	iommu_domain_read_dirty(domain->domain, chunk->start, chunk->last - chunk->start + 1,
				true, &flush);
	if (t1x_hwbits_found(&flush))
		iommu_iotlb_sync(domain->domain, &flush);
}

/* Does the page table have what the bitmap is to be made of? */
static bool t1x_hwbits_wanted(const struct t1x_mapping *map)
{
	return map->backed && map->dirty && map->prot & IOMMU_WRITE;
}

static int t1x_hwbits_lock(struct t1x_ioas *ioas)
{
	int ret = down_read_killable(&ioas->domains_rwsem);

	if (ret)
		return ret;
	ret = t1x_ioas_lock(ioas);
	if (ret)
		up_read(&ioas->domains_rwsem);
	return ret;
}

static void t1x_hwbits_unlock(struct t1x_ioas *ioas)
{
	mutex_unlock(&ioas->lock);
	up_read(&ioas->domains_rwsem);
}

/*
 * Do something with the next pages of a mapping, and give others a chance to get the
 * locks.  Returns 1 if there are more pages, with what is left in @rest, or 0; or a
 * negative errno, without the locks.
 */
static int t1x_hwbits_step(struct t1x_ioas *ioas, struct t1x_mapping *map,
			   struct t1x_span *rest, t1x_hwbits_fn *visit)
{
	struct t1x_span chunk = *rest;
	struct t1x_domain *domain;
	bool more = false;
	int ret;

	lockdep_assert_held(&ioas->domains_rwsem);
	lockdep_assert_held(&ioas->lock);

	if (t1x_hwbits_wanted(map)) {
		chunk.last = min(rest->last, rest->start | (T1X_HWBITS_CHUNK - 1));
		t1x_lease_hold(map->lease);
		/* What the process has taken back is marked as a whole by whoever unpins it. */
		if (!t1x_mapping_is_revoked(map))
			list_for_each_entry(domain, &ioas->domains, next)
				visit(domain, map, &chunk);
		t1x_lease_release(map->lease);
		more = chunk.last < rest->last;
	}
	if (more)
		rest->start = chunk.last + 1;
	t1x_hwbits_unlock(ioas);
	cond_resched();
	ret = t1x_hwbits_lock(ioas);
	return ret ?: more;
}

/*
 * What lies in a span, mapping by mapping; the locks are dropped on failure.  Also those
 * that are LEAVING: an UNMAP may give them back before they are exported.
 */
static int t1x_hwbits_walk(struct t1x_ioas *ioas, struct t1x_span rest, t1x_hwbits_fn *visit)
{
	struct t1x_mapping *map;
	int ret;

	while ((map = t1x_mapping_first(ioas, &rest))) {
		struct t1x_span part = t1x_mapping_span(map);

		part.start = max(part.start, rest.start);
		ret = t1x_hwbits_step(ioas, map, &part, visit);
		if (ret < 0)
			return ret;
		if (!ret) {
			if (part.last >= rest.last)
				break;
			part.start = part.last + 1;
		}
		rest.start = part.start;
	}
	return 0;
}

/* Are the bits of all domains good enough? */
static void t1x_hwbits_judge(struct t1x_ioas *ioas)
{
	struct t1x_domain *domain;
	bool trusted = true;

	lockdep_assert_held(&ioas->lock);

	list_for_each_entry(domain, &ioas->domains, next)
		trusted &= domain->dirty == T1X_DIRTY_PROVEN;
	ioas->hw_trusted = trusted;
}

/**
 * t1x_hwbits_harvest() - collect what IOMMUs have recorded
 * @ioas: address space, no lock held
 * @span: IOVAs; a mapping there is in it as a whole
 *
 * Return: 0, also if no IOMMU records; -EINTR if the task was killed, -EINVAL if the
 * address space is dying.
 */
int t1x_hwbits_harvest(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	int ret;

	if (!READ_ONCE(ioas->hw_recording))
		return 0;
	ret = t1x_hwbits_lock(ioas);
	ret = ret ?: t1x_hwbits_walk(ioas, *span, t1x_hwbits_collect);
	if (ret)
		return ret;
	t1x_hwbits_judge(ioas);
	t1x_hwbits_unlock(ioas);
	return 0;
}

/**
 * t1x_hwbits_harvest_leaving() - collect what was recorded of mappings that are to go
 * @ioas: address space, no lock held
 * @maps: mappings of the caller in state LEAVING, still mapped everywhere
 *
 * Return: as t1x_hwbits_harvest().
 */
int t1x_hwbits_harvest_leaving(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map;
	int ret;

	if (!READ_ONCE(ioas->hw_recording))
		return 0;
	ret = t1x_hwbits_lock(ioas);
	if (ret)
		return ret;
	list_for_each_entry(map, maps, link) {
		struct t1x_span rest = t1x_mapping_span(map);

		do {
			ret = t1x_hwbits_step(ioas, map, &rest, t1x_hwbits_collect);
		} while (ret > 0);
		if (ret)
			return ret;
		/* That is us. */
		if (t1x_mapping_is_revoked(map)) {
			rest = t1x_mapping_span(map);
			t1x_dirty_mark_span(map, &rest);
		}
	}
	t1x_hwbits_judge(ioas);
	t1x_hwbits_unlock(ioas);
	return 0;
}

/* Start in a domain that can; another one is never trusted. */
static void t1x_hwbits_start_domain(struct t1x_ioas *ioas, struct t1x_domain *domain)
{
	if (domain->dirty != T1X_DIRTY_OFF || !domain->can_record)
		return;
	if (iommu_domain_set_dirty(domain->domain, true))
		return;
	domain->dirty = T1X_DIRTY_UNPROVEN;
	WRITE_ONCE(ioas->hw_recording, true);
}

/**
 * t1x_hwbits_start() - let IOMMUs record, where they can
 * @ioas: address space that has just begun to track dirty pages; dirty_mutex held
 *
 * Cannot fail: all pages are dirty where nothing is recorded, and what could not be
 * discarded, as the task is being killed, is as good as dirty.
 */
void t1x_hwbits_start(struct t1x_ioas *ioas)
{
	struct t1x_domain *domain;

	lockdep_assert_held(&ioas->dirty_mutex);

	if (!t1x_hwbits_lock(ioas) &&
	    !t1x_hwbits_walk(ioas, T1X_SPAN_ALL, t1x_hwbits_discard))
		t1x_hwbits_unlock(ioas);

	down_write(&ioas->domains_rwsem);
	list_for_each_entry(domain, &ioas->domains, next)
		t1x_hwbits_start_domain(ioas, domain);
	up_write(&ioas->domains_rwsem);
}

/**
 * t1x_hwbits_stop() - let them no longer record
 * @ioas: address space that tracks no dirty pages any more; dirty_mutex held
 */
void t1x_hwbits_stop(struct t1x_ioas *ioas)
{
	struct t1x_domain *domain;

	lockdep_assert_held(&ioas->dirty_mutex);

	if (!READ_ONCE(ioas->hw_recording))
		return;
	down_write(&ioas->domains_rwsem);
	list_for_each_entry(domain, &ioas->domains, next) {
		if (domain->dirty != T1X_DIRTY_OFF)
			iommu_domain_set_dirty(domain->domain, false);
		domain->dirty = T1X_DIRTY_OFF;
	}
	mutex_lock(&ioas->lock);
	ioas->hw_trusted = false;
	mutex_unlock(&ioas->lock);
	WRITE_ONCE(ioas->hw_recording, false);
	up_write(&ioas->domains_rwsem);
}

/**
 * t1x_hwbits_join() - a group has joined
 * @ioas: address space, lock and (for writing) domains_rwsem held
 * @domain: the group's domain, listed
 *
 * What was proven was of other devices.  A domain of other groups is recording already,
 * or START is about to see to that.
 */
void t1x_hwbits_join(struct t1x_ioas *ioas, struct t1x_domain *domain)
{
	lockdep_assert_held_write(&ioas->domains_rwsem);
	lockdep_assert_held(&ioas->lock);

	ioas->hw_trusted = false;
	if (domain->dirty == T1X_DIRTY_PROVEN)
		domain->dirty = T1X_DIRTY_UNPROVEN;
	if (ioas->tracking && list_is_singular(&domain->groups))
		t1x_hwbits_start_domain(ioas, domain);
}
