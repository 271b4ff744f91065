# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# t1xctl on processes of this machine; to be sourced by run. Each live_* is a test.
#
# Their container is one by its device number only: a file that is opened without asking
# any driver. debugfs is made up.

# hold - start the holder; sets $parent and $child
hold() {
	cp "$here/hold_node" "$work/hold_node"
	exec {holder}< <(exec "$work/hold_node" "$work/node")
	read -r -t 20 parent child <&"$holder"
}

let_go() {
	kill "$parent" "$child"
	exec {holder}<&-
}

# facts PID EXPRESSION... - about c, the containers of a process
facts() {
	local pid=$1 expression all=()

	shift
	for expression; do
		all+=("(lambda c: $expression)([p for p in d['processes'] if p['pid'] == $pid]
			[0]['containers'])")
	done
	json list "${all[@]}"
}

# what dup() and fork() have made of one container; another one is not mixed up with it
live_same_file() {
	rm -r "$tree/proc"
	ln -s /proc "$tree/proc"
	hold
	debugfs 5 "$parent" mapped-bytes=12288
	facts "$parent" 'len(c) == 1' 'len(c[0]["fds"]) == 2' 'c[0]["fds_certain"]' \
		'c[0]["id"] == 5' 'c[0]["mapped_bytes"] == 12288' &&
	facts "$child" 'len(c) == 2' 'len(c[0]["fds"]) == 2' 'c[0]["id"] == 5' \
		'len(c[1]["fds"]) == 1' 'c[1]["id"] is None'
	local rc=$?
	let_go
	return $rc
}

live_name() {
	hold
	rm -r "$tree/proc"
	ln -s /proc "$tree/proc"
	json list "[p['comm'] for p in d['processes'] if p['pid'] in ($parent, $child)] ==
		2 * ['hold_node']"
	local rc=$?
	let_go
	return $rc
}

# a copy of /proc does not become live by a device that has the right number here
live_number_in_a_copy() {
	process 10 x
	open_file 10 3 "$work/node"
	json list 'd["processes"] == []'
}
