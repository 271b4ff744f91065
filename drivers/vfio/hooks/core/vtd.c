// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault recording registers, read and put into words; see vtd.h for the layout.
 */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/types.h>

#include <uapi/linux/vfio_type1x_fault.h>

#include "vtd.h"

/* The status of faults, and its bits. */
#define T1X_VTD_STATUS		0x34
#define T1X_VTD_STATUS_PFO	BIT(0)
#define T1X_VTD_STATUS_PPF	BIT(1)
#define T1X_VTD_STATUS_FRI(status)	((status) >> 8 & 0xff)

/* What reads return when there is no unit any more. */
#define T1X_VTD_GONE		(~(u32)0)

/* In the capabilities: where the records are, in units of 16 bytes, and how many. */
#define T1X_VTD_CAP_OFFSET(cap)	(((cap) >> 24 & 0x3ff) * 16)
#define T1X_VTD_CAP_NR(cap)	(((cap) >> 40 & 0xff) + 1)

#define T1X_VTD_RECORD		16

/* In the upper half of a record. */
#define T1X_VTD_REQUESTER(high)	((high) & 0xffff)
#define T1X_VTD_PRIVILEGED(high) ((high) >> 29 & 1)
#define T1X_VTD_EXECUTE(high)	((high) >> 30 & 1)
#define T1X_VTD_HAS_PASID(high)	((high) >> 31 & 1)
#define T1X_VTD_REASON(high)	((high) >> 32 & 0xff)
#define T1X_VTD_PASID(high)	((high) >> 40 & 0xfffff)
#define T1X_VTD_F(high)		((high) >> 63 & 1)

/* What was requested: bit 126, then bit 92. */
#define T1X_VTD_WRITE		0
#define T1X_VTD_PAGE_REQUEST	1
#define T1X_VTD_READ		2
#define T1X_VTD_ATOMIC		3

#define T1X_VTD_PAGE_MASK	(~(u64)0xfff)

/**
 * struct t1x_vtd_reasons - numbers behind each other that mean the same
 * @first: first of them
 * @last: last of them
 * @reason: an &enum vfio_type1x_fault_reason
 * @has_iova: the record has an address
 */
struct t1x_vtd_reasons {
	u8 first;
	u8 last;
	u8 reason;
	bool has_iova;
};

/*
 * In a second-stage table "nothing there" and "not allowed" are the same thing: neither
 * bit is set, or the one that it takes is not.  So PERMISSION is all that is known.
 */
