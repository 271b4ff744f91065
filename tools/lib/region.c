// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region.h"

#define INFO_BYTES	512

static int region_ioctl(int device, unsigned long request, void *arg)
{
	int ret = ioctl(device, request, arg);

	return ret < 0 ? -errno : ret;
}

static void region_read_cap(struct region *region, const struct vfio_info_cap_header *header)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse = (const void *)header;
	const struct vfio_region_info_cap_type *type = (const void *)header;

	switch (header->id) {
	case VFIO_REGION_INFO_CAP_TYPE:
		region->type = type->type;
		region->subtype = type->subtype;
		break;
	case VFIO_REGION_INFO_CAP_SPARSE_MMAP:
		region->nr_areas = sparse->nr_areas;
		must_be(sparse->nr_areas <= REGION_AREAS);
		memcpy(region->areas, sparse->areas, sparse->nr_areas * sizeof(*sparse->areas));
		break;
	case VFIO_TYPE1X_REGION_INFO_CAP_FAULT:
		memcpy(&region->cap, header, sizeof(region->cap));
		break;
	}
}

/* Is it that of that index? */
static bool region_is_at(struct region *region, int device, uint32_t index)
{
	union {
		struct vfio_region_info info;
		char bytes[INFO_BYTES];
	} buf = { .info = { .argsz = sizeof(buf), .index = index } };
	const struct vfio_info_cap_header *header;
	uint32_t at;

	if (region_ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &buf.info) ||
	    !(buf.info.flags & VFIO_REGION_INFO_FLAG_CAPS))
		return false;
	*region = (struct region){
		.device = device,
		.index = index,
		.flags = buf.info.flags,
		.offset = buf.info.offset,
		.size = buf.info.size,
	};
	for (at = buf.info.cap_offset; at; at = header->next) {
		must_be(at < sizeof(buf));
		header = (const void *)(buf.bytes + at);
		region_read_cap(region, header);
	}
	return region->type == VFIO_TYPE1X_REGION_TYPE_NESTED &&
	       region->subtype == VFIO_TYPE1X_REGION_SUBTYPE_FAULT;
}

int __region_find(struct region *region, int device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret = region_ioctl(device, VFIO_DEVICE_GET_INFO, &info);
	uint32_t i;

	if (ret)
		return ret;
	for (i = VFIO_PCI_NUM_REGIONS; i < info.num_regions; i++)
		if (region_is_at(region, device, i))
			return 0;
	return -ENOENT;
}

void *__region_mmap(const struct region *region, uint64_t at, size_t size, int prot, int flags)
{
	void *addr = mmap(NULL, size, prot, flags, region->device, region->offset + at);

	return addr == MAP_FAILED ? (void *)(long)-errno : addr;
}

int __region_open(struct region *region, int device)
{
	int ret = __region_find(region, device);
	uint32_t i;

	for (i = 0; !ret && i < region->nr_areas; i++) {
		int prot = i == REGION_CONSUMER ? PROT_READ | PROT_WRITE : PROT_READ;

		region->mapped[i] = __region_mmap(region, region->areas[i].offset,
						  region->areas[i].size, prot, MAP_SHARED);
		if ((long)region->mapped[i] < 0 && (long)region->mapped[i] > -4096)
			ret = (long)region->mapped[i];
	}
	if (!ret)
		region->next = region_consumer(region)->index;
	return ret;
}

void region_close(struct region *region)
{
	for (uint32_t i = 0; i < region->nr_areas; i++)
		munmap(region->mapped[i], region->areas[i].size);
	region->nr_areas = 0;
}

bool region_take(struct region *region, struct vfio_type1x_fault *record)
{
	const struct vfio_type1x_fault_header *header = region_header(region);
	const char *records = region->mapped[REGION_RECORDS];
	uint32_t slot = region->next % header->nr_records;

	if (region->next == __atomic_load_n(&header->producer, __ATOMIC_ACQUIRE))
		return false;
	memcpy(record, records + (size_t)slot * header->record_size, sizeof(*record));
	__atomic_store_n(&region_consumer(region)->index, ++region->next, __ATOMIC_RELEASE);
	return true;
}

bool region_await(struct region *region, struct vfio_type1x_fault *record, int ms)
{
	while (!region_take(region, record)) {
		if (!ms--)
			return false;
		usleep(1000);
	}
	return true;
}

int __region_set_irq(int device, uint32_t index, uint32_t flags, uint32_t count,
		     const int32_t *data)
{
	union {
		struct vfio_irq_set set;
		char bytes[sizeof(struct vfio_irq_set) + sizeof(*data)];
	} buf = { .set = { .argsz = sizeof(buf), .flags = flags, .index = index, .count = count } };

	if (data)
		memcpy(buf.set.data, data, sizeof(*data));
	else
		buf.set.argsz = sizeof(buf.set);
	return region_ioctl(device, VFIO_DEVICE_SET_IRQS, &buf.set);
}

int __region_eventfd(const struct region *region, int fd)
{
	return __region_set_irq(region->device, region->cap.irq_index,
				VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 1, &fd);
}
