// SPDX-License-Identifier: GPL-2.0-only
/* Page faults under way hold a rw_semaphore of their VMA's, 6.4 to 6.14. */
#include <linux/mm.h>

bool probe(struct vm_area_struct *vma);
bool probe(struct vm_area_struct *vma)
{
	unsigned int seq;

	return !__is_vma_write_locked(vma, &seq) && rwsem_is_locked(&vma->vm_lock->lock);
}
