// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes at the entry of functions, by ftrace and by nothing else.
 *
 * The handler of such a probe is like a call from the function, with preemption off: in
 * its context, be that a process or a hard interrupt.  A breakpoint would bring it into
 * NMI context, where next to nothing is allowed.
 *
 * An administrator can switch all probes off, and on again, and nobody is told.  So
 * whoever has to know asks t1x_probe_works(), which calls a function of ours that has
 * a probe as well, and looks whether it hits.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/ptrace.h>

#include "hooks.h"

static int t1x_probe_register(struct kprobe *probe, const struct t1x_probe_place *place, u32 flags)
{
	*probe = (struct kprobe){
		.symbol_name = place->symbol,
		.addr = place->address,
		.pre_handler = place->handler,
		.flags = flags,
	};
	return register_kprobe(probe);
}

/**
 * t1x_probe_arm() - have a handler called at the entry of a function
 * @probe: result; unregister_kprobe() undoes it
 * @place: which function and which handler
 *
 * Registered as disabled, a probe tells its kind before it can hit.  Enabling it
 * succeeds without effect, and for good, while all probes are switched off: then it is
 * registered anew, so that it starts when they are switched on.
 *
 * Context: may sleep
 * Return: 0; -EOPNOTSUPP without kprobes, or where ftrace does not reach the function;
 * other errors of register_kprobe(), -ENOENT if there is no such function.
 */
int t1x_probe_arm(struct kprobe *probe, const struct t1x_probe_place *place)
{
	int ret = t1x_probe_register(probe, place, KPROBE_FLAG_DISABLED);

	if (ret)
		return ret;
	ret = kprobe_ftrace(probe) ? enable_kprobe(probe) : -EOPNOTSUPP;
	if (!ret && !kprobe_disabled(probe))
		return 0;
	unregister_kprobe(probe);
	if (ret)
		return ret;
	pr_warn_once("kprobes are switched off, and nothing is done here until they are on\n");
	return t1x_probe_register(probe, place, 0);
}

/* At the entry of t1x_probe_beacon(). */
static int t1x_probe_see(struct kprobe *probe, struct pt_regs *regs)
{
	bool *seen = (bool *)regs_get_kernel_argument(regs, 0);

	WRITE_ONCE(*seen, true);
	return 0;
}

NOKPROBE_SYMBOL(t1x_probe_see);

/* Does nothing, but is called, and with its argument, whatever the compiler thinks. */
static noinline void t1x_probe_beacon(bool *seen)
{
	barrier_data(seen);
}

/**
 * t1x_probe_works() - would a probe hit just now?
 *
 * Context: any but NMI
 * Return: true if it would.
 */
bool t1x_probe_works(void)
{
	bool seen = false;

	t1x_probe_beacon(&seen);
	return READ_ONCE(seen);
}

static struct kprobe t1x_probe_of_beacon;

/**
 * t1x_probe_init() - make t1x_probe_works() work
 *
 * Context: may sleep
 * Return: 0 or an error of t1x_probe_arm().
 */
int t1x_probe_init(void)
{
	static const struct t1x_probe_place beacon = {
		.address = (void *)t1x_probe_beacon,
		.handler = t1x_probe_see,
	};

	return t1x_probe_arm(&t1x_probe_of_beacon, &beacon);
}

/**
 * t1x_probe_exit() - t1x_probe_works() is not called any more
 *
 * Context: may sleep
 */
void t1x_probe_exit(void)
{
	unregister_kprobe(&t1x_probe_of_beacon);
}
