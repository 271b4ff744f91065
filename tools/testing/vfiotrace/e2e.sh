# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# vfiotrace on real programs; to be sourced by run, which sets
#
#	trace		the tool
#	programs	where caller and caller32 are
#	work		scratch directory with "node", a character device 10:196
#
# Each case_* is a test. caller prints what the tracer should have written.

# until_true COMMAND... - wait for it, but not for ever
until_true() {
	local tries=0

	until "$@"; do
		((++tries < 400)) || { echo "waited in vain: $*"; return 1; }
		sleep 0.05
	done
}

# state PID - R, S, T ...
state() {
	sed 's/.*) //' "/proc/$1/stat" | cut -c1
}

is_stopped() {
	[[ $(state "$1") == T ]]
}

is_traced() {
	! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$1/status"
}

has_line() {
	grep -q "$1" "$2"
}

has_no_child() {
	[[ -z $(cat "/proc/$1/task/$1/children") ]]
}

# has_threads PID N
has_threads() {
	[[ $(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l) == "$2" ]]
}

# lines_of FILE N - at least
lines_of() {
	(($(wc -l <"$1") >= $2))
}

# without_pid FILE - lines as they are of a single thread
without_pid() {
	sed 's/^\[pid [0-9]*\] //' "$1"
}

# traced OPTION... -- COMMAND... - expected is what it prints, got is the trace
traced() {
	"$trace" -o "$work/got" "$@" >"$work/expected"
}

same() {
	diff -u "$work/expected" "$work/got"
}

case_decodes_of_64_bit_programs() {
	traced "$programs/caller" cases "$work/node" && lines_of "$work/got" 9 && same
}

case_decodes_of_32_bit_programs() {
	traced "$programs/caller32" cases "$work/node" && lines_of "$work/got" 9 && same
}

case_decodes_calls_of_x32() {
	traced "$programs/caller" x32 "$work/node" && lines_of "$work/got" 1 && same
}

case_threads_are_told_apart() {
	traced "$programs/caller" threads "$work/node" || return
	lines_of "$work/got" 200 || return
	diff -u <(sort "$work/expected") <(sort "$work/got")
}

case_children_are_followed_if_asked_for() {
	local how

	for how in fork clone; do
		traced -f "$programs/caller" "$how" "$work/node" || return
		lines_of "$work/got" 9 || return
		grep -q '^\[pid ' "$work/got" || return
		diff -u "$work/expected" <(without_pid "$work/got") || return
	done
}

case_children_are_left_alone_else() {
	local how

	for how in fork clone; do
		traced "$programs/caller" "$how" "$work/node" || return
		lines_of "$work/expected" 9 || return
		[[ ! -s $work/got ]] || { echo "$how:"; cat "$work/got"; return 1; }
	done
}

case_any_thread_may_execute_a_program() {
	traced "$programs/caller" exec "$work/node" || return
	diff -u "$work/expected" <(without_pid "$work/got") && lines_of "$work/got" 9
}

case_a_program_of_the_other_size_is_executed() {
	traced /bin/sh -c "exec '$programs/caller32' cases '$work/node'" &&
		lines_of "$work/got" 9 && same
}

case_other_pid_namespaces() {
	traced -f unshare --fork --pid "$programs/caller" cases "$work/node" || return
	lines_of "$work/got" 9 || return
	diff -u "$work/expected" <(without_pid "$work/got")
}

case_proc_of_another_namespace_is_refused() {
	local rc=0

	unshare --fork --pid "$trace" true 2>"$work/got" || rc=$?
	[[ $rc == 1 ]] && grep -q '/proc is not' "$work/got"
}

case_only_kinds_that_are_asked_for() {
	traced -e group,device,migration "$programs/caller" cases "$work/node" || return
	[[ ! -s $work/got ]] || return
	traced -e container "$programs/caller" cases "$work/node" && same
}

case_stderr_by_default() {
	"$trace" "$programs/caller" cases "$work/node" >"$work/expected" 2>"$work/got" &&
		lines_of "$work/got" 9 && same
}

# status WANTED COMMAND...
status() {
	local rc=0 wanted=$1

	shift
	"$@" >"$work/out" 2>&1 || rc=$?
	[[ $rc == "$wanted" ]] || { echo "status $rc, not $wanted: $*"; cat "$work/out"; return 1; }
}

case_status_is_that_of_the_command() {
	status 0 "$trace" "$programs/caller" exit 0 &&
	status 7 "$trace" "$programs/caller" exit 7 &&
	status 143 "$trace" "$programs/caller" die 15 &&
	status 137 "$trace" "$programs/caller" die 9 &&
	status 139 "$trace" "$programs/caller" die 11 &&
	status 127 "$trace" "$work/no-such-program" &&
	status 126 "$trace" "$work"
}

case_wrong_usage() {
	status 2 "$trace" && status 2 "$trace" -e bus true && status 2 "$trace" -p 1x &&
	status 2 "$trace" -p 1 true && status 2 "$trace" -x && status 0 "$trace" -h &&
	status 1 "$trace" -o "$work/no/such/directory" true && status 1 "$trace" -p 2147483647
}

