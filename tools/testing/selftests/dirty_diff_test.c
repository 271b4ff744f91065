// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same random requests to a container of stock's and to one of ours, in one
 * boot: each has to give the same answer, the same bytes unmapped, and the same
 * bitmap to the bit.
 *
 *	dirty_diff_test [-s SEED] [-n REQUESTS] [SCENE...]
 *
 * Left out is where ours is meant to differ: read-only mappings and device memory,
 * ranges that wrap, bitmaps in memory that is not there.
 *
 * And stock has a fault.  To read a mapping whose bits do not begin with a word, it
 * shifts the mapping's bitmap in place, and clears afterwards as many bits as the
 * mapping has pages.  What was shifted beyond stays, and is reported by the next
 * readings for pages behind the mapping.  These bits can be computed, and they are:
 * stock's answer has to be what follows from ours, to the bit.
 *
 * With T1X_BACKEND=stock it compares stock with itself.
 */
#include "dirty_draw.h"

static unsigned int diff_seed = 1;
static unsigned int diff_count = 20000;

FIXTURE(dirty_diff) {
	struct diff diff;
};

FIXTURE_VARIANT(dirty_diff) {
	bool edu, emulated;
};

FIXTURE_VARIANT_ADD(dirty_diff, physical) { .edu = true };
FIXTURE_VARIANT_ADD(dirty_diff, emulated) { .emulated = true };
FIXTURE_VARIANT_ADD(dirty_diff, mixed) { .edu = true, .emulated = true };

FIXTURE_SETUP(dirty_diff)
{
	SKIP_IF(variant->emulated && !access("/proc/lockdep", F_OK),
		"lockdep does not like what stock does in notices of UNMAP");
	diff_open(&self->diff, variant->edu, variant->emulated);
}

FIXTURE_TEARDOWN(dirty_diff)
{
	diff_close(&self->diff);
	EXPECT_TRUE(proc_locked_becomes(0));
}

static bool diff_inside(const struct diff_span *span, const struct diff_request *request)
{
	return VIEW_IOVA(span->page) >= request->iova &&
	       VIEW_IOVA(span->page + span->pages) <= request->iova + request->size;
}

/* Bits of a mapping out of a bitmap that begins @offset pages before it. */
static void diff_extract(uint64_t *to, const uint64_t *from, size_t offset, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		if (from[(offset + i) / 64] >> (offset + i) % 64 & 1)
			to[i / 64] |= 1ull << i % 64;
}

/* What stock makes of the bits of one mapping, and of the bitmap so far. */
static void diff_read_as_stock(struct diff_mapping *mapping, size_t offset,
			       const uint64_t *true_bits, uint64_t *bitmap)
{
	uint64_t *words = mapping->beyond;
	size_t pages = mapping->span.pages, shift = offset % 64, i;
	size_t num = (pages + shift + 63) / 64;

	diff_extract(words, true_bits, offset, pages);
	bitmap += offset / 64;
	if (shift) {
		for (i = num - 1; i > 0; i--)
			words[i] = words[i] << shift | words[i - 1] >> (64 - shift);
		words[0] = words[0] << shift | bitmap[0];
	}
	memcpy(bitmap, words, num * sizeof(*words));
	for (i = 0; i < pages; i++)
		words[i / 64] &= ~(1ull << i % 64);
}

/* The bitmap that stock has to give if ours is right, and is ours possible at all? */
static bool diff_predict(struct diff *diff, const struct diff_request *request, uint64_t *bitmap)
{
	size_t first = (request->iova - VIEW_BASE) / PAGE, i;
	uint64_t rest[DIFF_WORDS], left = 0;

	memcpy(rest, diff->ours.words, sizeof(rest));
	for (i = 0; i < diff->num_mappings; i++) {
		struct diff_mapping *mapping = &diff->mappings[i];
		size_t offset = mapping->span.page - first, end = offset + mapping->span.pages;

		if (!diff_inside(&mapping->span, request))
			continue;
		diff_read_as_stock(mapping, offset, diff->ours.words, bitmap);
		for (; offset < end; offset++)
			rest[offset / 64] &= ~(1ull << offset % 64);
	}
	for (i = 0; i < DIFF_WORDS; i++)
		left |= rest[i];
	return !left;
}

static void diff_compare_bits(struct diff *diff, const struct diff_request *request)
{
	bool read = request->what == DIFF_GET || request->what == DIFF_UNMAP_BITMAP;
	uint64_t bitmap[DIFF_WORDS] = { 0 };
	size_t i;

	if (!read || diff->ours.ret || diff->alone) {
		memcpy(bitmap, diff->ours.words, sizeof(bitmap));
	} else if (!diff_predict(diff, request, bitmap)) {
		diff->same = false;
		NOTE("ours has bits of pages that are not mapped");
	}
	for (i = 0; i < DIFF_WORDS; i++) {
		uint64_t stock = diff->stock.words[i], ours = diff->ours.words[i];

		if (stock != bitmap[i]) {
			diff->same = false;
			NOTE("word %zu: ours 0x%016llx, stock 0x%016llx, not 0x%016llx", i,
			     (unsigned long long)ours, (unsigned long long)stock,
			     (unsigned long long)bitmap[i]);
		}
		diff->bits += __builtin_popcountll(ours);
		diff->faults += __builtin_popcountll(stock & ~ours);
	}
}

