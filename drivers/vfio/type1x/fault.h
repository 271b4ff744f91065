/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of devices: who tells of them (source.c, tap.c), whose they are (requester.c),
 * who is told (fault.c, listener.c), and the file from which a program reads them
 * (faultfd.c).
 */
#ifndef T1X_FAULT_H
#define T1X_FAULT_H

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "core/ring.h"

/* Records of one queue, and what it has if nobody says. */
#define T1X_FAULT_MAX_RECORDS	4096
#define T1X_FAULT_MIN_RECORDS	16
#define T1X_FAULT_RECORDS	256
/* Queues of one address space: so many are filled for each fault. */
#define T1X_FAULT_MAX_QUEUES	32

struct device;
struct file;
struct iommu_domain;
struct pci_dev;
struct t1x_group;
struct t1x_ioas;
struct t1x_prq;
struct vfio_type1x_fault;
struct vfio_type1x_fault_fd;

/**
 * struct t1x_faults - the faults of an address space
 * @queues: list of &struct t1x_fault_queue (RCU; changed under t1x_fault_lock)
 * @nr_queues: queues in it (t1x_fault_lock)
 * @over: no queue may be added (t1x_fault_lock)
 * @listeners: list of &struct t1x_listener (RCU; changed under t1x_listener_lock)
 * @sources: 1 << n for each source n of some device, live or not (t1x_ioas.lock)
 * @is_silent: some device has none (t1x_ioas.lock)
 * @nr_reported: faults that there were
 * @nr_lost: records that did not fit into a queue
 */
struct t1x_faults {
	struct list_head queues;
	unsigned int nr_queues;
	bool over;
	struct list_head listeners;
	u32 sources;
	bool is_silent;
	atomic64_t nr_reported;
	atomic64_t nr_lost;
};

/**
 * struct t1x_fault_queue - records on the way to one consumer
 * @next: in t1x_faults.queues, if @faults
 * @rcu: delays the free past a walk of that list
 * @faults: whose faults it gets, NULL once @over (t1x_fault_lock)
 * @records: slots of @ring
 * @cookie: goes into each record; immutable
 * @prq: page requests that its reader answers, or NULL; immutable once there is a file
 * @read_mutex: the reader's place; held for copies that do not fault only
 * @reader: the reader's half of @ring (@read_mutex)
 * @consumer: index of the next record to read (@read_mutex)
 * @wait: who waits for records
 * @wake: wakes them
 * @lock: serialises those who report
 * @over: nothing is added any more (@lock)
 * @ring: their half of it (@lock)
 * @producer: index of the next record to be written (@lock)
 */
struct t1x_fault_queue {
	struct list_head next;
	struct rcu_head rcu;
	struct t1x_faults *faults;
	struct vfio_type1x_fault *records;
	u64 cookie;
	struct t1x_prq *prq;

	struct mutex read_mutex; /* one reader at a time */
	struct t1x_ring_reader reader;
	u32 consumer;
	wait_queue_head_t wait;
	struct irq_work wake;

	raw_spinlock_t lock; /* one producer at a time; any context but NMI */
	bool over;
	struct t1x_ring ring;
	u32 producer;
};

/* fault.c */
void t1x_fault_init(struct t1x_faults *faults);
void t1x_fault_end(struct t1x_faults *faults);
struct t1x_fault_queue *t1x_fault_join(struct t1x_faults *faults, u32 nr_records, u64 cookie);
void t1x_fault_leave(struct t1x_fault_queue *queue);
int t1x_fault_send(struct t1x_faults *faults, struct t1x_fault_queue *queue,
		   const struct vfio_type1x_fault *fault);
void t1x_fault_lose(struct t1x_faults *faults, struct t1x_fault_queue *queue);
bool t1x_fault_report(unsigned long id, const struct vfio_type1x_fault *fault);

/* faultfd.c */
struct file *t1x_faultfd_open(struct t1x_ioas *ioas, struct vfio_type1x_fault_fd *request);

/* source.c */
int t1x_source_init(void);
void t1x_source_exit(void);
unsigned long t1x_source_id(const struct iommu_domain *domain);
void t1x_source_watch(struct iommu_domain *domain, unsigned long id);
void t1x_source_join(struct t1x_group *group, const struct t1x_ioas *ioas);
void t1x_source_leave(struct t1x_group *group);
void t1x_source_sum(struct t1x_ioas *ioas);

/* requester.c; reporting by these is in <linux/vfio_type1x.h> */
u32 t1x_requester_of(struct pci_dev *pdev);
void t1x_requester_note(struct vfio_type1x_fault *fault, struct device *dev);
bool t1x_requester_add(struct t1x_group *group, struct device *dev, unsigned long owner);
void t1x_requester_drop(struct t1x_group *group);

/* tap.c; likewise */
u32 t1x_tap_live(u32 sources);

#endif /* T1X_FAULT_H */
