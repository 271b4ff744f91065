// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-type1x: module parameters, registration, exit.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "private.h"

bool t1x_allow_pasid;
module_param_named(allow_pasid, t1x_allow_pasid, bool, 0644);
MODULE_PARM_DESC(allow_pasid,
		 "Bind processes by PASID where the kernel can, see svm.rst (default N)");

bool t1x_allow_unsafe_interrupts;
module_param_named(allow_unsafe_interrupts, t1x_allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Accept groups whose MSIs the platform does not isolate (default N)");

bool t1x_disable_hugepages;
module_param_named(disable_hugepages, t1x_disable_hugepages, bool, 0644);
MODULE_PARM_DESC(disable_hugepages, "Pin and map page by page (default N)");

bool t1x_hw_dirty;
module_param_named(hw_dirty, t1x_hw_dirty, bool, 0644);
MODULE_PARM_DESC(hw_dirty,
		 "Let IOMMUs record dirty pages, and believe them once they do (default N)");

bool t1x_private_domains;
module_param_named(private_domains, t1x_private_domains, bool, 0644);
MODULE_PARM_DESC(private_domains,
		 "Give each group an IOMMU page table of its own (default N)");

bool t1x_prefer = true;
module_param_named(prefer, t1x_prefer, bool, 0644);
MODULE_PARM_DESC(prefer,
		 "Answer types 1, 3 and 6; N: only VFIO_TYPE1X_IOMMU (default Y)");

unsigned int t1x_dma_entry_limit = U16_MAX;
module_param_named(dma_entry_limit, t1x_dma_entry_limit, uint, 0644);
MODULE_PARM_DESC(dma_entry_limit, "Mappings that a new container may have (default 65535)");

static int __init t1x_init(void)
{
	int ret = t1x_account_init();

	if (ret)
		return ret;
	ret = t1x_source_init();
	if (ret)
		goto err_account;
	ret = t1x_bond_init();
	if (ret)
		goto err_source;
	t1x_debugfs_init();
	ret = vfio_register_iommu_driver(&t1x_container_ops);
	if (ret)
		goto err_debugfs;
	return 0;

err_debugfs:
	t1x_debugfs_exit();
	t1x_bond_exit();
err_source:
	t1x_source_exit();
err_account:
	t1x_account_exit();
	return ret;
}

static void __exit t1x_exit(void)
{
	t1x_container_drain();
	vfio_unregister_iommu_driver(&t1x_container_ops);
	t1x_debugfs_exit();
	t1x_bond_exit();
	t1x_source_exit();
	t1x_account_exit();
}

module_init(t1x_init);
module_exit(t1x_exit);

MODULE_DESCRIPTION("VFIO type1 IOMMU backend for distribution kernels");
MODULE_AUTHOR("The vfio-type1x developers");
MODULE_VERSION(T1X_VERSION);
MODULE_LICENSE("GPL");
