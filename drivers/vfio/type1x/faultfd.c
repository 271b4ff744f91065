// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file from which a program reads the faults of its devices, and to which it writes
 * the answers to page requests.
 *
 * It belongs to a queue, not to an address space: while it is open neither memory stays
 * pinned for it nor a group taken.  When the address space is gone, a reader gets what
 * is left, and then the end of the file.
 *
 * A reader's buffer can be memory that takes for ever to appear.  So it is made to
 * appear without a lock, and then written to with one, but only if that does not fault;
 * else it is tried again, a number of times.  Nobody waits for somebody else's memory,
 * and a record that cannot be written stays where it is.
 */
#include <linux/anon_inodes.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <uapi/linux/vfio_type1x.h>

#include "private.h"

#define T1X_FAULTFD_RECORD	sizeof(struct vfio_type1x_fault)
#define T1X_FAULTFD_RESPONSE	sizeof(struct vfio_type1x_fault_response)

/*
 * So often memory may be gone again before it is written to; it may also be such that
 * it never can be, though it seems to be there (memory tags of Arm).
 */
#define T1X_FAULTFD_TRIES	64

static bool t1x_faultfd_is_over(const struct t1x_fault_queue *queue)
{
	/* Pairs with the release in t1x_fault_remove(): look for records after this. */
	return smp_load_acquire(&queue->over);
}

/*
 * Copy as many records as fit, and are there, without a page fault.  Adds the bytes to
 * @done.  Returns 0, -EFAULT if it stopped because the buffer is not there at the
 * moment, -EAGAIN if it would have had to wait for another reader, or -EINTR.
 */
static int t1x_faultfd_take(struct t1x_fault_queue *queue, struct kiocb *iocb,
			    struct iov_iter *to, ssize_t *done)
{
	const struct t1x_ring_reader *reader = &queue->reader;
	size_t room = reader->nr_records, copied;
	int ret = 0;
	u32 slot;

	if (iocb->ki_flags & IOCB_NOWAIT) {
		if (!mutex_trylock(&queue->read_mutex))
			return -EAGAIN;
	} else if (mutex_lock_killable(&queue->read_mutex)) {
		return -EINTR;
	}
	while (room-- && iov_iter_count(to) >= T1X_FAULTFD_RECORD &&
	       t1x_ring_reader_run(reader, &slot)) {
		pagefault_disable();
		copied = copy_to_iter(&queue->records[slot], T1X_FAULTFD_RECORD, to);
		pagefault_enable();
		if (copied < T1X_FAULTFD_RECORD) {
			iov_iter_revert(to, copied);
			ret = -EFAULT;
			break;
		}
		t1x_ring_reader_done(reader, 1);
		*done += T1X_FAULTFD_RECORD;
	}
	mutex_unlock(&queue->read_mutex);
	return ret;
}

/* Wait for a record. 0 if there is one, or is to be none any more, which sets @over. */
static int t1x_faultfd_wait(struct kiocb *iocb, struct t1x_fault_queue *queue, bool *over)
{
	int ret;

	*over = t1x_faultfd_is_over(queue);
	if (*over || !t1x_ring_reader_is_empty(&queue->reader))
		return 0;
	if (iocb->ki_filp->f_flags & O_NONBLOCK || iocb->ki_flags & IOCB_NOWAIT)
		return -EAGAIN;
	ret = wait_event_interruptible(queue->wait, t1x_faultfd_is_over(queue) ||
				       !t1x_ring_reader_is_empty(&queue->reader));
	*over = t1x_faultfd_is_over(queue);
	return ret;
}

/* Let the memory for the next record appear, unless it has disappeared too often. */
static int t1x_faultfd_settle(struct iov_iter *to, unsigned int *tries)
{
	if ((*tries)++ == T1X_FAULTFD_TRIES || fault_in_iov_iter_writeable(to, T1X_FAULTFD_RECORD))
		return -EFAULT;
	if (signal_pending(current))
		return -ERESTARTSYS;
	cond_resched();
	return 0;
}

static ssize_t t1x_faultfd_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct t1x_fault_queue *queue = iocb->ki_filp->private_data;
	ssize_t done = 0, before;
	unsigned int tries = 0;
	bool over;
	int ret;

	if (iov_iter_count(to) < T1X_FAULTFD_RECORD)
		return -EINVAL;
	for (;;) {
		ret = done ? 0 : t1x_faultfd_wait(iocb, queue, &over);
		if (ret)
			return ret;
		before = done;
		ret = t1x_faultfd_take(queue, iocb, to, &done);
		if (ret != -EFAULT) {
			if (done || ret || over)
				return done ?: ret;
			continue; /* another reader was faster */
		}
		if (done > before)
			tries = 0;
		ret = t1x_faultfd_settle(to, &tries);
		if (ret)
			return done ?: ret;
	}
}

