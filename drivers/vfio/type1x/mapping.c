// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: a span of IOVA and the user memory behind it.
 *
 * Filling and draining work without t1x_ioas.lock, on a mapping whose state
 * keeps everybody else off.  Filling goes batch by batch:
 *
 *	pin --> charge --> [domains_rwsem: note the frames --> map runs]
 *
 * Frames are noted in the extents before the IOMMU sees them, so that at any
 * time undoing is: unmap nr_mapped pages, unpin the extents, give back
 * nr_charged pages.  The last run of a batch waits for the next batch, which
 * may continue it: the longer a run, the larger the leaves of the page table.
 */
#include <linux/interval_tree.h>
#include <linux/lockdep.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "private.h"

/**
 * t1x_mapping_alloc() - make a mapping that the caller pays for
 * @span: IOVAs
 * @vaddr: user address behind the first one
 * @prot: IOMMU_READ and IOMMU_WRITE
 *
 * Return: mapping in state FILLING, not inserted; or ERR_PTR().
 */
struct t1x_mapping *t1x_mapping_alloc(const struct t1x_span *span, unsigned long vaddr, int prot)
{
	struct t1x_mapping *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!map)
		return ERR_PTR(-ENOMEM);

	ret = t1x_payer_init_current(&map->payer);
	if (ret) {
		kfree(map);
		return ERR_PTR(ret);
	}
	map->node.start = span->start;
	map->node.last = span->last;
	map->vaddr = vaddr;
	map->prot = prot;
	map->state = T1X_MAPPING_FILLING;
	return map;
}

/**
 * t1x_mapping_free() - free a mapping
 * @map: mapping that is in no tree, unpinned or never filled
 */
void t1x_mapping_free(struct t1x_mapping *map)
{
	t1x_payer_put(&map->payer);
	kfree(map);
}

/**
 * t1x_mapping_first() - lowest mapping that overlaps a span
 * @ioas: address space, lock held
 * @span: IOVAs
 *
 * Return: mapping in whatever state, or NULL.
 */
struct t1x_mapping *t1x_mapping_first(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	struct interval_tree_node *node;

	lockdep_assert_held(&ioas->lock);

	node = interval_tree_iter_first(&ioas->mappings, span->start, span->last);
	return node ? container_of(node, struct t1x_mapping, node) : NULL;
}

/**
 * t1x_mapping_next() - next higher mapping that overlaps a span
 * @map: mapping returned for the same span before
 * @span: IOVAs
 *
 * Return: mapping in whatever state, or NULL.
 */
struct t1x_mapping *t1x_mapping_next(struct t1x_mapping *map, const struct t1x_span *span)
{
	struct interval_tree_node *node;

	node = interval_tree_iter_next(&map->node, span->start, span->last);
	return node ? container_of(node, struct t1x_mapping, node) : NULL;
}

/**
 * t1x_mapping_npages() - size of a mapping
 * @map: mapping
 *
 * Return: number of 4K pages.
 */
unsigned long t1x_mapping_npages(const struct t1x_mapping *map)
{
	return ((map->node.last - map->node.start) >> PAGE_SHIFT) + 1;
}

/* Take over the frames of a batch and map all of them but the last run. */
static int t1x_mapping_take_batch(struct t1x_ioas *ioas, struct t1x_mapping *map,
				  const struct t1x_pin *pin, struct t1x_run *pending)
{
	struct t1x_pin_iter iter;
	struct t1x_run run;
	int ret = 0;

	lockdep_assert_held(&ioas->domains_rwsem);

	t1x_pin_begin(&iter, pin);
	while (t1x_pin_next(&iter, pin, &run))
		t1x_extents_append(&map->extents, &run);

	t1x_pin_begin(&iter, pin);
	while (!ret && t1x_pin_next(&iter, pin, &run)) {
		if (t1x_run_extend(pending, &run))
			continue;
		ret = t1x_domains_map(ioas, map, pending);
		*pending = run;
	}
	return ret;
}

