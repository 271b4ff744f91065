/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State before and after: what a call that failed must not have changed.
 *
 *	struct snapshot before = snapshot_take(container);
 *	... a call that fails ...
 *	EXPECT_UNCHANGED(container, before);
 */
#ifndef SELFTESTS_SNAPSHOT_H
#define SELFTESTS_SNAPSHOT_H

#include "backend.h"
#include "mem.h"
#include "proc.h"

struct snapshot {
	struct iommu_info info;
	uint64_t locked; /* bytes charged to this process */
	int64_t pinned;	 /* pages pinned in the system */
};

static inline struct snapshot snapshot_take(int container)
{
	struct snapshot now;

	iommu_info(container, &now.info);
	now.locked = proc_locked();
	now.pinned = proc_pinned();
	return now;
}

static inline bool snapshot_differs(int container, const struct snapshot *before, const char *file,
				    int line)
{
	/* What devices have unpinned is given back a little later. */
	bool settled = proc_locked_becomes(before->locked);
	struct snapshot now = snapshot_take(container);
	size_t num_ranges = before->info.num_ranges;
	const struct {
		const char *what;
		long long now, before;
	} values[] = {
		{ "entries left unchanged", now.info.avail, before->info.avail },
		{ "page sizes unchanged", now.info.page_sizes, before->info.page_sizes },
		{ "number of ranges unchanged", now.info.num_ranges, num_ranges },
		{ "range 0 unchanged", now.info.ranges[0].last, before->info.ranges[0].last },
		{ "last IOVA unchanged", iommu_last(&now.info), iommu_last(&before->info) },
		{ "locked memory unchanged", now.locked, before->locked },
		{ "pinned pages unchanged", now.pinned, before->pinned },
	};
	bool same = settled;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct ktap_place place = { .file = file, .line = line, .text = values[i].what };

		same &= ktap_check(values[i].now == values[i].before, place, values[i].now,
				   values[i].before);
	}
	return !same;
}

#define EXPECT_UNCHANGED(container, before)	\
	snapshot_differs(container, &(before), __FILE_NAME__, __LINE__)

/*
 * Is exactly this range one or more mappings, neighbours free?  Asks without
 * changing anything: first and last page are taken, and there is nothing to
 * unmap beside them.
 */
static inline bool is_mapped(int container, uint64_t iova, uint64_t size)
{
	static char *probe;
	uint64_t before = 0, after = 0;

	if (!probe)
		probe = mem_untouched(PAGE);
	return __iommu_map(container, probe, iova, PAGE, IOMMU_RW) == -EEXIST &&
	       __iommu_map(container, probe, iova + size - PAGE, PAGE, IOMMU_RW) == -EEXIST &&
	       !__iommu_unmap(container, iova - PAGE, PAGE, 0, &before) && !before &&
	       !__iommu_unmap(container, iova + size, PAGE, 0, &after) && !after;
}

/* Nothing there: the range can be mapped (and is unmapped again). */
static inline bool is_free(int container, uint64_t iova, uint64_t size)
{
	char *probe = mem_untouched(size);
	uint64_t unmapped = 0;
	bool ok = !__iommu_map(container, probe, iova, size, IOMMU_RW) &&
		  !__iommu_unmap(container, iova, size, 0, &unmapped) && unmapped == size;

	munmap(probe, size);
	return ok;
}

#endif /* SELFTESTS_SNAPSHOT_H */
