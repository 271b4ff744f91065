/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ioctls on /dev/t1x_test_iommu, for the test programs.
 *
 * t1x_test_iommu.ko is an IOMMU made of software, with PCI devices 1234:00:00.0,
 * 1234:00:01.0 and so on behind it, each in a group of its own.  What a device would
 * do by itself, these do when told to: DMA through whatever domain the device is
 * attached to.  Wherever the IOMMU has a choice, it does as T1X_TI_BEHAVE said.
 *
 * Each ioctl returns 0 or more on success and -1 with an errno.  What the module
 * itself refuses is EINVAL, unless it says otherwise here: unknown values, reserved
 * members that are not zero.  ENODEV: no such device, or it is not VFIO's now.
 */
#ifndef T1X_TEST_IOMMU_H
#define T1X_TEST_IOMMU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define T1X_TI_PATH		"/dev/t1x_test_iommu"
#define T1X_TI_VENDOR		0x1234
#define T1X_TI_DEVICE		0x7431

#define T1X_TI_MAX_DEVICES	8
#define T1X_TI_MAX_BYTES	(1 << 20)	/* of one DMA */
#define T1X_TI_MAX_COUNT	(1 << 20)	/* of faults in one storm */

/* Whence a fault is reported. */
#define T1X_TI_IN_PROCESS	0	/* may sleep, as threads of interrupts may */
#define T1X_TI_IN_HARDIRQ	1

/**
 * struct t1x_ti_dma - a device reads or writes memory
 * @iova: first byte; with a PASID an address of the process
 * @buf: user address of the data
 * @len: bytes, up to T1X_TI_MAX_BYTES
 * @device: number of the device
 * @write: 1: the device writes to memory what is at @buf, 0: it reads to @buf
 * @context: T1X_TI_IN_PROCESS or T1X_TI_IN_HARDIRQ, for the report if it is blocked
 * @count: how often that is reported, up to T1X_TI_MAX_COUNT; 0 is like 1
 * @done: out: bytes that were moved before the DMA was blocked
 * @handled: out: what the domain's fault handler returned to the last report: 0 or
 *	a negative errno, -ENOSYS if there is none, as with a PASID there never is
 * @pasid: 0, or the address space to use; what the process lacks is asked for by page
 *	requests
 */
struct t1x_ti_dma {
	__u64 iova;
	__u64 buf;
	__u64 len;
	__u32 device;
	__u32 write;
	__u32 context;
	__u32 count;
	__u64 done;
	__s32 handled;
	__u32 pasid;
};

/**
 * struct t1x_ti_fault - report a fault of the domain that a device is attached to
 * @iova: as it is reported
 * @device: number of the device
 * @flags: likewise: 0 for reading, 1 for writing, or anything
 * @context: T1X_TI_IN_PROCESS or T1X_TI_IN_HARDIRQ
 * @count: how often, up to T1X_TI_MAX_COUNT; 0 is like 1
 * @handled: out, as in &struct t1x_ti_dma
 * @reserved: 0
 */
struct t1x_ti_fault {
	__u64 iova;
	__u32 device;
	__u32 flags;
	__u32 context;
	__u32 count;
	__s32 handled;
	__u32 reserved;
};

/* What is reported of a device. */
#define T1X_TI_UNRECOVERABLE	1	/* EOPNOTSUPP where the kernel has no such report */
#define T1X_TI_PAGE_REQUEST	2

/* Of page requests; the kernel's own values differ between versions. */
#define T1X_TI_LAST		(1 << 0)
#define T1X_TI_PASID		(1 << 1)	/* @pasid means something */
#define T1X_TI_NEEDS_PASID	(1 << 2)	/* so must the answer's */

/**
 * struct t1x_ti_report - report a fault of a device, with iommu_report_device_fault()
 * @addr: address
 * @device: number of the device
 * @type: T1X_TI_UNRECOVERABLE or T1X_TI_PAGE_REQUEST
 * @perm: 1 read, 2 write, 4 execute, 8 privileged
 * @reason: of an unrecoverable fault, the kernel's enum iommu_fault_reason
 * @flags: of a page request, T1X_TI_LAST and so on
 * @pasid: likewise
 * @grpid: likewise
 * @reserved: 0
 *
 * The errno is that of the kernel; the group of a page request has been answered then.
 * Done in the caller's context.
 */
struct t1x_ti_report {
	__u64 addr;
	__u32 device;
	__u32 type;
	__u32 perm;
	__u32 reason;
	__u32 flags;
	__u32 pasid;
	__u32 grpid;
	__u32 reserved;
};

/**
 * struct t1x_ti_response - the oldest answer to a page request not yet read
 * @device: in: number of the device
 * @grpid: out: which request
 * @pasid: out: likewise
 * @code: out: 0 success, 1 invalid request, 2 failure
 *
 * EAGAIN if there is none.  The last 64 are kept.
 */
struct t1x_ti_response {
	__u32 device;
	__u32 grpid;
	__u32 pasid;
	__u32 code;
};

/**
 * struct t1x_ti_bind - bind a device to the address space of a process
 * @device: number of the device
 * @pid: process, 0 for the caller; there is no check of who may do that
 * @id: out: number of the bond, which ends at the latest when the file is closed
 * @pasid: out: by which the device reaches it
 *
 * The errno is that of the kernel's iommu_sva_bind_device(), EOPNOTSUPP where that is
 * not to be called; ESRCH: no such process, or it has no memory.
 */
