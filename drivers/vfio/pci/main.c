// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-type1x: the driver for PCI devices.
 *
 * What a device is and does is up to vfio-pci-core.  Settings of that for all drivers
 * (nointxmask, disable_vga, disable_idle_d3) are made by vfio-pci, and hold here, too.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

#include "pci.h"

static bool t1x_pci_enable_sriov;
module_param_named(enable_sriov, t1x_pci_enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov, "Allow sriov_numvfs to make virtual functions (default N)");

static bool t1x_pci_disable_denylist;
module_param_named(disable_denylist, t1x_pci_disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist,
		 "Accept devices that are known to be unsafe in the hands of a user (default N)");

/* Those that vfio-pci refuses: a program can break out of them, or break them. */
static const struct pci_device_id t1x_pci_denylist[] = {
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_DH895XCC) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_DH895XCC_VF) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C3XXX) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C3XXX_VF) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C62X) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_QAT_C62X_VF) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_DSA_SPR0) },
	{ PCI_VDEVICE(INTEL, PCI_DEVICE_ID_INTEL_IAX_SPR0) },
	{}
};

/* vfio-pci has regions for these that a guest cannot do without, and keeps them. */
static const struct pci_device_id t1x_pci_igd[] = {
	{
		.vendor = PCI_VENDOR_ID_INTEL,
		.device = PCI_ANY_ID,
		.subvendor = PCI_ANY_ID,
		.subdevice = PCI_ANY_ID,
		.class = PCI_CLASS_DISPLAY_VGA << 8,
		.class_mask = 0xffff00,
	},
	{}
};

static bool t1x_pci_is_refused(struct pci_dev *pdev)
{
	if (pci_match_id(t1x_pci_igd, pdev)) {
		pci_warn(pdev, "Intel graphics: only vfio-pci has what it needs\n");
		return true;
	}
	if (!pci_match_id(t1x_pci_denylist, pdev))
		return false;
	pci_warn(pdev, "%04x:%04x is in the denylist, %s\n", pdev->vendor, pdev->device,
		 t1x_pci_disable_denylist ? "which is disabled" : "and refused");
	return !t1x_pci_disable_denylist;
}

static int t1x_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct t1x_pci_device *device;
	int ret;

	if (t1x_pci_is_refused(pdev))
		return -EINVAL;
	device = vfio_alloc_device(t1x_pci_device, core.vdev, &pdev->dev, &t1x_pci_device_ops);
	if (IS_ERR(device))
		return PTR_ERR(device);
	/* vfio-pci-core looks for it there. */
	dev_set_drvdata(&pdev->dev, &device->core);
	ret = vfio_pci_core_register_device(&device->core);
	if (ret)
		vfio_put_device(&device->core.vdev);
	return ret;
}

/* Waits until nobody has it open. */
static void t1x_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static int t1x_pci_sriov_configure(struct pci_dev *pdev, int nr_virtfn)
{
	if (!READ_ONCE(t1x_pci_enable_sriov))
		return -ENOENT;
	return vfio_pci_core_sriov_configure(dev_get_drvdata(&pdev->dev), nr_virtfn);
}

/* No table of ids: a device comes to us by its driver_override only. */
static struct pci_driver t1x_pci_driver = {
	.name = T1X_PCI_NAME,
	.probe = t1x_pci_probe,
	.remove = t1x_pci_remove,
	.sriov_configure = t1x_pci_sriov_configure,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};

static int __init t1x_pci_init(void)
{
	if (t1x_pci_disable_denylist)
		pr_warn("the denylist is disabled\n");
	return pci_register_driver(&t1x_pci_driver);
}
module_init(t1x_pci_init);

static void __exit t1x_pci_exit(void)
{
	pci_unregister_driver(&t1x_pci_driver);
}
module_exit(t1x_pci_exit);

MODULE_DESCRIPTION("vfio-pci with a region for faults and bonds, of vfio-type1x");
MODULE_AUTHOR("The vfio-type1x developers");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFIO_TYPE1X);
