// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc.h"
#include "text.h"

#define PAGEMAP_PRESENT		(1ull << 63)
#define PAGEMAP_PFN_MASK	((1ull << 55) - 1)

#define NOBODY			65534

/* For klogctl(). */
#define LOG_READ_ALL		3
#define LOG_BUFFER_SIZE		10

uint64_t proc_locked(void)
{
	return text_find_u64("/proc/self/status", "VmLck") * 1024;
}

bool proc_locked_becomes(uint64_t bytes)
{
	int tries;

	for (tries = 0; tries < 500 && proc_locked() != bytes; tries++)
		usleep(10000);
	return proc_locked() == bytes;
}

int proc_log_count(const char *text)
{
	int size = must_sys(klogctl(LOG_BUFFER_SIZE, NULL, 0)), count = 0;
	char *log = calloc(1, size + 1);
	const char *at;

	must_be(log);
	must_sys(klogctl(LOG_READ_ALL, log, size));
	for (at = log; (at = strstr(at, text)); at++)
		count++;
	free(log);
	return count;
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

/* The frames behind @count pages, 0 where there is none; to be freed. */
static uint64_t *proc_pfns(const void *addr, size_t count)
{
	int fd = must_sys(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
	off_t offset = (uintptr_t)addr / PAGE * sizeof(uint64_t);
	uint64_t *pfns = calloc(count, sizeof(*pfns));
	size_t page;

	must_be(pfns);
	must_be(pread(fd, pfns, count * sizeof(*pfns), offset) == (ssize_t)(count * sizeof(*pfns)));
	close(fd);
	for (page = 0; page < count; page++)
		pfns[page] = pfns[page] & PAGEMAP_PRESENT ? pfns[page] & PAGEMAP_PFN_MASK : 0;
	return pfns;
}

uint64_t proc_pfn(const void *addr)
{
	uint64_t *pfns = proc_pfns(addr, 1), pfn = pfns[0];

	free(pfns);
	return pfn;
}

bool proc_in_runs(const void *addr, size_t size, size_t run)
{
	uint64_t *pfns = proc_pfns(addr, size / PAGE);
	bool in_runs = true;
	size_t page;

	for (page = 0; page < size / PAGE; page++) {
		uint64_t base = pfns[page / run * run];

		in_runs &= base && base % run == 0 && pfns[page] == base + page % run;
	}
	free(pfns);
	return in_runs;
}

size_t proc_breaks(const void *addr, size_t size)
{
	uint64_t *pfns = proc_pfns(addr, size / PAGE);
	size_t page, breaks = 0;

	for (page = 1; page < size / PAGE; page++)
		breaks += pfns[page] != pfns[page - 1] + 1;
	free(pfns);
	return breaks;
}

void proc_unprivileged(size_t memlock_bytes)
{
	struct rlimit limit = { memlock_bytes, memlock_bytes };

	must_sys(setrlimit(RLIMIT_MEMLOCK, &limit));
	must_sys(setresgid(NOBODY, NOBODY, NOBODY));
	must_sys(setresuid(NOBODY, NOBODY, NOBODY));
}
