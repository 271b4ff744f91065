// SPDX-License-Identifier: GPL-2.0-only
/*
 * Members of structures and arrays, as the tables describe them.
 */
#include <inttypes.h>
#include <string.h>

#include "decode.h"

void decode_as_number(struct print *out, const struct decode_value *value)
{
	print_text(out, "%" PRIu64, value->number);
}

void decode_as_signed(struct print *out, const struct decode_value *value)
{
	bool is_word = value->field && value->field->size == sizeof(uint64_t);

	print_text(out, "%" PRId64, is_word ? (int64_t)value->number : (int32_t)value->number);
}

void decode_as_hex(struct print *out, const struct decode_value *value)
{
	print_hex(out, value->number);
}

void decode_as_pointer(struct print *out, const struct decode_value *value)
{
	if (value->number)
		print_hex(out, value->number);
	else
		print_text(out, "NULL");
}

void decode_as_flags(struct print *out, const struct decode_value *value)
{
	print_flags(out, value->number, value->field->names);
}

void decode_as_enum(struct print *out, const struct decode_value *value)
{
	print_enum(out, value->number, value->field->names);
}

void decode_as_fd(struct print *out, const struct decode_value *value)
{
	const struct decode_tracee *tracee = value->call->tracee;
	int fd = (int32_t)value->number;
	char path[256] = "";

	if (fd >= 0)
		tracee->fd_path(tracee->context, fd, path, sizeof(path));
	print_text(out, *path ? "%d<%s>" : "%d", fd, path);
}

void decode_as_text(struct print *out, const struct decode_value *value)
{
	print_string(out, (const char *)value->bytes, value->field->size);
}

void decode_as_uuid(struct print *out, const struct decode_value *value)
{
	print_text(out, "\"");
	for (int i = 0; i < 16; i++)
		print_text(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			   value->bytes[i]);
	print_text(out, "\"");
}

/**
 * decode_has_answer() - did the kernel do what was asked?
 * @call: the call
 *
 * Return: it has ended without an error.
 */
bool decode_has_answer(const struct decode_call *call)
{
	return call->has_ended && !call->has_failed;
}

/**
 * decode_in() - 32 bits of what the program passed
 * @call: the call
 * @offset: where
 *
 * Return: the number; 0 if argsz does not reach that far.
 */
uint64_t decode_in(const struct decode_call *call, size_t offset)
{
	uint64_t number = 0;

	memory_number(&call->in, offset, sizeof(uint32_t), &number);
	return number;
}

/**
 * decode_out() - 32 bits of what the kernel answered
 * @call: the call
 * @offset: where
 *
 * Return: the number; 0 if there is no answer.
 */
uint64_t decode_out(const struct decode_call *call, size_t offset)
{
	uint64_t number = 0;

	if (decode_has_answer(call))
		memory_number(&call->out, offset, sizeof(uint32_t), &number);
	return number;
}

static void decode_value(const struct decode_call *call, struct print *out,
			 const struct decode_field *field, const uint8_t *bytes)
{
	struct decode_value value = { .call = call, .field = field, .bytes = bytes };
	struct memory_block block = { .bytes = (uint8_t *)bytes, .size = field->size };

	/* Text and raw bytes are no number. */
	memory_number(&block, 0, field->size, &value.number);
	field->printer(out, &value);
}

static void decode_field(const struct decode_call *call, struct print *out,
			 const struct decode_field *field, uint64_t base)
{
	const uint8_t *in = memory_at(&call->in, base + field->offset, field->size);
	const uint8_t *answer = NULL;
	bool is_changed;

	if (!in)
		return;
	if (call->has_ended && field->direction != IN)
		answer = memory_at(&call->out, base + field->offset, field->size);
	is_changed = answer && memcmp(in, answer, field->size);
	if (field->direction == OUT && !is_changed && !(answer && !call->has_failed))
		return;

	print_next(out);
	print_text(out, "%s=", field->name);
	if (field->direction != OUT)
		decode_value(call, out, field, in);
	if (field->direction == IN_OUT && is_changed)
		print_text(out, " => ");
	if (field->direction == OUT || is_changed)
		decode_value(call, out, field, answer);
}

/**
 * decode_fields() - members of the argument, as far as argsz reaches
 * @call: the call
 * @out: where to
 * @fields: the members
 * @base: where their structure begins
 */
