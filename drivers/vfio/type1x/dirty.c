// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty pages: which bits get set, and which are taken back.
 *
 * Every tracked mapping has a bitmap, a bit per page.  A bit is set when an
 * emulated device pins the page or has written to it; those of pages that are
 * still pinned are set again after they have been read.  Devices behind an IOMMU
 * do not tell what they write to: while there is one all pages are reported, and
 * when it leaves all bits are set once.  Unless the IOMMU tells (hwbits.c).
 *
 * What a device cannot have dirtied is never reported: mappings without
 * IOMMU_WRITE, and frames that are no memory.
 */
#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "core/bits.h"
#include "core/cut.h"
#include "private.h"

/* Pages that one bitmap can be read for at once, as the type1 contract has it. */
#define T1X_DIRTY_MAX_NPAGES	((unsigned long)INT_MAX)

static struct t1x_cut t1x_dirty_cut(const struct t1x_mapping *map, const struct t1x_span *span)
{
	const struct t1x_span whole = t1x_mapping_span(map);

	return t1x_cut(&whole, span);
}

/**
 * t1x_dirty_alloc() - make a bitmap
 * @npages: pages of a mapping
 * @bitmap: result, all zero, charged to the memory cgroup of the caller
 *
 * Return: 0, -EINVAL if that is too large, -ENOMEM.
 */
int t1x_dirty_alloc(unsigned long npages, unsigned long **bitmap)
{
	if (npages > T1X_DIRTY_MAX_NPAGES)
		return -EINVAL;
	*bitmap = kvcalloc(BITS_TO_LONGS(npages), sizeof(long), GFP_KERNEL_ACCOUNT);
	return *bitmap ? 0 : -ENOMEM;
}

/**
 * t1x_dirty_adopt() - let a mapping have its bitmap
 * @map: mapping without one, t1x_ioas.lock held
 * @bitmap: from t1x_dirty_alloc()
 */
void t1x_dirty_adopt(struct t1x_mapping *map, unsigned long *bitmap)
{
	map->dirty = bitmap;
	t1x_dirty_mark_pins(map, 0, t1x_mapping_npages(map) - 1);
}

/**
 * t1x_dirty_mark() - pages have, or may have, been written to
 * @map: mapping, t1x_ioas.lock held
 * @page: first page of the mapping
 * @npages: number of pages
 */
void t1x_dirty_mark(struct t1x_mapping *map, unsigned long page, unsigned long npages)
{
	if (!map->dirty || !(map->prot & IOMMU_WRITE))
		return;
	t1x_bits_fill(map->dirty, page, npages);
	map->stained = true;
}

/**
 * t1x_dirty_mark_pins() - mark the pages that devices hold
 * @map: mapping, t1x_ioas.lock held
 * @first: page of the mapping
 * @last: page of the mapping
 */
void t1x_dirty_mark_pins(struct t1x_mapping *map, unsigned long first, unsigned long last)
{
	const struct t1x_pinned *ext;

	while ((ext = t1x_pins_next(map, first, last))) {
		unsigned long end = min(ext->node.last, last);

		first = max(ext->node.start, first);
		t1x_dirty_mark(map, first, end - first + 1);
		first = end + 1;
	}
}

/* Set bits for those of the pages that are memory, in a bitmap of any offset. */
static void t1x_dirty_fill_memory(const struct t1x_mapping *map, unsigned long first,
				  unsigned long npages, unsigned long *dst, unsigned long bit)
{
	struct t1x_extents_iter iter;
	unsigned long page = 0;
	struct t1x_run run;

	if (!map->has_raw) {
		t1x_bits_fill(dst, bit, npages);
		return;
	}
	t1x_extents_begin(&iter, &map->extents);
	while (page < first + npages && t1x_extents_next(&iter, &run)) {
		unsigned long from = max(page, first);

		page += run.npages;
		if (page > from && run.kind != T1X_RUN_RAW)
			t1x_bits_fill(dst, bit + (from - first),
				      min(page, first + npages) - from);
	}
}

/**
 * t1x_dirty_mark_all() - devices may have written to all that is backed
 * @ioas: address space, lock held
 */
void t1x_dirty_mark_all(struct t1x_ioas *ioas)
{
	struct t1x_span all = T1X_SPAN_ALL;
	struct t1x_mapping *map;

	if (!ioas->tracking)
		return;
	for (map = t1x_mapping_first(ioas, &all); map; map = t1x_mapping_next(map, &all)) {
		if (!map->dirty || !map->backed || !(map->prot & IOMMU_WRITE))
			continue;
		t1x_dirty_fill_memory(map, 0, t1x_mapping_npages(map), map->dirty, 0);
		map->stained = true;
	}
}

