// SPDX-License-Identifier: GPL-2.0-only
#include "count.h"

int main(void)
{
	return t1x_count_add(1, 2) != 3 || t1x_count_add(~0U, 1) != ~0U;
}
