// SPDX-License-Identifier: GPL-2.0-only
/*
 * A software IOMMU for tests, with PCI devices behind it for VFIO to own.
 *
 * For test guests only, never installed: who may open the control device reads and
 * writes the memory of whatever program maps its own for one of the devices.
 * t1x_test_iommu.h tells what it can do, t1x_ti.h how it is made.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "t1x_ti.h"

static unsigned int t1x_ti_devices = 2;
module_param_named(devices, t1x_ti_devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of devices, 1 to 8 (default 2)");

static unsigned long t1x_ti_page_sizes = SZ_4K | SZ_2M;
module_param_named(page_sizes, t1x_ti_page_sizes, ulong, 0444);
MODULE_PARM_DESC(page_sizes, "sizes of leaves, 0x1000 and perhaps 0x200000 and 0x40000000");

static unsigned int t1x_ti_pasid_bits;
module_param_named(pasid_bits, t1x_ti_pasid_bits, uint, 0444);
MODULE_PARM_DESC(pasid_bits, "bits of the devices' PASIDs, 0 to 20 (default 0: none)");

struct t1x_ti t1x_ti = {
	.devices_rwsem = __RWSEM_INITIALIZER(t1x_ti.devices_rwsem),
};

/* What ioctls take. */
union t1x_ti_argument {
	struct t1x_ti_dma dma;
	struct t1x_ti_fault fault;
	struct t1x_ti_report report;
	struct t1x_ti_response response;
	struct t1x_ti_behaviour behaviour;
	struct t1x_ti_leaf leaf;
	struct t1x_ti_stat stat;
	struct t1x_ti_bind bind;
};

static struct t1x_ti_dev *t1x_ti_device(u32 index)
{
	lockdep_assert_held(&t1x_ti.devices_rwsem);
	return index < t1x_ti.nr_devs ? &t1x_ti.devs[index] : NULL;
}

