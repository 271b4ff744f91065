# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # what run sets
#
# A made-up machine below $tree, where nothing is but proc and sys; to be sourced.
# Files of VFIO are links there that lead nowhere.

# new_tree - an empty machine: no hooks, no debugfs
new_tree() {
	rm -rf "$tree"
	mkdir -p "$tree/proc/self" "$tree/sys/module"
	printf 'Character devices:\n  1 mem\n 10 misc\n242 vfio\n\nBlock devices:\n 10 vfio\n' \
		>"$tree/proc/devices"
}

# with_hooks - the module is loaded
with_hooks() {
	mkdir -p "$tree/sys/module/vfio_type1x_hooks"
}

# process PID NAME - name as for printf
process() {
	mkdir -p "$tree/proc/$1/fd" "$tree/proc/$1/fdinfo"
	# shellcheck disable=SC2059 # escapes are wanted
	printf "$2\n" >"$tree/proc/$1/comm"
	open_file "$1" 0 /dev/null
	open_file "$1" 1 'pipe:[4711]'
	open_file "$1" 2 'socket:[4712]'
}

# open_file PID FD TARGET [LINE]... - lines of fdinfo as for printf
open_file() {
	local info=$tree/proc/$1/fdinfo/$2

	ln -s "$3" "$tree/proc/$1/fd/$2"
	printf 'pos:\t0\nflags:\t02000002\nmnt_id:\t26\nino:\t%d\n' $(($1 + $2)) >"$info"
	shift 3
	[[ $# == 0 ]] || printf '%b\n' "$@" >>"$info"
}

# ours ID [KEY=VALUE]... - lines of a container of ours, on stdout; the key without type1x-
ours() {
	local word
	local -A line=([id]=$1 [version]=0.1.0 [type]=v2 [groups]=1 [emulated-groups]=0
		[domains]=1 [bonds]=0 [mappings]=2
		[entry-limit]=65535 [entries-left]=65533
		[mapped-bytes]=4194304
		[locked-bytes]=2097152 [leaf-bytes-4k]=0 [leaf-bytes-2m]=4194304
		[leaf-bytes-1g]=0 [dirty-tracking]=off [maps]=12 [unmaps]=10
		[dirty-reported]=0)

	shift
	for word; do
		line[${word%%=*}]=${word#*=}
	done
	printf 'vfio-driver:\tvfio-iommu-type1x\n'
	for word in "${!line[@]}"; do
		printf 'type1x-%s:\t%s\n' "$word" "${line[$word]}"
	done
}

# container PID FD [LINE]...
container() {
	open_file "$1" "$2" /dev/vfio/vfio "${@:3}"
}

# our_container PID FD ID [KEY=VALUE]... - fdinfo tells
our_container() {
	local lines

	mapfile -t lines < <(ours "${@:3}")
	container "$1" "$2" "${lines[@]}"
}

# debugfs ID PID [KEY=VALUE]... - what debugfs says about a container
debugfs() {
	local dir=$tree/sys/kernel/debug/vfio-type1x/$1

	mkdir -p "$dir"
	{
		ours "$1" "${@:3}"
		printf 'pid:\t%s\n' "$2"
	} >"$dir/info"
}

# group PID FD NUMBER [DEVICE]...
group() {
	local device

	open_file "$1" "$2" "/dev/vfio/$3"
	for device in "${@:4}"; do
		mkdir -p "$tree/sys/kernel/iommu_groups/$3/devices/$device"
	done
}
