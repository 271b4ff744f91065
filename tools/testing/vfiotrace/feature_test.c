// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE, feature by feature.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "fake.h"
#include "newer.h"

#define F "ioctl(5<anon_inode:[vfio-device]>, VFIO_DEVICE_FEATURE, "
#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET

/* The head of the argument, and data for any feature. */
struct feature {
	struct vfio_device_feature head;
	union {
		uint8_t bytes[64];
		struct vfio_device_feature_migration migration;
		struct vfio_device_feature_mig_state state;
		struct vfio_device_low_power_entry_with_wakeup wakeup;
		struct vfio_device_feature_dma_logging_control control;
		struct vfio_device_feature_dma_logging_report report;
		struct newer_mig_data_size data_size;
		struct newer_bus_master bus_master;
		struct {
			struct newer_dma_buf head;
			struct newer_dma_range ranges[2];
		} dma_buf;
	};
};

static const struct vfio_device_feature_dma_logging_range ranges[] = {
	{ 0, 0x100000 },
	{ 0x100000000, 0x200000 },
};

/* The kernel answers with @out; both are @size bytes with the head. */
static const char *differs(struct feature *in, struct feature *out, size_t size, int result,
			   const char *expected)
{
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_FEATURE),
			     .in = in,
			     .out = out,
			     .size = size,
			     .result = result,
			     .elsewhere = ranges,
			     .elsewhere_size = sizeof(ranges) };

	in->head.argsz = size;
	out->head = in->head;
	return fake_differs(&fake, expected);
}

#define UNIT_FEATURE(in, out, size, result, expected) \
	UNIT_AGREE(differs(&(in), &(out), size, result, expected))

static void probe(void)
{
	struct feature in = { .head.flags = VFIO_DEVICE_FEATURE_PROBE | GET |
					    VFIO_DEVICE_FEATURE_MIGRATION };
	struct feature out = { 0 };

	UNIT_FEATURE(in, out, 8, 0,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_PROBE|VFIO_DEVICE_FEATURE_MIGRATION}) = 0");
	in.head.flags = VFIO_DEVICE_FEATURE_PROBE | SET | 0xabcd;
	UNIT_FEATURE(in, out, 8, -ENOTTY,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_PROBE|0xabcd})"
		       " = -1 ENOTTY (Inappropriate ioctl for device)");
}

static void pci_vf_token(void)
{
	struct feature in = { .head.flags = SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN }, out;

	memset(in.bytes, 0xa5, 16);
	out = in;
	UNIT_FEATURE(in, out, 24, 0,
		     F "{argsz=24, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, "
		       "data={token=\"a5a5a5a5-a5a5-a5a5-a5a5-a5a5a5a5a5a5\"}}) = 0");
}

static void migration(void)
{
	struct feature in = { .head.flags = GET | VFIO_DEVICE_FEATURE_MIGRATION }, out = in;

	out.migration.flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
			      VFIO_MIGRATION_PRE_COPY | 8;
	UNIT_FEATURE(in, out, 16, 0,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_MIGRATION, data={flags=VFIO_MIGRATION_STOP_COPY|"
		       "VFIO_MIGRATION_P2P|VFIO_MIGRATION_PRE_COPY|0x8}}) = 0");
}

static void mig_device_state(void)
{
	struct feature in = { .head.flags = SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE };
	struct feature out;

	in.state.device_state = 6;
	out = in;
	out.state.data_fd = 21;
	UNIT_FEATURE(in, out, 16, 0,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, "
		       "data={device_state=VFIO_DEVICE_STATE_PRE_COPY, data_fd=21}}) = 0");
	/* Where it got stuck. */
	out.state.device_state = VFIO_DEVICE_STATE_ERROR;
	out.state.data_fd = -1;
	UNIT_FEATURE(in, out, 16, -EIO,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, "
		       "data={device_state=VFIO_DEVICE_STATE_PRE_COPY => VFIO_DEVICE_STATE_ERROR, "
		       "data_fd=-1}}) = -1 EIO (Input/output error)");
	in.head.flags = GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	out.state.device_state = VFIO_DEVICE_STATE_RUNNING_P2P;
	UNIT_FEATURE(in, out, 16, 0,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, "
		       "data={device_state=VFIO_DEVICE_STATE_RUNNING_P2P, data_fd=-1}}) = 0");
}

static void low_power(void)
{
	struct feature in = { .head.flags = SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY }, out = in;

	UNIT_FEATURE(in, out, 8, 0,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY}) = 0");
	in.head.flags = SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT;
	UNIT_FEATURE(in, out, 8, 0,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_LOW_POWER_EXIT}) = 0");
	in.head.flags = SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP;
	in.wakeup.wakeup_eventfd = FAKE_EVENTFD;
	UNIT_FEATURE(in, out, 16, 0,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, "
		       "data={wakeup_eventfd=6<anon_inode:[eventfd]>, reserved=0}}) = 0");
}

static void dma_logging_start_and_stop(void)
{
	struct feature in = { .head.flags = SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START }, out = in;

	in.control.page_size = 4096;
	in.control.num_ranges = 2;
	in.control.ranges = FAKE_ELSEWHERE;
	UNIT_FEATURE(in, out, 32, 0,
		     F
		     "{argsz=32, flags=VFIO_DEVICE_FEATURE_SET|"
		     "VFIO_DEVICE_FEATURE_DMA_LOGGING_START, data={page_size=0x1000, num_ranges=2, "
		     "ranges=[{iova=0, length=0x100000}, {iova=0x100000000, length=0x200000}]}})"
		     " = 0");
	in.control.num_ranges = 0xffffffff;
	UNIT_FEATURE(in, out, 32, -E2BIG,
		     F "{argsz=32, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_DMA_LOGGING_START, data={page_size=0x1000, "
		       "num_ranges=4294967295, ranges=[{iova=0, length=0x100000}, "
		       "{iova=0x100000000, length=0x200000}, ...]}})"
		       " = -1 E2BIG (Argument list too long)");
	in.control.ranges = 0;
	UNIT_FEATURE(in, out, 32, -EFAULT,
		     F "{argsz=32, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_DMA_LOGGING_START, data={page_size=0x1000, "
		       "num_ranges=4294967295, ranges=NULL}}) = -1 EFAULT (Bad address)");
	in.head.flags = SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP;
	UNIT_FEATURE(in, out, 8, 0,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP}) = 0");
}

