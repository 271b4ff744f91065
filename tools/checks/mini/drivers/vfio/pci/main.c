// SPDX-License-Identifier: GPL-2.0-only
/* Does nothing. */
#include <linux/module.h>

MODULE_DESCRIPTION("A third module, for the checks to be tried out on");
MODULE_LICENSE("GPL");
