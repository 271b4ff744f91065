// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dirty.h"

#define DIRTY_WORD_BITS		64
#define DIRTY_GUARD		128	/* bytes on either side */
#define DIRTY_GUARD_BYTE	0xa5

size_t dirty_bytes(size_t pages)
{
	return (pages + DIRTY_WORD_BITS - 1) / DIRTY_WORD_BITS * sizeof(uint64_t);
}

void dirty_open(struct dirty_bits *bits, uint64_t iova, size_t pages)
{
	size_t bytes = dirty_bytes(pages);
	char *base = malloc(bytes + 2 * DIRTY_GUARD);

	must_be(base);
	memset(base, DIRTY_GUARD_BYTE, bytes + 2 * DIRTY_GUARD);
	*bits = (struct dirty_bits){
		.iova = iova,
		.pages = pages,
		.bytes = bytes,
		.words = (uint64_t *)(base + DIRTY_GUARD),
		.base = base,
	};
	dirty_wipe(bits);
}

void dirty_close(struct dirty_bits *bits)
{
	free(bits->base);
	*bits = (struct dirty_bits){ 0 };
}

void dirty_wipe(struct dirty_bits *bits)
{
	memset(bits->words, 0, bits->bytes);
}

void dirty_draw(struct dirty_bits *bits, uint64_t iova, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++) {
		uint64_t page = (iova - bits->iova) / PAGE + i;

		if (iova + i * PAGE >= bits->iova && page < bits->pages)
			bits->words[page / DIRTY_WORD_BITS] |= 1ull << page % DIRTY_WORD_BITS;
	}
}

bool dirty_is_set(const struct dirty_bits *bits, uint64_t iova)
{
	uint64_t page = (iova - bits->iova) / PAGE;

	must_be(page < bits->pages);
	return bits->words[page / DIRTY_WORD_BITS] >> page % DIRTY_WORD_BITS & 1;
}

size_t dirty_count(const struct dirty_bits *bits)
{
	size_t i, count = 0;

	for (i = 0; i < bits->bytes / sizeof(*bits->words); i++)
		count += __builtin_popcountll(bits->words[i]);
	return count;
}

/* Number of the lowest bit, in a word of the bitmap. */
static long dirty_position(size_t word, uint64_t value)
{
	return word * DIRTY_WORD_BITS + __builtin_ctzll(value);
}

long dirty_differs(const struct dirty_bits *bits, const struct dirty_bits *other)
{
	size_t i;

	must_be(bits->pages == other->pages && bits->iova == other->iova);
	for (i = 0; i < bits->bytes / sizeof(*bits->words); i++)
		if (bits->words[i] != other->words[i])
			return dirty_position(i, bits->words[i] ^ other->words[i]);
	return -1;
}

long dirty_overlaps(const struct dirty_bits *bits, const struct dirty_bits *other)
{
	size_t i;

	must_be(bits->pages == other->pages && bits->iova == other->iova);
	for (i = 0; i < bits->bytes / sizeof(*bits->words); i++)
		if (bits->words[i] & other->words[i])
			return dirty_position(i, bits->words[i] & other->words[i]);
	return -1;
}

bool dirty_is_guarded(const struct dirty_bits *bits)
{
	const unsigned char *before = bits->base;
	const unsigned char *after = before + DIRTY_GUARD + bits->bytes;
	size_t i;

	for (i = 0; i < DIRTY_GUARD; i++)
		if (before[i] != DIRTY_GUARD_BYTE || after[i] != DIRTY_GUARD_BYTE)
			return false;
	return true;
}

int __dirty_request(int container, struct dirty_request *request)
{
	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, request) ? -errno : 0;
}

static int dirty_plain(int container, uint32_t flags)
{
	struct dirty_request request = { .head = { .argsz = DIRTY_ARGSZ, .flags = flags } };

	return __dirty_request(container, &request);
}

int __dirty_start(int container)
{
	return dirty_plain(container, VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
}

int __dirty_stop(int container)
{
	return dirty_plain(container, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
}

int __dirty_start_range(int container, uint64_t iova, uint64_t size)
{
	struct dirty_request request = {
		.head = { .argsz = DIRTY_RANGE_ARGSZ, .flags = DIRTY_START | DIRTY_RANGE },
		.range = { .iova = iova, .size = size },
	};

	return __dirty_request(container, &request);
}

static int dirty_read(int container, struct dirty_bits *bits, uint32_t flags)
{
	struct dirty_request request = {
		.head = { .argsz = DIRTY_GET_ARGSZ, .flags = flags },
		.get = {
			.iova = bits->iova,
			.size = bits->pages * PAGE,
			.bitmap = {
				.pgsize = PAGE,
				.size = bits->bytes,
				.data = (void *)bits->words,
			},
		},
	};

	return __dirty_request(container, &request);
}

int __dirty_get(int container, struct dirty_bits *bits)
{
	return dirty_read(container, bits, VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP);
}

int __dirty_peek(int container, struct dirty_bits *bits)
{
	return dirty_read(container, bits, DIRTY_GET | DIRTY_PEEK);
}

int __dirty_clear(int container, const struct dirty_bits *mask)
{
	struct dirty_request request = {
		.head = { .argsz = DIRTY_CLEAR_ARGSZ, .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR },
		.clear = {
			.iova = mask->iova,
			.size = mask->pages * PAGE,
			.pgsize = PAGE,
			.bitmap_size = mask->bytes,
			.bitmap = (uintptr_t)mask->words,
		},
	};

	return __dirty_request(container, &request);
}

int __dirty_unmap(int container, struct dirty_bits *bits, uint64_t *unmapped)
{
	struct dirty_unmap unmap = {
		.head = {
			.argsz = sizeof(unmap.head) + sizeof(unmap.bitmap),
			.flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			.iova = bits->iova,
			.size = bits->pages * PAGE,
		},
		.bitmap = { .pgsize = PAGE, .size = bits->bytes, .data = (void *)bits->words },
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	if (unmapped)
		*unmapped = unmap.head.size;
	return 0;
}
