// SPDX-License-Identifier: GPL-2.0-only
/* eventfd_signal() that adds 1, 6.8; with a number before. */
#include <linux/eventfd.h>

void probe(struct eventfd_ctx *ctx);
void probe(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
