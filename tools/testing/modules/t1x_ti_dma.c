// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA of the devices, and the faults of domains that come of it.
 */
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "t1x_ti.h"

#define T1X_TI_BURST	256	/* reports of one interrupt */

static void t1x_ti_storm_burst(struct t1x_ti_storm *storm)
{
	struct device *dev = &storm->td->pdev->dev;
	u32 burst = min_t(u32, storm->left, T1X_TI_BURST);

	if (t1x_ti_does(flags) & T1X_TI_NAMELESS)
		dev = NULL;
	storm->left -= burst;
	while (burst--) {
		storm->handled = report_iommu_fault(&storm->td->domain->domain, dev,
						    storm->iova, storm->flags);
		atomic64_inc(&t1x_ti.faults);
	}
}

static void t1x_ti_storm_irq(struct irq_work *work)
{
	t1x_ti_storm_burst(container_of(work, struct t1x_ti_storm, work));
}

/* What the handler said to the last one. */
static int t1x_ti_storm_run(struct t1x_ti_dev *td, u64 iova, int flags, u32 context, u32 count)
{
	struct t1x_ti_storm *storm = &td->storm;

	lockdep_assert_held(&td->lock);
	*storm = (struct t1x_ti_storm){
		.work = IRQ_WORK_INIT_HARD(t1x_ti_storm_irq),
		.td = td,
		.iova = iova,
		.flags = flags,
		.left = max_t(u32, count, 1),
	};
	while (storm->left) {
		if (context == T1X_TI_IN_HARDIRQ) {
			irq_work_queue(&storm->work);
			irq_work_sync(&storm->work);
		} else {
			t1x_ti_storm_burst(storm);
		}
		cond_resched();
	}
	return storm->handled;
}

/* Within a page, with nobody who could unmap it meanwhile. */
static int t1x_ti_dma_copy(struct t1x_ti_domain *d, unsigned long iova, void *data, size_t len,
			   bool write)
{
	struct t1x_ti_entry entry;
	unsigned long pfn;
	void *page;

	lockdep_assert_held(&d->lock);
	if (!t1x_ti_table_find(d, iova, iova, &entry) ||
	    !(entry.value & (write ? T1X_TI_WRITE : T1X_TI_READ)))
		return -EIO;
	pfn = (entry.value >> T1X_TI_LEAF_BITS) + ((iova - entry.start) >> PAGE_SHIFT);
	if (!pfn_valid(pfn))
		return -ENXIO;

	page = kmap_local_page(pfn_to_page(pfn));
	if (write) {
		memcpy(page + offset_in_page(iova), data, len);
		t1x_ti_dirty_wrote(d, &entry);
	} else {
		memcpy(data, page + offset_in_page(iova), len);
	}
	kunmap_local(page);
	return 0;
}

/* Only what VFIO owns is attached to something that is looked up here. */
static bool t1x_ti_dma_can(const struct t1x_ti_dev *td)
{
	return td->domain && td->domain->domain.type != IOMMU_DOMAIN_IDENTITY;
}

/**
 * t1x_ti_dma_run() - let a device read or write memory
 * @td: device
 * @dma: what; done and handled are set
 * @data: the bytes
 *
 * Return: 0; -EIO if the domain does not let it; -ENXIO if it leads to no memory; -ENODEV
 * if the device belongs to the kernel, which has given it nothing to do.
 */
int t1x_ti_dma_run(struct t1x_ti_dev *td, struct t1x_ti_dma *dma, void *data)
{
	int ret = 0;

	if (dma->pasid)
		return t1x_ti_sva_run(td, dma, data);
	guard(mutex)(&td->lock);
	dma->done = 0;
	dma->handled = 0;
	if (!t1x_ti_dma_can(td))
		return -ENODEV;
	while (!ret && dma->done < dma->len) {
		unsigned long iova = dma->iova + dma->done;
		size_t len = min_t(u64, dma->len - dma->done, PAGE_SIZE - offset_in_page(iova));

		spin_lock(&td->domain->lock);
		ret = t1x_ti_dma_copy(td->domain, iova, data + dma->done, len, dma->write);
		spin_unlock(&td->domain->lock);
		if (!ret)
			dma->done += len;
	}
	if (ret == -EIO)
		dma->handled = t1x_ti_storm_run(td, dma->iova + dma->done,
						dma->write ? IOMMU_FAULT_WRITE : IOMMU_FAULT_READ,
						dma->context, dma->count);
	return ret;
}

/**
 * t1x_ti_dma_fault() - report a fault that did not happen
 * @td: device
 * @fault: which; handled is set
 *
 * Return: 0, or -ENODEV if the device is VFIO's not.
 */
int t1x_ti_dma_fault(struct t1x_ti_dev *td, struct t1x_ti_fault *fault)
{
	guard(mutex)(&td->lock);
	if (!t1x_ti_dma_can(td))
		return -ENODEV;
	fault->handled = t1x_ti_storm_run(td, fault->iova, fault->flags, fault->context,
					  fault->count);
	return 0;
}

/**
 * t1x_ti_dma_leaf() - look up what a device would use
 * @td: device
 * @leaf: IOVA, and the answer
 *
 * Return: 0, or -ENODEV if the device is VFIO's not.
 */
int t1x_ti_dma_leaf(struct t1x_ti_dev *td, struct t1x_ti_leaf *leaf)
{
	struct t1x_ti_entry entry;

	guard(mutex)(&td->lock);
	if (!t1x_ti_dma_can(td))
		return -ENODEV;
	leaf->size = 0;
	leaf->flags = 0;
	spin_lock(&td->domain->lock);
	if (t1x_ti_table_find(td->domain, leaf->iova, leaf->iova, &entry)) {
		leaf->iova = entry.start;
		leaf->size = entry.size;
		leaf->flags = entry.value & GENMASK(T1X_TI_LEAF_BITS - 1, 0);
	}
	spin_unlock(&td->domain->lock);
	return 0;
}