static int t1x_ti_do_dma(struct t1x_ti_dma *dma)
{
	void __user *buf = u64_to_user_ptr(dma->buf);
	int ret = -ENODEV;
	void *data;

	if (dma->write > 1 || dma->context > T1X_TI_IN_HARDIRQ ||
	    dma->count > T1X_TI_MAX_COUNT || dma->len > T1X_TI_MAX_BYTES)
		return -EINVAL;
	data = kvzalloc(dma->len, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOMEM;
	if (dma->write && copy_from_user(data, buf, dma->len)) {
		ret = -EFAULT;
		goto out;
	}
	scoped_guard(rwsem_read, &t1x_ti.devices_rwsem) {
		struct t1x_ti_dev *td = t1x_ti_device(dma->device);

		if (td)
			ret = t1x_ti_dma_run(td, dma, data);
	}
	if (!dma->write && copy_to_user(buf, data, dma->done))
		ret = -EFAULT;
out:
	kvfree(data);
	return ret;
}

static int t1x_ti_do_fault(struct t1x_ti_fault *fault)
{
	struct t1x_ti_dev *td;

	if (fault->context > T1X_TI_IN_HARDIRQ || fault->count > T1X_TI_MAX_COUNT ||
	    fault->reserved)
		return -EINVAL;
	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	td = t1x_ti_device(fault->device);
	return td ? t1x_ti_dma_fault(td, fault) : -ENODEV;
}

static int t1x_ti_do_report(const struct t1x_ti_report *report)
{
	struct t1x_ti_dev *td;

	if (report->type < T1X_TI_UNRECOVERABLE || report->type > T1X_TI_PAGE_REQUEST ||
	    report->flags & ~(T1X_TI_LAST | T1X_TI_PASID | T1X_TI_NEEDS_PASID) ||
	    report->reserved)
		return -EINVAL;
	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	td = t1x_ti_device(report->device);
	return td ? t1x_ti_fault_report(td, report) : -ENODEV;
}

static int t1x_ti_do_response(struct t1x_ti_response *response)
{
	struct t1x_ti_dev *td;

	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	td = t1x_ti_device(response->device);
	return td ? t1x_ti_fault_response(td, response) : -ENODEV;
}

static int t1x_ti_do_leaf(struct t1x_ti_leaf *leaf)
{
	struct t1x_ti_dev *td;

	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	td = t1x_ti_device(leaf->device);
	return td ? t1x_ti_dma_leaf(td, leaf) : -ENODEV;
}

static bool t1x_ti_are_page_sizes(u64 page_sizes)
{
	return page_sizes & SZ_4K && !(page_sizes & ~(u64)T1X_TI_PAGE_SIZES);
}

static int t1x_ti_do_behave(const struct t1x_ti_behaviour *behaviour)
{
	if (behaviour->flags & ~(T1X_TI_NO_IOTLB | T1X_TI_APART | T1X_TI_WIDE |
				 T1X_TI_NO_REQUESTS | T1X_TI_NO_QUEUE | T1X_TI_NAMELESS) ||
	    behaviour->dirty > T1X_TI_DIRTY_PARTLY || behaviour->dirty_errno > MAX_ERRNO ||
	    behaviour->attach_errno > MAX_ERRNO || behaviour->map_limit > S64_MAX ||
	    (behaviour->page_sizes && !t1x_ti_are_page_sizes(behaviour->page_sizes)))
		return -EINVAL;
	guard(rwsem_write)(&t1x_ti.devices_rwsem);
	atomic64_set(&t1x_ti.map_limit, behaviour->map_limit);
	t1x_ti_ops_page_sizes(behaviour->page_sizes ?: t1x_ti_page_sizes);
	t1x_ti.behaviour = *behaviour;
	return 0;
}

static int t1x_ti_do_stat(struct t1x_ti_stat *stat)
{
	*stat = (struct t1x_ti_stat){
		.maps = atomic64_read(&t1x_ti.maps),
		.unmaps = atomic64_read(&t1x_ti.unmaps),
		.cuts = atomic64_read(&t1x_ti.cuts),
		.syncs = atomic64_read(&t1x_ti.syncs),
		.dirty_reads = atomic64_read(&t1x_ti.dirty_reads),
		.tracking = atomic64_read(&t1x_ti.tracking),
		.domains = atomic64_read(&t1x_ti.domains),
		.faults = atomic64_read(&t1x_ti.faults),
		.requests = atomic64_read(&t1x_ti.requests),
		.responses = atomic64_read(&t1x_ti.responses),
		.pasids = atomic64_read(&t1x_ti.nr_pasids),
	};
	return 0;
}

/*
 * VFIO would make us wait for who has a device open, and that may be the caller.  A
 * device in a container is attached to something that is not its default domain.
 */
static bool t1x_ti_is_used(struct t1x_ti_dev *td)
{
	guard(mutex)(&td->lock);
	return td->domain && td->domain->domain.type != IOMMU_DOMAIN_IDENTITY;
}

static int t1x_ti_do_tear_down(void)
{
	unsigned int i;

	guard(rwsem_write)(&t1x_ti.devices_rwsem);
	if (t1x_ti_bond_is_any())
		return -EBUSY;
	for (i = 0; i < t1x_ti.nr_devs; i++)
		if (t1x_ti_is_used(&t1x_ti.devs[i]))
			return -EBUSY;
	t1x_ti_pci_remove();
	return 0;
}

static int t1x_ti_do_bind(const struct file *file, struct t1x_ti_bind *bind)
{
	struct t1x_ti_dev *td;

	if (bind->pid < 0)
		return -EINVAL;
	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	td = t1x_ti_device(bind->device);
	return td ? t1x_ti_bond_bind(file, td, bind) : -ENODEV;
}

static int t1x_ti_do_unbind(const struct file *file, unsigned long id)
{
	if (!id || id > S32_MAX)
		return -EINVAL;
	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	return t1x_ti_bond_unbind(file, id);
}

static int t1x_ti_do(unsigned int cmd, union t1x_ti_argument *argument)
{
	switch (cmd) {
	case T1X_TI_DMA:
		return t1x_ti_do_dma(&argument->dma);
	case T1X_TI_FAULT:
		return t1x_ti_do_fault(&argument->fault);
	case T1X_TI_REPORT:
		return t1x_ti_do_report(&argument->report);
	case T1X_TI_RESPONSE:
		return t1x_ti_do_response(&argument->response);
	case T1X_TI_BEHAVE:
		return t1x_ti_do_behave(&argument->behaviour);
	case T1X_TI_LEAF:
		return t1x_ti_do_leaf(&argument->leaf);
	case T1X_TI_STAT:
		return t1x_ti_do_stat(&argument->stat);
	case T1X_TI_TEAR_DOWN:
		return t1x_ti_do_tear_down();
	default:
		return -ENOTTY;
	}
}

static long t1x_ti_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	union t1x_ti_argument argument = {};
	size_t size = _IOC_SIZE(cmd);
	long ret;

	if (size > sizeof(argument))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&argument, user, size))
		return -EFAULT;
	if (cmd == T1X_TI_BIND)
		ret = t1x_ti_do_bind(file, &argument.bind);
	else if (cmd == T1X_TI_UNBIND)
		ret = t1x_ti_do_unbind(file, arg);
	else
		ret = t1x_ti_do(cmd, &argument);
	/* On failure too: how far it came. */
	if (_IOC_DIR(cmd) & _IOC_READ && copy_to_user(user, &argument, size))
		return -EFAULT;
	return ret;
}

