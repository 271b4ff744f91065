// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins of emulated devices: which pages of a mapping they hold, how often.
 *
 * A device pins a page here and a page there, or its whole memory, in calls of
 * a few pages each, and may unpin any part of that.  Neighbouring pages that are
 * held equally often and lie in neighbouring frames are one extent, whatever
 * calls they came with.  Example, pages of a mapping and how often each is held:
 *
 *	pin 0-7		[0-7: 1]
 *	pin 4-5		[0-3: 1] [4-5: 2] [6-7: 1]
 *	unpin 0-5	[4-5: 1] [6-7: 1] = [4-7: 1]
 *
 * Each page has one pin of GUP, however often it is held.
 */
#include <linux/interval_tree.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "pin.h"
#include "private.h"

static struct t1x_pinned *t1x_pinned_of(struct interval_tree_node *node)
{
	return node ? container_of(node, struct t1x_pinned, node) : NULL;
}

/**
 * t1x_pins_next() - lowest extent in a range of pages
 * @map: mapping, t1x_ioas.lock held
 * @first: page of the mapping
 * @last: page of the mapping
 *
 * Return: extent that overlaps @first .. @last, or NULL.
 */
struct t1x_pinned *t1x_pins_next(const struct t1x_mapping *map, unsigned long first,
				 unsigned long last)
{
	struct rb_root_cached *root = (struct rb_root_cached *)&map->pins;

	return first > last ? NULL : t1x_pinned_of(interval_tree_iter_first(root, first, last));
}

static struct t1x_pinned *t1x_pins_insert(struct t1x_mapping *map, unsigned long first,
					  unsigned long npages, u64 pfn, gfp_t gfp)
{
	struct t1x_pinned *ext = kmalloc(sizeof(*ext), gfp);

	if (!ext)
		return NULL;
	ext->node.start = first;
	ext->node.last = first + npages - 1;
	ext->pfn = pfn;
	ext->users = 0;
	interval_tree_insert(&ext->node, &map->pins);
	return ext;
}

/* Let no extent reach across the beginning of a page; false without memory. */
static bool t1x_pins_split(struct t1x_mapping *map, unsigned long page, gfp_t gfp)
{
	struct t1x_pinned *left = t1x_pins_next(map, page, page);
	struct t1x_pinned *right;

	if (!left || left->node.start == page)
		return true;

	interval_tree_remove(&left->node, &map->pins);
	right = t1x_pins_insert(map, page, left->node.last - page + 1,
				left->pfn + (page - left->node.start), gfp);
	if (right) {
		right->users = left->users;
		left->node.last = page - 1;
	}
	interval_tree_insert(&left->node, &map->pins);
	return right;
}

/* Join the extents on both sides of the beginning of a page, if they fit. */
static void t1x_pins_join(struct t1x_mapping *map, unsigned long page)
{
	struct t1x_pinned *left, *right;

	left = page ? t1x_pins_next(map, page - 1, page - 1) : NULL;
	right = t1x_pins_next(map, page, page);
	if (!left || !right || left == right || left->users != right->users ||
	    left->pfn + (page - left->node.start) != right->pfn)
		return;

	interval_tree_remove(&left->node, &map->pins);
	interval_tree_remove(&right->node, &map->pins);
	left->node.last = right->node.last;
	interval_tree_insert(&left->node, &map->pins);
	kfree(right);
}

/* Pages of @pages whose frames follow each other. */
static unsigned long t1x_pins_run(struct page **pages, unsigned long npages)
{
	return t1x_run_scan((unsigned long *)pages, npages, sizeof(struct page));
}

/**
 * t1x_pins_gap() - how many pages does no device hold?
 * @map: mapping, t1x_ioas.lock held
 * @first: page of the mapping
 * @npages: number of pages, at least 1
 *
 * Return: leading pages of the range, 0 if the first one is held.
 */
