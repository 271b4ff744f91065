/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics: what an operator wants to know of an address space (stats.c).
 */
#ifndef T1X_STATS_H
#define T1X_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

struct dentry;
struct seq_file;
struct t1x_ioas;
struct t1x_mapping;
struct t1x_run;

/**
 * struct t1x_stats - counters of an address space; readers need no lock
 * @id: number of its directory in debugfs; immutable
 * @dir: that directory (t1x_debugfs_*)
 * @opener: process that chose the backend, in the initial pid namespace; immutable
 * @nr_mappings: mappings there are (t1x_ioas.lock)
 * @mapped_npages: 4K pages in them (t1x_ioas.lock)
 * @nr_maps: mappings that have ever been made (t1x_ioas.lock)
 * @nr_unmaps: mappings that have been taken down (t1x_ioas.lock)
 * @nr_bonds: bonds to the memory of processes (t1x_ioas.lock)
 * @nr_domains: page tables (t1x_ioas.domains_rwsem)
 * @nr_reported: dirty pages that the user has been told of
 * @locked_npages: 4K pages that payers are charged for
 * @nr_2m_leaves: leaves of 2 MiB that runs of frames have made
 * @nr_1g_leaves: leaves of 1 GiB
 */
struct t1x_stats {
	unsigned long id;
	struct dentry *dir;
	pid_t opener;
	unsigned long nr_mappings;
	unsigned long mapped_npages;
	u64 nr_maps;
	u64 nr_unmaps;
	unsigned int nr_bonds;
	unsigned int nr_domains;
	atomic_long_t nr_reported;
	atomic_long_t locked_npages;
	atomic_long_t nr_2m_leaves;
	atomic_long_t nr_1g_leaves;
};

void t1x_stats_note_map(struct t1x_ioas *ioas, const struct t1x_mapping *map);
void t1x_stats_note_unmap(struct t1x_ioas *ioas, const struct t1x_mapping *map);
void t1x_stats_note_leaves(const struct t1x_ioas *ioas, struct t1x_mapping *map,
			   const struct t1x_run *run, unsigned long page);
void t1x_stats_count_leaves(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_stats_drop_leaves(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_stats_show(const struct t1x_ioas *ioas, struct seq_file *m);

#endif /* T1X_STATS_H */
