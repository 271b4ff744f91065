// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "cut_model.h"

#define PAGE		(1ull << T1X_CUT_PAGE_SHIFT)
#define WORD_BITS	64

/* What is not 0, and not what a bitmap would often have. */
#define UNTOUCHED	0xa5

static struct t1x_span pages(u64 page, u64 npages)
{
	return (struct t1x_span){ .start = page * PAGE, .last = (page + npages) * PAGE - 1 };
}

static u64 count_pages(const struct t1x_span *span)
{
	return ((span->last - span->start) >> T1X_CUT_PAGE_SHIFT) + 1;
}

static size_t nwords(u64 nbits)
{
	return (nbits + WORD_BITS - 1) / WORD_BITS;
}

static bool test_bit(const unsigned long *words, u64 bit)
{
	return words[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

/**
 * cut_scene_init() - a range without mappings
 * @scene: result
 * @page: first page of the range
 * @npages: number of pages; the last one may be the last there is
 * @room: bytes of the buffer
 */
void cut_scene_init(struct cut_scene *scene, u64 page, u64 npages, size_t room)
{
	*scene = (struct cut_scene){ .range = pages(page, npages), .room = room };
}

/**
 * cut_scene_add() - one more mapping
 * @scene: scene that has room for it
 * @page: first page, behind those of all others
 * @npages: number of pages
 * @seed: which pages are dirty; all of them if ~0
 */
void cut_scene_add(struct cut_scene *scene, u64 page, u64 npages, u64 seed)
{
	struct cut_mapping *map = &scene->maps[scene->nr++];
	unsigned long *words = malloc(nwords(npages) * sizeof(*words));

	map->span = pages(page, npages);
	for (size_t i = 0; i < nwords(npages); i++) {
		words[i] = seed;
		if (~seed)
			seed = seed * 6364136223846793005 + 1442695040888963407;
	}
	map->dirty = words;
}

/**
 * cut_scene_fini() - free what a scene has
 * @scene: scene
 */
void cut_scene_fini(struct cut_scene *scene)
{
	for (size_t i = 0; i < scene->nr; i++)
		free(scene->maps[i].dirty);
}

/* The first mapping in the range that reaches to or beyond an iova. */
static const struct cut_mapping *seek(const struct cut_scene *scene, u64 iova)
{
	for (size_t i = 0; i < scene->nr; i++)
		if (scene->maps[i].span.last >= iova)
			return scene->maps[i].span.start <= scene->range.last ? &scene->maps[i]
									      : NULL;
	return NULL;
}

/**
 * struct making - a bitmap in the making
 * @scene: what of
 * @buf: the window
 * @bitmap: the user's memory
 * @written: for each byte of it, how often it was written
 * @nbytes: how many these are
 */
struct making {
	const struct cut_scene *scene;
	unsigned long *buf;
	u8 *bitmap;
	u8 *written;
	size_t nbytes;
};

static const char *make_window(struct making *making, const struct t1x_span *window)
{
	size_t offset = t1x_cut(window, &making->scene->range).bit / 8, used;
	const struct cut_scene *scene = making->scene;
	struct t1x_span done = { .start = window->start };

	memset(making->buf, 0, nwords(count_pages(window)) * sizeof(*making->buf));
	for (size_t i = 0; i < scene->nr; i++) {
		const struct cut_mapping *map = &scene->maps[i];
		struct t1x_cut cut;

		if (!t1x_span_overlaps(&map->span, window))
			continue;
		cut = t1x_cut(&map->span, window);
		t1x_bits_or(making->buf, cut.bit, map->dirty, cut.page, cut.npages);
		done.last = map->span.last < window->last ? map->span.last : window->last;
	}
	used = t1x_cut_nbytes(&done);
	if (offset + used > making->nbytes)
		return "a window goes beyond the end of the bitmap";
	memcpy(making->bitmap + offset, making->buf, used);
	for (size_t i = 0; i < used; i++)
		making->written[offset + i]++;
	return NULL;
}

static const char *make(struct making *making)
{
	const struct t1x_span *range = &making->scene->range;
	const struct cut_mapping *map;
	const char *difference;
	struct t1x_span window;

	for (u64 from = range->start; (map = seek(making->scene, from)); from = window.last + 1) {
		window = t1x_cut_window(range, from, map->span.start, making->scene->room);
		if (window.start < from || window.last < window.start ||
		    !t1x_span_contains(range, &window))
			return "a window is not where it should be";
		if (count_pages(&window) > making->scene->room * 8)
			return "a window is too large";
		difference = make_window(making, &window);
		if (difference || window.last == range->last)
			return difference;
	}
	return NULL;
}

/* What a mapping is to have in a byte of the bitmap; false if it has no page there. */
static bool expect(const struct cut_scene *scene, size_t byte, u8 *value)
{
	bool is_mapped = false;

	*value = 0;
	for (u64 bit = 0; bit < 8 && byte * 8 + bit < count_pages(&scene->range); bit++) {
		u64 iova = scene->range.start + (byte * 8 + bit) * PAGE;

		for (size_t i = 0; i < scene->nr; i++) {
			const struct cut_mapping *map = &scene->maps[i];

			if (iova < map->span.start || iova > map->span.last)
				continue;
			is_mapped = true;
			*value |= test_bit(map->dirty, (iova - map->span.start) / PAGE) << bit;
		}
	}
	return is_mapped;
}

static const char *compare(const struct making *making)
{
	for (size_t i = 0; i < making->nbytes; i++) {
		u8 value;

		if (making->written[i] > 1)
			return "a byte is written twice";
		if (expect(making->scene, i, &value)) {
			if (!making->written[i])
				return "a byte that has a mapping is not written";
			if (making->bitmap[i] != value)
				return "other pages are dirty";
		} else if (making->bitmap[i] != (making->written[i] ? 0 : UNTOUCHED)) {
			return "a hole is dirty";
		}
	}
	return NULL;
}

/**
 * cut_scene_differs() - make a bitmap in both ways
 * @scene: what of
 *
 * Return: NULL if they are the same, or what is not.
 */
const char *cut_scene_differs(const struct cut_scene *scene)
{
	struct making making = {
		.scene = scene,
		.nbytes = t1x_cut_nbytes(&scene->range),
	};
	const char *difference;

	if (making.nbytes != (count_pages(&scene->range) + 7) / 8)
		return "a bitmap has another size";
	making.buf = malloc((scene->room + 7) / 8 * sizeof(*making.buf));
	making.bitmap = malloc(making.nbytes);
	memset(making.bitmap, UNTOUCHED, making.nbytes);
	making.written = calloc(1, making.nbytes);
	difference = make(&making) ?: compare(&making);
	free(making.written);
	free(making.bitmap);
	free(making.buf);
	return difference;
}
