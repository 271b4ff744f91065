// SPDX-License-Identifier: GPL-2.0-only
/* A module that only tests load: does nothing, but is looked at like a driver. */
#include <linux/module.h>

static int __init t1x_mini_test_init(void)
{
	return 0;
}
module_init(t1x_mini_test_init);

static void __exit t1x_mini_test_exit(void)
{
}
module_exit(t1x_mini_test_exit);

MODULE_DESCRIPTION("What the checks of modules for tests are tried out on");
MODULE_LICENSE("GPL");
