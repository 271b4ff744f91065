/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ioctl call of a tracee, and tables that say how to write it down.
 *
 * The argument of an ioctl is copied twice: when the call begins (@in) and
 * when it ends (@out). Tables describe what the kernel reads and writes:
 *
 *	IN	what the program passed
 *	OUT	what the kernel answered; after an error only if it changed
 *	IN_OUT	what the program passed, and "=> answer" if the kernel changed it
 *
 * Offsets in tables are those of 64-bit programs, which are also those of the
 * others, but where there is a pointer.
 */
#ifndef VFIOTRACE_DECODE_H
#define VFIOTRACE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "print.h"

/* What a file descriptor is. A set of kinds is the bits 1 << kind. */
enum decode_kind {
	DECODE_NOTHING,
	DECODE_CONTAINER,
	DECODE_GROUP,
	DECODE_DEVICE,
	DECODE_MIGRATION, /* where the state of a device is read or written */
	DECODE_IOMMUFD,	  /* whose ioctls below 0x3b80 are those of a container */
};

enum decode_direction {
	IN = 1,
	OUT = 2,
	IN_OUT = IN | OUT,
};

enum decode_argument {
	ARGUMENT_NONE,
	ARGUMENT_NUMBER,    /* by value, of @names */
	ARGUMENT_FD_AT,	    /* address of a file descriptor */
	ARGUMENT_NUMBER_AT, /* address of 32 bits */
	ARGUMENT_STRING,
	ARGUMENT_STRUCT, /* one that begins with argsz */
};

enum decode_result {
	RESULT_NUMBER,
	RESULT_FD,
	RESULT_ENUM,
};

struct decode_call;
struct decode_field;

/* A value to be printed: as number, and as the bytes where it was found. */
struct decode_value {
	const struct decode_call *call;
	const struct decode_field *field;
	const uint8_t *bytes;
	uint64_t number;
};

typedef void decode_printer(struct print *out, const struct decode_value *value);

struct decode_field {
	const char *name;
	uint16_t offset;
	uint16_t size;
	enum decode_direction direction;
	decode_printer *printer;
	const struct print_name *names;
};

struct decode_layout {
	uint32_t least; /* bytes that argsz must cover */
	uint32_t size;	/* bytes in which there is nothing but @fields, and padding */
	const struct decode_field *fields;
};

/* In these macros the first member is named, so that the last ones may be left out. */
#define DECODE_FIELD(type, member, ...)								\
	{ .name = #member, offsetof(type, member), sizeof(((type *)0)->member), __VA_ARGS__ }
#define DECODE_END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* An array whose length is in a field of 32 bits before it. */
struct decode_array {
	const char *name;
	uint32_t count_at;
	uint32_t at;
	uint32_t stride;
	const struct decode_field *fields; /* of an element that is a struct ... */
	decode_printer *printer;	   /* ... or how to print one that is not */
};

struct decode_request {
	uint32_t number;
	const char *name;
	enum decode_argument argument;
	const struct decode_layout *layout;
	/*
	 * Prints what follows the fields, and does what is peculiar to the request.
	 * Return: where that ends. Bytes of @in behind it are ones we know nothing of.
	 */
	uint64_t (*tail)(struct decode_call *call, struct print *out);
	const struct print_name *names;		 /* of ARGUMENT_NUMBER and of RESULT_ENUM */
	enum decode_result result_is;		 /* @tail may know better */
	void (*learn)(struct decode_call *call); /* what to keep in call->state */
};

#define DECODE_REQUEST(symbol, ...) { .number = (uint32_t)(symbol), #symbol, __VA_ARGS__ }

/* What earlier calls told of a file descriptor. */
struct decode_state {
	uint32_t iommu_type;   /* of the last VFIO_SET_IOMMU */
	uint32_t device_flags; /* of the last VFIO_DEVICE_GET_INFO */
};

/* The program that calls; functions so that tests can do without one. */
struct decode_tracee {
	struct memory_source memory;
	void (*fd_path)(void *context, int fd, char *path, size_t size);
	void *context;
};

struct decode_call {
	const struct decode_tracee *tracee;
	struct decode_state *state;
	enum decode_kind kind;
	const char *fd_text; /* "3</dev/vfio/vfio>" */
	uint32_t number;
	uint64_t argument;
	bool is_32bit;	/* pointers have 4 bytes */
	bool is_packed; /* and 64-bit members are aligned to 4 bytes only: i386 */

	const struct decode_request *request; /* NULL for an unknown one */
	enum decode_result result_is;
	struct memory_block in;
	struct memory_block out;
	bool has_ended;
	bool has_failed;
	int64_t result; /* -errno if it failed */
};

void decode_begin(struct decode_call *call);
void decode_end(struct decode_call *call, int64_t result, bool is_error);
void decode_print(struct decode_call *call, struct print *out);
void decode_free(struct decode_call *call);

/* For decoders. @block is where members are looked for. */
void decode_fields(const struct decode_call *call, struct print *out,
		   const struct decode_field *fields, uint64_t base);
void decode_members(const struct decode_call *call, struct print *out,
		    const struct memory_block *block, const struct decode_field *fields,
		    uint64_t base);
void decode_struct(const struct decode_call *call, struct print *out, const char *name,
		   const struct decode_field *fields, uint64_t base);
void decode_array(const struct decode_call *call, struct print *out,
		  const struct memory_block *block, const struct decode_array *array,
		  uint64_t base);
void decode_array_at(const struct decode_call *call, struct print *out,
		     const struct decode_array *array, uint64_t address, uint64_t count);
void decode_rest(struct print *out, const struct memory_block *block, uint64_t from);
uint64_t decode_in(const struct decode_call *call, size_t offset);
uint64_t decode_out(const struct decode_call *call, size_t offset);
bool decode_has_answer(const struct decode_call *call);

decode_printer decode_as_number, decode_as_signed, decode_as_hex, decode_as_pointer;
decode_printer decode_as_flags, decode_as_enum, decode_as_fd, decode_as_text, decode_as_uuid;

const struct decode_request *decode_container_request(const struct decode_call *call);
const struct decode_request *decode_group_request(const struct decode_call *call);
const struct decode_request *decode_device_request(const struct decode_call *call);
extern const struct decode_request decode_ownership_requests[];
extern const struct decode_request decode_spapr_requests[];
extern const struct decode_request decode_svm_requests[];
extern const struct decode_request decode_svm_device_requests[];
const struct decode_request *decode_find(const struct decode_request *table, uint32_t number);

/* One version of a capability of an info chain. */
struct decode_cap {
	uint16_t id;
	uint16_t version;
	const char *name;
	const struct decode_field *fields;
	const struct decode_array *array;
};

#define DECODE_CAP(symbol, ver, ...) { .id = (uint16_t)(symbol), ver, #symbol, __VA_ARGS__ }

uint64_t decode_caps(struct decode_call *call, struct print *out, const struct decode_cap *table,
		     size_t cap_offset_at);
extern const struct decode_cap decode_iommu_caps[];
extern const struct decode_cap decode_device_caps[];
extern const struct decode_cap decode_region_caps[];

uint64_t decode_feature(struct decode_call *call, struct print *out);
decode_printer decode_as_feature;

#endif /* VFIOTRACE_DECODE_H */
