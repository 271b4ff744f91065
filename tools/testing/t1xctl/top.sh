# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# t1xctl top; to be sourced by run. Each top_* is a test.

top_rates() {
	with_hooks
	process 10 busy
	our_container 10 3 7 faults=5
	process 20 idle
	our_container 20 3 8
	"$here/top_test" "$tool" "$tree"
}

top_table() {
	with_hooks
	process 10 ours
	our_container 10 3 7 faults=54321 mapped-bytes=1610612736
	process 20 stock
	container 20 3 'vfio-driver:\tvfio-iommu-type1'
	process 30 '\033c'
	our_container 30 3 8
	our_container 30 4 9
	status 0 -n 1 top
	grep -qE '^t1xctl top - [0-2][0-9]:[0-5][0-9]:[0-6][0-9], containers: 4$' "$work/out" ||
		return
	sed -i 1d "$work/out"
	same <<-'EOF'
	PID FD COMMAND MAPS/s UNMAPS/s  MAPPED LOCKED DIRTY/s FAULTS FAULTS/s
	 10  3 ours         -        - 1.5 GiB  2 MiB       -  54.3k        -
	 20  3 stock        -        -       -      -       -      -        -
	 30  3 ?c           -        -   4 MiB  2 MiB       -      -        -
	 30  4 ?c           -        -   4 MiB  2 MiB       -      -        -
	EOF
}

# line_is NUMBER REGEX - a line of the output
line_is() {
	[[ $(sed -n "$1p" "$work/out") =~ ^$2$ ]] ||
		{ echo "line $1 is not: $2"; cat "$work/out"; return 1; }
}

# rates as people see them; the busiest is first
top_order() {
	with_hooks
	process 10 idle
	our_container 10 3 7
	process 20 busy
	our_container 20 3 8 maps=0
	process 30 faulty
	our_container 30 3 9 faults=100
	(
		sleep 1
		rm "$tree/proc/20/fd/3" "$tree/proc/20/fdinfo/3"
		our_container 20 3 8 maps=1000000 dirty-reported=1000000
		rm "$tree/proc/30/fd/3" "$tree/proc/30/fdinfo/3"
		our_container 30 3 9 faults=20100
	) &
	status 0 -d 2 -n 2 top
	wait
	sed -i 1,8d "$work/out"
	line_is 1 ' 20  3 busy +[1-5][0-9]{2}k +0 +4 MiB +2 MiB [0-9.]+ GiB +- +-'
	line_is 2 ' 30  3 faulty +0 +0 +4 MiB +2 MiB +0 B +20\.1k +[1-9][0-9.]*k'
	line_is 3 ' 10  3 idle +0 +0 +4 MiB +2 MiB +0 B +- +-'
	widest 80
}

# a screen is cleared, and not more is written than fits
top_on_a_terminal() {
	local pid

	with_hooks
	for pid in {100..140}; do
		process "$pid" "p$pid"
		our_container "$pid" 3 "$pid"
	done
	NO_COLOR=1 on_terminal 80 24 -n 1 top
	[[ $(head -c 7 "$work/out") == $'\e[H\e[2J' && $(wc -l <"$work/out") == 23 ]] || return
	grep -q ' containers: 41$' "$work/out" || return
	status 0 -n 1 top
	[[ $(wc -l <"$work/out") == 43 ]]
}

# processes come and go while it runs; the sanitizer sees what is forgotten
top_goes_on() {
	local round

	with_hooks
	(
		for round in 1 2 3 4 5; do
			process 10 "round$round"
			our_container 10 3 "$round"
			sleep 0.1
			rm -rf "$tree/proc/10"
			sleep 0.1
		done
	) &
	status 0 -d 0.1 -n 12 --json top
	wait
	[[ $(wc -l <"$work/out") == 12 ]]
}
