// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to map and to unmap.
 *
 * Both are in two steps: under t1x_ioas.lock they decide and stake their claim by
 * the state of mappings in the tree; the work itself runs unlocked.
 *
 * An UNMAP that has to ask emulated devices, or to write to user memory, may fail
 * until it has done so; its mappings are then READY again.  After that nothing can
 * stop it.
 */
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "private.h"

/* Whose memory is it, and who pays for it? */
static int t1x_request_settle_payer(struct t1x_ioas *ioas, struct t1x_mapping *map, u32 id)
{
	struct t1x_bond *bond;
	int ret;

	if (!map->lease) {
		map->payer = t1x_payer_get(ioas, current->mm, current->group_leader);
	} else {
		bond = t1x_bond_find(ioas, id);
		if (!bond)
			return -ENOENT;
		ret = t1x_lease_begin(map->lease, bond);
		if (ret)
			return ret;
		map->payer = t1x_payer_get(ioas, bond->notifier.mm, bond->task);
	}
	return PTR_ERR_OR_ZERO(map->payer);
}

/* Stake the claim of a new mapping, or say why not. */
static int t1x_request_insert(struct t1x_ioas *ioas, struct t1x_mapping *map, u32 bond)
{
	struct t1x_span span = t1x_mapping_span(map);
	struct t1x_mapping *other;
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ret;
	while ((other = t1x_mapping_first(ioas, &span))) {
		if (t1x_ioas_is_public(other)) {
			ret = -EEXIST;
			goto out_unlock;
		}
		/* It may yet fail or leave, and then was never in the way. */
		ret = t1x_ioas_wait_settled(ioas, other);
		if (ret)
			return ret;
	}

	if (!ioas->entries_left)
		ret = -ENOSPC;
	else if (ioas->nr_groups && !t1x_span_set_covers(&ioas->windows, &span))
		ret = -EINVAL;
	ret = ret ?: t1x_request_settle_payer(ioas, map, bond);
	if (ret)
		goto out_unlock;

	WRITE_ONCE(ioas->entries_left, ioas->entries_left - 1);
	map->birth = ++ioas->births;
	t1x_mapping_insert(ioas, map);
out_unlock:
	mutex_unlock(&ioas->lock);
	return ret;
}

/* Take the caller's mappings out of the tree and free them. */
static void t1x_request_remove(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map, *next;

	mutex_lock(&ioas->lock);
	list_for_each_entry(map, maps, link) {
		t1x_mapping_remove(ioas, map);
		if (map->state == T1X_MAPPING_LEAVING)
			t1x_stats_note_unmap(ioas, map);
		ioas->nr_vaddr_invalid -= map->vaddr_invalid;
		WRITE_ONCE(ioas->entries_left, ioas->entries_left + 1);
		t1x_payer_put(ioas, map->payer);
	}
	t1x_ioas_note_idle(ioas);
	mutex_unlock(&ioas->lock);

	list_for_each_entry_safe(map, next, maps, link)
		t1x_mapping_free(map);
}

/**
 * t1x_request_map() - VFIO_IOMMU_MAP_DMA
 * @ioas: address space
 * @span: IOVAs, aligned to t1x_ioas_min_pgsize()
 * @vaddr: user address of the first byte, likewise aligned
 * @prot: IOMMU_READ and IOMMU_WRITE, at least one
 * @bond: id of the bond to the process whose address it is, 0 for the caller
 *
 * Return: 0, or with nothing changed
 * -EEXIST if a mapping overlaps @span, -ENOSPC if there are too many,
 * -EINVAL if @span is not inside one window, or too large while dirty pages are
 * tracked, -ENOENT if there is no such bond, -ESRCH if it has ended, -EFAULT if the
 * memory is not there, is taken back, or may not be accessed so, -ENOMEM
 * also for RLIMIT_MEMLOCK, -EINTR if the task was killed, other errors of GUP and
 * of the IOMMU driver.
 */
