/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Faults as vfio-type1x reports them: the record, and the region that they can be
 * mapped in.  <linux/vfio_type1x.h> includes this and says how to get at either.
 *
 * A fault goes to whoever owns the device that caused it, once to each consumer:
 * to every fault fd of its address space, and to its own fault region.  A consumer
 * has a queue of its own; what does not fit is counted.
 *
 * The kernel had a layout for this in <linux/iommu.h> up to 6.1 and has none since.
 * This one is the same on all kernels.
 */
#ifndef _UAPI_LINUX_VFIO_TYPE1X_FAULT_H
#define _UAPI_LINUX_VFIO_TYPE1X_FAULT_H

#include <linux/types.h>

/**
 * enum vfio_type1x_fault_source - who has told of the fault
 * @VFIO_TYPE1X_FAULT_SOURCE_VTD: Intel VT-d, by a fault recording register.  Live as
 *				  long as vfio_type1x_hooks.ko is loaded
 * @VFIO_TYPE1X_FAULT_SOURCE_DOMAIN: an IOMMU driver that tells the owner of the page
 *				     table: AMD-Vi, Arm SMMUv2 and some smaller ones.
 *				     Only address and direction are known, and on AMD-Vi
 *				     the requester
 * @VFIO_TYPE1X_FAULT_SOURCE_DEVICE: an IOMMU driver that tells the owner of the device:
 *				     Arm SMMUv3 on Linux 6.1
 * @VFIO_TYPE1X_FAULT_SOURCE_SVM: no device, but the process that was bound has taken
 *				  memory away (<linux/vfio_type1x_svm.h>)
 *
 * @VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST: a device asks for a page and waits: its group of
 *					   requests is to be answered.  Goes to the file
 *					   opened with VFIO_TYPE1X_FAULT_FD_RESPOND only
 *
 * 1 << source is its bit in &struct vfio_iommu_type1_info_cap_fault, for those that are
 * IOMMUs; others are from 16 on.
 */
enum vfio_type1x_fault_source {
	VFIO_TYPE1X_FAULT_SOURCE_VTD = 1,
	VFIO_TYPE1X_FAULT_SOURCE_DOMAIN = 2,
	VFIO_TYPE1X_FAULT_SOURCE_DEVICE = 3,
	VFIO_TYPE1X_FAULT_SOURCE_PAGE_REQUEST = 4,
	VFIO_TYPE1X_FAULT_SOURCE_SVM = 16,
};

/**
 * enum vfio_type1x_fault_reason - what is wrong, in terms that all hardware has
 * @VFIO_TYPE1X_FAULT_REASON_UNKNOWN: the source does not say
 * @VFIO_TYPE1X_FAULT_REASON_UNMAPPED: nothing is mapped at the address
 * @VFIO_TYPE1X_FAULT_REASON_PERMISSION: what is mapped there does not allow it.  VT-d
 *					 says so of the unmapped, too, where its
 *					 tables know no difference
 * @VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE: the address is wider than the IOMMU's
 * @VFIO_TYPE1X_FAULT_REASON_DEVICE: the IOMMU's entry for the device (root, context,
 *				     device or stream table) is absent or bad
 * @VFIO_TYPE1X_FAULT_REASON_PASID: likewise for the PASID
 * @VFIO_TYPE1X_FAULT_REASON_TABLE: the page table cannot be read or makes no sense
 * @VFIO_TYPE1X_FAULT_REASON_OVERFLOW: faults were dropped, by the hardware or between
 *				       it and here, which may have been of a device of
 *				       this consumer; that is all it says.  Until it is
 *				       read it stands for those that are dropped later.
 *				       If there is no room for it, it is itself lost,
 *				       once until what was there has been read
 * @VFIO_TYPE1X_FAULT_REASON_OTHER: none of these; see @raw_reason of the record
 * @VFIO_TYPE1X_FAULT_REASON_REVOKED: the process has unmapped or moved memory of the
 *				      mapping at @iova of the record, whose bytes
 *				      are in @raw[0]; nothing is behind it any more
 * @VFIO_TYPE1X_FAULT_REASON_BOND_ENDED: the memory of the process is gone, and with it
 *					 what is behind all mappings of the bond
 *
 * There may be more some day: take those for VFIO_TYPE1X_FAULT_REASON_OTHER.
 */
