/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-type1x: the objects, who owns whom, and who locks what.
 *
 * Object graph (an arrow is a counted reference or ownership):
 *
 *   vfio core --cookie--> cookie.c table --> t1x_ioas <-- ioctl in flight
 *                                                  |
 *                        +-------------------------+------------------+
 *                        v                         v                  v
 *                   t1x_domain (list)       t1x_mapping (tree)   windows (set)
 *                        |                    |    |    |
 *                        v                    |    |    +--> dirty bitmap
 *                   t1x_group (list)          |    |
 *                                             |    +--> t1x_pinned (tree: frames that
 *                                             |         emulated devices hold)
 *                                             +--> t1x_lease --> t1x_bond <-- notifier
 *                                             v
 *                           t1x_payer (list: mm, task), t1x_extents (runs of
 *                                             frames pinned for the IOMMU)
 *
 * Life of an address space: vfio core opens it (one reference, held by the
 * cookie table), every entry from vfio core borrows another one.  release()
 * drops the cookie and marks the space dying; the last reference, perhaps that
 * of a MAP that notices, unpins what is left.
 *
 * Life of a mapping, all changes of state under t1x_ioas.lock:
 *
 *	FILLING --> READY <--> LEAVING --> gone
 *	   |         ^  |
 *	   v         |  v
 *	  gone     UPDATING, BACKING
 *
 * A mapping that is not READY belongs to one thread, which works on it without
 * t1x_ioas.lock.  Whoever else needs its range waits for the thread to finish
 * and then decides afresh.  Emulated devices do not wait: they may come and go
 * while it is READY or BACKING, and are counted while they work on user memory.
 *
 * Lock order, outermost first:
 *
 *	vfio core's group_lock
 *	  t1x_ioas.sva_mutex		address spaces that devices have by a PASID
 *	    the IOMMU core's locks, mmap_lock of processes (page requests are waited for)
 *	    t1x_ioas.domains_rwsem	and so on, as below
 *	  t1x_ioas.dirty_mutex		starting and stopping dirty tracking
 *	  t1x_ioas.devices_mutex	the list of emulated devices, their notices
 *	    (locks of a device's driver)
 *	      t1x_ioas.domains_rwsem	the domain list and what the IOMMU maps
 *	        t1x_ioas.lock		the mapping tree, states, counters, windows,
 *					dirty bitmaps, pins of emulated devices
 *	          t1x_leases.lock	what notifiers may take out of domains; no memory
 *					is allocated under it
 *	            the IOMMU core's locks	of groups, devices and page tables
 *	              t1x_fault_queue.lock	one queue of faults (raw; any context)
 *	        t1x_prq.lock		page requests that wait, and answering them
 *	          the IOMMU core's lock of a device's requests, its driver's for answers
 *	          t1x_fault_queue.lock
 *
 *	IOMMU driver's locks, and the IOMMU core's of a device, to report a page request
 *	  t1x_prq.lock
 *	t1x_fault_lock			who has a queue of faults; under no other of ours
 *	  t1x_fault_queue.lock, and locks of who waits for faults
 *	t1x_fault_queue.read_mutex	a reader's place in it; nothing is taken under it
 *	t1x_source_lock			devices that tell themselves; under domains_rwsem
 *	  t1x_prq.lock, the IOMMU core's locks of a device
 *	t1x_requester_lock		whose PCI address it is; under domains_rwsem
 *	t1x_listener_lock		drivers that hear of faults; nothing is taken under it
 *
 * mmap_lock is taken under none of ours but sva_mutex, nor is user memory touched there:
 * a page fault can last as long as a user likes.  t1x_leases.lock is taken under it.
 *
 * Invariants: under domains_rwsem each listed domain maps the first
 * t1x_mapping.nr_mapped pages of each mapping, and nothing else.  Under
 * t1x_ioas.lock a READY mapping that was not revoked is backed if and only if a group
 * sits behind an IOMMU.  Where pages are tracked, whatever has been READY has a dirty
 * bitmap.
 */
#ifndef T1X_PRIVATE_H
#define T1X_PRIVATE_H

#include <linux/interval_tree.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/stringify.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/wait.h>

#include <vfio/driver.h>

#include "account.h"
#include "bond.h"
#include "core/span.h"
#include "dirty.h"
#include "domain.h"
#include "emulated.h"
#include "extents.h"
#include "fault.h"
#include "mapping.h"
#include "prq.h"
#include "stats.h"

struct t1x_ioas;
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
extern bool t1x_allow_pasid;
extern bool t1x_allow_unsafe_interrupts;
extern bool t1x_disable_hugepages;
extern bool t1x_hw_dirty;
extern bool t1x_private_domains;
extern bool t1x_prefer;
extern unsigned int t1x_dma_entry_limit;

/**
 * struct t1x_ioas - an I/O address space
 * @users: references; freed by RCU after the last one
 * @rcu: delays the free past lookups of the cookie
 * @v2: type1v2 rules: UNMAP must not bisect a mapping; immutable
 * @nesting: domains are to be nested (type 6); immutable
 * @domains_rwsem: see the lock order above
 * @domains: list of &struct t1x_domain (@domains_rwsem)
 * @emulated: list of &struct t1x_group without an IOMMU (@domains_rwsem)
 * @sva_mutex: see the lock order above
 * @svas: list of &struct t1x_sva (@sva_mutex)
 * @dirty_mutex: see the lock order above
 * @devices_mutex: see the lock order above
 * @devices: emulated devices to be told of an UNMAP (written under
 *	     @devices_mutex and @lock)
 * @lock: see the lock order above
 * @dying: released by vfio core, nothing may be added (written under both)
 * @mappings: interval tree of &struct t1x_mapping by IOVA (@lock)
 * @order: the same as a list, from the lowest on (@lock)
 * @births: mappings made so far (@lock)
 * @leases: what its bonds need of it; immutable
 * @bonds: list of &struct t1x_bond (@lock)
 * @last_bond: id of the youngest (@lock)
 * @payers: list of &struct t1x_payer (@lock)
 * @spare_payer: one of them that pays for nothing, or NULL (@lock)
 * @entries_left: mappings that may still be made (@lock)
 * @entry_limit: how many there may be; immutable
 * @nr_vaddr_invalid: mappings with vaddr_invalid set (@lock)
 * @pgsize_bitmap: IOMMU page sizes that every domain has (@lock)
 * @windows: IOVAs that may be mapped, if @nr_groups (@lock)
 * @nr_groups: groups behind an IOMMU (written under @domains_rwsem and @lock)
 * @nr_unscoped: those that may write to all that is mapped: their drivers do not
 *		 pin pages (as @nr_groups)
 * @nr_emulated: groups without an IOMMU (as @nr_groups)
 * @tracking: dirty pages are tracked (@lock)
 * @tracked: where, if they are (@lock)
 * @hw_recording: some domain records dirty bits (written under @dirty_mutex and
 *		  @domains_rwsem)
 * @hw_trusted: those of groups behind an IOMMU are what domains have recorded (@lock)
 * @export_buf: buffer for the next bitmap to be read, or NULL (exchanged atomically)
 * @stats: counters
 * @faults: who is told of the faults of its devices
 * @prq: who answers their page requests; immutable
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
	struct list_head emulated;

	struct mutex sva_mutex; /* what devices have by a PASID */
	struct list_head svas;

	struct mutex dirty_mutex; /* START and STOP */
	struct mutex devices_mutex; /* devices, and telling them */
	struct list_head devices;

	struct mutex lock; /* innermost of ours */
	bool dying;
	struct rb_root_cached mappings;
	struct hlist_head order;
	u64 births;
	struct t1x_leases *leases;
	struct list_head bonds;
	u32 last_bond;
	struct list_head payers;
	struct t1x_payer *spare_payer;
	unsigned int entries_left;
	unsigned int nr_vaddr_invalid;
	unsigned long pgsize_bitmap;
	struct t1x_span_set windows;
	unsigned int nr_groups;
	unsigned int nr_unscoped;
	unsigned int nr_emulated;
	bool tracking;
	struct t1x_span tracked;
	bool hw_recording;
	bool hw_trusted;
	unsigned long *export_buf;
	struct t1x_stats stats;
	struct t1x_faults faults;
	struct t1x_prq *prq;

	wait_queue_head_t idle_wq;
	unsigned long idle_seq;
	unsigned int nr_waiting;
	unsigned int entry_limit;
};

