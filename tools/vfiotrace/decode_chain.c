// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks a chain of capabilities. What is in them is in decode_caps.c.
 */
#include <linux/vfio.h>

#include "decode.h"

#define HEADER_SIZE	sizeof(struct vfio_info_cap_header)

struct header {
	uint64_t id;
	uint64_t version;
	uint64_t next;
};

static bool header_read(const struct memory_block *block, uint64_t at, struct header *header)
{
	return memory_number(block, at + offsetof(struct vfio_info_cap_header, id), 2,
			     &header->id) &&
	       memory_number(block, at + offsetof(struct vfio_info_cap_header, version), 2,
			     &header->version) &&
	       memory_number(block, at + offsetof(struct vfio_info_cap_header, next), 4,
			     &header->next);
}

static const char *cap_name(const struct decode_cap *table, uint64_t id)
{
	for (; table->name; table++)
		if (table->id == id)
			return table->name;
	return NULL;
}

static const struct decode_cap *cap_find(const struct decode_cap *table,
					 const struct header *header)
{
	for (; table->name; table++)
		if (table->id == header->id && table->version == header->version)
			return table;
	return NULL;
}

static void cap_print(const struct decode_call *call, struct print *out,
		      const struct decode_cap *table, uint64_t at, const struct header *header)
{
	const struct decode_cap *cap = cap_find(table, header);
	const char *name = cap_name(table, header->id);
	struct memory_block rest = call->out;

	print_next(out);
	print_text(out, "{header={id=");
	if (name)
		print_text(out, "%s", name);
	else
		print_hex(out, header->id);
	print_text(out, ", version=%u, next=%u}", (unsigned int)header->version,
		   (unsigned int)header->next);
	if (cap) {
		decode_members(call, out, &call->out, cap->fields, at);
		if (cap->array)
			decode_array(call, out, &call->out, cap->array, at);
	} else {
		/* It ends where the next one begins. */
		if (header->next > at && header->next < rest.size)
			rest.size = header->next;
		decode_rest(out, &rest, at + HEADER_SIZE);
	}
	print_text(out, "}");
}

/**
 * decode_caps() - the capabilities in the answer
 * @call: a call that was answered
 * @out: where to
 * @table: the capabilities that this request can have
 * @cap_offset_at: where the offset of the first one stands
 *
 * Only forwards: a chain that leads back would have no end.
 *
 * Return: the end of the argument.
 */
uint64_t decode_caps(struct decode_call *call, struct print *out, const struct decode_cap *table,
		     size_t cap_offset_at)
{
	uint64_t at = decode_out(call, cap_offset_at), shown = 0;
	struct header header;

	print_next(out);
	print_text(out, "caps=[");
	while (at && shown++ < PRINT_MAX_ELEMENTS && header_read(&call->out, at, &header)) {
		cap_print(call, out, table, at, &header);
		if (header.next && header.next <= at)
			break;
		at = header.next;
	}
	if (at) {
		print_next(out);
		print_text(out, "...");
	}
	print_text(out, "]");
	return call->in.size;
}
