// SPDX-License-Identifier: GPL-2.0-only
/* A counter that stays at its end. */
#include <linux/overflow.h>
#include <linux/types.h>

#include "count.h"

/**
 * t1x_count_add() - add to a counter
 * @count: what was counted so far
 * @nr: what is to be added
 *
 * Return: the sum, or the highest number if it would be more.
 */
u32 t1x_count_add(u32 count, u32 nr)
{
	u32 sum;

	if (check_add_overflow(count, nr, &sum))
		return ~0U;
	return sum;
}
