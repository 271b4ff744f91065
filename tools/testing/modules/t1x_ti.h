/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IOMMU made of software, with PCI devices behind it.
 *
 * t1x_ti_main.c has the control device, t1x_ti_pci.c the bus and its devices,
 * t1x_ti_ops.c is the driver that the IOMMU core sees, t1x_ti_table.c a domain's page
 * table, t1x_ti_dirty.c its dirty bits and the IOTLB, t1x_ti_dma.c what devices do,
 * t1x_ti_fault.c what is said about devices, and answered, t1x_ti_sva.c the address
 * spaces of processes as domains, t1x_ti_bond.c how devices come to them.
 *
 * Lock order, outermost first:
 *
 *	t1x_ti.devices_rwsem	whether there are devices
 *	  t1x_ti_bonds_lock	bonds
 *	    the IOMMU core's locks, of bonds and of groups
 *	      t1x_ti_dev.lock	what a device is attached to, and its DMA
 *	        t1x_ti_domain.lock
 *	      t1x_ti_dev.pasid_lock	likewise for PASIDs
 *	        t1x_ti_dev.reports	page requests that are being reported
 *	        mmap_lock of the process
 *	t1x_ti_dev.responses_lock (innermost)
 *
 * A device's lock is held during its DMA and while a fault of its domain is reported,
 * so that neither goes on when the device has been detached.  Handlers of such faults
 * may be called by interrupts and must not sleep, so they cannot wait for it.  Page
 * requests are reported without it: who disables them waits for those on the way.
 */
#ifndef T1X_TI_H
#define T1X_TI_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/iommu.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "t1x_test_iommu.h"

struct file;
struct iommu_dirty_bitmap;
struct mm_struct;

#define T1X_TI_LEVELS		3
#define T1X_TI_PAGE_SIZES	(SZ_4K | SZ_2M | SZ_1G)
#define T1X_TI_RESPONSES	64
#define T1X_TI_MAX_PASID_BITS	20

/**
 * struct t1x_ti_domain - a page table
 * @domain: what the IOMMU core knows of it
 * @lock: protects what follows
 * @leaves: an array per size, by IOVA in units of that size.  A value has the frame's
 *	number and below it, in T1X_TI_LEAF_BITS, T1X_TI_READ and so on.
 * @owner: first device attached, for T1X_TI_APART
 * @can_track: made for tracking dirty pages; immutable
 * @tracking: does it
 */
struct t1x_ti_domain {
	struct iommu_domain domain;
	spinlock_t lock;	/* of the page table */
	struct xarray leaves[T1X_TI_LEVELS];
	const struct t1x_ti_dev *owner;
	bool can_track;
	bool tracking;
};

#define T1X_TI_LEAF_BITS	4

/**
 * struct t1x_ti_entry - a leaf, as found
 * @level: its array
 * @start: IOVA of its first byte
 * @size: bytes
 * @value: as in the array
 */
struct t1x_ti_entry {
	unsigned int level;
	unsigned long start;
	unsigned long size;
	unsigned long value;
};

/**
 * struct t1x_ti_dev - a PCI device
 * @pdev: what the PCI core made of it, while it is there
 * @command: its command register; all others are constant
 * @lock: protects @domain and @storm
 * @domain: what it is attached to, or NULL
 * @storm: faults that are being reported by interrupts
 * @reports: held for reading while a page request is reported
 * @fault_users: why it is in the queue of devices with page requests (@reports, for
 *	writing)
 * @pasid_lock: protects @pasids
 * @pasids: address spaces, by PASID
 * @responses_lock: protects what follows
 * @responses: ring of answers to page requests
 * @first_response: the oldest one
 * @nr_responses: answers in it
 * @question: page request whose answer someone waits for
 */
struct t1x_ti_dev {
	struct pci_dev *pdev;
	u16 command;
	struct mutex lock;	/* held across DMA */
	struct t1x_ti_domain *domain;
	struct t1x_ti_storm {
		struct irq_work work;
		struct t1x_ti_dev *td;
		unsigned long iova;
		int flags;
		u32 left;
		int handled;
	} storm;
	struct rw_semaphore reports;
	unsigned int fault_users;
	struct mutex pasid_lock;	/* held across DMA with a PASID */
	struct xarray pasids;
	spinlock_t responses_lock;	/* innermost */
	struct t1x_ti_response responses[T1X_TI_RESPONSES];
	unsigned int first_response;
	unsigned int nr_responses;
	struct t1x_ti_question {
		struct completion answered;
		u32 grpid;
		u32 code;
		bool is_open;
	} question;
};

