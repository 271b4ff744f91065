// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracking of dirty pages, on and off.
 *
 * While it is on every mapping in the range that is tracked has a bitmap.  Those that
 * are there get one at START, all of them or none; those that come get theirs before
 * anybody sees them (backing.c).
 */
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <trace/events/type1x.h>

#include "private.h"

/* Free all bitmaps. */
static void t1x_track_drop(struct t1x_ioas *ioas)
{
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;

	lockdep_assert_held(&ioas->lock);

	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		kvfree(map->dirty);
		map->dirty = NULL;
		map->stained = false;
	}
}

/* The lowest mapping of a span that needs a bitmap and has none. */
static struct t1x_mapping *t1x_track_find_bare(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	struct t1x_mapping *map;

	for (map = t1x_mapping_first(ioas, span); map; map = t1x_mapping_next(map, span)) {
		struct t1x_span whole = t1x_mapping_span(map);

		if (!map->dirty && map->state != T1X_MAPPING_FILLING &&
		    t1x_span_contains(span, &whole))
			return map;
	}
	return NULL;
}

/*
 * Make a bitmap for a mapping, without the lock meanwhile; @rest begins behind the
 * mapping afterwards.  With the lock dropped on failure.
 */
static int t1x_track_equip(struct t1x_ioas *ioas, struct t1x_mapping *map, struct t1x_span *rest)
{
	const struct t1x_span at = { .start = map->node.start, .last = map->node.start };
	const unsigned long npages = t1x_mapping_npages(map);
	const u64 birth = map->birth, last = map->node.last;
	unsigned long *bitmap = NULL;
	int ret;

	mutex_unlock(&ioas->lock);
	ret = fatal_signal_pending(current) ? -EINTR : t1x_dirty_alloc(npages, &bitmap);
	ret = ret ?: t1x_ioas_lock(ioas);
	if (ret) {
		kvfree(bitmap);
		return ret;
	}
	map = t1x_mapping_first(ioas, &at);
	if (map && map->birth == birth && !map->dirty)
		t1x_dirty_adopt(map, bitmap);
	else
		kvfree(bitmap);
	rest->start = last < rest->last ? last + 1 : rest->last;
	return 0;
}

/* Bitmaps for all mappings of a span, also for those that come meanwhile. */
static int t1x_track_equip_all(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	struct t1x_span rest = *span;
	struct t1x_mapping *map;
	int ret;

	do {
		while ((map = t1x_track_find_bare(ioas, &rest))) {
			ret = t1x_track_equip(ioas, map, &rest);
			if (ret)
				return ret;
		}
		rest = *span;
	} while (t1x_track_find_bare(ioas, &rest));
	return 0;
}

static int t1x_track_do_start(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	if (ioas->tracking) {
		if (ioas->tracked.start != span->start || ioas->tracked.last != span->last)
			ret = -EBUSY;
		goto out_unlock;
	}
	if (t1x_dirty_bisects(ioas, span)) {
		ret = -EINVAL;
		goto out_unlock;
	}

	ret = t1x_track_equip_all(ioas, span);
	if (ret) {
		mutex_lock(&ioas->lock);
		t1x_track_drop(ioas);
	} else {
		WRITE_ONCE(ioas->tracked.start, span->start);
		WRITE_ONCE(ioas->tracked.last, span->last);
		/* Pairs with the acquire in t1x_stats_show_tracking(). */
		smp_store_release(&ioas->tracking, true);
	}
out_unlock:
	mutex_unlock(&ioas->lock);
	return ret;
}

/**
 * t1x_track_start() - VFIO_IOMMU_DIRTY_PAGES_FLAG_START
 * @ioas: address space
 * @span: IOVAs to track
 *
 * Return: 0, also if they are tracked already; or with nothing changed -EBUSY if
 * others are, -EINVAL if @span cuts a mapping in two or a mapping is too large,
 * -ENOMEM, -EINTR if killed.
 */
int t1x_track_start(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	int ret;

	if (mutex_lock_killable(&ioas->dirty_mutex))
		return -EINTR;
	ret = t1x_track_do_start(ioas, span);
	if (!ret)
		t1x_hwbits_start(ioas);
	mutex_unlock(&ioas->dirty_mutex);
	trace_t1x_dirty_start(ioas->stats.id, span->start, span->last, ret);
	return ret;
}

/**
 * t1x_track_stop() - VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
 * @ioas: address space
 *
 * Return: 0, also if nothing was tracked; -EINTR if killed.
 */
int t1x_track_stop(struct t1x_ioas *ioas)
{
	int ret;

	if (mutex_lock_killable(&ioas->dirty_mutex))
		return -EINTR;
	ret = t1x_ioas_lock(ioas);
	if (!ret) {
		WRITE_ONCE(ioas->tracking, false);
		t1x_track_drop(ioas);
		mutex_unlock(&ioas->lock);
		t1x_hwbits_stop(ioas);
	}
	mutex_unlock(&ioas->dirty_mutex);
	trace_t1x_dirty_stop(ioas->stats.id, ret);
	return ret;
}
