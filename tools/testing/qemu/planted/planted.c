// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does one wrong thing while it is loaded, so that selftest can see whether
 * the harness notices.  For throw-away guests only; never installed.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *what = "nothing";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "nothing, warn, oops, leak, abba, atomic, uaf, pin or hold");

static DEFINE_MUTEX(planted_a);
static DEFINE_MUTEX(planted_b);
static DEFINE_SPINLOCK(planted_lock);

/*
 * Nothing keeps an address: each pointer dies with this frame.  More than one block,
 * since kmemleak looks into stacks that are cached for reuse, too, where the last
 * address may be left (one block has once not been found).
 */
static void planted_leak(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		void *volatile lost = kmalloc(4000, GFP_KERNEL);

		lost = NULL;
		(void)lost;
	}
}

static void planted_abba(void)
{
	mutex_lock(&planted_a);
	mutex_lock(&planted_b);
	mutex_unlock(&planted_b);
	mutex_unlock(&planted_a);

	mutex_lock(&planted_b);
	mutex_lock(&planted_a);
	mutex_unlock(&planted_a);
	mutex_unlock(&planted_b);
}

static void planted_atomic(void)
{
	spin_lock(&planted_lock);
	msleep(1);
	spin_unlock(&planted_lock);
}

static void planted_uaf(void)
{
	volatile char *p = kmalloc(100, GFP_KERNEL);

	if (!p)
		return;
	kfree((void *)p);
	(void)p[10];
}

/* A user page that stays pinned. */
static void planted_pin(void)
{
	struct page *page;

	if (pin_user_pages_fast(current->mm->arg_start, 1, 0, &page) != 1)
		pr_err("could not pin\n");
}

static int __init planted_init(void)
{
	if (!strcmp(what, "warn"))
		WARN(1, "planted\n");
	else if (!strcmp(what, "oops"))
		*(volatile int *)NULL = 1;
	else if (!strcmp(what, "leak"))
		planted_leak();
	else if (!strcmp(what, "abba"))
		planted_abba();
	else if (!strcmp(what, "atomic"))
		planted_atomic();
	else if (!strcmp(what, "uaf"))
		planted_uaf();
	else if (!strcmp(what, "pin"))
		planted_pin();
	else if (!strcmp(what, "hold"))
		__module_get(THIS_MODULE);
	else if (strcmp(what, "nothing"))
		return -EINVAL;
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Plants one fault for the self-test of the guest harness");
MODULE_LICENSE("GPL");
