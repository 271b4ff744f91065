/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins of user pages; pin.c tells how they are got.
 */
#ifndef T1X_PIN_H
#define T1X_PIN_H

#include <linux/mm.h>
#include <linux/types.h>

#include "core/run.h"

/* Neighbouring frames must have neighbouring struct pages: t1x_run_scan(). */
static_assert(IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || IS_ENABLED(CONFIG_FLATMEM));

/* Frames from @page to the end of its folio. */
static inline unsigned long t1x_pin_folio_rest(struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio_nr_pages(folio) - folio_page_idx(folio, page);
}

/* t1x_pin_gup(): pin for writing. */
#define T1X_PIN_WRITE	BIT(0)
/* t1x_pin_gup(): memory that munmap() is taking away, just now, is gone. */
#define T1X_PIN_BY_AREA	BIT(1)

long t1x_pin_gup(struct mm_struct *mm, unsigned long vaddr, unsigned long npages,
		 unsigned int flags, struct page **pages);
int t1x_pin_pages(struct mm_struct *mm, unsigned long vaddr, struct page **pages,
		  unsigned long npages, bool write);
void t1x_pin_drop(struct page **pages, unsigned long npages);
unsigned long t1x_pin_count_charge(struct page *page, unsigned long npages);
void t1x_pin_release_run(const struct t1x_run *run, bool dirty);

#endif /* T1X_PIN_H */