/**
 * t1x_dirty_is_all() - is each page of a mapping dirty, whatever its bitmap says?
 * @ioas: address space, lock held
 * @map: mapping
 *
 * Return: true if t1x_dirty_peek() sets all bits of it.
 */
bool t1x_dirty_is_all(const struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	lockdep_assert_held(&ioas->lock);

	return map->backed && !map->has_raw && map->dirty && map->prot & IOMMU_WRITE &&
	       t1x_ioas_assumes_all_dirty(ioas);
}

/**
 * t1x_dirty_peek() - which pages are dirty?
 * @ioas: address space, lock held
 * @map: mapping
 * @span: IOVAs that overlap it
 * @dst: bitmap of @span, into which the bits are ORed
 *
 * Return: true if there may be bits among them that t1x_dirty_clear() would clear.
 */
bool t1x_dirty_peek(const struct t1x_ioas *ioas, const struct t1x_mapping *map,
		    const struct t1x_span *span, unsigned long *dst)
{
	const bool assumed = map->backed && t1x_ioas_assumes_all_dirty(ioas);
	struct t1x_cut part;

	lockdep_assert_held(&ioas->lock);

	/* Of most mappings there is nothing to tell, and this is in one cache line. */
	if (!(assumed || map->stained) || !(map->prot & IOMMU_WRITE) || !map->dirty)
		return false;
	part = t1x_dirty_cut(map, span);
	if (assumed)
		t1x_dirty_fill_memory(map, part.page, part.npages, dst, part.bit);
	if (map->stained)
		t1x_bits_or(dst, part.bit, map->dirty, part.page, part.npages);
	return map->stained;
}

/**
 * t1x_dirty_mark_span() - pages may have been written to
 * @map: mapping, t1x_ioas.lock held
 * @span: IOVAs that overlap it
 */
void t1x_dirty_mark_span(struct t1x_mapping *map, const struct t1x_span *span)
{
	struct t1x_cut part = t1x_dirty_cut(map, span);

	/* Else its frames are not settled, and none of them is known not to be memory. */
	if (!map->backed) {
		t1x_dirty_mark(map, part.page, part.npages);
	} else if (map->dirty && map->prot & IOMMU_WRITE) {
		t1x_dirty_fill_memory(map, part.page, part.npages, map->dirty, part.page);
		map->stained = true;
	}
}

/**
 * t1x_dirty_clear() - forget that pages were written to
 * @map: mapping, t1x_ioas.lock held
 * @span: IOVAs that overlap it
 * @mask: bitmap of @span, with ones where to clear
 *
 * Pages that are still pinned stay dirty.
 */
void t1x_dirty_clear(struct t1x_mapping *map, const struct t1x_span *span,
		     const unsigned long *mask)
{
	struct t1x_cut part = t1x_dirty_cut(map, span);
	unsigned long npages = t1x_mapping_npages(map);

	if (!map->stained)
		return;
	t1x_bits_andnot(map->dirty, part.page, mask, part.bit, part.npages);
	if (part.npages == npages)
		map->stained = !bitmap_empty(map->dirty, npages);
	t1x_dirty_mark_pins(map, part.page, part.page + part.npages - 1);
}

/**
 * t1x_dirty_bisects() - would reading this range cut a mapping in two?
 * @ioas: address space, lock held
 * @span: IOVAs
 *
 * Return: true if so.
 */
bool t1x_dirty_bisects(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	const struct t1x_span ends[] = {
		{ .start = span->start, .last = span->start },
		{ .start = span->last, .last = span->last },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		struct t1x_mapping *map = t1x_mapping_first(ioas, &ends[i]);
		struct t1x_span whole;

		if (!map || map->state == T1X_MAPPING_FILLING)
			continue;
		whole = t1x_mapping_span(map);
		if (!t1x_span_contains(span, &whole))
			return true;
	}
	return false;
}

/**
 * t1x_dirty_check() - can the dirty bits of a range be read?
 * @ioas: address space, lock held
 * @span: IOVAs
 *
 * Return: 0; -EINVAL if they are not tracked, or @span cuts a mapping in two.
 */
int t1x_dirty_check(struct t1x_ioas *ioas, const struct t1x_span *span)
{
	lockdep_assert_held(&ioas->lock);

	if (!ioas->tracking || !t1x_span_contains(&ioas->tracked, span))
		return -EINVAL;
	return t1x_dirty_bisects(ioas, span) ? -EINVAL : 0;
}
