// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: memory of a process that a mapping has, and that the process can take back.
 *
 * Taking back happens in a notifier of the mm, with its mmap_lock held, sometimes in
 * reclaim, sometimes where nothing may sleep.  So it is in two steps.  The notifier marks
 * the lease as revoked and takes the mapping out of all domains; then no device reaches
 * the memory any more.  A worker lets go of the pages a little later.
 *
 *	 MAP				notifier		worker
 *
 *	begin
 *	pin, charge, map		mark
 *	expose: not marked?		mark, unmap, tell
 *	   (else fail)						claim
 *	READY							unpin, uncharge
 *								READY, with nothing behind it
 *
 * Whoever changes what domains map of a mapping that is exposed, or is about to be, does
 * so under t1x_leases.lock.  Before, the mapping is its owner's, and so is what follows
 * from the mark.  A page cannot be pinned after the process has given it up: leases begin
 * before pages are pinned, and these are looked for in the areas of the mm, which
 * munmap() and mremap() take away before they notify.
 */
#include <linux/interval_tree.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/**
 * t1x_leases_alloc() - make what bonds of an address space share
 *
 * Return: that, or NULL.
 */
struct t1x_leases *t1x_leases_alloc(void)
{
	struct t1x_leases *leases = kzalloc(sizeof(*leases), GFP_KERNEL_ACCOUNT);

	if (!leases)
		return NULL;
	refcount_set(&leases->users, 1);
	mutex_init(&leases->lock);
	INIT_LIST_HEAD(&leases->domains);
	init_waitqueue_head(&leases->moved_wq);
	return leases;
}

/**
 * t1x_leases_get() - take a reference
 * @leases: what the caller has one of
 */
void t1x_leases_get(struct t1x_leases *leases)
{
	refcount_inc(&leases->users);
}

/**
 * t1x_leases_put() - drop a reference
 * @leases: what the caller has had one of
 *
 * Does not sleep.
 */
void t1x_leases_put(struct t1x_leases *leases)
{
	if (!refcount_dec_and_test(&leases->users))
		return;
	mutex_destroy(&leases->lock);
	kfree(leases);
}

/**
 * t1x_leases_begin_replay() - a domain that is not known is going to map everything
 * @leases: of the address space
 *
 * Return: what t1x_leases_add_domain() wants to know.
 */
unsigned long t1x_leases_begin_replay(struct t1x_leases *leases)
{
	unsigned long nr_taken;

	mutex_lock(&leases->lock);
	nr_taken = leases->nr_taken;
	mutex_unlock(&leases->lock);
	return nr_taken;
}

/**
 * t1x_leases_add_domain() - notifiers are to take mappings out of a domain, too
 * @leases: of the address space
 * @domain: domain that maps what the others map
 * @nr_taken: from t1x_leases_begin_replay()
 *
 * Return: false if it may map what was revoked meanwhile.
 */
bool t1x_leases_add_domain(struct t1x_leases *leases, struct t1x_domain *domain,
			   unsigned long nr_taken)
{
	bool fits;

	mutex_lock(&leases->lock);
	fits = leases->nr_taken == nr_taken;
	if (fits)
		list_add_tail(&domain->revoke_link, &leases->domains);
	mutex_unlock(&leases->lock);
	return fits;
}

/**
 * t1x_leases_del_domain() - a domain is no longer used
 * @leases: of the address space
 * @domain: domain that was added
 */
void t1x_leases_del_domain(struct t1x_leases *leases, struct t1x_domain *domain)
{
	mutex_lock(&leases->lock);
	list_del(&domain->revoke_link);
	mutex_unlock(&leases->lock);
}

/**
 * t1x_leases_begin_move() - a group is going to join or leave a domain that was added
 * @leases: of the address space, whose domains_rwsem is held for writing
 *
 * Nothing is taken out of domains meanwhile: the VT-d driver of 6.1 looks up what it
 * flushes by the devices of the domain, and frees that when one leaves.
 */
void t1x_leases_begin_move(struct t1x_leases *leases)
{
	mutex_lock(&leases->lock);
	WRITE_ONCE(leases->is_moving, true);
	mutex_unlock(&leases->lock);
}

/**
 * t1x_leases_end_move() - it has
 * @leases: as for t1x_leases_begin_move()
 */
void t1x_leases_end_move(struct t1x_leases *leases)
{
	mutex_lock(&leases->lock);
	WRITE_ONCE(leases->is_moving, false);
	mutex_unlock(&leases->lock);
	wake_up_all(&leases->moved_wq);
}

/**
 * t1x_leases_lock_domains() - take the lock, to take mappings out of domains
 * @leases: of the address space
 * @may_sleep: wait for the lock, and for a group that moves
 *
 * To move a group takes no lock under which memory is taken back, and waits for no user
 * memory.
 *
 * Return: false, without the lock, if it would have to wait.
 */