static void dma_logging_report(void)
{
	struct feature in = { .head.flags = GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT }, out;

	in.report.iova = 0x1000;
	in.report.length = 0x8000;
	in.report.page_size = 4096;
	in.report.bitmap = 0x7f0000001000;
	out = in;
	UNIT_FEATURE(in, out, 40, 0,
		     F "{argsz=40, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, data={iova=0x1000, length=0x8000, "
		       "page_size=0x1000, bitmap=0x7f0000001000}}) = 0");
}

static void newer_ones(void)
{
	struct feature in = { .head.flags = GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE }, out = in;

	out.data_size.stop_copy_length = 123456789;
	UNIT_FEATURE(in, out, 16, 0,
		     F
		     "{argsz=16, flags=VFIO_DEVICE_FEATURE_GET|"
		     "VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, data={stop_copy_length=123456789}}) = 0");
	in.head.flags = SET | VFIO_DEVICE_FEATURE_BUS_MASTER;
	in.bus_master.op = VFIO_DEVICE_FEATURE_SET_MASTER;
	UNIT_FEATURE(
		in, out, 12, 0,
		F "{argsz=12, flags=VFIO_DEVICE_FEATURE_SET|"
		  "VFIO_DEVICE_FEATURE_BUS_MASTER, data={op=VFIO_DEVICE_FEATURE_SET_MASTER}}) = 0");
	in.head.flags = SET | VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2;
	UNIT_FEATURE(in, out, 8, 0,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_SET|"
		       "VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2}) = 0");
}

static void dma_buf(void)
{
	struct feature in = { .head.flags = GET | VFIO_DEVICE_FEATURE_DMA_BUF }, out;

	in.dma_buf.head.region_index = 2;
	in.dma_buf.head.open_flags = 2;
	in.dma_buf.head.nr_ranges = 2;
	in.dma_buf.ranges[0].length = 0x1000;
	in.dma_buf.ranges[1].offset = 0x4000;
	in.dma_buf.ranges[1].length = 0x2000;
	out = in;
	UNIT_FEATURE(in, out, 56, FAKE_EVENTFD,
		     F
		     "{argsz=56, flags=VFIO_DEVICE_FEATURE_GET|"
		     "VFIO_DEVICE_FEATURE_DMA_BUF, data={region_index=2, open_flags=0x2, flags=0, "
		     "nr_ranges=2, dma_ranges=[{offset=0, length=0x1000}, "
		     "{offset=0x4000, length=0x2000}]}}) = 6<anon_inode:[eventfd]>");
}

static void what_is_not_known(void)
{
	struct feature in = { .head.flags = GET | 0x4321 }, out = in;

	out.bytes[1] = 0x7f;
	UNIT_FEATURE(in, out, 16, 0,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_GET|0x4321, "
		       "/* bytes 9..9 */ \"\\x7f\"}) = 0");
	in.head.flags = SET | 0x4321;
	in.bytes[2] = 0x80;
	UNIT_FEATURE(in, out, 16, -ENOTTY,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_SET|0x4321, "
		       "/* bytes 10..10 */ \"\\x80\"})"
		       " = -1 ENOTTY (Inappropriate ioctl for device)");
	/* Both, neither, and bits that no one has. */
	in.head.flags = GET | SET | VFIO_DEVICE_FEATURE_MIGRATION;
	UNIT_FEATURE(in, out, 8, -EINVAL,
		     F "{argsz=8, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_SET|VFIO_DEVICE_FEATURE_MIGRATION})"
		       " = -1 EINVAL (Invalid argument)");
	in.head.flags = 0x80000001;
	UNIT_FEATURE(in, out, 8, -EINVAL,
		     F "{argsz=8, flags=0x80000000|"
		       "VFIO_DEVICE_FEATURE_MIGRATION}) = -1 EINVAL (Invalid argument)");
	/* No answer, and not enough of the data. */
	in.head.flags = GET | VFIO_DEVICE_FEATURE_MIGRATION;
	in.bytes[2] = 0;
	UNIT_FEATURE(in, in, 16, -ENOTTY,
		     F "{argsz=16, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_MIGRATION})"
		       " = -1 ENOTTY (Inappropriate ioctl for device)");
	UNIT_FEATURE(in, out, 12, -EINVAL,
		     F "{argsz=12, flags=VFIO_DEVICE_FEATURE_GET|"
		       "VFIO_DEVICE_FEATURE_MIGRATION}) = -1 EINVAL (Invalid argument)");
}

static const struct unit_case cases[] = {
	UNIT_CASE(probe),
	UNIT_CASE(pci_vf_token),
	UNIT_CASE(migration),
	UNIT_CASE(mig_device_state),
	UNIT_CASE(low_power),
	UNIT_CASE(dma_logging_start_and_stop),
	UNIT_CASE(dma_logging_report),
	UNIT_CASE(newer_ones),
	UNIT_CASE(dma_buf),
	UNIT_CASE(what_is_not_known),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
