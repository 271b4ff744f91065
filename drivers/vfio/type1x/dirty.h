/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty pages: tracking (track.c), bits (dirty.c), those that IOMMUs record (hwbits.c),
 * and how they get to the user (export.c).
 */
#ifndef T1X_DIRTY_H
#define T1X_DIRTY_H

#include <linux/types.h>

#include "core/span.h"

struct list_head;
struct t1x_domain;
struct t1x_ioas;
struct t1x_mapping;

/* dirty.c */
bool t1x_dirty_bisects(struct t1x_ioas *ioas, const struct t1x_span *span);
int t1x_dirty_check(struct t1x_ioas *ioas, const struct t1x_span *span);
int t1x_dirty_alloc(unsigned long npages, unsigned long **bitmap);
void t1x_dirty_adopt(struct t1x_mapping *map, unsigned long *bitmap);
void t1x_dirty_mark(struct t1x_mapping *map, unsigned long page, unsigned long npages);
void t1x_dirty_mark_pins(struct t1x_mapping *map, unsigned long first, unsigned long last);
void t1x_dirty_mark_all(struct t1x_ioas *ioas);
bool t1x_dirty_is_all(const struct t1x_ioas *ioas, const struct t1x_mapping *map);
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

/* hwbits.c */
int t1x_hwbits_harvest(struct t1x_ioas *ioas, const struct t1x_span *span);
int t1x_hwbits_harvest_leaving(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_hwbits_start(struct t1x_ioas *ioas);
void t1x_hwbits_stop(struct t1x_ioas *ioas);
void t1x_hwbits_join(struct t1x_ioas *ioas, struct t1x_domain *domain);

/* track.c */
int t1x_track_start(struct t1x_ioas *ioas, const struct t1x_span *span);
int t1x_track_stop(struct t1x_ioas *ioas);

#endif /* T1X_DIRTY_H */
