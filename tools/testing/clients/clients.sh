# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR
#
# Unmodified programs out of Debian packages, made ready for the guest: the
# packages are unpacked, not installed, and the program goes into an initramfs
# together with every library that it asks for.  Sourced.
# shellcheck source=../../lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/common.sh"

CLIENTS_DIR=$T1X_ROOT/tools/testing/clients
CLIENTS_LIBDIR=usr/lib/x86_64-linux-gnu

_clients_download() {
	apt-get -qq -y --no-install-recommends --download-only \
		-o Dir::Cache::archives="$1/debs" -o Acquire::Retries=3 \
		-o APT::Sandbox::User=root install "${@:2}" >&2
}

_clients_unpack() {
	local dir=$1 tmp=$1.tmp deb

	shift
	[[ ! -e $dir ]] || return 0
	rm -rf "$tmp"
	mkdir -p "$tmp/debs/partial" "$tmp/root"
	progress "fetching $*"
	if ! apt_locked _clients_download "$tmp" "$@"; then
		apt_update || die "apt-get update failed"
		apt_locked _clients_download "$tmp" "$@" || die "cannot download: $*"
	fi
	for deb in "$tmp"/debs/*.deb; do
		# None, if everything is installed already.
		[[ ! -e $deb ]] || dpkg-deb -x "$deb" "$tmp/root"
	done
	rm -rf "$tmp/debs"
	mv "$tmp" "$dir"
}

# clients_unpack NAME PACKAGE... - print where these packages and those they
# depend on are unpacked, as far as they are not installed
clients_unpack() {
	local name=$1 version dir

	shift
	version=$(pkg_candidate "$1")
	[[ $version ]] || { apt_update; version=$(pkg_candidate "$1"); }
	[[ $version ]] || die "no package $1"
	dir=$T1X_CACHE/clients/$name-${version//[^A-Za-z0-9.+~-]/_}
	with_lock "clients-$name" _clients_unpack "$dir" "$@"
	echo "$dir/root"
}

# clients_find ROOT PATH - in the unpacked packages, else in the installed ones
clients_find() {
	local place

	for place in "$1" ""; do
		if [[ -e $place/$2 ]]; then
			echo "$place/$2"
			return
		fi
	done
	die "$2 is in none of the packages"
}

# clients_libraries ROOT FILE... - paths of all libraries they need
clients_libraries() {
	local root=$1 answer

	shift
	answer=$(LD_LIBRARY_PATH=$root/$CLIENTS_LIBDIR:$root/lib/x86_64-linux-gnu ldd "$@")
	if grep 'not found' <<<"$answer" >&2; then
		die "libraries are missing"
	fi
	awk '$2 == "=>" { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' <<<"$answer" |
		sort -u
}

# _clients_place STAGE FILE PATH - copy, or link if the same file is there
#
# Plugins are also libraries of one another; two copies would be two libraries.
_clients_place() {
	local real

	real=$(realpath "$2")
	mkdir -p "$1/$(dirname "$3")"
	if [[ ${placed[$real]:-} ]]; then
		[[ ${placed[$real]} == "$3" ]] || ln -s "/${placed[$real]}" "$1/$3"
	else
		cp "$real" "$1/$3"
		placed[$real]=$3
	fi
}

# clients_pack OUTPUT ROOT PATH... - an initramfs of these files and libraries
clients_pack() {
	local out=$1 root=$2 stage path file files=() library
	local -A placed=()

	shift 2
	stage=$(mktemp -d)
	chmod 755 "$stage"
	for path; do
		file=$(clients_find "$root" "$path")
		files+=("$file")
		_clients_place "$stage" "$file" "$path"
	done
	for library in $(clients_libraries "$root" "${files[@]}"); do
		path=$CLIENTS_LIBDIR/${library##*/}
		[[ $library != /lib64/* ]] || path=${library#/}
		_clients_place "$stage" "$library" "$path"
	done
	(cd "$stage" && find . | cpio -o -H newc --quiet -R 0:0) >"$out"
	rm -rf "$stage"
}

# clients_parse OPTION... - sets series, backend and options
clients_parse() {
	series=6.12 backend=type1x options=()
	while (($#)); do
		case $1 in
		-k)		series=$2; shift ;;
		--backend)	backend=$2; shift ;;
		-v)		options+=(-v) ;;
		*)		usage_from_header "$0"; exit 2 ;;
		esac
		shift
	done
	case $backend in
	stock)	;;
	type1x)	options+=(-M "$(clients_module type1x/vfio_iommu_type1x)") ;;
	*)	die "backend is stock or type1x, not '$backend'" ;;
	esac
}

# clients_module NAME - a module of ours, built for that kernel
clients_module() {
	local dir

	dir=$("$T1X_ROOT/tools/lib/build-modules" "$series" | tail -n 1)
	echo "$dir/drivers/vfio/$1.ko"
}

# clients_tool NAME - print where a tool of ours is that needs no library
clients_tool() {
	local out=$T1X_OUT/clients/$1

	need gcc make libc6-dev linux-libc-dev libjansson-dev
	make -s -C "$T1X_ROOT/tools/$1" OUT="$out" LDFLAGS=-static >&2
	echo "$out/$1"
}

# clients_run LIMIT SCRIPT ARGUMENT... - the guest's part of a client, which
# expects to see $backend in use; sets $log
clients_run() {
	local limit=$1 script=$2 name=${2##*/}

	shift 2
	[[ $script == */* ]] || script=$CLIENTS_DIR/guest/$script
	mkdir -p "$T1X_OUT/logs"
	log=$T1X_OUT/logs/$(date +%Y%m%d-%H%M%S)-$series-$name-$backend-$$.log
	"$T1X_ROOT/tools/testing/qemu/run" -k "$series" -t "$limit" \
		${options[@]+"${options[@]}"} \
		-f "$CLIENTS_DIR/guest/watch.sh" -f "$CLIENTS_DIR/guest/trace.sh" \
		-f "$script" -f "$(clients_tool vfiotrace)" \
		"$@" -o "$log" -- "/t/$name" "$backend"
}

# clients_backends - who used which backend, out of the log
clients_backends() {
	local line

	grep -o 'backend in use by .*' "$log" | tr -d '\r' | sort -u |
	while IFS= read -r line; do
		progress "$line"
	done
}