void decode_fields(const struct decode_call *call, struct print *out,
		   const struct decode_field *fields, uint64_t base)
{
	for (; fields->name; fields++)
		decode_field(call, out, fields, base);
}

/**
 * decode_members() - members of a structure of which there is one copy
 * @call: the call
 * @out: where to
 * @block: the copy
 * @fields: the members; their direction does not matter
 * @base: where in the copy the structure begins
 */
void decode_members(const struct decode_call *call, struct print *out,
		    const struct memory_block *block, const struct decode_field *fields,
		    uint64_t base)
{
	for (; fields->name; fields++) {
		const uint8_t *bytes = memory_at(block, base + fields->offset, fields->size);

		if (!bytes)
			break;
		print_next(out);
		print_text(out, "%s=", fields->name);
		decode_value(call, out, fields, bytes);
	}
}

/**
 * decode_struct() - a structure within the argument
 * @call: the call
 * @out: where to
 * @name: of the structure
 * @fields: its members
 * @base: where it begins
 */
void decode_struct(const struct decode_call *call, struct print *out, const char *name,
		   const struct decode_field *fields, uint64_t base)
{
	print_next(out);
	print_text(out, "%s={", name);
	decode_fields(call, out, fields, base);
	print_text(out, "}");
}

static void decode_element(const struct decode_call *call, struct print *out,
			   const struct memory_block *block, const struct decode_array *array,
			   uint64_t at)
{
	struct decode_value value = { .call = call, .bytes = memory_at(block, at, array->stride) };

	print_next(out);
	if (array->fields) {
		print_text(out, "{");
		decode_members(call, out, block, array->fields, at);
		print_text(out, "}");
	} else {
		memory_number(block, at, array->stride, &value.number);
		array->printer(out, &value);
	}
}

/* @count elements were announced; those beyond the copy are not to be had. */
static void decode_elements(const struct decode_call *call, struct print *out,
			    const struct memory_block *block, const struct decode_array *array,
			    uint64_t at, uint64_t count)
{
	uint64_t i;

	print_next(out);
	print_text(out, "%s=[", array->name);
	for (i = 0; i < count && i < PRINT_MAX_ELEMENTS; i++) {
		if (!memory_at(block, at + i * array->stride, array->stride))
			break;
		decode_element(call, out, block, array, at + i * array->stride);
	}
	if (i < count) {
		print_next(out);
		print_text(out, "...");
	}
	print_text(out, "]");
}

/**
 * decode_array() - an array within the argument
 * @call: the call
 * @out: where to
 * @block: copy of the argument that is to be shown
 * @array: what the array looks like
 * @base: where the structure begins that has it
 */
void decode_array(const struct decode_call *call, struct print *out,
		  const struct memory_block *block, const struct decode_array *array, uint64_t base)
{
	uint64_t count = 0;

	memory_number(block, base + array->count_at, sizeof(uint32_t), &count);
	decode_elements(call, out, block, array, base + array->at, count);
}

/**
 * decode_array_at() - an array that the argument points to
 * @call: the call
 * @out: where to
 * @array: what the array looks like; positions do not matter
 * @address: where it is in the tracee
 * @count: its length
 */
void decode_array_at(const struct decode_call *call, struct print *out,
		     const struct decode_array *array, uint64_t address, uint64_t count)
{
	uint64_t shown = count < PRINT_MAX_ELEMENTS ? count : PRINT_MAX_ELEMENTS;
	struct memory_block block = { 0 };

	memory_take(&block, &call->tracee->memory, address, shown * array->stride);
	if (block.size < array->stride) {
		print_next(out);
		print_text(out, "%s=", array->name);
		decode_as_pointer(out, &(struct decode_value){ .number = address });
	} else {
		decode_elements(call, out, &block, array, 0, count);
	}
	memory_drop(&block);
}

/**
 * decode_rest() - bytes that nothing is known of; zeroes say nothing
 * @out: where to
 * @block: copy that has them
 * @from: the first
 */
void decode_rest(struct print *out, const struct memory_block *block, uint64_t from)
{
	uint64_t end = block->size;

	while (from < end && !block->bytes[from])
		from++;
	while (end > from && !block->bytes[end - 1])
		end--;
	if (from >= end)
		return;
	print_next(out);
	print_text(out, "/* bytes %" PRIu64 "..%" PRIu64 " */ ", from, end - 1);
	print_bytes(out, block->bytes + from, end - from);
}
