/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extents: the runs of frames behind a mapping; extents.c tells why.
 */
#ifndef T1X_EXTENTS_H
#define T1X_EXTENTS_H

#include <linux/types.h>

#include "core/run.h"

/**
 * struct t1x_extents_block - some of the runs of a mapping
 * @next: block with those that follow
 * @nr: words in use
 * @room: words that fit
 * @words: packed runs
 */
struct t1x_extents_block {
	struct t1x_extents_block *next;
	unsigned int nr;
	unsigned int room;
	u64 words[];
};

/**
 * struct t1x_extents - the frames behind a mapping, in order of IOVA
 * @tail: block that is being filled
 * @inplace: first block, with room for a few words
 */
struct t1x_extents {
	struct t1x_extents_block *tail;
	struct t1x_extents_block inplace;
};

/**
 * struct t1x_extents_iter - position of a walk over the runs of extents
 * @block: current block
 * @at: next word in it
 */
struct t1x_extents_iter {
	const struct t1x_extents_block *block;
	unsigned int at;
};

void t1x_extents_init(struct t1x_extents *extents, unsigned int room);
int t1x_extents_reserve(struct t1x_extents *extents, unsigned int nr);
void t1x_extents_append(struct t1x_extents *extents, const struct t1x_run *run);
void t1x_extents_free(struct t1x_extents *extents);

/**
 * t1x_extents_begin() - start a walk in order of IOVA
 * @iter: position
 * @extents: list to walk, not appended to meanwhile
 */
static inline void t1x_extents_begin(struct t1x_extents_iter *iter,
				     const struct t1x_extents *extents)
{
	iter->block = &extents->inplace;
	iter->at = 0;
}

/**
 * t1x_extents_next() - one step of a walk
 * @iter: position
 * @run: the next frames
 *
 * Return: false at the end.
 */
static inline bool t1x_extents_next(struct t1x_extents_iter *iter, struct t1x_run *run)
{
	while (iter->block && iter->at == iter->block->nr) {
		iter->block = iter->block->next;
		iter->at = 0;
	}
	if (!iter->block)
		return false;

	*run = t1x_run_unpack(iter->block->words[iter->at++]);
	return true;
}

#endif /* T1X_EXTENTS_H */
