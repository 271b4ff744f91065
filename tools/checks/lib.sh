# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the checks that are shell scripts; to be sourced.
#
# Environment of every check:
#	T1X_SERIES	kernel series to look at, default: all of kernels.list; those of
#			kernels.extra can be said

. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
. "$T1X_ROOT/tools/lib/kernel.sh"
export LC_ALL=C.UTF-8
export CHECKS=$T1X_ROOT/tools/checks
export FETCH=$T1X_ROOT/tools/testing/qemu/fetch
export BUILD=$T1X_ROOT/tools/lib/build-modules

# What is built for a kernel: the drivers, and modules that only tests load.
export DRIVERS=drivers TEST_MODULES=tools/testing/modules

# Where the checkpatch and the semantic patches of a kernel come from.
export SOURCE_SERIES=6.12

# series - the kernel series to check for, one per line
series() {
	local s=${T1X_SERIES:-}

	if [[ -n $s ]]; then
		tr -s ' ' '\n' <<<"$s"
	else
		awk '!/^#/ && NF { print $1 }' "$T1X_ROOT/tools/testing/qemu/kernels.list"
	fi
}

# tree_files EXTENDED-REGEX PLACE... - files below places whose name matches
tree_files() {
	local regex=$1 place

	shift
	for place; do
		[[ ! -e $T1X_ROOT/$place ]] || printf '%s\n' "$place"
	done | (cd "$T1X_ROOT" && xargs -r -I{} find {} -type f) |
		grep -E "$regex" |
		grep -vE '(^|/)(out|\.git|generated|__pycache__)/|\.mod\.c$|\.cmd$' |
		sed 's,^\./,,' | sort
}

# sources_for SERIES - the source files of what is built for it
sources_for() {
	# The software IOMMU has a PCI bus of the kind that x86 has.
	tree_files '\.c$' "$DRIVERS" "$TEST_MODULES" |
		grep -v "$([[ $1 == *-arm64 ]] && echo '/t1x_ti_' || echo '^$')"
}

# work_dir - a directory for what a check makes, empty
work_dir() {
	local dir=$T1X_OUT/checks/${0##*/}

	rm -rf "$dir"
	mkdir -p "$dir"
	echo "$dir"
}

_unpack_scripts() {
	local tarball=$1 dir=$2

	[[ ! -d $dir ]] || return 0
	progress "unpacking the scripts of ${tarball##*/}"
	rm -rf "$dir.tmp"
	mkdir -p "$dir.tmp"
	tar -C "$dir.tmp" -xf "$tarball" --strip-components=1 --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' '*/scripts/coccinelle'
	mv "$dir.tmp" "$dir"
}

# kernel_scripts - directory with scripts/ of the kernel's own checks, cached
kernel_scripts() {
	local pkg=linux-source-$SOURCE_SERIES version dir

	need "$pkg" xz-utils
	version=$(dpkg-query -W -f '${Version}' "$pkg")
	dir=$T1X_CACHE/scripts/$pkg-$version
	mkdir -p "${dir%/*}"
	with_lock scripts _unpack_scripts "/usr/src/$pkg.tar.xz" "$dir"
	echo "$dir"
}

# kernel_doc - the kernel-doc script that comes with the headers
kernel_doc() {
	local release

	release=$("$FETCH" --release "$SOURCE_SERIES")
	need "$("$FETCH" --headers "$SOURCE_SERIES")" perl
	echo "/lib/modules/$release/build/scripts/kernel-doc"
}
