/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes with the credentials that a test wants, and what they may bind.
 *
 *	EXPECT_BIND(self, &root, &user, 0);
 */
#ifndef SELFTESTS_SVMCRED_H
#define SELFTESTS_SVMCRED_H

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "box.h"
#include "peer.h"
#include "svm.h"
#include "text.h"

#define USER		65534
#define OTHER		1001
#define YAMA		"/proc/sys/kernel/yama/ptrace_scope"

struct who {
	uid_t real, effective, saved;
	uid_t file;	/* for access to files, 0 if as effective */
	bool ptrace;	/* CAP_SYS_PTRACE, and nothing else */
	bool dormant;	/* that is permitted, and not effective */
	bool powerless; /* no capability, whatever the uids */
	bool hidden;	/* not dumpable */
	bool user_ns;	/* in a user namespace of its own */
	bool traceable; /* Yama: by anybody */
	bool sandboxed; /* Landlock: no processes outside */
	bool fileless;	/* Landlock: nor files */
};

#define IDS(ruid, euid, suid, ...) \
	{ .real = ruid, .effective = euid, .saved = suid, ##__VA_ARGS__ }
#define WHO(uid, ...)	IDS(uid, uid, uid, ##__VA_ARGS__)

/* These capabilities from now on; which must be permitted. */
static inline void who_capset(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = effective, .permitted = permitted },
		{ .effective = effective >> 32, .permitted = permitted >> 32 },
	};

	must_sys(syscall(SYS_capset, &header, data));
}

static inline bool who_can_be_sandboxed(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* Whatever the rules forbid, processes outside are forbidden, too. */
static inline void who_enter_sandbox(uint64_t forbidden)
{
	struct landlock_ruleset_attr none = { .handled_access_fs = forbidden };
	int rules = must_sys(syscall(SYS_landlock_create_ruleset, &none, sizeof(none), 0));

	must_sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must_sys(syscall(SYS_landlock_restrict_self, rules, 0));
	close(rules);
}

/* From root. */
static inline long who_become(void *arg)
{
	const struct who *who = arg;

	must_sys(prctl(PR_SET_KEEPCAPS, who->ptrace));
	must_sys(setresgid(who->real, who->effective, who->saved));
	must_sys(setresuid(who->real, who->effective, who->saved));
	if (who->file) {
		setfsgid(who->file);
		setfsuid(who->file);
	}
	if (who->ptrace)
		who_capset(1ull << CAP_SYS_PTRACE, who->dormant ? 0 : 1ull << CAP_SYS_PTRACE);
	else if (who->powerless)
		who_capset(0, 0);
	if (who->user_ns)
		must_sys(unshare(CLONE_NEWUSER));
	must_sys(prctl(PR_SET_DUMPABLE, !who->hidden));
	if (who->traceable)
		must_sys(prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY));
	if (who->sandboxed)
		who_enter_sandbox(LANDLOCK_ACCESS_FS_MAKE_SOCK);
	if (who->fileless)
		who_enter_sandbox(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	return 0;
}

/* What a process like that gets, who binds what the selector says. */
static inline int who_binds(int container, const struct who *caller, uint32_t flags, int target)
{
	int *result = child_shared(sizeof(*result)), ret;
	pid_t child = child_begin();

	if (!child) {
		who_become((void *)caller);
		*result = __svm_bind(container, flags, target);
		if (*result > 0)
			*result = __svm_unbind(container, *result);
		child_end();
	}
	child_wait(child);
	ret = *result;
	munmap(result, sizeof(*result));
	return ret;
}

/* And by pid and pidfd, of another process like this. */
static inline int who_binds_who(int container, const struct who *caller, const struct who *target)
{
	struct peer *peer = peer_begin();
	int pidfd = svm_pidfd(peer->pid), ret;

	peer_call(peer, who_become, (void *)target);
	ret = who_binds(container, caller, VFIO_SVM_PID, peer->pid);
	EXPECT_EQ(who_binds(container, caller, VFIO_SVM_PIDFD, pidfd), ret);
	close(pidfd);
	peer_end(peer);
	return ret;
}

#define EXPECT_BIND(self, caller, target, expected) \
	EXPECT_EQ(who_binds_who((self)->container, caller, target), expected)

/* This program once more, as that file, for somebody to run. */
static inline void who_copy_program(const char *path, mode_t mode)
{
	static char buf[1 << 16];
	int from = must_sys(open("/proc/self/exe", O_RDONLY));
	int to = must_sys(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700));
	ssize_t nbytes;

	while ((nbytes = must_sys(read(from, buf, sizeof(buf)))))
		must_be(write(to, buf, nbytes) == nbytes);
	must_sys(fchmod(to, mode));
	close(to);
	close(from);
}

static inline bool yama_set(const char *scope)
{
	return !__text_write(YAMA, scope);
}

#endif /* SELFTESTS_SVMCRED_H */
