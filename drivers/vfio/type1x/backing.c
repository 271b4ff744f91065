// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing: which mappings must have all their memory pinned, and when.
 *
 * An IOMMU cannot wait for memory, so that with a group behind one every mapping
 * is backed: its frames are pinned, charged, and known to all domains.  With
 * emulated devices alone a mapping is but a promise; they pin what they use, and
 * pay for that only.
 *
 * The first group behind an IOMMU that joins, and the last one that leaves, turn
 * the mappings from one into the other.  They take those that are READY; whoever
 * owns another one makes it fit before it publishes it.
 */
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "private.h"

static bool t1x_backing_wanted(const struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	lockdep_assert_held(&ioas->lock);

	return ioas->nr_groups && !t1x_mapping_is_revoked(map);
}

/*
 * Let go of all frames but those that devices hold, which go on being charged; they
 * may cost more than the frames did, if the user has changed his memory since.
 */
static void t1x_backing_remove(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	unsigned long held, more;

	mutex_lock(&ioas->lock);
	map->backed = false;
	map->prepaid = false;
	held = t1x_pins_charge(map);
	more = held > map->nr_charged ? held - map->nr_charged : 0;
	map->nr_charged += more;
	map->nr_charged -= held;
	mutex_unlock(&ioas->lock);

	t1x_payer_adjust(map->payer, more);
	t1x_mapping_drain(ioas, map);
}

/*
 * Pin all frames.  What devices hold is paid for already and not paid for twice:
 * the mapping takes that charge over before it pays for more.
 */
static int t1x_backing_add(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	int ret;

	/* No device knows of it yet. */
	if (map->state == T1X_MAPPING_FILLING) {
		map->prepaid = true;
		ret = t1x_fill_mapping(ioas, map);
		map->backed = !ret;
		return ret;
	}

	mutex_lock(&ioas->lock);
	map->prepaid = true;
	map->nr_charged = t1x_pins_charge(map);
	mutex_unlock(&ioas->lock);

	ret = t1x_fill_mapping(ioas, map);
	if (ret) {
		t1x_backing_remove(ioas, map);
		return ret;
	}
	mutex_lock(&ioas->lock);
	map->backed = true;
	t1x_stats_count_leaves(ioas, map);
	mutex_unlock(&ioas->lock);
	return 0;
}

/* Give a mapping the dirty bitmap that it lacks. */
static int t1x_backing_track(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	unsigned long *bitmap;
	int ret = t1x_dirty_alloc(t1x_mapping_npages(map), &bitmap);

	if (ret)
		return ret;
	mutex_lock(&ioas->lock);
	if (t1x_mapping_is_tracked(ioas, map) && !map->dirty) {
		t1x_dirty_adopt(map, bitmap);
		bitmap = NULL;
	}
	mutex_unlock(&ioas->lock);
	kvfree(bitmap);
	return 0;
}

/* What a mapping lacks before it may be READY. */
enum t1x_backing_need {
	T1X_BACKING_FITS,
	T1X_BACKING_DYING,
	T1X_BACKING_REVOKED,
	T1X_BACKING_ADD,
	T1X_BACKING_REMOVE,
	T1X_BACKING_TRACK,
};

static enum t1x_backing_need t1x_backing_need(const struct t1x_ioas *ioas,
					      const struct t1x_mapping *map)
{
	if (ioas->dying)
		return T1X_BACKING_DYING;
	if (t1x_mapping_is_revoked(map))
		return T1X_BACKING_REVOKED;
	if (t1x_backing_wanted(ioas, map) != map->backed)
		return map->backed ? T1X_BACKING_REMOVE : T1X_BACKING_ADD;
	if (!map->dirty && t1x_mapping_is_tracked(ioas, map))
		return T1X_BACKING_TRACK;
	return T1X_BACKING_FITS;
}

/**
 * t1x_backing_publish() - make a mapping READY
 * @ioas: address space, no lock held
 * @map: mapping of the caller
 *
 * What it must have for that may change while it gets it; so it gets it until it
 * fits.
 *
 * Return: 0, and the caller owns @map no longer; or -EINVAL if the address space is
 * dying, -EFAULT if the memory was taken back, or the errno of t1x_fill_mapping() or
 * t1x_dirty_alloc().
 */
