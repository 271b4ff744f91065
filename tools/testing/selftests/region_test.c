// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault region of a device: what there is, who may map and write what, what is put
 * into it, and the interrupt that says so.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "child.h"
#include "fault.h"
#include "proc.h"
#include "region_example.h"
#include "regionbox.h"

#define RECORD		sizeof(struct vfio_type1x_fault)
#define AREA		KIB(64)
#define NR_RECORDS	(AREA / RECORD)
#define SIZE		(2 * AREA + PAGE)
#define IRQ		VFIO_PCI_NUM_IRQS
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER

FIXTURE(nested) {
	struct regionbox box;
	struct region region; /* without mappings */
	int ti;
	int fd;
	struct vfio_type1x_fault records[NR_RECORDS];
};

FIXTURE_SETUP(nested)
{
	regionbox_open(&self->box);
	self->region = self->box.region;
	self->ti = self->box.ti;
	self->fd = self->box.device.fd;
}

FIXTURE_TEARDOWN(nested)
{
	regionbox_close(&self->box);
	EXPECT_EQ(proc_locked(), 0);
}

TEST_F(nested, info)
{
	const uint64_t offsets[] = { 0, AREA, 2 * AREA }, sizes[] = { PAGE, AREA, PAGE };
	struct vfio_region_info small = { .argsz = sizeof(small), .index = VFIO_PCI_NUM_REGIONS };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	const struct region *region = &self->region;

	ASSERT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.flags & VFIO_DEVICE_FLAGS_PCI, VFIO_DEVICE_FLAGS_PCI);
	EXPECT_EQ(info.num_regions, VFIO_PCI_NUM_REGIONS + 1);
	EXPECT_EQ(info.num_irqs, VFIO_PCI_NUM_IRQS + 1);
	EXPECT_EQ(region->index, VFIO_PCI_NUM_REGIONS);
	EXPECT_EQ(region->flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
					 VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_EQ(region->size, SIZE);
	EXPECT_EQ(region->cap.header.version, 1);
	EXPECT_EQ(region->cap.version, VFIO_TYPE1X_FAULT_VERSION);
	EXPECT_EQ(region->cap.irq_index, IRQ);
	ASSERT_EQ(region->nr_areas, 3);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(region->areas[i].offset, offsets[i]);
		EXPECT_EQ(region->areas[i].size, sizes[i]);
	}
	/* How much room it needs is told, and nothing else is touched. */
	ASSERT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_REGION_INFO, &small), 0);
	EXPECT_GT(small.argsz, sizeof(small));
	EXPECT_EQ(small.cap_offset, 0);
	info.argsz = offsetof(struct vfio_device_info, num_irqs);
	EXPECT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_INFO, &info), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_INFO, NULL), -1);
	EXPECT_EQ(errno, EFAULT);
}

TEST_F(nested, header)
{
	const struct vfio_type1x_fault_header expected = {
		.version = VFIO_TYPE1X_FAULT_VERSION,
		.record_size = RECORD,
		.nr_records = NR_RECORDS,
		.records = AREA,
		.consumer = 2 * AREA,
		.producer = region_header(&self->box.region)->producer,
	};
	const struct vfio_type1x_fault_consumer *consumer = region_consumer(&self->box.region);
	static char zeros[AREA];

	EXPECT_EQ(memcmp(region_header(&self->box.region), &expected, sizeof(expected)), 0);
	EXPECT_EQ(consumer->index, expected.producer);
	/* Nothing of what the pages were used for before. */
	EXPECT_EQ(memcmp(region_header(&self->box.region) + 1, zeros, PAGE - sizeof(expected)), 0);
	EXPECT_EQ(memcmp(self->box.region.mapped[REGION_RECORDS], zeros, AREA), 0);
	EXPECT_EQ(memcmp((char *)consumer + 4, zeros, PAGE - 4), 0);
}

static ssize_t at_read(struct nested_self *self, uint64_t at, void *buf, size_t size)
{
	ssize_t ret = pread(self->fd, buf, size, self->region.offset + at);

	return ret < 0 ? -errno : ret;
}

static ssize_t at_write(struct nested_self *self, uint64_t at, const void *buf, size_t size)
{
	ssize_t ret = pwrite(self->fd, buf, size, self->region.offset + at);

	return ret < 0 ? -errno : ret;
}

