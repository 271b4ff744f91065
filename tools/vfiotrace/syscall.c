// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between ptrace, which knows registers, and the decoders, which know ioctls.
 */
#include <linux/audit.h>
#include <linux/ioctl.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "syscall.h"

#define X32_SYSCALL_BIT		0x40000000
#define IOMMUFD_FIRST_OWN	0x80

struct syscall_show syscall_show;

/* A way in which programs call the kernel. */
struct abi {
	uint32_t arch;
	uint64_t ioctl; /* number of that system call */
	bool is_32bit;
	bool is_packed;
};

static const struct abi abis[] = {
	{ AUDIT_ARCH_X86_64, 16, false, false },
	{ AUDIT_ARCH_X86_64, 514 | X32_SYSCALL_BIT, true, false },
	{ AUDIT_ARCH_I386, 54, true, true },
	{ AUDIT_ARCH_AARCH64, 29, false, false },
	{ AUDIT_ARCH_ARM, 54, true, false },
	{ AUDIT_ARCH_PPC64, 54, false, false },
	{ AUDIT_ARCH_PPC64LE, 54, false, false },
	{ AUDIT_ARCH_S390X, 54, false, false },
	{ AUDIT_ARCH_RISCV64, 29, false, false },
};

static const struct abi *abi_of_ioctl(const struct __ptrace_syscall_info *info)
{
	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++)
		if (abis[i].arch == info->arch && abis[i].ioctl == info->entry.nr)
			return &abis[i];
	return NULL;
}

/* What the file is, as far as this request is concerned. */
static enum decode_kind syscall_kind(pid_t tid, int fd, uint32_t request)
{
	enum decode_kind kind;

	if (_IOC_TYPE(request) != VFIO_TYPE)
		return DECODE_NOTHING;
	kind = proc_fd_kind(tid, fd);
	if (kind == DECODE_IOMMUFD)
		kind = _IOC_NR(request) < IOMMUFD_FIRST_OWN ? DECODE_CONTAINER : DECODE_NOTHING;
	return syscall_show.kinds & 1U << kind ? kind : DECODE_NOTHING;
}

static void syscall_enter(struct syscall *syscall, pid_t tid, pid_t tgid,
			  const struct __ptrace_syscall_info *info)
{
	const struct abi *abi = abi_of_ioctl(info);
	const uint64_t *args = (const uint64_t *)info->entry.args;
	enum decode_kind kind;

	syscall_abandon(syscall);
	if (!abi)
		return;
	kind = syscall_kind(tid, args[0], args[1]);
	if (kind == DECODE_NOTHING)
		return;

	syscall->is_going_on = true;
	syscall->tid = tid;
	syscall->fd = args[0];
	syscall->entry = files_get(tgid, syscall->fd, kind);
	syscall->tracee = (struct decode_tracee){
		.memory = { .read = memory_read_process, .context = &syscall->tid },
		.fd_path = proc_fd_path,
		.context = &syscall->tid,
	};
	syscall->call = (struct decode_call){
		.tracee = &syscall->tracee,
		.state = &syscall->entry->state,
		.kind = kind,
		.number = args[1],
		.argument = abi->is_32bit ? (uint32_t)args[2] : args[2],
		.is_32bit = abi->is_32bit,
		.is_packed = abi->is_packed,
	};
	proc_fd_path(&tid, syscall->fd, syscall->path, sizeof(syscall->path));
	decode_begin(&syscall->call);
}

static void syscall_print(struct syscall *syscall, const char *label)
{
	struct print fd_text = { 0 }, line = { 0 };

	print_text(&fd_text, "%d<%s%s%s>", syscall->fd, syscall->path, *label ? ":" : "", label);
	syscall->call.fd_text = fd_text.text;
	if (syscall_show.with_tid)
		print_text(&line, "[pid %d] ", syscall->tid);
	decode_print(&syscall->call, &line);

	/* One write per line: others may write to the same file. */
	fprintf(syscall_show.file, "%s\n", line.text);
	fflush(syscall_show.file);
	print_free(&fd_text);
	print_free(&line);
	decode_free(&syscall->call);
	syscall->is_going_on = false;
}

/**
 * syscall_stop() - a thread has stopped at the beginning or at the end of a system call
 * @syscall: the call of that thread
 * @tid: the thread
 * @tgid: its process
 * @info: what ptrace says
 *
 * Ends without a beginning are those of calls that went on before we came.
 */
void syscall_stop(struct syscall *syscall, pid_t tid, pid_t tgid,
		  const struct __ptrace_syscall_info *info)
{
	bool is_news;

	if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
		syscall_enter(syscall, tid, tgid, info);
	} else if (info->op == PTRACE_SYSCALL_INFO_EXIT && syscall->is_going_on) {
		decode_end(&syscall->call, info->exit.rval, info->exit.is_error);
		is_news = files_new_label(syscall->entry, tid);
		syscall_print(syscall, is_news ? syscall->entry->label : "");
	}
}

/**
 * syscall_abandon() - the call will have no end that we see
 * @syscall: of a thread that has died, or is another program now
 */
void syscall_abandon(struct syscall *syscall)
{
	if (syscall->is_going_on)
		syscall_print(syscall, "");
}