enum vfio_type1x_fault_reason {
	VFIO_TYPE1X_FAULT_REASON_UNKNOWN = 0,
	VFIO_TYPE1X_FAULT_REASON_UNMAPPED = 1,
	VFIO_TYPE1X_FAULT_REASON_PERMISSION = 2,
	VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE = 3,
	VFIO_TYPE1X_FAULT_REASON_DEVICE = 4,
	VFIO_TYPE1X_FAULT_REASON_PASID = 5,
	VFIO_TYPE1X_FAULT_REASON_TABLE = 6,
	VFIO_TYPE1X_FAULT_REASON_OVERFLOW = 7,
	VFIO_TYPE1X_FAULT_REASON_OTHER = 8,
	VFIO_TYPE1X_FAULT_REASON_REVOKED = 16,
	VFIO_TYPE1X_FAULT_REASON_BOND_ENDED = 17,
};

/* The access was a read, ... */
#define VFIO_TYPE1X_FAULT_FLAG_READ		(1U << 0)
/* ... a write (both for an atomic operation), ... */
#define VFIO_TYPE1X_FAULT_FLAG_WRITE		(1U << 1)
/* ... to fetch instructions, ... */
#define VFIO_TYPE1X_FAULT_FLAG_EXEC		(1U << 2)
/* ... with the privileges of a supervisor. */
#define VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED	(1U << 3)
/* @iova, @requester, @pasid mean something; else they are zero. */
#define VFIO_TYPE1X_FAULT_FLAG_IOVA		(1U << 4)
#define VFIO_TYPE1X_FAULT_FLAG_REQUESTER	(1U << 5)
#define VFIO_TYPE1X_FAULT_FLAG_PASID		(1U << 6)
/*
 * @requester is, or may be, not the device's own: a bridge's, which several devices
 * share, or that of another function.
 */
#define VFIO_TYPE1X_FAULT_FLAG_ALIAS		(1U << 7)
/* Page request: the last one of its group, which waits for an answer now. */
#define VFIO_TYPE1X_FAULT_FLAG_LAST		(1U << 8)

/**
 * struct vfio_type1x_fault - one fault
 * @time: nanoseconds of CLOCK_MONOTONIC when the kernel heard of it, so that it can
 *	  be compared with when the program started the DMA; the same for all consumers.
 *	  Of two faults that are reported at the same time by different processors the
 *	  later one may come first
 * @sequence: records that this consumer got before; there is no gap
 * @lost: records lost to this consumer before, as its queue was full.  @sequence +
 *	  @lost there were before.  What did not get that far is not counted; a record
 *	  with VFIO_TYPE1X_FAULT_REASON_OVERFLOW tells of it
 * @iova: address that was accessed; hardware may tell the page only
 * @cookie: what the program gave to &struct vfio_type1x_fault_fd; 0 in a region
 * @raw: what the hardware said, for whoever knows it by @source, else zero.  VT-d:
 *	 the 128 bits of the fault recording register, low half first.
 *	 VFIO_TYPE1X_FAULT_SOURCE_DEVICE: the address of what could not be fetched
 *	 (page table, or the like), and zero
 * @source: an &enum vfio_type1x_fault_source
 * @reason: an &enum vfio_type1x_fault_reason
 * @flags: VFIO_TYPE1X_FAULT_FLAG_*
 * @raw_reason: what @source calls the reason, else zero.  VT-d: the hardware's own
 *		number; VFIO_TYPE1X_FAULT_SOURCE_DEVICE: Linux' enum iommu_fault_reason
 * @requester: PCI segment << 16 | bus << 8 | device << 3 | function
 * @pasid: address space of the device
 * @group: of page requests; the device uses the number again when it has its answer.
 *	   Else zero
 * @bond: VFIO_TYPE1X_FAULT_SOURCE_SVM: id of the bond, else zero
 * @reserved: zero
 *
 * Bytes, in the order of the machine::
 *
 *	       0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15
 *	     +-------------------------------+-------------------------------+
 *	   0 |             time              |           sequence            |
 *	     +-------------------------------+-------------------------------+
 *	  16 |             lost              |             iova              |
 *	     +-------------------------------+-------------------------------+
 *	  32 |            cookie             |            raw[0]             |
 *	     +-------------------------------+-------+-------+---------------+
 *	  48 |            raw[1]             |source |reason |     flags     |
 *	     +---------------+---------------+-------+-------+---------------+
 *	  64 |  raw_reason   |   requester   |     pasid     |     group     |
 *	     +---------------+---------------+---------------+---------------+
 *	  80 |     bond      |                                               |
 *	     +---------------+           reserved, to byte 127               |
 *	     +---------------------------------------------------------------+
 *
 * A record does not cross a page.
 */
struct vfio_type1x_fault {
	__u64	time;
	__u64	sequence;
	__u64	lost;
	__u64	iova;
	__u64	cookie;
	__u64	raw[2];
	__u16	source;
	__u16	reason;
	__u32	flags;
	__u32	raw_reason;
	__u32	requester;
	__u32	pasid;
	__u32	group;
	__u32	bond;
	__u32	reserved[11];
};

