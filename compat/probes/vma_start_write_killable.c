// SPDX-License-Identifier: GPL-2.0-only
/* vma_start_write_killable(). */
#include <linux/mm.h>

int probe(struct vm_area_struct *vma);
int probe(struct vm_area_struct *vma)
{
	return vma_start_write_killable(vma);
}
