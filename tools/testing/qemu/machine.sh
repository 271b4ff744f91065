# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The guest machine, for those who start one: what is on its bus, what goes
# into its file system, and how it is called.  Sourced after common.sh,
# backports.sh and foreign.sh.

QEMU_DIR=$T1X_ROOT/tools/testing/qemu
export QEMU_SYSTEM=qemu-system-x86_64
QEMU_PACKAGE=qemu-system-x86
# Before, a processor can go on running a breakpoint that another one has taken away.
# The kernel changes its own code that way each time that a probe comes or goes.
QEMU_OLDEST=1:8.1
QEMU_CROSS=
# With eim the kernel takes the local APICs for x2APICs: the end of an interrupt is written
# to a register of the processor, not to memory, where QEMU has lost one now and then.
QEMU_IOMMU=intel-iommu,intremap=on,eim=on,caching-mode=on
QEMU_EDU=edu,dma_mask=0xffffffffffffffff
QEMU_EDUS=3

# machine_choose SERIES - the machine that runs this kernel
machine_choose() {
	is_foreign "$1" || return 0
	QEMU_SYSTEM=qemu-system-aarch64
	QEMU_PACKAGE=qemu-system-arm
	QEMU_CROSS=$FOREIGN_CROSS
	QEMU_IOMMU=''
}

machine_need() {
	need_at_least "$QEMU_OLDEST" "$QEMU_PACKAGE"
	need busybox-static cpio kmod xz-utils binutils
	[[ ! $QEMU_CROSS ]] || foreign_need
}

# machine_quote WORD... - for the guest's sh
machine_quote() {
	local word

	for word; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# machine_stage DIRECTORY - the guest's own scripts
machine_stage() {
	mkdir -p "$1"/{t,bin,lib/t1x}
	chmod 755 "$1"
	cp "$QEMU_DIR/guest/init" "$1/init"
	cp "$QEMU_DIR/guest/guest.sh" "$1/lib/t1x/"
	ln -s /bin/run-tests "$1/t/run-tests"
	: >"$1/lib/t1x/modules"
}

# machine_add_file DIRECTORY HOSTFILE[:GUESTPATH] - default /t/NAME
machine_add_file() {
	local file=${2%%:*} to=/t/

	[[ $2 != *:* ]] || to=${2#*:}
	[[ -e $file ]] || die "$file: no such file"
	[[ $to != */ ]] || to=$to$(basename "$file")
	mkdir -p "$1$(dirname "$to")"
	cp -RL "$file" "$1$to"
}

# machine_add_module DIRECTORY RELEASE FILE[:PARAMETERS] - commas between these
machine_add_module() {
	local file=${3%%:*} parameters='' magic

	[[ $3 != *:* ]] || parameters=${3#*:}
	[[ -e $file ]] || die "$file: no such module"
	magic=$(modinfo -F vermagic "$file")
	[[ ${magic%% *} == "$2" ]] ||
		die "$file is built for ${magic%% *}, the guest runs $2"
	# Debug information is for the host; the guest's memory is small.
	cp "$file" "$1/t/"
	"${QEMU_CROSS}strip" --strip-debug "$1/t/$(basename "$file")"
	echo "/t/$(basename "$file") ${parameters//,/ }" >>"$1/lib/t1x/modules"
}

# machine_pack DIRECTORY OUTPUT ARCHIVE... - one initramfs out of several
machine_pack() {
	local dir=$1 out=$2

	shift 2
	# The plain archive goes first: it must start at a multiple of four.
	(cd "$dir" && find . | cpio -o -H newc --quiet -R 0:0) >"$out"
	cat "$@" >>"$out"
}

# machine_x86 ARRAY - board, IOMMU, and how the guest ends QEMU
#
# A kernel that is told that "rep movsb" and "rep stosb" are fast uses them for all it
# copies and clears, and emulated they take each byte by itself (leaf_test: 87 s, not 29 s).
machine_x86() {
	local -n board=$1

	# shellcheck disable=SC2034,SC2054 # the caller's array; QEMU's commas
	board=(
		-cpu max,-erms,-fsrm -M q35
		-device isa-debug-exit,iobase=0xf4,iosize=0x04
		-device "$QEMU_IOMMU"
	)
}

# machine_arm64 ARRAY - the same; a call of the processor's ends QEMU
machine_arm64() {
	# shellcheck disable=SC2178 # a reference
	local -n board=$1

	# shellcheck disable=SC2034,SC2054
	board=(
		-cpu cortex-a57 -M virt,gic-version=3,iommu=smmuv3
		-semihosting-config enable=on,target=native,userspace=on
	)
}

# machine_serial ARRAY CONSOLE - the kernel's console to a file, and a second
# line for everything else
machine_serial() {
	local -n serial_args=$1

	# shellcheck disable=SC2034,SC2054
	if [[ $QEMU_CROSS ]]; then
		serial_args=(-serial "file:$2" -chardev stdio,id=out -device pci-serial,chardev=out)
	else
		serial_args=(-serial "file:$2" -serial stdio)
	fi
}

# machine_args ARRAY KERNEL INITRAMFS NVME-IMAGE MIB - QEMU's arguments
machine_args() {
	local -n machine=$1
	local i edus=() parts=()

	if [[ $QEMU_CROSS ]]; then
		machine_arm64 parts
	else
		machine_x86 parts
	fi
	for ((i = 0; i < QEMU_EDUS; i++)); do
		edus+=(-device "$QEMU_EDU")
	done
	# shellcheck disable=SC2034,SC2054 # the caller's array; QEMU's commas
	machine=(
		-accel tcg,thread=multi -smp 2 -m "$5" "${parts[@]}"
		-nodefaults -no-user-config -display none -no-reboot
		${edus[@]+"${edus[@]}"}
		-drive "if=none,id=nvme0,format=raw,cache=unsafe,file=$4"
		-device nvme,drive=nvme0,serial=t1x
		-netdev hubport,id=net0,hubid=0
		-device e1000e,id=nic0,netdev=net0,romfile=
		-kernel "$2" -initrd "$3"
	)
}

# machine_cmdline - kernel parameters of every guest
machine_cmdline() {
	local common='quiet panic=-1 oops=panic log_buf_len=4M'

	if [[ $QEMU_CROSS ]]; then
		echo "console=ttyAMA0 t1x.tty=ttyS0 $common"
		return
	fi
	# A busy host may owe the guest a tenth of a second, in which the kernel
	# would give the timer up (no_timer_check).
	echo "console=ttyS0 t1x.tty=ttyS1 $common intel_iommu=on no_timer_check"
}
