# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "unused variable" "unused variable .planted." <<'END'
sed -i 's/^\tu32 sum;/\tu32 sum, planted;/' drivers/vfio/type1x/core/count.c
END

plant "a warning in an object that a later run does not build" "unused variable .planted." <<'END'
sed -i 's/^\tu32 sum;/\tu32 sum, planted;/' drivers/vfio/type1x/core/count.c
tools/lib/build-modules "$T1X_SERIES" >build.log 2>&1
END

plant "missing prototype, which only W=1 tells" "no previous prototype" <<'END'
printf '\nint t1x_planted(void)\n{\n\treturn 0;\n}\n' >>drivers/vfio/type1x/main.c
END

plant "source file in no Makefile" "planted.c: not built" <<'END'
cp drivers/vfio/type1x/core/count.c drivers/vfio/type1x/planted.c
END

plant "source file of a module for tests in no Makefile" "modules/planted.c: not built" <<'END'
cp tools/testing/modules/t1x_mini_test.c tools/testing/modules/planted.c
END

plant "module for tests that is not built" "t1x_mini_test.c: not built" <<'END'
rm -rf out
sed -i 's/T1X_TEST_MODULES=1/T1X_TEST_MODULES=/' tools/lib/build-modules
END

plant "does not compile" "error: .*planted" <<'END'
sed -i 's/^\tu32 sum;/\tplanted sum;/' drivers/vfio/type1x/core/count.c
END

plant "probe environment that cannot compile anything" "nothing can be compiled" <<'END'
echo '#error planted' >>compat/probes/control_pass.c
END

plant "probe environment in which everything compiles" "no result can be trusted" <<'END'
cp compat/probes/control_pass.c compat/probes/control_fail.c
END

plant "kernel that lacks what compat cannot supply" "not supported: probe require_planted" <<'END'
echo '#error planted' >compat/probes/require_planted.c
END

plant "call that is not safe on this kernel" "calls what is not to be called" <<'END'
cat >>drivers/vfio/type1x/main.c <<'SOURCE'

#include <linux/iommu.h>
#undef iommu_sva_unbind_device

void t1x_planted(struct iommu_sva *sva);
void t1x_planted(struct iommu_sva *sva)
{
	iommu_sva_unbind_device(sva);
}
SOURCE
END
