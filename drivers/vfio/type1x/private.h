/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-type1x: the objects, who owns whom, and who locks what.
 *
 * Object graph (an arrow is a counted reference or ownership):
 *
 *   vfio core --cookie--> container.c table --> t1x_ioas <-- ioctl in flight
 *                                                  |
 *                        +-------------------------+------------------+
 *                        v                         v                  v
 *                   t1x_domain (list)       t1x_mapping (tree)   windows (set)
 *                        |                    |         |
 *                        v                    v         v
 *                   t1x_group (list)     t1x_payer   t1x_extents
 *                                        (mm)        (runs of pinned frames)
 *
 * Life of an address space: vfio core opens it (one reference, held by the
 * cookie table), every entry from vfio core borrows another one.  release()
 * drops the cookie and marks the space dying; the last reference, perhaps that
 * of a MAP that notices, unpins what is left.
 *
 * Life of a mapping, all changes of state under t1x_ioas.lock:
 *
 *	FILLING --> READY --> LEAVING --> gone
 *	   |         ^  |
 *	   v         |  v
 *	  gone     UPDATING
 *
 * A mapping that is not READY belongs to one thread, which works on it without
 * t1x_ioas.lock.  Whoever else needs its range waits for the thread to finish
 * and then decides afresh.
 *
 * Lock order, outermost first:
 *
 *	vfio core's group_lock
 *	  t1x_ioas.domains_rwsem	the domain list and what the IOMMU maps
 *	    t1x_ioas.lock		the mapping tree, states, counters, windows
 *	      the IOMMU core's locks	of groups and page tables
 *
 * mmap_lock is taken under neither of ours, nor is user memory touched there:
 * a page fault can last as long as a user likes.
 *
 * Invariant: under domains_rwsem each listed domain maps the first
 * t1x_mapping.nr_mapped pages of each mapping, and nothing else.
 */
#ifndef T1X_PRIVATE_H
#define T1X_PRIVATE_H

#include <linux/interval_tree.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/stringify.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/wait.h>

#include <vfio/driver.h>

#include "core/span.h"
#include "extents.h"

struct mm_struct;
struct scatterlist;
struct t1x_run;

#define T1X_NAME	"vfio-iommu-type1x"

/* One place for the version: the string and the number come from here. */
#define T1X_VERSION_MAJOR	0
#define T1X_VERSION_MINOR	1
#define T1X_VERSION_PATCH	0
#define T1X_VERSION_CODE	(T1X_VERSION_MAJOR << 16 | T1X_VERSION_MINOR << 8 | \
				 T1X_VERSION_PATCH)
#define T1X_VERSION		__stringify(T1X_VERSION_MAJOR) "." \
				__stringify(T1X_VERSION_MINOR) "." \
				__stringify(T1X_VERSION_PATCH)

/* main.c: module parameters */
extern bool t1x_allow_unsafe_interrupts;
extern bool t1x_disable_hugepages;
extern bool t1x_private_domains;
extern bool t1x_prefer;
extern unsigned int t1x_dma_entry_limit;

/**
 * struct t1x_payer - whose RLIMIT_MEMLOCK pinned pages count against
 * @mm: address space charged; the struct is held (mmgrab), not its memory
 * @lock_cap: the task had CAP_IPC_LOCK when it mapped: no limit
 */
struct t1x_payer {
	struct mm_struct *mm;
	bool lock_cap;
};

/* account.c */
int t1x_account_init(void);
void t1x_account_exit(void);
int t1x_payer_init_current(struct t1x_payer *payer);
void t1x_payer_put(struct t1x_payer *payer);
int t1x_payer_charge(const struct t1x_payer *payer, unsigned long npages);
void t1x_payer_uncharge(const struct t1x_payer *payer, unsigned long npages);

