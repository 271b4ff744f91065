// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard() and scoped_guard() for mutexes, 6.5, commit 54da6a092431 ("locking: Introduce
 * __cleanup() based infrastructure"); stable 6.1.y has them too, but 6.1.0 had not.
 */
#include <linux/mutex.h>
#include <linux/rwsem.h>

int probe(struct mutex *mutex, struct rw_semaphore *sem);
int probe(struct mutex *mutex, struct rw_semaphore *sem)
{
	scoped_guard(rwsem_read, sem)
		if (!sem)
			return 0;
	guard(mutex)(mutex);
	return 1;
}