int t1x_request_map(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned long vaddr,
		    int prot, u32 bond)
{
	struct t1x_mapping *map;
	LIST_HEAD(maps);
	int ret = 0;

	map = t1x_mapping_alloc(span, vaddr, prot);
	if (!map)
		return -ENOMEM;

	if (bond)
		ret = t1x_lease_alloc(map);
	ret = ret ?: t1x_request_insert(ioas, map, bond);
	if (ret) {
		t1x_mapping_free(map);
		return ret;
	}

	ret = t1x_backing_publish(ioas, map);
	if (!ret)
		return 0;

	list_add(&map->link, &maps);
	t1x_mapping_drain_all(ioas, &maps);
	t1x_request_remove(ioas, &maps);
	return ret;
}

/* From here on there is no way back for mappings that are LEAVING. */
static void t1x_request_doom(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map;

	lockdep_assert_held(&ioas->lock);

	list_for_each_entry(map, maps, link)
		map->backed = false;
}

/* All of an UNMAP that may fail: either that, or the mappings are doomed. */
static int t1x_request_prepare_unmap(struct t1x_ioas *ioas, const struct t1x_span *span,
				     struct list_head *maps, const struct vfio_bitmap *bitmap)
{
	int ret = t1x_notice_evict(ioas, maps);

	if (!ret && bitmap)
		ret = t1x_hwbits_harvest_leaving(ioas, maps);
	if (!ret && bitmap)
		ret = t1x_export_leaving(ioas, span, maps, bitmap->data);
	if (ret) {
		t1x_backing_restore(ioas, maps);
		return ret;
	}
	mutex_lock(&ioas->lock);
	t1x_request_doom(ioas, maps);
	mutex_unlock(&ioas->lock);
	return 0;
}

/**
 * t1x_request_unmap() - VFIO_IOMMU_UNMAP_DMA
 * @ioas: address space
 * @span: IOVAs; mappings inside it go, there may be holes between them
 * @flags: T1X_COLLECT_ALL or 0
 * @bitmap: where to put the dirty bits of what goes, or NULL
 * @unmapped: bytes that were mapped there, on success
 *
 * Waits for MAPs in flight in @span, and for emulated devices to let go of pages
 * there, killably.  Once it has begun to unmap it cannot fail.
 *
 * Return: 0; or with nothing unmapped -EINVAL if a mapping would be cut in two
 * (type1v2) or dirty pages are not tracked, -EBUSY if a device does not unpin,
 * -EFAULT if @bitmap cannot be written, -ENOMEM, -EINTR if the task was killed
 * while it waited.
 */
int t1x_request_unmap(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		      const struct vfio_bitmap *bitmap, u64 *unmapped)
{
	bool in_use = false;
	struct t1x_mapping *map;
	LIST_HEAD(maps);
	u64 nbytes = 0;
	int ret;

	ret = t1x_ioas_collect(ioas, span, flags, &maps);
	if (ret)
		return ret;
	if (bitmap) {
		ret = t1x_dirty_check(ioas, span);
		if (ret) {
			mutex_unlock(&ioas->lock);
			return ret;
		}
	}
	list_for_each_entry(map, &maps, link) {
		map->state = T1X_MAPPING_LEAVING;
		nbytes += map->node.last - map->node.start + 1;
		in_use |= t1x_mapping_is_in_use(map);
	}
	if (!in_use && !bitmap)
		t1x_request_doom(ioas, &maps);
	mutex_unlock(&ioas->lock);
	*unmapped = nbytes;

	if (in_use || bitmap) {
		ret = t1x_request_prepare_unmap(ioas, span, &maps, bitmap);
		if (ret)
			return ret;
	}
	if (list_empty(&maps))
		return 0;

	t1x_mapping_drain_all(ioas, &maps);
	t1x_request_remove(ioas, &maps);
	return 0;
}
