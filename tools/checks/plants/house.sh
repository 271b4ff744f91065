# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

driver=drivers/vfio/type1x

plant "user memory in a file where locks are held" "copy_from_user.. is for" <<END
sed -i 's/^\tkfree/\tif (copy_from_user(data, data, 1))\n\t\treturn;\n&/' $driver/main.c
END

plant "pages pinned elsewhere" "pin_user_pages_fast.. is for pin.c" <<END
sed -i 's/^\tkfree/\tpin_user_pages_fast(0, 1, 0, NULL);\n&/' $driver/main.c
END

plant "parameters of another driver" "vfio_pci_core_set_params.*vfio-pci, too" <<END
sed -i 's/^\tkfree/\tvfio_pci_core_set_params(0, 0, 0);\n&/' $driver/main.c
END

plant "IOMMU called elsewhere" "iommu_map.. is for domain.c" <<END
sed -i 's/^\tkfree/\tiommu_map(NULL, 0, 0, 1, 0, 0);\n&/' $driver/main.c
END

plant "core with a kernel header" "core/ must not include linux/slab.h" <<END
sed -i 's,^#include <linux/overflow.h>,#include <linux/slab.h>,' $driver/core/count.c
END

plant "core that allocates" "core/ has no locks" <<END
sed -i 's/^\tu32 sum;/&\n\tkmalloc(1, 0);/' $driver/core/count.c
END

plant "core file without a unit test" "no tools/testing/unit/planted_test.c" <<END
cp $driver/core/count.c $driver/core/planted.c
END

plant "core header without a unit test" "no tools/testing/unit/planted_test.c" <<END
cp $driver/core/count.h $driver/core/planted.h
END

plant "kernel version in a driver" "LINUX_VERSION_CODE in kernel code" <<END
echo '#define T1X_OLD (LINUX_VERSION_CODE < 1)' >>$driver/private.h
END

plant "compat's results in a driver" "COMPAT_HAVE_X in kernel code" <<END
echo '#define T1X_OLD COMPAT_HAVE_X' >>$driver/private.h
END

plant "file without a licence" "core/count.h: no SPDX" <<END
sed -i 1d $driver/core/count.h
END

plant "another licence" "licence MIT" <<END
sed -i '1s/GPL-2.0-only/MIT/' $driver/main.c
END

plant "user interface without the note" "system call note" <<'END'
sed -i '1s/ WITH Linux-syscall-note//' include/uapi/linux/vfio_mini.h
END

plant "function without the prefix" "planted.. lacks the prefix" <<END
printf 'static int planted(void)\n{\n\treturn 0;\n}\n' >>$driver/main.c
END

plant "function of a module for tests without the prefix" "modules/.*planted.. lacks" <<'END'
printf 'static int planted(void)\n{\n\treturn 0;\n}\n' >>tools/testing/modules/t1x_mini_test.c
END

plant "global variable without the prefix" "global planted lacks the prefix" <<END
printf 'unsigned int planted;\n' >>$driver/main.c
END

plant "files that call each other in a circle" "calls go in a circle" <<END
printf '\nint t1x_main_back(void)\n{\n\treturn 0;\n}\n' >>$driver/main.c
sed -i 's/return -ENOTTY;/return t1x_main_back();/' $driver/ioctl.c
END

plant "lock order not stated" "does not state the lock order" <<END
sed -i 's/Lock order/Locks/' $driver/private.h
END

plant "lock without a place in the order" "second has no place in the lock order" <<END
sed -i 's/^\tstruct mutex lock;/&\n\tstruct mutex second;/' $driver/private.h
END

plant "ioctl without a negative test" "calls VFIO_IOMMU_MAP_DMA" <<END
sed -i 's/^\tdefault:/\tcase VFIO_IOMMU_MAP_DMA:\n&/' $driver/ioctl.c
END

plant "test that expects no error" "calls VFIO_IOMMU_GET_INFO" <<'END'
sed -i 's/-EINVAL/0/' tools/testing/selftests/info_test.c
END

plant "path of the machine" "machine path" <<END
echo '/* see /ho''me/me/notes */' >>$driver/main.c
END

plant "unfinished work" "left" <<END
echo '/* TO''DO: the rest */' >>$driver/main.c
END

plant "white space at the end of a line" "white space at the end" <<END
echo '/* x */ ' >>$driver/main.c
END

plant "no newline at the end of a file" "no newline at the end" <<END
printf '/* x */' >>$driver/main.c
END

plant "long line" "more than 100 columns" <<END
printf '/* %0100d */\n' 0 >>$driver/main.c
END

plant "script that cannot be executed" "tools/checks/w1: not executable" <<'END'
chmod -x tools/checks/w1
END

plant "script that goes on after errors" 'no "set -euo pipefail"' <<'END'
sed -i '/^set -euo/d' tools/checks/w1
END

plant "kernel that dkms.conf does not know" "BUILD_EXCLUSIVE_KERNEL is not" <<'END'
echo '6.99 linux-image-6.99 linux-headers-6.99' >>tools/testing/qemu/kernels.list
END

plant "kernel without expected probe results" "compat/expected: has" <<'END'
rm compat/expected/6.1.txt
END

plant "kernel of another suite without them" "compat/expected: has" <<'END'
rm compat/expected/7.2.txt
END

plant "two versions" "version 9.9" <<END
echo 'MODULE_VERSION("9.9");' >>$driver/main.c
END

plant "make target that the help does not show" "planted is not in the help" <<'END'
printf 'planted:\n\ttrue\n' >>Makefile
END

plant "make target that is not phony" "planted is not phony" <<'END'
printf 'planted: ## do it\n\ttrue\n' >>Makefile
END

plant "make target for a script that is not there" "tools/planted does not exist" <<'END'
printf 'check: ## do it\n\ttools/planted\n' >>Makefile
END
