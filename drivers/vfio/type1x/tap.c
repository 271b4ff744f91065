// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taps: modules that hear of faults which no IOMMU driver tells us of.
 *
 * A tap comes and goes while there are containers.  What it hears goes to requester.c;
 * here is only whether there is one, for those who ask which sources are live.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/export.h>

#include <linux/vfio_type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "private.h"

/* Sources that need a tap. */
#define T1X_TAP_SOURCES	BIT(VFIO_TYPE1X_FAULT_SOURCE_VTD)

/* Sources that have one. */
static unsigned long t1x_taps;

/**
 * t1x_tap_register() - a source is there, and hears of every fault that it can
 * @source: its &enum vfio_type1x_fault_source
 *
 * Context: any
 * Return: 0; -EINVAL for a source that needs no tap, -EBUSY if it has one.
 */
int t1x_tap_register(u32 source)
{
	if (source >= BITS_PER_LONG || !(BIT(source) & T1X_TAP_SOURCES))
		return -EINVAL;
	return test_and_set_bit(source, &t1x_taps) ? -EBUSY : 0;
}
EXPORT_SYMBOL_NS_GPL(t1x_tap_register, VFIO_TYPE1X);

/**
 * t1x_tap_unregister() - and is there no more
 * @source: registered, by the caller
 *
 * Context: any
 */
void t1x_tap_unregister(u32 source)
{
	clear_bit(source, &t1x_taps);
}
EXPORT_SYMBOL_NS_GPL(t1x_tap_unregister, VFIO_TYPE1X);

/**
 * t1x_tap_live() - which sources would tell of a fault just now
 * @sources: 1 << n for each source n that some device has
 *
 * Context: any
 * Return: those of them that need no tap, or have one.
 */
u32 t1x_tap_live(u32 sources)
{
	return sources & (~T1X_TAP_SOURCES | READ_ONCE(t1x_taps));
}
