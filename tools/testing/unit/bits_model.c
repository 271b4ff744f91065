// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of core/bits.c: one bit after the other.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "bits_model.h"

#define WORD_BITS	64
#define WORD_BYTES	8

/**
 * bits_pair_init() - make an empty bitmap
 * @pair: result
 * @nbits: bits that must fit
 */
void bits_pair_init(struct bits_pair *pair, size_t nbits)
{
	pair->nwords = (nbits + WORD_BITS - 1) / WORD_BITS;
	pair->words = calloc(pair->nwords, WORD_BYTES);
	pair->bytes = calloc(pair->nwords, WORD_BYTES);
	assert(pair->words && pair->bytes);
}

/**
 * bits_pair_fini() - free a bitmap
 * @pair: made by bits_pair_init()
 */
void bits_pair_fini(struct bits_pair *pair)
{
	free(pair->words);
	free(pair->bytes);
}

/**
 * bits_pair_set_word() - set the contents of both, 64 bits of it
 * @pair: bitmap and model
 * @at: which word
 * @value: its bits, the lowest is bit @at * 64
 */
void bits_pair_set_word(struct bits_pair *pair, size_t at, u64 value)
{
	pair->words[at] = value;
	for (unsigned int i = 0; i < WORD_BYTES; i++)
		pair->bytes[at * WORD_BYTES + i] = value >> i * 8;
}

/**
 * bits_pair_test() - look at one bit of the model
 * @pair: bitmap and model
 * @bit: which bit
 *
 * Return: whether it should be set.
 */
bool bits_pair_test(const struct bits_pair *pair, unsigned long bit)
{
	assert(bit / WORD_BITS < pair->nwords);
	return pair->bytes[bit / 8] >> bit % 8 & 1;
}

static void bits_pair_assign(struct bits_pair *pair, unsigned long bit, bool value)
{
	assert(bit / WORD_BITS < pair->nwords);
	if (value)
		pair->bytes[bit / 8] |= 1 << bit % 8;
	else
		pair->bytes[bit / 8] &= ~(1 << bit % 8);
}

/* Only the words that hold some of the bits may be touched from now on. */
static void bits_pair_fence(const struct bits_pair *pair, unsigned long bit, unsigned long nbits)
{
	size_t first = bit / WORD_BITS;
	size_t end = (bit + nbits + WORD_BITS - 1) / WORD_BITS;

	assert(!nbits || end <= pair->nwords);
	ASAN_POISON_MEMORY_REGION(pair->words, pair->nwords * WORD_BYTES);
	if (nbits)
		ASAN_UNPOISON_MEMORY_REGION(pair->words + first, (end - first) * WORD_BYTES);
}

static const char *bits_pair_compare(const struct bits_pair *pair, const char *difference)
{
	ASAN_UNPOISON_MEMORY_REGION(pair->words, pair->nwords * WORD_BYTES);
	return memcmp(pair->words, pair->bytes, pair->nwords * WORD_BYTES) ? difference : NULL;
}

/**
 * bits_pair_or() - set bits that are set elsewhere, in both, and compare
 * @dst: bitmap to change and its model
 * @dst_bit: first bit there
 * @src: bitmap to read and its model
 * @src_bit: first bit there
 * @nbits: how many
 *
 * Return: NULL if they agree, else what differs.
 */
const char *bits_pair_or(struct bits_pair *dst, unsigned long dst_bit, struct bits_pair *src,
			 unsigned long src_bit, unsigned long nbits)
{
	const char *dst_problem, *src_problem;

	for (unsigned long i = 0; i < nbits; i++)
		if (bits_pair_test(src, src_bit + i))
			bits_pair_assign(dst, dst_bit + i, true);

	bits_pair_fence(dst, dst_bit, nbits);
	bits_pair_fence(src, src_bit, nbits);
	t1x_bits_or(dst->words, dst_bit, src->words, src_bit, nbits);
	dst_problem = bits_pair_compare(dst, "or gives other bits");
	src_problem = bits_pair_compare(src, "or changes its source");
	return dst_problem ? dst_problem : src_problem;
}

/**
 * bits_pair_andnot() - clear bits that a mask has, in both, and compare
 * @dst: bitmap to change and its model
 * @dst_bit: first bit there
 * @mask: bits to clear and their model
 * @mask_bit: first bit there
 * @nbits: how many
 *
 * Return: NULL if they agree, else what differs.
 */
const char *bits_pair_andnot(struct bits_pair *dst, unsigned long dst_bit, struct bits_pair *mask,
			     unsigned long mask_bit, unsigned long nbits)
{
	const char *dst_problem, *mask_problem;

	for (unsigned long i = 0; i < nbits; i++)
		if (bits_pair_test(mask, mask_bit + i))
			bits_pair_assign(dst, dst_bit + i, false);

	bits_pair_fence(dst, dst_bit, nbits);
	bits_pair_fence(mask, mask_bit, nbits);
	t1x_bits_andnot(dst->words, dst_bit, mask->words, mask_bit, nbits);
	dst_problem = bits_pair_compare(dst, "andnot gives other bits");
	mask_problem = bits_pair_compare(mask, "andnot changes its mask");
	return dst_problem ? dst_problem : mask_problem;
}

/**
 * bits_pair_fill() - set bits in both and compare
 * @dst: bitmap to change and its model
 * @dst_bit: first bit there
 * @nbits: how many
 *
 * Return: NULL if they agree, else what differs.
 */
const char *bits_pair_fill(struct bits_pair *dst, unsigned long dst_bit, unsigned long nbits)
{
	for (unsigned long i = 0; i < nbits; i++)
		bits_pair_assign(dst, dst_bit + i, true);

	bits_pair_fence(dst, dst_bit, nbits);
	t1x_bits_fill(dst->words, dst_bit, nbits);
	return bits_pair_compare(dst, "fill gives other bits");
}