/* Charge a pinned batch and hand it to the mapping; releases it on failure. */
static int t1x_mapping_add_batch(struct t1x_ioas *ioas, struct t1x_mapping *map,
				 const struct t1x_pin *pin, struct t1x_run *pending)
{
	int ret = t1x_payer_charge(&map->payer, pin->ncharge);

	if (ret)
		goto err_release;
	map->nr_charged += pin->ncharge;

	ret = down_read_killable(&ioas->domains_rwsem);
	if (ret)
		goto err_release;
	if (ioas->dying) {
		up_read(&ioas->domains_rwsem);
		ret = -EINVAL;
		goto err_release;
	}
	ret = t1x_mapping_take_batch(ioas, map, pin, pending);
	if (!ret && pin->max_pins == 1) {
		ret = t1x_domains_map(ioas, map, pending);
		pending->npages = 0;
	}
	up_read(&ioas->domains_rwsem);
	return ret;

err_release:
	t1x_pin_release(pin);
	return ret;
}

static int t1x_mapping_fill_batches(struct t1x_ioas *ioas, struct t1x_mapping *map,
				    struct t1x_pin *pin)
{
	unsigned long left = t1x_mapping_npages(map);
	unsigned long vaddr = map->vaddr;
	struct t1x_run pending = {};
	int ret;

	while (left) {
		ret = t1x_extents_reserve(&map->extents, min_t(unsigned long, left, T1X_PIN_BATCH));
		if (ret)
			return ret;
		ret = t1x_pin_batch(pin, vaddr, left);
		if (ret)
			return ret;
		ret = t1x_mapping_add_batch(ioas, map, pin, &pending);
		if (ret)
			return ret;

		left -= pin->npages;
		vaddr += pin->npages << PAGE_SHIFT;
		cond_resched();
	}
	if (!pending.npages)
		return 0;

	down_read(&ioas->domains_rwsem);
	ret = t1x_domains_map(ioas, map, &pending);
	up_read(&ioas->domains_rwsem);
	return ret;
}

/**
 * t1x_mapping_fill() - pin the memory of a mapping and map it in every domain
 * @ioas: address space, no lock held
 * @map: mapping in state FILLING, inserted
 *
 * Works on the memory of current and sleeps as long as user memory makes it,
 * but not beyond a SIGKILL.
 *
 * Return: 0, or an errno with nothing left pinned, charged or mapped.
 */
int t1x_mapping_fill(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	struct t1x_pin *pin;
	int ret;

	pin = t1x_pin_alloc(t1x_mapping_npages(map), map->prot & IOMMU_WRITE);
	if (!pin)
		return -ENOMEM;

	ret = t1x_mapping_fill_batches(ioas, map, pin);
	kfree(pin);
	if (ret) {
		LIST_HEAD(maps);

		list_add(&map->link, &maps);
		t1x_mapping_drain(ioas, &maps);
	}
	return ret;
}

/**
 * t1x_mapping_unpin() - let go of the frames of a mapping
 * @map: mapping that no device can reach any more
 *
 * No lock of ours may be held: the last reference to an mm may go.
 */
void t1x_mapping_unpin(struct t1x_mapping *map)
{
	struct t1x_extents_iter iter;
	struct t1x_run run;

	t1x_extents_begin(&iter, &map->extents);
	while (t1x_extents_next(&iter, &run))
		t1x_pin_release_run(&run, map->prot & IOMMU_WRITE);
	t1x_extents_free(&map->extents);

	t1x_payer_uncharge(&map->payer, map->nr_charged);
	map->nr_charged = 0;
}

/**
 * t1x_mapping_drain() - unmap and unpin mappings
 * @ioas: address space, no lock held
 * @maps: mappings of the caller, linked by &t1x_mapping.link
 *
 * Frames that an IOMMU driver fails to unmap stay pinned for ever: a leak is
 * better than a device writing to memory that has got a new owner.
 */
void t1x_mapping_drain(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map;
	bool gone;

	down_read(&ioas->domains_rwsem);
	gone = t1x_domains_unmap(ioas, maps);
	up_read(&ioas->domains_rwsem);

	if (WARN_ONCE(!gone, T1X_NAME ": IOMMU did not unmap, pages stay pinned\n"))
		return;
	list_for_each_entry(map, maps, link)
		t1x_mapping_unpin(map);
}