/* Only a file that answers can be written to at all. */
static ssize_t t1x_faultfd_write(struct file *file, const char __user *buf, size_t count,
				 loff_t *ppos)
{
	struct t1x_fault_queue *queue = file->private_data;
	struct vfio_type1x_fault_response response;
	size_t done = 0;
	int ret = 0;

	if (count < T1X_FAULTFD_RESPONSE)
		return -EINVAL;
	while (!ret && count - done >= T1X_FAULTFD_RESPONSE) {
		if (copy_from_user(&response, buf + done, T1X_FAULTFD_RESPONSE))
			ret = -EFAULT;
		else
			ret = t1x_prq_answer(queue->prq, &response);
		if (!ret)
			done += T1X_FAULTFD_RESPONSE;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done ?: ret;
}

static __poll_t t1x_faultfd_poll(struct file *file, poll_table *table)
{
	struct t1x_fault_queue *queue = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &queue->wait, table);
	if (t1x_faultfd_is_over(queue))
		mask |= EPOLLHUP;
	if (!t1x_ring_reader_is_empty(&queue->reader))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (queue->prq)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

static void t1x_faultfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct t1x_fault_queue *queue = file->private_data;
	u64 sequence, lost;
	u32 waiting;

	raw_spin_lock_irq(&queue->lock);
	sequence = queue->ring.sequence;
	lost = queue->ring.lost;
	waiting = queue->ring.head - READ_ONCE(queue->consumer);
	raw_spin_unlock_irq(&queue->lock);

	seq_printf(m, "type1x-fault-room:\t%u\n", queue->reader.nr_records);
	seq_printf(m, "type1x-fault-waiting:\t%u\n", waiting);
	seq_printf(m, "type1x-fault-records:\t%llu\n", sequence);
	seq_printf(m, "type1x-fault-lost:\t%llu\n", lost);
	if (queue->prq)
		seq_printf(m, "type1x-fault-unanswered:\t%u\n", t1x_prq_nr_waiting(queue->prq));
}

static int t1x_faultfd_release(struct inode *inode, struct file *file)
{
	struct t1x_fault_queue *queue = file->private_data;

	if (queue->prq)
		t1x_prq_close(queue);
	t1x_fault_leave(queue);
	return 0;
}

static const struct file_operations t1x_faultfd_fops = {
	.owner = THIS_MODULE,
	.read_iter = t1x_faultfd_read,
	.write = t1x_faultfd_write,
	.poll = t1x_faultfd_poll,
	.show_fdinfo = t1x_faultfd_show_fdinfo,
	.release = t1x_faultfd_release,
};

static struct file *t1x_faultfd_file(struct t1x_fault_queue *queue, u32 request_flags)
{
	int flags = queue->prq ? O_RDWR : O_RDONLY;
	struct file *file;

	if (request_flags & VFIO_TYPE1X_FAULT_FD_NONBLOCK)
		flags |= O_NONBLOCK;
	file = anon_inode_getfile("[vfio-type1x-fault]", &t1x_faultfd_fops, queue, flags);
	if (!IS_ERR(file))
		file->f_mode |= FMODE_NOWAIT;
	return file;
}

/**
 * t1x_faultfd_open() - VFIO_TYPE1X_FAULT_FD
 * @ioas: address space
 * @request: what the program asks for; the rest is filled in
 *
 * Return: file, or an ERR_PTR(): -EINVAL for what is not possible, -ENOSPC, -ENOMEM,
 * -ENFILE; for page requests also as t1x_prq_open().
 */
struct file *t1x_faultfd_open(struct t1x_ioas *ioas, struct vfio_type1x_fault_fd *request)
{
	struct t1x_fault_queue *queue;
	struct file *file;
	int ret;

	if (request->argsz < sizeof(*request) ||
	    request->flags & ~(VFIO_TYPE1X_FAULT_FD_NONBLOCK | VFIO_TYPE1X_FAULT_FD_RESPOND) ||
	    request->nr_records > T1X_FAULT_MAX_RECORDS)
		return ERR_PTR(-EINVAL);

	queue = t1x_fault_join(&ioas->faults, request->nr_records, request->cookie);
	if (IS_ERR(queue))
		return ERR_CAST(queue);
	request->nr_records = queue->reader.nr_records;
	request->record_size = T1X_FAULTFD_RECORD;
	if (request->flags & VFIO_TYPE1X_FAULT_FD_RESPOND) {
		ret = t1x_prq_open(ioas, queue);
		if (ret) {
			file = ERR_PTR(ret);
			goto err_leave;
		}
	}
	file = t1x_faultfd_file(queue, request->flags);
	if (!IS_ERR(file))
		return file;
	if (queue->prq)
		t1x_prq_close(queue);
err_leave:
	t1x_fault_leave(queue);
	return file;
}
