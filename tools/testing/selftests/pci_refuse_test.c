// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices vfio_pci_type1x takes: those that vfio-pci takes, but for Intel's graphics;
 * and how they come to it.
 */
#include <fcntl.h>
#include <stdio.h>

#include "regionbox.h"
#include "text.h"

FIXTURE(refuse) {
	int ti;
};

FIXTURE_SETUP(refuse)
{
	self->ti = -1;
	backend_reset();
	backend_need_ours("has no driver for PCI devices");
}

FIXTURE_TEARDOWN(refuse)
{
	if (self->ti >= 0)
		EXPECT_EQ(__testiommu_unload(self->ti), 0);
	regionbox_unload_driver();
}

/* Up to eight devices, and what they say that they are: ids, and perhaps classes. */
static void pretend(struct refuse_self *self, const char *parameters)
{
	int ret = __module_load("/t/" TESTIOMMU_MODULE ".ko", parameters);

	SKIP_IF(ret == -EBUSY, "this kernel takes one IOMMU driver, and has one");
	ASSERT_EQ(ret, 0);
	self->ti = open(T1X_TI_PATH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->ti);
}

static int bind_to(int device, const char *driver)
{
	char bdf[VFIO_BDF_LEN];

	testiommu_bdf(device, bdf);
	return __vfio_bind(bdf, driver);
}

#define DENIED	"0x04358086,0x04438086,0x19e28086,0x19e38086,0x37c88086,0x37c98086," \
		"0x0b258086,0x0cfe8086"

TEST_F(refuse, denylist)
{
	module_load("/t/" REGION_MODULE ".ko", "");
	pretend(self, "devices=8 ids=" DENIED);
	for (int i = 0; i < 8; i++) {
		EXPECT_EQ(bind_to(i, "vfio-pci"), -ENXIO);
		EXPECT_EQ(bind_to(i, REGION_MODULE), -ENXIO);
	}
}

TEST_F(refuse, denylist_disabled)
{
	module_load("/t/" REGION_MODULE ".ko", "disable_denylist=Y");
	pretend(self, "devices=8 ids=" DENIED);
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(bind_to(i, REGION_MODULE), 0);
}

/* Another vendor, another device, graphics that are not Intel's, or no VGA. */
TEST_F(refuse, others)
{
	static const char ids[] = "0x04351af4,0x04368086,0x59121002,0x59128086,0x59128086";
	static const char classes[] = "0,0,0x030000,0x038000,0x030000";
	char options[200];

	module_load("/t/" REGION_MODULE ".ko", "");
	snprintf(options, sizeof(options), "devices=5 ids=%s classes=%s", ids, classes);
	pretend(self, options);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(bind_to(i, REGION_MODULE), 0);
	EXPECT_EQ(bind_to(4, REGION_MODULE), -ENXIO);
}

/* A device that nobody has given to it stays alone. */
TEST_F(refuse, only_by_override)
{
	char path[100], bdf[VFIO_BDF_LEN];

	pretend(self, "devices=1");
	module_load("/t/" REGION_MODULE ".ko", "");
	testiommu_bdf(0, bdf);
	EXPECT_EQ(__text_write("/sys/bus/pci/drivers_probe", bdf), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/" REGION_MODULE "/%s", bdf);
	EXPECT_EQ(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/" REGION_MODULE "/bind");
	EXPECT_LT(__text_write(path, bdf), 0);
	EXPECT_EQ(bind_to(0, REGION_MODULE), 0);
}

KTAP_MAIN()
