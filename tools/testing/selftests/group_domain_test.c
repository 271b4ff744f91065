// SPDX-License-Identifier: GPL-2.0-only
/*
 * The domain of a group, as a backend tells drivers in the kernel that ask for it: the
 * one that translates for the group's devices, and an error where none does.
 */
#include "child.h"
#include "testbox.h"

FIXTURE(group_domain) {
	char bdf[VFIO_BDF_LEN];
	struct testbox box;
	struct testdev *dev;
	int container;
	int other;	 /* the group of another edu */
	int other_place; /* a container that it is in, at first */
	volatile int stop;
};

/* The first edu is not with vfio-pci in the meantime, but still the first. */
FIXTURE_SETUP(group_domain)
{
	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 0, self->bdf);
	testbox_open_pci(&self->box, VFIO_TYPE1v2_IOMMU, self->bdf);
	self->dev = &self->box.devs[0];
	self->container = self->box.container;
	self->other = box_group_open(1);
	self->other_place = vfio_container_open();
	vfio_group_attach(self->other, self->other_place);
	vfio_set_type(self->other_place, VFIO_TYPE1v2_IOMMU);
}

FIXTURE_TEARDOWN(group_domain)
{
	testbox_close(&self->box);
	close(self->other);
	close(self->other_place);
	testdev_return_pci(self->bdf);
	backend_reset();
}

TEST_F(group_domain, own)
{
	EXPECT_EQ(__testdev_domain(self->dev, self->container, 0), 1);
	EXPECT_EQ(__testdev_domain(self->dev, self->other_place, 0), -ENODEV);
	EXPECT_EQ(__testdev_domain(self->dev, self->container, T1X_TD_NO_GROUP), -EINVAL);
}

/* What the device itself refuses. */
TEST_F(group_domain, no_backend)
{
	int fresh = vfio_container_open();

	EXPECT_EQ(__testdev_domain(self->dev, fresh, 0), -ENXIO);
	EXPECT_EQ(__testdev_domain(self->dev, self->other, 0), -EBADF);
	EXPECT_EQ(__testdev_domain(self->dev, -1, 0), -EBADF);
	EXPECT_EQ(__testdev_domain(self->dev, self->container, 2), -EINVAL);
	close(fresh);
}

/* Beside another group, in one domain with it or in two. */
TEST_F(group_domain, two_groups)
{
	int round;

	vfio_group_detach(self->other);
	for (round = 0; round < 2; round++) {
		vfio_group_attach(self->other, self->container);
		EXPECT_EQ(__testdev_domain(self->dev, self->container, 0), 1);
		vfio_group_detach(self->other);
		EXPECT_EQ(__testdev_domain(self->dev, self->container, 0), 1);
		if (backend_is_stock())
			break;
		backend_set("private_domains", "Y");
	}
}

TEST_F(group_domain, moves)
{
	vfio_group_detach(self->other);
	vfio_group_attach(self->other, self->container);
	testdev_close(self->dev);
	vfio_group_detach(self->box.groups[0]);
	vfio_group_attach(self->box.groups[0], self->other_place);
	vfio_set_type(self->other_place, VFIO_TYPE1v2_IOMMU);
	testdev_open_pci(self->dev, self->box.groups[0], self->bdf);
	EXPECT_EQ(__testdev_domain(self->dev, self->container, 0), -ENODEV);
	EXPECT_EQ(__testdev_domain(self->dev, self->other_place, 0), 1);
}

/* A group without an IOMMU has none. */
TEST_F(group_domain, emulated)
{
	struct testbox emulated;

	testbox_open(&emulated, VFIO_TYPE1v2_IOMMU, 1);
	EXPECT_EQ(__testdev_domain(&emulated.devs[0], emulated.container, 0), -ENODEV);
	EXPECT_EQ(__testdev_domain(self->dev, emulated.container, 0), -ENODEV);
	testbox_close(&emulated);
}

static void *ask(void *arg)
{
	struct group_domain_self *self = arg;

	while (!self->stop)
		EXPECT_EQ(__testdev_domain(self->dev, self->container, 0), 1);
	return NULL;
}

/* Other groups, and their domains, come and go meanwhile. */
TEST_F(group_domain, others_come_and_go)
{
	pthread_t threads[2];
	size_t i;

	vfio_group_detach(self->other);
	if (!backend_is_stock())
		backend_set("private_domains", "Y");
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = thread_begin(ask, self);
	for (i = 0; i < 50; i++) {
		vfio_group_attach(self->other, self->container);
		vfio_group_detach(self->other);
	}
	self->stop = 1;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		thread_wait(threads[i]);
}

KTAP_MAIN()
