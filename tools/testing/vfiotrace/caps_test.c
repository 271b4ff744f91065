// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capability chains, and the info ioctls that have them.
 */
#include <linux/vfio_type1x.h>
#include <linux/vfio_zdev.h>
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "newer.h"

#define C "ioctl(3</dev/vfio/vfio>, VFIO_IOMMU_GET_INFO, "
#define D "ioctl(5<anon_inode:[vfio-device]>, "
#define PGSIZES "flags=VFIO_IOMMU_INFO_PGSIZES|VFIO_IOMMU_INFO_CAPS, iova_pgsizes=0x40201000, "

/* An info structure and room for capabilities. */
struct chain {
	union {
		struct vfio_iommu_type1_info iommu;
		struct vfio_device_info device;
		struct vfio_region_info region;
		uint8_t bytes[512];
	};
	size_t end;  /* where the next one goes */
	size_t last; /* header of the one before */
};

/* Append a capability; returns where its payload goes. */
static void *chain_add(struct chain *chain, uint16_t id, uint16_t version, size_t size)
{
	struct vfio_info_cap_header *header = (void *)(chain->bytes + chain->end);

	if (chain->last)
		((struct vfio_info_cap_header *)(chain->bytes + chain->last))->next = chain->end;
	header->id = id;
	header->version = version;
	chain->last = chain->end;
	chain->end += (size + 7) / 8 * 8;
	return header;
}

static struct chain chain_iommu(void)
{
	struct chain chain = {
		.iommu = { .flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
			   .iova_pgsizes = 0x40201000,
			   .cap_offset = 24 },
		.end = 24,
	};

	return chain;
}

/* The kernel has filled in @chain; argsz was what it takes, or @argsz. */
static const char *differs(enum decode_kind kind, uint32_t number, struct chain *chain,
			   const char *expected)
{
	struct chain in = { 0 };
	struct fake fake = {
		.kind = kind, .number = number, .in = &in, .out = chain, .size = chain->end
	};

	in.iommu.argsz = chain->end;
	chain->iommu.argsz = chain->end;
	return fake_differs(&fake, expected);
}

#define UNIT_IOMMU(chain, text)								\
	UNIT_AGREE(differs(DECODE_CONTAINER, VFIO_IOMMU_GET_INFO, chain, text))
#define UNIT_DEVICE(chain, text)							\
	UNIT_AGREE(differs(DECODE_DEVICE, VFIO_DEVICE_GET_INFO, chain, text))
#define UNIT_REGION(chain, text)							\
	UNIT_AGREE(differs(DECODE_DEVICE, VFIO_DEVICE_GET_REGION_INFO, chain, text))

/* What programs ask first: how much room do the capabilities need? */
static void iommu_info_without_room(void)
{
	struct vfio_iommu_type1_info in = { .argsz = 24 }, out = in;
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_GET_INFO), FAKE_BOTH(in, out) };

	out.argsz = 120;
	out.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	out.iova_pgsizes = 0x40201000;
	UNIT_AGREE(fake_differs(&fake, C "{argsz=24 => 120, " PGSIZES "cap_offset=0}) = 0"));
	/* From before there were capabilities. */
	in.argsz = 16;
	out.argsz = 16;
	out.flags = VFIO_IOMMU_INFO_PGSIZES;
	fake.size = 16;
	UNIT_AGREE(fake_differs(&fake, C "{argsz=16, flags=VFIO_IOMMU_INFO_PGSIZES, "
					 "iova_pgsizes=0x40201000}) = 0"));
}

