/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slow model of core/bits.c: a bitmap is the bytes that user space sees, and
 * every bit is looked at by itself.
 *
 * The operations change both the real bitmaps and the models and compare all
 * of them, bits outside the range included.  Meanwhile the words that hold no
 * bit of the range are poisoned: the address sanitizer objects to whoever
 * reads or writes them.
 */
#ifndef T1X_TESTING_BITS_MODEL_H
#define T1X_TESTING_BITS_MODEL_H

#include "bits.h"

#include <linux/types.h>

/**
 * struct bits_pair - a bitmap and its model
 * @words: what the code works on, not one byte longer than needed
 * @bytes: what it should be; bit i is bit i % 8 of byte i / 8
 * @nwords: length of both
 */
struct bits_pair {
	unsigned long *words;
	u8 *bytes;
	size_t nwords;
};

/* bits_pair_or() and its kin */
typedef const char *(*bits_step)(struct bits_pair *dst, unsigned long dst_bit,
				 struct bits_pair *src, unsigned long src_bit, unsigned long nbits);

void bits_pair_init(struct bits_pair *pair, size_t nbits);
void bits_pair_fini(struct bits_pair *pair);
void bits_pair_set_word(struct bits_pair *pair, size_t at, u64 value);
bool bits_pair_test(const struct bits_pair *pair, unsigned long bit);

const char *bits_pair_or(struct bits_pair *dst, unsigned long dst_bit, struct bits_pair *src,
			 unsigned long src_bit, unsigned long nbits);
const char *bits_pair_andnot(struct bits_pair *dst, unsigned long dst_bit, struct bits_pair *mask,
			     unsigned long mask_bit, unsigned long nbits);
const char *bits_pair_fill(struct bits_pair *dst, unsigned long dst_bit, unsigned long nbits);

#endif /* T1X_TESTING_BITS_MODEL_H */
