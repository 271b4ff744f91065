// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an edu device may not do under intel-iommu is in the fault region of that device,
 * and in the file of its container; and in those of another device it is not.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "proc.h"
#include "region.h"
#include "vtdbox.h"

#define PLAIN		"vfio-pci"

FIXTURE(region_vtd) {
	char bdfs[2][VFIO_BDF_LEN];
	struct vtdbox boxes[2];
	struct region regions[2];
	int event;
	uint64_t sequence; /* of the next record of the first device */
};

FIXTURE_SETUP(region_vtd)
{
	backend_need_ours("has no region");
	hooks_reset();
	backend_reset();
	hooks_load();
	module_load("/t/" REGION_MODULE ".ko", "");
	for (int i = 0; i < 2; i++) {
		vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, i, self->bdfs[i]);
		vfio_bind(self->bdfs[i], REGION_MODULE);
		vtdbox_open(&self->boxes[i], self->bdfs[i]);
		region_open(&self->regions[i], self->boxes[i].edu.fd);
	}
	self->event = eventfd(0, EFD_NONBLOCK);
	region_eventfd(&self->regions[0], self->event);
}

FIXTURE_TEARDOWN(region_vtd)
{
	int tries = 0, ret;

	for (int i = 0; i < 2; i++) {
		region_close(&self->regions[i]);
		vtdbox_close(&self->boxes[i]);
		vfio_bind(self->bdfs[i], PLAIN);
	}
	close(self->event);
	while ((ret = __module_unload(REGION_MODULE)) == -EAGAIN && ++tries < 20)
		usleep(50000);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(__module_unload(HOOKS), 0);
	EXPECT_EQ(proc_locked(), 0);
}

/* One access: what is in the file is in the region, to the byte, and signalled. */
static void access_faults(struct region_vtd_self *self, uint64_t iova, bool write)
{
	const uint32_t direction = VFIO_TYPE1X_FAULT_FLAG_READ | VFIO_TYPE1X_FAULT_FLAG_WRITE;
	struct pollfd wait = { .fd = self->event, .events = POLLIN };
	struct vfio_type1x_fault in_file, in_region;
	struct vtdbox *box = &self->boxes[0];
	int count = 0;
	eventfd_t events;

	if (write)
		edu_store(&box->edu, iova, 0, VTDBOX_BYTES);
	else
		edu_load(&box->edu, iova, 0, VTDBOX_BYTES);
	while (vtdbox_next(box, &in_file, count ? 0 : VTDBOX_WAIT_MS)) {
		count++;
		EXPECT_EQ(in_file.iova, iova & -PAGE);
		EXPECT_EQ(in_file.flags & direction,
			  write ? VFIO_TYPE1X_FAULT_FLAG_WRITE : VFIO_TYPE1X_FAULT_FLAG_READ);
		EXPECT_EQ(in_file.requester, vtdbox_address(self->bdfs[0]));
		EXPECT_EQ(in_file.sequence, self->sequence++);
		EXPECT_EQ(poll(&wait, 1, VTDBOX_WAIT_MS), 1);
		ASSERT_TRUE(region_await(&self->regions[0], &in_region, VTDBOX_WAIT_MS));
		EXPECT_EQ(memcmp(&in_region, &in_file, sizeof(in_file)), 0);
	}
	EXPECT_GT(count, 0);
	EXPECT_EQ(eventfd_read(self->event, &events), 0);
	EXPECT_FALSE(region_take(&self->regions[0], &in_region));
}

TEST_F(region_vtd, accesses)
{
	struct vfio_type1x_fault record;

	access_faults(self, IOVA_NOWHERE + 0xa10, false);
	access_faults(self, IOVA_NOWHERE + 0xb20, true);
	access_faults(self, IOVA_READ_ONLY + 0xc30, true);
	EXPECT_EQ(region_lost(&self->regions[0]), 0);

	/* The other device is in a container of its own, and has seen nothing. */
	EXPECT_EQ(fault_poll(self->boxes[1].fd, 0), 0);
	EXPECT_FALSE(region_take(&self->regions[1], &record));
	edu_load(&self->boxes[1].edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
	EXPECT_TRUE(vtdbox_next(&self->boxes[1], &record, VTDBOX_WAIT_MS));
	EXPECT_TRUE(region_await(&self->regions[1], &record, VTDBOX_WAIT_MS));
	EXPECT_EQ(record.requester, vtdbox_address(self->bdfs[1]));
	EXPECT_FALSE(region_take(&self->regions[0], &record));
}

/* The storm of others leaves one record in it, which is not counted as lost either. */
TEST_F(region_vtd, overflow)
{
	struct vfio_type1x_fault record;
	struct vtdbox storm[2];

	vtdbox_open_edu(&storm[0], 2);
	vtdbox_open_edu(&storm[1], 3);
	EXPECT_GE(vtdbox_overflow(&storm[0], &storm[1], &self->boxes[1], 4), 4);
	ASSERT_TRUE(region_await(&self->regions[0], &record, VTDBOX_WAIT_MS));
	EXPECT_EQ(record.reason, VFIO_TYPE1X_FAULT_REASON_OVERFLOW);
	EXPECT_EQ(record.flags, 0);
	EXPECT_FALSE(region_take(&self->regions[0], &record));
	EXPECT_EQ(region_lost(&self->regions[0]), 0);
	vtdbox_close(&storm[0]);
	vtdbox_close(&storm[1]);
}

/* The requester is a bridge, which nobody else is behind. */
TEST_F(region_vtd, behind_a_bridge)
{
	struct vfio_type1x_fault in_file, in_region;
	struct region region;
	struct vtdbox behind;
	char bdf[VFIO_BDF_LEN];

	SKIP_IF(!vtdbox_find_bridged(bdf), "no edu device behind a bridge");
	vfio_bind(bdf, REGION_MODULE);
	vtdbox_open(&behind, bdf);
	region_open(&region, behind.edu.fd);
	edu_load(&behind.edu, IOVA_NOWHERE, 0, VTDBOX_BYTES);
	ASSERT_TRUE(vtdbox_next(&behind, &in_file, VTDBOX_WAIT_MS));
	EXPECT_TRUE(in_file.flags & VFIO_TYPE1X_FAULT_FLAG_ALIAS);
	ASSERT_TRUE(region_await(&region, &in_region, VTDBOX_WAIT_MS));
	EXPECT_EQ(memcmp(&in_region, &in_file, sizeof(in_file)), 0);
	EXPECT_FALSE(region_take(&self->regions[0], &in_region));
	region_close(&region);
	vtdbox_close(&behind);
	vfio_bind(bdf, PLAIN);
}

KTAP_MAIN()
