/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: taking numbers out of the fuzzer's bytes, and
 * ending the run when code and model disagree.
 */
#ifndef T1X_TESTING_FUZZ_H
#define T1X_TESTING_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include <linux/types.h>

/**
 * struct fuzz_input - bytes that are not used up yet
 * @bytes: next byte
 * @left: how many there are
 */
struct fuzz_input {
	const u8 *bytes;
	size_t left;
};

/**
 * fuzz_take() - next number of the input
 * @input: what is left of the input; beyond its end everything is 0
 * @nbytes: how many bytes to use, at most 8
 *
 * Return: the number.
 */
static inline u64 fuzz_take(struct fuzz_input *input, unsigned int nbytes)
{
	u64 value = 0;

	for (; nbytes && input->left; nbytes--, input->left--)
		value = value << 8 | *input->bytes++;
	return value;
}

/**
 * fuzz_agree() - stop at a difference, which makes libFuzzer keep the input
 * @difference: what a model reports; NULL is fine
 */
static inline void fuzz_agree(const char *difference)
{
	if (!difference)
		return;
	fprintf(stderr, "disagreement: %s\n", difference);
	abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* T1X_TESTING_FUZZ_H */
