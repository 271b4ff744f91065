// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling: how user memory becomes a mapping.
 *
 * Without t1x_ioas.lock, on a mapping whose state keeps everybody else off,
 * batch by batch:
 *
 *	pin --> charge --> [domains_rwsem: note the frames --> map runs]
 *
 * Frames are noted in the extents before the IOMMU sees them, so that at any
 * time undoing is: unmap nr_mapped pages, unpin the extents, give back
 * nr_charged pages.
 *
 * The last run of a batch waits for the next batch, which may continue it: the
 * longer a run, the larger the leaves of the page table.  It does not wait beyond
 * a multiple of T1X_DOMAIN_SLICE, as no leaf does.  Short runs are staged
 * in a scatterlist and mapped together, because an IOMMU may have to flush at
 * the end of each call that maps; long ones are worth a call of their own.
 */
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/rwsem.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <trace/events/type1x.h>

#include "batch.h"
#include "pin.h"
#include "private.h"

/* Runs of more pages than this are not staged; also keeps sg lengths in u32. */
#define T1X_FILL_SHORT_RUN	T1X_BATCH_MAX_PINS

/**
 * struct t1x_fill - a mapping on its way from FILLING to READY
 * @ioas: its address space
 * @map: the mapping
 * @batch: current batch
 * @pending: frames noted, but neither staged nor mapped yet; they follow the
 *	     staged ones
 * @table: staged runs; empty if one run is all there can be
 * @tail: last staged entry
 * @nr_staged: entries of @table in use
 * @staged_npages: frames in them
 * @credit: pages that are charged already
 */
struct t1x_fill {
	struct t1x_ioas *ioas;
	struct t1x_mapping *map;
	struct t1x_batch *batch;
	struct t1x_run pending;
	struct sg_table table;
	struct scatterlist *tail;
	unsigned int nr_staged;
	unsigned long staged_npages;
	unsigned long credit;
};

/* Map what is staged. */
static int t1x_fill_flush_staged(struct t1x_fill *fill)
{
	int ret;

	if (!fill->nr_staged)
		return 0;

	sg_mark_end(fill->tail);
	ret = t1x_domains_map_sg(fill->ioas, fill->map, fill->table.sgl, fill->nr_staged,
				 fill->staged_npages);
	sg_unmark_end(fill->tail);
	fill->nr_staged = 0;
	fill->staged_npages = 0;
	return ret;
}

/* Keep count of the large leaves that the pending run makes. */
static void t1x_fill_note_leaves(struct t1x_fill *fill)
{
	unsigned long page = fill->map->nr_mapped + fill->staged_npages;

	if (fill->pending.npages >= T1X_FILL_SHORT_RUN)
		t1x_stats_note_leaves(fill->ioas, fill->map, &fill->pending, page);
}

/* Stage the pending run, or map it if it is long or has no struct pages. */
static int t1x_fill_stage_pending(struct t1x_fill *fill)
{
	struct t1x_run *run = &fill->pending;
	int ret;

	t1x_fill_note_leaves(fill);
	if (run->npages > T1X_FILL_SHORT_RUN || run->kind == T1X_RUN_RAW ||
	    !fill->table.sgl) {
		ret = t1x_fill_flush_staged(fill);
		return ret ?: t1x_domains_map(fill->ioas, fill->map, run);
	}

	if (fill->nr_staged == fill->table.orig_nents) {
		ret = t1x_fill_flush_staged(fill);
		if (ret)
			return ret;
	}
	fill->tail = fill->nr_staged ? sg_next(fill->tail) : fill->table.sgl;
	sg_set_page(fill->tail, pfn_to_page(run->pfn), run->npages << PAGE_SHIFT, 0);
	fill->nr_staged++;
	fill->staged_npages += run->npages;
	return 0;
}

/* Stage what the pending run has up to multiples of a slice. */
static int t1x_fill_cut_pending(struct t1x_fill *fill)
{
	int ret = 0;

	while (!ret) {
		unsigned long done = fill->map->nr_mapped + fill->staged_npages;
		u64 iova = fill->map->node.start + ((u64)done << PAGE_SHIFT);
		u64 room = t1x_domain_slice(iova) >> PAGE_SHIFT;
		struct t1x_run rest = fill->pending;

		if (rest.npages < room)
			break;
		fill->pending.npages = room;
		ret = t1x_fill_stage_pending(fill);
		rest.pfn += room;
		rest.npages -= room;
		fill->pending = rest;
		cond_resched();
	}
	return ret;
}

