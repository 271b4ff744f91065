/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty page tracking (dirty.c), and how its bits get to the user (export.c).
 */
#ifndef T1X_DIRTY_H
#define T1X_DIRTY_H

#include <linux/types.h>

#include "core/span.h"

struct list_head;
struct t1x_ioas;
struct t1x_mapping;

/* dirty.c */
int t1x_dirty_start(struct t1x_ioas *ioas, const struct t1x_span *span);
int t1x_dirty_stop(struct t1x_ioas *ioas);
int t1x_dirty_check(struct t1x_ioas *ioas, const struct t1x_span *span);
int t1x_dirty_alloc(unsigned long npages, unsigned long **bitmap);
void t1x_dirty_adopt(struct t1x_mapping *map, unsigned long *bitmap);
void t1x_dirty_mark(struct t1x_mapping *map, unsigned long page, unsigned long npages);
void t1x_dirty_mark_pins(struct t1x_mapping *map, unsigned long first, unsigned long last);
void t1x_dirty_mark_all(struct t1x_ioas *ioas);
bool t1x_dirty_peek(const struct t1x_ioas *ioas, const struct t1x_mapping *map,
		    const struct t1x_span *span, unsigned long *dst);
void t1x_dirty_mark_span(struct t1x_mapping *map, const struct t1x_span *span);
void t1x_dirty_clear(struct t1x_mapping *map, const struct t1x_span *span,
		     const unsigned long *mask);

/* export.c */
int t1x_export_get(struct t1x_ioas *ioas, const struct t1x_span *span, void __user *bitmap,
		   bool peek);
int t1x_export_leaving(struct t1x_ioas *ioas, const struct t1x_span *span,
		       struct list_head *maps, void __user *bitmap);
int t1x_export_clear(struct t1x_ioas *ioas, const struct t1x_span *span,
		     const unsigned long *mask);

#endif /* T1X_DIRTY_H */
