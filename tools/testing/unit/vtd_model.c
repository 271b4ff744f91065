// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of core/vtd.c: bit by bit, and number by number.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "vtd_model.h"

#define STATUS		0x34
#define OVERFLOWN	1u
#define PENDING		2u

/**
 * vtd_unit_init() - a unit without a fault
 * @unit: result
 * @offset: of the records, a multiple of 16 above the status
 * @nr: records, 1 to 256
 */
void vtd_unit_init(struct vtd_unit *unit, u32 offset, u32 nr)
{
	assert(offset % 16 == 0 && offset / 16 < 1024 && offset > STATUS && nr - 1 < 256);
	*unit = (struct vtd_unit){
		.size = offset + 16ul * nr,
		.offset = offset,
		.nr = nr,
		/* What is around the two fields is for others. */
		.cap = (unit_random() & ~(0xffull << 40) & ~(0x3ffull << 24)) |
		       (u64)(offset / 16) << 24 | (u64)(nr - 1) << 40,
	};
	unit->regs = calloc(1, unit->size);
	assert(unit->regs);
}

/**
 * vtd_unit_fini() - take it away
 * @unit: made by vtd_unit_init()
 */
void vtd_unit_fini(struct vtd_unit *unit)
{
	free(unit->regs);
}

/**
 * vtd_unit_status() - of its faults
 * @unit: made by vtd_unit_init()
 *
 * Return: the register.
 */
u32 vtd_unit_status(const struct vtd_unit *unit)
{
	u32 status;

	memcpy(&status, unit->regs + STATUS, sizeof(status));
	return status;
}

/**
 * vtd_unit_set_status() - put something into the register
 * @unit: made by vtd_unit_init()
 * @status: what
 */
void vtd_unit_set_status(struct vtd_unit *unit, u32 status)
{
	memcpy(unit->regs + STATUS, &status, sizeof(status));
}

static void put(u8 *record, unsigned int first, unsigned int last, u64 value)
{
	for (unsigned int bit = first; bit <= last; bit++, value >>= 1)
		if (value & 1)
			record[bit / 8] |= 1u << bit % 8;
	assert(!value);
}

/**
 * vtd_unit_fault() - a device is stopped
 * @unit: made by vtd_unit_init()
 * @fault: why
 */
void vtd_unit_fault(struct vtd_unit *unit, const struct vtd_fault *fault)
{
	u8 *record = unit->regs + unit->offset + 16ul * unit->next;
	u32 status = vtd_unit_status(unit);

	if (status & OVERFLOWN)
		return;
	if (record[15] & 0x80) {
		vtd_unit_set_status(unit, status | OVERFLOWN);
		return;
	}
	memset(record, 0, 16);
	put(record, 12, 63, fault->iova >> 12);
	put(record, 64, 79, fault->requester);
	put(record, 92, 92, fault->request & 1);
	put(record, 93, 93, fault->privileged);
	put(record, 94, 94, fault->execute);
	put(record, 95, 95, fault->has_pasid);
	put(record, 96, 103, fault->reason);
	put(record, 104, 123, fault->pasid);
	put(record, 126, 126, fault->request >> 1);
	put(record, 127, 127, 1);
	if (!(status & PENDING))
		vtd_unit_set_status(unit, (status & ~0xff00u) | PENDING | unit->next << 8);
	unit->next = (unit->next + 1) % unit->nr;
}

/**
 * vtd_unit_clear() - the driver has seen all
 * @unit: made by vtd_unit_init()
 */
void vtd_unit_clear(struct vtd_unit *unit)
{
	for (u32 i = 0; i < unit->nr; i++)
		unit->regs[unit->offset + 16ul * i + 15] &= 0x7f;
	vtd_unit_set_status(unit, vtd_unit_status(unit) & ~(PENDING | OVERFLOWN));
}

/**
 * vtd_fault_draw() - any fault
 * @fault: result
 */
void vtd_fault_draw(struct vtd_fault *fault)
{
	*fault = (struct vtd_fault){
		.iova = unit_random(),
		.requester = unit_random(),
		.pasid = unit_random_below(1 << 20),
		.reason = unit_random(),
		.request = unit_random_below(4),
		.has_pasid = unit_random() & 1,
		.execute = unit_random() & 1,
		.privileged = unit_random() & 1,
	};
}

/**
 * vtd_model_reason() - the class of a reason
 * @number: what hardware says
 *
 * Return: an &enum vfio_type1x_fault_reason.
 */
