// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/cut against its model: the example of its header, one mapping anywhere in small
 * ranges, and many mappings at random, also at the end of the address space.
 */
#include "cut_model.h"
#include "unit.h"

#define SMALL_PAGES	34
#define BEYOND		9 /* pages before and behind a small range */
#define BASE		16
#define ALL_PAGES	(1ull << (64 - T1X_CUT_PAGE_SHIFT))
#define RANDOM_SCENES	20000
#define ALL_DIRTY	(~0ull)

static bool is_span(struct t1x_span span, u64 start, u64 last)
{
	return span.start == start && span.last == last;
}

static bool is_cut(struct t1x_cut cut, unsigned long page, unsigned long bit, unsigned long npages)
{
	return cut.page == page && cut.bit == bit && cut.npages == npages;
}

static void example_of_the_header(void)
{
	const struct t1x_span range = { 0x10000, 0x37fff };
	const struct t1x_span a = { 0x15000, 0x24fff }, b = { 0x35000, 0x35fff };
	struct t1x_span window = t1x_cut_window(&range, 0x10000, a.start, 2);

	UNIT_CHECK(t1x_cut_nbytes(&range) == 5);
	UNIT_CHECK(is_span(window, 0x10000, 0x1ffff));
	UNIT_CHECK(is_cut(t1x_cut(&a, &window), 0, 5, 11));

	window = t1x_cut_window(&range, 0x20000, a.start, 2);
	UNIT_CHECK(is_span(window, 0x20000, 0x2ffff));
	UNIT_CHECK(is_cut(t1x_cut(&a, &window), 11, 0, 5));

	window = t1x_cut_window(&range, 0x30000, b.start, 2);
	UNIT_CHECK(is_span(window, 0x30000, 0x37fff));
	UNIT_CHECK(is_cut(t1x_cut(&b, &window), 0, 5, 1));
}

static void no_mapping(void)
{
	struct cut_scene scene;

	cut_scene_init(&scene, BASE, 100, 8);
	UNIT_AGREE(cut_scene_differs(&scene));
	cut_scene_fini(&scene);
}

static void one_mapping(u64 npages, u64 page, u64 map_npages, size_t room)
{
	struct cut_scene scene;

	cut_scene_init(&scene, BASE, npages, room);
	cut_scene_add(&scene, page, map_npages, ALL_DIRTY);
	UNIT_AGREE(cut_scene_differs(&scene));
	cut_scene_fini(&scene);
}

static void one_mapping_anywhere(void)
{
	for (u64 npages = 1; npages <= SMALL_PAGES; npages++)
		for (u64 page = BASE - BEYOND; page < BASE + npages + BEYOND; page++)
			for (u64 end = page + 1; end < BASE + npages + BEYOND; end++)
				for (size_t room = 1; room <= 2; room++)
					one_mapping(npages, page, end - page, room);
}

static void random_scene(u64 base)
{
	u64 npages = 1 + unit_random_below(2000), page;
	struct cut_scene scene;

	if (base > ALL_PAGES - npages)
		base = ALL_PAGES - npages;
	cut_scene_init(&scene, base, npages, 8 * (1 + unit_random_below(4)));
	page = base - unit_random_below(BEYOND);
	while (scene.nr < CUT_MAPPINGS) {
		u64 map_npages = 1 + unit_random_below(unit_random_below(2) ? 500 : 8);

		page += unit_random_below(unit_random_below(3) ? 5 : 700);
		if (page >= ALL_PAGES || map_npages > ALL_PAGES - page)
			break;
		cut_scene_add(&scene, page, map_npages, unit_random());
		page += map_npages;
	}
	UNIT_AGREE(cut_scene_differs(&scene));
	cut_scene_fini(&scene);
}

static void many_mappings(void)
{
	for (int i = 0; i < RANDOM_SCENES; i++)
		random_scene(BEYOND + unit_random_below(100));
}

static void end_of_the_address_space(void)
{
	for (int i = 0; i < RANDOM_SCENES; i++)
		random_scene(ALL_PAGES);
}

static const struct unit_case cases[] = {
	UNIT_CASE(example_of_the_header),    UNIT_CASE(no_mapping),
	UNIT_CASE(one_mapping_anywhere),     UNIT_CASE(many_mappings),
	UNIT_CASE(end_of_the_address_space),
};

int main(void)
{
	return unit_main(cases, UNIT_COUNT(cases));
}
