# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "parameter that is not described" "'nr' not described" <<'END'
sed -i '/@nr:/d' drivers/vfio/type1x/core/count.c
END

plant "return value that is not described" "No description found for return value" <<'END'
sed -i '/Return:/d' drivers/vfio/type1x/core/count.c
END

plant "global function without a comment" "t1x_ioctl\(\) has no kernel-doc" <<'END'
sed -i 's,^/\*\*$,/*,' drivers/vfio/type1x/ioctl.c
END

plant "global function of a module for tests" "t1x_planted\(\) has no kernel-doc" <<'END'
printf 'int t1x_planted(void)\n{\n\treturn 0;\n}\n' >>tools/testing/modules/t1x_mini_test.c
END

plant "structure of the user interface without a comment" "planted has no kernel-doc" <<'END'
printf '/* SPDX */\nstruct planted {\n\t__u32 x;\n};\n' >include/uapi/linux/planted.h
END
