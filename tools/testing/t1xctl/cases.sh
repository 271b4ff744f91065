# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2317 # cases are called by name
# shellcheck disable=SC2154 # what run sets
#
# t1xctl on made-up machines; to be sourced by run. Each case_* is a test.

case_nobody_has_a_container() {
	process 1 init
	process 20 bash
	group 20 9 5
	list <<-'EOF'
	PID FD COMMAND BACKEND ID GROUPS MAPPED LOCKED
	EOF
	notes </dev/null
	json list 'd == {"processes": [], "unreadable": 0}'
}

case_ours_and_stock_by_fdinfo() {
	with_hooks
	process 4321 dpdk-testpmd
	our_container 4321 12 7 mapped-bytes=268435456 locked-bytes=134221824 type=v1
	group 4321 13 5
	group 4321 14 12
	open_file 4321 15 'anon_inode:[vfio-device]'
	process 99 qemu-system-x86
	container 99 30 'vfio-driver:\tvfio-iommu-type1'
	group 99 31 noiommu-3
	process 100 'no backend yet'
	container 100 3
	list <<-'EOF'
	 PID FD COMMAND         BACKEND           ID GROUPS     MAPPED  LOCKED
	  99 30 qemu-system-x86 vfio-iommu-type1   - noiommu-3       -       -
	 100  3 no backend yet  -                  - -               -       -
	4321 12 dpdk-testpmd    vfio-iommu-type1x  7 5,12      256 MiB 128 MiB
	EOF
	notes </dev/null
	json list 'len(d["processes"]) == 3' \
		'[p["pid"] for p in d["processes"]] == [99, 100, 4321]' \
		'd["processes"][0]["containers"][0]["backend"] == "vfio-iommu-type1"' \
		'd["processes"][0]["containers"][0]["mapped_bytes"] is None' \
		'd["processes"][1]["containers"][0]["backend"] is None' \
		'd["processes"][2]["groups"] == ["5", "12"]' \
		'd["processes"][2]["devices"] == [{"fd": 15, "device": None}]' \
		'd["processes"][2]["containers"][0]["locked_bytes"] == 134221824' \
		'd["processes"][2]["containers"][0]["type"] == "v1"'
}

# all of a container that fdinfo knows
case_show_has_every_fact() {
	with_hooks
	process 4321 dpdk-testpmd
	our_container 4321 12 7 mapped-bytes=1073745920 locked-bytes=999 leaf-bytes-4k=4096 \
		leaf-bytes-2m=0 leaf-bytes-1g=1073741824 'dirty-tracking=on 0x1000-0x1fff' \
		dirty-reported=33 faults=4 faults-lost=0 emulated-groups=3 bonds=5
	group 4321 13 5 0000:00:04.0
	group 4321 14 12 0000:00:05.1 0000:00:05.0
	open_file 4321 16 'anon_inode:[vfio-device]' \
		'vfio-device-syspath: /sys/devices/pci0000:00/0000:00:04.0'
	open_file 4321 17 'anon_inode:[vfio-device]'
	show 4321 <<-'EOF'
	process 4321 (dpdk-testpmd)
	  groups                   5 (0000:00:04.0) 12 (0000:00:05.0) (0000:00:05.1)
	  device descriptors       16 (0000:00:04.0) 17

	  container, fd 12
	    backend                vfio-iommu-type1x
	    version                0.1.0
	    id                     7
	    type                   v2
	    groups behind an IOMMU 1
	    emulated groups        3
	    domains                1
	    bonds                  5
	    mappings               2
	    mappings at most       65535
	    mappings left          65533
	    mapped                 1 GiB (1073745920)
	    locked                 999 B
	    in 4K leaves           4 KiB (4096)
	    in 2M leaves           0 B
	    in 1G leaves           1 GiB (1073741824)
	    dirty tracking         on 0x1000-0x1fff
	    maps so far            12
	    unmaps so far          10
	    dirty pages so far     33
	    faults so far          4
	    faults lost            0
	EOF
	notes </dev/null
	json show '4321' 'd["pid"] == 4321' 'len(d["containers"]) == 1' \
		'd["devices"][0] == {"fd": 16, "device": "0000:00:04.0"}' \
		'd["containers"][0] == {"fds": [12], "fds_certain": True,
			"backend": "vfio-iommu-type1x", "version": "0.1.0", "id": 7, "type": "v2",
			"iommu_groups": 1, "emulated_groups": 3, "domains": 1, "bonds": 5,
			"mappings": 2, "entry_limit": 65535, "entries_left": 65533,
			"mapped_bytes": 1073745920,
			"locked_bytes": 999, "leaf_bytes_4k": 4096, "leaf_bytes_2m": 0,
			"leaf_bytes_1g": 1073741824, "dirty_tracking": "on 0x1000-0x1fff",
			"maps": 12, "unmaps": 10, "dirty_reported": 33, "faults": 4,
			"faults_lost": 0}'
}

