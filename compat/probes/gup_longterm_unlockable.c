// SPDX-License-Identifier: GPL-2.0-only
/*
 * FOLL_LONGTERM together with fault retry: not in 6.1, in 6.5.
 *
 * No declaration tells it. The series that allowed it also made the internal
 * flags of GUP private, so that FOLL_FAST_ONLY left the public headers; and the
 * vmas argument, which could not work with a dropped lock, went after it. Both
 * must be so: a kernel wrongly taken for an old one just faults pages in twice,
 * one wrongly taken for a new one would refuse to map.
 */
#include <linux/mm.h>

#ifdef FOLL_FAST_ONLY
#error GUP flags are still public
#endif

/* An enumerator of that name instead of a macro would collide here. */
enum { FOLL_FAST_ONLY = 1 };

long probe(struct mm_struct *mm, struct page **pages, int *locked);
long probe(struct mm_struct *mm, struct page **pages, int *locked)
{
	return pin_user_pages_remote(mm, 0, FOLL_FAST_ONLY, FOLL_WRITE | FOLL_LONGTERM,
				     pages, locked);
}
