// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: IOMMU page tables, and the only callers of iommu_map() and
 * iommu_unmap().
 *
 * All domains of an address space map the same; there is more than one only
 * where groups sit behind IOMMUs that cannot share a page table.
 */
#include <linux/iommu.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <iommu/dirty.h>

#include "private.h"

/*
 * No run is mapped across a multiple of this IOVA, and nothing is unmapped in
 * one call across it.  No leaf can be larger then, so that no call ends within
 * one: an IOMMU driver that is asked to unmap the first half of a leaf may take
 * its frames for a page table.  (Short runs in a scatterlist may meet there, but
 * not make a leaf of that size.)  It also bounds the time until others may run.
 */
#define T1X_DOMAIN_SLICE	SZ_1G

/**
 * t1x_domain_slice() - how far a call may reach
 * @iova: where it starts
 *
 * Return: bytes up to the next multiple of T1X_DOMAIN_SLICE.
 */
u64 t1x_domain_slice(u64 iova)
{
	return T1X_DOMAIN_SLICE - (iova & (T1X_DOMAIN_SLICE - 1));
}

/*
 * Called under the group's mutex, which keeps the device.  Any device will do:
 * iommu_group_for_each_dev() stops at the first non-zero return.
 */
static int t1x_domain_alloc_for_dev(struct device *dev, void *data)
{
	struct t1x_domain *domain = data;

	if (domain->can_record)
		domain->domain = iommu_domain_alloc_dirty(dev);
	if (IS_ERR(domain->domain)) {
		domain->can_record = false;
		domain->domain = iommu_paging_domain_alloc(dev);
	}
	return 1;
}

/**
 * t1x_domain_alloc() - make an empty domain fit for the devices of a group
 * @ioas: address space that it is to be listed in
 * @group: group that is to be attached first
 *
 * Return: the domain, with no group attached, or an ERR_PTR().
 */
struct t1x_domain *t1x_domain_alloc(const struct t1x_ioas *ioas, struct iommu_group *group)
{
	struct t1x_domain *domain;
	int ret;

	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&domain->groups);

	domain->domain = ERR_PTR(-ENODEV);
	/* Arm's page tables show pages as dirty that nobody has written to: no proof. */
	domain->can_record = IS_ENABLED(CONFIG_X86) && READ_ONCE(t1x_hw_dirty) && !ioas->nesting;
	iommu_group_for_each_dev(group, domain, t1x_domain_alloc_for_dev);
	if (IS_ERR(domain->domain)) {
		ret = PTR_ERR(domain->domain);
		goto err_free;
	}
	if (ioas->nesting) {
		ret = iommu_enable_nesting(domain->domain);
		if (ret)
			goto err_free_domain;
	}
	t1x_source_watch(domain->domain, ioas->stats.id);
	return domain;

err_free_domain:
	iommu_domain_free(domain->domain);
err_free:
	kfree(domain);
	return ERR_PTR(ret);
}

/**
 * t1x_domain_free() - free a domain and its page table
 * @domain: domain without groups; what it maps need not be unmapped before
 */
void t1x_domain_free(struct t1x_domain *domain)
{
	iommu_domain_free(domain->domain);
	kfree(domain);
}

/**
 * t1x_domain_attach() - let a group translate through a domain
 * @domain: domain
 * @group: group, attached to no domain; linked into @domain on success
 *
 * Settles the domain's coherency, which may depend on the devices in it, and
 * narrows the group's aperture to what the domain has now.
 *
 * Return: 0 or the errno of the IOMMU driver.
 */
int t1x_domain_attach(struct t1x_domain *domain, struct t1x_group *group)
{
	const struct iommu_domain_geometry *geometry = &domain->domain->geometry;
	const struct iommu_domain_ops *ops = domain->domain->ops;
	int ret = iommu_attach_group(domain->domain, group->group);

	if (ret)
		return ret;

	group->aperture.start = max_t(u64, group->aperture.start, geometry->aperture_start);
	group->aperture.last = min_t(u64, group->aperture.last, geometry->aperture_end);

	if (ops->enforce_cache_coherency)
		domain->enforce_cc = ops->enforce_cache_coherency(domain->domain);
	list_add_tail(&group->next, &domain->groups);
	return 0;
}

/**
 * t1x_domain_detach() - block all DMA of a group
 * @domain: domain that the group is attached to
 * @group: group; unlinked
 */
void t1x_domain_detach(struct t1x_domain *domain, struct t1x_group *group)
{
	list_del(&group->next);
	iommu_detach_group(domain->domain, group->group);
}

/**
 * t1x_domain_place_msi() - reserve the IOVAs where MSI doorbells are mapped
 * @domain: domain
 * @base: first IOVA
 *
 * Return: 0, also where MSIs need no mapping, or an errno.
 */
