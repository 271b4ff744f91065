/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups of devices (group.c) and how they join (attach.c), the IOMMU page tables that
 * they translate through (domain.c), and where these can map (window.c).
 */
#ifndef T1X_DOMAIN_H
#define T1X_DOMAIN_H

#include <linux/list.h>
#include <linux/types.h>

#include "core/run.h"
#include "core/span.h"
#include "prq.h"

struct device;
struct iommu_domain;
struct iommu_group;
struct scatterlist;
struct t1x_ioas;
struct t1x_mapping;

/**
 * struct t1x_group - a group of devices that uses an address space
 * @next: in t1x_domain.groups, or in t1x_ioas.emulated
 * @group: the group, kept alive by vfio core
 * @only: its device if it had no other when it joined, with a reference, else NULL;
 *	  immutable.  Only that can have what has to be taken from it before it goes: when
 *	  it is unplugged, vfio core takes the group out first
 * @nr_devs: devices it had then
 * @aperture: IOVAs that its devices can address in each domain it was tried in
 * @pins_pages: its driver tells which pages it uses, by pinning them
 * @watched: devices that tell of their faults themselves (source.c)
 * @requesters: addresses by which an IOMMU names its devices (requester.c)
 * @port: where page requests of its devices come in (prq.c)
 * @sources: 1 << n for each source n of faults that some device has; immutable once
 *	     the group has joined
 * @is_silent: some device has none; likewise
 */
struct t1x_group {
	struct list_head next;
	struct iommu_group *group;
	struct device *only;
	unsigned int nr_devs;
	struct t1x_span aperture;
	bool pins_pages;
	struct list_head watched;
	struct list_head requesters;
	struct t1x_prq_port port;
	u32 sources;
	bool is_silent;
};

/**
 * enum t1x_domain_dirty - do the dirty bits of a page table mean anything? (hwbits.c)
 * @T1X_DIRTY_OFF: nothing is recorded
 * @T1X_DIRTY_UNPROVEN: something may be recorded
 * @T1X_DIRTY_PROVEN: pages that devices write to are recorded
 */
enum t1x_domain_dirty {
	T1X_DIRTY_OFF,
	T1X_DIRTY_UNPROVEN,
	T1X_DIRTY_PROVEN,
};

/**
 * struct t1x_domain - an IOMMU page table and the groups that use it
 * @next: in t1x_ioas.domains
 * @revoke_link: in t1x_leases.domains, likewise
 * @domain: the page table
 * @groups: attached &struct t1x_group, never empty while listed
 * @enforce_cc: the IOMMU forces coherent DMA
 * @can_record: made to record dirty bits; immutable
 * @dirty: does it? (t1x_ioas.domains_rwsem for writing, or it and t1x_ioas.lock)
 */
struct t1x_domain {
	struct list_head next;
	struct list_head revoke_link;
	struct iommu_domain *domain;
	struct list_head groups;
	bool enforce_cc;
	bool can_record;
	enum t1x_domain_dirty dirty;
};

/* domain.c */
u64 t1x_domain_slice(u64 iova);
struct t1x_domain *t1x_domain_alloc(const struct t1x_ioas *ioas, struct iommu_group *group);
void t1x_domain_free(struct t1x_domain *domain);
int t1x_domain_attach(struct t1x_domain *domain, struct t1x_group *group);
void t1x_domain_detach(struct t1x_domain *domain, struct t1x_group *group);
int t1x_domain_place_msi(struct t1x_domain *domain, dma_addr_t base);
bool t1x_domain_is_compatible(const struct t1x_domain *a, const struct t1x_domain *b);
int t1x_domain_replay(struct t1x_domain *domain, struct t1x_mapping *map);
int t1x_domains_map(struct t1x_ioas *ioas, struct t1x_mapping *map, const struct t1x_run *run);
int t1x_domains_map_sg(struct t1x_ioas *ioas, struct t1x_mapping *map, struct scatterlist *sgl,
		       unsigned int nents, unsigned long npages);
bool t1x_domains_unmap(struct t1x_ioas *ioas, struct list_head *maps);
bool t1x_domains_revoke(struct list_head *domains, const struct t1x_mapping *map, bool may_sleep);

/* window.c */
int t1x_window_build(struct t1x_span_set *set, const struct t1x_ioas *ioas,
		     const struct t1x_domain *extra);
void t1x_window_free(struct t1x_span_set *set);
int t1x_window_group_msi(struct iommu_group *group, bool *found, phys_addr_t *base);

/* attach.c */
int t1x_attach_group(struct t1x_ioas *ioas, struct iommu_group *iommu_group);

/* group.c */
struct t1x_group *t1x_group_alloc(struct t1x_ioas *ioas, struct iommu_group *iommu_group);
void t1x_group_free(struct t1x_group *group);
struct t1x_group *t1x_group_find(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
				 struct t1x_domain **owner);
void t1x_group_set_windows(struct t1x_ioas *ioas, struct t1x_span_set *windows);
void t1x_group_leave(struct t1x_ioas *ioas, struct iommu_group *iommu_group,
		     struct list_head *backed, bool used);
void t1x_group_detach(struct t1x_ioas *ioas, struct iommu_group *iommu_group);
int t1x_group_attach_emulated(struct t1x_ioas *ioas, struct iommu_group *iommu_group);
void t1x_group_note_pinning(struct t1x_ioas *ioas, struct iommu_group *iommu_group);
struct iommu_domain *t1x_group_domain(struct t1x_ioas *ioas, struct iommu_group *iommu_group);

#endif /* T1X_DOMAIN_H */
