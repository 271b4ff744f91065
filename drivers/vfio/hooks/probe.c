// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes at the entry of functions, by ftrace.
 *
 * A probe is like a call from the function, with preemption off: in its context, be that
 * a process or a hard interrupt.  A breakpoint would bring it into NMI context, where
 * next to nothing is allowed.
 *
 * Why no kprobe, which uses ftrace as well at the entry of a function?  All kprobes of
 * a processor share one state: while one is at work, others are missed.  And all can be
 * switched off by anybody who may, and nobody is told.  Ours are independent of all others.
 *
 * They are permanent in the sense of ftrace: as long as they are there, nobody can switch
 * ftrace off.  So what a probe hears is all that there is to hear, and whoever relies on
 * that need not ask whether it still does.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/container_of.h>
#include <linux/ftrace.h>
#include <linux/kconfig.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "hooks.h"

/* At the entry of the function.  Must not sleep: whoever disarms would not wait for that. */
static void notrace t1x_probe_hit(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct t1x_probe *probe = container_of(ops, struct t1x_probe, ops);
	struct pt_regs *regs = ftrace_get_regs(fregs);

	/* Incomplete they are for those only who have not asked for them. */
	if (likely(regs))
		probe->hit(regs);
}

/* A kprobe that is disabled changes nothing; but it knows where it would go. */
static int t1x_probe_find(const char *function, unsigned long *address)
{
	struct kprobe kprobe = {
		.symbol_name = function,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int ret = register_kprobe(&kprobe);

	if (ret)
		return ret;
	*address = (unsigned long)kprobe.addr;
	unregister_kprobe(&kprobe);
	return 0;
}

/**
 * t1x_probe_arm() - from now on a probe hits
 * @probe: with @function and @hit
 *
 * Context: may sleep
 * Return: 0; -ENOENT if the kernel has no such function, -EINVAL if ftrace does not reach
 * it, -EBUSY while ftrace is switched off, -ENODEV if it is broken, -EOPNOTSUPP where it has
 * no arguments for us; -ENOMEM; other errors of register_kprobe().
 */
int t1x_probe_arm(struct t1x_probe *probe)
{
	unsigned long address;
	int ret;

	if (!IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_REGS))
		return -EOPNOTSUPP;
	ret = t1x_probe_find(probe->function, &address);
	if (ret)
		return ret;
	probe->ops = (struct ftrace_ops){
		.func = t1x_probe_hit,
		.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION |
			 FTRACE_OPS_FL_PERMANENT,
	};
	ret = ftrace_set_filter_ip(&probe->ops, address, 0, 0);
	if (!ret)
		ret = register_ftrace_function(&probe->ops);
	if (ret)
		ftrace_free_filter(&probe->ops);
	return ret;
}

/**
 * t1x_probe_disarm() - and it does no longer
 * @probe: armed
 *
 * Once ftrace has found itself broken, and warned of that, it calls us for good.  Who wants
 * to unload the module then waits for good.
 *
 * Context: may sleep; waits for whoever is in @hit.
 */
void t1x_probe_disarm(struct t1x_probe *probe)
{
	int ret = unregister_ftrace_function(&probe->ops);

	if (ret)
		pr_crit("ftrace does not let go of %s(), error %d\n", probe->function, ret);
	while (ret)
		schedule_timeout_idle(MAX_SCHEDULE_TIMEOUT);
	ftrace_free_filter(&probe->ops);
}