unsigned long t1x_pins_gap(const struct t1x_mapping *map, unsigned long first,
			   unsigned long npages)
{
	struct t1x_pinned *ext = t1x_pins_next(map, first, first + npages - 1);

	if (!ext)
		return npages;
	return ext->node.start > first ? ext->node.start - first : 0;
}

/* Make extents that nobody holds yet for the pages that have none. */
static bool t1x_pins_fill_gaps(struct t1x_mapping *map, unsigned long first, struct page **pages,
			       unsigned long npages)
{
	unsigned long i = 0, nr;

	while (i < npages) {
		nr = t1x_pins_gap(map, first + i, npages - i);
		if (nr) {
			nr = t1x_pins_run(pages + i, nr);
			if (!t1x_pins_insert(map, first + i, nr, page_to_pfn(pages[i]),
					     GFP_KERNEL_ACCOUNT))
				return false;
		} else {
			nr = t1x_pins_next(map, first + i, first + i)->node.last - (first + i) + 1;
		}
		i += nr;
	}
	return true;
}

/* Take back what t1x_pins_fill_gaps() did before it failed. */
static void t1x_pins_drop_unused(struct t1x_mapping *map, unsigned long first,
				 unsigned long npages)
{
	const unsigned long last = first + npages - 1;
	struct t1x_pinned *ext;

	while ((ext = t1x_pins_next(map, first, last))) {
		first = ext->node.last + 1;
		if (ext->users)
			continue;
		interval_tree_remove(&ext->node, &map->pins);
		kfree(ext);
	}
}

/* The pages of an extent are held once more; who does so gets to know them. */
static unsigned long t1x_pins_hold(struct t1x_pinned *ext, struct page **pages)
{
	unsigned long i, npages = ext->node.last - ext->node.start + 1;

	ext->users++;
	for (i = 0; i < npages; i++)
		pages[i] = pfn_to_page(ext->pfn + i);
	return npages;
}

/**
 * t1x_pins_get() - a device holds pages that are held already
 * @map: mapping, t1x_ioas.lock held
 * @first: first page of the mapping
 * @pages: filled with the pages that the other holders know
 * @npages: number of pages, at least 1
 *
 * Return: how many leading pages of the range it got, 0 if nobody holds the first
 * one; -ENOMEM with nothing changed.
 */
