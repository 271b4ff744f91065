// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for all ioctls: numbers with two meanings, argsz, errors, and calls
 * that do not end.
 */
#include <errno.h>
#include <linux/ioctl.h>
#include <linux/vfio_type1x.h>
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "newer.h"

#define C "ioctl(3</dev/vfio/vfio>, "
#define D "ioctl(5<anon_inode:[vfio-device]>, "

struct meaning {
	uint32_t number;
	const char *container;
	const char *device;
};

/* One number, two names: the file decides. */
static const struct meaning meanings[] = {
	{ 0x3b70, "VFIO_IOMMU_GET_INFO", "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO" },
	{ 0x3b71, "VFIO_IOMMU_MAP_DMA", "VFIO_DEVICE_PCI_HOT_RESET" },
	{ 0x3b72, "VFIO_IOMMU_UNMAP_DMA", "VFIO_DEVICE_QUERY_GFX_PLANE" },
	{ 0x3b73, "VFIO_IOMMU_ENABLE", "VFIO_DEVICE_GET_GFX_DMABUF" },
	{ 0x3b74, "VFIO_IOMMU_DISABLE", "VFIO_DEVICE_IOEVENTFD" },
	{ 0x3b75, "VFIO_IOMMU_DIRTY_PAGES", "VFIO_DEVICE_FEATURE" },
	{ 0x3b76, "VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY", "VFIO_DEVICE_BIND_IOMMUFD" },
	{ 0x3b77, "VFIO_IOMMU_SPAPR_TCE_CREATE", "VFIO_DEVICE_ATTACH_IOMMUFD_PT" },
	{ 0x3b78, "VFIO_IOMMU_SPAPR_TCE_REMOVE", "VFIO_DEVICE_DETACH_IOMMUFD_PT" },
	{ 0x3b79, "VFIO_EEH_PE_OP", "_IOC(_IOC_NONE, 0x3b, 0x79, 0)" },
	{ 0x3b7a, "_IOC(_IOC_NONE, 0x3b, 0x7a, 0)", "VFIO_DEVICE_BIND_TASK" },
	{ 0x3b7b, "_IOC(_IOC_NONE, 0x3b, 0x7b, 0)", "VFIO_DEVICE_UNBIND_TASK" },
	{ 0x3b7d, "VFIO_IOMMU_SVM_UNBIND", "_IOC(_IOC_NONE, 0x3b, 0x7d, 0)" },
	{ 0x3b7e, "VFIO_IOMMU_SVM_BIND", "_IOC(_IOC_NONE, 0x3b, 0x7e, 0)" },
};

static const char *begins(struct fake *fake, const char *prefix, const char *name)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "%s%s", prefix, name);
	return strncmp(fake_text(fake), expected, strlen(expected)) ? fake_text(fake) : NULL;
}

static void numbers_of_two_meanings(void)
{
	for (size_t i = 0; i < UNIT_COUNT(meanings); i++) {
		struct fake container = { FAKE_CONTAINER(meanings[i].number) };
		struct fake device = { FAKE_DEVICE(meanings[i].number) };

		UNIT_AGREE(begins(&container, C, meanings[i].container));
		UNIT_AGREE(begins(&device, D, meanings[i].device));
	}
}

struct form {
	enum decode_kind kind;
	uint32_t number;
	uint32_t least; /* as the kernel has it */
};

