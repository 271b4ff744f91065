/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings made for an emulated device, and a group behind an IOMMU that joins
 * them and leaves.
 *
 *	backing_open(&backing);
 *	backing_map(&backing);
 *	box_add(&backing.real);
 *	EXPECT_TRUE(backing_costs(&backing, BACKING_MAPPED, 0));
 */
#ifndef SELFTESTS_BACKING_H
#define SELFTESTS_BACKING_H

#include "snapshot.h"
#include "testbox.h"

#define BACKING_PAGES		1024 /* of memory */
#define BACKING_IOVA(page)	(BOX_IOVA + (uint64_t)(page) * PAGE)

/* What backing_map() maps, at the same distance from BOX_IOVA and in memory. */
static const struct backing_span {
	size_t page, pages;
	uint32_t flags;
} backing_layout[] = {
	{ 0, 16, IOMMU_RW }, { 16, 1, IOMMU_RW }, /* its neighbour */
	{ 20, 40, IOMMU_R }, { 64, 448, IOMMU_RW }, { 1000, 3, IOMMU_RW },
};

#define BACKING_MAPPED		(16 + 1 + 40 + 448 + 3)

struct backing {
	struct testbox box;
	struct box real; /* the same container, with the groups behind an IOMMU */
	int container;
	struct testdev *dev;
	char *memory;
	struct snapshot before;
};

static inline void backing_open(struct backing *backing)
{
	testbox_open(&backing->box, VFIO_TYPE1v2_IOMMU, 1);
	backing->container = backing->box.container;
	backing->dev = &backing->box.devs[0];
	backing->real = (struct box){ .container = backing->container };
	backing->memory = mem_untouched(BACKING_PAGES * PAGE);
	memset(backing->memory, 1, BACKING_PAGES * PAGE);
	backing->before = snapshot_take(backing->container);
}

/* All is as it was before anything was mapped. */
static inline void backing_close(struct backing *backing)
{
	testdev_policy(backing->dev, T1X_TD_RELEASE, 0);
	while (backing->real.num_groups)
		box_remove_last(&backing->real);
	__iommu_unmap(backing->container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, NULL);
	EXPECT_EQ(testdev_pinned(backing->dev), 0);
	/* Stock offers one range more after a group has been there. */
	if (backend_is_stock())
		iommu_info(backing->container, &backing->before.info);
	EXPECT_UNCHANGED(backing->container, backing->before);
	testbox_close(&backing->box);
	munmap(backing->memory, BACKING_PAGES * PAGE);
}

static inline void backing_map(const struct backing *backing)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(backing_layout); i++) {
		const struct backing_span *span = &backing_layout[i];

		iommu_map(backing->container, backing->memory + span->page * PAGE,
			  BACKING_IOVA(span->page), span->pages * PAGE, span->flags);
	}
}

static inline void backing_pin(const struct backing *backing, size_t page, size_t pages)
{
	EXPECT_EQ(__testdev_pin(backing->dev, BACKING_IOVA(page), pages, TESTDEV_R), (int)pages);
}

static inline void backing_unpin(const struct backing *backing, size_t page, size_t pages)
{
	EXPECT_EQ(__testdev_unpin(backing->dev, BACKING_IOVA(page), pages), 0);
}

/*
 * Is this what it costs just now?  Pages that this process pays for, once each;
 * and pins, of which a page that a device holds has one more.
 */
static inline bool backing_costs(const struct backing *backing, size_t charged, size_t pins)
{
	bool ok = proc_locked_becomes(charged * PAGE);

	ok = EXPECT_EQ(proc_locked() / PAGE, charged) && ok;
	return EXPECT_EQ(proc_pinned() - backing->before.pinned, (int64_t)pins) && ok;
}

/* The whole of it is there for the group, whatever devices hold besides. */
static inline bool backing_costs_all(const struct backing *backing, size_t held)
{
	return backing_costs(backing, BACKING_MAPPED, BACKING_MAPPED + held);
}

/* Nothing is, but for what devices hold. */
static inline bool backing_costs_held(const struct backing *backing, size_t held)
{
	return backing_costs(backing, held, held);
}

#endif /* SELFTESTS_BACKING_H */
