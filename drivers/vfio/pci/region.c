// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region that the faults of a device are put into, and that its program maps.
 *
 *	0		  RECORDS_AT			    CONSUMER_AT
 *	+--------+--------+---------------------------------+---------+
 *	| header | nothing| records			    | consumer|
 *	+--------+--------+---------------------------------+---------+
 *	  kernel	    kernel			      program	 writes
 *
 * Nothing that the program can write to is believed: the kernel has its own copy of what
 * it needs to know, and of the consumer page it reads the index alone (core/ring.h).
 *
 * A mapping keeps the device open, so that the region is there as long as it is mapped.
 * Who has got a page in another way has a reference to that page.
 */
#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "pci.h"

static_assert(sizeof(struct vfio_type1x_fault_header) <= PAGE_SIZE);
static_assert(PAGE_SIZE % sizeof(struct vfio_type1x_fault) == 0);
static_assert((T1X_REGION_NR_RECORDS & (T1X_REGION_NR_RECORDS - 1)) == 0);

/**
 * struct t1x_region_area - a part of the region that can be mapped
 * @offset: in the region
 * @size: bytes
 * @page: index of its first page
 */
struct t1x_region_area {
	size_t offset;
	size_t size;
	unsigned int page;
};

enum {
	T1X_REGION_HEADER,
	T1X_REGION_RECORDS,
	T1X_REGION_CONSUMER,
};

static const struct t1x_region_area t1x_region_areas[T1X_REGION_NR_AREAS] = {
	[T1X_REGION_HEADER] = { 0, PAGE_SIZE, 0 },
	[T1X_REGION_RECORDS] = { T1X_REGION_RECORDS_AT, T1X_REGION_ALIGN, 1 },
	[T1X_REGION_CONSUMER] = { T1X_REGION_CONSUMER_AT, PAGE_SIZE, T1X_REGION_NR_PAGES - 1 },
};

/* The area that has all of these bytes, or NULL. */
static const struct t1x_region_area *t1x_region_find(u64 offset, u64 size)
{
	const struct t1x_region_area *area = t1x_region_areas;

	for (; area < t1x_region_areas + T1X_REGION_NR_AREAS; area++)
		if (offset >= area->offset && offset - area->offset < area->size &&
		    size <= area->size - (offset - area->offset))
			return area;
	return NULL;
}

static bool t1x_region_is_writable(const struct t1x_region_area *area)
{
	return area == &t1x_region_areas[T1X_REGION_CONSUMER];
}

/* Its page at an offset in the region, which is in the area. */
static struct page *t1x_region_page(const struct t1x_region *region,
				    const struct t1x_region_area *area, u64 offset)
{
	return region->pages[area->page + ((offset - area->offset) >> PAGE_SHIFT)];
}

static void *t1x_region_area(const struct t1x_region *region, unsigned int area)
{
	return page_address(region->pages[t1x_region_areas[area].page]);
}

static struct vfio_type1x_fault *t1x_region_record(const struct t1x_region *region, u32 slot)
{
	const u32 per_page = PAGE_SIZE / sizeof(struct vfio_type1x_fault);
	unsigned int first = t1x_region_areas[T1X_REGION_RECORDS].page;
	struct vfio_type1x_fault *records;

	records = page_address(region->pages[first + slot / per_page]);
	return records + slot % per_page;
}

static struct t1x_region *t1x_region_of(struct vfio_pci_core_device *core)
{
	return container_of(core, struct t1x_pci_device, core)->region;
}

/* That the hardware has lost some is said until it is read, and not again and again. */
static bool t1x_region_claim(struct t1x_ring *ring, const struct vfio_type1x_fault *fault,
			     struct t1x_ring_slot *slot)
{
	if (fault->reason == VFIO_TYPE1X_FAULT_REASON_OVERFLOW)
		return t1x_ring_claim_notice(ring, slot);
	return t1x_ring_claim(ring, slot);
}

/* The backend tells of a fault, in any context but NMI. */
static bool t1x_region_report(struct t1x_listener *listener, const struct vfio_type1x_fault *fault)
{
	struct t1x_region *region = container_of(listener, struct t1x_region, listener);
	struct vfio_type1x_fault_header *header = t1x_region_area(region, T1X_REGION_HEADER);
	struct vfio_type1x_fault *record;
	struct t1x_ring_slot slot;
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	if (t1x_region_claim(&region->ring, fault, &slot)) {
		record = t1x_region_record(region, slot.at);
		*record = *fault;
		record->cookie = 0;
		record->sequence = slot.sequence;
		record->lost = slot.lost;
		t1x_ring_publish(&region->ring);
		irq_work_queue(&region->irq->raise);
	} else {
		WRITE_ONCE(header->lost, region->ring.lost);
	}
	raw_spin_unlock_irqrestore(&region->lock, flags);
	return READ_ONCE(region->is_watched);
}

