# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# How t1xctl is called, and what its output looks like; to be sourced by run. Each form_*
# is a test.

form_huge_numbers() {
	local max=9223372036854775807

	with_hooks
	process 4194304 the-longest-nam
	our_container 4194304 1048575 $max mapped-bytes=$max locked-bytes=1048524 maps=$max
	list <<-'EOF'
	    PID      FD COMMAND      BACKEND                     ID GROUPS MAPPED LOCKED
	4194304 1048575 the-longes.. vfio-iommu-type1x 9223372036.. -       8 EiB  1 MiB
	EOF
	json list "d['processes'][0]['containers'][0]['mapped_bytes'] == $max" \
		"d['processes'][0]['containers'][0]['id'] == $max"
}

# human BYTES TEXT
human() {
	new_tree
	process 5 x
	our_container 5 3 1 "mapped-bytes=$1"
	status 0 list
	[[ $(awk 'NR == 2 { print $7, $8 }' "$work/out") == "$2" ]] ||
		{ echo "$1 is not $2"; cat "$work/out"; return 1; }
}

form_human_units() {
	human 0 '0 B'
	human 1023 '1023 B'
	human 1024 '1 KiB'
	human 1536 '1.5 KiB'
	human 102298 '99.9 KiB'
	human 102349 '100 KiB'
	human 102399 '100 KiB'
	human 1048575 '1 MiB'
	human 1047552 '1023 KiB'
	human 5368709120 '5 GiB'
	human 1649267441664 '1.5 TiB'
	human 1125899906842624 '1 PiB'
}

# many_groups - a row that is too long
many_groups() {
	local number

	with_hooks
	process 4321 qemu-system-x86
	our_container 4321 12 7
	our_container 4321 13 1234567
	for number in {101..130}; do
		group 4321 "$number" "$number"
	done
}

form_fits_80_columns() {
	many_groups
	list <<-'EOF'
	 PID FD COMMAND         BACKEND                ID GROUPS           MAPPED LOCKED
	4321 12 qemu-system-x86 vfio-iommu-type1x       7 101,102,103,..    4 MiB  2 MiB
	4321 13 qemu-system-x86 vfio-iommu-type1x 1234567 101,102,103,..    4 MiB  2 MiB
	EOF
}

form_columns_of_the_environment() {
	many_groups
	COLUMNS=60 status 0 list
	widest 60 || return
	COLUMNS=200 status 0 list
	widest 200 && grep -q ',130 ' "$work/out" || return
	COLUMNS=0 status 0 list
	widest 80 || return
	COLUMNS=x status 0 list
	widest 80
}

form_show_wraps() {
	local number list=''

	with_hooks
	process 4321 qemu-system-x86
	our_container 4321 12 7
	for number in {101..130}; do
		group 4321 "$number" "$number"
		list+=" $number"
	done
	status 0 show 4321
	widest 78 || return
	[[ $(sed -n '2,/device desc/p' "$work/out" | sed 's/groups//; /device/d' | xargs) == \
		"${list# }" ]]
}

form_colours_on_a_terminal_only() {
	local green=$'\e[32m' red=$'\e[31m' bold=$'\e[1m'

	with_hooks
	process 10 x
	our_container 10 3 1 faults=2
	status 0 list
	! grep -q $'\e' "$work/out" || return
	on_terminal 80 24 list
	grep -qF "$green"vfio-iommu-type1x "$work/out" || return
	grep -qF "$bold"PID "$work/out" || return
	on_terminal 80 24 show 10
	grep -qF "${red}2" "$work/out" || return
	NO_COLOR=1 on_terminal 80 24 list
	grep -q vfio-iommu-type1x "$work/out" || return
	! grep -q $'\e' "$work/out" || return
	NO_COLOR='' on_terminal 80 24 list
	grep -qF "$green" "$work/out" || return
	TERM=dumb on_terminal 80 24 list
	! grep -q $'\e' "$work/out" || return
	on_terminal 80 24 --json list
	! grep -q $'\e' "$work/out"
}

form_width_of_the_terminal() {
	many_groups
	NO_COLOR=1 on_terminal 70 24 list
	widest 70 || return
	NO_COLOR=1 on_terminal 200 24 list
	widest 200 && grep -q ',130 ' "$work/out"
}

form_output_that_cannot_be_written() {
	local rc=0

	process 10 x
	container 10 3
	"$tool" -r "$tree" list >/dev/full 2>"$work/err" || rc=$?
	[[ $rc == 1 ]] && grep -q 'No space left' "$work/err" || return
	rc=0
	"$tool" -r "$tree" --json list >/dev/full 2>"$work/err" || rc=$?
	[[ $rc == 1 ]] && grep -q 'No space left' "$work/err" || return
	rc=0
	timeout 10 "$tool" -r "$tree" top >/dev/full 2>"$work/err" || rc=$?
	[[ $rc == 1 ]] && grep -q 'No space left' "$work/err"
}

form_wrong_usage() {
	local words

	while read -ra words; do
		status 2 "${words[@]}"
		grep -q '^usage: ' "$work/err" || return
		[[ ! -s $work/out ]] || return
	done <<-'EOF'

	lst
	list 5
	show
	show 1 2
	top 5
	-n 3 list
	-d 3 show 5
	-t 3 list
	-i 3 show 5
	-t 3 top
	-d 3 faults
	faults 1 2
	-i 3 faults 1
	-i 3 faults -
	-x list
	--root
	EOF
	status 0 --help
	grep -q '^usage: ' "$work/out"
}

form_options_stand_anywhere() {
	process 10 x
	container 10 3
	"$tool" list --json --root="$tree" >"$work/out"
	"$here/json_is" "$work/out" 'd["processes"][0]["pid"] == 10' || return
	"$tool" show -r "$tree" 10 -j >"$work/out"
	"$here/json_is" "$work/out" 'd["pid"] == 10'
}

form_install() {
	local dir=$work/install

	make -s -C "$source" OUT="$tool_out" install DESTDIR="$dir" PREFIX=/usr || return
	"$dir/usr/bin/t1xctl" --help >/dev/null || return
	[[ -s $dir/usr/share/man/man1/t1xctl.1 ]] || return
	[[ -s $dir/usr/share/bash-completion/completions/t1xctl ]]
}
