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

#include "private.h"

/* Bytes unmapped in one go before others may run. */
#define T1X_DOMAIN_UNMAP_SLICE	SZ_1G

/* iommu_group_for_each_dev() stops at the first non-zero return. */
static int t1x_domain_first_dev(struct device *dev, void *data)
{
	struct device **first = data;

	*first = dev;
	return 1;
}

/**
 * t1x_domain_alloc() - make an empty domain fit for the devices of a group
 * @group: group that is to be attached first
 * @nesting: make it the second stage of a nested translation
 *
 * Return: the domain, with no group attached, or an ERR_PTR().
 */
struct t1x_domain *t1x_domain_alloc(struct iommu_group *group, bool nesting)
{
	struct t1x_domain *domain;
	struct device *dev = NULL;
	int ret;

	iommu_group_for_each_dev(group, &dev, t1x_domain_first_dev);
	if (!dev)
		return ERR_PTR(-ENODEV);

	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&domain->groups);

	domain->domain = iommu_paging_domain_alloc(dev);
	if (IS_ERR(domain->domain)) {
		ret = PTR_ERR(domain->domain);
		goto err_free;
	}
	if (nesting) {
		ret = iommu_enable_nesting(domain->domain);
		if (ret)
			goto err_free_domain;
	}
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
 * Settles the domain's coherency, which may depend on the devices in it.
 *
 * Return: 0 or the errno of the IOMMU driver.
 */
int t1x_domain_attach(struct t1x_domain *domain, struct t1x_group *group)
{
	const struct iommu_domain_ops *ops = domain->domain->ops;
	int ret = iommu_attach_group(domain->domain, group->group);

	if (ret)
		return ret;

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
	return a->domain->ops == b->domain->ops && a->enforce_cc == b->enforce_cc;
}

static int t1x_domain_map(struct t1x_domain *domain, const struct t1x_mapping *map,
			  unsigned long page, const struct t1x_run *run)
{
	return iommu_map(domain->domain, map->node.start + ((u64)page << PAGE_SHIFT),
			 (phys_addr_t)run->pfn << PAGE_SHIFT, run->npages << PAGE_SHIFT,
			 map->prot | IOMMU_CACHE, GFP_KERNEL_ACCOUNT);
}

/* Unmap @nbytes; leaves may be larger than a slice, so count what is reported. */
static bool t1x_domain_unmap(struct t1x_domain *domain, unsigned long iova, size_t nbytes,
			     struct iommu_iotlb_gather *gather)
{
	while (nbytes) {
		size_t want = min_t(size_t, nbytes, T1X_DOMAIN_UNMAP_SLICE);
		size_t done = iommu_unmap_fast(domain->domain, iova, want, gather);

		if (!done)
			return false;
		iova += done;
		nbytes -= min(nbytes, done);
		cond_resched();
	}
	return true;
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
	unsigned long done = 0;
	bool more;
	int ret = 0;

	if (!map->nr_mapped)
		return 0;

	t1x_extents_begin(&iter, &map->extents);
	do {
		more = t1x_extents_next(&iter, &run);
		if (more && t1x_run_extend(&pending, &run))
			continue;

		/* The last run may reach into pages that are still to be mapped. */
		pending.npages = min_t(u64, pending.npages, map->nr_mapped - done);
		ret = t1x_domain_map(domain, map, done, &pending);
		done += pending.npages;
		pending = run;
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	} while (more && !ret && done < map->nr_mapped);
	return ret;
}

/* Undo in the domains listed before @failed what they have mapped last. */
static void t1x_domains_undo(struct t1x_ioas *ioas, struct t1x_domain *failed,
			     const struct t1x_mapping *map, unsigned long npages)
{
	list_for_each_entry_continue_reverse(failed, &ioas->domains, next)
		iommu_unmap(failed->domain,
			    map->node.start + ((u64)map->nr_mapped << PAGE_SHIFT),
			    npages << PAGE_SHIFT);
}

/**
 * t1x_domains_map() - map the next frames of a mapping in every domain
 * @ioas: address space, domains_rwsem held
 * @map: mapping that the caller fills; nr_mapped advances on success
 * @run: contiguous frames behind the pages from nr_mapped on
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
 * @sgl: runs behind the pages from nr_mapped on
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
						 map->nr_mapped << PAGE_SHIFT, &gather);
		iommu_iotlb_sync(domain->domain, &gather);
	}
	list_for_each_entry(map, maps, link)
		map->nr_mapped = 0;
	return gone;
}