static const struct form forms[] = {
	{ DECODE_CONTAINER, VFIO_IOMMU_GET_INFO, 16 },
	{ DECODE_CONTAINER, VFIO_IOMMU_MAP_DMA, 32 },
	{ DECODE_CONTAINER, VFIO_IOMMU_UNMAP_DMA, 24 },
	{ DECODE_CONTAINER, VFIO_IOMMU_DIRTY_PAGES, 8 },
	{ DECODE_CONTAINER, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, 24 },
	{ DECODE_CONTAINER, VFIO_IOMMU_SPAPR_TCE_CREATE, 40 },
	{ DECODE_CONTAINER, VFIO_IOMMU_SPAPR_TCE_REMOVE, 16 },
	{ DECODE_CONTAINER, VFIO_EEH_PE_OP, 12 },
	{ DECODE_CONTAINER, VFIO_IOMMU_SVM_BIND, 24 },
	{ DECODE_CONTAINER, VFIO_IOMMU_SVM_UNBIND, 12 },
	{ DECODE_GROUP, VFIO_GROUP_GET_STATUS, 8 },
	{ DECODE_DEVICE, VFIO_DEVICE_GET_INFO, 16 },
	{ DECODE_DEVICE, VFIO_DEVICE_GET_REGION_INFO, 32 },
	{ DECODE_DEVICE, VFIO_DEVICE_GET_IRQ_INFO, 16 },
	{ DECODE_DEVICE, VFIO_DEVICE_SET_IRQS, 20 },
	{ DECODE_DEVICE, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, 12 },
	{ DECODE_DEVICE, VFIO_DEVICE_PCI_HOT_RESET, 12 },
	{ DECODE_DEVICE, VFIO_DEVICE_QUERY_GFX_PLANE, 60 },
	{ DECODE_DEVICE, VFIO_DEVICE_IOEVENTFD, 28 },
	{ DECODE_DEVICE, VFIO_DEVICE_FEATURE, 8 },
	{ DECODE_DEVICE, VFIO_DEVICE_BIND_IOMMUFD, 16 },
	{ DECODE_DEVICE, VFIO_DEVICE_ATTACH_IOMMUFD_PT, 12 },
	{ DECODE_DEVICE, VFIO_DEVICE_DETACH_IOMMUFD_PT, 8 },
	{ DECODE_DEVICE, VFIO_DEVICE_BIND_TASK, 24 },
	{ DECODE_DEVICE, VFIO_DEVICE_UNBIND_TASK, 12 },
	{ DECODE_MIGRATION, VFIO_MIG_GET_PRECOPY_INFO, 24 },
};

static const char *ends(struct fake *fake, const char *end)
{
	const char *text = fake_text(fake);
	size_t length = strlen(text), wanted = strlen(end);

	return length < wanted || strcmp(text + length - wanted, end) ? text : NULL;
}

/* An address and nothing else if argsz, or the memory, is too short; else a struct. */
static void argsz_too_short(void)
{
	uint32_t in[64] = { 0 };

	for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
		struct fake fake = { .kind = forms[i].kind,
				     .number = forms[i].number,
				     FAKE_IN(in),
				     .result = -EINVAL };
		struct fake nowhere = fake;

		in[0] = forms[i].least;
		UNIT_CHECK(strstr(fake_text(&fake), ", {argsz="));
		fake.size = forms[i].least - 1;
		UNIT_AGREE(ends(&fake, ", 0x10000) = -1 EINVAL (Invalid argument)"));
		fake.size = sizeof(in);
		in[0] = forms[i].least - 1;
		UNIT_AGREE(ends(&fake, ", 0x10000) = -1 EINVAL (Invalid argument)"));
		in[0] = 0;
		UNIT_AGREE(ends(&fake, ", 0x10000) = -1 EINVAL (Invalid argument)"));
		nowhere.in = NULL;
		UNIT_AGREE(ends(&nowhere, ", NULL) = -1 EINVAL (Invalid argument)"));
	}
}

/* Bytes that nothing is known of, from the first that is not zero to the last. */
static void argsz_too_long(void)
{
	uint8_t in[4096] = { 0 };
	struct fake fake = { FAKE_CONTAINER(VFIO_IOMMU_UNMAP_DMA), FAKE_IN(in) };
	const uint32_t argsz = sizeof(in);

	memcpy(in, &argsz, sizeof(argsz));
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_UNMAP_DMA, {argsz=4096, flags=0, iova=0, "
					 "size=0}) = 0"));
	in[100] = 1;
	in[102] = 3;
	UNIT_AGREE(fake_differs(&fake, C "VFIO_IOMMU_UNMAP_DMA, {argsz=4096, flags=0, iova=0, "
					 "size=0, /* bytes 100..102 */ \"\\x01\\x00\\x03\"}) = 0"));
	in[4095] = 1;
	UNIT_AGREE(fake_differs(&fake, C
				"VFIO_IOMMU_UNMAP_DMA, {argsz=4096, flags=0, iova=0, "
				"size=0, /* bytes 100..4095 */ \"\\x01\\x00\\x03\\x00\\x00\\x00"
				"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
				"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
				"\\x00\"...}) = 0"));
}

