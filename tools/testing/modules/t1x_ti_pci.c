// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PCI bus of its own with devices that are nothing but an address: no BAR, no
 * interrupt, and a command register to write to.  They are plain PCI devices without
 * capabilities, or if they are to have PASIDs endpoints of a root complex.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/numa.h>
#include <linux/pci.h>

#include "t1x_ti.h"

#define T1X_TI_PCI_DOMAIN	0x1234
#define T1X_TI_PCI_COMMAND	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
				 PCI_COMMAND_INTX_DISABLE)
#define T1X_TI_PCI_CLASS	0xff0000	/* fits no defined class */
#define T1X_TI_PCI_EXP		0x40		/* where capabilities are */
#define T1X_TI_PCI_PASID	0x100
#define T1X_TI_PCI_ENDPOINT	(PCI_CAP_ID_EXP | (2 | PCI_EXP_TYPE_RC_END << 4) << 16)

static struct pci_sysdata t1x_ti_pci_sysdata = {
	.domain = T1X_TI_PCI_DOMAIN,
	.node = NUMA_NO_NODE,
};

static struct pci_bus *t1x_ti_pci_bus;

static struct t1x_ti_dev *t1x_ti_pci_at(unsigned int devfn)
{
	if (PCI_FUNC(devfn) || PCI_SLOT(devfn) >= t1x_ti.nr_devs)
		return NULL;
	return &t1x_ti.devs[PCI_SLOT(devfn)];
}

/* What devices pretend to be, for a driver that looks at that. */
static unsigned int t1x_ti_pci_ids[T1X_TI_MAX_DEVICES];
module_param_array_named(ids, t1x_ti_pci_ids, uint, NULL, 0444);
MODULE_PARM_DESC(ids, "device << 16 | vendor of each device, 0 for the usual");

static unsigned int t1x_ti_pci_classes[T1X_TI_MAX_DEVICES];
module_param_array_named(classes, t1x_ti_pci_classes, uint, NULL, 0444);
MODULE_PARM_DESC(classes, "class of each device, 0 for 0xff0000");

static u32 t1x_ti_pci_id(const struct t1x_ti_dev *td)
{
	return t1x_ti_pci_ids[td - t1x_ti.devs] ?: T1X_TI_DEVICE << 16 | T1X_TI_VENDOR;
}

static u32 t1x_ti_pci_class(const struct t1x_ti_dev *td)
{
	return t1x_ti_pci_classes[td - t1x_ti.devs] ?: T1X_TI_PCI_CLASS;
}

static u32 t1x_ti_pci_capability(int where)
{
	switch (where) {
	case PCI_COMMAND:
		return PCI_STATUS_CAP_LIST << 16;
	case PCI_CAPABILITY_LIST:
		return T1X_TI_PCI_EXP;
	case T1X_TI_PCI_EXP:
		return T1X_TI_PCI_ENDPOINT;
	case T1X_TI_PCI_PASID:
		return PCI_EXT_CAP_ID_PASID | 1 << 16;
	case T1X_TI_PCI_PASID + PCI_PASID_CAP:
		return t1x_ti.pasid_bits << 8;
	default:
		return 0;
	}
}

static u32 t1x_ti_pci_register(const struct t1x_ti_dev *td, int where)
{
	switch (where) {
	case PCI_VENDOR_ID:
	case PCI_SUBSYSTEM_VENDOR_ID:
		return t1x_ti_pci_id(td);
	case PCI_COMMAND:
		return td->command;
	case PCI_CLASS_REVISION:
		return t1x_ti_pci_class(td) << 8;
	default:
		return 0;
	}
}

static u32 t1x_ti_pci_mask(int size)
{
	return size == 4 ? U32_MAX : (1U << 8 * size) - 1;
}

static int t1x_ti_pci_read(struct pci_bus *bus, unsigned int devfn, int where, int size,
			   u32 *value)
{
	const struct t1x_ti_dev *td = t1x_ti_pci_at(devfn);

	*value = U32_MAX;
	if (td) {
		*value = t1x_ti_pci_register(td, where & ~3);
		if (t1x_ti.pasid_bits)
			*value |= t1x_ti_pci_capability(where & ~3);
		*value >>= 8 * (where & 3);
	}
	*value &= t1x_ti_pci_mask(size);
	return PCIBIOS_SUCCESSFUL;
}

static int t1x_ti_pci_write(struct pci_bus *bus, unsigned int devfn, int where, int size,
			    u32 value)
{
	struct t1x_ti_dev *td = t1x_ti_pci_at(devfn);
	u32 mask = t1x_ti_pci_mask(size) << 8 * (where & 3);

	if (td && (where & ~3) == PCI_COMMAND)
		td->command = ((td->command & ~mask) | (value << 8 * (where & 3) & mask)) &
			      T1X_TI_PCI_COMMAND;
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops t1x_ti_pci_ops = {
	.read = t1x_ti_pci_read,
	.write = t1x_ti_pci_write,
};

/**
 * t1x_ti_pci_find() - is that one of our devices?
 * @dev: any device
 *
 * Return: which one, or NULL.
 */
struct t1x_ti_dev *t1x_ti_pci_find(struct device *dev)
{
	struct pci_dev *pdev;

	if (!dev_is_pci(dev))
		return NULL;
	pdev = to_pci_dev(dev);
	return pdev->bus->ops == &t1x_ti_pci_ops ? t1x_ti_pci_at(pdev->devfn) : NULL;
}

/**
 * t1x_ti_pci_add() - make the bus and the devices on it
 * @nr_devs: number of devices
 *
 * Return: 0 or an errno; t1x_ti_pci_remove() is to be called in any case.
 */
int t1x_ti_pci_add(unsigned int nr_devs)
{
	LIST_HEAD(resources);
	struct pci_dev *pdev;
	struct pci_bus *bus;

	t1x_ti.nr_devs = nr_devs;
	pci_lock_rescan_remove();
	bus = pci_scan_root_bus(NULL, 0, &t1x_ti_pci_ops, &t1x_ti_pci_sysdata, &resources);
	if (bus) {
		list_for_each_entry(pdev, &bus->devices, bus_list)
			t1x_ti_pci_at(pdev->devfn)->pdev = pdev;
		pci_bus_add_devices(bus);
	}
	t1x_ti_pci_bus = bus;
	pci_unlock_rescan_remove();
	return bus ? 0 : -ENOMEM;
}

/**
 * t1x_ti_pci_remove() - remove bus and devices, if there are any
 *
 * Waits for whoever uses one.
 */
void t1x_ti_pci_remove(void)
{
	struct pci_host_bridge *bridge;

	if (!t1x_ti_pci_bus)
		return;
	pci_lock_rescan_remove();
	bridge = pci_find_host_bridge(t1x_ti_pci_bus);
	pci_stop_root_bus(t1x_ti_pci_bus);
	pci_remove_root_bus(t1x_ti_pci_bus);
	/* Made together with the bus, but not given up together with it. */
	pci_free_host_bridge(bridge);
	pci_unlock_rescan_remove();
	t1x_ti_pci_bus = NULL;
	t1x_ti.nr_devs = 0;
}