bool t1x_leases_lock_domains(struct t1x_leases *leases, bool may_sleep)
{
	for (;;) {
		if (may_sleep)
			mutex_lock(&leases->lock);
		else if (!mutex_trylock(&leases->lock))
			return false;
		if (!leases->is_moving)
			return true;
		mutex_unlock(&leases->lock);
		if (!may_sleep)
			return false;
		wait_event(leases->moved_wq, !READ_ONCE(leases->is_moving));
	}
}

/**
 * t1x_lease_alloc() - make a lease for a mapping
 * @map: mapping that nobody else knows of; frees it in the end
 *
 * Return: 0 or -ENOMEM.
 */
int t1x_lease_alloc(struct t1x_mapping *map)
{
	struct t1x_lease *lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);

	if (!lease)
		return -ENOMEM;
	lease->node.start = map->vaddr;
	lease->node.last = map->vaddr + (map->node.last - map->node.start);
	lease->map = map;
	INIT_LIST_HEAD(&lease->link);
	map->lease = lease;
	return 0;
}

/**
 * t1x_lease_begin() - from now on a lease can be revoked
 * @lease: lease of a mapping whose pages are still to be pinned
 * @bond: bond that is in the list of the address space
 *
 * What is leased keeps the memory from being torn down for as long as pages are being
 * pinned; whoever goes on and on with that must not keep it when its process has gone.
 *
 * Return: 0, or -ESRCH if the bond has ended, or is about to.
 */
int t1x_lease_begin(struct t1x_lease *lease, struct t1x_bond *bond)
{
	int ret = 0;

	mutex_lock(&bond->leases->lock);
	if (bond->is_over || !mm_has_owner(bond->notifier.mm)) {
		ret = -ESRCH;
	} else {
		t1x_bond_get(bond);
		lease->bond = bond;
		interval_tree_insert(&lease->node, &bond->tree);
		bond->nr_leases++;
	}
	mutex_unlock(&bond->leases->lock);
	return ret;
}

/**
 * t1x_lease_void() - a lease on memory that nobody uses any more
 * @lease: lease that is not exposed
 *
 * The notifier is about to say so; whoever has found out before need not wait for it.
 *
 * Return: -ESRCH, what the bond is worth.
 */
int t1x_lease_void(struct t1x_lease *lease)
{
	mutex_lock(&lease->bond->leases->lock);
	WRITE_ONCE(lease->is_revoked, true);
	mutex_unlock(&lease->bond->leases->lock);
	return -ESRCH;
}

/**
 * t1x_lease_end() - free a lease
 * @lease: lease of a mapping that is in no tree and that no device can reach
 */
void t1x_lease_end(struct t1x_lease *lease)
{
	struct t1x_bond *bond = lease->bond;

	if (bond) {
		mutex_lock(&bond->leases->lock);
		interval_tree_remove(&lease->node, &bond->tree);
		bond->nr_leases--;
		list_del(&lease->link);
		mutex_unlock(&bond->leases->lock);
		t1x_bond_put(bond);
	}
	kfree(lease);
}

/* Let somebody look after what was revoked. */
static void t1x_lease_hand_over(struct t1x_lease *lease, bool queue)
{
	lockdep_assert_held(&lease->bond->leases->lock);

	if (lease->is_handled)
		return;
	list_move_tail(&lease->link, &lease->bond->revoked);
	if (queue)
		t1x_watch_queue(lease->bond);
}

/**
 * t1x_lease_settle() - a mapping is about to be READY, whatever has become of its lease
 * @lease: lease; t1x_ioas.lock is held
 *
 * Return: true if it is good, and exposed if need be.
 */
bool t1x_lease_settle(struct t1x_lease *lease)
{
	bool good;

	lockdep_assert_held(&lease->map->payer->ioas->lock);

	mutex_lock(&lease->bond->leases->lock);
	good = !lease->is_revoked;
	lease->is_published = true;
	lease->is_exposed = good && lease->map->backed;
	if (!good)
		t1x_lease_hand_over(lease, true);
	mutex_unlock(&lease->bond->leases->lock);
	return good;
}

/**
 * t1x_lease_expose() - a mapping is about to be READY for the first time
 * @lease: lease; t1x_ioas.lock is held
 *
 * Return: false if it was revoked, and the mapping must not be.
 */
bool t1x_lease_expose(struct t1x_lease *lease)
{
	/* Only ever set, so that nothing is missed by looking twice. */
	return !READ_ONCE(lease->is_revoked) && t1x_lease_settle(lease);
}

