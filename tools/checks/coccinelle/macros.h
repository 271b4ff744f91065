/* SPDX-License-Identifier: GPL-2.0-only */
/* What coccinelle 1.1.1 cannot parse, in words that it can. */
#define scoped_guard(class, lock) for (scoped_lock(lock); ; scoped_unlock(lock))