static void long_arrays(void)
{
	struct {
		struct vfio_irq_set set;
		uint8_t data[33];
	} in = { .set = { .argsz = 53, .flags = VFIO_IRQ_SET_DATA_BOOL, .count = 33 } };
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_SET_IRQS), FAKE_IN(in) };

	UNIT_AGREE(fake_differs(&fake,
				D "VFIO_DEVICE_SET_IRQS, {argsz=53, "
				  "flags=VFIO_IRQ_SET_DATA_BOOL, index=0, start=0, count=33, "
				  "data=[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
				  "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...]}) = 0"));
}

static void errors(void)
{
	struct fake fake = { FAKE_DEVICE(VFIO_DEVICE_RESET), .result = -512 };

	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_RESET) = ? ERESTARTSYS (interrupted)"));
	fake.result = -EINTR;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_RESET)"
					 " = -1 EINTR (Interrupted system call)"));
	fake.result = -999;
	UNIT_AGREE(fake_differs(&fake, D "VFIO_DEVICE_RESET) = -1 (errno 999)"));
}

/* The program died in the call: what it passed, and no answer. */
static void calls_without_end(void)
{
	struct vfio_iommu_type1_dma_unmap in = { .argsz = 24, .iova = 0x1000, .size = 0x1000 };
	struct vfio_irq_info irq = { .argsz = 16, .index = 3 };
	struct fake unmap = { FAKE_CONTAINER(VFIO_IOMMU_UNMAP_DMA), FAKE_IN(in),
			      .has_not_ended = true };
	struct fake info = { FAKE_DEVICE(VFIO_DEVICE_GET_IRQ_INFO), FAKE_IN(irq),
			     .has_not_ended = true };

	UNIT_AGREE(fake_differs(&unmap, C "VFIO_IOMMU_UNMAP_DMA, {argsz=24, flags=0, "
					  "iova=0x1000, size=0x1000}) = ?"));
	UNIT_AGREE(fake_differs(&info, D "VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, index=3}) = ?"));
}

static void unknown_requests(void)
{
	struct fake fake = { FAKE_CONTAINER(0x3bc0), .value = 0x7ff000, .result = -ENOTTY };

	UNIT_AGREE(fake_differs(&fake, C "_IOC(_IOC_NONE, 0x3b, 0xc0, 0), 0x7ff000)"
					 " = -1 ENOTTY (Inappropriate ioctl for device)"));
	fake.number = _IOWR(';', 0x65, uint64_t);
	UNIT_AGREE(fake_differs(&fake, C "_IOC(_IOC_READ|_IOC_WRITE, 0x3b, 0x65, 0x8), 0x7ff000)"
					 " = -1 ENOTTY (Inappropriate ioctl for device)"));
	/* What belongs to another file. */
	fake.kind = DECODE_GROUP;
	fake.number = VFIO_IOMMU_MAP_DMA;
	UNIT_AGREE(fake_differs(&fake, "ioctl(4</dev/vfio/12>, _IOC(_IOC_NONE, 0x3b, 0x71, 0), "
				       "0x7ff000) = -1 ENOTTY (Inappropriate ioctl for device)"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(numbers_of_two_meanings),
	UNIT_CASE(argsz_too_short),
	UNIT_CASE(argsz_too_long),
	UNIT_CASE(long_arrays),
	UNIT_CASE(errors),
	UNIT_CASE(calls_without_end),
	UNIT_CASE(unknown_requests),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