struct t1x_ti_bind {
	__u32 device;
	__s32 pid;
	__u32 id;
	__u32 pasid;
};

/* What read_and_clear_dirty() does. */
#define T1X_TI_DIRTY_TRUE	0	/* as it should */
#define T1X_TI_DIRTY_LIAR	1	/* returns 0 and has found nothing, always */
#define T1X_TI_DIRTY_REFUSE	2	/* EOPNOTSUPP */
#define T1X_TI_DIRTY_NONE	3	/* no device has the capability; for new domains */
#define T1X_TI_DIRTY_PARTLY	4	/* EOPNOTSUPP from each even 2 MiB on, true from odd ones */

/*
 * Without this, a leaf that was written to while it was tracked does not become
 * dirty again after its bit was cleared, until the IOTLB was flushed there.
 */
#define T1X_TI_NO_IOTLB		(1 << 0)
/* A domain is for the device that is first attached to it: EINVAL for others. */
#define T1X_TI_APART		(1 << 1)
/* New domains reach up to the last IOVA of 64 bits, not of 48. */
#define T1X_TI_WIDE		(1 << 2)
/* No device can be made to ask for pages, where that is to be enabled ... */
#define T1X_TI_NO_REQUESTS	(1 << 3)
/* ... or it is, but there is no queue for what it asks. */
#define T1X_TI_NO_QUEUE		(1 << 4)
/* Faults of a domain are reported without a device. */
#define T1X_TI_NAMELESS		(1 << 5)

/**
 * struct t1x_ti_behaviour - how the IOMMU behaves from now on; all 0 as loaded
 * @flags: T1X_TI_NO_IOTLB and so on
 * @dirty: T1X_TI_DIRTY_TRUE and so on
 * @dirty_errno: set_dirty_tracking(true) fails with this errno
 * @plain_devices: bit n: device n cannot track dirty pages, nor be attached to a
 *	domain that can (EINVAL)
 * @attach_errno: with this errno fails the attachment of
 * @attach_devices: these devices (bit n: device n), to domains of their users, and to
 *	address spaces of processes
 * @map_limit: leaves that can still be mapped before ENOMEM; 0: any number
 * @page_sizes: sizes of leaves, for new domains; 4K, and perhaps 2M and 1G.  0: as
 *	the module parameter says
 */
struct t1x_ti_behaviour {
	__u32 flags;
	__u32 dirty;
	__u32 dirty_errno;
	__u32 plain_devices;
	__u32 attach_errno;
	__u32 attach_devices;
	__u64 map_limit;
	__u64 page_sizes;
};

/* Of a leaf. */
#define T1X_TI_READ		(1 << 0)
#define T1X_TI_WRITE		(1 << 1)
#define T1X_TI_DIRTY		(1 << 2)
#define T1X_TI_CACHED		(1 << 3)	/* the IOTLB takes it for dirty */

/**
 * struct t1x_ti_leaf - what the page table has at an IOVA
 * @iova: in: any byte; out: first byte of the leaf
 * @size: out: bytes, 0 if there is none
 * @device: in: number of the device
 * @flags: out: T1X_TI_READ and so on
 */
struct t1x_ti_leaf {
	__u64 iova;
	__u64 size;
	__u32 device;
	__u32 flags;
};

/**
 * struct t1x_ti_stat - what happened since the module was loaded
 * @maps: leaves mapped
 * @unmaps: leaves unmapped
 * @cuts: unmaps that began inside a leaf, and were not done
 * @syncs: flushes of the IOTLB, of a range or of all
 * @dirty_reads: calls of read_and_clear_dirty()
 * @tracking: domains that track dirty pages now
 * @domains: domains of users that exist now, or the core's that block
 * @faults: reports of faults
 * @requests: groups of page requests that were complete: each is to be answered
 * @responses: answers to such
 * @pasids: address spaces of processes that devices have now, one for each device
 */
struct t1x_ti_stat {
	__u64 maps;
	__u64 unmaps;
	__u64 cuts;
	__u64 syncs;
	__u64 dirty_reads;
	__u64 tracking;
	__u64 domains;
	__u64 faults;
	__u64 requests;
	__u64 responses;
	__u64 pasids;
};

/* EIO where the domain does not translate or permit it; ENXIO if that is no memory. */
#define T1X_TI_DMA	_IOWR('t', 0xf0, struct t1x_ti_dma)
#define T1X_TI_FAULT	_IOWR('t', 0xf1, struct t1x_ti_fault)
#define T1X_TI_REPORT	_IOW('t', 0xf2, struct t1x_ti_report)
#define T1X_TI_RESPONSE	_IOWR('t', 0xf3, struct t1x_ti_response)
#define T1X_TI_BEHAVE	_IOW('t', 0xf4, struct t1x_ti_behaviour)
#define T1X_TI_LEAF	_IOWR('t', 0xf5, struct t1x_ti_leaf)
#define T1X_TI_STAT	_IOR('t', 0xf6, struct t1x_ti_stat)
/*
 * Remove the devices, so that the module can be unloaded; EBUSY while VFIO has one of
 * them in a container, or one is bound to a process.  Ioctls for devices fail with ENODEV then.
 */
#define T1X_TI_TEAR_DOWN _IO('t', 0xf7)
/* The argument of UNBIND is the number of a bond; ENOENT: the file has no such bond. */
#define T1X_TI_BIND	_IOWR('t', 0xf8, struct t1x_ti_bind)
#define T1X_TI_UNBIND	_IO('t', 0xf9)

#endif /* T1X_TEST_IOMMU_H */
