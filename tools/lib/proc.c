// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc.h"
#include "text.h"

#define PAGEMAP_PRESENT		(1ull << 63)
#define PAGEMAP_PFN_MASK	((1ull << 55) - 1)

#define NOBODY			65534

uint64_t proc_locked(void)
{
	return text_find_u64("/proc/self/status", "VmLck") * 1024;
}

bool proc_locked_becomes(uint64_t bytes)
{
	int tries;

	for (tries = 0; tries < 100 && proc_locked() != bytes; tries++)
		usleep(10000);
	return proc_locked() == bytes;
}

int64_t proc_pinned(void)
{
	uint64_t acquired, released;

	/* Per-CPU remainders are not in vmstat before they were folded. */
	text_write("/proc/sys/vm/stat_refresh", "1");
	acquired = text_find_u64("/proc/vmstat", "nr_foll_pin_acquired");
	released = text_find_u64("/proc/vmstat", "nr_foll_pin_released");
	return acquired - released;
}

uint64_t proc_pfn(const void *addr)
{
	int fd = must_sys(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
	off_t offset = (uintptr_t)addr / PAGE * sizeof(uint64_t);
	uint64_t entry = 0;

	must_be(pread(fd, &entry, sizeof(entry), offset) == sizeof(entry));
	close(fd);
	return entry & PAGEMAP_PRESENT ? entry & PAGEMAP_PFN_MASK : 0;
}

bool proc_in_runs(const void *addr, size_t size, size_t run)
{
	size_t page;

	for (page = 0; page < size / PAGE; page++) {
		const char *first = (const char *)addr + page / run * run * PAGE;
		uint64_t base = proc_pfn(first);

		if (!base || base % run)
			return false;
		if (proc_pfn((const char *)addr + page * PAGE) != base + page % run)
			return false;
	}
	return true;
}

size_t proc_breaks(const void *addr, size_t size)
{
	size_t page, breaks = 0;

	for (page = 1; page < size / PAGE; page++)
		breaks += proc_pfn((const char *)addr + page * PAGE) !=
			  proc_pfn((const char *)addr + (page - 1) * PAGE) + 1;
	return breaks;
}

void proc_unprivileged(size_t memlock_bytes)
{
	struct rlimit limit = { memlock_bytes, memlock_bytes };

	must_sys(setrlimit(RLIMIT_MEMLOCK, &limit));
	must_sys(setresgid(NOBODY, NOBODY, NOBODY));
	must_sys(setresuid(NOBODY, NOBODY, NOBODY));
}