static void iommu_caps_of_type1(void)
{
	struct chain chain = chain_iommu();
	struct vfio_iommu_type1_info_cap_migration *migration;
	struct vfio_iommu_type1_info_cap_iova_range *range;
	struct vfio_iommu_type1_info_dma_avail *avail;

	migration = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 1, sizeof(*migration));
	migration->pgsize_bitmap = 4096;
	migration->max_dirty_bitmap_size = 256 << 20;
	avail = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, sizeof(*avail));
	avail->avail = 65535;
	range = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1,
			  sizeof(*range) + 2 * sizeof(range->iova_ranges[0]));
	range->nr_iovas = 2;
	range->iova_ranges[0] = (struct vfio_iova_range){ 0, 0xfedfffff };
	range->iova_ranges[1] = (struct vfio_iova_range){ 0xfef00000, 0x7fffffffff };
	UNIT_IOMMU(&chain,
		   C "{argsz=120, " PGSIZES "cap_offset=24, caps=["
		     "{header={id=VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, version=1, next=56}, "
		     "flags=0, pgsize_bitmap=0x1000, max_dirty_bitmap_size=268435456}, "
		     "{header={id=VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version=1, next=72}, "
		     "avail=65535}, "
		     "{header={id=VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, version=1, next=0}, "
		     "nr_iovas=2, iova_ranges=[{start=0, end=0xfedfffff}, "
		     "{start=0xfef00000, end=0x7fffffffff}]}]}) = 0");
}

static void iommu_caps_of_type1x(void)
{
	struct chain chain = chain_iommu();
	struct vfio_iommu_type1_info_cap_driver *driver;
	struct vfio_iommu_type1_info_cap_dirty *dirty;

	driver = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER, 1, sizeof(*driver));
	driver->version = 0x000100;
	strcpy((char *)driver->name, "vfio-iommu-type1x");
	memset(driver->release, '9', sizeof(driver->release));
	dirty = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY, 1, sizeof(*dirty));
	dirty->flags = VFIO_IOMMU_DIRTY_CAP_PEEK | VFIO_IOMMU_DIRTY_CAP_CLEAR |
		       VFIO_IOMMU_DIRTY_CAP_RANGE;
	UNIT_IOMMU(&chain, C "{argsz=120, " PGSIZES "cap_offset=24, caps=["
			     "{header={id=VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER, version=1, next=104}, "
			     "version=0x100, flags=0, name=\"vfio-iommu-type1x\", "
			     "release=\"99999999999999999999999999999999\"...}, "
			     "{header={id=VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY, version=1, next=0}, "
			     "flags=VFIO_IOMMU_DIRTY_CAP_PEEK|VFIO_IOMMU_DIRTY_CAP_CLEAR|"
			     "VFIO_IOMMU_DIRTY_CAP_RANGE}]}) = 0");
}

static void iommu_cap_of_faults(void)
{
	struct chain chain = chain_iommu();
	struct vfio_iommu_type1_info_cap_fault *fault;

	fault = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_CAP_FAULT, 1, sizeof(*fault));
	fault->flags = VFIO_IOMMU_FAULT_CAP_COMPLETE;
	fault->sources = 0x22;
	fault->record_size = 128;
	fault->max_records = 65536;
	UNIT_IOMMU(&chain, C "{argsz=48, " PGSIZES "cap_offset=24, caps=["
			     "{header={id=VFIO_IOMMU_TYPE1_INFO_CAP_FAULT, version=1, next=0}, "
			     "flags=VFIO_IOMMU_FAULT_CAP_COMPLETE, sources=0x22, "
			     "record_size=128, max_records=65536}]}) = 0");
}

static void unknown_caps(void)
{
	struct chain chain = chain_iommu();
	uint8_t *payload;

	payload = chain_add(&chain, 0x1234, 7, 16);
	payload[9] = 0xab;
	payload[10] = 0xcd;
	/* Of a known one in a version to come nothing but the name is known. */
	payload = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 2, 16);
	payload[8] = 1;
	UNIT_IOMMU(&chain,
		   C "{argsz=56, " PGSIZES "cap_offset=24, caps=["
		     "{header={id=0x1234, version=7, next=40}, /* bytes 33..34 */ \"\\xab\\xcd\"}, "
		     "{header={id=VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version=2, next=0}, "
		     "/* bytes 48..48 */ \"\\x01\"}]}) = 0");
}