case_show_says_what_a_stock_container_hides() {
	process 99 qemu
	container 99 30 'vfio-driver:\tvfio-iommu-type1'
	show 99:30 <<-'EOF'
	process 99 (qemu)
	  groups                   -
	  device descriptors       -

	  container, fd 30
	    backend                vfio-iommu-type1
	    mapped                 -
	    locked                 -
	EOF
	json show 99:30 'list(d) == ["pid", "comm", "groups", "devices", "containers"]'
}

case_show_finds_one_of_several() {
	local fd

	with_hooks
	process 50 two
	our_container 50 4 1
	our_container 50 8 2
	our_container 50 6 1
	list <<-'EOF'
	PID  FD COMMAND BACKEND           ID GROUPS MAPPED LOCKED
	 50 4,6 two     vfio-iommu-type1x  1 -       4 MiB  2 MiB
	 50   8 two     vfio-iommu-type1x  2 -       4 MiB  2 MiB
	EOF
	for fd in 4 6; do
		json show 50:$fd '[c["fds"] for c in d["containers"]] == [[4, 6]]'
	done
	json show 50:8 '[c["id"] for c in d["containers"]] == [2]'
	json show 50 '[c["id"] for c in d["containers"]] == [1, 2]'
}

# directories of a copy are in no order
case_order_of_descriptors() {
	local fd

	with_hooks
	process 10 many
	for fd in {3..34}; do
		our_container 10 "$fd" $((fd % 8))
	done
	json list '[c["fds"] for c in d["processes"][0]["containers"]] ==
		[[fd, fd + 8, fd + 16, fd + 24] for fd in range(3, 11)]'
}

case_show_says_why_not() {
	process 50 one
	container 50 4
	process 51 none
	group 51 5 3
	refuses 1 'process 52: no such process' show 52
	refuses 1 'process 51: has no container' show 51
	refuses 1 'process 50: descriptor 5 is no container' show 50:5
	refuses 1 'process 50: descriptor 4000000000 is no container' show 50:4000000000
	refuses 2 'x: neither PID nor PID:FD' show x
	refuses 2 ': neither PID nor PID:FD' show ''
	refuses 2 '0: neither PID nor PID:FD' show 0
	refuses 2 '50:: neither PID nor PID:FD' show 50:
	refuses 2 '50:4x: neither PID nor PID:FD' show 50:4x
	refuses 2 '99999999999999999999: neither PID nor PID:FD' show 99999999999999999999
	refuses 2 '-d 0: not a number of seconds, at least 0.1' -d 0 top
	refuses 2 '-d nan: not a number of seconds, at least 0.1' -d nan top
	refuses 2 '-d 1s: not a number of seconds, at least 0.1' -d 1s top
	refuses 2 '-n 0: not a number, at least 1' -n 0 top
}

# several processes with one container: each is listed
case_shared_by_fork() {
	with_hooks
	process 70 parent
	our_container 70 5 3
	process 71 child
	our_container 71 9 3
	list <<-'EOF'
	PID FD COMMAND BACKEND           ID GROUPS MAPPED LOCKED
	 70  5 parent  vfio-iommu-type1x  3 -       4 MiB  2 MiB
	 71  9 child   vfio-iommu-type1x  3 -       4 MiB  2 MiB
	EOF
}

case_without_hooks_debugfs_tells() {
	process 70 ours
	container 70 5
	process 71 unknown
	container 71 6
	debugfs 3 70
	list <<-'EOF'
	PID FD COMMAND BACKEND           ID GROUPS MAPPED LOCKED
	 70  5 ours    vfio-iommu-type1x  3 -       4 MiB  2 MiB
	 71  6 unknown -                  - -           -      -
	EOF
	notes <<-'EOF'
	t1xctl: "-": neither fdinfo (vfio_type1x_hooks is not loaded) nor debugfs tells
	EOF
}

case_nobody_tells() {
	process 70 ours
	container 70 5
	list <<-'EOF'
	PID FD COMMAND BACKEND ID GROUPS MAPPED LOCKED
	 70  5 ours    -        - -           -      -
	EOF
	notes <<<"t1xctl: \"-\": fdinfo (vfio_type1x_hooks is not loaded) does not tell; \
debugfs: No such file or directory"
}