TEST_F(nested, read)
{
	static const size_t lengths[] = { 1, 2, 3, 4, 8, 127, 128, 4097, 60000 };
	char *whole = mem_untouched(SIZE), *part = mem_untouched(SIZE);
	const struct region *mapped = &self->box.region;
	char *nowhere = mem_reserve(PAGE, PAGE);

	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, NR_RECORDS + 3);
	EXPECT_EQ(at_read(self, 0, whole, 2 * SIZE), SIZE);
	for (uint32_t i = 0; i < mapped->nr_areas; i++)
		EXPECT_EQ(memcmp(whole + mapped->areas[i].offset, mapped->mapped[i],
				 mapped->areas[i].size),
			  0);
	for (uint64_t at = PAGE; at < AREA; at++)
		ASSERT_EQ(whole[at], 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (uint64_t at = 0; at < SIZE; at += 1 + (at * 13 + i) % 7919) {
			size_t size = lengths[i] < SIZE - at ? lengths[i] : SIZE - at;

			ASSERT_EQ(at_read(self, at, part, lengths[i]), (ssize_t)size);
			ASSERT_EQ(memcmp(part, whole + at, size), 0);
		}
	}
	EXPECT_EQ(at_read(self, SIZE, part, 1), -EINVAL);
	EXPECT_EQ(at_read(self, SIZE + AREA, part, 1), -EINVAL);
	EXPECT_EQ(at_read(self, 0, nowhere, 4), -EFAULT);
	EXPECT_EQ(at_read(self, PAGE, nowhere, 4), -EFAULT);
	EXPECT_EQ(at_read(self, AREA, nowhere, 4), -EFAULT);
}

TEST_F(nested, write)
{
	struct vfio_type1x_fault_consumer *consumer = region_consumer(&self->box.region);
	char text[2 * PAGE], *nowhere = mem_reserve(PAGE, PAGE);
	uint32_t index = consumer->index;

	memset(text, 'x', sizeof(text));
	for (uint64_t at = 0; at < 2 * AREA; at += 1 + at * 3)
		EXPECT_EQ(at_write(self, at, text, 4), -EPERM);
	/* Not even if some of it would be allowed. */
	EXPECT_EQ(at_write(self, 2 * AREA - 2, text, 4), -EPERM);
	EXPECT_EQ(at_write(self, SIZE, text, 4), -EINVAL);
	EXPECT_EQ(at_write(self, 2 * AREA, nowhere, 4), -EFAULT);
	EXPECT_EQ(at_write(self, 2 * AREA + 4, nowhere, 4), -EFAULT);
	EXPECT_EQ(consumer->index, index);

	index++;
	EXPECT_EQ(at_write(self, 2 * AREA, &index, 4), 4);
	EXPECT_EQ(consumer->index, index);
	EXPECT_EQ(at_write(self, 2 * AREA + 1, "\x12", 1), 1);
	EXPECT_EQ(consumer->index, (index & ~0xff00) | 0x1200);
	EXPECT_EQ(at_write(self, 2 * AREA + 2, text, 2 * PAGE), (ssize_t)PAGE - 2);
	EXPECT_EQ(memcmp((char *)consumer + 2, text, PAGE - 2), 0);
}

static long map(const struct region *region, uint64_t at, size_t size, int prot, int flags)
{
	return (long)__region_mmap(region, at, size, prot, flags);
}

TEST_F(nested, mmap)
{
	const int ro = PROT_READ, rw = PROT_READ | PROT_WRITE;
	const struct region *region = &self->region;
	char byte = 0;
	long addr;
	int mem;

	/* Beyond an area, between two, behind the last. */
	EXPECT_EQ(map(region, 0, 2 * PAGE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, PAGE, PAGE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, AREA - PAGE, 2 * PAGE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, AREA, AREA + PAGE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, 2 * AREA - PAGE, 2 * PAGE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, 0, SIZE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, SIZE, PAGE, ro, MAP_SHARED), -EINVAL);
	EXPECT_EQ(map(region, 2 * AREA, 2 * PAGE, rw, MAP_SHARED), -EINVAL);
	/* A private mapping would not show what comes later. */
	EXPECT_EQ(map(region, 0, PAGE, ro, MAP_PRIVATE), -EINVAL);
	EXPECT_EQ(map(region, 2 * AREA, PAGE, rw, MAP_PRIVATE), -EINVAL);
	EXPECT_EQ(map(region, 0, PAGE, rw, MAP_SHARED), -EPERM);
	EXPECT_EQ(map(region, AREA, PAGE, rw, MAP_SHARED), -EPERM);
	EXPECT_EQ(map(region, AREA, AREA, PROT_WRITE, MAP_SHARED), -EPERM);

	/* Nor by a way round: a later change, growth, the tracer's way. */
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mem);
	for (uint64_t at = 0; at <= AREA; at += AREA) {
		addr = map(region, at, PAGE, ro, MAP_SHARED);
		ASSERT_GT(addr, 0);
		EXPECT_EQ(mprotect((void *)addr, PAGE, rw), -1);
		EXPECT_EQ(errno, EACCES);
		EXPECT_EQ(mremap((void *)addr, PAGE, 2 * PAGE, MREMAP_MAYMOVE), MAP_FAILED);
		EXPECT_EQ(pwrite(mem, &byte, 1, addr), -1);
		EXPECT_EQ(__iommu_map(self->box.container, (void *)addr, IOVA, PAGE, IOMMU_RW),
			  -EFAULT);
		munmap((void *)addr, PAGE);
	}
	/* The last one can be read only first. */
	addr = map(region, 2 * AREA, PAGE, ro, MAP_SHARED);
	ASSERT_GT(addr, 0);
	EXPECT_EQ(mprotect((void *)addr, PAGE, rw), 0);
	*(volatile char *)(addr + 100) = 7;
	EXPECT_EQ(((char *)region_consumer(&self->box.region))[100], 7);
	munmap((void *)addr, PAGE);
	close(mem);
}

