/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payers: who is charged for pinned pages (account.c).
 */
#ifndef T1X_ACCOUNT_H
#define T1X_ACCOUNT_H

#include <linux/list.h>
#include <linux/types.h>

struct mm_struct;
struct t1x_ioas;
struct task_struct;

/**
 * struct t1x_payer - whose RLIMIT_MEMLOCK pinned pages count against
 * @link: in t1x_ioas.payers
 * @ioas: address space that it pays for
 * @mm: address space charged; the struct is held (mmgrab), not its memory
 * @task: leader of the process whose memory it is; its limit counts
 * @nr_uses: mappings that it pays for, and guests of these (t1x_ioas.lock)
 * @lock_cap: the task had CAP_IPC_LOCK when it mapped: no limit
 */
struct t1x_payer {
	struct list_head link;
	struct t1x_ioas *ioas;
	struct mm_struct *mm;
	struct task_struct *task;
	unsigned long nr_uses;
	bool lock_cap;
};

/* account.c */
int t1x_account_init(void);
void t1x_account_exit(void);
struct t1x_payer *t1x_payer_get(struct t1x_ioas *ioas, struct mm_struct *mm,
				struct task_struct *task);
void t1x_payer_rest(struct t1x_ioas *ioas, struct t1x_payer *payer);
void t1x_payer_forget(struct t1x_ioas *ioas);
int t1x_payer_charge(const struct t1x_payer *payer, unsigned long npages);
void t1x_payer_uncharge(const struct t1x_payer *payer, unsigned long npages);
void t1x_payer_adjust(const struct t1x_payer *payer, long npages);

#endif /* T1X_ACCOUNT_H */
