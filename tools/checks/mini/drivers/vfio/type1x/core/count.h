/* SPDX-License-Identifier: GPL-2.0-only */
/* How often something happened, without ever going back to zero. */
#ifndef T1X_CORE_COUNT_H
#define T1X_CORE_COUNT_H

#include <linux/types.h>

u32 t1x_count_add(u32 count, u32 nr);

#endif