/**
 * enum t1x_mapping_state - who may touch a mapping
 * @T1X_MAPPING_FILLING: the MAP that makes it
 * @T1X_MAPPING_READY: whoever holds t1x_ioas.lock
 * @T1X_MAPPING_UPDATING: the MAP(VADDR) that moves it to another mm
 * @T1X_MAPPING_LEAVING: the UNMAP that takes it down
 */
enum t1x_mapping_state {
	T1X_MAPPING_FILLING,
	T1X_MAPPING_READY,
	T1X_MAPPING_UPDATING,
	T1X_MAPPING_LEAVING,
};

/**
 * struct t1x_mapping - one MAP_DMA
 * @node: IOVA span and place in t1x_ioas.mappings; immutable once inserted
 * @link: for lists private to the owning thread
 * @vaddr: user address of the first byte (t1x_ioas.lock)
 * @prot: IOMMU_READ and IOMMU_WRITE bits; immutable
 * @birth: one more than that of the mapping made before (t1x_ioas.lock)
 * @state: see the picture above (t1x_ioas.lock)
 * @vaddr_invalid: between UNMAP(VADDR) and MAP(VADDR) (t1x_ioas.lock)
 * @payer: who is charged (owning thread)
 * @nr_mapped: leading pages that the domains map (domains_rwsem, owning thread)
 * @nr_charged: pages charged to @payer (owning thread)
 * @extents: pinned frames (owning thread; appended to under domains_rwsem)
 */
struct t1x_mapping {
	struct interval_tree_node node;
	struct list_head link;
	unsigned long vaddr;
	u64 birth;
	int prot;
	enum t1x_mapping_state state;
	bool vaddr_invalid;
	struct t1x_payer payer;
	unsigned long nr_mapped;
	unsigned long nr_charged;
	struct t1x_extents extents;
};

/**
 * struct t1x_group - an IOMMU group attached to a domain
 * @next: in t1x_domain.groups
 * @group: the group, kept alive by vfio core
 * @aperture: IOVAs that its devices can address in each domain it was tried in
 */
struct t1x_group {
	struct list_head next;
	struct iommu_group *group;
	struct t1x_span aperture;
};

/**
 * struct t1x_domain - an IOMMU page table and the groups that use it
 * @next: in t1x_ioas.domains
 * @domain: the page table
 * @groups: attached &struct t1x_group, never empty while listed
 * @enforce_cc: the IOMMU forces coherent DMA
 */
struct t1x_domain {
	struct list_head next;
	struct iommu_domain *domain;
	struct list_head groups;
	bool enforce_cc;
};

/**
 * struct t1x_ioas - an I/O address space
 * @users: references; freed by RCU after the last one
 * @rcu: delays the free past lookups of the cookie
 * @v2: type1v2 rules: UNMAP must not bisect a mapping; immutable
 * @nesting: domains are to be nested (type 6); immutable
 * @domains_rwsem: see the lock order above
 * @domains: list of &struct t1x_domain (@domains_rwsem)
 * @lock: see the lock order above
 * @dying: released by vfio core, nothing may be added (written under both)
 * @mappings: interval tree of &struct t1x_mapping by IOVA (@lock)
 * @births: mappings made so far (@lock)
 * @entries_left: mappings that may still be made (@lock)
 * @nr_vaddr_invalid: mappings with vaddr_invalid set (@lock)
 * @pgsize_bitmap: IOMMU page sizes that every domain has (@lock)
 * @windows: IOVAs that may be mapped (@lock)
 * @idle_wq: woken when a mapping becomes READY or is gone
 * @idle_seq: number of such events (@lock)
 * @nr_waiting: threads that wait for one (@lock)
 */
struct t1x_ioas {
	refcount_t users;
	struct rcu_head rcu;
	bool v2;
	bool nesting;

	struct rw_semaphore domains_rwsem;
	struct list_head domains;

	struct mutex lock; /* innermost of ours */
	bool dying;
	struct rb_root_cached mappings;
	u64 births;
	unsigned int entries_left;
	unsigned int nr_vaddr_invalid;
	unsigned long pgsize_bitmap;
	struct t1x_span_set windows;

