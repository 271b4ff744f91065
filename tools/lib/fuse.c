// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuse.h"
#include "mem.h"

#define FUSE_FILE_NODE		2
#define FUSE_REQUEST_BYTES	(FUSE_MIN_READ_BUFFER + KIB(128))
#define FUSE_POLL_MS		5
#define FUSE_FOREVER		3600 /* seconds that names and attributes stay valid */

static void fuse_reply(struct fuse_file *file, uint64_t unique, int error, const void *data,
		       size_t size)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + (error ? 0 : size),
		.error = -error,
		.unique = unique,
	};
	struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ (void *)data, error ? 0 : size },
	};

	/* Fails if the one who asked is gone; that is his business. */
	if (writev(file->fd, parts, 2) < 0)
		return;
}

static void fuse_fill_attr(const struct fuse_file *file, struct fuse_attr *attr, uint64_t node)
{
	*attr = (struct fuse_attr){
		.ino = node,
		.size = node == FUSE_FILE_NODE ? file->size : 0,
		.mode = node == FUSE_FILE_NODE ? S_IFREG | 0444 : S_IFDIR | 0555,
		.nlink = 1,
		.blksize = PAGE,
	};
}

/*
 * Readahead, because the kernel then waits for the pages, which can be killed,
 * and not for the request, which cannot.
 */
static void fuse_do_init(struct fuse_file *file, uint64_t unique)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.flags = FUSE_ASYNC_READ,
		.max_readahead = KIB(64),
		.max_write = PAGE,
	};

	fuse_reply(file, unique, 0, &out, sizeof(out));
}

static void fuse_do_lookup(struct fuse_file *file, uint64_t unique)
{
	struct fuse_entry_out out = {
		.nodeid = FUSE_FILE_NODE,
		.entry_valid = FUSE_FOREVER,
		.attr_valid = FUSE_FOREVER,
	};

	fuse_fill_attr(file, &out.attr, FUSE_FILE_NODE);
	fuse_reply(file, unique, 0, &out, sizeof(out));
}

static void fuse_do_getattr(struct fuse_file *file, uint64_t unique, uint64_t node)
{
	struct fuse_attr_out out = { .attr_valid = FUSE_FOREVER };

	fuse_fill_attr(file, &out.attr, node);
	fuse_reply(file, unique, 0, &out, sizeof(out));
}

static void fuse_hold(struct fuse_file *file, const struct fuse_request *request)
{
	if (file->num_held == FUSE_MAX_HELD) {
		fuse_reply(file, request->unique, ENOMEM, NULL, 0);
		return;
	}
	file->held[file->num_held] = *request;
	__atomic_store_n(&file->num_held, file->num_held + 1, __ATOMIC_RELEASE);
}

static void fuse_do_read(struct fuse_file *file, uint64_t unique, const struct fuse_read_in *in)
{
	const struct fuse_request request = { unique, in->offset, in->size, false };

	fuse_hold(file, &request);
}

static void fuse_do_write(struct fuse_file *file, uint64_t unique, const struct fuse_write_in *in)
{
	const struct fuse_request request = { unique, in->offset, in->size, true };

	fuse_hold(file, &request);
}

static void fuse_serve(struct fuse_file *file, const char *request)
{
	const struct fuse_in_header *header = (const void *)request;
	struct fuse_open_out opened = { .open_flags = FOPEN_KEEP_CACHE };

	switch (header->opcode) {
	case FUSE_INIT:
		fuse_do_init(file, header->unique);
		break;
	case FUSE_LOOKUP:
		fuse_do_lookup(file, header->unique);
		break;
	case FUSE_GETATTR:
		fuse_do_getattr(file, header->unique, header->nodeid);
		break;
	case FUSE_OPEN:
		fuse_reply(file, header->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		fuse_do_read(file, header->unique, (const void *)(header + 1));
		break;
	case FUSE_WRITE:
		fuse_do_write(file, header->unique, (const void *)(header + 1));
		break;
	case FUSE_RELEASE:
		fuse_reply(file, header->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break; /* these expect no answer */
	default:
		fuse_reply(file, header->unique, ENOSYS, NULL, 0);
	}
}

/* Contents are always the same; what is written is believed to be just that. */
static void fuse_answer(struct fuse_file *file, const struct fuse_request *request)
{
	const struct fuse_write_out written = { .size = request->size };
	size_t left = request->offset < file->size ? file->size - request->offset : 0;
	char *contents;

	if (request->is_write) {
		fuse_reply(file, request->unique, 0, &written, sizeof(written));
		return;
	}
	contents = malloc(file->size);
	must_be(contents);
	mem_fill(contents, file->size, file->seed);
	fuse_reply(file, request->unique, 0, contents + request->offset,
		   left < request->size ? left : request->size);
	free(contents);
}

static void fuse_answer_held(struct fuse_file *file)
{
	int i, num_kept = 0;

	for (i = 0; i < file->num_held; i++) {
		if (file->answer || !file->held[i].is_write)
			fuse_answer(file, &file->held[i]);
		else
			file->held[num_kept++] = file->held[i];
	}
	file->num_held = num_kept;
}

static void *fuse_run(void *arg)
{
	struct fuse_file *file = arg;
	char *request = malloc(FUSE_REQUEST_BYTES);

	must_be(request);
	while (!file->stop) {
		struct pollfd poller = { .fd = file->fd, .events = POLLIN };

		if (poll(&poller, 1, FUSE_POLL_MS) == 1 &&
		    read(file->fd, request, FUSE_REQUEST_BYTES) > 0)
			fuse_serve(file, request);
		if ((file->answer || file->answer_reads) && file->num_held)
			fuse_answer_held(file);
	}
	free(request);
	return NULL;
}

int __fuse_open(struct fuse_file *file, const char *dir, size_t size, uint64_t seed)
{
	char options[80];

	*file = (struct fuse_file){ .size = size, .seed = seed };
	snprintf(file->dir, sizeof(file->dir), "%s", dir);
	snprintf(file->path, sizeof(file->path), "%s/file", file->dir);
	file->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0)
		return -errno;
	mkdir(file->dir, 0755);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", file->fd);
	if (mount("fuse", file->dir, "fuse", MS_NOSUID | MS_NODEV, options)) {
		int error = errno;

		close(file->fd);
		return -error;
	}
	return -pthread_create(&file->server, NULL, fuse_run, file);
}

void fuse_deliver(struct fuse_file *file)
{
	file->answer = 1;
}

void fuse_close(struct fuse_file *file)
{
	if (file->stop)
		return;
	umount2(file->dir, MNT_DETACH);
	file->stop = 1;
	pthread_join(file->server, NULL);
	close(file->fd);
	rmdir(file->dir);
}
