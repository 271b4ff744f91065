# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

own=tools/checks/coccinelle

plant "user memory is read under a lock" "copy_from_user.. while a lock is held" \
	"$own/locked_wait.cocci" <<'END'
sed -i 's/^\tif (copy_from_user/\tmutex_lock(\&mini->lock);\n&/' drivers/vfio/type1x/ioctl.c
END

plant "user memory is read under a guard" "copy_from_user.. while a guard is held" \
	"$own/locked_wait.cocci" <<'END'
sed -i 's/^\tif (copy_from_user/\tguard(mutex)(\&mini->lock);\n&/' drivers/vfio/type1x/ioctl.c
END

plant "user memory is read in a scoped guard" "copy_from_user.. in a scoped guard" \
	"$own/locked_wait.cocci" <<'END'
sed -i 's/^\tif (copy_from_user/\tscoped_guard(mutex, \&mini->lock)\n\t&/' \
	drivers/vfio/type1x/ioctl.c
END

plant "goto out of a guard" "goto in a function that has a guard" "$own/guard_goto.cocci" <<'END'
sed -i 's/^\tmutex_lock(/\tguard(mutex)(\&mini->lock);\n\tgoto out;\nout:\n&/' \
	drivers/vfio/type1x/ioctl.c
END

plant "error by number" "error -1 has no name" "$own/return_errno.cocci" <<'END'
sed -i 's/return -ENOTTY/return -1/' drivers/vfio/type1x/ioctl.c
END

plant "error without its minus" "ENOTTY is returned without its minus" \
	"$own/return_errno.cocci" <<'END'
sed -i 's/return -ENOTTY/return ENOTTY/' drivers/vfio/type1x/ioctl.c
END

plant "allocation that nobody is charged for" "kzalloc.. is not accounted" \
	"$own/sized_alloc.cocci" <<'END'
sed -i 's/GFP_KERNEL_ACCOUNT/GFP_KERNEL/' drivers/vfio/type1x/main.c
END

plant "use after free, by the kernel's rules" "reference preceded by free" <<'END'
sed -i 's/^\tkfree(data);/&\n\tpr_info("%d\\n", *(int *)data);/' drivers/vfio/type1x/main.c
END

plant "code that coccinelle does not understand" "lines not understood" \
	"$own/guard_goto.cocci" <<'END'
printf 'int t1x_f(void)\n{\n\tfor_each(x, y z)\n\t\t*q += 1;\n}\n' >>drivers/vfio/type1x/main.c
END

plant "rule that cannot be run" "planted failed" tools/checks/coccinelle/planted.cocci <<'END'
echo '@x@' >tools/checks/coccinelle/planted.cocci
END

plant "allow list entry that allows nothing any more" "nothing found any more" \
	"$own/guard_goto.cocci" <<'END'
echo 'guard_goto drivers/vfio/type1x/main.c: # planted' >>tools/checks/coccinelle/allow
END