	wait_queue_head_t idle_wq;
	unsigned long idle_seq;
	unsigned int nr_waiting;
};

/* domain.c */
u64 t1x_domain_slice(u64 iova);
struct t1x_domain *t1x_domain_alloc(struct iommu_group *group, bool nesting);
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

/* window.c */
int t1x_window_build(struct t1x_span_set *set, const struct t1x_ioas *ioas,
		     const struct t1x_domain *extra);
void t1x_window_free(struct t1x_span_set *set);
int t1x_window_group_msi(struct iommu_group *group, bool *found, phys_addr_t *base);

/* mapping.c */
struct t1x_mapping *t1x_mapping_alloc(const struct t1x_span *span, unsigned long vaddr, int prot);
void t1x_mapping_free(struct t1x_mapping *map);
struct t1x_mapping *t1x_mapping_first(struct t1x_ioas *ioas, const struct t1x_span *span);
struct t1x_mapping *t1x_mapping_next(struct t1x_mapping *map, const struct t1x_span *span);
unsigned long t1x_mapping_npages(const struct t1x_mapping *map);
void t1x_mapping_drain(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_mapping_unpin(struct t1x_mapping *map);

static inline struct t1x_span t1x_mapping_span(const struct t1x_mapping *map)
{
	return (struct t1x_span){ .start = map->node.start, .last = map->node.last };
}

/* fill.c */
int t1x_fill_mapping(struct t1x_ioas *ioas, struct t1x_mapping *map);

/* The whole address space, for walks over all mappings. */
#define T1X_SPAN_ALL	((struct t1x_span){ .start = 0, .last = U64_MAX })

/* t1x_ioas_collect(): the span is everything, and cuts nothing in two. */
#define T1X_COLLECT_ALL		BIT(0)
/* t1x_ioas_collect(): pass over mappings that are being made or taken down. */
#define T1X_COLLECT_PUBLIC	BIT(1)

/* ioas.c */
struct t1x_ioas *t1x_ioas_alloc(bool v2, bool nesting);
void t1x_ioas_put(struct t1x_ioas *ioas);
void t1x_ioas_kill(struct t1x_ioas *ioas);
int t1x_ioas_lock(struct t1x_ioas *ioas);
int t1x_ioas_wait_settled(struct t1x_ioas *ioas, const struct t1x_mapping *map);
int t1x_ioas_wait_briefly(struct t1x_ioas *ioas, unsigned long seq, long *timeout);
void t1x_ioas_note_idle(struct t1x_ioas *ioas);
u64 t1x_ioas_min_pgsize(struct t1x_ioas *ioas);
int t1x_ioas_map(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned long vaddr, int prot);
int t1x_ioas_unmap(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		   u64 *unmapped);
int t1x_ioas_collect(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		     struct list_head *maps);
bool t1x_ioas_enforces_cc(struct t1x_ioas *ioas);

/* vaddr.c */
int t1x_vaddr_suspend(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		      u64 *size);
int t1x_vaddr_resume(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned long vaddr);

/* group.c */
int t1x_group_attach(struct t1x_ioas *ioas, struct iommu_group *iommu_group);
void t1x_group_detach(struct t1x_ioas *ioas, struct iommu_group *iommu_group);

/* caps.c */
int t1x_caps_build(struct t1x_ioas *ioas, struct vfio_info_cap *caps);

/* ioctl.c */
bool t1x_ioctl_claims(unsigned long type);
long t1x_ioctl_check_extension(struct t1x_ioas *ioas, unsigned long arg);
long t1x_ioctl(struct t1x_ioas *ioas, unsigned int cmd, unsigned long arg);

/* container.c */
extern const struct vfio_iommu_driver_ops t1x_container_ops;
void t1x_container_drain(void);

#endif /* T1X_PRIVATE_H */
