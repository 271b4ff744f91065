/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page requests: pages that devices ask for and wait for, and the program that answers.
 */
#ifndef T1X_PRQ_H
#define T1X_PRQ_H

#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include <iommu/pagerequest.h>

struct iommu_domain;
struct t1x_fault_queue;
struct t1x_group;
struct t1x_ioas;
struct t1x_prq_table;
struct vfio_type1x_fault_response;

/**
 * struct t1x_prq - the page requests of an address space
 * @users: the address space, and the file that answers
 * @lock: see the lock order in private.h
 * @queue: where they go; NULL: nobody answers (@lock)
 * @table: what waits for an answer, if there is a @queue (@lock)
 * @nr_open: ports that are open (@lock)
 */
struct t1x_prq {
	refcount_t users;
	struct mutex lock; /* across answers */
	struct t1x_fault_queue *queue;
	struct t1x_prq_table *table;
	unsigned int nr_open;
};

/* PCI numbers its groups with 9 bits; those of others consist of one request each. */
#define T1X_PRQ_NR_GROUPS	512

/**
 * struct t1x_prq_port - where those of a group come in
 * @listener: what the IOMMU core has
 * @ioas: address space
 * @dev: the device that is enabled, or NULL (t1x_ioas.domains_rwsem)
 * @is_open: requests are taken (t1x_prq.lock)
 * @torn: groups whose last request must not wait: one before was lost (t1x_prq.lock)
 */
struct t1x_prq_port {
	struct iommu_page_listener listener;
	struct t1x_ioas *ioas;
	struct device *dev;
	bool is_open;
	DECLARE_BITMAP(torn, T1X_PRQ_NR_GROUPS);
};

struct t1x_prq *t1x_prq_alloc(void);
void t1x_prq_put(struct t1x_prq *prq);
void t1x_prq_init_port(struct t1x_prq_port *port, struct t1x_ioas *ioas);
void t1x_prq_join(struct t1x_group *group, struct iommu_domain *domain);
void t1x_prq_shut(struct t1x_prq_port *port);
void t1x_prq_leave(struct t1x_group *group, struct iommu_domain *domain);
int t1x_prq_open(struct t1x_ioas *ioas, struct t1x_fault_queue *queue);
void t1x_prq_close(struct t1x_fault_queue *queue);
int t1x_prq_answer(struct t1x_prq *prq, const struct vfio_type1x_fault_response *response);
unsigned int t1x_prq_nr_waiting(struct t1x_prq *prq);
u32 t1x_prq_sources(const struct t1x_prq *prq);

#endif /* T1X_PRQ_H */
