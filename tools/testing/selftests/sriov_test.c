// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV with vfio_pci_type1x: virtual functions only if it is told so; they come to the
 * driver of the physical one, and to programs that know its token.
 */
#include <stdio.h>
#include <sys/ioctl.h>

#include "backend.h"
#include "iommu.h"
#include "mem.h"
#include "module.h"
#include "nvme.h"
#include "proc.h"
#include "region.h"
#include "text.h"

#define PLAIN		"vfio-pci"
#define ENABLE		"/sys/module/" REGION_MODULE "/parameters/enable_sriov"

#define TOKEN		"00112233-4455-6677-8899-aabbccddeeff"
#define OTHER_TOKEN	"00112233-4455-6677-8899-aabbccddee00"

FIXTURE(sriov) {
	char pf[VFIO_BDF_LEN];
	char vf[VFIO_BDF_LEN];
	int container, pf_group, vf_group;
};

FIXTURE_SETUP(sriov)
{
	backend_need_ours("has no driver for PCI devices");
	backend_reset();
	/* The first one is the disk, and has none. */
	vfio_find(NVME_VENDOR_ID, NVME_DEVICE_ID, 1, self->pf);
	module_load("/t/" REGION_MODULE ".ko", "");
	vfio_bind(self->pf, REGION_MODULE);
	text_write(ENABLE, "Y");
}

FIXTURE_TEARDOWN(sriov)
{
	int tries = 0, ret;

	vfio_bind(self->pf, PLAIN);
	while ((ret = __module_unload(REGION_MODULE)) == -EAGAIN && ++tries < 20)
		usleep(50000);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(proc_locked(), 0);
}

static int set_functions(const struct sriov_self *self, const char *number)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs", self->pf);
	return __text_write(path, number);
}

static uint64_t count_functions(const struct sriov_self *self)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs", self->pf);
	return text_read_u64(path);
}

/* Address of a virtual function; false if there is none. */
static bool find_function(struct sriov_self *self, int index)
{
	char path[80], target[200] = "";

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/virtfn%d", self->pf, index);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return false;
	snprintf(self->vf, sizeof(self->vf), "%s", strrchr(target, '/') + 1);
	return true;
}

static bool is_ours(const char *bdf)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/" REGION_MODULE "/%s", bdf);
	return !access(path, F_OK);
}

TEST_F(sriov, only_if_enabled)
{
	text_write(ENABLE, "N");
	EXPECT_EQ(set_functions(self, "2"), -ENOENT);
	EXPECT_EQ(count_functions(self), 0);
	EXPECT_FALSE(find_function(self, 0));
}

TEST_F(sriov, come_and_go)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(set_functions(self, "2"), 0);
		EXPECT_EQ(count_functions(self), 2);
		for (int nr = 0; nr < 2; nr++) {
			ASSERT_TRUE(find_function(self, nr));
			EXPECT_TRUE(is_ours(self->vf));
		}
		EXPECT_EQ(set_functions(self, "0"), 0);
		EXPECT_FALSE(find_function(self, 0));
	}
	EXPECT_EQ(set_functions(self, "3"), -ERANGE);
}

/* A physical function that goes takes its virtual ones with it. */
TEST_F(sriov, go_with_the_physical_one)
{
	ASSERT_EQ(set_functions(self, "2"), 0);
	vfio_bind(self->pf, PLAIN);
	EXPECT_EQ(count_functions(self), 0);
	EXPECT_FALSE(find_function(self, 0));
}

static int open_device(int group, const char *bdf, const char *token)
{
	char name[100];
	int fd;

	snprintf(name, sizeof(name), "%s%s%s", bdf, token ? " vf_token=" : "", token ?: "");
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	return fd < 0 ? -errno : fd;
}

/*
 * Whoever has the physical function open says what the token is.  (Opening it resets it,
 * and QEMU's disk does not get its virtual functions back then.)
 */
static int open_physical(struct sriov_self *self)
{
	int fd;

	self->container = vfio_container_open();
	self->pf_group = vfio_group_open(self->pf);
	vfio_group_attach(self->pf_group, self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	fd = must(open_device(self->pf_group, self->pf, TOKEN));
	must(set_functions(self, "2"));
	must_be(find_function(self, 0));
	self->vf_group = vfio_group_open(self->vf);
	vfio_group_attach(self->vf_group, self->container);
	return fd;
}

TEST_F(sriov, token)
{
	int pf = open_physical(self), vf;
	struct region region;

	EXPECT_EQ(open_device(self->vf_group, self->vf, NULL), -EACCES);
	EXPECT_EQ(open_device(self->vf_group, self->vf, OTHER_TOKEN), -EACCES);
	vf = must(open_device(self->vf_group, self->vf, TOKEN));
	/* Nobody gets at the one in use without the token, nor at the one it belongs to. */
	EXPECT_EQ(open_device(self->vf_group, self->vf, NULL), -EACCES);
	EXPECT_EQ(open_device(self->pf_group, self->pf, NULL), -EACCES);

	region_find(&region, vf);
	region_find(&region, pf);
	close(vf);
	close(self->vf_group);
	EXPECT_EQ(set_functions(self, "0"), 0);
	close(pf);
	close(self->pf_group);
	close(self->container);
}

/* A virtual function has memory of its own container behind it. */
TEST_F(sriov, mappings)
{
	char *memory = mem_untouched(MIB(1));

	ASSERT_EQ(set_functions(self, "1"), 0);
	ASSERT_TRUE(find_function(self, 0));
	self->container = vfio_container_open();
	self->vf_group = vfio_group_open(self->vf);
	vfio_group_attach(self->vf_group, self->container);
	vfio_set_type(self->container, VFIO_TYPE1v2_IOMMU);
	iommu_map(self->container, memory, MIB(16), MIB(1), IOMMU_RW);
	EXPECT_EQ(proc_locked(), MIB(1));
	close(self->vf_group);
	close(self->container);
}

KTAP_MAIN()
