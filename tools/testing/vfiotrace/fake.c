// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the decoders as the tracer does, with memory that a test made up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

struct fake_memory {
	uint64_t address;
	const uint8_t *bytes;
	size_t size;
};

struct fake_program {
	struct fake_memory argument;
	struct fake_memory elsewhere;
};

static size_t fake_copy(const struct fake_memory *memory, uint64_t address, void *buffer,
			size_t size)
{
	uint64_t offset = address - memory->address;

	if (!memory->bytes || address < memory->address || offset >= memory->size)
		return 0;
	if (size > memory->size - offset)
		size = memory->size - offset;
	memcpy(buffer, memory->bytes + offset, size);
	return size;
}

static size_t fake_read(void *context, uint64_t address, void *buffer, size_t size)
{
	const struct fake_program *program = context;
	size_t copied = fake_copy(&program->argument, address, buffer, size);

	return copied ? copied : fake_copy(&program->elsewhere, address, buffer, size);
}

static void fake_fd_path(void *context, int fd, char *path, size_t size)
{
	static const char * const paths[] = {
		[FAKE_CONTAINER_FD] = "/dev/vfio/vfio",
		[FAKE_GROUP_FD] = "/dev/vfio/12",
		[FAKE_DEVICE_FD] = "anon_inode:[vfio-device]",
		[FAKE_EVENTFD] = "anon_inode:[eventfd]",
	};

	(void)context;
	path[0] = 0;
	if (fd >= FAKE_CONTAINER_FD && fd <= FAKE_EVENTFD)
		snprintf(path, size, "%s", paths[fd]);
}

static const char *fake_fd_text(enum decode_kind kind)
{
	switch (kind) {
	case DECODE_CONTAINER:
		return "3</dev/vfio/vfio>";
	case DECODE_GROUP:
		return "4</dev/vfio/12>";
	case DECODE_DEVICE:
		return "5<anon_inode:[vfio-device]>";
	case DECODE_MIGRATION:
		return "7<anon_inode:mlx5vf_mig>";
	default:
		return "?";
	}
}

/**
 * fake_text() - make a call and write it down
 * @fake: the call
 *
 * Return: the line; it lives until the next one.
 */
const char *fake_text(struct fake *fake)
{
	static struct print line;
	struct fake_program program = {
		.argument = { FAKE_ARGUMENT, fake->in, fake->size },
		.elsewhere = { FAKE_ELSEWHERE, fake->elsewhere, fake->elsewhere_size },
	};
	struct decode_tracee tracee = {
		.memory = { .read = fake_read, .context = &program },
		.fd_path = fake_fd_path,
	};
	struct decode_call call = {
		.tracee = &tracee,
		.state = &fake->state,
		.kind = fake->kind,
		.fd_text = fake_fd_text(fake->kind),
		.number = fake->number,
		.argument = fake->in ? FAKE_ARGUMENT : fake->value,
		.is_32bit = fake->is_32bit,
		.is_packed = fake->is_packed,
	};

	print_free(&line);
	decode_begin(&call);
	if (fake->out)
		program.argument.bytes = fake->out;
	if (!fake->has_not_ended)
		decode_end(&call, fake->result, fake->result < 0);
	decode_print(&call, &line);
	decode_free(&call);
	return line.text;
}

/**
 * fake_differs() - make a call and compare what is written
 * @fake: the call
 * @expected: the whole line
 *
 * Return: NULL if it is as expected, else both texts.
 */
const char *fake_differs(struct fake *fake, const char *expected)
{
	static char problem[8192];
	const char *text = fake_text(fake);

	if (!strcmp(text, expected))
		return NULL;
	snprintf(problem, sizeof(problem), "\n#   got  %s\n#   want %s", text, expected);
	return problem;
}
