/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenes of core/cut.c: a range, and mappings some of whose pages are dirty.
 *
 * The bitmap of the range is made twice: with core/cut.c and core/bits.c, window by
 * window, in the way that export.c does it, and bit by bit from the definition.  The
 * sanitizers object to whatever is not in the buffer, or not in the user's bitmap.
 */
#ifndef T1X_TESTING_CUT_MODEL_H
#define T1X_TESTING_CUT_MODEL_H

#include "cut.h"

#define CUT_MAPPINGS	6

/**
 * struct cut_mapping - a mapping
 * @span: its IOVAs
 * @dirty: bit i for its page i
 */
struct cut_mapping {
	struct t1x_span span;
	unsigned long *dirty;
};

/**
 * struct cut_scene - what a bitmap is made of
 * @range: what it is for
 * @room: bytes of the buffer
 * @nr: mappings
 * @maps: in order of IOVA; they may begin before the range and end behind it
 */
struct cut_scene {
	struct t1x_span range;
	size_t room;
	size_t nr;
	struct cut_mapping maps[CUT_MAPPINGS];
};

void cut_scene_init(struct cut_scene *scene, u64 page, u64 npages, size_t room);
void cut_scene_add(struct cut_scene *scene, u64 page, u64 npages, u64 seed);
void cut_scene_fini(struct cut_scene *scene);
const char *cut_scene_differs(const struct cut_scene *scene);

#endif /* T1X_TESTING_CUT_MODEL_H */