static void broken_chains(void)
{
	struct chain chain = chain_iommu();
	struct vfio_iommu_type1_info_dma_avail *avail;
	struct vfio_iommu_type1_info_cap_iova_range *range;

	/* Back to itself. */
	avail = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, sizeof(*avail));
	avail->header.next = 24;
	UNIT_IOMMU(&chain, C "{argsz=40, " PGSIZES "cap_offset=24, caps=["
			     "{header={id=VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version=1, next=24}, "
			     "avail=0}, ...]}) = 0");
	/* To where nothing is. */
	avail->header.next = 0xfffffff8;
	UNIT_IOMMU(&chain,
		   C "{argsz=40, " PGSIZES "cap_offset=24, caps=["
		     "{header={id=VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version=1, next=4294967288}, "
		     "avail=0}, ...]}) = 0");
	chain.iommu.cap_offset = 39;
	UNIT_IOMMU(&chain, C "{argsz=40, " PGSIZES "cap_offset=39, caps=[...]}) = 0");
	/* More elements than there is room for. */
	chain = chain_iommu();
	range = chain_add(&chain, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1,
			  sizeof(*range) + sizeof(range->iova_ranges[0]));
	range->nr_iovas = 0xffffffff;
	UNIT_IOMMU(&chain,
		   C "{argsz=56, " PGSIZES "cap_offset=24, caps=["
		     "{header={id=VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, version=1, next=0}, "
		     "nr_iovas=4294967295, iova_ranges=[{start=0, end=0}, ...]}]}) = 0");
}

static struct chain chain_device(void)
{
	struct chain chain = {
		.device = { .flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_CAPS,
			    .num_regions = 9,
			    .num_irqs = 5,
			    .cap_offset = 24 },
		.end = 24,
	};

	return chain;
}

#define DEVICE "flags=VFIO_DEVICE_FLAGS_PCI|VFIO_DEVICE_FLAGS_CAPS, num_regions=9, num_irqs=5, " \
	"cap_offset=24, caps=["

static void device_info(void)
{
	struct vfio_device_info in = { .argsz = sizeof(in) }, out = in;
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_GET_INFO), FAKE_BOTH(in, out) };

	out.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_CDX;
	out.num_regions = 9;
	out.num_irqs = 5;
	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_GET_INFO, {argsz=20, "
				  "flags=VFIO_DEVICE_FLAGS_RESET|VFIO_DEVICE_FLAGS_PCI|"
				  "VFIO_DEVICE_FLAGS_CDX, num_regions=9, num_irqs=5, cap_offset=0})"
				  " = 0"));
	UNIT_CHECK(fake.state.device_flags == out.flags);
}

static void device_caps_of_zpci(void)
{
	struct chain chain = chain_device();
	struct vfio_device_info_cap_zpci_base *base;
	struct vfio_device_info_cap_zpci_group *group;

	base = chain_add(&chain, VFIO_DEVICE_INFO_CAP_ZPCI_BASE, 1, sizeof(*base));
	base->start_dma = 0x100000000;
	base->end_dma = 0x1ffffffff;
	base->pchid = 0x1c2;
	base->vfn = 1;
	base->fmb_length = 128;
	base->pft = 2;
	base->gid = 3;
	base->fh = 0xdead;
	group = chain_add(&chain, VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, 1, sizeof(*group));
	group->dasm = 0xfff;
	group->flags = VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH;
	group->mui = 4000;
	group->noi = 2048;
	group->maxstbl = 128;
	group->version = 1;
	group->imaxstbl = 99;
	UNIT_DEVICE(&chain,
		    D "VFIO_DEVICE_GET_INFO, {argsz=112, " DEVICE
		      "{header={id=VFIO_DEVICE_INFO_CAP_ZPCI_BASE, version=1, next=64}, "
		      "start_dma=0x100000000, end_dma=0x1ffffffff, pchid=0x1c2, vfn=1, "
		      "fmb_length=128, pft=0x2, gid=0x3}, "
		      "{header={id=VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, version=1, next=0}, "
		      "dasm=0xfff, msi_addr=0, flags=VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH, mui=4000, "
		      "noi=2048, maxstbl=128, version=1}]}) = 0");
	base->header.version = 2;
	group->header.version = 2;
	UNIT_DEVICE(&chain,
		    D "VFIO_DEVICE_GET_INFO, {argsz=112, " DEVICE
		      "{header={id=VFIO_DEVICE_INFO_CAP_ZPCI_BASE, version=2, next=64}, "
		      "start_dma=0x100000000, end_dma=0x1ffffffff, pchid=0x1c2, vfn=1, "
		      "fmb_length=128, pft=0x2, gid=0x3, fh=0xdead}, "
		      "{header={id=VFIO_DEVICE_INFO_CAP_ZPCI_GROUP, version=2, next=0}, "
		      "dasm=0xfff, msi_addr=0, flags=VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH, mui=4000, "
		      "noi=2048, maxstbl=128, version=1, imaxstbl=99}]}) = 0");
}

