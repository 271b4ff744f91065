# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# t1xctl faults on made-up records; to be sourced by run. Each faults_* is a test.

# A fault as VT-d tells it.
vtd=source=1,reason=1,raw_reason=6,flags=riq,requester=0x20,iova=0x123456789000

# given RECORD... - their lines; the output without the time is what stands on stdin
given() {
	"$here/records" "$@" >"$work/records"
	status 0 faults - <"$work/records" && widest 80 || return
	sed -i '/^[0-9]/s/^[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]\{3\}/HH:MM:SS.mmm/' "$work/out"
	same
}

faults_titles() {
	given <<-'EOF'
	TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID
	EOF
}

faults_reasons() {
	local n records=()

	for n in {0..9} 16 17 65535; do
		records+=("source=1,reason=$n,raw_reason=$n")
	done
	given "${records[@]}" <<-'EOF'
	TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID
	HH:MM:SS.mmm -            ---- -                  unknown    -    vtd
	HH:MM:SS.mmm -            ---- -                  unmapped   0x1  vtd
	HH:MM:SS.mmm -            ---- -                  permission 0x2  vtd
	HH:MM:SS.mmm -            ---- -                  addr-size  0x3  vtd
	HH:MM:SS.mmm -            ---- -                  device     0x4  vtd
	HH:MM:SS.mmm -            ---- -                  pasid      0x5  vtd
	HH:MM:SS.mmm -            ---- -                  table      0x6  vtd
	HH:MM:SS.mmm -            ---- -                  overflow   0x7  vtd
	HH:MM:SS.mmm -            ---- -                  other      0x8  vtd
	HH:MM:SS.mmm -            ---- -                  9          0x9  vtd
	HH:MM:SS.mmm -            ---- -                  revoked    0x10 vtd
	HH:MM:SS.mmm -            ---- -                  bond-ended 0x11 vtd
	HH:MM:SS.mmm -            ---- -                  65535      0xffff vtd
	EOF
}

faults_sources() {
	given source=0 source=1 source=2 source=3 source=4 source=5 source=16 <<-'EOF'
	TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID
	HH:MM:SS.mmm -            ---- -                  unknown    -    0
	HH:MM:SS.mmm -            ---- -                  unknown    -    vtd
	HH:MM:SS.mmm -            ---- -                  unknown    -    domain
	HH:MM:SS.mmm -            ---- -                  unknown    -    device
	HH:MM:SS.mmm -            ---- -                  unknown    -    page
	HH:MM:SS.mmm -            ---- -                  unknown    -    5
	HH:MM:SS.mmm -            ---- -                  unknown    -    svm
	EOF
}

# what a flag does not say is known is not shown
faults_flags() {
	local all=requester=0x12345678,iova=0x1000,pasid=5,source=2

	given "$vtd" "$all" $all,flags=q $all,flags=ql $all,flags=i,iova=0 $all,flags=rwi \
		$all,flags=ria $all,flags=xp $all,flags=rwxpiqa <<-'EOF'
	TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID
	HH:MM:SS.mmm 0000:00:04.0 r--- 0x123456789000     unmapped   0x6  vtd
	HH:MM:SS.mmm -            ---- -                  unknown    -    domain
	HH:MM:SS.mmm 1234:56:0f.0 ---- -                  unknown    -    domain
	HH:MM:SS.mmm~1234:56:0f.0 ---- -                  unknown    -    domain
	HH:MM:SS.mmm -            ---- 0x0                unknown    -    domain
	HH:MM:SS.mmm -            rw-- 0x1000             unknown    -    domain
	HH:MM:SS.mmm -            r--- 0x1000             unknown    -    domain 0x5
	HH:MM:SS.mmm -            --xp -                  unknown    -    domain
	HH:MM:SS.mmm 1234:56:0f.0 rwxp 0x1000             unknown    -    domain 0x5
	EOF
}

# the longest of everything
faults_80_columns() {
	given "source=3,reason=2,raw_reason=255,flags=rwxpiqal,requester=0xffffffff,pasid=0xfffff,\
iova=0xffffffffffffffff" <<-'EOF'
	TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID
	HH:MM:SS.mmm~ffff:ff:1f.7 rwxp 0xffffffffffffffff permission 0xff device 0xfffff
	EOF
	[[ $(tail -n 1 "$work/out" | wc -c) == 81 ]]
}