/* Any part of an area shows what is in it, whatever has happened to the mapping. */
TEST_F(nested, parts)
{
	const char *whole = self->box.region.mapped[REGION_RECORDS];

	faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, NR_RECORDS);
	for (uint64_t at = 0; at < AREA; at += PAGE) {
		long addr = map(&self->region, AREA + at, AREA - at, PROT_READ, MAP_SHARED);
		char *moved;

		ASSERT_GT(addr, 0);
		EXPECT_EQ(memcmp((void *)addr, whole + at, AREA - at), 0);
		EXPECT_EQ(madvise((void *)addr, AREA - at, MADV_DONTNEED), 0);
		moved = mremap((void *)addr, AREA - at, PAGE, MREMAP_MAYMOVE);
		ASSERT_NE(moved, MAP_FAILED);
		EXPECT_EQ(memcmp(moved, whole + at, PAGE), 0);
		munmap(moved, PAGE);
	}
}

/* The same as in a file, but for the cookie; gap-free. */
TEST_F(nested, records)
{
	struct vfio_type1x_fault from_file;
	struct t1x_ti_dma dma = { .iova = IOVA_NOWHERE + 0xabc, .len = 4 };
	int file = fault_open(self->box.container, NONBLOCK, 0, 0xc0ffee);
	uint32_t data = 0;

	dma.buf = (uintptr_t)&data;
	for (uint32_t i = 0; i < 8; i++) {
		dma.context = i % 2 ? T1X_TI_IN_HARDIRQ : T1X_TI_IN_PROCESS;
		dma.write = i / 2 % 2;
		EXPECT_EQ(__testiommu_dma(self->ti, &dma), -EIO);
		EXPECT_EQ(dma.handled, 0);
		ASSERT_EQ(regionbox_take(&self->box, self->records, 9), 1);
		ASSERT_EQ(fault_read(file, &from_file, 1), 1);
		EXPECT_EQ(from_file.cookie, 0xc0ffee);
		from_file.cookie = 0;
		EXPECT_EQ(memcmp(self->records, &from_file, RECORD), 0);
		EXPECT_EQ(self->records[0].sequence, i);
		EXPECT_EQ(self->records[0].iova, IOVA_NOWHERE + 0xabc);
		EXPECT_EQ(self->records[0].requester, faultbox_requester(0));
	}
}

/* Without a mapping, by system calls alone. */
TEST_F(nested, records_by_read)
{
	uint32_t producer, index = region_consumer(&self->box.region)->index;
	struct vfio_type1x_fault record;

	region_close(&self->box.region);
	for (uint32_t i = 0; i < 3 * NR_RECORDS; i++) {
		faultbox_fault(&self->box, 0);
		ASSERT_EQ(at_read(self, offsetof(struct vfio_type1x_fault_header, producer),
				  &producer, 4),
			  4);
		ASSERT_EQ(producer, index + 1);
		ASSERT_EQ(at_read(self, AREA + index % NR_RECORDS * RECORD, &record, RECORD),
			  (ssize_t)RECORD);
		ASSERT_EQ(record.sequence, i);
		ASSERT_EQ(record.lost, 0);
		index++;
		ASSERT_EQ(at_write(self, 2 * AREA, &index, 4), 4);
	}
}

