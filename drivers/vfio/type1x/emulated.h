/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emulated devices (emulated.c), what they are told (notice.c), and the pages that
 * they hold (pins.c).
 */
#ifndef T1X_EMULATED_H
#define T1X_EMULATED_H

#include <linux/interval_tree.h>
#include <linux/types.h>

struct list_head;
struct page;
struct t1x_ioas;
struct t1x_mapping;
struct vfio_device;

/**
 * struct t1x_pinned - pages that emulated devices hold
 * @node: place in t1x_mapping.pins, by number of the page in the mapping
 * @next: chain of those that are to be released
 * @pfn: frame of the first page; the others follow it
 * @npages: how many they are, once in a chain
 * @users: how often each of the pages is held
 */
struct t1x_pinned {
	union {
		struct interval_tree_node node;
		struct t1x_pinned *next;
	};
	u64 pfn;
	unsigned long npages;
	unsigned long users;
};

/* pins.c */
int t1x_pins_add(struct t1x_mapping *map, unsigned long first, struct page **pages,
		 unsigned long npages);
long t1x_pins_get(struct t1x_mapping *map, unsigned long first, struct page **pages,
		  unsigned long npages);
unsigned long t1x_pins_gap(const struct t1x_mapping *map, unsigned long first,
			   unsigned long npages);
struct t1x_pinned *t1x_pins_remove(struct t1x_mapping *map, unsigned long first,
				   unsigned long npages);
unsigned long t1x_pins_release(struct t1x_pinned *chain, bool dirty);
struct t1x_pinned *t1x_pins_next(const struct t1x_mapping *map, unsigned long first,
				 unsigned long last);
unsigned long t1x_pins_charge(const struct t1x_mapping *map);
unsigned long t1x_pins_charge_for(const struct t1x_mapping *map, unsigned long first,
				  struct page **pages, unsigned long npages);

/* notice.c */
int t1x_notice_evict(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_notice_add_device(struct t1x_ioas *ioas, struct vfio_device *device);
void t1x_notice_del_device(struct t1x_ioas *ioas, struct vfio_device *device);

/* emulated.c */
int t1x_emulated_pin(struct t1x_ioas *ioas, u64 iova, unsigned int npages, int prot,
		     struct page **pages);
void t1x_emulated_unpin(struct t1x_ioas *ioas, u64 iova, unsigned int npages);
int t1x_emulated_rw(struct t1x_ioas *ioas, u64 iova, void *data, size_t count, bool write);

#endif /* T1X_EMULATED_H */
