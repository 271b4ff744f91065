// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver of a device would do to share an address space with it: bonds, made
 * with the kernel's own functions for whatever process a test says.
 */
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "t1x_ti.h"

/**
 * struct t1x_ti_bond - a bond
 * @handle: of the IOMMU core
 * @file: file of the control device that it was made through, and does not outlive
 */
struct t1x_ti_bond {
	struct iommu_sva *handle;
	const struct file *file;
};

static DEFINE_MUTEX(t1x_ti_bonds_lock);	/* see t1x_ti.h */
static DEFINE_XARRAY_ALLOC1(t1x_ti_bonds);

/* Nobody is asked: who may open the control device may do anything. */
static struct mm_struct *t1x_ti_bond_mm(pid_t nr)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct pid *pid;

	if (!nr) {
		mmget(current->mm);
		return current->mm;
	}
	pid = find_get_pid(nr);
	task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!task)
		return NULL;
	mm = get_task_mm(task);
	put_task_struct(task);
	return mm;
}

static int t1x_ti_bond_add(const struct file *file, struct iommu_sva *handle, u32 *id)
{
	struct t1x_ti_bond *bond = kzalloc(sizeof(*bond), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!bond)
		return -ENOMEM;
	bond->handle = handle;
	bond->file = file;
	ret = xa_alloc(&t1x_ti_bonds, id, bond, xa_limit_31b, GFP_KERNEL_ACCOUNT);
	if (ret)
		kfree(bond);
	return ret;
}

static void t1x_ti_bond_del(u32 id, struct t1x_ti_bond *bond)
{
	xa_erase(&t1x_ti_bonds, id);
	iommu_sva_unbind_device(bond->handle);
	kfree(bond);
}

static int t1x_ti_bond_make(const struct file *file, struct t1x_ti_dev *td,
			    struct mm_struct *mm, struct t1x_ti_bind *bind)
{
	struct iommu_sva *handle;
	int ret;

	guard(mutex)(&t1x_ti_bonds_lock);
	handle = iommu_sva_bind_device(&td->pdev->dev, mm);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	bind->pasid = iommu_sva_get_pasid(handle);
	ret = t1x_ti_bond_add(file, handle, &bind->id);
	if (ret)
		iommu_sva_unbind_device(handle);
	return ret;
}

/**
 * t1x_ti_bond_bind() - bind a device to the address space of a process
 * @file: file of the control device
 * @td: device
 * @bind: which process; id and pasid are set
 *
 * Return: 0; -ESRCH if there is no such process, or it has no memory; or what the
 * IOMMU core says.
 */
int t1x_ti_bond_bind(const struct file *file, struct t1x_ti_dev *td, struct t1x_ti_bind *bind)
{
	struct mm_struct *mm = t1x_ti_bond_mm(bind->pid);
	int ret;

	if (!mm)
		return -ESRCH;
	ret = t1x_ti_bond_make(file, td, mm, bind);
	mmput(mm);
	return ret;
}

/**
 * t1x_ti_bond_unbind() - end a bond
 * @file: file that it was made through
 * @id: its number, or 0 for all
 *
 * Return: 0, or -ENOENT.
 */
int t1x_ti_bond_unbind(const struct file *file, u32 id)
{
	struct t1x_ti_bond *bond;
	unsigned long index;
	int ret = id ? -ENOENT : 0;

	guard(mutex)(&t1x_ti_bonds_lock);
	xa_for_each(&t1x_ti_bonds, index, bond) {
		if (bond->file != file || (id && id != index))
			continue;
		t1x_ti_bond_del(index, bond);
		ret = 0;
	}
	return ret;
}

/**
 * t1x_ti_bond_is_any() - does any device have a bond?
 *
 * Return: whether one does; none can be made while the caller excludes users of devices.
 */
bool t1x_ti_bond_is_any(void)
{
	return !xa_empty(&t1x_ti_bonds);
}
