// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls for shared virtual memory: copy in once, validate the copy, call, copy out.
 *
 * They come from the container, or by a device that is in it.  Both have their own
 * reference to the address space, and nobody holds a lock.
 */
#include <linux/export.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include <linux/vfio_type1x.h>
#include <trace/events/type1x.h>
#include <uapi/linux/vfio_type1x.h>

#include "cred.h"
#include "private.h"
#include "sva.h"

#define T1X_SVM_SELECTORS	(VFIO_SVM_PID | VFIO_SVM_PIDFD | VFIO_SVM_MEM_FD)
#define T1X_SVM_MODES		(VFIO_SVM_WANT_PINNED | VFIO_SVM_WANT_PASID)

/* Only flags that we know, and no two that exclude each other. */
static bool t1x_svm_flags_are_good(u32 flags)
{
	if (flags & ~(T1X_SVM_SELECTORS | T1X_SVM_MODES))
		return false;
	return hweight32(flags & T1X_SVM_SELECTORS) <= 1 && hweight32(flags & T1X_SVM_MODES) <= 1;
}

/* Copy in as much as the flags need; a later member is zero then. */
static int t1x_svm_copy_bind(struct vfio_type1x_svm_bind *bind, const void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_type1x_svm_bind, pasid);

	*bind = (struct vfio_type1x_svm_bind){};
	if (copy_from_user(bind, arg, minsz))
		return -EFAULT;
	if (bind->argsz < minsz || !t1x_svm_flags_are_good(bind->flags) ||
	    bind->op != VFIO_SVM_OP_PROCESS)
		return -EINVAL;
	if (!(bind->flags & T1X_SVM_SELECTORS))
		return 0;
	if (bind->argsz < offsetofend(struct vfio_type1x_svm_bind, target))
		return -EINVAL;
	if (copy_from_user(&bind->target, arg + offsetof(struct vfio_type1x_svm_bind, target),
			   sizeof(bind->target)))
		return -EFAULT;
	return 0;
}

static int t1x_svm_select(const struct vfio_type1x_svm_bind *bind, struct t1x_subject *subject)
{
	switch (bind->flags & T1X_SVM_SELECTORS) {
	case VFIO_SVM_PID:
		return t1x_cred_pid(bind->target, subject);
	case VFIO_SVM_PIDFD:
		return t1x_cred_pidfd(bind->target, subject);
	case VFIO_SVM_MEM_FD:
		return t1x_cred_mem_fd(bind->target, subject);
	default:
		return t1x_cred_self(subject);
	}
}

/**
 * t1x_svm_bind() - VFIO_IOMMU_SVM_BIND, VFIO_DEVICE_BIND_TASK
 * @ioas: address space
 * @dev: device that was asked, and is open, or NULL; in mode PASID the bond is to that one
 *	 only
 * @arg: &struct vfio_type1x_svm_bind
 *
 * Return: 0 or an errno, as the header says.
 */
long t1x_svm_bind(struct t1x_ioas *ioas, struct device *dev, void __user *arg)
{
	const size_t answer = offsetofend(struct vfio_type1x_svm_bind, pasid);
	struct vfio_type1x_svm_bind bind;
	struct t1x_subject subject;
	int ret;

	ret = t1x_svm_copy_bind(&bind, arg);
	if (ret)
		return ret;
	/* Said before anybody is looked for: it has nothing to do with him. */
	if (bind.flags & VFIO_SVM_WANT_PASID) {
		ret = t1x_sva_check(ioas, dev);
		if (ret == -EOPNOTSUPP && READ_ONCE(ioas->dying))
			ret = -EINVAL;
		if (ret)
			return ret;
	}

	ret = t1x_svm_select(&bind, &subject);
	if (ret) {
		trace_t1x_bond(ioas->stats.id, 0, 0, ret);
		return ret;
	}
	ret = t1x_bond_make(ioas, dev, &subject, &bind);
	t1x_cred_put(&subject);
	/* The kernel gives up for any signal, and nothing is left of it then. */
	if (ret == -EINTR && !fatal_signal_pending(current))
		return -ERESTARTNOINTR;
	if (ret)
		return ret;

	if (!copy_to_user(arg, &bind, answer))
		return 0;
	/* He who does not know the id cannot end it. */
	t1x_bond_undo(ioas, bind.bond);
	return -EFAULT;
}

/**
 * t1x_svm_unbind() - VFIO_IOMMU_SVM_UNBIND, VFIO_DEVICE_UNBIND_TASK
 * @ioas: address space
 * @arg: &struct vfio_type1x_svm_unbind
 *
 * Return: 0 or an errno, as the header says.
 */
long t1x_svm_unbind(struct t1x_ioas *ioas, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_type1x_svm_unbind, bond);
	struct vfio_type1x_svm_unbind unbind;

	if (copy_from_user(&unbind, arg, minsz))
		return -EFAULT;
	if (unbind.argsz < minsz || unbind.flags)
		return -EINVAL;
	return t1x_bond_end(ioas, unbind.bond);
}

/**
 * t1x_svm_device_ioctl() - the same, asked of a device
 * @listener: of the device, which is open until this returns
 * @cmd: VFIO_DEVICE_BIND_TASK or VFIO_DEVICE_UNBIND_TASK
 * @arg: as the header says
 *
 * As long as the device is open its group stays in the container, and the listener has a
 * reference to the address space.  No lock may be held: this waits for user memory, and
 * for other processes.
 *
 * Return: 0 or an errno, as the header says; -EOPNOTSUPP if the address space is not ours.
 */
long t1x_svm_device_ioctl(const struct t1x_listener *listener, unsigned int cmd,
			  unsigned long arg)
{
	struct t1x_ioas *ioas = listener->ioas;

	if (!ioas)
		return -EOPNOTSUPP;
	switch (cmd) {
	case VFIO_DEVICE_BIND_TASK:
		return t1x_svm_bind(ioas, listener->dev, (void __user *)arg);
	case VFIO_DEVICE_UNBIND_TASK:
		return t1x_svm_unbind(ioas, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}
EXPORT_SYMBOL_NS_GPL(t1x_svm_device_ioctl, VFIO_TYPE1X);
