/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up VT-d hardware for core/vtd.c: a page of registers that faults are recorded
 * in as a unit does it, with a driver that clears them.
 */
#ifndef T1X_TESTING_VTD_MODEL_H
#define T1X_TESTING_VTD_MODEL_H

#include <linux/types.h>

#include <uapi/linux/vfio_type1x_fault.h>

#include "vtd.h"

/**
 * struct vtd_fault - what a device has done, and what the unit found
 * @iova: address, any byte of a page
 * @requester: bus, device, function
 * @pasid: if @has_pasid
 * @reason: number
 * @request: 0 write, 1 page request, 2 read, 3 atomic
 * @has_pasid: the next two count then only
 * @execute: to fetch instructions
 * @privileged: as a supervisor
 */
struct vtd_fault {
	u64 iova;
	u16 requester;
	u32 pasid;
	u8 reason;
	u8 request;
	bool has_pasid;
	bool execute;
	bool privileged;
};

/**
 * struct vtd_unit - a unit
 * @regs: registers, of just @size bytes, so that the address sanitizer sees whoever
 *	  looks behind them
 * @size: bytes
 * @cap: capabilities
 * @offset: of the records in @regs
 * @nr: records
 * @next: the one that is filled next
 */
struct vtd_unit {
	u8 *regs;
	u64 size;
	u64 cap;
	u32 offset;
	u32 nr;
	u32 next;
};

void vtd_unit_init(struct vtd_unit *unit, u32 offset, u32 nr);
void vtd_unit_fini(struct vtd_unit *unit);
void vtd_unit_fault(struct vtd_unit *unit, const struct vtd_fault *fault);
void vtd_unit_clear(struct vtd_unit *unit);
u32 vtd_unit_status(const struct vtd_unit *unit);
void vtd_unit_set_status(struct vtd_unit *unit, u32 status);

void vtd_fault_draw(struct vtd_fault *fault);
const char *vtd_fault_differs(const struct vtd_fault *sent, const u64 raw[2]);
u16 vtd_model_reason(u8 number);

#endif /* T1X_TESTING_VTD_MODEL_H */
