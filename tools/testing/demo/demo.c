// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user program of the demo: owns an edu and an NVMe device through VFIO,
 * lets them move data between memory of every kind, and verifies all of it.
 *
 * It asks for VFIO_TYPE1v2_IOMMU as any existing program does, so that the
 * answer to "which backend?" is a finding, not a wish.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "edu.h"
#include "iommu.h"
#include "leaves.h"
#include "mem.h"
#include "nvme.h"
#include "proc.h"
#include "say.h"

#define PIECE_SIZE	MIB(16)
#define NVME_IOVA	0x10000000ull
#define SCRATCH_IOVA	0x20000000ull

/* Memory of one kind, and where the devices see it. */
struct piece {
	enum mem_kind kind;
	const char *text;
	uint64_t iova;
	struct mem mem;
};

struct owned {
	char bdf[VFIO_BDF_LEN];
	int group;
	struct vfio_device device;
};

static struct piece pieces[] = {
	{ MEM_4K, "4K pages", 0x1000000, { 0 } },
	{ MEM_SHUFFLED, "4K pages, shuffled", 0x100000000, { 0 } },
	{ MEM_THP, "transparent huge pages", 0x4000000000, { 0 } },
	{ MEM_HUGETLB, "2M hugetlb", 0x6000000000, { 0 } },
};

static int container;
static struct owned edu, disk;
static struct nvme nvme;
static struct iommu_info info;
static uint64_t verified;

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void own(struct owned *owned, uint16_t vendor, uint16_t device)
{
	vfio_find(vendor, device, 0, owned->bdf);
	owned->group = vfio_group_open(owned->bdf);
	vfio_group_attach(owned->group, container);
}

static void give_up(struct owned *owned)
{
	vfio_device_close(&owned->device);
	vfio_group_detach(owned->group);
	close(owned->group);
}

static int group_number(const char *bdf)
{
	char path[64], target[PATH_MAX];
	ssize_t length;
	int number;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = must_sys(readlink(path, target, sizeof(target) - 1));
	target[length] = '\0';
	must_be(sscanf(strrchr(target, '/') + 1, "%d", &number) == 1);
	return number;
}

static void show_backend(void)
{
	struct utsname name;

	must_sys(uname(&name));
	say("Guest", "Linux %s, emulated IOMMU", name.release);
	say_check("Backend", info.has_driver, "%s %s",
		  info.has_driver ? (const char *)info.driver.name : "the stock one,",
		  info.has_driver ? (const char *)info.driver.release : "not vfio-type1x");
	say("", "(the program asked for VFIO_TYPE1v2_IOMMU, as any other does)");
}

static void show_limits(void)
{
	uint32_t i;

	for (i = 0; i < info.num_ranges; i++)
		say(i ? "" : "IOVA", "0x%" PRIx64 " - 0x%" PRIx64, info.ranges[i].start,
		    info.ranges[i].last);
	say("", "page sizes:%s%s%s; %" PRIu32 " more mappings possible",
	    info.page_sizes & KIB(4) ? " 4K" : "", info.page_sizes & MIB(2) ? " 2M" : "",
	    info.page_sizes & GIB(1) ? " 1G" : "", info.avail);
}

static void show_devices(void)
{
	say("Devices", "%s  edu   group %d  DMA engine, 2 KiB a time", edu.bdf,
	    group_number(edu.bdf));
	say("", "%s  nvme  group %d  \"%s\", %" PRIu64 " MiB", disk.bdf, group_number(disk.bdf),
	    nvme.model, nvme.size >> 20);
}

/* Once for the time; once more, listening, which costs time, for the leaves. */
static void map_piece(struct piece *piece, bool listen)
{
	char leaves[LEAVES_TEXT] = "not to be seen";
	double start, mapped, unmapped;

	mem_alloc(&piece->mem, piece->kind, PIECE_SIZE);
	start = now_ms();
	iommu_map(container, piece->mem.addr, piece->iova, PIECE_SIZE, IOMMU_RW);
	mapped = now_ms();
	must_be(iommu_unmap(container, piece->iova, PIECE_SIZE) == PIECE_SIZE);
	unmapped = now_ms();

	if (listen)
		leaves_begin();
	iommu_map(container, piece->mem.addr, piece->iova, PIECE_SIZE, IOMMU_RW);
	if (listen && leaves_end(piece->iova, PIECE_SIZE, leaves))
		snprintf(leaves, sizeof(leaves), "not to be seen");
	say("", "%-22s %#14" PRIx64 " %6.2f %6.2f  %s", piece->text, piece->iova, mapped - start,
	    unmapped - mapped, leaves);
}

static void map_pieces(void)
{
	bool listen = !leaves_open();
	size_t i;

	say("Mappings", "%-22s %14s %6s %6s  %s", "16 MiB each of", "at IOVA", "map", "unmap",
	    "leaves in the");
	say("", "%-22s %14s %6s %6s  %s", "", "", "ms", "ms", "IOMMU's table");
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		map_piece(&pieces[i], listen);
	if (listen)
		leaves_close();
}

/* Every kind of memory to the disk, and from there to the next kind. */
static void move_by_nvme(void)
{
	double start = now_ms(), busy = 0;
	uint64_t moved = 0;
	bool same = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct piece *from = &pieces[i], *to = &pieces[(i + 1) % ARRAY_SIZE(pieces)];

		mem_fill(from->mem.addr, PIECE_SIZE, i + 1);
		start = now_ms();
		nvme_write(&nvme, i * PIECE_SIZE, from->iova, PIECE_SIZE);
		nvme_read(&nvme, i * PIECE_SIZE, to->iova, PIECE_SIZE);
		busy += now_ms() - start;
		same &= mem_differs(to->mem.addr, PIECE_SIZE, i + 1) < 0;
		moved += PIECE_SIZE;
	}
	say_check("Data", same,
		  "nvme  memory > disk > memory of the next kind: %" PRIu64 " MiB in %.1f s",
		  moved >> 20, busy / 1e3);
	verified += same ? moved : 0;
}