/* What does not fit is lost, and counted at once. */
TEST_F(nested, full)
{
	faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, NR_RECORDS + 5);
	EXPECT_EQ(region_lost(&self->box.region), 5);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 2), 2);
	faultbox_storm(self->ti, 0, T1X_TI_IN_HARDIRQ, 3);
	EXPECT_EQ(region_lost(&self->box.region), 6);
	EXPECT_EQ(regionbox_take(&self->box, self->records, NR_RECORDS), NR_RECORDS);
	EXPECT_EQ(self->records[NR_RECORDS - 1].sequence, NR_RECORDS + 1);
	EXPECT_EQ(self->records[NR_RECORDS - 1].lost, 5);
}

/* A device's faults are in its own region, and in no other; in the file are all. */
TEST_F(nested, owners)
{
	struct regionbox second = { .ti = self->ti };
	int file, group = testiommu_group(1);

	vfio_group_attach(group, self->box.container);
	regionbox_open_device(&second, group, 1);
	file = fault_open(self->box.container, NONBLOCK, 0, 0);
	for (int i = 0; i < 6; i++)
		faultbox_fault(&self->box, i % 3 == 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 4);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(self->records[i].requester, faultbox_requester(0));
	EXPECT_EQ(regionbox_take(&second, self->records, 9), 2);
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(self->records[i].requester, faultbox_requester(1));
	EXPECT_EQ(fault_read(file, self->records, 9), 6);
	/* He who does not read costs nobody else anything. */
	faultbox_storm(self->ti, 1, T1X_TI_IN_HARDIRQ, 2 * NR_RECORDS);
	EXPECT_EQ(region_lost(&second.region), NR_RECORDS);
	EXPECT_EQ(region_lost(&self->box.region), 0);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 1);
	EXPECT_EQ(self->records[0].sequence, 4);
	regionbox_close_device(&second);
	close(group);
}

/* A fault of nobody in particular is the only device's, and is nobody's if there are two. */
TEST_F(nested, nameless)
{
	const struct t1x_ti_behaviour nameless = { .flags = T1X_TI_NAMELESS };
	int group = testiommu_group(1);

	testiommu_behave(self->ti, &nameless);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 1);
	EXPECT_EQ(self->records[0].requester, 0);
	EXPECT_EQ(self->records[0].flags & VFIO_TYPE1X_FAULT_FLAG_REQUESTER, 0);
	vfio_group_attach(group, self->box.container);
	EXPECT_EQ(faultbox_storm(self->ti, 0, T1X_TI_IN_PROCESS, 1), -ENOSYS);
	EXPECT_EQ(faultbox_storm(self->ti, 1, T1X_TI_IN_PROCESS, 1), -ENOSYS);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 0);
	close(group);
}

static int irq_info(int device, uint32_t argsz, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .argsz = argsz, .index = IRQ, .flags = ~0u };
	return ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, info) ? -errno : 0;
}

TEST_F(nested, irq_info)
{
	struct vfio_irq_info info;

	EXPECT_EQ(irq_info(self->fd, sizeof(info), &info), 0);
	EXPECT_EQ(info.flags, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE);
	EXPECT_EQ(info.count, 1);
	EXPECT_EQ(irq_info(self->fd, sizeof(info) - 1, &info), -EINVAL);
	info = (struct vfio_irq_info){ .argsz = sizeof(info), .index = IRQ + 1 };
	EXPECT_EQ(ioctl(self->fd, VFIO_DEVICE_GET_IRQ_INFO, &info), -1);
	EXPECT_EQ(errno, EINVAL);
}

static int set_irq(struct nested_self *self, uint32_t flags, uint32_t count, int32_t data)
{
	bool has_data = !(flags & VFIO_IRQ_SET_DATA_NONE);

	return __region_set_irq(self->fd, IRQ, flags, count, has_data ? &data : NULL);
}

