/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers with devices behind the software IOMMU, which is loaded for each test.
 *
 *	softbox_load(&box, "");
 *	testiommu_behave(box.ti, &behaviour);
 *	softbox_open(&box, VFIO_TYPE1v2_IOMMU, 2);
 *	...
 *	softbox_close(&box);
 *	softbox_unload(&box);
 */
#ifndef SELFTESTS_SOFTBOX_H
#define SELFTESTS_SOFTBOX_H

#include "backend.h"
#include "testiommu.h"

#define SOFTBOX_MAX_GROUPS	4

struct softbox {
	int ti;
	int container; /* -1 if there is none */
	int num_groups;
	int groups[SOFTBOX_MAX_GROUPS];
};

static inline void softbox_load(struct softbox *box, const char *parameters)
{
	*box = (struct softbox){ .container = -1 };
	backend_reset();
	/* Its devices have no interrupts, so nobody has made them safe. */
	backend_set("allow_unsafe_interrupts", "Y");
	box->ti = __testiommu_load(parameters);
	SKIP_IF(box->ti == -EBUSY, "this kernel takes one IOMMU driver, and has one");
	ASSERT_LE(0, box->ti);
}

/* Put devices from @first on into a container that has no type yet. */
static inline void softbox_fill(struct softbox *box, int first, int num_groups)
{
	box->container = vfio_container_open();
	while (box->num_groups < num_groups) {
		int group = testiommu_group(first + box->num_groups);

		box->groups[box->num_groups++] = group;
		vfio_group_attach(group, box->container);
	}
}

static inline void softbox_open(struct softbox *box, unsigned long type, int num_groups)
{
	backend_skip_type(type);
	softbox_fill(box, 0, num_groups);
	vfio_set_type(box->container, type);
	backend_verify(box->container);
}

static inline void softbox_close(struct softbox *box)
{
	if (box->container < 0)
		return;
	while (box->num_groups)
		close(box->groups[--box->num_groups]);
	close(box->container);
	box->container = -1;
}

/*
 * No domain may be left, nor the memory of a process, nor any leaf have been unmapped in
 * part; each page request has got one answer.
 */
static inline void softbox_unload(struct softbox *box)
{
	struct t1x_ti_stat stat;

	if (box->ti < 0)
		return;
	EXPECT_EQ(__testiommu_tear_down(box->ti), 0);
	stat = testiommu_stat(box->ti);
	EXPECT_EQ(stat.domains, 0);
	EXPECT_EQ(stat.tracking, 0);
	EXPECT_EQ(stat.pasids, 0);
	EXPECT_EQ(stat.cuts, 0);
	EXPECT_EQ(stat.responses, stat.requests);
	EXPECT_EQ(__testiommu_unload(box->ti), 0);
	box->ti = -1;
	backend_reset();
}

#endif /* SELFTESTS_SOFTBOX_H */