/* Take over the frames of a batch and map all of them but the last run. */
static int t1x_fill_take_batch(struct t1x_fill *fill)
{
	struct t1x_batch_iter iter;
	struct t1x_run run;
	int ret = 0;

	lockdep_assert_held(&fill->ioas->domains_rwsem);

	t1x_batch_begin(&iter, fill->batch);
	while (t1x_batch_next(&iter, fill->batch, &run))
		t1x_extents_append(&fill->map->extents, &run);
	fill->map->has_raw |= fill->batch->kind == T1X_RUN_RAW;

	t1x_batch_begin(&iter, fill->batch);
	while (!ret && t1x_batch_next(&iter, fill->batch, &run)) {
		if (!t1x_run_extend(&fill->pending, &run)) {
			ret = t1x_fill_stage_pending(fill);
			fill->pending = run;
		}
		ret = ret ?: t1x_fill_cut_pending(fill);
	}
	return ret ?: t1x_fill_flush_staged(fill);
}

/* Map the run that waited for a continuation. */
static int t1x_fill_flush_pending(struct t1x_fill *fill)
{
	int ret;

	if (!fill->pending.npages)
		return 0;
	t1x_fill_note_leaves(fill);
	ret = t1x_domains_map(fill->ioas, fill->map, &fill->pending);
	fill->pending.npages = 0;
	return ret;
}

/* Charge a pinned batch and hand it to the mapping; releases it on failure. */
static int t1x_fill_add_batch(struct t1x_fill *fill, bool last)
{
	struct t1x_mapping *map = fill->map;
	unsigned long paid = min(fill->credit, fill->batch->ncharge);
	unsigned long due = fill->batch->ncharge - paid;
	u64 page = map->nr_mapped + fill->pending.npages;
	int ret = t1x_payer_charge(map->payer, due);

	if (ret)
		goto err_release;
	fill->credit -= paid;
	map->nr_charged += due;
	trace_t1x_pin(fill->ioas->stats.id, map->node.start + (page << PAGE_SHIFT),
		      fill->batch->npages, fill->batch->nr_runs);

	ret = down_read_killable(&fill->ioas->domains_rwsem);
	if (ret)
		goto err_release;
	ret = fill->ioas->dying ? -EINVAL : 0;
	/* Asked again, for certain, before the mapping is READY. */
	if (t1x_mapping_is_revoked(map))
		ret = -EFAULT;
	ret = ret ?: t1x_extents_reserve(&map->extents, fill->batch->nr_runs);
	if (ret)
		goto err_unlock;

	ret = t1x_fill_take_batch(fill);
	if (!ret && (last || fill->batch->max_pins == 1))
		ret = t1x_fill_flush_pending(fill);
	up_read(&fill->ioas->domains_rwsem);
	return ret;

err_unlock:
	up_read(&fill->ioas->domains_rwsem);
err_release:
	t1x_batch_release(fill->batch);
	return ret;
}

static int t1x_fill_batches(struct t1x_fill *fill)
{
	unsigned long left = t1x_mapping_npages(fill->map);
	unsigned long vaddr = fill->map->vaddr;
	int ret;

	while (left) {
		ret = t1x_batch_pin(fill->batch, vaddr, left);
		if (ret)
			return ret;

		left -= fill->batch->npages;
		vaddr += fill->batch->npages << PAGE_SHIFT;
		ret = t1x_fill_add_batch(fill, !left);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

static int t1x_fill_init(struct t1x_fill *fill)
{
	unsigned int flags = fill->map->lease ? T1X_PIN_BY_AREA : 0;
	unsigned long npages = t1x_mapping_npages(fill->map);
	int ret;

	if (fill->map->prot & IOMMU_WRITE)
		flags |= T1X_PIN_WRITE;
	fill->batch = t1x_batch_alloc(fill->map->payer->mm, npages, flags);
	if (!fill->batch)
		return -ENOMEM;
	if (fill->batch->max_pins == 1)
		return 0;

	ret = sg_alloc_table(&fill->table, fill->batch->max_pins, GFP_KERNEL);
	if (ret) {
		kfree(fill->batch);
		return ret;
	}
	/* Where the list ends is different for each batch. */
	sg_unmark_end(sg_last(fill->table.sgl, fill->table.orig_nents));
	return 0;
}

/**
 * t1x_fill_mapping() - pin the memory of a mapping and map it in every domain
 * @ioas: address space, no lock held
 * @map: mapping of the caller, inserted; what it has charged is spent first
 *
 * Sleeps as long as user memory makes it, but not beyond a SIGKILL.
 *
 * Return: 0; or, with part of it done, -ENODEV if the process that made the mapping
 * is gone, -ESRCH if it was bound, or the errno of t1x_batch_pin(), t1x_payer_charge(),
 * or of the IOMMU driver; the mapping is then to be drained.
 */
int t1x_fill_mapping(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	struct t1x_fill fill = { .ioas = ioas, .map = map, .credit = map->nr_charged };
	struct mm_struct *mm = map->payer->mm;
	int ret;

	if (mm != current->mm && !mmget_not_zero(mm))
		return map->lease ? t1x_lease_void(map->lease) : -ENODEV;

	ret = t1x_fill_init(&fill);
	if (!ret) {
		ret = t1x_fill_batches(&fill);
		sg_free_table(&fill.table);
		kfree(fill.batch);
	}
	if (mm != current->mm)
		mmput_async(mm);
	return ret;
}
