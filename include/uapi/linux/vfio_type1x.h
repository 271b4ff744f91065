/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What vfio-type1x offers beyond <linux/vfio.h>.
 *
 * Everything here is optional for a user: a program that knows only
 * <linux/vfio.h> runs unmodified.  Members have fixed sizes and natural
 * alignment, so that 32-bit and 64-bit programs see one layout.
 */
#ifndef _UAPI_LINUX_VFIO_TYPE1X_H
#define _UAPI_LINUX_VFIO_TYPE1X_H

#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/vfio_type1x_fault.h>
#include <linux/vfio_type1x_svm.h>

/**
 * define VFIO_TYPE1X_IOMMU - IOMMU type that no other backend answers
 *
 * Argument of VFIO_CHECK_EXTENSION and VFIO_SET_IOMMU.  The container behaves
 * as one of VFIO_TYPE1v2_IOMMU does, but SET_IOMMU fails instead of falling
 * through to another backend: if an extension check says 0, or SET_IOMMU
 * fails, no other backend was chosen behind the program's back.
 *
 * The number is ASCII "t1x" followed by a zero byte, far above the small
 * integers that <linux/vfio.h> hands out.
 */
#define VFIO_TYPE1X_IOMMU		0x74317800

/* Length of the strings below, terminating zero byte included. */
#define VFIO_TYPE1X_NAME_LEN		32

/**
 * define VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER - id of the driver capability
 *
 * Member of the VFIO_IOMMU_GET_INFO capability chain; see
 * &struct vfio_iommu_type1_info_cap_driver.
 */
#define VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER	0x7431

/**
 * struct vfio_iommu_type1_info_cap_driver - which backend answers, and its version
 * @header: id VFIO_IOMMU_TYPE1_INFO_CAP_DRIVER, version 1
 * @version: major << 16 | minor << 8 | patch, for comparison by programs
 * @flags: none are defined, zero
 * @name: name of the backend ("vfio-iommu-type1x"), zero terminated
 * @release: version for humans ("0.1.0"), zero terminated
 *
 * The stock backend never emits this id, so that finding it anywhere in the
 * chain proves which backend the container is on.
 */
struct vfio_iommu_type1_info_cap_driver {
	struct vfio_info_cap_header header;
	__u32	version;
	__u32	flags;
	__u8	name[VFIO_TYPE1X_NAME_LEN];
	__u8	release[VFIO_TYPE1X_NAME_LEN];
};

/**
 * define VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY - id of the dirty tracking capability
 *
 * Member of the VFIO_IOMMU_GET_INFO capability chain; see
 * &struct vfio_iommu_type1_info_cap_dirty.
 */
#define VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY		0x7432

/* VFIO_IOMMU_DIRTY_PAGES knows VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK. */
#define VFIO_IOMMU_DIRTY_CAP_PEEK		(1U << 0)
/* ... VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR. */
#define VFIO_IOMMU_DIRTY_CAP_CLEAR		(1U << 1)
/* ... VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE. */
#define VFIO_IOMMU_DIRTY_CAP_RANGE		(1U << 2)

/**
 * struct vfio_iommu_type1_info_cap_dirty - what VFIO_IOMMU_DIRTY_PAGES can do more
 * @header: id VFIO_IOMMU_TYPE1_INFO_CAP_DIRTY, version 1
 * @flags: VFIO_IOMMU_DIRTY_CAP_*
 * @reserved: zero
 */
struct vfio_iommu_type1_info_cap_dirty {
	struct vfio_info_cap_header header;
	__u32	flags;
	__u32	reserved;
};

/**
 * define VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE - track one range only
 *
 * Together with VFIO_IOMMU_DIRTY_PAGES_FLAG_START; the data is a
 * &struct vfio_iommu_type1_dirty_range.  Only mappings that lie in the range, now
 * or later, get a bitmap; reading one that does not fails with EINVAL.  The range
 * must not cut a mapping in two (EINVAL).  While tracking is on, starting again
 * with the same range succeeds and changes nothing, another one gives EBUSY.
 */
