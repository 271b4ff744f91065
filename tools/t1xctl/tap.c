// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may trace a process may have its descriptors, too. That of a container is needed for
 * a moment only: the file with the faults, which has a queue of its own, does not keep the
 * container.
 */
#include <err.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "proc.h"
#include "tap.h"

#define TAP_ROOM	4096 /* records that wait in the kernel: as many as it allows */
#define TAP_BATCH	64   /* records that are read at once */

/**
 * tap_new() - faults of a container, not open yet
 * @pid: a process that has it
 * @fd: its descriptor there
 * @id: of the container, or FACTS_UNKNOWN
 * @comm: name of the process
 *
 * Return: the tap, to be put into a list.
 */
struct tap *tap_new(int64_t pid, int fd, int64_t id, const char *comm)
{
	struct tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		err(1, "calloc");
	tap->pid = pid;
	tap->fd = fd;
	tap->id = id;
	tap->file = -1;
	snprintf(tap->comm, sizeof(tap->comm), "%s", comm);
	return tap;
}

static void tap_set_file(struct tap *tap, int file, size_t record_size)
{
	tap->file = file;
	tap->record_size = record_size;
	tap->buf = reallocarray(NULL, TAP_BATCH, record_size);
	if (!tap->buf)
		err(1, "reallocarray");
}

/* Another process' descriptor, as one of ours; -1 with errno: ESRCH, EBADF, EPERM, .. */
static int tap_borrow(const struct tap *tap)
{
	int process = pidfd_open(tap->pid, 0), fd, error;

	if (process < 0)
		return -1;
	fd = pidfd_getfd(process, tap->fd, 0);
	error = errno;
	close(process);
	/* Its number may have become another file's. */
	if (fd >= 0 && !proc_is_container(fd)) {
		close(fd);
		fd = -1;
		error = EBADF;
	}
	errno = error;
	return fd;
}

static const char *tap_borrow_why(int error)
{
	switch (error) {
	case ESRCH:
		return "no such process any more";
	case EBADF:
		return "is no container any more";
	case EPERM:
		return "only root, or who may trace it, gets its faults";
	default:
		return strerror(error);
	}
}

static const char *tap_ioctl_why(int error)
{
	switch (error) {
	case EINVAL:
		return "has no backend";
	case ENOTTY:
		return "its backend reports no faults";
	case ENOSPC:
		return "too many programs get its faults already";
	default:
		return strerror(error);
	}
}

/* Who tells of faults stands in a chain of capabilities. */
static void tap_ask_sources(struct tap *tap, int container)
{
	union {
		struct vfio_iommu_type1_info info;
		char bytes[4096];
	} buf = { .info.argsz = sizeof(buf) };
	const struct vfio_iommu_type1_info_cap_fault *fault;
	uint32_t offset, last = 0;

	if (ioctl(container, VFIO_IOMMU_GET_INFO, &buf) || !(buf.info.flags & VFIO_IOMMU_INFO_CAPS))
		return;
	for (offset = buf.info.cap_offset; offset > last && offset <= sizeof(buf) - sizeof(*fault);
	     offset = fault->header.next) {
		fault = (const void *)(buf.bytes + offset);
		last = offset;
		if (fault->header.id != VFIO_IOMMU_TYPE1_INFO_CAP_FAULT)
			continue;
		tap->sources = fault->sources;
		tap->is_complete = fault->flags & VFIO_IOMMU_FAULT_CAP_COMPLETE;
	}
}

/**
 * tap_open() - get a file with the faults
 * @tap: the tap
 * @error: result: errno of VFIO_TYPE1X_FAULT_FD, else 0
 *
 * Return: why that is not possible, NULL if it is.
 */
const char *tap_open(struct tap *tap, int *error)
{
	struct vfio_type1x_fault_fd request = {
		.argsz = sizeof(request),
		.flags = VFIO_TYPE1X_FAULT_FD_NONBLOCK,
		.nr_records = TAP_ROOM,
	};
	int container = tap_borrow(tap), file;

	*error = 0;
	if (container < 0)
		return tap_borrow_why(errno);
	file = ioctl(container, VFIO_TYPE1X_FAULT_FD, &request);
	if (file < 0)
		*error = errno;
	else
		tap_ask_sources(tap, container);
	close(container);
	if (*error)
		return tap_ioctl_why(*error);
	tap_set_file(tap, file, request.record_size);
	return NULL;
}

/**
 * tap_open_input() - take records from standard input
 * @tap: the tap
 */
void tap_open_input(struct tap *tap)
{
	tap_set_file(tap, STDIN_FILENO, sizeof(struct vfio_type1x_fault));
}

/**
 * tap_fill() - get more records
 * @tap: the tap
 *
 * Return: false at the end of the file.
 */
bool tap_fill(struct tap *tap)
{
	ssize_t bytes = read(tap->file, tap->buf + tap->used,
			     TAP_BATCH * tap->record_size - tap->used);

	if (bytes < 0 && errno != EAGAIN && errno != EINTR)
		err(1, "faults");
	if (!bytes && tap->used)
		errx(1, "faults: there is half a record at the end");
	if (bytes > 0)
		tap->used += bytes;
	return bytes != 0;
}

/**
 * tap_nr_records() - how many there are
 * @tap: the tap
 *
 * Return: whole records.
 */
size_t tap_nr_records(const struct tap *tap)
{
	return tap->used / tap->record_size;
}

/**
 * tap_record() - one of those that there are
 * @tap: the tap
 * @index: which one
 *
 * Return: the record, until tap_drain().
 */
const struct vfio_type1x_fault *tap_record(const struct tap *tap, size_t index)
{
	return (const void *)(tap->buf + index * tap->record_size);
}

/**
 * tap_drain() - forget the whole records; of a pipe, a part of one may be left
 * @tap: the tap
 */
void tap_drain(struct tap *tap)
{
	size_t done = tap_nr_records(tap) * tap->record_size;

	memmove(tap->buf, tap->buf + done, tap->used - done);
	tap->used -= done;
}

/**
 * tap_close() - want no more
 * @tap: the tap, which stays in its list
 */
void tap_close(struct tap *tap)
{
	if (tap->file > STDERR_FILENO)
		close(tap->file);
	tap->file = -1;
}

/**
 * tap_free_all() - free taps
 * @list: the list, empty afterwards
 */
void tap_free_all(struct tap **list)
{
	struct tap *tap;

	while ((tap = *list)) {
		*list = tap->next;
		tap_close(tap);
		free(tap->buf);
		free(tap);
	}
}
