// SPDX-License-Identifier: GPL-2.0-only
/*
 * The software IOMMU, for a shell.
 *
 * usage: ti load PARAMETERS		load it, and give its devices to vfio-pci
 *	  ti unload
 *	  ti fault DEVICE IOVA WRITE COUNT	report faults of the device's domain
 *	  ti report DEVICE IOVA PERM REASON	report a fault of the device
 *
 * See t1x_test_iommu.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testiommu.h"

static void fault(int ti, char **words)
{
	struct t1x_ti_fault fault = {
		.device = atoi(words[0]),
		.iova = strtoull(words[1], NULL, 0),
		.flags = atoi(words[2]),
		.context = T1X_TI_IN_HARDIRQ,
		.count = atoi(words[3]),
	};

	testiommu_fault(ti, &fault);
}

static void report(int ti, char **words)
{
	struct t1x_ti_report report = {
		.device = atoi(words[0]),
		.type = T1X_TI_UNRECOVERABLE,
		.addr = strtoull(words[1], NULL, 0),
		.perm = atoi(words[2]),
		.reason = atoi(words[3]),
	};

	testiommu_report(ti, &report);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	int ti;

	if (!strcmp(command, "load") && argc == 3) {
		testiommu_load(argv[2]);
		return 0;
	}
	ti = must_sys(open(T1X_TI_PATH, O_RDWR | O_CLOEXEC));
	if (!strcmp(command, "unload") && argc == 2)
		testiommu_unload(ti);
	else if (!strcmp(command, "fault") && argc == 6)
		fault(ti, argv + 2);
	else if (!strcmp(command, "report") && argc == 6)
		report(ti, argv + 2);
	else
		must_be(false);
}
