// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taps: sources of faults that another module brings.
 *
 * A tap comes and goes while there are containers.  What it hears goes to requester.c;
 * here is only whether there is one, for those who ask which sources are live.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include <linux/vfio_type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Sources that need a tap; there is one so far, and so one tap. */
#define T1X_TAP_SOURCES	BIT(VFIO_TYPE1X_FAULT_SOURCE_VTD)

static const struct t1x_tap __rcu *t1x_tap;
static DEFINE_MUTEX(t1x_tap_mutex);

/**
 * t1x_tap_register() - a source is there
 * @tap: what it is; must stay until t1x_tap_unregister()
 *
 * Return: 0; -EINVAL for a source that needs none, -EBUSY if it has one.
 */
int t1x_tap_register(const struct t1x_tap *tap)
{
	int ret = 0;

	if (!(BIT(tap->source) & T1X_TAP_SOURCES))
		return -EINVAL;
	mutex_lock(&t1x_tap_mutex);
	if (rcu_access_pointer(t1x_tap))
		ret = -EBUSY;
	else
		rcu_assign_pointer(t1x_tap, tap);
	mutex_unlock(&t1x_tap_mutex);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(t1x_tap_register, VFIO_TYPE1X);

/**
 * t1x_tap_unregister() - and is there no more
 * @tap: from t1x_tap_register()
 *
 * Nobody is in its is_live() when this returns.
 */
void t1x_tap_unregister(const struct t1x_tap *tap)
{
	mutex_lock(&t1x_tap_mutex);
	if (rcu_access_pointer(t1x_tap) == tap)
		rcu_assign_pointer(t1x_tap, NULL);
	mutex_unlock(&t1x_tap_mutex);
	synchronize_rcu();
}
EXPORT_SYMBOL_NS_GPL(t1x_tap_unregister, VFIO_TYPE1X);

/**
 * t1x_tap_live() - which sources would tell of a fault just now
 * @sources: 1 << n for each source n that some device has
 *
 * Return: those of them that need no tap, or have one that works.
 */
u32 t1x_tap_live(u32 sources)
{
	const struct t1x_tap *tap;
	u32 live = sources & ~T1X_TAP_SOURCES;

	rcu_read_lock();
	tap = rcu_dereference(t1x_tap);
	if (tap && tap->is_live())
		live |= sources & BIT(tap->source);
	rcu_read_unlock();
	return live;
}