# nobody's memory, not even that of the sanitizer, has room for more
faults_longest_numbers() {
	"$here/records" "source=65535,reason=65535,raw_reason=0xffffffff,flags=rwxpiqal,\
requester=0xffffffff,pasid=0xffffffff,iova=0xffffffffffffffff,time=9000000000000000000" \
		>"$work/records"
	status 0 faults - <"$work/records"
	grep -q '65535      0xffffffff 65535  0xffffffff$' "$work/out" || return
	status 0 --json faults - <"$work/records"
	"$here/json_is" "$work/out" 'd["pasid"] == 4294967295' 'd["reason"] == "65535"'
}

faults_lost() {
	given "$vtd" "$vtd,sequence=1,lost=3" "$vtd,sequence=2,lost=3" \
		"$vtd,sequence=3,lost=18446744073709551615" <<-'EOF'
	TIME         REQUESTER    ACC  IOVA               REASON     RAW  SOURCE PASID
	HH:MM:SS.mmm 0000:00:04.0 r--- 0x123456789000     unmapped   0x6  vtd
	lost: 3, 3 in all
	HH:MM:SS.mmm 0000:00:04.0 r--- 0x123456789000     unmapped   0x6  vtd
	HH:MM:SS.mmm 0000:00:04.0 r--- 0x123456789000     unmapped   0x6  vtd
	lost: 18446744073709551612, 18446744073709551615 in all
	HH:MM:SS.mmm 0000:00:04.0 r--- 0x123456789000     unmapped   0x6  vtd
	EOF
}

# time of day, where the user is: an hour ago
faults_time() {
	"$here/records" "$vtd,time=3600000000000" >"$work/records"
	TZ=HERE-5:30 status 0 faults - <"$work/records"
	/usr/bin/python3 - "$(sed 1d "$work/out")" <<-'EOF'
	import sys, time
	clock = [float(part) for part in sys.argv[1].split()[0].split(':')]
	told = (clock[0] * 60 + clock[1]) * 60 + clock[2]
	apart = (time.time() - 3600 + 5.5 * 3600 - told) % 86400
	sys.exit(f'{sys.argv[1]}: {apart} s' if not 0 <= apart < 60 else 0)
	EOF
}

# before 1970 there was time, too
faults_time_before_1970() {
	"$here/records" 'time=4000000000123456789' >"$work/records"
	status 0 --json faults - <"$work/records"
	"$here/json_is" "$work/out" 'd["time"] < "1970"' \
		'len(d["time"]) == 30 and d["time"][19] == "."'
}

faults_json() {
	local cookie=cookie=0xfedcba9876543210,raw0=1,raw1=0xffffffffffffffff

	"$here/records" "$vtd,$cookie,sequence=7,lost=3" \
		source=3,flags=wxpal,pasid=17,reason=2,raw_reason=9 >"$work/records"
	status 0 --json faults - <"$work/records"
	[[ $(wc -l <"$work/out") == 2 ]] || return
	head -n 1 "$work/out" >"$work/first"
	"$here/json_is" "$work/first" 'd.pop("time")[10] == "T"' 'd.pop("monotonic_ns") > 0' \
		'd == {"pid": None, "fd": None, "id": None, "sequence": 7, "lost": 3,
			"requester": "0000:00:04.0", "pasid": None, "iova": "0x123456789000",
			"read": True, "write": False, "exec": False, "privileged": False,
			"alias": False, "reason": "unmapped", "raw_reason": 6, "source": "vtd",
			"raw": ["0x1", "0xffffffffffffffff"], "cookie": "0xfedcba9876543210"}' ||
		return
	sed -i 1d "$work/out"
	"$here/json_is" "$work/out" 'd["requester"] is None and d["iova"] is None' \
		'd["pasid"] == 17 and d["exec"] and d["privileged"] and d["alias"]' \
		'd["write"] and not d["read"] and d["raw_reason"] == 9'
}

# a pipe parts records wherever it likes
faults_in_pieces() {
	local n records=()

	for n in {0..199}; do
		records+=("$vtd,sequence=$n")
	done
	"$here/records" "${records[@]}" >"$work/records"
	{
		head -c 100 "$work/records"
		sleep 0.2
		head -c 20101 "$work/records" | tail -c +101
		sleep 0.2
		tail -c +20102 "$work/records"
	} | status 0 --json faults -
	[[ $(sed 's/.*"sequence":\([0-9]*\),.*/\1/' "$work/out" | xargs) == "$(echo {0..199})" ]]
}