static void diff_forget(struct diff *diff, const struct diff_request *request)
{
	size_t i, left = 0;

	for (i = 0; i < diff->num_mappings; i++)
		if (request->what != DIFF_UNMAP_ALL &&
		    !diff_inside(&diff->mappings[i].span, request))
			diff->mappings[left++] = diff->mappings[i];
	diff->num_mappings = left;
}

static void diff_add(struct diff *diff, size_t page, size_t pages)
{
	size_t i;

	for (i = diff->num_mappings++; i && diff->mappings[i - 1].span.page > page; i--)
		diff->mappings[i] = diff->mappings[i - 1];
	diff->mappings[i] = (struct diff_mapping){ .span = { page, pages } };
}

/* What the next requests are to be about. */
static void diff_learn(struct diff *diff, const struct diff_request *request)
{
	size_t i;

	switch (request->what) {
	case DIFF_MAP:
		diff_add(diff, (request->iova - VIEW_BASE) / PAGE, request->size / PAGE);
		break;
	case DIFF_UNMAP:
	case DIFF_UNMAP_BITMAP:
	case DIFF_UNMAP_ALL:
		diff_forget(diff, request);
		break;
	case DIFF_START:
		for (i = 0; i < diff->num_mappings && !diff->tracking; i++)
			memset(diff->mappings[i].beyond, 0, sizeof(diff->mappings[i].beyond));
		diff->tracking = true;
		break;
	case DIFF_STOP:
		diff->tracking = false;
		break;
	case DIFF_ATTACH:
	case DIFF_DETACH:
		diff->attached = request->what == DIFF_ATTACH;
		break;
	default:
		break;
	}
}

/* One request to both; false if their answers differ. */
static bool diff_apply(struct diff *diff, const struct diff_request *request)
{
	struct diff_side *stock = &diff->stock, *ours = &diff->ours;
	struct diff_side *sides[] = { stock, ours };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sides); i++) {
		memset(sides[i]->words, 0, sizeof(sides[i]->words));
		sides[i]->unmapped = 0;
		sides[i]->ret = diff_ask(diff, sides[i], request);
	}
	diff->last[diff->num++ % DIFF_LAST] = (struct diff_record){
		*request,
		stock->ret,
		ours->ret,
	};
	diff->same = stock->ret == ours->ret && stock->unmapped == ours->unmapped;
	if (diff->same)
		diff_compare_bits(diff, request);
	if (diff->num % 16 == 0)
		diff->same &= iommu_avail(stock->container) == iommu_avail(ours->container);
	if (diff->same && ours->ret >= 0) {
		diff->done[request->what]++;
		diff_learn(diff, request);
	}
	return diff->same;
}

static void diff_tell_one(const struct diff_record *record, unsigned long number)
{
	const struct diff_request *request = &record->request;

	NOTE("%lu: %s at 0x%llx size 0x%llx flags %u pgsize 0x%llx bytes %llu: stock %ld, ours %ld",
	     number, diff_names[request->what], (unsigned long long)request->iova,
	     (unsigned long long)request->size, request->flags, (unsigned long long)request->pgsize,
	     (unsigned long long)request->bytes, record->stock, record->ours);
}

/* What led to a difference. */
static void diff_tell(const struct diff *diff)
{
	unsigned long i = diff->num < DIFF_LAST ? 0 : diff->num - DIFF_LAST;

	for (; i < diff->num; i++)
		diff_tell_one(&diff->last[i % DIFF_LAST], i);
	NOTE("unmapped by stock 0x%llx, by ours 0x%llx; %zu mappings, tracking %d, attached %d",
	     (unsigned long long)diff->stock.unmapped, (unsigned long long)diff->ours.unmapped,
	     diff->num_mappings, diff->tracking, diff->attached);
}

static void diff_report(const struct diff *diff)
{
	char text[256] = "";
	size_t i, length = 0;

	for (i = 0; i < DIFF_NUM_WHATS; i++)
		if (diff->done[i])
			length += snprintf(text + length, sizeof(text) - length, ", %lu %s",
					   diff->done[i], diff_names[i]);
	NOTE("succeeded%s; %lu bits, %lu more by fault of stock", text, diff->bits, diff->faults);
}

TEST_F_TIMEOUT(dirty_diff, same_answers, 60)
{
	struct diff *diff = &self->diff;
	unsigned int i;

	diff->random = diff_seed;
	NOTE("seed %u, %u requests", diff_seed, diff_count);
	for (i = 0; i < diff_count; i++) {
		struct diff_request request = draw_request(diff);

		if (!diff_apply(diff, &request)) {
			NOTE("again: -s %u -n %u", diff_seed, i + 1);
			diff_tell(diff);
			ASSERT_TRUE(diff->same);
		}
	}
	diff_report(diff);
}

int main(int argc, char **argv)
{
	int used = 1;

	while (used + 1 < argc && argv[used][0] == '-' && strchr("sn", argv[used][1])) {
		unsigned int value = strtoul(argv[used + 1], NULL, 0);

		if (argv[used][1] == 's')
			diff_seed = value;
		else
			diff_count = value;
		used += 2;
	}
	dirty_diff_same_answers_test.seconds += diff_count / 200;
	argv[used - 1] = argv[0];
	return ktap_main(argc - used + 1, argv + used - 1);
}
