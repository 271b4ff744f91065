// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the memory of a tracee, and looking into what was read.
 *
 * All lengths and offsets in a structure come from a program that may be
 * wrong or hostile. So decoders look at a copy, and only through memory_at().
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory.h"

/**
 * memory_take() - copy memory of a tracee
 * @block: becomes the copy; what was in it before is forgotten
 * @source: whose memory
 * @address: where it begins
 * @size: bytes wanted; never more than MEMORY_MAX_BLOCK are copied
 */
void memory_take(struct memory_block *block, const struct memory_source *source, uint64_t address,
		 size_t size)
{
	memory_drop(block);
	if (size > MEMORY_MAX_BLOCK)
		size = MEMORY_MAX_BLOCK;
	if (!size)
		return;
	block->bytes = malloc(size);
	if (!block->bytes)
		err(1, "a copy of %zu bytes", size);
	block->size = source->read(source->context, address, block->bytes, size);
}

/**
 * memory_drop() - forget a copy
 * @block: may be empty already
 */
void memory_drop(struct memory_block *block)
{
	free(block->bytes);
	*block = (struct memory_block){ 0 };
}

/**
 * memory_at() - look into a copy
 * @block: the copy
 * @offset: first byte
 * @size: bytes that are needed
 *
 * Return: the bytes, NULL if the copy does not have all of them.
 */
const uint8_t *memory_at(const struct memory_block *block, uint64_t offset, size_t size)
{
	if (size > block->size || offset > block->size - size)
		return NULL;
	return block->bytes + offset;
}

/**
 * memory_number() - an integer of the native byte order
 * @block: the copy
 * @offset: where it is
 * @size: its bytes, 1, 2, 4 or 8
 * @value: result
 *
 * Return: is it in the copy?
 */
bool memory_number(const struct memory_block *block, uint64_t offset, size_t size, uint64_t *value)
{
	const uint8_t *bytes = memory_at(block, offset, size);
	uint32_t u32;
	uint16_t u16;

	if (!bytes)
		return false;
	switch (size) {
	case 1:
		*value = *bytes;
		return true;
	case 2:
		memcpy(&u16, bytes, sizeof(u16));
		*value = u16;
		return true;
	case 4:
		memcpy(&u32, bytes, sizeof(u32));
		*value = u32;
		return true;
	case 8:
		memcpy(value, bytes, sizeof(*value));
		return true;
	}
	return false;
}

/**
 * memory_read_process() - a memory_source.read that reads a process
 * @context: pid_t of the process
 * @address: first byte
 * @buffer: where to copy it
 * @size: bytes wanted, at most MEMORY_MAX_BLOCK
 *
 * One vector element per page: the kernel does not copy an element in part.
 *
 * Return: bytes copied.
 */
size_t memory_read_process(void *context, uint64_t address, void *buffer, size_t size)
{
	static struct iovec remote[MEMORY_MAX_BLOCK / 4096 + 2];
	size_t page = sysconf(_SC_PAGESIZE), left = size, count = 0;
	struct iovec local = { .iov_base = buffer, .iov_len = size };
	ssize_t got;

	while (left && count < sizeof(remote) / sizeof(remote[0])) {
		size_t part = page - address % page;

		if (part > left)
			part = left;
		remote[count].iov_base = (void *)(uintptr_t)address;
		remote[count++].iov_len = part;
		address += part;
		left -= part;
	}
	got = process_vm_readv(*(pid_t *)context, &local, 1, remote, count, 0);
	return got > 0 ? got : 0;
}