/**
 * enum vfio_type1x_fault_response_code - what a device is told
 * @VFIO_TYPE1X_FAULT_RESPONSE_SUCCESS: the pages are mapped, try again
 * @VFIO_TYPE1X_FAULT_RESPONSE_INVALID: they will not be mapped, give up this access
 * @VFIO_TYPE1X_FAULT_RESPONSE_FAILURE: there will be no answers any more; a device may
 *					stop making page requests, until it is reset
 */
enum vfio_type1x_fault_response_code {
	VFIO_TYPE1X_FAULT_RESPONSE_SUCCESS = 0,
	VFIO_TYPE1X_FAULT_RESPONSE_INVALID = 1,
	VFIO_TYPE1X_FAULT_RESPONSE_FAILURE = 2,
};

/**
 * struct vfio_type1x_fault_response - answer to a group of page requests
 * @requester: as in the record with VFIO_TYPE1X_FAULT_FLAG_LAST
 * @pasid: likewise
 * @group: likewise
 * @flags: likewise, of its flags VFIO_TYPE1X_FAULT_FLAG_PASID only
 * @code: an &enum vfio_type1x_fault_response_code
 * @reserved: zero
 *
 * Bytes::
 *
 *	       0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15
 *	     +---------------+---------------+---------------+---------------+
 *	   0 |   requester   |     pasid     |     group     |     flags     |
 *	     +---------------+---------------+---------------+---------------+
 *	  16 |     code      |                   reserved                    |
 *	     +---------------+-----------------------------------------------+
 */
struct vfio_type1x_fault_response {
	__u32	requester;
	__u32	pasid;
	__u32	group;
	__u32	flags;
	__u32	code;
	__u32	reserved[3];
};

/* Of &struct vfio_type1x_fault_header, and of everything that follows from it. */
#define VFIO_TYPE1X_FAULT_VERSION	1

/**
 * struct vfio_type1x_fault_header - beginning of the fault region
 * @version: VFIO_TYPE1X_FAULT_VERSION
 * @record_size: bytes from one record to the next; at least what is declared here
 * @nr_records: records that fit, a power of two
 * @reserved: zero
 * @records: offset of the records in the region
 * @consumer: offset of the &struct vfio_type1x_fault_consumer in the region
 * @reserved2: zero
 * @producer: index of the next record that the kernel will write
 * @reserved3: zero
 * @lost: faults lost to this consumer so far; two accesses for a program of 32 bits,
 *	  which may see halves of different numbers
 * @reserved4: zero
 *
 * The region has three areas, each beginning at a multiple of the page size and of
 * 64 KiB.  A mapping may not reach from one into another (EINVAL), and only that of
 * the last one may be writable (EPERM)::
 *
 *	offset 0	+---------------------------------+
 *			|   0 version       4 record_size |  does not change
 *			|   8 nr_records   12 reserved    |
 *			|  16 records      24 consumer    |
 *			|  32 reserved2                   |
 *			+---------------------------------+
 *			|  64 producer     68 reserved3   |  the kernel writes
 *			|  72 lost         80 reserved4   |
 *	@records	+---------------------------------+
 *			| record 0, 1, .. nr_records - 1  |  the kernel writes
 *	@consumer	+---------------------------------+
 *			|   0 index         4 reserved    |  the program writes
 *			+---------------------------------+
 *
 * Both indices count records for ever, wrap at 2^32 and do not begin with 0: the
 * program goes on from the @index that it finds.  Records index .. @producer - 1 are
 * for it, each at @records + (index % @nr_records) * @record_size::
 *
 *	while (index != load_acquire(&header->producer)) {
 *		use(records + (index % nr_records) * record_size);
 *		store_release(&consumer->index, ++index);
 *	}
 *
 * Acquire: the record is complete when its index is counted.  Release: the kernel
 * does not overwrite what is still being looked at.  An index that is neither where
 * the program was nor between there and @producer is ignored, until a better one is
 * written.  When there is no room the records that are there stay and new ones are
 * lost.
 */
struct vfio_type1x_fault_header {
	__u32	version;
	__u32	record_size;
	__u32	nr_records;
	__u32	reserved;
	__u64	records;
	__u64	consumer;
	__u64	reserved2[4];
	__u32	producer;
	__u32	reserved3;
	__u64	lost;
	__u64	reserved4[6];
};

/**
 * struct vfio_type1x_fault_consumer - what the program owns of the fault region
 * @index: next record that it will read
 * @reserved: not looked at; the rest of the page neither
 */
struct vfio_type1x_fault_consumer {
	__u32	index;
	__u32	reserved;
};

#endif /* _UAPI_LINUX_VFIO_TYPE1X_FAULT_H */
