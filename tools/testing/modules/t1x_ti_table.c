// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page table of a domain: what is mapped where, in leaves of several sizes.
 *
 * Made to be right and to notice misuse, not to be fast.  The lock is a plain one:
 * the owner of a domain may hold locks of his own and not sleep, but is no interrupt.
 */
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "t1x_ti.h"

static const unsigned int t1x_ti_table_shift[T1X_TI_LEVELS] = { 12, 21, 30 };

/**
 * t1x_ti_table_init() - make a domain's page table, empty
 * @d: domain
 */
void t1x_ti_table_init(struct t1x_ti_domain *d)
{
	unsigned int level;

	spin_lock_init(&d->lock);
	for (level = 0; level < T1X_TI_LEVELS; level++)
		xa_init(&d->leaves[level]);
}

/**
 * t1x_ti_table_destroy() - free a domain's page table
 * @d: domain that nobody uses any more
 */
void t1x_ti_table_destroy(struct t1x_ti_domain *d)
{
	unsigned int level;

	for (level = 0; level < T1X_TI_LEVELS; level++)
		xa_destroy(&d->leaves[level]);
}

/**
 * t1x_ti_table_find() - the first leaf that has a byte in a range
 * @d: domain, locked
 * @from: first byte
 * @last: last byte
 * @entry: set to the leaf, which may begin before @from
 *
 * Return: false if nothing is mapped there.
 */
bool t1x_ti_table_find(struct t1x_ti_domain *d, unsigned long from, unsigned long last,
		       struct t1x_ti_entry *entry)
{
	unsigned int level;
	bool found = false;

	lockdep_assert_held(&d->lock);
	for (level = 0; level < T1X_TI_LEVELS; level++) {
		unsigned int shift = t1x_ti_table_shift[level];
		unsigned long index = from >> shift;
		void *value = xa_find(&d->leaves[level], &index, last >> shift, XA_PRESENT);

		if (!value || (found && index << shift >= entry->start))
			continue;
		entry->level = level;
		entry->start = index << shift;
		entry->size = 1UL << shift;
		entry->value = xa_to_value(value);
		found = true;
	}
	return found;
}

/**
 * t1x_ti_table_set() - change a leaf
 * @d: domain, locked
 * @entry: leaf, just found
 * @value: new value
 */
void t1x_ti_table_set(struct t1x_ti_domain *d, const struct t1x_ti_entry *entry,
		      unsigned long value)
{
	lockdep_assert_held(&d->lock);
	/* Takes no memory where there is a value. */
	xa_store(&d->leaves[entry->level], entry->start >> t1x_ti_table_shift[entry->level],
		 xa_mk_value(value), GFP_NOWAIT);
}

static bool t1x_ti_table_is_full(void)
{
	return t1x_ti_does(map_limit) && atomic64_dec_return(&t1x_ti.map_limit) < 0;
}

static int t1x_ti_table_map_leaf(struct t1x_ti_domain *d, const struct t1x_ti_entry *entry,
				 gfp_t gfp)
{
	struct xarray *leaves = &d->leaves[entry->level];
	unsigned long index = entry->start >> t1x_ti_table_shift[entry->level];
	struct t1x_ti_entry other;
	int ret;

	if (t1x_ti_table_is_full())
		return -ENOMEM;
	/* Allocates what the store will need. */
	ret = xa_reserve(leaves, index, gfp);
	if (ret)
		return ret;

	spin_lock(&d->lock);
	if (t1x_ti_table_find(d, entry->start, entry->start + entry->size - 1, &other))
		ret = -EEXIST;
	else
		t1x_ti_table_set(d, entry, entry->value);
	spin_unlock(&d->lock);
	if (ret)
		xa_release(leaves, index);
	else
		atomic64_inc(&t1x_ti.maps);
	return ret;
}

/**
 * t1x_ti_table_map() - map leaves of one size
 * @domain: domain
 * @iova: where
 * @paddr: what
 * @pgsize: size of a leaf
 * @pgcount: number of leaves
 * @prot: IOMMU_READ and IOMMU_WRITE; others have no meaning here
 * @gfp: how to allocate
 * @mapped: set to the number of bytes mapped, on failure too
 *
 * Return: 0; -EEXIST if something is mapped there; -ENOMEM, also because
 * T1X_TI_BEHAVE said so.
 */
int t1x_ti_table_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);
	struct t1x_ti_entry entry = { .start = iova, .size = pgsize };
	unsigned long bits = 0;

	while (entry.level < T1X_TI_LEVELS && pgsize >> t1x_ti_table_shift[entry.level] != 1)
		entry.level++;
	if (entry.level == T1X_TI_LEVELS || !(pgsize & domain->pgsize_bitmap) ||
	    !IS_ALIGNED(iova | paddr, pgsize))
		return -EINVAL;
	if (prot & IOMMU_READ)
		bits |= T1X_TI_READ;
	if (prot & IOMMU_WRITE)
		bits |= T1X_TI_WRITE;

	while (pgcount--) {
		int ret;

		entry.value = (paddr >> PAGE_SHIFT) << T1X_TI_LEAF_BITS | bits;
		ret = t1x_ti_table_map_leaf(d, &entry, gfp);
		if (ret)
			return ret;
		entry.start += pgsize;
		paddr += pgsize;
		*mapped += pgsize;
	}
	return 0;
}

/**
 * t1x_ti_table_unmap() - unmap what begins in a range
 * @domain: domain
 * @iova: where
 * @pgsize: a size of leaves, not necessarily of those that are there
 * @pgcount: how often that
 * @gather: grows by what is unmapped
 *
 * Ends where nothing is mapped.  A leaf that reaches beyond the range goes as a whole, as
 * it does with real IOMMUs, and counts as a whole; one that begins before it stays.
 *
 * Return: bytes unmapped.
 */
size_t t1x_ti_table_unmap(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);
	size_t done = 0, nbytes = pgsize * pgcount;
	struct t1x_ti_entry entry;

	spin_lock(&d->lock);
	while (done < nbytes && t1x_ti_table_find(d, iova + done, iova + done, &entry)) {
		if (entry.start != iova + done) {
			atomic64_inc(&t1x_ti.cuts);
			break;
		}
		xa_erase(&d->leaves[entry.level],
			 entry.start >> t1x_ti_table_shift[entry.level]);
		iommu_iotlb_gather_add_range(gather, entry.start, entry.size);
		atomic64_inc(&t1x_ti.unmaps);
		done += entry.size;
	}
	spin_unlock(&d->lock);
	return done;
}

/**
 * t1x_ti_table_phys() - where an IOVA leads
 * @domain: domain
 * @iova: any byte
 *
 * Return: physical address, 0 if it is not mapped.
 */
phys_addr_t t1x_ti_table_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);
	struct t1x_ti_entry entry;
	phys_addr_t phys = 0;

	spin_lock(&d->lock);
	if (t1x_ti_table_find(d, iova, iova, &entry))
		phys = ((phys_addr_t)(entry.value >> T1X_TI_LEAF_BITS) << PAGE_SHIFT) +
		       (iova - entry.start);
	spin_unlock(&d->lock);
	return phys;
}
