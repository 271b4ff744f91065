// SPDX-License-Identifier: GPL-2.0-only
/* pin_user_pages_fast_only(), 5.10 to 6.2. */
#include <linux/mm.h>

int probe(struct page **pages);
int probe(struct page **pages)
{
	return pin_user_pages_fast_only(0, 1, FOLL_WRITE, pages);
}