# which descriptor is which container debugfs does not tell
case_without_hooks_several() {
	process 70 two
	container 70 5
	container 70 9
	debugfs 3 70
	debugfs 11 70 mapped-bytes=8192
	process 80 three
	container 80 4
	container 80 5
	container 80 6
	debugfs 12 80
	process 90 closed
	container 90 4
	debugfs 13 90
	debugfs 14 90
	list <<-'EOF'
	PID     FD COMMAND BACKEND           ID GROUPS MAPPED LOCKED
	 70   5,9? two     vfio-iommu-type1x  3 -       4 MiB  2 MiB
	 70   5,9? two     vfio-iommu-type1x 11 -       8 KiB  2 MiB
	 80 4,5,6? three   -                  - -           -      -
	 80 4,5,6? three   -                  - -           -      -
	 80 4,5,6? three   vfio-iommu-type1x 12 -       4 MiB  2 MiB
	 90     4? closed  vfio-iommu-type1x 13 -       4 MiB  2 MiB
	 90     4? closed  vfio-iommu-type1x 14 -       4 MiB  2 MiB
	EOF
	grep -q '"?": one of these descriptors' "$work/err" || return
	json show 70:9 '[c["id"] for c in d["containers"]] == [3, 11]' \
		'[c["fds"] for c in d["containers"]] == [[5, 9], [5, 9]]' \
		'not any(c["fds_certain"] for c in d["containers"])'
}

# the descriptor is closed, the process is gone, or nobody knows who it was
case_containers_without_descriptor() {
	process 70 keeps-a-group
	group 70 5 3
	debugfs 21 70
	debugfs 22 71
	process 72 another
	debugfs 23 72
	debugfs 24 x
	list <<-'EOF'
	PID FD COMMAND       BACKEND           ID GROUPS MAPPED LOCKED
	  -  - -             vfio-iommu-type1x 24 -       4 MiB  2 MiB
	 70  - keeps-a-group vfio-iommu-type1x 21 3       4 MiB  2 MiB
	 71  - -             vfio-iommu-type1x 22 -       4 MiB  2 MiB
	 72  - -             vfio-iommu-type1x 23 -       4 MiB  2 MiB
	EOF
	json list 'd["processes"][0]["pid"] is None' 'd["processes"][2]["comm"] is None' \
		'd["processes"][1]["containers"][0]["fds"] == []'
}

# with hooks, a container that fdinfo does not explain has no backend
case_hooks_beside_debugfs() {
	with_hooks
	process 70 new-and-closed
	container 70 5
	debugfs 31 70
	process 71 ours
	our_container 71 3 32 mapped-bytes=4096
	debugfs 32 71 mapped-bytes=1
	list <<-'EOF'
	PID FD COMMAND        BACKEND           ID GROUPS MAPPED LOCKED
	 70  5 new-and-closed -                  - -           -      -
	 70  - new-and-closed vfio-iommu-type1x 31 -       4 MiB  2 MiB
	 71  3 ours           vfio-iommu-type1x 32 -       4 KiB  2 MiB
	EOF
	notes </dev/null
}

case_hostile_names() {
	with_hooks
	process 10 '\033[2J\007\177'
	our_container 10 3 1
	process 11 'two\nlines\n'
	our_container 11 3 2
	process 12 'gr\303\274n\346\274\242'
	our_container 12 3 3
	process 13 'cut\303\377\355\240\200'
	our_container 13 3 4
	process 14 'a\342\200\256b\302\2332J'
	our_container 14 3 5
	process 15 ''
	our_container 15 3 6
	process 16 '\300\257\340\202\257\364\220\200\200'
	our_container 16 3 7
	LC_ALL=C.UTF-8 list <<-'EOF'
	PID FD COMMAND    BACKEND           ID GROUPS MAPPED LOCKED
	 10  3 ?[2J??     vfio-iommu-type1x  1 -       4 MiB  2 MiB
	 11  3 two?lines? vfio-iommu-type1x  2 -       4 MiB  2 MiB
	 12  3 grün漢     vfio-iommu-type1x  3 -       4 MiB  2 MiB
	 13  3 cut?????   vfio-iommu-type1x  4 -       4 MiB  2 MiB
	 14  3 a???b??2J  vfio-iommu-type1x  5 -       4 MiB  2 MiB
	 15  3 -          vfio-iommu-type1x  6 -       4 MiB  2 MiB
	 16  3 ?????????  vfio-iommu-type1x  7 -       4 MiB  2 MiB
	EOF
	LC_ALL=C json list \
		'[p["comm"] for p in d["processes"]] == ["\x1b[2J\a\x7f", "two\nlines\n", "grün漢",
			"cut" + 5 * "\ufffd", "a\u202eb\x9b2J", None,
			9 * "\ufffd"]'
	# A terminal does nothing at a 0x7f.
	! LC_ALL=C grep -q $'[^ -~\177]' "$work/out" || return
	LC_ALL=C status 0 list
	grep -qx ' 12  3 gr??n???   vfio.*' "$work/out"
}