#define VFIO_IOMMU_DIRTY_PAGES_FLAG_RANGE	(1U << 29)

/**
 * define VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK - read bits and leave them set
 *
 * Together with VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, whose data it uses.
 */
#define VFIO_IOMMU_DIRTY_PAGES_FLAG_PEEK	(1U << 30)

/**
 * define VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR - clear bits
 *
 * On its own; the data is a &struct vfio_iommu_type1_dirty_clear.  A page that a
 * device still may write to (it is pinned, or mapped for a group that does not
 * tell which pages it uses) is dirty again at once.
 *
 * With PEEK and CLEAR no page can get lost between being reported and being
 * copied: peek, clear what is about to be copied, copy.
 */
#define VFIO_IOMMU_DIRTY_PAGES_FLAG_CLEAR	(1U << 31)

/**
 * struct vfio_iommu_type1_dirty_range - IOVAs to track
 * @iova: first byte, a multiple of the page size of the MIGRATION capability
 * @size: bytes, likewise
 */
struct vfio_iommu_type1_dirty_range {
	__u64	iova;
	__u64	size;
};

/**
 * struct vfio_iommu_type1_dirty_clear - bits to clear
 * @iova: page of bit 0, a multiple of @pgsize
 * @size: bytes of IOVA, likewise; may not cut a mapping in two
 * @pgsize: bytes per bit, the page size of the MIGRATION capability
 * @bitmap_size: bytes at @bitmap; at least one bit per page, in whole 64-bit words
 * @bitmap: user address of the mask: bit n set clears that of page @iova / @pgsize + n
 *
 * Errors are those of VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, and ENOMEM; nothing
 * is cleared then.
 */
struct vfio_iommu_type1_dirty_clear {
	__u64	iova;
	__u64	size;
	__u64	pgsize;
	__u64	bitmap_size;
	__u64	bitmap;
};

/**
 * define VFIO_IOMMU_TYPE1_INFO_CAP_FAULT - id of the fault capability
 *
 * Member of the VFIO_IOMMU_GET_INFO capability chain; see
 * &struct vfio_iommu_type1_info_cap_fault.
 */
#define VFIO_IOMMU_TYPE1_INFO_CAP_FAULT		0x7433

/*
 * Every device has a source that is live, for what its page table stops: no record and
 * nothing lost means no such fault, as far as IOMMU and driver tell of them at all.
 */
#define VFIO_IOMMU_FAULT_CAP_COMPLETE		(1U << 0)

/**
 * struct vfio_iommu_type1_info_cap_fault - which faults of its devices a program sees
 * @header: id VFIO_IOMMU_TYPE1_INFO_CAP_FAULT, version 1
 * @flags: VFIO_IOMMU_FAULT_CAP_*
 * @sources: 1 << n if source n of &enum vfio_type1x_fault_source is live, that is, if
 *	     it tells of the faults of at least one device; sources from 16 on are
 *	     always live, and have no bit
 * @record_size: bytes of a &struct vfio_type1x_fault
 * @max_records: most that VFIO_TYPE1X_FAULT_FD allows
 *
 * Sources come and go with groups and with modules: ask again after either.
 */
struct vfio_iommu_type1_info_cap_fault {
	struct vfio_info_cap_header header;
	__u32	flags;
	__u32	sources;
	__u32	record_size;
	__u32	max_records;
};