static vm_fault_t t1x_region_fault(struct vm_fault *vmf)
{
	u64 offset = (u64)vmf->pgoff << PAGE_SHIFT & VFIO_PCI_OFFSET_MASK;
	const struct t1x_region_area *area = t1x_region_find(offset, PAGE_SIZE);

	if (!area)
		return VM_FAULT_SIGBUS;
	vmf->page = t1x_region_page(vmf->vma->vm_private_data, area, offset);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct t1x_region_vm_ops = {
	.fault = t1x_region_fault,
};

/* vfio-pci-core lets only shared mappings come here. */
static int t1x_region_mmap(struct vfio_pci_core_device *core, struct vfio_pci_region *info,
			   struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT & VFIO_PCI_OFFSET_MASK;
	const struct t1x_region_area *area;

	area = t1x_region_find(offset, vma->vm_end - vma->vm_start);
	if (!area)
		return -EINVAL;
	if (!t1x_region_is_writable(area)) {
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_private_data = info->data;
	vma->vm_ops = &t1x_region_vm_ops;
	WRITE_ONCE(t1x_region_of(core)->is_watched, true);
	return 0;
}

/* The program's index comes and goes in one piece if he who reads it does so. */
static int t1x_region_write_index(struct t1x_region *region, u64 at, const char __user *buf,
				  size_t count)
{
	struct vfio_type1x_fault_consumer *consumer =
		t1x_region_area(region, T1X_REGION_CONSUMER);
	struct vfio_type1x_fault_consumer copy = { .index = READ_ONCE(consumer->index) };

	if (copy_from_user((char *)&copy.index + at, buf, count))
		return -EFAULT;
	/* Pairs with the acquire in t1x_ring_ask(): what he read he has read. */
	smp_store_release(&consumer->index, copy.index);
	return 0;
}

static int t1x_region_read_header(struct t1x_region *region, u64 at, char __user *buf,
				  size_t count)
{
	struct vfio_type1x_fault_header *header = t1x_region_area(region, T1X_REGION_HEADER);
	struct vfio_type1x_fault_header copy = *header;

	copy.lost = READ_ONCE(header->lost);
	/* Pairs with the release in t1x_ring_publish(): the records are read later. */
	copy.producer = smp_load_acquire(&header->producer);
	return copy_to_user(buf, (char *)&copy + at, count) ? -EFAULT : 0;
}

/**
 * struct t1x_region_access - a part of read() or write() that is all of one kind
 * @at: offset in the region
 * @buf: what the user has
 * @count: bytes
 * @is_write: write()
 */
struct t1x_region_access {
	u64 at;
	char __user *buf;
	size_t count;
	bool is_write;
};

static int t1x_region_read_some(struct t1x_region *region, struct t1x_region_access *access)
{
	const size_t header_size = sizeof(struct vfio_type1x_fault_header);
	const struct t1x_region_area *area = t1x_region_find(access->at, 1);
	char *page;

	if (access->at < header_size) {
		access->count = min_t(size_t, access->count, header_size - access->at);
		return t1x_region_read_header(region, access->at, access->buf, access->count);
	}
	access->count = min_t(size_t, access->count, PAGE_SIZE - offset_in_page(access->at));
	if (!area)
		return clear_user(access->buf, access->count) ? -EFAULT : 0;
	page = page_address(t1x_region_page(region, area, access->at));
	page += offset_in_page(access->at);
	return copy_to_user(access->buf, page, access->count) ? -EFAULT : 0;
}

/* Beyond the index there is nothing that would be read by anybody but himself. */
static int t1x_region_write_some(struct t1x_region *region, struct t1x_region_access *access)
{
	const size_t index_size = sizeof_field(struct vfio_type1x_fault_consumer, index);
	u64 at = access->at - T1X_REGION_CONSUMER_AT;
	char *page = t1x_region_area(region, T1X_REGION_CONSUMER);

	if (at < index_size) {
		access->count = min_t(size_t, access->count, index_size - at);
		return t1x_region_write_index(region, at, access->buf, access->count);
	}
	return copy_from_user(page + at, access->buf, access->count) ? -EFAULT : 0;
}

/* All or nothing is reported: an error if it was not all, though some may have been done. */
static ssize_t t1x_region_rw(struct vfio_pci_core_device *core, char __user *buf, size_t count,
			     loff_t *ppos, bool is_write)
{
	struct t1x_region *region = t1x_region_of(core);
	u64 start = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t done = 0;
	int ret = 0;

	if (start >= T1X_REGION_SIZE)
		return -EINVAL;
	if (is_write && start < T1X_REGION_CONSUMER_AT)
		return -EPERM;
	count = min_t(size_t, count, T1X_REGION_SIZE - start);
	WRITE_ONCE(region->is_watched, true);
	while (!ret && done < count) {
		struct t1x_region_access access = {
			.at = start + done,
			.buf = buf + done,
			.count = count - done,
			.is_write = is_write,
		};

		ret = is_write ? t1x_region_write_some(region, &access) :
				 t1x_region_read_some(region, &access);
		done += access.count;
	}
	if (ret)
		return ret;
	*ppos += count;
	return count;
}

static int t1x_region_add_sparse(struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, T1X_REGION_NR_AREAS);
	unsigned int i;
	int ret;

	sparse = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = T1X_REGION_NR_AREAS;
	for (i = 0; i < T1X_REGION_NR_AREAS; i++) {
		sparse->areas[i].offset = t1x_region_areas[i].offset;
		sparse->areas[i].size = t1x_region_areas[i].size;
	}
	ret = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);
	return ret;
}

