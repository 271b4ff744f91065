/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Shared virtual memory: devices that work on the memory of a process, by its own
 * addresses.  <linux/vfio_type1x.h> includes this.
 *
 * A bond ties a container to the memory of a process, the caller's own or another
 * one's; to have the latter the caller must be allowed to trace that process.  A bond
 * is to the memory (mm), not to the task: it ends when that memory is gone, be it by
 * exit or by exec.  Who has the container asks that for it, and who has a device in it may
 * ask the device.
 */
#ifndef _UAPI_LINUX_VFIO_TYPE1X_SVM_H
#define _UAPI_LINUX_VFIO_TYPE1X_SVM_H

#include <linux/types.h>
#include <linux/vfio.h>

/* The bond is to the process that has this pid in the caller's pid namespace. */
#define VFIO_SVM_PID			(1U << 2)
/* ... to the process behind this pidfd. */
#define VFIO_SVM_PIDFD			(1U << 3)
/*
 * ... to the memory behind this file, a /proc/PID/mem open for reading and writing.
 * Whoever could open it has been checked then: a process consents by passing its own.
 */
#define VFIO_SVM_MEM_FD			(1U << 4)
/* VFIO_SVM_MODE_PINNED or nothing. */
#define VFIO_SVM_WANT_PINNED		(1U << 5)
/* VFIO_SVM_MODE_PASID or nothing. */
#define VFIO_SVM_WANT_PASID		(1U << 6)

/* Bind a process of this machine.  There may be page tables of guests some day. */
#define VFIO_SVM_OP_PROCESS		0

/*
 * Devices translate by the page table of the process itself, for transactions that bear
 * the PASID of the bond: whatever the process has, by its own addresses.  It is to the
 * devices that are in the container when the bond is made, or to the one by which it is
 * made.  The bond can be mapped, too.  The module parameter allow_pasid has to be set.
 */
#define VFIO_SVM_MODE_PASID		1
/* VFIO_IOMMU_MAP_DMA with the bond's id maps memory of the process at an IOVA. */
#define VFIO_SVM_MODE_PINNED		2

/**
 * define VFIO_IOMMU_SVM_BIND - make a bond
 *
 * On a container, after SET_IOMMU, with a &struct vfio_type1x_svm_bind.  It is bound in
 * mode PASID if the kernel and all devices in the container offer that, else in mode
 * pinned, unless one of them is wanted.
 *
 * Errors: EFAULT; EINVAL for an @argsz that is too small, unknown flags or @op, more
 * than one selector, both modes at once, or a container that is just losing its last
 * group; EOPNOTSUPP for a mode that is not to be had, or a file that is not known to be
 * what the selector says; EBUSY if mode PASID is wanted and not to be had just now;
 * EBADF for a descriptor that is not open, or not for reading and writing; ESRCH if
 * there is no such process, or it has no memory (any more); EPERM if the caller must
 * not trace it; ENODEV if the caller himself has no memory; ENOSPC if the container has
 * 64 bonds already; ENOMEM, EINTR.
 */
#define VFIO_IOMMU_SVM_BIND		_IO(VFIO_TYPE, VFIO_BASE + 26)

/**
 * struct vfio_type1x_svm_bind - data of VFIO_IOMMU_SVM_BIND
 * @argsz: bytes of this structure; those before @target will do without a selector, those
 *	   before @reserved with one
 * @flags: at most one selector (VFIO_SVM_PID, _PIDFD or _MEM_FD; without one it is the
 *	   caller's own memory), at most one VFIO_SVM_WANT_*
 * @op: VFIO_SVM_OP_PROCESS
 * @bond: when the call returns, the id of the bond: not 0, and no other one's for a
 *	  very long time after the bond has gone
 * @mode: when the call returns, VFIO_SVM_MODE_*
 * @pasid: when the call returns, the PASID if @mode is VFIO_SVM_MODE_PASID, else 0.  All
 *	   bonds to the same memory have the same one
 * @target: pid or file descriptor, as the selector says
 * @reserved: not looked at
 */
struct vfio_type1x_svm_bind {
	__u32	argsz;
	__u32	flags;
	__u32	op;
	__u32	bond;
	__u32	mode;
	__u32	pasid;
	__s32	target;
	__u32	reserved;
};

/**
 * define VFIO_IOMMU_SVM_UNBIND - end a bond
 *
 * With a &struct vfio_type1x_svm_unbind.  Devices no longer reach what was mapped
 * through the bond when the call returns, nor anything by its PASID, unless another bond
 * has the same one.  These mappings keep their IOVAs, with nothing
 * behind them, until they are unmapped; their number counts.
 *
 * Errors: EFAULT; EINVAL for an @argsz that is too small, or flags; ENOENT for a bond
 * that there is not; EINTR.
 */
#define VFIO_IOMMU_SVM_UNBIND		_IO(VFIO_TYPE, VFIO_BASE + 25)

/**
 * struct vfio_type1x_svm_unbind - data of VFIO_IOMMU_SVM_UNBIND
 * @argsz: bytes of this structure
 * @flags: zero, none are defined
 * @bond: id of the bond; bytes up to here will do
 * @reserved: not looked at
 */
struct vfio_type1x_svm_unbind {
	__u32	argsz;
	__u32	flags;
	__u32	bond;
	__u32	reserved;
};

/**
 * define VFIO_DEVICE_BIND_TASK - make a bond by a device
 *
 * On a device that vfio_pci_type1x has, with a &struct vfio_type1x_svm_bind.  The bond is
 * one of the container that the device is in, like those of VFIO_IOMMU_SVM_BIND; but it
 * ends, at the latest, when the last descriptor of the device is closed.
 *
 * Errors: those of VFIO_IOMMU_SVM_BIND; EOPNOTSUPP, whatever the argument, if the
 * container has another backend, or the device is in none; from other drivers ENOTTY.
 */
#define VFIO_DEVICE_BIND_TASK		_IO(VFIO_TYPE, VFIO_BASE + 22)

/**
 * define VFIO_DEVICE_UNBIND_TASK - end a bond by a device
 *
 * As VFIO_IOMMU_SVM_UNBIND: any bond of the container, however it was made.
 *
 * Errors: those of VFIO_IOMMU_SVM_UNBIND; EOPNOTSUPP and ENOTTY as above.
 */
#define VFIO_DEVICE_UNBIND_TASK		_IO(VFIO_TYPE, VFIO_BASE + 23)

/**
 * define VFIO_DMA_MAP_FLAG_BOND - map memory of the process that was bound
 *
 * For VFIO_IOMMU_MAP_DMA, together with READ or WRITE; the data is a
 * &struct vfio_type1x_dma_map.  Pages are charged to the process that was bound.
 */
#define VFIO_DMA_MAP_FLAG_BOND		(1U << 31)

/**
 * struct vfio_type1x_dma_map - struct vfio_iommu_type1_dma_map, and a bond
 * @argsz: bytes of this structure
 * @flags: VFIO_DMA_MAP_FLAG_READ, _WRITE, and _BOND
 * @vaddr: address in the process that was bound
 * @iova: as there
 * @size: as there
 * @bond: id of the bond
 * @reserved: zero
 *
 * Errors beyond those of VFIO_IOMMU_MAP_DMA: ENOENT for a bond that there is not, ESRCH
 * for one that has ended.
 */
struct vfio_type1x_dma_map {
	__u32	argsz;
	__u32	flags;
	__u64	vaddr;
	__u64	iova;
	__u64	size;
	__u32	bond;
	__u32	reserved;
};

#endif /* _UAPI_LINUX_VFIO_TYPE1X_SVM_H */