# a copy says nothing about processes that have the same numbers here
case_copy_of_a_process_that_lives() {
	exec 30>/dev/null 31>&30
	process "$BASHPID" two
	container "$BASHPID" 30
	container "$BASHPID" 31
	json list '[c["fds"] for c in d["processes"][0]["containers"]] == [[30], [31]]'
}

# lines that are cut, garbled, twice, too large, or from a newer kernel
case_garbled_lines() {
	local long

	printf -v long 'type1x-version:\t%0500d' 1
	with_hooks
	process 10 garbled
	container 10 3 'vfio-driver:\tvfio-iommu-type1x' 'vfio-driver:\tb' 'type1x-id:\t-3' \
		'type1x-groups:\t0x10' \
		'type1x-domains:' 'type1x-mappings:\t12 pages' 'no colon' ':' "$long" \
		'type1x-mapped-bytes:\t9223372036854775808' 'type1x-mapped-bytes:\t4096' \
		'type1x-locked-bytes:\t8192' 'type1x-locked-bytes:\t1' 'type1x-later:\tnew' \
		'type1x-type:\tv\x1b2' 'xtype1x-maps:\t5' 'type1x-maps :\t5' 'type1x-unmaps:7'
	printf 'type1x-dirty-reported:\t26843' >>"$tree/proc/10/fdinfo/3"
	show 10 <<-'EOF'
	process 10 (garbled)
	  groups                   -
	  device descriptors       -

	  container, fd 3
	    backend                vfio-iommu-type1x
	    type                   v?2
	    mapped                 4 KiB (4096)
	    locked                 8 KiB (8192)
	    unmaps so far          7
	EOF
}

# what ends while it is looked at is left out, and counted nowhere
case_dead_processes() {
	with_hooks
	process 10 ends-after-fd
	container 10 3
	rm -r "$tree/proc/10/fdinfo" "$tree/proc/10/comm"
	mkdir "$tree/proc/11"
	process 12 closes
	our_container 12 3 1
	rm "$tree/proc/12/fd/3"
	mkdir -p "$tree/proc/notapid/fd" "$tree/proc/99999999999999999999/fd"
	process 13 strange-files
	mkdir "$tree/proc/13/fd/7" "$tree/proc/13/fd/x"
	ln -s /dev/vfio/vfio "$tree/proc/13/fd/99999999999"
	ln -s /dev/vfio/vfio "$tree/proc/13/fd/3.5"
	ln -s "$(printf '/%01000d' 1)" "$tree/proc/13/fd/8"
	process 14 pipe
	container 14 3
	rm "$tree/proc/14/comm"
	mkfifo "$tree/proc/14/comm"
	list <<-'EOF'
	PID FD COMMAND BACKEND ID GROUPS MAPPED LOCKED
	 10  3 -       -        - -           -      -
	 14  3 -       -        - -           -      -
	EOF
	notes </dev/null
	json list 'd["unreadable"] == 0'
}

case_names_that_are_no_groups() {
	process 10 x
	container 10 3 'vfio-driver:\tvfio-iommu-type1'
	open_file 10 4 /dev/vfio/x
	open_file 10 5 /dev/vfio/noiommu-
	open_file 10 6 /dev/vfio/
	open_file 10 7 '/dev/vfio/8 (deleted)'
	open_file 10 8 /dev/vfio/noiommu-12
	open_file 10 9 /tmp/dev/vfio/9
	open_file 10 10 "/dev/vfio/$(printf '%0100d' 7)"
	open_file 10 11 /dev/vfio/devices/vfio0
	json list 'd["processes"][0]["groups"] == ["8", "noiommu-12"]' \
		'd["processes"][0]["devices"] == [{"fd": 11, "device": None}]'
}

case_unreadable() {
	with_hooks
	process 10 secret
	our_container 10 3 1
	process 11 open
	our_container 11 3 2
	debugfs 1 10
	chmod 0 "$tree/proc/10/fd" "$tree/sys/kernel/debug/vfio-type1x"
	as_nobody list
	[[ $(cat "$work/out") == *"11  3 open"* && $(wc -l <"$work/out") == 2 ]] || return
	notes <<<"t1xctl: processes that only root may look into: 1" || return
	as_nobody --json list
	"$here/json_is" "$work/out" 'd["unreadable"] == 1' 'len(d["processes"]) == 1' || return
	as_nobody show 10 && return 1
	notes <<<"t1xctl: process 10: Permission denied" || return
	container 11 5
	rmdir "$tree/sys/module/vfio_type1x_hooks"
	as_nobody show 11:5
	notes <<<"t1xctl: \"-\": fdinfo (vfio_type1x_hooks is not loaded) does not tell; \
debugfs: Permission denied"
}

case_no_proc_at_all() {
	rm -r "$tree/proc"
	status 1 list
	notes <<<"t1xctl: /proc: No such file or directory"
}
