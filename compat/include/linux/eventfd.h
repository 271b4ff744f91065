/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_LINUX_EVENTFD_H
#define COMPAT_LINUX_EVENTFD_H

#include_next <linux/eventfd.h>

#include <compat_config.h>

#ifndef COMPAT_HAVE_EVENTFD_SIGNAL_ONE
/* Nobody has ever added another number. */
static inline void compat_eventfd_signal(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx, 1);
}

#define eventfd_signal	compat_eventfd_signal
#endif

#endif
