// SPDX-License-Identifier: GPL-2.0-only
/* follow_pfnmap_start() and follow_pfnmap_end(), 6.12, commit 6da8e9634bb7. */
#include <linux/mm.h>

unsigned long probe(struct follow_pfnmap_args *args);
unsigned long probe(struct follow_pfnmap_args *args)
{
	unsigned long pfn;

	if (follow_pfnmap_start(args))
		return 0;
	pfn = args->writable ? args->pfn : 0;
	follow_pfnmap_end(args);
	return pfn;
}
