// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: a span of IOVA and the user memory behind it.
 *
 * How they get their frames is told in fill.c; here is how they are found, and
 * how they lose them.
 */
#include <linux/interval_tree.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "pin.h"
#include "private.h"

/* Interval trees are keyed by unsigned long, IOVAs are u64. */
static_assert(sizeof(unsigned long) == sizeof(u64));

/* A slab object; what a mapping leaves of it is for its first extents. */
#define T1X_MAPPING_SIZE	256
static_assert(sizeof(struct t1x_mapping) < T1X_MAPPING_SIZE);

/**
 * t1x_mapping_alloc() - make a mapping
 * @span: IOVAs
 * @vaddr: user address behind the first one
 * @prot: IOMMU_READ and IOMMU_WRITE
 *
 * Return: mapping in state FILLING, not inserted and without a payer; or NULL.
 */
struct t1x_mapping *t1x_mapping_alloc(const struct t1x_span *span, unsigned long vaddr, int prot)
{
	struct t1x_mapping *map;

	map = kzalloc(T1X_MAPPING_SIZE, GFP_KERNEL_ACCOUNT);
	if (!map)
		return NULL;
	map->node.start = span->start;
	map->node.last = span->last;
	map->vaddr = vaddr;
	map->prot = prot;
	map->pins = RB_ROOT_CACHED;
	t1x_extents_init(&map->extents,
			 (T1X_MAPPING_SIZE - sizeof(*map)) / sizeof(*map->extents.inplace.words));
	map->state = T1X_MAPPING_FILLING;
	return map;
}

/**
 * t1x_mapping_free() - free a mapping
 * @map: mapping that is in no tree, unpinned or never filled
 */
void t1x_mapping_free(struct t1x_mapping *map)
{
	if (map->lease)
		t1x_lease_end(map->lease);
	if (map->dirty)
		kvfree(map->dirty);
	kfree(map);
}

/**
 * t1x_mapping_insert() - let a mapping be found
 * @ioas: address space, lock held
 * @map: mapping that overlaps no other one
 */
void t1x_mapping_insert(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	struct rb_node *lower;

	lockdep_assert_held(&ioas->lock);

	interval_tree_insert(&map->node, &ioas->mappings);
	lower = rb_prev(&map->node.rb);
	if (lower)
		hlist_add_behind(&map->order, &rb_entry(lower, struct t1x_mapping, node.rb)->order);
	else
		hlist_add_head(&map->order, &ioas->order);
}

/**
 * t1x_mapping_remove() - let a mapping be found no more
 * @ioas: address space, lock held
 * @map: mapping that is in it
 */
void t1x_mapping_remove(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	lockdep_assert_held(&ioas->lock);

	interval_tree_remove(&map->node, &ioas->mappings);
	hlist_del(&map->order);
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
	map->has_raw = false;
	if (map->nr_2m_leaves | map->nr_1g_leaves)
		t1x_stats_drop_leaves(map->payer->ioas, map);

	t1x_payer_uncharge(map->payer, map->nr_charged);
	map->nr_charged = 0;
}

/**
 * t1x_mapping_abandon() - unpin a mapping of which nobody has anything any more
 * @map: mapping that is in no tree
 *
 * No lock of ours may be held.
 */
void t1x_mapping_abandon(struct t1x_mapping *map)
{
	struct t1x_pinned *chain;
	unsigned long ncharge;

	if (!RB_EMPTY_ROOT(&map->pins.rb_root))
		pr_warn_ratelimited(T1X_NAME ": a closed device has left pages pinned\n");
	/* Pages that are held several times let go of one holder at a time. */
	while (!RB_EMPTY_ROOT(&map->pins.rb_root)) {
		chain = t1x_pins_remove(map, 0, t1x_mapping_npages(map));
		ncharge = t1x_pins_release(chain, map->prot & IOMMU_WRITE);
		if (!map->prepaid)
			t1x_payer_uncharge(map->payer, ncharge);
	}
	t1x_mapping_unpin(map);
}

/**
 * t1x_mapping_drain_all() - unmap and unpin mappings
 * @ioas: address space, no lock held
 * @maps: mappings of the caller, linked by &t1x_mapping.link
 *
 * Frames that an IOMMU driver fails to unmap stay pinned for ever: a leak is
 * better than a device writing to memory that has got a new owner.
 */
void t1x_mapping_drain_all(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct t1x_mapping *map;
	bool gone, leased;

	down_read(&ioas->domains_rwsem);
	leased = t1x_lease_conceal(ioas->leases, maps);
	gone = t1x_domains_unmap(ioas, maps);
	if (leased)
		mutex_unlock(&ioas->leases->lock);
	up_read(&ioas->domains_rwsem);

	if (WARN_ONCE(!gone, T1X_NAME ": IOMMU did not unmap, pages stay pinned\n"))
		return;
	list_for_each_entry(map, maps, link)
		t1x_mapping_unpin(map);
}

/**
 * t1x_mapping_drain() - unmap and unpin a mapping
 * @ioas: address space, no lock held
 * @map: mapping of the caller, in no list
 *
 * See t1x_mapping_drain_all().
 */
void t1x_mapping_drain(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	LIST_HEAD(maps);

	list_add(&map->link, &maps);
	t1x_mapping_drain_all(ioas, &maps);
}
