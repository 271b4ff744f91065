// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI device whose driver pins the pages that it uses, as a vendor's driver might
 * that knows where its hardware writes to.  Any device will do, bound by
 * driver_override "t1x-test-pci": this one never touches its registers, and acts
 * by the CPU only.
 */
#include <linux/pci.h>
#include <linux/vfio.h>

#include "t1x_td.h"

static int t1x_td_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct t1x_td *td = vfio_alloc_device(t1x_td, vdev, &pdev->dev, &t1x_td_ops);
	int ret;

	if (IS_ERR(td))
		return PTR_ERR(td);
	ret = vfio_register_group_dev(&td->vdev);
	if (ret)
		vfio_put_device(&td->vdev);
	else
		pci_set_drvdata(pdev, td);
	return ret;
}

static void t1x_td_pci_remove(struct pci_dev *pdev)
{
	struct t1x_td *td = pci_get_drvdata(pdev);

	vfio_unregister_group_dev(&td->vdev);
	vfio_put_device(&td->vdev);
}

/* No ids: only who asks for this driver by its name gets it. */
static struct pci_driver t1x_td_pci_driver = {
	.name = T1X_TD_NAME "-pci",
	.probe = t1x_td_pci_probe,
	.remove = t1x_td_pci_remove,
	.driver_managed_dma = true,
};

/**
 * t1x_td_pci_init() - offer the driver
 *
 * Return: 0 or an errno.
 */
int t1x_td_pci_init(void)
{
	return pci_register_driver(&t1x_td_pci_driver);
}

/**
 * t1x_td_pci_exit() - take the driver away from all devices that have it
 */
void t1x_td_pci_exit(void)
{
	pci_unregister_driver(&t1x_td_pci_driver);
}