TEST_F(nested, irq_errors)
{
	const uint32_t by_eventfd = VFIO_IRQ_SET_DATA_EVENTFD | TRIGGER;
	const uint32_t by_bool = VFIO_IRQ_SET_DATA_BOOL | TRIGGER;
	const uint32_t by_none = VFIO_IRQ_SET_DATA_NONE | TRIGGER;
	int event = eventfd(0, EFD_NONBLOCK), pipes[2];

	ASSERT_EQ(pipe(pipes), 0);
	EXPECT_EQ(set_irq(self, by_none, 0, 0), -EINVAL);
	EXPECT_EQ(set_irq(self, by_none, 1, 0), -EINVAL);
	EXPECT_EQ(set_irq(self, by_eventfd, 1, 999), -EBADF);
	EXPECT_EQ(set_irq(self, by_eventfd, 1, pipes[0]), -EINVAL);
	EXPECT_EQ(set_irq(self, by_eventfd, 1, -2), -EINVAL);
	EXPECT_EQ(set_irq(self, by_eventfd, 0, event), -EINVAL);
	EXPECT_EQ(set_irq(self, by_eventfd, 2, event), -EINVAL);
	EXPECT_EQ(set_irq(self, by_bool, 0, 1), -EINVAL);
	EXPECT_EQ(set_irq(self, TRIGGER, 1, 0), -EINVAL);
	EXPECT_EQ(set_irq(self, by_bool | VFIO_IRQ_SET_DATA_EVENTFD, 1, 0), -EINVAL);
	EXPECT_EQ(set_irq(self, by_eventfd | 1 << 6, 1, event), -EINVAL);
	EXPECT_EQ(set_irq(self, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 1, 0), -ENOTTY);
	EXPECT_EQ(set_irq(self, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 1, 0),
		  -ENOTTY);
	EXPECT_EQ(__region_set_irq(self->fd, IRQ + 1, by_eventfd, 1, &event), -EINVAL);
	EXPECT_EQ(__region_set_irq(self->fd, IRQ, by_eventfd, 1, NULL), -EINVAL);
	/* None of that has set one. */
	EXPECT_EQ(set_irq(self, by_none, 1, 0), -EINVAL);
	EXPECT_EQ(set_irq(self, by_eventfd, 1, -1), 0);
}

static uint64_t events(int event)
{
	uint64_t count = 0;

	return read(event, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

TEST_F(nested, irq)
{
	struct epoll_event wanted = { .events = EPOLLIN }, got;
	int event = eventfd(0, EFD_NONBLOCK), other = eventfd(0, EFD_NONBLOCK);
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted), 0);
	region_eventfd(&self->region, event);
	EXPECT_EQ(epoll_wait(epoll, &got, 1, 0), 0);
	for (uint32_t context = T1X_TI_IN_PROCESS; context <= T1X_TI_IN_HARDIRQ; context++) {
		EXPECT_EQ(faultbox_storm(self->ti, 0, context, 3), 0);
		EXPECT_EQ(epoll_wait(epoll, &got, 1, 5000), 1);
		usleep(10000);
		EXPECT_LE(events(event), 3);
		EXPECT_EQ(epoll_wait(epoll, &got, 1, 0), 0);
	}
	/* By hand. */
	EXPECT_EQ(set_irq(self, VFIO_IRQ_SET_DATA_NONE | TRIGGER, 1, 0), 0);
	EXPECT_EQ(events(event), 1);
	EXPECT_EQ(set_irq(self, VFIO_IRQ_SET_DATA_BOOL | TRIGGER, 1, 0), 0);
	EXPECT_EQ(events(event), 0);
	EXPECT_EQ(set_irq(self, VFIO_IRQ_SET_DATA_BOOL | TRIGGER, 1, 1), 0);
	EXPECT_EQ(events(event), 1);
	/* Another one in its place, and none. */
	region_eventfd(&self->region, other);
	faultbox_fault(&self->box, 0);
	EXPECT_EQ(poll(&(struct pollfd){ .fd = other, .events = POLLIN }, 1, 5000), 1);
	EXPECT_EQ(events(event), 0);
	EXPECT_EQ(events(other), 1);
	EXPECT_EQ(set_irq(self, VFIO_IRQ_SET_DATA_NONE | TRIGGER, 0, 0), 0);
	faultbox_fault(&self->box, 0);
	usleep(10000);
	EXPECT_EQ(events(other), 0);
	EXPECT_EQ(regionbox_take(&self->box, self->records, 9), 8);
}

struct trickle {
	int ti;
	volatile int stop;
};

static void *trickle_run(void *arg)
{
	struct trickle *trickle = arg;

	while (!trickle->stop) {
		faultbox_storm(trickle->ti, 0, T1X_TI_IN_HARDIRQ, 1);
		usleep(1000);
	}
	return NULL;
}

/* The program of the documentation. */
TEST_F(nested, example)
{
	struct trickle trickle = { .ti = self->ti };
	pthread_t thread = thread_begin(trickle_run, &trickle);

	EXPECT_GE(watch_region(self->fd, 30), 30);
	trickle.stop = 1;
	thread_wait(thread);
}

KTAP_MAIN()
