/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of a tracee's memory.
 */
#ifndef VFIOTRACE_MEMORY_H
#define VFIOTRACE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No more than this is looked at, whatever argsz says. */
#define MEMORY_MAX_BLOCK	65536

/* Where memory comes from: a process, or the data of a test. */
struct memory_source {
	/* Return: bytes copied, from the front; 0 if there is no such memory. */
	size_t (*read)(void *context, uint64_t address, void *buffer, size_t size);
	void *context;
};

/* Bytes that were at one place at one time; fewer than asked for if the rest was not mapped. */
struct memory_block {
	uint8_t *bytes;
	size_t size;
};

void memory_take(struct memory_block *block, const struct memory_source *source, uint64_t address,
		 size_t size);
void memory_drop(struct memory_block *block);
const uint8_t *memory_at(const struct memory_block *block, uint64_t offset, size_t size);
bool memory_number(const struct memory_block *block, uint64_t offset, size_t size, uint64_t *value);
size_t memory_read_process(void *context, uint64_t address, void *buffer, size_t size);

#endif /* VFIOTRACE_MEMORY_H */
