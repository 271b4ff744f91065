// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bits.h>
#include <linux/minmax.h>

#include "cut.h"

/* IOVAs behind one byte */
#define T1X_CUT_BYTE	((u64)BITS_PER_BYTE << T1X_CUT_PAGE_SHIFT)

/**
 * t1x_cut_nbytes() - size of a bitmap
 * @range: whole pages that it is for
 *
 * Return: bytes that have a bit of it.
 */
size_t t1x_cut_nbytes(const struct t1x_span *range)
{
	return ((range->last - range->start) >> T1X_CUT_PAGE_SHIFT) / BITS_PER_BYTE + 1;
}

/**
 * t1x_cut_window() - what to make next of a bitmap
 * @range: whole pages that the bitmap is for
 * @from: where the window before ended, or the beginning of @range; a byte begins there
 * @next: beginning of the first mapping that reaches beyond @from
 * @room: size of the buffer in bytes
 *
 * Return: window that begins with the byte that has the mapping's first page not behind us.
 */
struct t1x_span t1x_cut_window(const struct t1x_span *range, u64 from, u64 next, size_t room)
{
	u64 most = (u64)room * T1X_CUT_BYTE - 1;
	struct t1x_span window = { .start = from };

	if (next > from)
		window.start += (next - from) / T1X_CUT_BYTE * T1X_CUT_BYTE;
	window.last = window.start + min(range->last - window.start, most);
	return window;
}
