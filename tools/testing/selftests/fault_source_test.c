// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who tells of faults, and who tells of that; and the program of Documentation/faults.rst.
 */
#include "child.h"
#include "debugfs.h"
#include "edu.h"
#include "fault_example.h"
#include "faultbox.h"

FIXTURE(source) {
	struct faultbox box;
	int ti;
	int container;
};

FIXTURE_SETUP(source)
{
	faultbox_open(&self->box);
	self->ti = self->box.ti;
	self->container = self->box.container;
}

FIXTURE_TEARDOWN(source)
{
	faultbox_close(&self->box);
}

/* What programs and administrators are told of it all. */
TEST_F(source, told)
{
	char dir[DEBUGFS_PATH_LEN];
	struct iommu_info info;

	iommu_info(self->container, &info);
	EXPECT_EQ(info.has_fault, !backend_is_stock());
	backend_need_ours("reports no faults");
	EXPECT_EQ(info.fault.header.version, 1);
	EXPECT_EQ(info.fault.flags, VFIO_IOMMU_FAULT_CAP_COMPLETE);
	EXPECT_EQ(info.fault.sources & ~(1 << VFIO_TYPE1X_FAULT_SOURCE_DEVICE),
		  1 << VFIO_TYPE1X_FAULT_SOURCE_DOMAIN);
	EXPECT_EQ(info.fault.record_size, sizeof(struct vfio_type1x_fault));
	EXPECT_EQ(info.fault.max_records, 4096);

	debugfs_find(dir);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 3);
	EXPECT_EQ(debugfs_number(dir, "type1x-faults"), 3);
	for (int i = 0; i < 2; i++)
		fault_open(self->container, 0, 16, 0);
	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 20);
	EXPECT_EQ(debugfs_number(dir, "type1x-faults"), 23);
	EXPECT_EQ(debugfs_number(dir, "type1x-faults-lost"), 8);
}

/* A device whose IOMMU tells nobody makes silence mean nothing, while it is there. */
TEST_F(source, silent_device)
{
	char bdf[VFIO_BDF_LEN];
	struct iommu_info info;
	uint32_t sources;
	int group;

	backend_need_ours("reports no faults");
	iommu_info(self->container, &info);
	sources = info.fault.sources;
	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 0, bdf);
	group = __vfio_group_open(bdf);
	SKIP_IF(group < 0, "no other IOMMU here");
	/* VT-d's driver tells nobody; the hooks, which do, are not loaded. */
	vfio_group_attach(group, self->container);
	iommu_info(self->container, &info);
	EXPECT_EQ(info.fault.flags, 0);
	EXPECT_EQ(info.fault.sources, sources);
	vfio_group_detach(group);
	iommu_info(self->container, &info);
	EXPECT_EQ(info.fault.flags, VFIO_IOMMU_FAULT_CAP_COMPLETE);
	EXPECT_EQ(info.fault.sources, sources);
	/* The other way round: the one that tells leaves. */
	vfio_group_attach(group, self->container);
	vfio_group_detach(self->box.box.groups[0]);
	iommu_info(self->container, &info);
	EXPECT_EQ(info.fault.sources, 0);
	EXPECT_EQ(info.fault.flags, 0);
	close(group);
}

/* Where the kernel lets a device tell by itself. */
TEST_F(source, device)
{
	struct t1x_ti_report report = {
		.addr = 0xfedcba987654,
		.type = T1X_TI_UNRECOVERABLE,
		.perm = 2 | 4 | 8,
		.reason = 6,
	};
	/* By enum iommu_fault_reason of Linux 6.1, which ends with 8. */
	static const uint16_t reasons[] = {
		VFIO_TYPE1X_FAULT_REASON_UNKNOWN,      VFIO_TYPE1X_FAULT_REASON_PASID,
		VFIO_TYPE1X_FAULT_REASON_PASID,	       VFIO_TYPE1X_FAULT_REASON_PASID,
		VFIO_TYPE1X_FAULT_REASON_TABLE,	       VFIO_TYPE1X_FAULT_REASON_UNMAPPED,
		VFIO_TYPE1X_FAULT_REASON_PERMISSION,   VFIO_TYPE1X_FAULT_REASON_PERMISSION,
		VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE, VFIO_TYPE1X_FAULT_REASON_OTHER,
		VFIO_TYPE1X_FAULT_REASON_OTHER,
	};
	struct vfio_type1x_fault record, expected = {
		.iova = report.addr,
		.source = VFIO_TYPE1X_FAULT_SOURCE_DEVICE,
		.reason = VFIO_TYPE1X_FAULT_REASON_PERMISSION,
		.flags = VFIO_TYPE1X_FAULT_FLAG_WRITE | VFIO_TYPE1X_FAULT_FLAG_EXEC |
			 VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED | VFIO_TYPE1X_FAULT_FLAG_IOVA |
			 VFIO_TYPE1X_FAULT_FLAG_REQUESTER,
		.raw_reason = 6,
		.requester = faultbox_requester(0),
	};
	int fd, ret;

	backend_need_ours("reports no faults");
	ret = __testiommu_report(self->ti, &report);
	SKIP_IF(ret == -EOPNOTSUPP, "this kernel has no such report");
	EXPECT_EQ(ret, -EINVAL);
	fd = fault_open(self->container, NONBLOCK, 0, 0);
	EXPECT_EQ(__testiommu_report(self->ti, &report), 0);
	EXPECT_EQ(fault_read(fd, &record, 1), 1);
	expected.time = record.time;
	EXPECT_EQ(memcmp(&record, &expected, sizeof(record)), 0);

	for (report.reason = 0; report.reason < ARRAY_SIZE(reasons); report.reason++) {
		EXPECT_EQ(__testiommu_report(self->ti, &report), 0);
		EXPECT_EQ(fault_read(fd, &record, 1), 1);
		EXPECT_EQ(record.reason, reasons[report.reason]);
	}
	/* A page request is nobody's, and the driver has to answer it. */
	report.type = T1X_TI_PAGE_REQUEST;
	report.flags = T1X_TI_LAST;
	EXPECT_EQ(__testiommu_report(self->ti, &report), -EINVAL);
	EXPECT_EQ(__fault_read(fd, &record, 1), -EAGAIN);
	vfio_group_detach(self->box.box.groups[0]);
	report.type = T1X_TI_UNRECOVERABLE;
	EXPECT_LT(__testiommu_report(self->ti, &report), 0);
}

struct example {
	int container;
	long lost;
};

static void *run_example(void *arg)
{
	struct example *example = arg;

	example->lost = watch_faults(example->container);
	return NULL;
}

/* The program of the documentation counts what it misses, and ends with the container. */
TEST_F(source, example)
{
	struct example example = { .container = self->container };
	FILE *usual = stdout;
	pthread_t thread;
	double end = ktap_now() + 10;
	char *text, iova[24];
	size_t size, count = 0;

	backend_need_ours("reports no faults");
	stdout = open_memstream(&text, &size);
	ASSERT_TRUE(stdout);
	thread = thread_begin(run_example, &example);
	while (faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1) && ktap_now() < end)
		usleep(1000);
	faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, 5);
	softbox_close(&self->box.box);
	thread_wait(thread);
	fclose(stdout);
	stdout = usual;
	EXPECT_EQ(example.lost, 0);
	/* One of the first that was heard, and five. */
	snprintf(iova, sizeof(iova), "%llx", IOVA_NOWHERE);
	for (char *at = text; (at = strstr(at, iova)); at++)
		count++;
	EXPECT_GE(count, 6);
	free(text);
}

KTAP_MAIN()
