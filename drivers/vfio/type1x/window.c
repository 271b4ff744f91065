// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows: the IOVAs that may be mapped.
 *
 * What every aperture contains, less what any device reserves (MSI doorbells,
 * firmware's direct maps).  Regions of type DIRECT_RELAXABLE are left in, the
 * contract trusts the user with them.
 *
 * The set is built anew whenever a group comes or goes: that is rare, and a
 * list that is never patched cannot drift from the truth.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "private.h"

static void t1x_window_free_regions(struct list_head *regions)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, regions, list) {
		list_del(&region->list);
		kfree(region);
	}
}

static int t1x_window_domain_regions(const struct t1x_domain *domain, struct list_head *regions)
{
	struct t1x_group *group;
	int ret = 0;

	list_for_each_entry(group, &domain->groups, next) {
		ret = iommu_get_group_resv_regions(group->group, regions);
		if (ret)
			break;
	}
	return ret;
}

static void t1x_window_clip_domain(struct t1x_span_set *set, const struct t1x_domain *domain)
{
	struct t1x_group *group;

	list_for_each_entry(group, &domain->groups, next)
		t1x_span_set_clip(set, &group->aperture);
}

/* Make @set the full address space, with room for as many cuts as regions. */
static int t1x_window_init(struct t1x_span_set *set, const struct list_head *regions)
{
	const struct list_head *pos;
	size_t nr = 1;

	list_for_each(pos, regions)
		nr++;

	set->spans = kmalloc_array(nr, sizeof(*set->spans), GFP_KERNEL_ACCOUNT);
	if (!set->spans)
		return -ENOMEM;
	set->room = nr;
	set->nr = 1;
	set->spans[0] = T1X_SPAN_ALL;
	return 0;
}

static void t1x_window_cut_regions(struct t1x_span_set *set, const struct list_head *regions)
{
	struct iommu_resv_region *region;
	struct t1x_span hole;

	list_for_each_entry(region, regions, list)
		if (region->type != IOMMU_RESV_DIRECT_RELAXABLE &&
		    t1x_span_init(&hole, region->start, region->length))
			t1x_span_set_cut(set, &hole);
}

/**
 * t1x_window_build() - find out what may be mapped
 * @set: result, to be freed by t1x_window_free()
 * @ioas: address space, domains_rwsem held
 * @extra: domain to take into account although it is not listed, or NULL
 *
 * Return: 0, -ENOMEM, or the errno of the IOMMU driver.
 */
int t1x_window_build(struct t1x_span_set *set, const struct t1x_ioas *ioas,
		     const struct t1x_domain *extra)
{
	const struct t1x_domain *domain;
	LIST_HEAD(regions);
	int ret = 0;

	lockdep_assert_held(&ioas->domains_rwsem);

	if (extra)
		ret = t1x_window_domain_regions(extra, &regions);
	list_for_each_entry(domain, &ioas->domains, next)
		ret = ret ?: t1x_window_domain_regions(domain, &regions);
	ret = ret ?: t1x_window_init(set, &regions);
	if (ret)
		goto out_free_regions;

	if (extra)
		t1x_window_clip_domain(set, extra);
	list_for_each_entry(domain, &ioas->domains, next)
		t1x_window_clip_domain(set, domain);
	t1x_window_cut_regions(set, &regions);

out_free_regions:
	t1x_window_free_regions(&regions);
	return ret;
}

/**
 * t1x_window_free() - free the storage of a set
 * @set: set made by t1x_window_build(), or zeroed
 */
void t1x_window_free(struct t1x_span_set *set)
{
	kfree(set->spans);
}

/**
 * t1x_window_group_msi() - where software places the MSI doorbells of a group
 * @iommu_group: group
 * @found: set if the group needs such a place, which hardware with a fixed
 *	   MSI region does not
 * @base: its first IOVA, if @found
 *
 * Return: 0 or the errno of the IOMMU driver.
 */
int t1x_window_group_msi(struct iommu_group *iommu_group, bool *found, phys_addr_t *base)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = iommu_get_group_resv_regions(iommu_group, &regions);

	*found = false;
	list_for_each_entry(region, &regions, list) {
		if (region->type == IOMMU_RESV_MSI) {
			*found = false;
			break;
		}
		if (region->type == IOMMU_RESV_SW_MSI) {
			*found = true;
			*base = region->start;
		}
	}
	t1x_window_free_regions(&regions);
	return ret;
}
