/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA to memory of processes, by a PASID and the process's own addresses.
 */
#ifndef SELFTESTS_SVADMA_H
#define SELFTESTS_SVADMA_H

#include <sys/mman.h>

#include "mem.h"
#include "testiommu.h"

/* Does the device see the memory of this process at its own address, both ways? */
static inline bool sva_works(int ti, int device, uint32_t pasid, char *addr, size_t size)
{
	static uint64_t seed = 1000;
	char *data = mem_untouched(size);
	bool same;

	mem_fill(data, size, ++seed);
	if (__testiommu_pasid_write(ti, device, pasid, addr, data, size))
		return false;
	same = mem_differs(addr, size, seed) < 0;
	mem_fill(addr, size, ++seed);
	if (__testiommu_pasid_read(ti, device, pasid, addr, data, size))
		return false;
	same &= mem_differs(data, size, seed) < 0;
	munmap(data, size);
	return same;
}

#endif /* SELFTESTS_SVADMA_H */