int t1x_domain_place_msi(struct t1x_domain *domain, dma_addr_t base)
{
	int ret = iommu_get_msi_cookie(domain->domain, base);

	return ret == -ENODEV ? 0 : ret;
}

/**
 * t1x_domain_is_compatible() - could the groups of one use the other?
 * @a: one domain
 * @b: another
 *
 * Return: true if it makes sense to try.
 */
bool t1x_domain_is_compatible(const struct t1x_domain *a, const struct t1x_domain *b)
{
	return a->domain->ops == b->domain->ops && a->enforce_cc == b->enforce_cc &&
	       a->can_record == b->can_record;
}

static int t1x_domain_map(struct t1x_domain *domain, const struct t1x_mapping *map,
			  unsigned long page, const struct t1x_run *run)
{
	return iommu_map(domain->domain, map->node.start + ((u64)page << PAGE_SHIFT),
			 (phys_addr_t)run->pfn << PAGE_SHIFT, run->npages << PAGE_SHIFT,
			 map->prot | IOMMU_CACHE, GFP_KERNEL_ACCOUNT);
}

/* Unmap bytes that are all mapped; nothing is allocated for that. */
static bool t1x_domain_unmap(struct t1x_domain *domain, u64 iova, size_t nbytes,
			     struct iommu_iotlb_gather *gather, bool may_sleep)
{
	while (nbytes) {
		size_t want = min_t(u64, nbytes, t1x_domain_slice(iova));

		if (iommu_unmap_fast(domain->domain, iova, want, gather) != want)
			return false;
		iova += want;
		nbytes -= want;
		if (may_sleep)
			cond_resched();
	}
	return true;
}

/*
 * Remove what a failed call has left behind.  iommu_map() undoes what the IOMMU
 * driver reports as mapped; one that runs out of memory for its page table may
 * have set leaves and report none.  Holes must not be unmapped: the driver may
 * clear what lies beside them.
 */
static void t1x_domain_sweep(struct t1x_domain *domain, u64 iova, size_t nbytes)
{
	size_t at = 0;

	while (at < nbytes) {
		size_t done = 0;

		if (iommu_iova_to_phys(domain->domain, iova + at))
			done = iommu_unmap(domain->domain, iova + at, PAGE_SIZE);
		at += max_t(size_t, done, PAGE_SIZE);
		cond_resched();
	}
}

/* Map a run behind the pages from *@done on, slice by slice. */
static int t1x_domain_replay_run(struct t1x_domain *domain, const struct t1x_mapping *map,
				 unsigned long *done, struct t1x_run run)
{
	while (run.npages) {
		u64 iova = map->node.start + ((u64)*done << PAGE_SHIFT);
		struct t1x_run part = run;
		int ret;

		if (fatal_signal_pending(current))
			return -EINTR;
		part.npages = min(run.npages, t1x_domain_slice(iova) >> PAGE_SHIFT);
		ret = t1x_domain_map(domain, map, *done, &part);
		if (ret)
			return ret;
		*done += part.npages;
		run.pfn += part.npages;
		run.npages -= part.npages;
		cond_resched();
	}
	return 0;
}

/**
 * t1x_domain_replay() - map in a new domain what the others map already
 * @domain: domain that is not listed yet
 * @map: mapping, filled in whole or in part
 *
 * Undone by freeing the domain.
 *
 * Return: 0, -EINTR if the task was killed, or the errno of the IOMMU driver.
 */
int t1x_domain_replay(struct t1x_domain *domain, struct t1x_mapping *map)
{
	struct t1x_run run = {}, pending = {};
	struct t1x_extents_iter iter;
	/* If the process takes it back just now, t1x_leases_add_domain() will know. */
	const unsigned long nr_mapped = READ_ONCE(map->nr_mapped);
	unsigned long done = 0;
	bool more;
	int ret = 0;

	if (!nr_mapped)
		return 0;

	t1x_extents_begin(&iter, &map->extents);
	do {
		more = t1x_extents_next(&iter, &run);
		if (more && t1x_run_extend(&pending, &run))
			continue;

		/* The last run may reach into pages that are still to be mapped. */
		pending.npages = min_t(u64, pending.npages, nr_mapped - done);
		ret = t1x_domain_replay_run(domain, map, &done, pending);
		pending = run;
	} while (more && !ret && done < nr_mapped);
	return ret;
}