u16 vtd_model_reason(u8 number)
{
	switch (number) {
	case 0x01:	    /* root entry is not present */
	case 0x02:	    /* context entry is not present */
	case 0x03:	    /* context entry is invalid */
	case 0x08:	    /* root table cannot be read */
	case 0x09:	    /* context table cannot be read */
	case 0x0a:	    /* reserved bits in a root entry */
	case 0x0b:	    /* reserved bits in a context entry */
	case 0x0d:	    /* context entry blocks this kind of request */
	case 0x30 ... 0x32: /* address or mode of the root table */
	case 0x38 ... 0x3a: /* root entry */
	case 0x40 ... 0x44: /* context entry */
		return VFIO_TYPE1X_FAULT_REASON_DEVICE;
	case 0x45 ... 0x48: /* what the context entry says of PASIDs */
	case 0x50 ... 0x52: /* directory of PASIDs */
	case 0x58 ... 0x5b: /* table of PASIDs */
		return VFIO_TYPE1X_FAULT_REASON_PASID;
	case 0x04:	    /* wider than the tables */
	case 0x74:	    /* nested: first stage points beyond the second */
	case 0x80:	    /* not canonical */
	case 0x83 ... 0x84: /* wider than the hardware */
		return VFIO_TYPE1X_FAULT_REASON_ADDRESS_SIZE;
	case 0x05:	    /* no write, or nothing at all */
	case 0x06:	    /* no read, or nothing at all */
	case 0x5c ... 0x5d: /* to execute, or as a supervisor, is not enabled */
	case 0x79:	    /* second stage: no read or no write */
	case 0x81 ... 0x82: /* for supervisors only; not to execute */
	case 0x85 ... 0x86: /* no write, no read */
		return VFIO_TYPE1X_FAULT_REASON_PERMISSION;
	case 0x71: /* first stage: not present */
		return VFIO_TYPE1X_FAULT_REASON_UNMAPPED;
	case 0x07:	    /* next table cannot be read */
	case 0x0c:	    /* reserved bits in an entry */
	case 0x70:	    /* first stage: entry cannot be read */
	case 0x72 ... 0x73: /* reserved bits; top table cannot be read */
	case 0x75 ... 0x78: /* nested: tables of the first stage; second stage */
	case 0x7a ... 0x7c: /* second stage: reserved bits, pointer, accessed bits */
	case 0x90:	    /* first stage: accessed bits */
		return VFIO_TYPE1X_FAULT_REASON_TABLE;
	default:
		return VFIO_TYPE1X_FAULT_REASON_OTHER;
	}
}

static u32 expected_flags(const struct vtd_fault *sent)
{
	u32 flags = VFIO_TYPE1X_FAULT_FLAG_REQUESTER;

	if (sent->request == 0 || sent->request == 3)
		flags |= VFIO_TYPE1X_FAULT_FLAG_WRITE;
	if (sent->request == 2 || sent->request == 3)
		flags |= VFIO_TYPE1X_FAULT_FLAG_READ;
	if (sent->has_pasid) {
		flags |= VFIO_TYPE1X_FAULT_FLAG_PASID;
		if (sent->execute && sent->request == 2)
			flags |= VFIO_TYPE1X_FAULT_FLAG_EXEC;
		if (sent->privileged)
			flags |= VFIO_TYPE1X_FAULT_FLAG_PRIVILEGED;
	}
	/* Interrupts have no address. */
	if (sent->reason >> 4 != 2)
		flags |= VFIO_TYPE1X_FAULT_FLAG_IOVA;
	return flags;
}

/**
 * vtd_fault_differs() - is a record what was sent?
 * @sent: what
 * @raw: the record
 *
 * Return: NULL, or what is wrong.
 */
const char *vtd_fault_differs(const struct vtd_fault *sent, const u64 raw[2])
{
	struct vfio_type1x_fault found, expected = {
		.raw = { raw[0], raw[1] },
		.source = VFIO_TYPE1X_FAULT_SOURCE_VTD,
		.reason = vtd_model_reason(sent->reason),
		.flags = expected_flags(sent),
		.raw_reason = sent->reason,
		.requester = sent->requester,
		.pasid = sent->has_pasid ? sent->pasid : 0,
	};

	if (expected.flags & VFIO_TYPE1X_FAULT_FLAG_IOVA)
		expected.iova = sent->iova / 4096 * 4096;
	memset(&found, 0x5a, sizeof(found));
	t1x_vtd_decode(raw, &found);
	if (found.reason != expected.reason)
		return "another reason";
	if (found.flags != expected.flags)
		return "other flags";
	return memcmp(&found, &expected, sizeof(found)) ? "another fault" : NULL;
}
