// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of processes, which devices reach by a PASID.
 *
 * Like an IOMMU that shares the page tables of the processor, and a device that asks
 * for the pages it misses: what is there can be used at once; for the rest there is a
 * page request, which the IOMMU core answers after having repaired what it could.  No
 * translation is kept, so that there is nothing to invalidate.  What it does not model:
 * page tables are walked as get_user_pages() does it, with a reference to the mm and
 * its lock, and pages are pinned for the moment of the copy.
 */
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <iommu/driver.h>

#include "t1x_ti.h"

#define T1X_TI_SVA_TRIES	16	/* page requests for one page; reclaim may be quicker */
#define T1X_TI_READ_PERM	1	/* see t1x_ti_report.perm */
#define T1X_TI_WRITE_PERM	2

/**
 * struct t1x_ti_sva - a domain that is the address space of a process
 * @domain: what the IOMMU core knows of it
 * @mm: address space, perhaps without a process; the IOMMU core holds it
 */
struct t1x_ti_sva {
	struct iommu_domain domain;
	struct mm_struct *mm;
};

static void t1x_ti_sva_free(struct iommu_domain *domain)
{
	kfree(container_of(domain, struct t1x_ti_sva, domain));
}

static int t1x_ti_sva_set(struct iommu_domain *domain, struct device *dev, u32 pasid,
			  struct iommu_domain *old)
{
	struct t1x_ti_sva *sva = container_of(domain, struct t1x_ti_sva, domain);
	struct t1x_ti_dev *td = t1x_ti_pci_find(dev);
	int ret;

	if (t1x_ti_does(attach_devices) & BIT(td - t1x_ti.devs))
		return -(int)t1x_ti_does(attach_errno);
	ret = t1x_ti_fault_get(td, dev);
	if (ret)
		return ret;
	mutex_lock(&td->pasid_lock);
	ret = xa_err(xa_store(&td->pasids, pasid, sva, GFP_KERNEL));
	mutex_unlock(&td->pasid_lock);
	if (ret)
		t1x_ti_fault_put(td, dev);
	else
		atomic64_inc(&t1x_ti.nr_pasids);
	return ret;
}

/**
 * t1x_ti_sva_clear() - let a device reach nothing by a PASID any more
 * @domain: domain that blocks
 * @dev: device
 * @pasid: PASID
 * @old: what it reached until now
 *
 * Waits for DMA with it, and for the answers to page requests.
 *
 * Return: 0.
 */
int t1x_ti_sva_clear(struct iommu_domain *domain, struct device *dev, u32 pasid,
		     struct iommu_domain *old)
{
	struct t1x_ti_dev *td = t1x_ti_pci_find(dev);
	void *sva;

	mutex_lock(&td->pasid_lock);
	sva = xa_erase(&td->pasids, pasid);
	mutex_unlock(&td->pasid_lock);
	if (!sva)
		return 0;
	iopf_queue_flush_dev(dev);
	t1x_ti_fault_put(td, dev);
	atomic64_dec(&t1x_ti.nr_pasids);
	return 0;
}

static struct iommu_domain_ops t1x_ti_sva_ops = {
	.free = t1x_ti_sva_free,
};

/**
 * t1x_ti_sva_init() - to be called before there are domains
 */
void t1x_ti_sva_init(void)
{
	iommu_driver_set_pasid(&t1x_ti_sva_ops, t1x_ti_sva_set);
}

/**
 * t1x_ti_sva_domain_alloc() - make a domain of an address space
 * @dev: device
 * @mm: address space
 *
 * Return: domain, or ERR_PTR(-ENOMEM).
 */
struct iommu_domain *t1x_ti_sva_domain_alloc(struct device *dev, struct mm_struct *mm)
{
	struct t1x_ti_sva *sva = kzalloc(sizeof(*sva), GFP_KERNEL_ACCOUNT);

	if (!sva)
		return ERR_PTR(-ENOMEM);
	sva->domain.ops = &t1x_ti_sva_ops;
	sva->mm = mm;
	return &sva->domain;
}

/* What the page tables have, as they are: an IOMMU cannot repair them. */
static int t1x_ti_sva_page(struct mm_struct *mm, unsigned long addr, bool write,
			   struct page **page)
{
	unsigned int flags = FOLL_NOFAULT | (write ? FOLL_WRITE : 0);
	long ret;

	if (!mmget_not_zero(mm))
		return -EFAULT;
	mmap_read_lock(mm);
	ret = pin_user_pages_remote(mm, addr & PAGE_MASK, 1, flags, page, NULL);
	mmap_read_unlock(mm);
	mmput(mm);
	if (ret < 0)
		return ret;
	return ret == 1 ? 0 : -EFAULT;
}

static bool t1x_ti_sva_ask(struct t1x_ti_dev *td, u32 pasid, unsigned long addr, bool write)
{
	struct t1x_ti_report report = {
		.addr = addr & PAGE_MASK,
		.type = T1X_TI_PAGE_REQUEST,
		.perm = write ? T1X_TI_WRITE_PERM : T1X_TI_READ_PERM,
		.flags = T1X_TI_LAST | T1X_TI_PASID,
		.pasid = pasid,
	};

	return t1x_ti_fault_ask(td, &report);
}

/* Within a page. */
static int t1x_ti_sva_copy(struct t1x_ti_dev *td, const struct t1x_ti_dma *dma, void *data,
			   size_t len)
{
	const struct t1x_ti_sva *sva = xa_load(&td->pasids, dma->pasid);
	unsigned long addr = dma->iova + dma->done;
	int ret = -EFAULT, tries = 0;
	struct page *page;
	void *mapped;

	if (!sva)
		return -EIO;
	while ((ret = t1x_ti_sva_page(sva->mm, addr, dma->write, &page)))
		if (tries++ == T1X_TI_SVA_TRIES ||
		    !t1x_ti_sva_ask(td, dma->pasid, addr, dma->write))
			return -EIO;

	mapped = kmap_local_page(page);
	if (dma->write)
		memcpy(mapped + offset_in_page(addr), data, len);
	else
		memcpy(data, mapped + offset_in_page(addr), len);
	kunmap_local(mapped);
	unpin_user_pages_dirty_lock(&page, 1, dma->write);
	return 0;
}

/**
 * t1x_ti_sva_run() - let a device read or write memory by a PASID
 * @td: device
 * @dma: what; done and handled are set
 * @data: the bytes
 *
 * Return: 0; -EIO if the PASID leads nowhere, or the process has no such memory.
 */
int t1x_ti_sva_run(struct t1x_ti_dev *td, struct t1x_ti_dma *dma, void *data)
{
	int ret = 0;

	guard(mutex)(&td->pasid_lock);
	dma->done = 0;
	dma->handled = -ENOSYS;
	while (!ret && dma->done < dma->len) {
		unsigned long addr = dma->iova + dma->done;
		size_t len = min_t(u64, dma->len - dma->done, PAGE_SIZE - offset_in_page(addr));

		ret = t1x_ti_sva_copy(td, dma, data + dma->done, len);
		if (!ret)
			dma->done += len;
	}
	return ret;
}
