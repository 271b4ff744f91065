// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents: the runs of frames behind a mapping, remembered so that UNMAP
 * need not ask the IOMMU for them page by page.
 *
 * Packed runs (core/run.h) fill a list of blocks in order of IOVA.  8 bytes
 * hold up to 16 GiB of contiguous memory; the worst case, 4K pages in random
 * order, costs 8 bytes a page, 0.2 % of the memory mapped.  Blocks are charged
 * to the memory cgroup of the mapping task.
 *
 * Room is reserved before frames are handed over, so that appending cannot fail.
 */
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "private.h"

/**
 * t1x_extents_init() - make an empty list
 * @extents: list; memory for @room words follows it
 * @room: words that fit the first block
 */
void t1x_extents_init(struct t1x_extents *extents, unsigned int room)
{
	extents->inplace.next = NULL;
	extents->inplace.nr = 0;
	extents->inplace.room = room;
	extents->tail = &extents->inplace;
}

/* Make a block for up to @nr words; it fills a slab object, or a page. */
static struct t1x_extents_block *t1x_extents_block_alloc(unsigned int nr)
{
	static const size_t sizes[] = { 128, 512, PAGE_SIZE };
	struct t1x_extents_block *block;
	unsigned int i = 0;

	while (i < ARRAY_SIZE(sizes) - 1 && struct_size(block, words, nr) > sizes[i])
		i++;
	block = kmalloc(sizes[i], GFP_KERNEL_ACCOUNT);
	if (!block)
		return NULL;
	block->next = NULL;
	block->nr = 0;
	block->room = (sizes[i] - sizeof(*block)) / sizeof(*block->words);
	return block;
}

/**
 * t1x_extents_reserve() - make sure that runs can be appended
 * @extents: list to grow
 * @nr: runs that the next appends will bring at the most
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_extents_reserve(struct t1x_extents *extents, unsigned int nr)
{
	struct t1x_extents_block *last = extents->tail;
	unsigned int left = last->room - last->nr;

	for (;;) {
		while (last->next) {
			last = last->next;
			left += last->room;
		}
		if (left >= nr)
			return 0;
		last->next = t1x_extents_block_alloc(nr - left);
		if (!last->next)
			return -ENOMEM;
	}
}

/**
 * t1x_extents_append() - add the frames that follow in IOVA order
 * @extents: list with room reserved
 * @run: at most T1X_RUN_MAX_NPAGES frames
 */
void t1x_extents_append(struct t1x_extents *extents, const struct t1x_run *run)
{
	struct t1x_extents_block *block = extents->tail;
	struct t1x_run word = *run;

	if (block->nr) {
		struct t1x_run last = t1x_run_unpack(block->words[block->nr - 1]);

		if (last.npages + run->npages <= T1X_RUN_MAX_NPAGES &&
		    t1x_run_extend(&last, run)) {
			block->words[block->nr - 1] = t1x_run_pack(&last);
			return;
		}
	}
	while (block->nr == block->room)
		block = block->next;
	extents->tail = block;
	block->words[block->nr++] = t1x_run_pack(&word);
}

/**
 * t1x_extents_free() - forget all runs
 * @extents: empty afterwards; whoever calls has unpinned the frames
 */
void t1x_extents_free(struct t1x_extents *extents)
{
	struct t1x_extents_block *block = extents->inplace.next;

	while (block) {
		struct t1x_extents_block *next = block->next;

		kfree(block);
		block = next;
	}
	t1x_extents_init(extents, extents->inplace.room);
}