/**
 * define VFIO_TYPE1X_FAULT_FD - make a file from which faults can be read
 *
 * On a container, after SET_IOMMU, with a &struct vfio_type1x_fault_fd.  Returns a
 * file descriptor, or -1.  read() gives whole records (&struct vfio_type1x_fault) of
 * faults of all devices in the container from now on, and waits for the first; poll()
 * tells of them.  Who shares the file shares the place in it; a second file gets a
 * copy of each fault of its own.  It does not keep the container: when that has lost
 * its last group, read() gives what is left and then 0, and poll() says POLLHUP.
 *
 * Errors: EFAULT; EINVAL for an @argsz that is too small, unknown flags, more than
 * max_records of the capability, or a container that is just losing its last group;
 * ENOSPC if the container has 32 such files already; ENOMEM, EMFILE, ENFILE.  With
 * VFIO_TYPE1X_FAULT_FD_RESPOND also EBUSY if there is one that answers; EOPNOTSUPP if no
 * device in the container can make page requests that the kernel hands on; EINTR.
 *
 * Ioctls of VFIO have the numbers from VFIO_BASE to 127; from 128 on they are those
 * of iommufd.  Linux gives them away from below, and has come to VFIO_BASE + 21 by
 * 7.2; so ours begin at the other end.  (Of two, + 22 and + 23, the numbers are those
 * that were once proposed for Linux.)
 */
#define VFIO_TYPE1X_FAULT_FD			_IO(VFIO_TYPE, VFIO_BASE + 27)

/* read() returns EAGAIN if there is nothing, as with O_NONBLOCK. */
#define VFIO_TYPE1X_FAULT_FD_NONBLOCK		(1U << 0)
/*
 * The file gets page requests as well, and answers them: write() takes whole
 * &struct vfio_type1x_fault_response.  At most one for a container.
 */
#define VFIO_TYPE1X_FAULT_FD_RESPOND		(1U << 1)

/**
 * struct vfio_type1x_fault_fd - data of VFIO_TYPE1X_FAULT_FD
 * @argsz: bytes of this structure
 * @flags: VFIO_TYPE1X_FAULT_FD_*; the file is closed by exec in any case
 * @nr_records: records that must fit before any is lost, 0 if that does not matter;
 *		when the call returns, those that fit
 * @record_size: when the call returns, the bytes of a record, which read() counts in
 * @cookie: for the program's own use, goes into each record
 */
struct vfio_type1x_fault_fd {
	__u32	argsz;
	__u32	flags;
	__u32	nr_records;
	__u32	record_size;
	__u64	cookie;
};

/**
 * define VFIO_TYPE1X_REGION_TYPE_NESTED - type of our regions of a PCI device
 *
 * Looked for in VFIO_REGION_INFO_CAP_TYPE of the regions from VFIO_PCI_NUM_REGIONS
 * on.  Not the number 2 that was once proposed for fault regions, which means CCW
 * now: like VFIO_TYPE1X_IOMMU it is far above the small integers of <linux/vfio.h>
 * (1 to 3 up to 7.2), and it is below VFIO_REGION_TYPE_PCI_VENDOR_TYPE, whose bit 31
 * goes with the number of a vendor.
 */
#define VFIO_TYPE1X_REGION_TYPE_NESTED		0x74317801

/* The region that begins with a &struct vfio_type1x_fault_header. */
#define VFIO_TYPE1X_REGION_SUBTYPE_FAULT	1

/**
 * define VFIO_TYPE1X_REGION_INFO_CAP_FAULT - id of the capability of a fault region
 *
 * Member of the VFIO_DEVICE_GET_REGION_INFO capability chain; see
 * &struct vfio_type1x_region_info_cap_fault.
 */
#define VFIO_TYPE1X_REGION_INFO_CAP_FAULT	0x7431

/**
 * struct vfio_type1x_region_info_cap_fault - what a program needs before it maps one
 * @header: id VFIO_TYPE1X_REGION_INFO_CAP_FAULT, version 1
 * @version: VFIO_TYPE1X_FAULT_VERSION of the region
 * @irq_index: index for VFIO_DEVICE_SET_IRQS of the interrupt that is raised when
 *	       there are new records; it can have an eventfd
 */
struct vfio_type1x_region_info_cap_fault {
	struct vfio_info_cap_header header;
	__u32	version;
	__u32	irq_index;
};

#endif /* _UAPI_LINUX_VFIO_TYPE1X_H */