/* 2 KiB from each kind to the next, at the end of each piece. */
static void move_by_edu(void)
{
	uint64_t offset = PIECE_SIZE - EDU_MAX_TRANSFER, moved = 0;
	double start = now_ms();
	bool same = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct piece *from = &pieces[i], *to = &pieces[(i + 1) % ARRAY_SIZE(pieces)];

		mem_fill(from->mem.addr + offset, EDU_MAX_TRANSFER, 100 + i);
		edu_copy(&edu.device, from->iova + offset, to->iova + offset, EDU_MAX_TRANSFER);
		same &= mem_differs(to->mem.addr + offset, EDU_MAX_TRANSFER, 100 + i) < 0;
		moved += EDU_MAX_TRANSFER;
	}
	say_check("", same,
		  "edu   memory > device > memory of the next kind: %" PRIu64 " KiB in %.1f s",
		  moved >> 10, (now_ms() - start) / 1e3);
	verified += same ? moved : 0;
}

/* One page at the end of the IOVA space, where arithmetic likes to overflow. */
static void move_at_the_end(char *page)
{
	uint64_t iova = iommu_last(&info) - (PAGE - 1);
	struct piece *from = &pieces[0];
	bool same;

	iommu_map(container, page, iova, PAGE, IOMMU_RW);
	mem_fill(from->mem.addr, EDU_MAX_TRANSFER, 200);
	edu_copy(&edu.device, from->iova, iova + PAGE - EDU_MAX_TRANSFER, EDU_MAX_TRANSFER);
	same = mem_differs(page + PAGE - EDU_MAX_TRANSFER, EDU_MAX_TRANSFER, 200) < 0;
	say_check("", same, "edu   to the last page there is, %#" PRIx64, iova);
	verified += same ? EDU_MAX_TRANSFER : 0;
	must_be(iommu_unmap(container, iova, PAGE) == PAGE);
}

/*
 * What must not arrive: the device writes, the memory stays as it was.  The
 * same data then goes where it may, lest a device that does nothing passes.
 */
static void check_blocked(char *page, const char *what)
{
	char *allowed = pieces[0].mem.addr;
	bool untouched;

	mem_fill(page, PAGE, 300);
	mem_fill(allowed, EDU_MAX_TRANSFER, 301);
	edu_load(&edu.device, pieces[0].iova, 0, EDU_MAX_TRANSFER);
	edu_store(&edu.device, SCRATCH_IOVA, 0, EDU_MAX_TRANSFER);
	untouched = mem_differs(page, PAGE, 300) < 0;

	memset(allowed, 0, EDU_MAX_TRANSFER);
	edu_store(&edu.device, pieces[0].iova, 0, EDU_MAX_TRANSFER);
	say_check("", untouched && mem_differs(allowed, EDU_MAX_TRANSFER, 301) < 0,
		  "device writes %s: blocked, memory untouched", what);
}

static void check_protection(char *page)
{
	char *copy = pieces[0].mem.addr;

	iommu_map(container, page, SCRATCH_IOVA, PAGE, IOMMU_R);
	mem_fill(page, PAGE, 299);
	edu_copy(&edu.device, SCRATCH_IOVA, pieces[0].iova, EDU_MAX_TRANSFER);
	say_check("Protection", mem_differs(copy, EDU_MAX_TRANSFER, 299) < 0,
		  "device reads a read-only mapping: allowed");
	check_blocked(page, "to it");
	must_be(iommu_unmap(container, SCRATCH_IOVA, PAGE) == PAGE);
	check_blocked(page, "after unmap");
}

static void clean_up(int64_t pinned_before)
{
	double start;
	uint64_t bytes;
	int64_t left;

	nvme_close(&nvme);
	start = now_ms();
	bytes = iommu_unmap_all(container);
	say("End", "all %" PRIu64 " MiB unmapped in %.2f ms", bytes >> 20, now_ms() - start);
	give_up(&edu);
	give_up(&disk);
	close(container);
	left = proc_pinned() - pinned_before;
	say_check("", !left && !proc_locked(),
		  "pages still pinned: %" PRId64 ", memory still charged: %" PRIu64 " KiB", left,
		  proc_locked() >> 10);
}

int main(void)
{
	int64_t pinned = proc_pinned();
	char *page = mem_untouched(PAGE);

	container = vfio_container_open();
	own(&edu, EDU_VENDOR_ID, EDU_DEVICE_ID);
	own(&disk, NVME_VENDOR_ID, NVME_DEVICE_ID);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	iommu_info(container, &info);
	show_backend();
	show_limits();

	vfio_device_open(&edu.device, edu.group, edu.bdf);
	vfio_device_open(&disk.device, disk.group, disk.bdf);
	nvme_open(&nvme, &disk.device, container, NVME_IOVA);
	show_devices();
	map_pieces();
	move_by_nvme();
	move_by_edu();
	move_at_the_end(page);
	check_protection(page);
	clean_up(pinned);

	printf("demo:= %" PRIu64 "|%d\n", verified, say_failures());
	return say_failures() ? 1 : 0;
}
