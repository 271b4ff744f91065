/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits: ranges of bits of one bitmap set or cleared in another, at any two offsets.
 *
 * A bitmap is an array of unsigned long, bit i being bit i % 64 of word i / 64.
 * Every mapping has one of its own, bit i for its page i.  User space reads one for
 * a range, where these bits land at any offset (cut.h), and two mappings share a byte.
 *
 * Example: a mapping A of 3 pages and right behind it B of 13 pages, read as
 * one range of 16 pages.  Pages 0 and 2 of A are dirty, its bitmap is 0x5; so
 * are pages 0, 4, 5 and 12 of B, its bitmap is 0x1031.
 *
 *	              byte 1           byte 0
 *	        +----------------+---------+--------+
 *	output  |    B 12..5     | B 4..0  | A 2..0 |
 *	        +----------------+---------+--------+
 *	bit      15             8 7       3 2      0
 *
 *	t1x_bits_or(out, 0, a, 0, 3)		out becomes 0x0005
 *	t1x_bits_or(out, 3, b, 0, 13)		out becomes 0x818d
 *
 * 0x818d is 0x1031 << 3 | 0x5.  User space gets the bytes 8d 81: bits 0 to 2 of
 * the first byte are from A, 3 to 7 are bits 0 to 4 of B, and all of the second
 * byte is bits 5 to 12 of B.  A window of the second byte alone (cut.h) is read and
 * cleared in two steps, the copy to user space between them:
 *
 *	t1x_bits_or(out, 0, b, 5, 8)		b stays as it is, out is 0x81
 *	copy out; meanwhile page 7 of B becomes dirty, its bitmap 0x10b1
 *	t1x_bits_andnot(b, 5, out, 0, 8)	b becomes 0x0091
 *
 * That clears what user space has got, pages 5 and 12, and nothing else.  If the
 * copy fails there is no second step, and no bit is lost.
 *
 * In memory bit i of a bitmap is bit i % 8 of byte i / 8, as user space wants
 * it: true on little-endian machines only, and the caller copies bytes.
 *
 * Whoever calls keeps others, readers included, from the words that hold the bits named,
 * as nothing here is atomic.  Other words are neither written nor read.  The ranges must
 * not overlap.  Pure code, as all here.
 */
#ifndef T1X_CORE_BITS_H
#define T1X_CORE_BITS_H

#include <linux/bits.h>

static_assert(sizeof(unsigned long) == 8, "words of 64 bits");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bit i is in byte i / 8");

void t1x_bits_or(unsigned long *dst, unsigned long dst_bit, const unsigned long *src,
		 unsigned long src_bit, unsigned long nbits);
void t1x_bits_andnot(unsigned long *dst, unsigned long dst_bit, const unsigned long *mask,
		     unsigned long mask_bit, unsigned long nbits);
void t1x_bits_fill(unsigned long *dst, unsigned long dst_bit, unsigned long nbits);

#endif /* T1X_CORE_BITS_H */
