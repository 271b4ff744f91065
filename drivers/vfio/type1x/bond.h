/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bonds to the memory of processes (bond.c), watching what becomes of it (watch.c), and leases
 * on parts of it, which mappings have and can lose (lease.c).
 */
#ifndef T1X_BOND_H
#define T1X_BOND_H

#include <linux/completion.h>
#include <linux/interval_tree.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct device;
struct t1x_domain;
struct t1x_ioas;
struct t1x_mapping;
struct t1x_subject;
struct vfio_type1x_svm_bind;

/* Bonds of one address space. */
#define T1X_BOND_MAX	64

/**
 * struct t1x_leases - what bonds need of an address space, and may outlive it
 * @users: the address space and its bonds
 * @lock: innermost of the locks for mappings.  Notifiers take it, under the mmap_lock of
 *	  their process and in reclaim: no memory is allocated under it
 * @domains: list of &struct t1x_domain, by revoke_link (@lock)
 * @nr_taken: mappings that notifiers have taken out of domains (@lock)
 * @is_moving: a group is joining or leaving one of @domains (written under @lock)
 * @moved_wq: woken when it has
 */
struct t1x_leases {
	refcount_t users;
	struct mutex lock; /* see above */
	struct list_head domains;
	unsigned long nr_taken;
	bool is_moving;
	wait_queue_head_t moved_wq;
};

/**
 * struct t1x_bond - a bond of an address space to the memory of a process
 * @notifier: tells what becomes of the memory; has the mm
 * @users: the list, or who makes it; @notifier, work that is queued, leases, and devices in
 *	   mode PASID
 * @link: in t1x_ioas.bonds (t1x_ioas.lock)
 * @id: what the program calls it; immutable
 * @ioas_id: t1x_stats.id of the address space, which may be gone; immutable
 * @task: leader of the process; its limits count; immutable
 * @dev: device by which it was made, and with which it is closed, or NULL; immutable, and
 *	 not to be followed once the bond is in no list
 * @leases: of the address space; immutable
 * @tree: its leases, by user address (t1x_leases.lock)
 * @nr_leases: leases in @tree (t1x_leases.lock)
 * @revoked: leases that were revoked and not looked at since (t1x_leases.lock)
 * @is_over: nothing may be leased any more (t1x_leases.lock)
 * @work: unpins what was revoked
 * @pasid: by which devices have the memory, 0 in mode pinned; immutable once listed
 * @unshare: takes it from these devices
 * @unshared: it has been
 */
struct t1x_bond {
	struct mmu_notifier notifier;
	refcount_t users;
	struct list_head link;
	u32 id;
	unsigned long ioas_id;
	struct task_struct *task;
	struct device *dev;
	struct t1x_leases *leases;
	struct rb_root_cached tree;
	unsigned int nr_leases;
	struct list_head revoked;
	bool is_over;
	struct work_struct work;
	u32 pasid;
	struct work_struct unshare;
	struct completion unshared;
};

/**
 * struct t1x_lease - what a mapping has of the memory of a process that was bound
 * @node: user addresses, and place in t1x_bond.tree
 * @link: in t1x_bond.revoked
 * @map: the mapping; immutable
 * @bond: where it comes from; NULL before it is in the tree, immutable then
 * @is_published: others than the MAP that makes it know of the mapping
 *		  (t1x_leases.lock)
 * @is_exposed: all domains map it, and notifiers may undo that (t1x_leases.lock)
 * @is_revoked: nothing may be behind the mapping any more (t1x_leases.lock; some peek)
 * @is_handled: somebody unpins it on account of that (t1x_leases.lock)
 */
struct t1x_lease {
	struct interval_tree_node node;
	struct list_head link;
	struct t1x_mapping *map;
	struct t1x_bond *bond;
	bool is_published;
	bool is_exposed;
	bool is_revoked;
	bool is_handled;
};

/* t1x_lease_revoke(): the caller must not sleep. */
#define T1X_REVOKE_ATOMIC	BIT(0)
/* t1x_lease_revoke(): tell of each mapping. */
#define T1X_REVOKE_TELL		BIT(1)
/* t1x_lease_revoke(): let the worker unpin, the caller does not. */
#define T1X_REVOKE_QUEUE	BIT(2)

