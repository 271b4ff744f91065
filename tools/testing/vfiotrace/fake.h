/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tracee that is not there: its memory is what a test says, and so is what
 * the kernel makes of it.
 *
 *	struct vfio_irq_info in = { .argsz = 16 }, out = in;
 *
 *	out.count = 1;
 *	UNIT_AGREE(fake_differs(&(struct fake){ FAKE_DEVICE(VFIO_DEVICE_GET_IRQ_INFO),
 *			FAKE_BOTH(in, out) }, "ioctl(...) = 0"));
 */
#ifndef VFIOTRACE_TESTING_FAKE_H
#define VFIOTRACE_TESTING_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "decode.h"
#include "unit.h"

/* Its files; there is no other. */
#define FAKE_CONTAINER_FD	3
#define FAKE_GROUP_FD		4
#define FAKE_DEVICE_FD		5
#define FAKE_EVENTFD		6

/* Where its memory is: the argument, and one more place that it may point to. */
#define FAKE_ARGUMENT		0x10000
#define FAKE_ELSEWHERE		0x7f0000000000

struct fake {
	enum decode_kind kind;
	uint32_t number;
	const void *in;	 /* NULL if the argument is no address */
	const void *out; /* NULL if the kernel changes nothing */
	size_t size;	 /* of both */
	const void *elsewhere;
	size_t elsewhere_size;
	uint64_t value; /* the argument if it is no address */
	int64_t result;
	bool has_not_ended;
	bool is_32bit;
	bool is_packed;
	struct decode_state state; /* before the call, and afterwards after it */
};

#define FAKE_CONTAINER(symbol)	.kind = DECODE_CONTAINER, .number = (symbol)
#define FAKE_GROUP(symbol)	.kind = DECODE_GROUP, .number = (symbol)
#define FAKE_DEVICE(symbol)	.kind = DECODE_DEVICE, .number = (symbol)
#define FAKE_IN(object)		.in = &(object), .size = sizeof(object)
#define FAKE_BOTH(before, after) .in = &(before), .out = &(after), .size = sizeof(before)

const char *fake_text(struct fake *fake);
const char *fake_differs(struct fake *fake, const char *expected);

#endif /* VFIOTRACE_TESTING_FAKE_H */