static const struct t1x_vtd_reasons t1x_vtd_reasons[] = {
	/* Tables of the legacy mode. */
	{ 0x01, 0x03, VFIO_TYPE1X_FAULT_REASON_DEVICE, true },
	{ 0x04, 0x04, VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE, true },
	{ 0x05, 0x06, VFIO_TYPE1X_FAULT_REASON_PERMISSION, true },
	{ 0x07, 0x07, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	{ 0x08, 0x0b, VFIO_TYPE1X_FAULT_REASON_DEVICE, true },
	{ 0x0c, 0x0c, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	{ 0x0d, 0x0d, VFIO_TYPE1X_FAULT_REASON_DEVICE, true },
	/* Interrupts, which have no address. */
	{ 0x20, 0x2f, VFIO_TYPE1X_FAULT_REASON_OTHER, false },
	/* Tables of the scalable mode: root, context, directory and table of PASIDs, ... */
	{ 0x30, 0x32, VFIO_TYPE1X_FAULT_REASON_DEVICE, true },
	{ 0x38, 0x3a, VFIO_TYPE1X_FAULT_REASON_DEVICE, true },
	{ 0x40, 0x44, VFIO_TYPE1X_FAULT_REASON_DEVICE, true },
	{ 0x45, 0x48, VFIO_TYPE1X_FAULT_REASON_PASID, true },
	{ 0x50, 0x52, VFIO_TYPE1X_FAULT_REASON_PASID, true },
	{ 0x58, 0x5b, VFIO_TYPE1X_FAULT_REASON_PASID, true },
	{ 0x5c, 0x5d, VFIO_TYPE1X_FAULT_REASON_PERMISSION, true },
	/* ... first stage, second stage, ... */
	{ 0x70, 0x70, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	{ 0x71, 0x71, VFIO_TYPE1X_FAULT_REASON_UNMAPPED, true },
	{ 0x72, 0x73, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	{ 0x74, 0x74, VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE, true },
	{ 0x75, 0x78, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	{ 0x79, 0x79, VFIO_TYPE1X_FAULT_REASON_PERMISSION, true },
	{ 0x7a, 0x7c, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	/* ... and the request itself. */
	{ 0x80, 0x80, VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE, true },
	{ 0x81, 0x82, VFIO_TYPE1X_FAULT_REASON_PERMISSION, true },
	{ 0x83, 0x84, VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE, true },
	{ 0x85, 0x86, VFIO_TYPE1X_FAULT_REASON_PERMISSION, true },
	{ 0x90, 0x90, VFIO_TYPE1X_FAULT_REASON_TABLE, true },
	/* Any other number, at the end. */
	{ 0x00, 0xff, VFIO_TYPE1X_FAULT_REASON_OTHER, true },
};

/**
 * t1x_vtd_scan_begin() - look at the registers of a unit that has interrupted
 * @scan: result
 * @regs: the registers
 * @size: bytes of them that are mapped
 * @cap: capabilities of the unit
 *
 * Return: false if there is neither a record to look at nor an overflow.
 */
bool t1x_vtd_scan_begin(struct t1x_vtd_scan *scan, const void __iomem *regs, u64 size, u64 cap)
{
	u64 offset = T1X_VTD_CAP_OFFSET(cap);
	u32 nr = T1X_VTD_CAP_NR(cap), status;

	*scan = (struct t1x_vtd_scan){ .nr_records = nr };
	if (size < T1X_VTD_STATUS + sizeof(status))
		return false;
	status = readl(regs + T1X_VTD_STATUS);
	if (status == T1X_VTD_GONE)
		return false;
	scan->overflow = status & T1X_VTD_STATUS_PFO;
	scan->first = T1X_VTD_STATUS_FRI(status);
	/* Registers that lie about themselves are not followed. */
	if (status & T1X_VTD_STATUS_PPF && scan->first < nr &&
	    offset + nr * T1X_VTD_RECORD <= size) {
		scan->records = regs + offset;
		scan->index = scan->first;
		scan->nr_left = nr;
	}
	return scan->nr_left || scan->overflow;
}

/**
 * t1x_vtd_scan_next() - the next record that is pending
 * @scan: from t1x_vtd_scan_begin()
 * @raw: result: its 128 bits, the lower half first
 *
 * Return: false if there is none, or all have been seen.
 */
bool t1x_vtd_scan_next(struct t1x_vtd_scan *scan, u64 raw[2])
{
	const void __iomem *record;

	if (!scan->nr_left)
		return false;
	record = scan->records + scan->index * T1X_VTD_RECORD;
	/* First the part with F: once that is set the rest is there, and stays. */
	raw[1] = (u64)readl(record + 12) << 32;
	if (!T1X_VTD_F(raw[1])) {
		scan->nr_left = 0;
		return false;
	}
	raw[1] |= readl(record + 8);
	raw[0] = (u64)readl(record + 4) << 32;
	raw[0] |= readl(record);
	scan->index = scan->index + 1 == scan->nr_records ? 0 : scan->index + 1;
	scan->nr_left--;
	return true;
}

static const struct t1x_vtd_reasons *t1x_vtd_reason(u8 number)
{
	const struct t1x_vtd_reasons *reasons = t1x_vtd_reasons;

	while (number < reasons->first || number > reasons->last)
		reasons++;
	return reasons;
}

static u32 t1x_vtd_request(u64 high)
{
	return (high >> 62 & 1) << 1 | (high >> 28 & 1);
}

static u32 t1x_vtd_access(u64 high)
{
	switch (t1x_vtd_request(high)) {
	case T1X_VTD_WRITE:
		return VFIO_TYPE1X_FAULT_FLAG_WRITE;
	case T1X_VTD_READ:
		return VFIO_TYPE1X_FAULT_FLAG_READ;
	case T1X_VTD_ATOMIC:
		return VFIO_TYPE1X_FAULT_FLAG_READ | VFIO_TYPE1X_FAULT_FLAG_WRITE;
	default:
		/* To make a page appear is no access yet. */
		return 0;
	}
}

/* What is in the record only if there is a PASID. */
static void t1x_vtd_decode_pasid(u64 high, struct vfio_type1x_fault *fault)
{
	fault->flags |= VFIO_TYPE1X_FAULT_FLAG_PASID;
	fault->pasid = T1X_VTD_PASID(high);
	if (T1X_VTD_PRIVILEGED(high))
		fault->flags |= VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED;
	if (T1X_VTD_EXECUTE(high) && t1x_vtd_request(high) == T1X_VTD_READ)
		fault->flags |= VFIO_TYPE1X_FAULT_FLAG_EXEC;
}

/**
 * t1x_vtd_decode() - what a record says
 * @raw: the record
 * @fault: result; its requester has no segment, as the record has none
 */
void t1x_vtd_decode(const u64 raw[2], struct vfio_type1x_fault *fault)
{
	const struct t1x_vtd_reasons *reasons = t1x_vtd_reason(T1X_VTD_REASON(raw[1]));

	*fault = (struct vfio_type1x_fault){
		.raw = { raw[0], raw[1] },
		.source = VFIO_TYPE1X_FAULT_SOURCE_VTD,
		.reason = reasons->reason,
		.flags = VFIO_TYPE1X_FAULT_FLAG_REQUESTER | t1x_vtd_access(raw[1]),
		.raw_reason = T1X_VTD_REASON(raw[1]),
		.requester = T1X_VTD_REQUESTER(raw[1]),
	};
	if (T1X_VTD_HAS_PASID(raw[1]))
		t1x_vtd_decode_pasid(raw[1], fault);
	if (reasons->has_iova) {
		fault->flags |= VFIO_TYPE1X_FAULT_FLAG_IOVA;
		fault->iova = raw[0] & T1X_VTD_PAGE_MASK;
	}
}
