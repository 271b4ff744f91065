# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernels' build system, for those who build something for one of the kernels;
# to be sourced after common.sh.

# shellcheck source-path=SCRIPTDIR source=foreign.sh
. "$(dirname "${BASH_SOURCE[0]}")/foreign.sh"

# kernel_make SERIES|debug DIRECTORY [ARGUMENT...] - make in a directory below the tree
#
# With the headers of that kernel, which are installed if need be; for a kernel of
# another suite of Debian also with the compiler and the tools of that suite, for one
# of another architecture with a cross compiler.
kernel_make() {
	local series=$1 dir=$2 fetch=$T1X_ROOT/tools/testing/qemu/fetch
	local kdir release suite headers command=(make)

	shift 2
	release=$("$fetch" --release "$series")
	kdir=/lib/modules/$release/build
	suite=$("$fetch" --suite "$series")
	if [[ $series == debug ]]; then
		kdir=$("$T1X_ROOT/tools/testing/qemu/debug-kernel" --build-dir)
	elif [[ $suite ]]; then
		headers=$("$fetch" --headers "$series")
		command=("$T1X_ROOT/tools/lib/suite" -n make -n "$headers"
			-d "$T1X_ROOT" "$suite" make)
	elif is_foreign "$series"; then
		need make "$("$fetch" --headers "$series")"
		foreign_need
		kdir=$("$fetch" --dir "$series")/usr/src/linux-headers-$release
		set -- ARCH=arm64 CROSS_COMPILE="$FOREIGN_CROSS" "$@"
	else
		need make gcc "$("$fetch" --headers "$series")"
	fi
	[[ $suite || -e $kdir/Makefile ]] || die "$kdir: no kernel to build against"
	"${command[@]}" -j"$(nproc)" -C "$kdir" M="$dir" "$@"
}
