// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials: may the caller have the memory of that process?
 *
 * He may if he may attach to it with ptrace(2), by his real ids.  Who may that is a
 * matter of uids, capabilities, user namespaces, dumpability and security modules, and
 * the functions that know are not for modules.  But opening /proc/PID/mem asks just
 * that question, and the file that comes of it holds the very mm that was asked for.
 * So it is opened here, in a mount of our own that nobody can put something else into:
 *
 *	find the process --> its mm --> open PID/mem --> is it the same mm?
 *
 * The last step is what makes it safe.  Between the others the process may exec, or end
 * and another one may get its pid; but what is bound is the mm that was checked.
 *
 * The kernel checks by the ids for file access, which are made to be the real ones
 * meanwhile.  The file is not opened by its path, which would ask for permission to
 * access the inode as well, and that has nothing to do with ptrace.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "cred.h"

/* How often a process may exec while it is being looked at. */
#define T1X_CRED_MAX_TRIES	16

static struct vfsmount *t1x_cred_proc;
/* What makes a file a /proc/PID/mem. */
static const struct file_operations *t1x_cred_mem_fops;

/* The pid namespace whose numbers our mount of proc has. */
static struct pid_namespace *t1x_cred_pid_ns(void)
{
	return proc_pid_ns(t1x_cred_proc->mnt_sb);
}

static struct file *t1x_cred_open_as(const struct cred *cred, const char *name)
{
	struct file *file;
	struct path path;
	int ret;

	ret = vfs_path_lookup(t1x_cred_proc->mnt_root, t1x_cred_proc, name, 0, &path);
	if (ret)
		return ERR_PTR(ret);
	file = dentry_open(&path, O_RDWR | O_LARGEFILE, cred);
	path_put(&path);
	return file;
}

/* The memory of a process, by its number in our mount, if the caller may attach to it. */
static struct file *t1x_cred_open_mem(pid_t nr)
{
	const struct cred *old;
	char name[24];
	struct file *file;
	struct cred *cred;

	cred = prepare_creds();
	if (!cred)
		return ERR_PTR(-ENOMEM);
	cred->fsuid = cred->uid;
	cred->fsgid = cred->gid;

	snprintf(name, sizeof(name), "%d/mem", nr);
	old = override_creds(cred);
	file = t1x_cred_open_as(cred, name);
	revert_creds(old);
	put_cred(cred);
	return file;
}

/* Check one mm of a task; -EAGAIN if the task has got another one meanwhile. */
static int t1x_cred_try(struct task_struct *task, pid_t nr, struct mm_struct **checked)
{
	struct mm_struct *mm = get_task_mm(task);
	struct file *file;
	int ret = 0;

	/* A kernel thread, or one that has ended but for its parent. */
	if (!mm)
		return -ESRCH;
	file = t1x_cred_open_mem(nr);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
	} else {
		if (file->private_data != mm)
			ret = -EAGAIN;
		fput(file);
	}
	if (ret) {
		mmput_async(mm);
		return ret;
	}
	*checked = mm;
	return 0;
}

/* What ptrace(2) says to the same. */
static int t1x_cred_errno(int ret)
{
	if (ret == -EACCES)
		return -EPERM;
	return ret == -ENOENT ? -ESRCH : ret;
}

/* The leader of a thread; RCU keeps him if it keeps, or somebody holds, the thread. */
static struct task_struct *t1x_cred_leader(struct task_struct *task)
{
	struct task_struct *leader;

	rcu_read_lock();
	leader = pid_alive(task) ? READ_ONCE(task->group_leader) : task;
	get_task_struct(leader);
	rcu_read_unlock();
	return leader;
}

static int t1x_cred_check(struct pid *pid, struct t1x_subject *subject)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	pid_t nr = pid_nr_ns(pid, t1x_cred_pid_ns());
	unsigned int tries = 0;
	int ret;

	if (!task)
		return -ESRCH;
	/* A process that whoever has loaded us could not see has no number there. */
	do {
		ret = nr ? t1x_cred_try(task, nr, &subject->mm) : -ESRCH;
		if (ret == -EAGAIN && fatal_signal_pending(current))
			ret = -EINTR;
	} while (ret == -EAGAIN && ++tries < T1X_CRED_MAX_TRIES);

	if (!ret)
		subject->task = t1x_cred_leader(task);
	put_task_struct(task);
	return t1x_cred_errno(ret);
}

/**
 * t1x_cred_self() - the caller's own memory
 * @subject: filled in, to be put again
 *
 * Return: 0, or -ENODEV if he has none.
 */
