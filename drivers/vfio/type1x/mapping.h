/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings: what a program has asked devices to see (mapping.c), how it is pinned
 * (fill.c), and what domains and devices need of it (backing.c).  The life of one, and
 * the locks, are drawn in private.h.
 */
#ifndef T1X_MAPPING_H
#define T1X_MAPPING_H

#include <linux/interval_tree.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "core/span.h"
#include "extents.h"

struct t1x_ioas;
struct t1x_lease;
struct t1x_payer;

/**
 * enum t1x_mapping_state - who may touch a mapping
 * @T1X_MAPPING_FILLING: the MAP that makes it
 * @T1X_MAPPING_READY: whoever holds t1x_ioas.lock
 * @T1X_MAPPING_UPDATING: the MAP(VADDR) that moves it to another mm
 * @T1X_MAPPING_BACKING: the group that joins or leaves, which pins or unpins it
 * @T1X_MAPPING_LEAVING: the UNMAP that takes it down
 */
enum t1x_mapping_state {
	T1X_MAPPING_FILLING,
	T1X_MAPPING_READY,
	T1X_MAPPING_UPDATING,
	T1X_MAPPING_BACKING,
	T1X_MAPPING_LEAVING,
} __packed;

/**
 * struct t1x_mapping - one MAP_DMA
 * @node: IOVA span and place in t1x_ioas.mappings; immutable once inserted
 * @link: for lists private to the owning thread
 * @vaddr: user address of the first byte (t1x_ioas.lock)
 * @prot: IOMMU_READ and IOMMU_WRITE bits; immutable
 * @birth: one more than that of the mapping made before (t1x_ioas.lock)
 * @state: see the picture above (t1x_ioas.lock)
 * @vaddr_invalid: between UNMAP(VADDR) and MAP(VADDR) (t1x_ioas.lock)
 * @backed: @extents has all frames, as an IOMMU needs (t1x_ioas.lock)
 * @prepaid: @payer pays for all pages, not only for those that devices hold
 *	     (t1x_ioas.lock)
 * @has_raw: some frames are no memory, see T1X_RUN_RAW (as @backed)
 * @stained: there is @dirty, and it may have bits set (t1x_ioas.lock)
 * @order: place in t1x_ioas.order, behind the next lower mapping (t1x_ioas.lock)
 * @nr_guests: emulated devices that work on user memory behind it just now
 *	       (t1x_ioas.lock)
 * @payer: who is charged; changes in state UPDATING only
 * @nr_2m_leaves: leaves of that size that its frames make (owning thread)
 * @nr_1g_leaves: likewise (owning thread)
 * @leaves_counted: they are counted in the statistics (owning thread)
 * @lease: what it has of a process that was bound, else NULL; immutable
 * @nr_mapped: leading pages that the domains map (domains_rwsem, owning thread; if
 *	       @lease is exposed, t1x_leases.lock)
 * @nr_charged: pages charged to @payer, if @prepaid or while @extents has frames
 *		(owning thread)
 * @dirty: a bit per page, or NULL (t1x_ioas.lock)
 * @pins: tree of &struct t1x_pinned, pages that emulated devices hold
 *	  (t1x_ioas.lock)
 * @extents: frames pinned for the IOMMU (owning thread; appended to under
 *	     domains_rwsem)
 */
struct t1x_mapping {
	struct interval_tree_node node;
	u8 prot;
	enum t1x_mapping_state state;
	bool vaddr_invalid;
	bool backed;
	bool prepaid;
	bool has_raw;
	bool stained;
	bool leaves_counted;
	struct hlist_node order;
	/* Up to order.next a cache line, all that t1x_export_mark_pages() looks at. */
	unsigned long *dirty;
	struct list_head link;
	unsigned long vaddr;
	u64 birth;
	unsigned int nr_guests;
	u32 nr_2m_leaves;
	u32 nr_1g_leaves;
	struct t1x_payer *payer;
	struct t1x_lease *lease;
	unsigned long nr_mapped;
	unsigned long nr_charged;
	struct rb_root_cached pins;
	struct t1x_extents extents;
};

/* mapping.c */
struct t1x_mapping *t1x_mapping_alloc(const struct t1x_span *span, unsigned long vaddr, int prot);
void t1x_mapping_free(struct t1x_mapping *map);
void t1x_mapping_insert(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_mapping_remove(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_mapping_drain(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_mapping_drain_all(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_mapping_unpin(struct t1x_mapping *map);
void t1x_mapping_abandon(struct t1x_mapping *map);

/* fill.c */
int t1x_fill_mapping(struct t1x_ioas *ioas, struct t1x_mapping *map);

/* backing.c */
int t1x_backing_publish(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_backing_claim(struct t1x_ioas *ioas, struct list_head *maps);
int t1x_backing_add_all(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_backing_restore(struct t1x_ioas *ioas, struct list_head *maps);

#endif /* T1X_MAPPING_H */
