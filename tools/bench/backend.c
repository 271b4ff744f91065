// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "backend.h"
#include "edu.h"
#include "iommu.h"
#include "text.h"

#define PREFER	"/sys/module/vfio_iommu_type1x/parameters/prefer"

static bool backend_stock_only;
static char backend_prefer[8];
static int backend_group;

const char *backend_name(enum backend backend)
{
	return backend == BACKEND_STOCK ? "stock" : "ours";
}

void backend_use_stock_only(void)
{
	backend_stock_only = true;
}

int backend_setup(void)
{
	char bdf[VFIO_BDF_LEN];

	vfio_find(EDU_VENDOR_ID, EDU_DEVICE_ID, 0, bdf);
	backend_group = vfio_group_open(bdf);
	if (__text_read(PREFER, backend_prefer, sizeof(backend_prefer)) < 0) {
		/* Ours is not loaded. */
		backend_prefer[0] = '\0';
		return backend_stock_only ? 0 : -ENOENT;
	}
	text_write(PREFER, "N");
	return 0;
}

void backend_restore(void)
{
	if (backend_prefer[0])
		text_write(PREFER, backend_prefer);
	close(backend_group);
}

int backend_open(enum backend backend)
{
	bool ours = backend == BACKEND_OURS && !backend_stock_only;
	int container = vfio_container_open();
	struct iommu_info info;

	vfio_group_attach(backend_group, container);
	vfio_set_type(container, ours ? VFIO_TYPE1X_IOMMU : VFIO_TYPE1v2_IOMMU);
	iommu_info(container, &info);
	must_be(info.has_driver == ours);
	return container;
}

void backend_close(int container)
{
	vfio_group_detach(backend_group);
	close(container);
}
