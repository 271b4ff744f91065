# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "user pointer taken for one of the kernel's" "removes address space" <<'END'
sed -i 's/^\tif (info.argsz/\tif (*(int *)(void __user *)arg)\n\t\treturn -EINVAL;\n&/' \
	drivers/vfio/type1x/ioctl.c
END

plant "number that is not in CPU order" "restricted __le32|cast to restricted" <<'END'
sed -i 's/^\tu32 sum;/\tu32 sum = (__le32)nr;/' drivers/vfio/type1x/core/count.c
END

plant "file that is not built is not checked" "planted.c: sparse did not run" <<'END'
cp drivers/vfio/type1x/core/count.c drivers/vfio/type1x/planted.c
END

plant "file of a module for tests is not checked" "modules/planted.c: sparse did not run" <<'END'
cp tools/testing/modules/t1x_mini_test.c tools/testing/modules/planted.c
END

plant "sparse that does not run" "sparse did not run" <<'END'
sed -i 's/ C=2 / C=0 /' tools/checks/sparse
END
