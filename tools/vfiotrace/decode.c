// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ioctl call from its beginning to the line that tells of it.
 */
#include <err.h>
#include <inttypes.h>
#include <linux/ioctl.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

#define MAX_STRING	256

/**
 * decode_find() - look a request up in a table
 * @table: ends with an entry that has no name
 * @number: of the request
 *
 * Return: the entry or NULL.
 */
const struct decode_request *decode_find(const struct decode_request *table, uint32_t number)
{
	for (; table->name; table++)
		if (table->number == number)
			return table;
	return NULL;
}

/* The same number means different things to different files. */
static const struct decode_request *decode_request_of(const struct decode_call *call)
{
	switch (call->kind) {
	case DECODE_CONTAINER:
		return decode_container_request(call);
	case DECODE_GROUP:
		return decode_group_request(call);
	case DECODE_DEVICE:
	case DECODE_MIGRATION:
		return decode_device_request(call);
	case DECODE_IOMMUFD:
	case DECODE_NOTHING:
		break;
	}
	return NULL;
}

/* Bytes at the argument that the kernel may read or write; argsz says it for a struct. */
static size_t decode_argument_size(const struct decode_call *call)
{
	struct memory_block head = { 0 };
	uint64_t argsz = 0;

	if (!call->request)
		return 0;
	switch (call->request->argument) {
	case ARGUMENT_FD_AT:
	case ARGUMENT_NUMBER_AT:
		return sizeof(uint32_t);
	case ARGUMENT_STRING:
		return MAX_STRING;
	case ARGUMENT_STRUCT:
		memory_take(&head, &call->tracee->memory, call->argument, sizeof(uint32_t));
		memory_number(&head, 0, sizeof(uint32_t), &argsz);
		memory_drop(&head);
		return argsz;
	case ARGUMENT_NONE:
	case ARGUMENT_NUMBER:
		break;
	}
	return 0;
}

/**
 * decode_begin() - note what the program passes
 * @call: all that is known at the beginning
 */
void decode_begin(struct decode_call *call)
{
	call->request = decode_request_of(call);
	if (call->request)
		call->result_is = call->request->result_is;
	memory_take(&call->in, &call->tracee->memory, call->argument, decode_argument_size(call));
}

/**
 * decode_end() - note what the kernel answers
 * @call: a call after decode_begin()
 * @result: what it returned
 * @is_error: it is -errno
 */
void decode_end(struct decode_call *call, int64_t result, bool is_error)
{
	call->has_ended = true;
	call->has_failed = is_error;
	call->result = result;
	if (call->request && call->request->argument == ARGUMENT_STRUCT)
		memory_take(&call->out, &call->tracee->memory, call->argument, call->in.size);
	if (call->request && call->request->learn && !call->has_failed)
		call->request->learn(call);
}

/**
 * decode_free() - forget the copies
 * @call: the call
 */
void decode_free(struct decode_call *call)
{
	memory_drop(&call->in);
	memory_drop(&call->out);
}

static void decode_print_pointer(const struct decode_call *call, struct print *out)
{
	if (call->argument)
		print_hex(out, call->argument);
	else
		print_text(out, "NULL");
}

static void decode_print_struct(struct decode_call *call, struct print *out)
{
	const struct decode_layout *layout = call->request->layout;
	uint64_t end = layout->size;

	/* The kernel looks at nothing but argsz then. */
	if (call->in.size < layout->least) {
		decode_print_pointer(call, out);
		return;
	}
	print_text(out, "{");
	decode_fields(call, out, layout->fields, 0);
	if (call->request->tail)
		end = call->request->tail(call, out);
	decode_rest(out, &call->in, end);
	print_text(out, "}");
}

static void decode_print_fd(const struct decode_call *call, struct print *out, uint64_t fd)
{
	decode_as_fd(out, &(struct decode_value){ .call = call, .number = fd });
}

static void decode_print_argument(struct decode_call *call, struct print *out)
{
	enum decode_argument argument = call->request->argument;
	uint64_t number;

	switch (argument) {
	case ARGUMENT_NONE:
		break;
	case ARGUMENT_NUMBER:
		print_text(out, ", ");
		print_enum(out, call->argument, call->request->names);
		break;
	case ARGUMENT_FD_AT:
	case ARGUMENT_NUMBER_AT:
		print_text(out, ", ");
		if (!memory_number(&call->in, 0, sizeof(uint32_t), &number)) {
			decode_print_pointer(call, out);
			break;
		}
		print_text(out, "[");
		if (argument == ARGUMENT_FD_AT)
			decode_print_fd(call, out, number);
		else
			print_text(out, "%" PRIu64, number);
		print_text(out, "]");
		break;
	case ARGUMENT_STRING:
		print_text(out, ", ");
		if (call->in.size)
			print_string(out, (char *)call->in.bytes, call->in.size);
		else
			decode_print_pointer(call, out);
		break;
	case ARGUMENT_STRUCT:
		print_text(out, ", ");
		decode_print_struct(call, out);
		break;
	}
}

static void decode_print_unknown(const struct decode_call *call, struct print *out)
{
	static const struct print_name directions[] = {
		{ _IOC_NONE, "_IOC_NONE" },
		{ _IOC_READ, "_IOC_READ" },
		{ _IOC_WRITE, "_IOC_WRITE" },
		{ _IOC_READ | _IOC_WRITE, "_IOC_READ|_IOC_WRITE" },
		{ 0, NULL },
	};

	print_text(out, "_IOC(");
	print_enum(out, _IOC_DIR(call->number), directions);
	print_text(out, ", %#x, %#x, %#x), ", _IOC_TYPE(call->number), _IOC_NR(call->number),
		   _IOC_SIZE(call->number));
	print_hex(out, call->argument);
}

static void decode_print_result(const struct decode_call *call, struct print *out)
{
	print_text(out, " = ");
	if (!call->has_ended) {
		print_text(out, "?");
	} else if (call->has_failed) {
		print_error(out, -call->result);
	} else if (call->result_is == RESULT_FD) {
		decode_print_fd(call, out, call->result);
	} else {
		const char *name = NULL;

		if (call->result_is == RESULT_ENUM)
			name = print_name_of(call->request->names, call->result);
		print_text(out, name ? "%" PRId64 " (%s)" : "%" PRId64, call->result, name);
	}
}

/**
 * decode_print() - write a call down, also one that has not ended
 * @call: the call
 * @out: where to
 */
void decode_print(struct decode_call *call, struct print *out)
{
	print_text(out, "ioctl(%s, ", call->fd_text);
	if (call->request) {
		print_text(out, "%s", call->request->name);
		decode_print_argument(call, out);
	} else {
		decode_print_unknown(call, out);
	}
	print_text(out, ")");
	decode_print_result(call, out);
}