/* Undo in @failed and those before it what they have mapped last. */
static void t1x_domains_undo(struct t1x_ioas *ioas, struct t1x_domain *failed,
			     const struct t1x_mapping *map, unsigned long npages)
{
	u64 iova = map->node.start + ((u64)map->nr_mapped << PAGE_SHIFT);
	size_t nbytes = npages << PAGE_SHIFT;

	t1x_domain_sweep(failed, iova, nbytes);
	list_for_each_entry_continue_reverse(failed, &ioas->domains, next)
		iommu_unmap(failed->domain, iova, nbytes);
}

/**
 * t1x_domains_map() - map the next frames of a mapping in every domain
 * @ioas: address space, domains_rwsem held
 * @map: mapping that the caller fills; nr_mapped advances on success
 * @run: contiguous frames behind the pages from nr_mapped on, in one slice
 *
 * Return: 0, or the errno of the IOMMU driver; no domain maps the run then.
 */
int t1x_domains_map(struct t1x_ioas *ioas, struct t1x_mapping *map, const struct t1x_run *run)
{
	struct t1x_domain *domain;
	int ret;

	lockdep_assert_held(&ioas->domains_rwsem);

	list_for_each_entry(domain, &ioas->domains, next) {
		ret = t1x_domain_map(domain, map, map->nr_mapped, run);
		if (ret) {
			t1x_domains_undo(ioas, domain, map, run->npages);
			return ret;
		}
	}
	map->nr_mapped += run->npages;
	return 0;
}

/**
 * t1x_domains_map_sg() - map several runs of a mapping in every domain
 * @ioas: address space, domains_rwsem held
 * @map: mapping that the caller fills; nr_mapped advances on success
 * @sgl: runs behind the pages from nr_mapped on, each in one slice
 * @nents: entries of @sgl
 * @npages: frames in them
 *
 * Return: 0, or the errno of the IOMMU driver; no domain maps them then.
 */
int t1x_domains_map_sg(struct t1x_ioas *ioas, struct t1x_mapping *map, struct scatterlist *sgl,
		       unsigned int nents, unsigned long npages)
{
	u64 iova = map->node.start + ((u64)map->nr_mapped << PAGE_SHIFT);
	struct t1x_domain *domain;
	ssize_t mapped;

	lockdep_assert_held(&ioas->domains_rwsem);

	list_for_each_entry(domain, &ioas->domains, next) {
		mapped = iommu_map_sg(domain->domain, iova, sgl, nents, map->prot | IOMMU_CACHE,
				      GFP_KERNEL_ACCOUNT);
		if (mapped < 0) {
			t1x_domains_undo(ioas, domain, map, npages);
			return mapped;
		}
	}
	map->nr_mapped += npages;
	return 0;
}

/**
 * t1x_domains_unmap() - take mappings out of every domain
 * @ioas: address space, domains_rwsem held
 * @maps: mappings of the caller, linked by &t1x_mapping.link; their nr_mapped
 *	  is zero afterwards
 *
 * The IOTLB is flushed once for all of them.
 *
 * Return: true if no device can reach their frames any more.  False means
 * that an IOMMU driver did not unmap what it had mapped.
 */
bool t1x_domains_unmap(struct t1x_ioas *ioas, struct list_head *maps)
{
	struct iommu_iotlb_gather gather;
	struct t1x_domain *domain;
	struct t1x_mapping *map;
	unsigned long mapped = 0;
	bool gone = true;

	lockdep_assert_held(&ioas->domains_rwsem);

	list_for_each_entry(map, maps, link)
		mapped |= map->nr_mapped;
	if (!mapped)
		return true;

	list_for_each_entry(domain, &ioas->domains, next) {
		iommu_iotlb_gather_init(&gather);
		list_for_each_entry(map, maps, link)
			gone &= t1x_domain_unmap(domain, map->node.start,
						 map->nr_mapped << PAGE_SHIFT, &gather, true);
		iommu_iotlb_sync(domain->domain, &gather);
	}
	list_for_each_entry(map, maps, link)
		map->nr_mapped = 0;
	return gone;
}

/**
 * t1x_domains_revoke() - take a mapping out of domains, on behalf of its memory's owner
 * @domains: list of domains, by revoke_link, that all map all of @map; nothing else
 *	     changes that meanwhile
 * @map: mapping
 * @may_sleep: or somebody in a hurry waits
 *
 * Return: as t1x_domains_unmap().
 */
bool t1x_domains_revoke(struct list_head *domains, const struct t1x_mapping *map, bool may_sleep)
{
	struct iommu_iotlb_gather gather;
	struct t1x_domain *domain;
	bool gone = true;

	list_for_each_entry(domain, domains, revoke_link) {
		iommu_iotlb_gather_init(&gather);
		gone &= t1x_domain_unmap(domain, map->node.start, map->nr_mapped << PAGE_SHIFT,
					 &gather, may_sleep);
		iommu_iotlb_sync(domain->domain, &gather);
	}
	return gone;
}