static int t1x_ti_release(struct inode *inode, struct file *file)
{
	guard(rwsem_read)(&t1x_ti.devices_rwsem);
	return t1x_ti_bond_unbind(file, 0);
}

static const struct file_operations t1x_ti_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.release = t1x_ti_release,
	.unlocked_ioctl = t1x_ti_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice t1x_ti_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "t1x_test_iommu",
	.fops = &t1x_ti_fops,
	.mode = 0600,
};

static int t1x_ti_add_devices(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < T1X_TI_MAX_DEVICES; i++) {
		mutex_init(&t1x_ti.devs[i].lock);
		init_rwsem(&t1x_ti.devs[i].reports);
		mutex_init(&t1x_ti.devs[i].pasid_lock);
		xa_init(&t1x_ti.devs[i].pasids);
		spin_lock_init(&t1x_ti.devs[i].responses_lock);
		init_completion(&t1x_ti.devs[i].question.answered);
	}
	ret = t1x_ti_pci_add(t1x_ti_devices);
	if (ret)
		return ret;
	/* The PCI core does not tell whether the IOMMU core has liked a device. */
	for (i = 0; i < t1x_ti_devices; i++)
		if (!t1x_ti.devs[i].domain)
			return -ENODEV;
	return 0;
}

static int __init t1x_ti_init(void)
{
	int ret;

	if (!t1x_ti_devices || t1x_ti_devices > T1X_TI_MAX_DEVICES ||
	    !t1x_ti_are_page_sizes(t1x_ti_page_sizes) ||
	    t1x_ti_pasid_bits > T1X_TI_MAX_PASID_BITS)
		return -EINVAL;
	t1x_ti.pasid_bits = t1x_ti_pasid_bits;
	ret = t1x_ti_ops_init(t1x_ti_page_sizes);
	if (ret)
		return ret;
	ret = t1x_ti_add_devices();
	if (!ret)
		ret = misc_register(&t1x_ti_misc);
	if (ret) {
		t1x_ti_pci_remove();
		t1x_ti_ops_exit();
	}
	return ret;
}
module_init(t1x_ti_init);

/* The devices are gone: each of them holds the module. */
static void __exit t1x_ti_exit(void)
{
	misc_deregister(&t1x_ti_misc);
	t1x_ti_pci_remove();
	t1x_ti_ops_exit();
}
module_exit(t1x_ti_exit);

MODULE_DESCRIPTION("Software IOMMU with PCI devices, for tests");
MODULE_LICENSE("GPL");