int t1x_backing_publish(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	enum t1x_backing_need need = T1X_BACKING_FITS;
	int ret = 0;

	/* What is most likely needs no lock to be found out. */
	if (!map->backed && READ_ONCE(ioas->nr_groups))
		ret = t1x_backing_add(ioas, map);

	while (!ret) {
		mutex_lock(&ioas->lock);
		need = t1x_backing_need(ioas, map);
		if (need == T1X_BACKING_FITS && map->lease && !t1x_lease_expose(map->lease))
			need = T1X_BACKING_REVOKED;
		if (need == T1X_BACKING_FITS) {
			if (map->state == T1X_MAPPING_FILLING)
				t1x_stats_note_map(ioas, map);
			t1x_stats_count_leaves(ioas, map);
			map->state = T1X_MAPPING_READY;
			t1x_ioas_note_idle(ioas);
		}
		mutex_unlock(&ioas->lock);

		if (need == T1X_BACKING_FITS)
			break;
		if (need == T1X_BACKING_DYING)
			ret = -EINVAL;
		else if (need == T1X_BACKING_REVOKED)
			ret = -EFAULT;
		else if (need == T1X_BACKING_ADD)
			ret = t1x_backing_add(ioas, map);
		else if (need == T1X_BACKING_REMOVE)
			t1x_backing_remove(ioas, map);
		else
			ret = t1x_backing_track(ioas, map);
	}
	return ret;
}

/**
 * t1x_backing_claim() - take over the mappings that are not as they should be
 * @ioas: address space, lock held
 * @maps: takes them, in state BACKING, by &t1x_mapping.link
 *
 * To be called when t1x_ioas.nr_groups becomes, or ceases to be, zero.
 */
void t1x_backing_claim(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;

	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		if (map->state != T1X_MAPPING_READY || map->backed == t1x_backing_wanted(ioas, map))
			continue;
		map->state = T1X_MAPPING_BACKING;
		list_add_tail(&map->link, maps);
	}
}

/* Whatever IOMMUs have recorded of what was taken back is gone. */
static void t1x_backing_mark_lost(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	const struct t1x_span span = t1x_mapping_span(map);

	if (ioas->nr_unscoped)
		t1x_dirty_mark_span(map, &span);
}

/* A mapping is READY again, having lost what it need not have any more. */
static void t1x_backing_restore_one(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	bool fits;

	do {
		mutex_lock(&ioas->lock);
		fits = !map->backed || t1x_backing_wanted(ioas, map) || ioas->dying;
		/* What was taken back is not to be mapped any more. */
		if (fits && map->lease && !t1x_lease_settle(map->lease))
			fits = !map->backed || ioas->dying;
		if (fits) {
			map->state = T1X_MAPPING_READY;
			t1x_ioas_note_idle(ioas);
		} else if (t1x_mapping_is_revoked(map)) {
			t1x_backing_mark_lost(ioas, map);
		}
		mutex_unlock(&ioas->lock);
		if (!fits)
			t1x_backing_remove(ioas, map);
	} while (!fits);
}

/**
 * t1x_backing_restore() - make mappings READY that have been so before
 * @ioas: address space, no lock held
 * @maps: mappings of the caller, by &t1x_mapping.link; empty afterwards
 *
 * Cannot fail: they need nothing new, as nobody lets the first group behind an IOMMU
 * in, or starts to track dirty pages, without having given them what that takes.
 * Waits for nobody.
 */
void t1x_backing_restore(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map, *next;

	list_for_each_entry_safe(map, next, maps, link) {
		list_del(&map->link);
		t1x_backing_restore_one(ioas, map);
	}
}

/**
 * t1x_backing_add_all() - pin the memory of claimed mappings
 * @ioas: address space, no lock held
 * @maps: from t1x_backing_claim(); those that are pinned leave it and are READY
 *
 * Called under vfio core's group_lock.  This is the one case where that has to wait
 * for user memory; it ends with the attaching task.
 *
 * Return: 0; or the errno of t1x_fill_mapping(), and the rest of @maps is to be
 * restored, once the group has left.
 */
int t1x_backing_add_all(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map;
	int ret;

	while ((map = list_first_entry_or_null(maps, struct t1x_mapping, link))) {
		list_del(&map->link);
		ret = t1x_backing_add(ioas, map);
		/* What has been taken back meanwhile need not be there. */
		if (ret && !t1x_mapping_is_revoked(map)) {
			list_add(&map->link, maps);
			return ret;
		}
		t1x_backing_restore_one(ioas, map);
	}
	return 0;
}