/* The type is vfio-pci-core's to tell. */
static int t1x_region_add_capability(struct vfio_pci_core_device *core,
				     struct vfio_pci_region *info, struct vfio_info_cap *caps)
{
	struct vfio_type1x_region_info_cap_fault cap = {
		.header = { .id = VFIO_TYPE1X_REGION_INFO_CAP_FAULT, .version = 1 },
		.version = VFIO_TYPE1X_FAULT_VERSION,
		.irq_index = T1X_PCI_IRQ_INDEX,
	};
	int ret = t1x_region_add_sparse(caps);

	return ret ?: vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}

static void t1x_region_free(struct t1x_region *region)
{
	unsigned int i;

	for (i = 0; i < T1X_REGION_NR_PAGES && region->pages[i]; i++)
		put_page(region->pages[i]);
	kfree(region);
}

/* The device was closed: nobody has it mapped, but the backend may just be calling. */
static void t1x_region_release(struct vfio_pci_core_device *core, struct vfio_pci_region *info)
{
	struct t1x_pci_device *device = container_of(core, struct t1x_pci_device, core);
	struct t1x_region *region = info->data;

	t1x_listener_remove(&region->listener);
	t1x_pci_irq_disable(&device->irq);
	device->region = NULL;
	t1x_region_free(region);
}

static const struct vfio_pci_regops t1x_region_ops = {
	.rw = t1x_region_rw,
	.release = t1x_region_release,
	.mmap = t1x_region_mmap,
	.add_capability = t1x_region_add_capability,
};

static struct t1x_region *t1x_region_alloc(struct t1x_pci_irq *irq)
{
	struct t1x_region *region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!region)
		return NULL;
	for (i = 0; i < T1X_REGION_NR_PAGES; i++) {
		region->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!region->pages[i]) {
			t1x_region_free(region);
			return NULL;
		}
	}
	region->irq = irq;
	region->listener.report = t1x_region_report;
	raw_spin_lock_init(&region->lock);
	return region;
}

static void t1x_region_fill(struct t1x_region *region)
{
	struct vfio_type1x_fault_header *header = t1x_region_area(region, T1X_REGION_HEADER);
	struct vfio_type1x_fault_consumer *consumer =
		t1x_region_area(region, T1X_REGION_CONSUMER);

	*header = (struct vfio_type1x_fault_header){
		.version = VFIO_TYPE1X_FAULT_VERSION,
		.record_size = sizeof(struct vfio_type1x_fault),
		.nr_records = T1X_REGION_NR_RECORDS,
		.records = T1X_REGION_RECORDS_AT,
		.consumer = T1X_REGION_CONSUMER_AT,
	};
	t1x_ring_init(&region->ring, &header->producer, &consumer->index, T1X_REGION_NR_RECORDS);
}

/**
 * t1x_region_create() - give a device its region, and the region the device's faults
 * @device: device that is being opened, and is enabled
 *
 * vfio-pci-core releases the region when the device is disabled.
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_region_create(struct t1x_pci_device *device)
{
	const u32 flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			  VFIO_REGION_INFO_FLAG_MMAP;
	struct t1x_region *region = t1x_region_alloc(&device->irq);
	int ret;

	if (!region)
		return -ENOMEM;
	t1x_region_fill(region);
	ret = vfio_pci_core_register_dev_region(&device->core, VFIO_TYPE1X_REGION_TYPE_NESTED,
						VFIO_TYPE1X_REGION_SUBTYPE_FAULT, &t1x_region_ops,
						T1X_REGION_SIZE, flags, region);
	if (ret) {
		t1x_region_free(region);
		return ret;
	}
	device->region = region;
	t1x_listener_add(&region->listener, device->core.pdev);
	return 0;
}