int t1x_cred_self(struct t1x_subject *subject)
{
	if (!current->mm)
		return -ENODEV;
	mmget(current->mm);
	subject->mm = current->mm;
	subject->task = t1x_cred_leader(current);
	return 0;
}

/**
 * t1x_cred_pid() - the memory of the process with this number
 * @nr: pid in the caller's pid namespace
 * @subject: filled in, to be put again
 *
 * Return: 0; -ESRCH if there is no such process or it has no memory, -EPERM if the
 * caller may not attach to it, -EAGAIN if it does nothing but exec, -ENOMEM, -EINTR.
 */
int t1x_cred_pid(pid_t nr, struct t1x_subject *subject)
{
	struct pid *pid = find_get_pid(nr);
	int ret;

	if (!pid)
		return -ESRCH;
	ret = t1x_cred_check(pid, subject);
	put_pid(pid);
	return ret;
}

/* The process behind a pidfd; kernels differ in what that is. */
static struct pid *t1x_cred_pid_of(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (inode->i_sb->s_magic == PID_FS_MAGIC)
		return inode->i_private;
	if (inode->i_sb->s_magic == ANON_INODE_FS_MAGIC &&
	    !strcmp(file_dentry(file)->d_name.name, "[pidfd]"))
		return file->private_data;
	return NULL;
}

/**
 * t1x_cred_pidfd() - the memory of the process behind a pidfd
 * @fd: file descriptor of the caller
 * @subject: filled in, to be put again
 *
 * Return: as t1x_cred_pid(); -EBADF if @fd is not open, -EOPNOTSUPP if it is not known
 * to be a pidfd.
 */
int t1x_cred_pidfd(int fd, struct t1x_subject *subject)
{
	struct file *file = fget(fd);
	struct pid *pid;
	int ret;

	if (!file)
		return -EBADF;
	pid = t1x_cred_pid_of(file);
	ret = pid ? t1x_cred_check(pid, subject) : -EOPNOTSUPP;
	fput(file);
	return ret;
}

/* Whose limits count for an mm that somebody is using: that of its thread group. */
static struct task_struct *t1x_cred_owner(const struct mm_struct *mm)
{
	struct task_struct *task;

	rcu_read_lock();
	task = mm_owner_rcu(mm);
	if (task)
		task = t1x_cred_leader(task);
	rcu_read_unlock();
	return task;
}

/**
 * t1x_cred_mem_fd() - the memory behind an open /proc/PID/mem
 * @fd: file descriptor of the caller
 * @subject: filled in, to be put again
 *
 * Whoever has opened it was allowed to, and has let the caller have it.
 *
 * Return: 0; -EBADF if @fd is not open for reading and writing, -EOPNOTSUPP if it is not
 * known to be such a file, -ESRCH if the memory is gone.
 */
int t1x_cred_mem_fd(int fd, struct t1x_subject *subject)
{
	const fmode_t both = FMODE_READ | FMODE_WRITE;
	struct file *file = fget(fd);
	struct mm_struct *mm;
	int ret = 0;

	if (!file)
		return -EBADF;
	mm = file->private_data;
	if (!t1x_cred_mem_fops || file->f_op != t1x_cred_mem_fops)
		ret = -EOPNOTSUPP;
	else if ((file->f_mode & both) != both)
		ret = -EBADF;
	else if (!mm || !mmget_not_zero(mm))
		ret = -ESRCH;
	fput(file);
	if (ret)
		return ret;

	subject->mm = mm;
	subject->task = t1x_cred_owner(mm);
	if (subject->task)
		return 0;
	mmput_async(mm);
	return -ESRCH;
}

/**
 * t1x_cred_put() - a subject is no longer needed
 * @subject: what one of the above has filled in
 */
void t1x_cred_put(struct t1x_subject *subject)
{
	mmput_async(subject->mm);
	put_task_struct(subject->task);
}

/**
 * t1x_cred_init() - get ready to check
 *
 * Return: 0 or an errno.
 */
int t1x_cred_init(void)
{
	struct file_system_type *type = get_fs_type("proc");
	struct file *file;

	if (!type)
		return -ENODEV;
	t1x_cred_proc = kern_mount(type);
	module_put(type->owner);
	if (IS_ERR(t1x_cred_proc))
		return PTR_ERR(t1x_cred_proc);

	/* That of a process that has no memory does not open: then none is recognised. */
	file = t1x_cred_open_mem(pid_nr_ns(task_tgid(current), t1x_cred_pid_ns()));
	if (!IS_ERR(file)) {
		t1x_cred_mem_fops = file->f_op;
		fput(file);
	}
	return 0;
}

/**
 * t1x_cred_exit() - undo it
 */
void t1x_cred_exit(void)
{
	kern_unmount(t1x_cred_proc);
}