static void device_caps_of_any_length(void)
{
	struct chain chain = chain_device();
	struct vfio_device_info_cap_zpci_util *util;
	struct vfio_device_info_cap_zpci_pfip *pfip;
	struct newer_cap_pci_atomic_comp *atomic;

	util = chain_add(&chain, VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, 1, sizeof(*util) + 3);
	util->size = 3;
	memcpy(util->util_str, "\xc1\xc2\x40", 3);
	pfip = chain_add(&chain, VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, 1, sizeof(*pfip) + 2);
	pfip->size = 2;
	pfip->pfip[1] = 5;
	atomic = chain_add(&chain, VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP, 1, sizeof(*atomic));
	atomic->flags = VFIO_PCI_ATOMIC_COMP32 | VFIO_PCI_ATOMIC_COMP128;
	UNIT_DEVICE(&chain,
		    D "VFIO_DEVICE_GET_INFO, {argsz=72, " DEVICE
		      "{header={id=VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, version=1, next=40}, size=3, "
		      "util_str=[0xc1, 0xc2, 0x40]}, "
		      "{header={id=VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, version=1, next=56}, size=2, "
		      "pfip=[0, 0x5]}, "
		      "{header={id=VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP, version=1, next=0}, "
		      "flags=VFIO_PCI_ATOMIC_COMP32|VFIO_PCI_ATOMIC_COMP128}]}) = 0");
}

#define REGION "VFIO_DEVICE_GET_REGION_INFO, "
#define BAR "flags=VFIO_REGION_INFO_FLAG_READ|VFIO_REGION_INFO_FLAG_CAPS, index=0, " \
	"cap_offset=32, size=0x4000, offset=0, caps=["

static struct chain chain_region(void)
{
	struct chain chain = {
		.region = { .flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_CAPS,
			    .cap_offset = 32,
			    .size = 0x4000 },
		.end = 32,
	};

	return chain;
}

static void region_caps(void)
{
	struct chain chain = chain_region();
	struct vfio_region_info_cap_sparse_mmap *sparse;

	sparse = chain_add(&chain, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1,
			   sizeof(*sparse) + 2 * sizeof(sparse->areas[0]));
	sparse->nr_areas = 2;
	sparse->areas[0].size = 0x2000;
	sparse->areas[1].offset = 0x3000;
	sparse->areas[1].size = 0x1000;
	chain_add(&chain, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1, 8);
	UNIT_REGION(&chain, D REGION
		    "{argsz=88, " BAR
		    "{header={id=VFIO_REGION_INFO_CAP_SPARSE_MMAP, version=1, next=80}, "
		    "nr_areas=2, areas=[{offset=0, size=0x2000}, {offset=0x3000, size=0x1000}]}, "
		    "{header={id=VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, version=1, next=0}}]}) = 0");
}

static void region_cap_nvlink(void)
{
	struct chain chain = chain_region();
	struct vfio_region_info_cap_nvlink2_ssatgt *target;
	struct vfio_region_info_cap_nvlink2_lnkspd *speed;

	target = chain_add(&chain, VFIO_REGION_INFO_CAP_NVLINK2_SSATGT, 1, sizeof(*target));
	target->tgt = 0x30000000000;
	speed = chain_add(&chain, VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD, 1, sizeof(*speed));
	speed->link_speed = 9;
	UNIT_REGION(&chain, D REGION
		    "{argsz=64, " BAR
		    "{header={id=VFIO_REGION_INFO_CAP_NVLINK2_SSATGT, version=1, next=48}, "
		    "tgt=0x30000000000}, "
		    "{header={id=VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD, version=1, next=0}, "
		    "link_speed=0x9}]}) = 0");
}

