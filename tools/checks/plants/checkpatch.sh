# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "spaces for a tab in the driver" "main.c:.*(CODE_INDENT|LEADING_SPACE)" <<'END'
sed -i 's/^\tkfree/        kfree/' drivers/vfio/type1x/main.c
END

plant "no space after if in a compat header" "iommu.h:.*SPACING" <<'END'
sed -i 's/^\tif (gfpflags/\tif(gfpflags/' compat/include/linux/iommu.h
END

plant "assignment in a condition in user space" "info.c:.*ASSIGN_IN_IF" <<'END'
printf '\nint mini(void)\n{\n\tint x;\n\n\tif ((x = 1))\n\t\treturn x;\n\treturn 0;\n}\n' \
	>>tools/lib/info.c
END
