// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty bits of leaves, and the IOTLB as far as they are concerned.
 *
 * Like hardware: a leaf becomes dirty by the first write through it.  From then on
 * the IOTLB has it as dirty, and writes do not look at the page table any more.  So
 * who clears the bit has to flush the IOTLB there, or will not see later writes.
 */
#include <linux/minmax.h>

#include <iommu/driver.h>

#include "t1x_ti.h"

/**
 * t1x_ti_dirty_wrote() - a device writes through a leaf
 * @d: domain, locked
 * @entry: leaf
 */
void t1x_ti_dirty_wrote(struct t1x_ti_domain *d, const struct t1x_ti_entry *entry)
{
	unsigned long value = entry->value;

	if (!d->tracking)
		return;
	if (t1x_ti_does(flags) & T1X_TI_NO_IOTLB)
		value |= T1X_TI_DIRTY;
	else if (!(value & T1X_TI_CACHED))
		value |= T1X_TI_DIRTY | T1X_TI_CACHED;
	if (value != entry->value)
		t1x_ti_table_set(d, entry, value);
}

static void t1x_ti_dirty_uncache(struct t1x_ti_domain *d, unsigned long first,
				 unsigned long last)
{
	struct t1x_ti_entry entry;

	while (first <= last && t1x_ti_table_find(d, first, last, &entry)) {
		if (entry.value & T1X_TI_CACHED)
			t1x_ti_table_set(d, &entry, entry.value & ~T1X_TI_CACHED);
		if (check_add_overflow(entry.start, entry.size, &first))
			break;
	}
}

/**
 * t1x_ti_dirty_sync() - flush a range of the IOTLB
 * @domain: domain
 * @gather: range; may be empty
 */
void t1x_ti_dirty_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);

	atomic64_inc(&t1x_ti.syncs);
	spin_lock(&d->lock);
	t1x_ti_dirty_uncache(d, gather->start, gather->end);
	spin_unlock(&d->lock);
}

/**
 * t1x_ti_dirty_flush() - flush the IOTLB
 * @domain: domain
 */
void t1x_ti_dirty_flush(struct iommu_domain *domain)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);

	atomic64_inc(&t1x_ti.syncs);
	spin_lock(&d->lock);
	t1x_ti_dirty_uncache(d, 0, ULONG_MAX);
	spin_unlock(&d->lock);
}

/**
 * t1x_ti_dirty_set() - begin or end to set dirty bits
 * @domain: domain that can
 * @enable: which
 *
 * Flushes the IOTLB if that is a change.  Bits of leaves stay as they are.
 *
 * Return: 0, or what T1X_TI_BEHAVE asked for.
 */
int t1x_ti_dirty_set(struct iommu_domain *domain, bool enable)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);

	if (enable && t1x_ti_does(dirty_errno))
		return -(int)t1x_ti_does(dirty_errno);
	spin_lock(&d->lock);
	if (d->tracking != enable) {
		d->tracking = enable;
		atomic64_add(enable ? 1 : -1, &t1x_ti.tracking);
		t1x_ti_dirty_uncache(d, 0, ULONG_MAX);
	}
	spin_unlock(&d->lock);
	return 0;
}

/**
 * t1x_ti_dirty_read() - tell of dirty leaves, and make them clean
 * @domain: domain that can track
 * @iova: first byte
 * @size: bytes
 * @flags: IOMMU_DIRTY_NO_CLEAR: leave them dirty
 * @dirty: where to tell
 *
 * As drivers of hardware do, it goes from @iova in steps of the leaf that it has reached,
 * and tells of steps.  So a range that does not begin at a leaf's border is told of
 * shifted and longer than it is, and its last leaf may be left out.
 *
 * Return: 0; -EINVAL if dirty bits are not being set and there is a bitmap to fill;
 * -EOPNOTSUPP if T1X_TI_BEHAVE asked for that.
 */
int t1x_ti_dirty_read(struct iommu_domain *domain, unsigned long iova, size_t size,
		      unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct t1x_ti_domain *d = t1x_ti_domain_of(domain);
	unsigned long last = iova + size - 1;
	struct t1x_ti_entry entry;
	int ret = 0;

	atomic64_inc(&t1x_ti.dirty_reads);
	if (t1x_ti_does(dirty) == T1X_TI_DIRTY_REFUSE ||
	    (t1x_ti_does(dirty) == T1X_TI_DIRTY_PARTLY && !(iova & SZ_2M)))
		return -EOPNOTSUPP;
	if (t1x_ti_does(dirty) == T1X_TI_DIRTY_LIAR)
		return 0;

	spin_lock(&d->lock);
	if (!d->tracking && iommu_driver_wants_bitmap(dirty))
		ret = -EINVAL;
	while (!ret && iova <= last && t1x_ti_table_find(d, iova, last, &entry)) {
		iova = max(iova, entry.start);
		if (entry.value & T1X_TI_DIRTY) {
			iommu_driver_record_dirty(dirty, iova, entry.size);
			if (!(flags & IOMMU_DIRTY_NO_CLEAR))
				t1x_ti_table_set(d, &entry, entry.value & ~T1X_TI_DIRTY);
		}
		if (check_add_overflow(iova, entry.size, &iova))
			break;
	}
	spin_unlock(&d->lock);
	return ret;
}
