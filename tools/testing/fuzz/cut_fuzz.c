// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: the bitmap of any range with any mappings, made window by window as
 * export.c makes it, and bit by bit.
 *
 * Input: where the range is, its size, the size of the buffer and how far the first
 * mapping begins before the range; then for each mapping how far it is behind the one
 * before, how large, and which pages are dirty.
 */
#include "cut_model.h"
#include "fuzz.h"

#define MOST_BEFORE	300
#define MOST_RANGE	1500
#define MOST_GAP	700
#define MOST_PAGES	400
#define ALL_PAGES	(1ull << (64 - T1X_CUT_PAGE_SHIFT))

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { .bytes = data, .left = size };
	u64 at_end = fuzz_take(&input, 1) % 2;
	u64 npages = 1 + fuzz_take(&input, 2) % MOST_RANGE;
	size_t room = 1 + fuzz_take(&input, 1) % 64;
	u64 base = at_end ? ALL_PAGES - npages : MOST_BEFORE;
	u64 page = base - fuzz_take(&input, 2) % MOST_BEFORE;
	struct cut_scene scene;

	cut_scene_init(&scene, base, npages, room);
	while (input.left && scene.nr < CUT_MAPPINGS) {
		u64 map_npages = 1 + fuzz_take(&input, 2) % MOST_PAGES;

		page += fuzz_take(&input, 2) % MOST_GAP;
		if (page >= ALL_PAGES || map_npages > ALL_PAGES - page)
			break;
		cut_scene_add(&scene, page, map_npages, fuzz_take(&input, 8));
		page += map_npages;
	}
	fuzz_agree(cut_scene_differs(&scene));
	cut_scene_fini(&scene);
	return 0;
}