/* Bytes of dirty bitmap that one request may ask for: 2^31 pages. */
#define T1X_MAX_DIRTY_BITMAP	SZ_256M

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
int t1x_ioas_wait_guests(struct t1x_ioas *ioas, const struct t1x_mapping *map);
int t1x_ioas_wait_briefly(struct t1x_ioas *ioas, unsigned long seq, unsigned long deadline);
int t1x_ioas_collect(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		     struct list_head *maps);
bool t1x_ioas_enforces_cc(struct t1x_ioas *ioas);

/* request.c */
int t1x_request_map(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned long vaddr,
		    int prot, u32 bond);
int t1x_request_unmap(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		      const struct vfio_bitmap *bitmap, u64 *unmapped);

/* vaddr.c */
int t1x_vaddr_suspend(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned int flags,
		      u64 *size);
int t1x_vaddr_resume(struct t1x_ioas *ioas, const struct t1x_span *span, unsigned long vaddr);

/* caps.c */
int t1x_caps_build(struct t1x_ioas *ioas, struct vfio_info_cap *caps);

/* ioctl.c */
bool t1x_ioctl_claims(unsigned long type);
long t1x_ioctl_check_extension(struct t1x_ioas *ioas, unsigned long arg);
long t1x_ioctl(struct t1x_ioas *ioas, unsigned int cmd, unsigned long arg);

/* cookie.c */
void *t1x_cookie_make(struct t1x_ioas *ioas);
struct t1x_ioas *t1x_cookie_retire(void *cookie);
struct t1x_ioas *t1x_cookie_peek(void *cookie);
struct t1x_ioas *t1x_cookie_borrow(void *cookie);

/* container.c */
extern const struct vfio_iommu_driver_ops t1x_container_ops;
void t1x_container_drain(void);

/* debugfs.c */
void t1x_debugfs_init(void);
void t1x_debugfs_exit(void);
void t1x_debugfs_add(struct t1x_ioas *ioas);
void t1x_debugfs_remove(struct t1x_ioas *ioas);

#include "inline.h"

#endif /* T1X_PRIVATE_H */
