/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ioctls on the device fd of t1x_test_device.ko, for the test programs.
 *
 * The device has no DMA of its own.  What an emulated device would do when its
 * guest tells it to, this one does when the program that opened it says so.
 * Each ioctl returns 0 or more on success and -1 with the errno that vfio core
 * or the backend gave.  What the device itself refuses is EINVAL, unless it
 * says otherwise here: unknown flags, reserved members that are not zero.
 */
#ifndef T1X_TEST_DEVICE_H
#define T1X_TEST_DEVICE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Run in a kernel thread instead of in the caller: no mm of its own there.  A
 * signal that kills the caller ends the kernel thread's work, too.
 */
#define T1X_TD_IN_KTHREAD	(1 << 0)

#define T1X_TD_MAX_PAGES	4096
#define T1X_TD_MAX_BYTES	(1 << 20)

/**
 * struct t1x_td_pages - pages to pin, to unpin, or to look into
 * @iova: first page; need not be its first byte, but vfio core and the backend
 *	are given what is here, and an unpin has to name the same byte of the page
 * @npages: pages, up to T1X_TD_MAX_PAGES.  vfio core takes at most 512 at a time,
 *	so more are several calls.  T1X_TD_PIN gives any other number, 0 too, to vfio
 *	core in one call; the others refuse it with EINVAL.  Ignored by T1X_TD_PEEK
 *	and T1X_TD_POKE.
 * @prot: IOMMU_READ (1) and IOMMU_WRITE (2), for pinning
 * @flags: T1X_TD_IN_KTHREAD
 * @offset: T1X_TD_PEEK and T1X_TD_POKE: byte in the page at @iova
 * @value: T1X_TD_PEEK, T1X_TD_POKE: the byte read or to be written
 * @reserved: 0
 */
struct t1x_td_pages {
	__u64 iova;
	__u32 npages;
	__u32 prot;
	__u32 flags;
	__u32 offset;
	__u32 value;
	__u32 reserved;
};

/**
 * struct t1x_td_rw - vfio_dma_rw()
 * @iova: first byte
 * @buf: user address of the data
 * @len: bytes, at most T1X_TD_MAX_BYTES (else E2BIG); 0 goes to vfio core
 * @write: 1: to IOVA, 0: from there
 * @flags: T1X_TD_IN_KTHREAD
 */
struct t1x_td_rw {
	__u64 iova;
	__u64 buf;
	__u64 len;
	__u32 write;
	__u32 flags;
};

/*
 * What the device does when it is told that IOVAs are about to be unmapped.
 * However it unpins, it first waits (for up to 5 seconds) for pins in the range
 * that other threads have begun and that it has not yet written down.
 */
#define T1X_TD_RELEASE		0	/* unpin what lies in the range */
#define T1X_TD_HOLD		1	/* nothing: a driver with a bug */
#define T1X_TD_REPIN		2	/* unpin and pin again, as long as pinning works */
#define T1X_TD_SLOW		3	/* sleep for arg milliseconds (max. 10000), then unpin */
#define T1X_TD_LAZY		4	/* nothing the first arg times, then unpin */
#define T1X_TD_LEAVE		5	/* nothing, not even when the device is closed */

/**
 * struct t1x_td_policy - what to do about unmap notices
 * @policy: T1X_TD_RELEASE and so on; T1X_TD_RELEASE when the device is opened
 * @arg: its parameter; T1X_TD_LAZY counts every notice from here on
 */
struct t1x_td_policy {
	__u32 policy;
	__u32 arg;
};

/**
 * struct t1x_td_stat - what happened since the device was opened
 * @notices: calls of dma_unmap
 * @last_iova: range of the last one
 * @last_size: likewise, bytes
 * @pinned: pages that the device holds, each pin counted
 * @repin_errno: what the last pin of T1X_TD_REPIN gave, 0 or positive errno
 * @reserved: 0
 */
struct t1x_td_stat {
	__u64 notices;
	__u64 last_iova;
	__u64 last_size;
	__u64 pinned;
	__u32 repin_errno;
	__u32 reserved;
};

/* Ask for the domain of no group at all. */
#define T1X_TD_NO_GROUP		(1 << 0)

/**
 * struct t1x_td_domain - group_iommu_domain() of a backend
 * @container: file descriptor of the container whose backend is asked
 * @flags: T1X_TD_NO_GROUP; without it the device's own group
 */
struct t1x_td_domain {
	__s32 container;
	__u32 flags;
};

/*
 * All or none; returns npages.  EIO if the backend pins fewer than it was asked
 * for, or another page than the one that the device holds at that IOVA.
 */
#define T1X_TD_PIN	_IOW('t', 0xe0, struct t1x_td_pages)
/* Pins of this device, all or none; ENOENT if one is not. */
#define T1X_TD_UNPIN	_IOW('t', 0xe1, struct t1x_td_pages)
/*
 * A byte of a pinned page; ENOENT if it is not pinned, ESTALE after a raw unpin,
 * EPERM if a byte is to be written and no pin of the page asked for IOMMU_WRITE.
 */
#define T1X_TD_PEEK	_IOWR('t', 0xe2, struct t1x_td_pages)
#define T1X_TD_POKE	_IOW('t', 0xe3, struct t1x_td_pages)
#define T1X_TD_RW	_IOW('t', 0xe4, struct t1x_td_rw)
#define T1X_TD_POLICY	_IOW('t', 0xe5, struct t1x_td_policy)
#define T1X_TD_STAT	_IOR('t', 0xe6, struct t1x_td_stat)
/*
 * Unpins without the device's books: what a backend does with a wrong unpin.
 * Pages that are in the books stay there, to be unpinned once more.
 */
#define T1X_TD_UNPIN_RAW _IOW('t', 0xe7, struct t1x_td_pages)
/*
 * 1 if the backend names the domain that translates for the device, 0 if another;
 * EBADF if the file is no container, ENXIO if that has no backend.
 */
#define T1X_TD_DOMAIN	_IOW('t', 0xe8, struct t1x_td_domain)

#endif /* T1X_TEST_DEVICE_H */
