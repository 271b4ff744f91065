/* SPDX-License-Identifier: GPL-2.0-only */
/* A container of a given type with emulated devices in it. */
#ifndef SELFTESTS_TESTBOX_H
#define SELFTESTS_TESTBOX_H

#include "backend.h"
#include "box.h"
#include "testdev.h"

#define TESTBOX_MAX_DEVICES	2

struct testbox {
	int container;
	int num_devs;
	int groups[TESTBOX_MAX_DEVICES];
	struct testdev devs[TESTBOX_MAX_DEVICES];
};

static inline void testbox_open(struct testbox *box, unsigned long type, int num_devs)
{
	int i;

	backend_reset();
	backend_skip_type(type);
	ASSERT_TRUE(module_is_loaded(TESTDEV_MODULE));
	*box = (struct testbox){ .container = vfio_container_open() };
	for (i = 0; i < num_devs; i++) {
		box->groups[i] = testdev_group(i);
		vfio_group_attach(box->groups[i], box->container);
		box->num_devs++;
	}
	vfio_set_type(box->container, type);
	backend_verify(box->container);
	for (i = 0; i < num_devs; i++)
		testdev_open(&box->devs[i], box->groups[i], i);
}

/* A device behind an IOMMU whose driver pins what it uses; testdev_return_pci() at the end. */
static inline void testbox_open_pci(struct testbox *box, unsigned long type, const char *bdf)
{
	backend_reset();
	ASSERT_TRUE(module_is_loaded(TESTDEV_MODULE));
	testdev_take_pci(bdf);
	*box = (struct testbox){ .container = vfio_container_open(), .num_devs = 1 };
	box->groups[0] = vfio_group_open(bdf);
	vfio_group_attach(box->groups[0], box->container);
	vfio_set_type(box->container, type);
	backend_verify(box->container);
	testdev_open_pci(&box->devs[0], box->groups[0], bdf);
}

static inline void testbox_remove_last(struct testbox *box)
{
	int i = --box->num_devs;

	testdev_close(&box->devs[i]);
	close(box->groups[i]);
}

static inline void testbox_close(struct testbox *box)
{
	while (box->num_devs)
		testbox_remove_last(box);
	close(box->container);
}

#endif /* SELFTESTS_TESTBOX_H */