/**
 * t1x_lease_conceal() - notifiers are to keep off mappings
 * @leases: of the address space
 * @maps: mappings of the caller that he is going to unmap, by &t1x_mapping.link
 *
 * Return: true if some of them have a lease; the lock is held then, to be dropped when
 * they are unmapped.
 */
bool t1x_lease_conceal(struct t1x_leases *leases, struct list_head *maps)
{
	struct t1x_mapping *map;
	bool leased = false;

	list_for_each_entry(map, maps, link)
		leased |= !!map->lease;
	if (!leased)
		return false;

	mutex_lock(&leases->lock);
	list_for_each_entry(map, maps, link)
		if (map->lease)
			map->lease->is_exposed = false;
	return true;
}

/**
 * t1x_lease_hold() - look at what domains map of a mapping
 * @lease: its lease, or NULL
 *
 * That does not change before t1x_lease_release(), nor whether it is revoked.
 */
void t1x_lease_hold(struct t1x_lease *lease)
{
	if (lease)
		mutex_lock(&lease->bond->leases->lock);
}

/**
 * t1x_lease_release() - stop looking
 * @lease: what was held
 */
void t1x_lease_release(struct t1x_lease *lease)
{
	if (lease)
		mutex_unlock(&lease->bond->leases->lock);
}

/* The owner of the devices hears of it. */
static void t1x_lease_tell(const struct t1x_lease *lease)
{
	const struct t1x_mapping *map = lease->map;
	struct vfio_type1x_fault fault = {
		.iova = map->node.start,
		.raw = { map->node.last - map->node.start + 1 },
		.source = VFIO_TYPE1X_FAULT_SOURCE_SVM,
		.reason = VFIO_TYPE1X_FAULT_REASON_REVOKED,
		.flags = VFIO_TYPE1X_FAULT_FLAG_IOVA,
		.bond = lease->bond->id,
	};

	t1x_fault_report(lease->bond->ioas_id, &fault);
}

/* No device reaches the memory when this returns. */
static void t1x_lease_take(struct t1x_lease *lease, unsigned int flags)
{
	struct t1x_leases *leases = lease->bond->leases;
	struct t1x_mapping *map = lease->map;

	WRITE_ONCE(lease->is_revoked, true);
	if (lease->is_exposed) {
		lease->is_exposed = false;
		leases->nr_taken++;
		/* What cannot be unmapped stays pinned: see t1x_mapping_drain_all(). */
		if (t1x_domains_revoke(&leases->domains, map, !(flags & T1X_REVOKE_ATOMIC)))
			WRITE_ONCE(map->nr_mapped, 0);
	}
	if (!lease->is_published)
		return;
	trace_t1x_revoke(lease->bond->ioas_id, lease->bond->id, map->node.start, map->node.last);
	if (flags & T1X_REVOKE_TELL)
		t1x_lease_tell(lease);
	t1x_lease_hand_over(lease, flags & T1X_REVOKE_QUEUE);
}

/**
 * t1x_lease_revoke() - memory is not to be used any more
 * @bond: bond, t1x_leases.lock held
 * @first: first user address
 * @last: last one
 * @flags: T1X_REVOKE_*
 *
 * Allocates nothing, and may be called in reclaim.
 *
 * Return: how many mappings have lost their memory.
 */
unsigned int t1x_lease_revoke(struct t1x_bond *bond, unsigned long first, unsigned long last,
			      unsigned int flags)
{
	struct interval_tree_node *node;
	unsigned int nr = 0;

	lockdep_assert_held(&bond->leases->lock);

	for (node = interval_tree_iter_first(&bond->tree, first, last); node;
	     node = interval_tree_iter_next(node, first, last)) {
		struct t1x_lease *lease = container_of(node, struct t1x_lease, node);

		if (lease->is_revoked)
			continue;
		t1x_lease_take(lease, flags);
		nr++;
	}
	return nr;
}

/**
 * t1x_lease_claim() - take over a mapping that has lost its memory
 * @bond: bond; t1x_ioas.lock is held
 *
 * Those that belong to somebody are passed over: they come again when they are READY.
 *
 * Return: mapping, in state BACKING, or NULL if there is none.
 */
struct t1x_mapping *t1x_lease_claim(struct t1x_bond *bond)
{
	struct t1x_mapping *map = NULL;
	struct t1x_lease *lease;

	mutex_lock(&bond->leases->lock);
	while (!map && !list_empty(&bond->revoked)) {
		lease = list_first_entry(&bond->revoked, struct t1x_lease, link);
		list_del_init(&lease->link);
		if (lease->map->state != T1X_MAPPING_READY)
			continue;
		lease->is_handled = true;
		map = lease->map;
		map->state = T1X_MAPPING_BACKING;
	}
	mutex_unlock(&bond->leases->lock);
	return map;
}
