# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

plant "function that is too long" "t1x_ioctl\(\): lines [0-9]+, limit 70" <<'END'
sed -i "s/^\tdefault:/$(printf '\\\t\\targ++;\\n%.0s' {1..70})&/" drivers/vfio/type1x/ioctl.c
END

plant "function of core/ that is too long there" "t1x_count_add\(\): lines [0-9]+, limit 40" <<'END'
sed -i "s/^\treturn sum/$(printf '\\\tsum |= 0;\\n%.0s' {1..40})&/" drivers/vfio/type1x/core/count.c
END

plant "too many parameters" "parameters 7, limit 6" <<'END'
printf 'int f(int a, int b, int c, int d, int e, int f, int (*g)(int, int))\n{\n\treturn 0;\n}\n' \
	>>tools/lib/info.c
END

plant "too many labels" "labels 5, limit 4" <<'END'
printf 'int f(void)\n{\na:\nb:\nc:\nd:\ne:\n\treturn 0;\n}\n' >>tools/lib/info.c
END

plant "conditional compilation in a driver" "#ifdef in kernel code" <<'END'
printf '#ifdef CONFIG_X86\n#endif\n' >>drivers/vfio/type1x/main.c
END

plant "file that is too long" "lines of file 9[0-9][0-9], limit 800" <<'END'
printf '# x\n%.0s' {1..900} >tools/planted.sh
END

plant "header that is too long" "lines of .h [0-9]+, limit 350" <<'END'
printf '#define A\n%.0s' {1..400} >>drivers/vfio/type1x/private.h
END

plant "too many functions over the soft limit" "over the soft limit" <<'END'
for n in {1..14}; do
	printf 'int f%d(void)\n{\n' "$n"
	printf '\t;\n%.0s' {1..50}
	printf '}\n'
done >>tools/lib/info.c
END

plant "hardly a comment" "drivers/: [0-9]+ lines, [0-9] % comment|drivers/: [0-9] % comment" <<'END'
sed -i '/^ \*/d; /^\/\*/d' drivers/vfio/type1x/*.[ch]
END