# The signal arrives, and the stop is one: nothing goes on until SIGCONT.
case_signals_and_stops_are_passed_on() {
	local tracer pid

	: >"$work/out"
	"$trace" -o "$work/got" "$programs/caller" signal >"$work/out" &
	tracer=$!
	until_true has_line ready "$work/out" || return
	pid=$(cat "/proc/$tracer/task/$tracer/children")
	pid=${pid// /}
	kill -USR1 "$pid"
	until_true has_line 'signal 1' "$work/out" || return
	sleep 0.2
	! has_line 'goes on' "$work/out" || { echo "not stopped"; return 1; }
	kill -CONT "$pid"
	wait "$tracer" && has_line 'goes on' "$work/out"
}

case_terminating_the_tracer_terminates_the_command() {
	local tracer rc=0

	: >"$work/got"
	"$trace" -o "$work/got" "$programs/caller" loop "$work/node" >"$work/out" &
	tracer=$!
	until_true lines_of "$work/got" 20 || return
	kill -TERM "$tracer"
	wait "$tracer" || rc=$?
	[[ $rc == 0 ]] && has_line 'signal 15' "$work/out"
}

# start_loop - a program that runs already: $loop
start_loop() {
	: >"$work/got"
	"$programs/caller" loop "$work/node" >"$work/out" &
	loop=$!
	until_true has_threads "$loop" 2
}

# end_loop - it is well and ends when told so
end_loop() {
	kill -TERM "$loop"
	wait "$loop" && has_line 'signal 15' "$work/out"
}

case_a_running_process_and_its_threads() {
	local loop tracer tids

	start_loop || return
	"$trace" -o "$work/got" -p "$loop" &
	tracer=$!
	until_true lines_of "$work/got" 50 || return
	tids=$(grep -o '^\[pid [0-9]*\]' "$work/got" | sort -u | wc -l)
	[[ $tids == 2 ]] || { echo "lines of $tids threads"; return 1; }
	! grep -vE '^\[pid [0-9]+\] ioctl\(3<.*>, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU\) = ' \
		"$work/got" || return
	end_loop && wait "$tracer"
}

case_detaching_leaves_it_running() {
	local loop tracer signal

	start_loop || return
	for signal in INT TERM HUP; do
		: >"$work/got"
		# who runs us may ignore it, as nohup does
		env --default-signal="$signal" "$trace" -o "$work/got" -p "$loop" &
		tracer=$!
		until_true lines_of "$work/got" 20 || return
		kill -"$signal" "$tracer"
		wait "$tracer" || { echo "$signal: status $?"; return 1; }
		! is_traced "$loop" || { echo "$signal: still traced"; return 1; }
		[[ $(state "$loop") != [Tt] ]] || { echo "$signal: stopped"; return 1; }
		! has_line '= ?$' "$work/got" || { echo "$signal: a call has no end"; return 1; }
	done
	end_loop
}

# Some of them are traced before we look for them.
case_threads_that_come_while_we_attach() {
	local loop tracer i

	"$programs/caller" breed "$work/node" >"$work/out" &
	loop=$!
	for i in {1..15}; do
		: >"$work/got"
		"$trace" -o "$work/got" -p "$loop" &
		tracer=$!
		until_true lines_of "$work/got" 10 || return
		kill -INT "$tracer"
		wait "$tracer" || { echo "round $i: status $?"; return 1; }
		! is_traced "$loop" || { echo "round $i: still traced"; return 1; }
	done
	end_loop
}

# as with nohup
case_a_hangup_that_is_ignored_stays_so() {
	local loop tracer

	start_loop || return
	env --ignore-signal=HUP "$trace" -o "$work/got" -p "$loop" &
	tracer=$!
	until_true lines_of "$work/got" 10 || return
	kill -HUP "$tracer"
	: >"$work/got"
	until_true lines_of "$work/got" 10 || return
	kill -TERM "$tracer"
	wait "$tracer" && end_loop
}

# A signal is not for the command any more then.
case_children_may_outlive_the_command() {
	local tracer pid

	: >"$work/got"
	"$trace" -f -o "$work/got" /bin/sh -c \
		"'$programs/caller' loop '$work/node' >/dev/null & echo \$!" >"$work/out" &
	tracer=$!
	until_true lines_of "$work/got" 10 && until_true has_no_child "$tracer" || return
	pid=$(cat "$work/out")
	kill -TERM "$tracer"
	wait "$tracer" || { echo "status $?"; return 1; }
	! is_traced "$pid" || { echo "still traced"; return 1; }
	kill -TERM "$pid"
}

# Neither attaching nor detaching makes it go on.
case_a_stopped_process_stays_stopped() {
	local loop tracer

	start_loop || return
	kill -STOP "$loop"
	until_true is_stopped "$loop" || return
	"$trace" -o "$work/got" -p "$loop" &
	tracer=$!
	until_true is_traced "$loop" || return
	sleep 0.2
	kill -INT "$tracer"
	wait "$tracer" || return
	is_stopped "$loop" || { echo "goes on: $(state "$loop")"; return 1; }
	[[ ! -s $work/got ]] || return
	kill -CONT "$loop"
	end_loop
}

case_death_of_the_tracee() {
	local loop tracer

	start_loop || return
	"$trace" -o "$work/got" -p "$loop" &
	tracer=$!
	until_true lines_of "$work/got" 10 || return
	kill -KILL "$loop"
	wait "$loop" || true
	wait "$tracer"
}

case_death_of_the_tracer() {
	local loop tracer

	start_loop || return
	"$trace" -o "$work/got" -p "$loop" &
	tracer=$!
	until_true lines_of "$work/got" 10 || return
	kill -KILL "$tracer"
	wait "$tracer" || true
	end_loop
}

# The command has the mask and the ignored signals that we were started with, also
# those that a tracer cannot use.
case_the_command_inherits_its_signals() {
	local look=(grep -E '^Sig(Blk|Ign)' /proc/self/status)
	local ignoring=(env --ignore-signal=CHLD --ignore-signal=PIPE --block-signal=USR2)

	traced "${look[@]}" || return
	"${look[@]}" | diff -u - "$work/expected" || return
	"${ignoring[@]}" "$trace" "${look[@]}" >"$work/expected" || return
	"${ignoring[@]}" "${look[@]}" | diff -u - "$work/expected"
}