static void region_cap_fault(void)
{
	struct chain chain = chain_region();
	struct vfio_type1x_region_info_cap_fault *fault;

	fault = chain_add(&chain, VFIO_TYPE1X_REGION_INFO_CAP_FAULT, 1, sizeof(*fault));
	fault->version = 1;
	fault->irq_index = 5;
	UNIT_REGION(&chain,
		    D REGION "{argsz=48, " BAR
			     "{header={id=VFIO_TYPE1X_REGION_INFO_CAP_FAULT, version=1, next=0}, "
			     "version=1, irq_index=5}]}) = 0");
}

static const char *region_type_differs(uint32_t type, uint32_t subtype, const char *names)
{
	struct chain chain = chain_region();
	struct vfio_region_info_cap_type *cap;
	char text[512];

	cap = chain_add(&chain, VFIO_REGION_INFO_CAP_TYPE, 1, sizeof(*cap));
	cap->type = type;
	cap->subtype = subtype;
	snprintf(text, sizeof(text),
		 D REGION "{argsz=48, " BAR
			  "{header={id=VFIO_REGION_INFO_CAP_TYPE, version=1, next=0}, %s}]}) = 0",
		 names);
	return differs(DECODE_DEVICE, VFIO_DEVICE_GET_REGION_INFO, &chain, text);
}

static void region_cap_type(void)
{
	UNIT_AGREE(region_type_differs(0x80008086, 1,
				       "type=VFIO_REGION_TYPE_PCI_VENDOR_TYPE|0x8086, "
				       "subtype=VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION"));
	UNIT_AGREE(region_type_differs(0x800010de, 1,
				       "type=VFIO_REGION_TYPE_PCI_VENDOR_TYPE|0x10de, "
				       "subtype=VFIO_REGION_SUBTYPE_NVIDIA_NVLINK2_RAM"));
	UNIT_AGREE(region_type_differs(0x80001014, 1,
				       "type=VFIO_REGION_TYPE_PCI_VENDOR_TYPE|0x1014, "
				       "subtype=VFIO_REGION_SUBTYPE_IBM_NVLINK2_ATSD"));
	UNIT_AGREE(region_type_differs(0x80001234, 1,
				       "type=VFIO_REGION_TYPE_PCI_VENDOR_TYPE|0x1234, "
				       "subtype=0x1"));
	UNIT_AGREE(region_type_differs(1, 1,
				       "type=VFIO_REGION_TYPE_GFX, "
				       "subtype=VFIO_REGION_SUBTYPE_GFX_EDID"));
	UNIT_AGREE(region_type_differs(2, 3,
				       "type=VFIO_REGION_TYPE_CCW, "
				       "subtype=VFIO_REGION_SUBTYPE_CCW_CRW"));
	UNIT_AGREE(region_type_differs(3, 1,
				       "type=VFIO_REGION_TYPE_MIGRATION_DEPRECATED, "
				       "subtype=VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED"));
	UNIT_AGREE(region_type_differs(0x74317801, 1,
				       "type=VFIO_TYPE1X_REGION_TYPE_NESTED, "
				       "subtype=VFIO_TYPE1X_REGION_SUBTYPE_FAULT"));
	UNIT_AGREE(region_type_differs(9, 9, "type=0x9, subtype=0x9"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(iommu_info_without_room),
	UNIT_CASE(iommu_caps_of_type1),
	UNIT_CASE(iommu_caps_of_type1x),
	UNIT_CASE(iommu_cap_of_faults),
	UNIT_CASE(unknown_caps),
	UNIT_CASE(broken_chains),
	UNIT_CASE(device_info),
	UNIT_CASE(device_caps_of_zpci),
	UNIT_CASE(device_caps_of_any_length),
	UNIT_CASE(region_caps),
	UNIT_CASE(region_cap_nvlink),
	UNIT_CASE(region_cap_fault),
	UNIT_CASE(region_cap_type),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
