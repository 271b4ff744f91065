# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "a kernel offers something that is not expected" "not what compat/expected/" <<'END'
sed -i 's/^iommu_map_gfp y/iommu_map_gfp n/' "compat/expected/$T1X_SERIES.txt"
END

plant "a new probe without an expected result" "not what compat/expected/" <<'END'
cp compat/probes/iommu_map_gfp.c compat/probes/planted.c
END

plant "a probe that broke" "not what compat/expected/" <<'END'
echo '#include <linux/planted.h>' >>compat/probes/follow_pfnmap.c
END

plant "an unusable build environment" "nothing can be compiled" <<'END'
echo '#error planted' >>compat/probes/control_pass.c
END
