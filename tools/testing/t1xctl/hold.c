// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has a container, for t1xctl to look at.
 *
 * usage: hold MODE INDEX
 *
 *	shared	the container has two descriptors, and a child has them, too
 *	closed	it has none any more, but its device is open
 *	busy	maps, unmaps and asks for dirty pages all the time
 *	full	has as many files with its faults as it may
 *
 * INDEX says which device of the software IOMMU. Writes its process id, that of the
 * child (or 0), the lowest descriptor, the group, and whether the kernel has kcmp();
 * stays for two minutes.
 */
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dirty.h"
#include "fault.h"
#include "iommu.h"
#include "mem.h"
#include "testiommu.h"
#include "vfio.h"

#define HOLD_SECONDS	120
#define HOLD_SIZE	(2 * HUGE)
#define HOLD_IOVA	0x40000000
#define HOLD_BUSY_IOVA	0x10000000
#define HOLD_BUSY_US	2000

static void group_name(int group, char *name, size_t size)
{
	char path[64], target[128];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", group);
	length = must_sys(readlink(path, target, sizeof(target) - 1));
	target[length] = 0;
	snprintf(name, size, "%s", strrchr(target, '/') + 1);
}

static bool has_kcmp(void)
{
	return !syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0, 0);
}

static void __attribute__((noreturn)) busy(int container)
{
	struct dirty_bits bits;
	struct mem mem;

	mem_alloc(&mem, MEM_4K, PAGE);
	dirty_open(&bits, HOLD_IOVA, HOLD_SIZE / PAGE);
	dirty_start(container);
	for (;;) {
		iommu_map(container, mem.addr, HOLD_BUSY_IOVA, PAGE, IOMMU_RW);
		iommu_unmap(container, HOLD_BUSY_IOVA, PAGE);
		dirty_wipe(&bits);
		dirty_get(container, &bits);
		usleep(HOLD_BUSY_US);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc == 3 ? argv[1] : "";
	bool is_shared = !strcmp(mode, "shared"), is_closed = !strcmp(mode, "closed");
	struct vfio_device device;
	char bdf[VFIO_BDF_LEN], name[32];
	int container, group;
	struct mem mem;
	pid_t child = 0;

	must_be(is_shared || is_closed || !strcmp(mode, "busy") || !strcmp(mode, "full"));
	snprintf(name, sizeof(name), "hold-%s", mode);
	must_sys(prctl(PR_SET_NAME, name));
	alarm(HOLD_SECONDS);

	testiommu_bdf(atoi(argv[2]), bdf);
	container = vfio_container_open();
	group = testiommu_group(atoi(argv[2]));
	vfio_group_attach(group, container);
	vfio_set_type(container, VFIO_TYPE1v2_IOMMU);
	mem_alloc(&mem, MEM_HUGETLB, HOLD_SIZE);
	iommu_map(container, mem.addr, HOLD_IOVA, HOLD_SIZE, IOMMU_RW);
	if (is_closed) {
		vfio_device_open(&device, group, bdf);
		must_sys(close(container));
	} else if (!strcmp(mode, "full")) {
		while (__fault_open(container, 0, 0, 0) >= 0)
			;
	} else if (is_shared) {
		must_sys(dup(container));
		child = must_sys(fork());
		if (!child) {
			alarm(HOLD_SECONDS);
			pause();
		}
	}

	group_name(group, name, sizeof(name));
	printf("%d %d %d %s %s\n", getpid(), child, container, name, has_kcmp() ? "yes" : "no");
	fflush(stdout);
	if (!strcmp(mode, "busy"))
		busy(container);
	pause();
}
