/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault recording registers of Intel VT-d: which of them to read, and what they say.
 *
 * A unit has up to 256 records of 128 bits, which it fills in turn and begins again at
 * the first.  One that is filled has the bit F, until software clears it; when that of
 * the next one is still set, faults are dropped, and the status says so (PFO).  It also
 * has the index of the first record that is pending (FRI).  Of 4 records, 3 pending:
 *
 *	index	0		1		2		3
 *		F		-		F		F
 *		third				first (FRI)	second
 *
 * A record, bit 0 first:
 *
 *	0 .. 63		address of the page; of a blocked interrupt, its index in 48 .. 63
 *	64 .. 79	requester: bus, device, function
 *	92		second bit of what was requested, see T1X_VTD_WRITE
 *	93		with privileges		(if there is a PASID)
 *	94		to execute		(if there is a PASID)
 *	95		there is a PASID
 *	96 .. 103	reason
 *	104 .. 123	PASID
 *	124, 125	kind of address
 *	126		first bit of what was requested
 *	127		F
 *
 * Nothing is written: clearing is what the kernel does.  Pure code, as all here.
 */
#ifndef T1X_CORE_VTD_H
#define T1X_CORE_VTD_H

#include <linux/io.h>
#include <linux/types.h>

struct vfio_type1x_fault;

/**
 * struct t1x_vtd_scan - the records that are pending, one by one
 * @records: registers of record 0
 * @nr_records: records that the unit has
 * @index: the next one to look at
 * @nr_left: records that have not been looked at
 * @first: the unit's FRI
 * @overflow: faults have been dropped
 */
struct t1x_vtd_scan {
	const void __iomem *records;
	u32 nr_records;
	u32 index;
	u32 nr_left;
	u32 first;
	bool overflow;
};

bool t1x_vtd_scan_begin(struct t1x_vtd_scan *scan, const void __iomem *regs, u64 size, u64 cap);
bool t1x_vtd_scan_next(struct t1x_vtd_scan *scan, u64 raw[2]);
void t1x_vtd_decode(const u64 raw[2], struct vfio_type1x_fault *fault);

/**
 * t1x_vtd_scan_has_skipped() - have records come and gone since the last scan?
 * @scan: from t1x_vtd_scan_begin(); nothing of it has been looked at
 * @next: &t1x_vtd_scan.index at the end of the last scan of this unit
 *
 * Whoever clears records also finds those that came while he did so, without another
 * interrupt.  The unit goes on behind them.  With one record per unit, as some have,
 * it cannot be known.
 *
 * Return: true if there were, and nobody here has seen them.
 */
static inline bool t1x_vtd_scan_has_skipped(const struct t1x_vtd_scan *scan, u32 next)
{
	return scan->nr_left && scan->first != next;
}

#endif /* T1X_CORE_VTD_H */
