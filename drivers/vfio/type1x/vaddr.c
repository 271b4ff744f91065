// SPDX-License-Identifier: GPL-2.0-only
/*
 * User addresses taken away and given back: UNMAP(VADDR) and MAP(VADDR).
 *
 * A program that replaces itself (exec, or a hand-over to another process)
 * first invalidates the user addresses of its mappings.  Pins, charges and DMA
 * go on.  The new program then tells for each mapping where the same memory
 * lies in its own address space, and takes over the charge.
 */
#include <linux/list.h>

#include "private.h"

/**
 * t1x_vaddr_suspend() - UNMAP_DMA with VFIO_DMA_UNMAP_FLAG_VADDR
 * @ioas: address space
 * @span: IOVAs; mappings in flight there do not exist yet, or any more
 * @flags: T1X_COLLECT_ALL or 0
 * @size: bytes of the mappings invalidated, on success
 *
 * Return: 0; or with nothing changed -EINVAL if a mapping would be cut in two
 * (type1v2), has no valid user address already, or has memory of a bond, which stays
 * that process's; -EBUSY if there are emulated
 * devices, which need user addresses all the time, -EINTR if killed.
 */
int t1x_vaddr_suspend(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		      u64 *size)
{
	struct t1x_mapping *map;
	LIST_HEAD(maps);
	int ret;

	*size = 0;
	ret = t1x_ioas_collect(ioas, span, flags | T1X_COLLECT_PUBLIC, &maps);
	if (ret)
		return ret;
	if (ioas->nr_emulated)
		ret = -EBUSY;
	list_for_each_entry(map, &maps, link)
		if (map->vaddr_invalid || map->lease)
			ret = -EINVAL;
	if (ret)
		goto out_unlock;

	list_for_each_entry(map, &maps, link) {
		map->vaddr_invalid = true;
		WRITE_ONCE(ioas->nr_vaddr_invalid, ioas->nr_vaddr_invalid + 1);
		*size += map->node.last - map->node.start + 1;
	}
out_unlock:
	mutex_unlock(&ioas->lock);
	return ret;
}

/* Find the mapping to resume, keep everybody else off it, and see who will pay. */
static struct t1x_mapping *t1x_vaddr_claim(struct t1x_ioas *ioas, const struct t1x_span *span,
					   struct t1x_payer **payer)
{
	struct t1x_mapping *map;
	int ret = t1x_ioas_lock(ioas);

	if (ret)
		return ERR_PTR(ret);
	for (;;) {
		map = t1x_mapping_first(ioas, span);
		if (!map || map->state == T1X_MAPPING_READY)
			break;
		ret = t1x_ioas_wait_settled(ioas, map);
		if (ret)
			return ERR_PTR(ret);
	}
	if (!map)
		map = ERR_PTR(-ENOENT);
	else if (map->node.start != span->start || map->node.last != span->last ||
		 !map->vaddr_invalid)
		map = ERR_PTR(-EINVAL);
	if (!IS_ERR(map)) {
		*payer = t1x_payer_get(ioas, current->mm, current->group_leader);
		if (IS_ERR(*payer))
			map = ERR_CAST(*payer);
		else
			map->state = T1X_MAPPING_UPDATING;
	}
	mutex_unlock(&ioas->lock);
	return map;
}

/* Let current pay from now on, for what another mm has paid so far. */
static int t1x_vaddr_move_charge(struct t1x_mapping *map, const struct t1x_payer *payer)
{
	int ret;

	if (payer->mm == map->payer->mm)
		return 0;
	ret = t1x_payer_charge(payer, map->nr_charged);
	if (!ret)
		t1x_payer_uncharge(map->payer, map->nr_charged);
	return ret;
}

/**
 * t1x_vaddr_resume() - MAP_DMA with VFIO_DMA_MAP_FLAG_VADDR
 * @ioas: address space
 * @span: IOVAs of exactly one mapping
 * @vaddr: where current has its memory
 *
 * Return: 0; -ENOENT if nothing is mapped there, -EINVAL if @span is not one
 * whole mapping or its user address is valid, -ENOMEM if current's
 * RLIMIT_MEMLOCK does not allow the charge, -EINTR if killed.
 */
int t1x_vaddr_resume(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned long vaddr)
{
	struct t1x_payer *payer;
	struct t1x_mapping *map = t1x_vaddr_claim(ioas, span, &payer);
	int ret;

	if (IS_ERR(map))
		return PTR_ERR(map);

	ret = t1x_vaddr_move_charge(map, payer);

	mutex_lock(&ioas->lock);
	if (!ret) {
		swap(payer, map->payer);
		map->vaddr = vaddr;
		map->vaddr_invalid = false;
		WRITE_ONCE(ioas->nr_vaddr_invalid, ioas->nr_vaddr_invalid - 1);
	}
	t1x_payer_put(ioas, payer);
	map->state = T1X_MAPPING_READY;
	t1x_ioas_note_idle(ioas);
	mutex_unlock(&ioas->lock);
	return ret;
}
