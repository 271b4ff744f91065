# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What t1xctl needs in a guest, and what it has said there; to be sourced, after
# common.sh.  The guest has none of Python and of Debian's libraries: JSON is looked at
# on the host.

T1XCTL_TESTS=$T1X_ROOT/tools/testing/t1xctl
T1XCTL_GUEST=$T1X_OUT/t1xctl-guest

_t1xctl_program() {
	local lib=$T1X_ROOT/tools/lib

	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -static -pthread \
		-I"$T1X_ROOT/include/uapi" -I"$lib" -o "$T1XCTL_GUEST/$1" \
		"$T1XCTL_TESTS/$1.c" "$lib"/*.c
}

# t1xctl_options MODULES - sets $t1xctl_options, for tools/testing/qemu/run; the modules of
# that kernel are in a directory, and the guest runs /t/guest-look
t1xctl_options() {
	local program

	need gcc make libc6-dev linux-libc-dev libjansson-dev python3
	mkdir -p "$T1XCTL_GUEST"
	make -s -C "$T1X_ROOT/tools/t1xctl" OUT="$T1XCTL_GUEST/tool" LDFLAGS=-static
	t1xctl_options=(-f "$T1XCTL_GUEST/tool/t1xctl" -f "$T1XCTL_TESTS/guest-look"
		-f "$T1XCTL_TESTS/guest-faults"
		-f "$1/drivers/vfio/hooks/vfio_type1x_hooks.ko"
		-f "$1/tools/testing/modules/t1x_test_iommu.ko"
		# Its IOMMU is that of the tests, beside which kernels of 6.1 take no other.
		-A "intel_iommu=off t1x.bind=none"
		-M "$1/drivers/vfio/type1x/vfio_iommu_type1x.ko:allow_unsafe_interrupts=Y")
	for program in hold ti; do
		_t1xctl_program "$program"
		t1xctl_options+=(-f "$T1XCTL_GUEST/$program")
	done
}

# t1xctl_answer LOG NAME EXPRESSION... - JSON of that name, which the guest has sent, is so
#
# One KTAP line at the end of the log, as if the guest had looked at it.
t1xctl_answer() {
	local log=$1 name=$2 verdict='not ok'

	shift 2
	# what the guest has skipped it has not sent
	[[ $name != show-debugfs ]] || ! grep -aq '# SKIP .*kcmp' "$log" || return 0
	sed -n "s/^json $name //p" "$log" | tr -d '\r' | tail -n 1 >"$T1XCTL_GUEST/$name.json"
	! "$T1XCTL_TESTS/json_is" "$T1XCTL_GUEST/$name.json" "$@" >&2 || verdict=ok
	echo "$verdict - t1xctl: what JSON says of $name" >>"$log"
}

# t1xctl_answers LOG - what JSON says of processes that have got 4 MiB each
t1xctl_answers() {
	local one='d["processes"][0]["containers"][0]' facts

	facts="(lambda c: c['backend'] == 'vfio-iommu-type1x' and c['mapped_bytes'] == 4194304 and
		c['locked_bytes'] == 4194304 and c['leaf_bytes_2m'] == 4194304 and
		c['leaf_bytes_4k'] == 0 and c['iommu_groups'] == 1 and c['mappings'] == 1 and
		c['maps'] == 1 and c['unmaps'] == 0 and len(c['fds']) == 2)"
	t1xctl_answer "$1" list-hooks "len(d['processes']) == 2" \
		"all($facts(p['containers'][0]) for p in d['processes'])" \
		"len(set(p['containers'][0]['id'] for p in d['processes'])) == 1"
	t1xctl_answer "$1" show-debugfs "$facts(d['containers'][0])" "d['comm'] == 'hold-shared'"
	t1xctl_answer "$1" list-stock "len(d['processes']) == 2" \
		"${one}['backend'] == 'vfio-iommu-type1'" "${one}['mapped_bytes'] is None"
	t1xctl_answer "$1" top "${one}['per_second']['maps'] > 0" \
		"${one}['per_second']['unmaps'] > 0" \
		"${one}['per_second']['dirty_pages'] >= 1024 * 0.5" "0.9 < d['seconds'] < 60" \
		"${one}['dirty_tracking'] == 'on'"
	t1xctl_answer "$1" faults "d['id'] == 'right'" "d['iova'] == '0x123456789000'" \
		"d['requester'] == '1234:00:00.0'" "d['write'] and not d['read']" \
		"d['pid'] > 0 and d['fd'] > 2" "d['sequence'] == 0 and d['lost'] == 0" \
		"d['source'] == 'domain' and d['reason'] == 'unknown'" "d['monotonic_ns'] > 0"
}
