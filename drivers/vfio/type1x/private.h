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
 *	  t1x_ioas.dirty_mutex		starting and stopping dirty tracking
 *	  t1x_ioas.devices_mutex	the list of emulated devices, their notices
 *	    (locks of a device's driver)
 *	      t1x_ioas.domains_rwsem	the domain list and what the IOMMU maps
 *	        t1x_ioas.lock		the mapping tree, states, counters, windows,
 *					dirty bitmaps, pins of emulated devices
 *	          the IOMMU core's locks	of groups, devices and page tables
 *	            t1x_fault_queue.lock	one queue of faults (raw; any context)
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
 *	t1x_tap_mutex			is there a tap; nothing is taken under it
 *	t1x_listener_lock		drivers that hear of faults; nothing is taken under it
 *
 * mmap_lock is taken under none of ours, nor is user memory touched there: a
 * page fault can last as long as a user likes.
 *
 * Invariants: under domains_rwsem each listed domain maps the first
 * t1x_mapping.nr_mapped pages of each mapping, and nothing else.  Under
 * t1x_ioas.lock a READY mapping is backed if and only if a group sits behind an
 * IOMMU, and has a dirty bitmap if and only if it is tracked.
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
#include "core/span.h"
#include "dirty.h"
#include "domain.h"
#include "emulated.h"
#include "extents.h"
#include "fault.h"
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
extern bool t1x_allow_unsafe_interrupts;
extern bool t1x_disable_hugepages;
extern bool t1x_hw_dirty;
extern bool t1x_private_domains;
extern bool t1x_prefer;
extern unsigned int t1x_dma_entry_limit;

/**
 * enum t1x_mapping_state - who may touch a mapping
 * @T1X_MAPPING_FILLING: the MAP that makes it
 * @T1X_MAPPING_READY: whoever holds t1x_ioas.lock
 * @T1X_MAPPING_UPDATING: the MAP(VADDR) that moves it to another mm
 * @T1X_MAPPING_BACKING: the group that joins or leaves, which pins or unpins it
 * @T1X_MAPPING_LEAVING: the UNMAP that takes it down
 */
enum t1x_mapping_state {
	T1X_MAPPING_FILLING,
	T1X_MAPPING_READY,
	T1X_MAPPING_UPDATING,
	T1X_MAPPING_BACKING,
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
 * @backed: @extents has all frames, as an IOMMU needs (t1x_ioas.lock)
 * @prepaid: @payer pays for all pages, not only for those that devices hold
 *	     (t1x_ioas.lock)
 * @has_raw: some frames are no memory, see T1X_RUN_RAW (as @backed)
 * @stained: @dirty may have bits set (t1x_ioas.lock)
 * @nr_guests: emulated devices that work on user memory behind it just now
 *	       (t1x_ioas.lock)
 * @payer: who is charged; changes in state UPDATING only
 * @nr_2m_leaves: leaves of that size that its frames make (owning thread)
 * @nr_1g_leaves: likewise (owning thread)
 * @leaves_counted: they are counted in the statistics (owning thread)
 * @nr_mapped: leading pages that the domains map (domains_rwsem, owning thread)
 * @nr_charged: pages charged to @payer, if @prepaid or while @extents has frames
 *		(owning thread)
 * @dirty: a bit per page, or NULL (t1x_ioas.lock)
 * @pins: tree of &struct t1x_pinned, pages that emulated devices hold
 *	  (t1x_ioas.lock)
 * @extents: frames pinned for the IOMMU (owning thread; appended to under
 *	     domains_rwsem)
 */
struct t1x_mapping {
	struct interval_tree_node node;
	struct list_head link;
	unsigned long vaddr;
	u64 birth;
	int prot;
	enum t1x_mapping_state state;
	bool vaddr_invalid;
	bool backed;
	bool prepaid;
	bool has_raw;
	bool stained;
	unsigned int nr_guests;
	u32 nr_2m_leaves;
	u32 nr_1g_leaves;
	bool leaves_counted;
	struct t1x_payer *payer;
	unsigned long nr_mapped;
	unsigned long nr_charged;
	unsigned long *dirty;
	struct rb_root_cached pins;
	struct t1x_extents extents;
};

/**
 * struct t1x_ioas - an I/O address space
 * @users: references; freed by RCU after the last one
 * @rcu: delays the free past lookups of the cookie
 * @v2: type1v2 rules: UNMAP must not bisect a mapping; immutable
 * @nesting: domains are to be nested (type 6); immutable
 * @domains_rwsem: see the lock order above
 * @domains: list of &struct t1x_domain (@domains_rwsem)
 * @emulated: list of &struct t1x_group without an IOMMU (@domains_rwsem)
 * @dirty_mutex: see the lock order above
 * @devices_mutex: see the lock order above
 * @devices: emulated devices to be told of an UNMAP (written under
 *	     @devices_mutex and @lock)
 * @lock: see the lock order above
 * @dying: released by vfio core, nothing may be added (written under both)
 * @mappings: interval tree of &struct t1x_mapping by IOVA (@lock)
 * @births: mappings made so far (@lock)
 * @payers: list of &struct t1x_payer (@lock)
 * @spare_payer: one of them that pays for nothing, or NULL (@lock)
 * @entries_left: mappings that may still be made (@lock)
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

	struct mutex dirty_mutex; /* START and STOP */
	struct mutex devices_mutex; /* devices, and telling them */
	struct list_head devices;

	struct mutex lock; /* innermost of ours */
	bool dying;
	struct rb_root_cached mappings;
	u64 births;
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
};

/* mapping.c */
struct t1x_mapping *t1x_mapping_alloc(const struct t1x_span *span, unsigned long vaddr, int prot);
void t1x_mapping_free(struct t1x_mapping *map);
void t1x_mapping_drain(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_mapping_drain_all(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_mapping_unpin(struct t1x_mapping *map);
void t1x_mapping_abandon(struct t1x_mapping *map);

/* fill.c */
int t1x_fill_mapping(struct t1x_ioas *ioas, struct t1x_mapping *map);

/* backing.c */
int t1x_backing_publish(struct t1x_ioas *ioas, struct t1x_mapping *map);
void t1x_backing_claim(struct t1x_ioas *ioas, struct list_head *maps);
int t1x_backing_add_all(struct t1x_ioas *ioas, struct list_head *maps);
void t1x_backing_restore(struct t1x_ioas *ioas, struct list_head *maps);

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
		    int prot);
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
