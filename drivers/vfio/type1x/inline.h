/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is too small, and asked too often, to be called: to map and to unmap a page
 * takes a few microseconds in all.  Included by private.h.
 */
#ifndef T1X_INLINE_H
#define T1X_INLINE_H

#include <linux/interval_tree.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/wait.h>

/**
 * t1x_payer_put() - a mapping less is paid for
 * @ioas: address space, lock held
 * @payer: nothing may be charged to it for the mapping any more
 */
static inline void t1x_payer_put(struct t1x_ioas *ioas, struct t1x_payer *payer)
{
	if (!--payer->nr_uses)
		t1x_payer_rest(ioas, payer);
}

static inline struct t1x_span t1x_mapping_span(const struct t1x_mapping *map)
{
	return (struct t1x_span){ .start = map->node.start, .last = map->node.last };
}

/**
 * t1x_mapping_first() - lowest mapping that overlaps a span
 * @ioas: address space, lock held
 * @span: IOVAs
 *
 * Return: mapping in whatever state, or NULL.
 */
static inline struct t1x_mapping *t1x_mapping_first(struct t1x_ioas *ioas,
						    const struct t1x_span *span)
{
	struct interval_tree_node *node;

	lockdep_assert_held(&ioas->lock);

	node = interval_tree_iter_first(&ioas->mappings, span->start, span->last);
	return node ? container_of(node, struct t1x_mapping, node) : NULL;
}

/**
 * t1x_mapping_next() - next higher mapping that overlaps a span
 * @map: mapping that overlaps it, t1x_ioas.lock held since it was found
 * @span: IOVAs
 *
 * Return: mapping in whatever state, or NULL.
 */
static inline struct t1x_mapping *t1x_mapping_next(struct t1x_mapping *map,
						   const struct t1x_span *span)
{
	map = hlist_entry_safe(map->order.next, struct t1x_mapping, order);
	return map && map->node.start <= span->last ? map : NULL;
}

/**
 * t1x_mapping_npages() - size of a mapping
 * @map: mapping
 *
 * Return: number of 4K pages.
 */
static inline unsigned long t1x_mapping_npages(const struct t1x_mapping *map)
{
	return ((map->node.last - map->node.start) >> PAGE_SHIFT) + 1;
}

/* Has the process that was bound taken back what is behind a mapping? */
static inline bool t1x_mapping_is_revoked(const struct t1x_mapping *map)
{
	return map->lease && READ_ONCE(map->lease->is_revoked);
}

/* Do emulated devices hold pages of a mapping, or are at work there? */
static inline bool t1x_mapping_is_in_use(const struct t1x_mapping *map)
{
	return map->nr_guests || !RB_EMPTY_ROOT(&map->pins.rb_root);
}

/* Must every page that is mapped for a device be taken for dirty? */
static inline bool t1x_ioas_assumes_all_dirty(const struct t1x_ioas *ioas)
{
	return ioas->nr_unscoped && !ioas->hw_trusted;
}

static inline bool t1x_mapping_is_tracked(const struct t1x_ioas *ioas,
					  const struct t1x_mapping *map)
{
	return ioas->tracking && ioas->tracked.start <= map->node.start &&
	       map->node.last <= ioas->tracked.last;
}

/**
 * t1x_ioas_min_pgsize() - granularity of MAP and UNMAP
 * @ioas: address space
 *
 * Return: bytes, a power of two, at least PAGE_SIZE.
 */
static inline u64 t1x_ioas_min_pgsize(struct t1x_ioas *ioas)
{
	unsigned long bitmap = READ_ONCE(ioas->pgsize_bitmap);

	return bitmap & -bitmap;
}

/**
 * t1x_ioas_is_public() - is a mapping there, for those who only look?
 * @map: mapping, t1x_ioas.lock held
 *
 * Return: false if it is only being made, or already being taken down.
 */
static inline bool t1x_ioas_is_public(const struct t1x_mapping *map)
{
	return map->state == T1X_MAPPING_READY || map->state == T1X_MAPPING_UPDATING ||
	       map->state == T1X_MAPPING_BACKING;
}

/**
 * t1x_ioas_note_idle() - wake those who wait for a mapping
 * @ioas: address space, lock held
 */
static inline void t1x_ioas_note_idle(struct t1x_ioas *ioas)
{
	lockdep_assert_held(&ioas->lock);

	WRITE_ONCE(ioas->idle_seq, ioas->idle_seq + 1);
	if (ioas->nr_waiting)
		wake_up_all(&ioas->idle_wq);
}

#endif /* T1X_INLINE_H */
