// SPDX-License-Identifier: GPL-2.0-only
/* pin_user_pages_fast_only(): in 6.1, gone before 6.12. */
#include <linux/mm.h>

int probe(struct page **pages);
int probe(struct page **pages)
{
	return pin_user_pages_fast_only(0, 1, FOLL_WRITE, pages);
}