/* lease.c */
struct t1x_leases *t1x_leases_alloc(void);
void t1x_leases_get(struct t1x_leases *leases);
void t1x_leases_put(struct t1x_leases *leases);
unsigned long t1x_leases_begin_replay(struct t1x_leases *leases);
bool t1x_leases_add_domain(struct t1x_leases *leases, struct t1x_domain *domain,
			   unsigned long nr_taken);
void t1x_leases_del_domain(struct t1x_leases *leases, struct t1x_domain *domain);
void t1x_leases_begin_move(struct t1x_leases *leases);
void t1x_leases_end_move(struct t1x_leases *leases);
bool t1x_leases_lock_domains(struct t1x_leases *leases, bool may_sleep);
int t1x_lease_alloc(struct t1x_mapping *map);
int t1x_lease_begin(struct t1x_lease *lease, struct t1x_bond *bond);
int t1x_lease_void(struct t1x_lease *lease);
void t1x_lease_end(struct t1x_lease *lease);
bool t1x_lease_expose(struct t1x_lease *lease);
bool t1x_lease_settle(struct t1x_lease *lease);
bool t1x_lease_conceal(struct t1x_leases *leases, struct list_head *maps);
void t1x_lease_hold(struct t1x_lease *lease);
void t1x_lease_release(struct t1x_lease *lease);
unsigned int t1x_lease_revoke(struct t1x_bond *bond, unsigned long first, unsigned long last,
			      unsigned int flags);
struct t1x_mapping *t1x_lease_claim(struct t1x_bond *bond);

/* bond.c */
int t1x_bond_init(void);
void t1x_bond_exit(void);
int t1x_bond_make(struct t1x_ioas *ioas, struct device *dev, const struct t1x_subject *subject,
		  struct vfio_type1x_svm_bind *bind);
int t1x_bond_end(struct t1x_ioas *ioas, u32 id);
void t1x_bond_undo(struct t1x_ioas *ioas, u32 id);
void t1x_bond_end_device(struct t1x_ioas *ioas, const struct device *dev);
void t1x_bond_end_all(struct t1x_ioas *ioas);
struct t1x_bond *t1x_bond_find(struct t1x_ioas *ioas, u32 id);

/* watch.c */
int t1x_watch_init(void);
void t1x_watch_exit(void);
int t1x_watch_begin(struct t1x_bond *bond, struct mm_struct *mm);
void t1x_watch_end(struct t1x_bond *bond, unsigned int flags);
void t1x_watch_unpin(struct t1x_ioas *ioas, struct t1x_bond *bond);
void t1x_watch_unshare(struct t1x_bond *bond);
int t1x_watch_unshare_wait(struct t1x_bond *bond);

/* Where bonds unpin what was revoked. */
extern struct workqueue_struct *t1x_watch_wq;

/**
 * t1x_bond_get() - take a reference
 * @bond: bond that the caller has one of, or a lock for
 */
static inline void t1x_bond_get(struct t1x_bond *bond)
{
	refcount_inc(&bond->users);
}

/**
 * t1x_bond_put() - drop a reference
 * @bond: bond
 *
 * Does not sleep.
 */
static inline void t1x_bond_put(struct t1x_bond *bond)
{
	if (!refcount_dec_and_test(&bond->users))
		return;
	t1x_leases_put(bond->leases);
	put_task_struct(bond->task);
	kfree(bond);
}

/**
 * t1x_watch_queue() - let the worker unpin what was revoked
 * @bond: bond, t1x_leases.lock held
 */
static inline void t1x_watch_queue(struct t1x_bond *bond)
{
	t1x_bond_get(bond);
	if (!queue_work(t1x_watch_wq, &bond->work))
		t1x_bond_put(bond);
}

/* svm.c */
long t1x_svm_bind(struct t1x_ioas *ioas, struct device *dev, void __user *arg);
long t1x_svm_unbind(struct t1x_ioas *ioas, void __user *arg);

#endif /* T1X_BOND_H */
