// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an edu device may not do behind an Arm SMMUv3 is in the fault region of that device,
 * as it is in the file of its container; and not in the region of another one.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "proc.h"
#include "region.h"
#include "straybox.h"

#define PLAIN		"vfio-pci"

FIXTURE(region_smmu) {
	char bdfs[2][VFIO_BDF_LEN];
	struct straybox boxes[2];
	struct region regions[2];
	int event;
};

FIXTURE_SETUP(region_smmu)
{
	backend_reset();
	backend_need_ours("has no region");
	module_load("/t/" REGION_MODULE ".ko", "");
	for (int i = 0; i < 2; i++) {
		vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, i, self->bdfs[i]);
		vfio_bind(self->bdfs[i], REGION_MODULE);
		straybox_open(&self->boxes[i], i, 0);
		region_open(&self->regions[i], self->boxes[i].edu.fd);
	}
	self->event = eventfd(0, EFD_NONBLOCK);
	region_eventfd(&self->regions[0], self->event);
}

FIXTURE_TEARDOWN(region_smmu)
{
	int tries = 0, ret;

	for (int i = 0; i < 2; i++) {
		region_close(&self->regions[i]);
		straybox_close(&self->boxes[i]);
		vfio_bind(self->bdfs[i], PLAIN);
	}
	close(self->event);
	while ((ret = __module_unload(REGION_MODULE)) == -EAGAIN && ++tries < 20)
		usleep(50000);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(proc_locked(), 0);
}

static void access_faults(struct region_smmu_self *self, uint64_t iova, uint32_t access)
{
	struct straybox *box = &self->boxes[0];
	struct vfio_type1x_fault in_file, in_region;
	eventfd_t events;

	straybox_access(box, access & VFIO_TYPE1X_FAULT_FLAG_WRITE, iova, STRAY_WORD);
	ASSERT_TRUE(straybox_next(box, STRAY_FIRST_MS, &in_file));
	EXPECT_EQ(in_file.iova, iova);
	EXPECT_EQ(in_file.flags & STRAY_ACCESS, access);
	EXPECT_EQ(in_file.requester, box->requester);
	ASSERT_TRUE(region_await(&self->regions[0], &in_region, STRAY_FIRST_MS));
	EXPECT_EQ(memcmp(&in_region, &in_file, sizeof(in_file)), 0);
	EXPECT_EQ(eventfd_read(self->event, &events), 0);
	straybox_is_silent(box);
	EXPECT_FALSE(region_take(&self->regions[0], &in_region));
	EXPECT_FALSE(region_take(&self->regions[1], &in_region));
}

TEST_F(region_smmu, accesses)
{
	struct vfio_type1x_fault record;

	access_faults(self, STRAY_NOWHERE + 0xa10, VFIO_TYPE1X_FAULT_FLAG_READ);
	access_faults(self, STRAY_NOWHERE + 0xb20, VFIO_TYPE1X_FAULT_FLAG_WRITE);
	access_faults(self, STRAY_READ_ONLY + 0xc30, VFIO_TYPE1X_FAULT_FLAG_WRITE);
	EXPECT_EQ(region_lost(&self->regions[0]), 0);

	straybox_access(&self->boxes[1], 0, STRAY_NOWHERE, STRAY_WORD);
	ASSERT_TRUE(straybox_next(&self->boxes[1], STRAY_FIRST_MS, &record));
	ASSERT_TRUE(region_await(&self->regions[1], &record, STRAY_FIRST_MS));
	EXPECT_EQ(record.requester, self->boxes[1].requester);
	EXPECT_FALSE(region_take(&self->regions[0], &record));
	straybox_is_silent(&self->boxes[0]);
}

KTAP_MAIN()