long t1x_pins_get(struct t1x_mapping *map, unsigned long first, struct page **pages,
		  unsigned long npages)
{
	struct t1x_pinned *ext = t1x_pins_next(map, first, first);

	if (!ext)
		return 0;
	npages = min(npages, ext->node.last - first + 1);
	if (!t1x_pins_split(map, first, GFP_KERNEL_ACCOUNT) ||
	    !t1x_pins_split(map, first + npages, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;

	npages = t1x_pins_hold(t1x_pins_next(map, first, first), pages);
	t1x_pins_join(map, first);
	t1x_pins_join(map, first + npages);
	return npages;
}

/**
 * t1x_pins_add() - a device holds pages
 * @map: mapping, t1x_ioas.lock held
 * @first: first page of the mapping
 * @pages: what GUP pinned for them; those that somebody has come to hold meanwhile
 *	   are replaced by the pages that he knows, and their pins given back
 * @npages: number of pages, at least 1
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int t1x_pins_add(struct t1x_mapping *map, unsigned long first, struct page **pages,
		 unsigned long npages)
{
	const unsigned long last = first + npages - 1;
	unsigned long page;
	struct t1x_pinned *ext;

	if (!t1x_pins_split(map, first, GFP_KERNEL_ACCOUNT) ||
	    !t1x_pins_split(map, last + 1, GFP_KERNEL_ACCOUNT) ||
	    !t1x_pins_fill_gaps(map, first, pages, npages)) {
		t1x_pins_drop_unused(map, first, npages);
		return -ENOMEM;
	}
	for (page = first; page <= last; page = ext->node.last + 1) {
		ext = t1x_pins_next(map, page, last);
		if (ext->users)
			t1x_pin_drop(pages + (page - first),
				     ext->node.last - ext->node.start + 1);
		t1x_pins_hold(ext, pages + (page - first));
		t1x_pins_join(map, page);
		ext = t1x_pins_next(map, page, page);
	}
	t1x_pins_join(map, last + 1);
	return 0;
}

/**
 * t1x_pins_remove() - a device lets go of pages
 * @map: mapping, t1x_ioas.lock held
 * @first: first page of the mapping
 * @npages: number of pages, at least 1; those that nobody holds are passed over
 *
 * Return: chain of extents that nobody holds any more, for t1x_pins_release().
 */
struct t1x_pinned *t1x_pins_remove(struct t1x_mapping *map, unsigned long first,
				   unsigned long npages)
{
	const unsigned long last = first + npages - 1;
	struct t1x_pinned *ext, *chain = NULL;
	unsigned long page = first;

	/* The caller has no way to hear of a failure; this is a small object. */
	t1x_pins_split(map, first, GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	t1x_pins_split(map, last + 1, GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);

	while ((ext = t1x_pins_next(map, page, last))) {
		page = ext->node.last + 1;
		if (--ext->users) {
			t1x_pins_join(map, ext->node.start);
			continue;
		}
		interval_tree_remove(&ext->node, &map->pins);
		ext->npages = ext->node.last - ext->node.start + 1;
		ext->next = chain;
		chain = ext;
	}
	t1x_pins_join(map, last + 1);
	return chain;
}

/**
 * t1x_pins_release() - unpin what nobody holds any more
 * @chain: from t1x_pins_remove(); freed
 * @dirty: the device may have written to the pages
 *
 * No lock of ours may be held, except that of the list of devices.
 *
 * Return: pages among them that count against RLIMIT_MEMLOCK.
 */
unsigned long t1x_pins_release(struct t1x_pinned *chain, bool dirty)
{
	unsigned long ncharge = 0;

	while (chain) {
		struct t1x_pinned *ext = chain;
		struct t1x_run run = {
			.kind = T1X_RUN_PAGES,
			.pfn = ext->pfn,
			.npages = ext->npages,
		};

		chain = ext->next;
		ncharge += t1x_pin_count_charge(pfn_to_page(ext->pfn), ext->npages);
		t1x_pin_release_run(&run, dirty);
		kfree(ext);
	}
	return ncharge;
}

/**
 * t1x_pins_charge() - what all pins of a mapping cost
 * @map: mapping, t1x_ioas.lock held
 *
 * Return: pages that count against RLIMIT_MEMLOCK unless the mapping is backed,
 * and therefore pays for all its pages anyway.
 */
unsigned long t1x_pins_charge(const struct t1x_mapping *map)
{
	unsigned long page = 0, ncharge = 0;
	struct t1x_pinned *ext;

	while ((ext = t1x_pins_next(map, page, ULONG_MAX))) {
		page = ext->node.last + 1;
		ncharge += t1x_pin_count_charge(pfn_to_page(ext->pfn),
						ext->node.last - ext->node.start + 1);
	}
	return ncharge;
}

/**
 * t1x_pins_charge_for() - what it costs to hold more pages
 * @map: mapping, t1x_ioas.lock held
 * @first: first page of the mapping
 * @pages: what GUP pinned for them
 * @npages: number of pages
 *
 * Return: those of @pages that count and that no device holds yet.
 */
unsigned long t1x_pins_charge_for(const struct t1x_mapping *map, unsigned long first,
				  struct page **pages, unsigned long npages)
{
	unsigned long i = 0, nr, ncharge = 0;

	while (i < npages) {
		nr = t1x_pins_gap(map, first + i, npages - i);
		if (nr) {
			nr = t1x_pins_run(pages + i, nr);
			ncharge += t1x_pin_count_charge(pages[i], nr);
		} else {
			nr = t1x_pins_next(map, first + i, first + i)->node.last - (first + i) + 1;
		}
		i += nr;
	}
	return ncharge;
}
