// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mode PASID by the door of a device: the bond is to that one only, and goes with it.
 */
#include <linux/vfio_type1x.h>

#include "child.h"
#include "proc.h"
#include "regionbox.h"
#include "release.h"
#include "svadma.h"
#include "svm.h"

#define PLAIN		"vfio-pci"
#define BYTES		(8 * PAGE)

FIXTURE(pasid_device) {
	struct softbox box;
	struct vfio_device devices[2];
	char bdfs[2][VFIO_BDF_LEN];
	int ti, container;
	char *memory;
};

FIXTURE_SETUP(pasid_device)
{
	SKIP_IF(release_is_before(7, 2), "this kernel shares no address spaces");
	regionbox_load_driver();
	softbox_load(&self->box, "pasid_bits=8");
	backend_set("allow_pasid", "Y");
	self->ti = self->box.ti;
	for (int i = 0; i < 2; i++) {
		testiommu_bdf(i, self->bdfs[i]);
		vfio_bind(self->bdfs[i], REGION_MODULE);
	}
	softbox_open(&self->box, VFIO_TYPE1v2_IOMMU, 2);
	self->container = self->box.container;
	for (int i = 0; i < 2; i++)
		vfio_device_open(&self->devices[i], self->box.groups[i], self->bdfs[i]);
	self->memory = mem_untouched(BYTES);
}

FIXTURE_TEARDOWN(pasid_device)
{
	for (int i = 0; i < 2; i++)
		vfio_device_close(&self->devices[i]);
	softbox_close(&self->box);
	softbox_unload(&self->box);
	regionbox_unload_driver();
	EXPECT_EQ(proc_locked(), 0);
}

typedef int (*bind_fn)(int fd, struct vfio_type1x_svm_bind *bind);

static struct vfio_type1x_svm_bind bind_by(int fd, bind_fn bind_raw)
{
	struct vfio_type1x_svm_bind bind = {
		.argsz = sizeof(bind),
		.flags = VFIO_SVM_WANT_PASID,
	};

	EXPECT_EQ(bind_raw(fd, &bind), 0);
	EXPECT_EQ(bind.mode, VFIO_SVM_MODE_PASID);
	return bind;
}

#define bind_device(self, nr)	bind_by((self)->devices[nr].fd, __svm_device_bind_raw)
#define bind_container(self)	bind_by((self)->container, __svm_bind_raw)

static bool works(struct pasid_device_self *self, int device, uint32_t pasid)
{
	return sva_works(self->ti, device, pasid, self->memory, BYTES);
}

/* Address spaces that devices have; a worker gives them back. */
static bool becomes(struct pasid_device_self *self, uint64_t nr)
{
	double end = ktap_now() + ktap_scale(10);

	while (testiommu_stat(self->ti).pasids != nr && ktap_now() < end)
		usleep(5000);
	return testiommu_stat(self->ti).pasids == nr;
}

TEST_F(pasid_device, that_one_only)
{
	struct vfio_type1x_svm_bind bond = bind_device(self, 1);

	EXPECT_TRUE(becomes(self, 1));
	EXPECT_TRUE(works(self, 1, bond.pasid));
	EXPECT_FALSE(works(self, 0, bond.pasid));
	EXPECT_EQ(__svm_device_unbind(self->devices[0].fd, bond.bond), 0);
	EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
	EXPECT_FALSE(works(self, 1, bond.pasid));
}

/* The kernel has one PASID for a process; each bond keeps it for its devices. */
TEST_F(pasid_device, beside_the_container)
{
	struct vfio_type1x_svm_bind one = bind_device(self, 0), all = bind_container(self);

	EXPECT_NE(one.bond, all.bond);
	EXPECT_EQ(one.pasid, all.pasid);
	EXPECT_EQ(__svm_unbind(self->container, one.bond), 0);
	EXPECT_TRUE(works(self, 0, all.pasid));
	EXPECT_TRUE(works(self, 1, all.pasid));
	one = bind_device(self, 0);
	EXPECT_EQ(__svm_unbind(self->container, all.bond), 0);
	EXPECT_TRUE(works(self, 0, one.pasid));
	EXPECT_FALSE(works(self, 1, one.pasid));
	EXPECT_EQ(__svm_unbind(self->container, one.bond), 0);
	EXPECT_EQ(testiommu_stat(self->ti).pasids, 0);
}

TEST_F(pasid_device, device_is_closed)
{
	struct vfio_type1x_svm_bind closed = bind_device(self, 0), kept = bind_device(self, 1);

	vfio_device_close(&self->devices[0]);
	EXPECT_TRUE(becomes(self, 1));
	EXPECT_FALSE(works(self, 0, closed.pasid));
	EXPECT_TRUE(works(self, 1, kept.pasid));
	EXPECT_EQ(__svm_unbind(self->container, closed.bond), -ENOENT);
	vfio_device_open(&self->devices[0], self->box.groups[0], self->bdfs[0]);
	EXPECT_EQ(__svm_unbind(self->container, kept.bond), 0);
}

static void *take_driver_away(void *bdf)
{
	EXPECT_EQ(__vfio_bind(bdf, PLAIN), 0);
	return NULL;
}

/* The driver goes when the device is closed, whoever still has to give the PASID back. */
TEST_F(pasid_device, driver_is_taken_away)
{
	pthread_t thread;

	bind_device(self, 0);
	bind_container(self);
	thread = thread_begin(take_driver_away, self->bdfs[0]);
	usleep(100000);
	EXPECT_TRUE(becomes(self, 2));
	vfio_device_close(&self->devices[0]);
	thread_wait(thread);
	/* That of the container's bond at the other device. */
	EXPECT_TRUE(becomes(self, 1));
}

KTAP_MAIN()