/**
 * struct t1x_ti - all there is
 * @devices_rwsem: written to when devices go
 * @devs: devices
 * @nr_devs: how many
 * @pasid_bits: how many the devices have, 0 if they have none
 * @behaviour: what tests asked for; read and written without a lock, as a switch on
 *	a panel would be
 * @map_limit: leaves that can still be mapped, if @behaviour has a limit
 * @maps: see &struct t1x_ti_stat, as for those that follow
 * @unmaps: likewise
 * @cuts: likewise
 * @syncs: likewise
 * @dirty_reads: likewise
 * @tracking: likewise
 * @domains: likewise
 * @faults: likewise
 * @requests: likewise
 * @responses: likewise
 * @nr_pasids: likewise
 */
struct t1x_ti {
	struct rw_semaphore devices_rwsem;
	struct t1x_ti_dev devs[T1X_TI_MAX_DEVICES];
	unsigned int nr_devs;
	unsigned int pasid_bits;
	struct t1x_ti_behaviour behaviour;
	atomic64_t map_limit;
	atomic64_t maps;
	atomic64_t unmaps;
	atomic64_t cuts;
	atomic64_t syncs;
	atomic64_t dirty_reads;
	atomic64_t tracking;
	atomic64_t domains;
	atomic64_t faults;
	atomic64_t requests;
	atomic64_t responses;
	atomic64_t nr_pasids;
};

extern struct t1x_ti t1x_ti;

/* A member of the behaviour. */
#define t1x_ti_does(member)	READ_ONCE(t1x_ti.behaviour.member)

static inline struct t1x_ti_domain *t1x_ti_domain_of(struct iommu_domain *domain)
{
	return container_of(domain, struct t1x_ti_domain, domain);
}

/* t1x_ti_pci.c */
struct t1x_ti_dev *t1x_ti_pci_find(struct device *dev);
int t1x_ti_pci_add(unsigned int nr_devs);
void t1x_ti_pci_remove(void);

/* t1x_ti_ops.c */
int t1x_ti_ops_init(unsigned long page_sizes);
void t1x_ti_ops_exit(void);
void t1x_ti_ops_page_sizes(unsigned long page_sizes);

/* t1x_ti_table.c */
bool t1x_ti_table_find(struct t1x_ti_domain *d, unsigned long from, unsigned long last,
		       struct t1x_ti_entry *entry);
void t1x_ti_table_set(struct t1x_ti_domain *d, const struct t1x_ti_entry *entry,
		      unsigned long value);
int t1x_ti_table_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped);
size_t t1x_ti_table_unmap(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather);
phys_addr_t t1x_ti_table_phys(struct iommu_domain *domain, dma_addr_t iova);
void t1x_ti_table_init(struct t1x_ti_domain *d);
void t1x_ti_table_destroy(struct t1x_ti_domain *d);

/* t1x_ti_dirty.c */
void t1x_ti_dirty_wrote(struct t1x_ti_domain *d, const struct t1x_ti_entry *entry);
int t1x_ti_dirty_set(struct iommu_domain *domain, bool enable);
int t1x_ti_dirty_read(struct iommu_domain *domain, unsigned long iova, size_t size,
		      unsigned long flags, struct iommu_dirty_bitmap *dirty);
void t1x_ti_dirty_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather);
void t1x_ti_dirty_flush(struct iommu_domain *domain);

/* t1x_ti_dma.c */
int t1x_ti_dma_run(struct t1x_ti_dev *td, struct t1x_ti_dma *dma, void *data);
int t1x_ti_dma_fault(struct t1x_ti_dev *td, struct t1x_ti_fault *fault);
int t1x_ti_dma_leaf(struct t1x_ti_dev *td, struct t1x_ti_leaf *leaf);

/* t1x_ti_fault.c */
void t1x_ti_fault_init(void);
void t1x_ti_fault_exit(void);
int t1x_ti_fault_get(struct t1x_ti_dev *td, struct device *dev);
void t1x_ti_fault_put(struct t1x_ti_dev *td, struct device *dev);
bool t1x_ti_fault_ask(struct t1x_ti_dev *td, struct t1x_ti_report *report);
int t1x_ti_fault_report(struct t1x_ti_dev *td, const struct t1x_ti_report *report);
void t1x_ti_fault_responded(struct t1x_ti_dev *td, const struct iommu_fault_page_request *request,
			    u32 code);
int t1x_ti_fault_response(struct t1x_ti_dev *td, struct t1x_ti_response *response);

/* t1x_ti_sva.c */
struct iommu_domain *t1x_ti_sva_domain_alloc(struct device *dev, struct mm_struct *mm);
int t1x_ti_sva_clear(struct iommu_domain *domain, struct device *dev, u32 pasid,
		     struct iommu_domain *old);
void t1x_ti_sva_init(void);
int t1x_ti_sva_run(struct t1x_ti_dev *td, struct t1x_ti_dma *dma, void *data);

/* t1x_ti_bond.c */
int t1x_ti_bond_bind(const struct file *file, struct t1x_ti_dev *td, struct t1x_ti_bind *bind);
int t1x_ti_bond_unbind(const struct file *file, u32 id);
bool t1x_ti_bond_is_any(void);

#endif
