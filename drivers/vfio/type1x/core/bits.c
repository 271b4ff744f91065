// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applying ranges of bits to others; see bits.h for the terms.
 *
 * A range is cut where words of the destination begin: a head that brings the
 * destination to such a place, whole words, and a tail.  Each piece is one
 * access to one word there, and its bits come from one or two words of the
 * source.
 *
 *	destination  |   head|word   |word   |tail   |
 *	source     |  head  |word   |word   |tail |
 *
 * The operation is a constant for inline helpers: no loop has a branch for it.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "bits.h"

enum t1x_bits_op {
	T1X_BITS_OR,
	T1X_BITS_ANDNOT,
};

/* The lowest @nbits of a word, 1 to 64: a shift by 64 would be undefined. */
static __always_inline unsigned long t1x_bits_mask(unsigned long nbits)
{
	return ~0UL >> (BITS_PER_LONG - nbits);
}

static __always_inline void t1x_bits_merge(unsigned long *dst, unsigned long value,
					   enum t1x_bits_op op)
{
	if (op == T1X_BITS_ANDNOT)
		*dst &= ~value;
	else
		*dst |= value;
}

/*
 * @nbits bits, 1 to 64, that begin at @bit, 0 to 63, of a word.  The next word
 * may be behind the end of the array, unless some of the bits are in it.
 */
static __always_inline unsigned long t1x_bits_read(const unsigned long *src, unsigned long bit,
						   unsigned long nbits)
{
	unsigned long value = src[0] >> bit;

	if (bit + nbits > BITS_PER_LONG)
		value |= src[1] << (BITS_PER_LONG - bit);
	return value & t1x_bits_mask(nbits);
}

/*
 * Whole words of the destination; constant @bit 0 for a source that is aligned
 * as well.  Loading each word of an unaligned source twice is cheaper than
 * carrying it around the loop.
 */
static __always_inline void t1x_bits_words(unsigned long *dst, const unsigned long *src,
					   unsigned long bit, unsigned long nwords,
					   enum t1x_bits_op op)
{
	for (; nwords; nwords--, dst++, src++) {
		unsigned long value = src[0] >> bit;

		if (bit)
			value |= src[1] << (BITS_PER_LONG - bit);
		t1x_bits_merge(dst, value, op);
	}
}

static __always_inline void t1x_bits_apply(unsigned long *dst, unsigned long dst_bit,
					   const unsigned long *src, unsigned long src_bit,
					   unsigned long nbits, enum t1x_bits_op op)
{
	unsigned long head = min(nbits, -dst_bit % BITS_PER_LONG);
	unsigned long nwords = (nbits - head) / BITS_PER_LONG;
	unsigned long tail = (nbits - head) % BITS_PER_LONG;

	dst += dst_bit / BITS_PER_LONG;
	src += src_bit / BITS_PER_LONG;
	src_bit %= BITS_PER_LONG;
	if (head) {
		t1x_bits_merge(dst++, t1x_bits_read(src, src_bit, head)
				      << dst_bit % BITS_PER_LONG, op);
		src += (src_bit + head) / BITS_PER_LONG;
		src_bit = (src_bit + head) % BITS_PER_LONG;
	}
	if (src_bit)
		t1x_bits_words(dst, src, src_bit, nwords, op);
	else
		t1x_bits_words(dst, src, 0, nwords, op);
	if (tail)
		t1x_bits_merge(dst + nwords, t1x_bits_read(src + nwords, src_bit, tail), op);
}

/**
 * t1x_bits_or() - set the bits that are set in another bitmap
 * @dst: bitmap to change
 * @dst_bit: first bit of the range in @dst
 * @src: bitmap to read
 * @src_bit: first bit of the range in @src
 * @nbits: length of both ranges, may be 0
 *
 * dst[@dst_bit + i] |= src[@src_bit + i] for all i < @nbits.
 */
void t1x_bits_or(unsigned long *dst, unsigned long dst_bit, const unsigned long *src,
		 unsigned long src_bit, unsigned long nbits)
{
	t1x_bits_apply(dst, dst_bit, src, src_bit, nbits, T1X_BITS_OR);
}

/**
 * t1x_bits_andnot() - clear the bits that are set in a mask
 * @dst: bitmap to change
 * @dst_bit: first bit of the range in @dst
 * @mask: bitmap of what to clear
 * @mask_bit: first bit of the range in @mask
 * @nbits: length of both ranges, may be 0
 *
 * dst[@dst_bit + i] &= ~mask[@mask_bit + i] for all i < @nbits.
 */
void t1x_bits_andnot(unsigned long *dst, unsigned long dst_bit, const unsigned long *mask,
		     unsigned long mask_bit, unsigned long nbits)
{
	t1x_bits_apply(dst, dst_bit, mask, mask_bit, nbits, T1X_BITS_ANDNOT);
}

/**
 * t1x_bits_fill() - set all bits of a range
 * @dst: bitmap to change
 * @dst_bit: first bit of the range
 * @nbits: length of the range, may be 0
 */
void t1x_bits_fill(unsigned long *dst, unsigned long dst_bit, unsigned long nbits)
{
	unsigned long head = min(nbits, -dst_bit % BITS_PER_LONG);
	unsigned long nwords = (nbits - head) / BITS_PER_LONG;
	unsigned long tail = (nbits - head) % BITS_PER_LONG;

	dst += dst_bit / BITS_PER_LONG;
	if (head)
		*dst++ |= t1x_bits_mask(head) << dst_bit % BITS_PER_LONG;
	if (nwords)
		memset_l(dst, ~0UL, nwords);
	if (tail)
		dst[nwords] |= t1x_bits_mask(tail);
}