faults_end_inside_a_record() {
	"$here/records" "$vtd" "$vtd" | head -c 200 | status 1 faults -
	[[ $(wc -l <"$work/out") == 2 ]] &&
		notes <<<"t1xctl: faults: there is half a record at the end"
}

faults_count() {
	"$here/records" "$vtd" "$vtd" "$vtd" >"$work/records"
	status 0 -n 2 faults - <"$work/records"
	[[ $(wc -l <"$work/out") == 3 ]] || return
	status 0 -n 3 faults - <"$work/records"
	[[ $(wc -l <"$work/out") == 4 ]] || return
	status 3 -n 4 faults - <"$work/records"
	[[ $(wc -l <"$work/out") == 4 && ! -s $work/err ]]
}

# with_writer COMMAND... - while somebody has written one record and has not gone
with_writer() {
	local rc=0 writer

	mkfifo "$work/fifo"
	{ "$here/records" "$vtd"; exec sleep 30; } >"$work/fifo" &
	writer=$!
	"$@" <"$work/fifo" || rc=$?
	kill "$writer"
	rm "$work/fifo"
	return $rc
}

faults_timeout() {
	local begin=${EPOCHREALTIME/./}

	with_writer status 0 -t 0.5 faults - || return
	[[ $(wc -l <"$work/out") == 2 ]] || return
	with_writer status 3 -t 0.5 -n 2 faults - || return
	((${EPOCHREALTIME/./} - begin > 1000000)) || return
	with_writer status 0 -t 60 -n 1 faults - || return
	((${EPOCHREALTIME/./} - begin < 20000000))
}

# interrupted SIGNAL - what was read is written, and it ends well
interrupted() {
	local pid input

	exec {input}<&0
	: >"$work/out"
	"$tool" --json faults - <&"$input" >"$work/out" &
	pid=$!

	# Output is a file here: it is written all the same.
	until [[ -s $work/out ]]; do
		sleep 0.1
	done
	kill "-$1" "$pid"
	wait "$pid" && "$here/json_is" "$work/out" 'd["reason"] == "unmapped"'
}

faults_interrupted() {
	with_writer interrupted INT && with_writer interrupted TERM
}

faults_output_that_cannot_be_written() {
	local rc=0

	"$here/records" "$vtd" >"$work/records"
	"$tool" faults - <"$work/records" >/dev/full 2>"$work/err" || rc=$?
	[[ $rc == 1 ]] && grep -q 'No space left' "$work/err"
}

faults_colours_on_a_terminal_only() {
	local bold=$'\e[1m' red=$'\e[31m' colour

	"$here/records" "$vtd" "$vtd,lost=1" >"$work/records"
	# A terminal takes the place of standard input, too.
	for colour in '' 1; do
		# shellcheck disable=SC2016 # that is for the other shell
		NO_COLOR=$colour TERM=xterm "$here/on_terminal" 80 24 /bin/bash -c \
			'exec "$1" faults - <"$2"' - "$tool" "$work/records" >"$work/out$colour"
	done
	grep -qF "${bold}TIME" "$work/out" && grep -qF "${red}lost: 1" "$work/out" || return
	grep -q '^lost: 1' "$work/out1" && ! grep -q $'\e' "$work/out1"
}

faults_of_nobody() {
	local none='no process is known to have a container that reports faults'

	refuses 1 "$none" faults
	process 50 stock
	container 50 4 'vfio-driver:\tvfio-iommu-type1'
	refuses 1 "$none" faults
	process 51 none
	group 51 5 3
	refuses 1 'process 52: no such process' faults 52
	refuses 1 'process 51: has no container' faults 51
	refuses 1 'process 50: descriptor 5 is no container' faults 50:5
	refuses 1 'container 7: no process is known to have a descriptor of it' -i 7 faults
	debugfs 9 51
	refuses 1 'process 51: has no descriptor of its container' faults 51
	refuses 1 'container 9: no process is known to have a descriptor of it' faults --id 9
	refuses 2 'x: neither PID nor PID:FD' faults x
	refuses 2 '-i x: not a number' -i x faults
	refuses 2 '-t 0: not a number of seconds, at least 0.1' -t 0 faults
	refuses 2 '-n 0: not a number, at least 1' -n 0 faults
}

faults_of_a_copy() {
	with_hooks
	process 50 ours
	our_container 50 4 7
	refuses 1 'a copy of /proc has no faults' faults
	refuses 1 'a copy of /proc has no faults' faults 50:4
	refuses 1 'a copy of /proc has no faults' faults --id 7
}
