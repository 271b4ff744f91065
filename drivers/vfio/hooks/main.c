// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-type1x: probes in the kernel, for what it offers no other way to.  All
 * else works without this module, which can be loaded and unloaded at any time.
 */
#include <linux/module.h>

#include "hooks.h"

static int __init t1x_hooks_init(void)
{
	int ret = t1x_fdinfo_init();

	if (!ret)
		t1x_dmar_init();
	return ret;
}

static void __exit t1x_hooks_exit(void)
{
	t1x_dmar_exit();
	t1x_fdinfo_exit();
}

module_init(t1x_hooks_init);
module_exit(t1x_hooks_exit);

MODULE_DESCRIPTION("Probes of vfio-type1x: the backend in fdinfo, faults of Intel VT-d");
MODULE_AUTHOR("The vfio-type1x developers");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFIO_TYPE1X);
