// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics: counters, and the lines that they make in fdinfo and debugfs.
 *
 * The lines are printed from a probe, which can wait for nothing.  Therefore all
 * that they tell is kept in counters, written by those who hold a lock anyway, and
 * read without one: each line is right, two lines may be from different moments.
 *
 * Documentation/fdinfo.rst is the contract for names and units.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "private.h"

#define T1X_STATS_2M_ORDER	(ilog2(SZ_2M) - PAGE_SHIFT)
#define T1X_STATS_1G_ORDER	(ilog2(SZ_1G) - PAGE_SHIFT)

/**
 * t1x_stats_note_map() - a mapping is READY for the first time
 * @ioas: address space, lock held
 * @map: mapping
 */
void t1x_stats_note_map(struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	struct t1x_stats *stats = &ioas->stats;

	lockdep_assert_held(&ioas->lock);

	WRITE_ONCE(stats->nr_mappings, stats->nr_mappings + 1);
	WRITE_ONCE(stats->nr_maps, stats->nr_maps + 1);
	WRITE_ONCE(stats->mapped_npages, stats->mapped_npages + t1x_mapping_npages(map));
}

/**
 * t1x_stats_note_unmap() - and is not there any more
 * @ioas: address space, lock held
 * @map: mapping
 */
void t1x_stats_note_unmap(struct t1x_ioas *ioas, const struct t1x_mapping *map)
{
	struct t1x_stats *stats = &ioas->stats;

	lockdep_assert_held(&ioas->lock);

	WRITE_ONCE(stats->nr_mappings, stats->nr_mappings - 1);
	WRITE_ONCE(stats->nr_unmaps, stats->nr_unmaps + 1);
	WRITE_ONCE(stats->mapped_npages, stats->mapped_npages - t1x_mapping_npages(map));
}

/**
 * t1x_stats_note_leaves() - a run of frames goes to the IOMMU
 * @ioas: address space
 * @map: mapping of the caller
 * @run: frames, all in one slice (see domain.c)
 * @page: page of @map behind which the run begins
 *
 * An IOMMU uses the largest leaf that size and alignment allow.
 */
void t1x_stats_note_leaves(const struct t1x_ioas *ioas, struct t1x_mapping *map,
			   const struct t1x_run *run, unsigned long page)
{
	const unsigned long pgsizes = READ_ONCE(ioas->pgsize_bitmap);
	const u64 at = (map->node.start >> PAGE_SHIFT) + page;
	u32 nr_1g = 0, nr_2m = 0;

	if (pgsizes & SZ_1G)
		nr_1g = t1x_run_nr_leaves(run, at, T1X_STATS_1G_ORDER);
	if (pgsizes & SZ_2M)
		nr_2m = t1x_run_nr_leaves(run, at, T1X_STATS_2M_ORDER) -
			(nr_1g << (T1X_STATS_1G_ORDER - T1X_STATS_2M_ORDER));
	map->nr_1g_leaves += nr_1g;
	map->nr_2m_leaves += nr_2m;
}

/**
 * t1x_stats_count_leaves() - all frames of a mapping are with the IOMMU
 * @ioas: address space
 * @map: mapping of the caller, that others are about to see
 */
void t1x_stats_count_leaves(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	if (map->leaves_counted || !(map->nr_1g_leaves | map->nr_2m_leaves))
		return;
	atomic_long_add(map->nr_1g_leaves, &ioas->stats.nr_1g_leaves);
	atomic_long_add(map->nr_2m_leaves, &ioas->stats.nr_2m_leaves);
	map->leaves_counted = true;
}

/**
 * t1x_stats_drop_leaves() - the frames of a mapping have left the IOMMU
 * @ioas: address space
 * @map: mapping of the caller
 */
void t1x_stats_drop_leaves(struct t1x_ioas *ioas, struct t1x_mapping *map)
{
	if (map->leaves_counted) {
		atomic_long_sub(map->nr_1g_leaves, &ioas->stats.nr_1g_leaves);
		atomic_long_sub(map->nr_2m_leaves, &ioas->stats.nr_2m_leaves);
	}
	map->leaves_counted = false;
	map->nr_1g_leaves = 0;
	map->nr_2m_leaves = 0;
}

