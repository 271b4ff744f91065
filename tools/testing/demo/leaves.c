// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "leaves.h"
#include "text.h"

#define TRACING		"/sys/kernel/tracing/"
#define LEAVES_EVENT	"t1x_demo/leaf"
#define LEAVES_ENABLE	TRACING "events/" LEAVES_EVENT "/enable"

/*
 * Arguments after the domain and the IOVA: physical address, size of a page,
 * number of pages.  The IOMMU core has chosen the size by then, and the driver
 * cannot write anything larger at that place.
 */
#define LEAVES_PROBE	"p:" LEAVES_EVENT " intel_iommu_map_pages " \
			"iova=%si:x64 size=%cx:u64 count=%r8:u64"

#define LEAVES_SIZES	3

static const struct {
	uint64_t size;
	const char *name;
} leaves_sizes[LEAVES_SIZES] = {
	{ GIB(1), "1G" },
	{ MIB(2), "2M" },
	{ KIB(4), "4K" },
};

static int leaves_truncate(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int leaves_open(void)
{
	return __text_write(TRACING "kprobe_events", LEAVES_PROBE "\n");
}

void leaves_close(void)
{
	text_write(TRACING "kprobe_events", "-:" LEAVES_EVENT "\n");
}

void leaves_begin(void)
{
	must(leaves_truncate(TRACING "trace"));
	text_write(LEAVES_ENABLE, "1");
}

/* Adds up, per page size, the records that lie in the range. */
static void leaves_count(FILE *trace, uint64_t iova, uint64_t last, uint64_t counts[LEAVES_SIZES])
{
	uint64_t at, size, count;
	char line[256];
	int i;

	while (fgets(line, sizeof(line), trace)) {
		char *record = strstr(line, "iova=");

		if (!record || sscanf(record, "iova=%" SCNx64 " size=%" SCNu64 " count=%" SCNu64,
				      &at, &size, &count) != 3)
			continue;
		for (i = 0; i < LEAVES_SIZES; i++)
			if (at >= iova && at <= last && size == leaves_sizes[i].size)
				counts[i] += count;
	}
}

int leaves_end(uint64_t iova, uint64_t size, char text[LEAVES_TEXT])
{
	uint64_t counts[LEAVES_SIZES] = { 0 }, known = 0;
	size_t length = 0;
	FILE *trace;
	int i;

	text_write(LEAVES_ENABLE, "0");
	trace = fopen(TRACING "trace", "re");
	must_be(trace);
	leaves_count(trace, iova, iova + (size - 1), counts);
	fclose(trace);

	for (i = 0; i < LEAVES_SIZES; i++) {
		known += counts[i] * leaves_sizes[i].size;
		if (counts[i] && length < LEAVES_TEXT)
			length += snprintf(text + length, LEAVES_TEXT - length,
					   "%s%" PRIu64 " x %s", length ? " + " : "", counts[i],
					   leaves_sizes[i].name);
	}
	return known == size ? 0 : -ENODATA;
}
