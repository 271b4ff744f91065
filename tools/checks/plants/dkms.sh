# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "source that is not part of the package" "Error|error" <<'END'
mkdir elsewhere
mv drivers/vfio/type1x/core/count.h elsewhere/
sed -i 's,core/count.h,../../../elsewhere/count.h,' drivers/vfio/type1x/ioctl.c
sed -i 's,"count.h","../../../../elsewhere/count.h",' drivers/vfio/type1x/core/count.c
END

plant "module under another name" "vfio_planted" <<'END'
sed -i 's/^BUILT_MODULE_NAME\[0\].*/BUILT_MODULE_NAME[0]="vfio_planted"/' dkms.conf
END

plant "module that dkms does not know" "dkms.conf has no vfio_pci_type1x" <<'END'
sed -i '/\[2\]=/d' dkms.conf
END

plant "module for tests that is built for users" "for tests only" <<'END'
sed -i 's/^T1X_TEST_MODULES ?=/& 1/' Makefile
END

plant "kernels that are not supported are not skipped" "was not skipped" <<'END'
sed -i '/^BUILD_EXCLUSIVE_KERNEL/d' dkms.conf
END