/* Everything that is mapped for an IOMMU, and is not in a large leaf, is in small ones. */
static void t1x_stats_show_leaves(const struct t1x_ioas *ioas, struct seq_file *m)
{
	const struct t1x_stats *stats = &ioas->stats;
	u64 huge = (u64)atomic_long_read(&stats->nr_2m_leaves) * SZ_2M;
	u64 giant = (u64)atomic_long_read(&stats->nr_1g_leaves) * SZ_1G;
	u64 small = 0;

	if (READ_ONCE(ioas->nr_groups))
		small = (u64)READ_ONCE(stats->mapped_npages) << PAGE_SHIFT;
	/* A mapping is counted in both, one moment apart. */
	small -= min(small, huge + giant);
	seq_printf(m, "type1x-leaf-bytes-4k:\t%llu\n", small);
	seq_printf(m, "type1x-leaf-bytes-2m:\t%llu\n", huge);
	seq_printf(m, "type1x-leaf-bytes-1g:\t%llu\n", giant);
}

static void t1x_stats_show_tracking(const struct t1x_ioas *ioas, struct seq_file *m)
{
	/* Pairs with the release in t1x_track_do_start(): the range is set before. */
	bool tracking = smp_load_acquire(&ioas->tracking);
	struct t1x_span range = {
		.start = READ_ONCE(ioas->tracked.start),
		.last = READ_ONCE(ioas->tracked.last),
	};

	if (!tracking)
		seq_puts(m, "type1x-dirty-tracking:\toff\n");
	else if (!range.start && range.last == U64_MAX)
		seq_puts(m, "type1x-dirty-tracking:\ton\n");
	else
		seq_printf(m, "type1x-dirty-tracking:\ton %#llx-%#llx\n", range.start, range.last);
}

static const char *t1x_stats_type(const struct t1x_ioas *ioas)
{
	if (ioas->nesting)
		return "nesting";
	return ioas->v2 ? "v2" : "v1";
}

/**
 * t1x_stats_show() - print what there is to know, a line each
 * @ioas: address space that cannot go away
 * @m: where to
 *
 * May be called in any context but NMI.
 */
void t1x_stats_show(const struct t1x_ioas *ioas, struct seq_file *m)
{
	const struct t1x_stats *stats = &ioas->stats;

	seq_puts(m, "type1x-version:\t" T1X_VERSION "\n");
	seq_printf(m, "type1x-id:\t%lu\n", stats->id);
	seq_printf(m, "type1x-type:\t%s\n", t1x_stats_type(ioas));
	seq_printf(m, "type1x-groups:\t%u\n", READ_ONCE(ioas->nr_groups));
	seq_printf(m, "type1x-emulated-groups:\t%u\n", READ_ONCE(ioas->nr_emulated));
	seq_printf(m, "type1x-domains:\t%u\n", READ_ONCE(stats->nr_domains));
	seq_printf(m, "type1x-bonds:\t%u\n", READ_ONCE(stats->nr_bonds));
	seq_printf(m, "type1x-mappings:\t%lu\n", READ_ONCE(stats->nr_mappings));
	seq_printf(m, "type1x-entry-limit:\t%u\n", ioas->entry_limit);
	seq_printf(m, "type1x-entries-left:\t%u\n", READ_ONCE(ioas->entries_left));
	seq_printf(m, "type1x-mapped-bytes:\t%llu\n",
		   (u64)READ_ONCE(stats->mapped_npages) << PAGE_SHIFT);
	/* Below zero for a moment, when a charge moves from mappings to devices. */
	seq_printf(m, "type1x-locked-bytes:\t%llu\n",
		   (u64)max(atomic_long_read(&stats->locked_npages), 0L) << PAGE_SHIFT);
	t1x_stats_show_leaves(ioas, m);
	t1x_stats_show_tracking(ioas, m);
	seq_printf(m, "type1x-maps:\t%llu\n", READ_ONCE(stats->nr_maps));
	seq_printf(m, "type1x-unmaps:\t%llu\n", READ_ONCE(stats->nr_unmaps));
	seq_printf(m, "type1x-dirty-reported:\t%lu\n", atomic_long_read(&stats->nr_reported));
	seq_printf(m, "type1x-faults:\t%lld\n", atomic64_read(&ioas->faults.nr_reported));
	seq_printf(m, "type1x-faults-lost:\t%lld\n", atomic64_read(&ioas->faults.nr_lost));
}
