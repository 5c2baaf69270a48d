#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/cross.sh [--build DIR]
#
# Builds vio for aarch64 with Debian's cross compiler, where a warning is an error, and runs the tests
# of the protocol library and of parts of the driver in QEMU's emulation of that CPU. There the driver
# has the scalar paths alone.
#   --build DIR    where to (default: build-aarch64)
# Debian's arm64 libraries are unpacked to .cache/cross/aarch64; the machine's set of architectures
# is neither asked for nor changed. Installs the compiler and QEMU if they are missing, as root.
set -euo pipefail

# With all that these depend on; nothing of it is configured or run.
PACKAGES=(libdpdk-dev libnuma-dev libpci-dev libjansson-dev libcmocka-dev libc6-dev)
# Emulation is slow, so of the tests of the driver those of the bursts. Missing of the library's: those
# that receive more descriptors than a message may have, which QEMU does not close.
TESTS=(device features mmio pci_caps pci_gone pci_legacy pci_modern pci_notify vhost_kernel
	vhost_user vhost_user_conn vhost_user_mem vring_packed vring_split release
	model-packed model-conf_split model-conf_packed model-fault_rx model-fault_tx)
ARCH=arm64
TRIPLET=aarch64-linux-gnu

repo=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
build=$repo/build-aarch64
work=
# shellcheck source=scripts/lib/apt.sh
. "$repo/scripts/lib/apt.sh"

usage() {
	sed -n '5,12s/^# \{0,1\}//p' "$0"
	exit "$1"
}

die() {
	echo "cross.sh: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Fills the folder $1 with arm64's libraries and headers of the DPDK that is installed here.
make_sysroot() {
	local codename package files
	echo "cross.sh: fetching Debian's $ARCH libraries (once)" >&2
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	work=$(mktemp -d "${TMPDIR:-/tmp}/vio-cross.XXXXXX")
	private_folder "$work"
	debian_sources "$work" deb "$codename"
	files=(-o "APT::Architecture=$ARCH" -o "APT::Architectures=$ARCH"
		-o "Dir::State::status=$work/status" -o Debug::NoLocking=true)
	private_apt "$work" "${files[@]}" update >&2 || die "apt could not read the lists of $ARCH"
	private_apt "$work" "${files[@]}" install --download-only --no-install-recommends -y \
		"${PACKAGES[@]}" >&2 || die "apt could not download ${PACKAGES[*]} of $ARCH"
	mkdir -p "$1"
	for package in "$work"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -C "$1" -xf - --no-same-owner \
			--exclude='./usr/share/doc' --exclude='./usr/share/man' \
			--exclude='./usr/share/locale' --exclude='./dev'
	done
	rm -rf "$work"
	work=
}

# What meson has to know, on standard output.
cross_file() {
	cat <<-EOF
		[binaries]
		c = ['$TRIPLET-gcc', '--sysroot=$sysroot']
		ar = '$TRIPLET-ar'
		strip = '$TRIPLET-strip'
		pkgconfig = 'pkg-config'
		exe_wrapper = ['qemu-aarch64', '-L', '$sysroot']
		[properties]
		sys_root = '$sysroot'
		pkg_config_libdir = '$sysroot/usr/lib/$TRIPLET/pkgconfig'
		[host_machine]
		system = 'linux'
		cpu_family = 'aarch64'
		cpu = 'armv8-a'
		endian = 'little'
	EOF
}

while [ $# -gt 0 ]; do
	case $1 in
	--build)
		[ $# -gt 1 ] || usage 2 >&2
		build=$(readlink -m "$2")
		shift
		;;
	-h | --help) usage 0 ;;
	*) usage 2 >&2 ;;
	esac
	shift
done

"$repo/scripts/deps.sh" build cross
headers=$("$repo/scripts/dpdk-headers.sh")
# shellcheck disable=SC2016 # dpkg-query's own variables
version=$(dpkg-query -W -f '${source:Version}' libdpdk-dev)

mkdir -p "$repo/.cache/cross"
sysroot=$(readlink -f "$repo/.cache/cross")/aarch64
exec 9> "$sysroot.lock"
flock 9
if [ "$(cat "$sysroot/.version" 2>/dev/null)" != "$version" ]; then
	rm -rf "$sysroot" "$sysroot.new"
	make_sysroot "$sysroot.new"
	mv "$sysroot.new" "$sysroot"
	theirs=$(PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$TRIPLET/pkgconfig \
		pkg-config --modversion libdpdk)
	[ "$theirs" = "$(pkg-config --modversion libdpdk)" ] ||
		die "Debian's $ARCH has DPDK $theirs by now: upgrade libdpdk-dev."
	echo "$version" > "$sysroot/.version"
fi
exec 9>&-

if [ ! -f "$build/build.ninja" ]; then
	mkdir -p "$build"
	cross_file > "$build/aarch64.ini"
	# A machine's own flags are not for another one.
	env -u CFLAGS -u LDFLAGS meson setup "$build" "$repo" --cross-file "$build/aarch64.ini" \
		"-Ddpdk_driver_headers=$headers"
fi
ninja -C "$build"
meson test -C "$build" --no-rebuild --timeout-multiplier 20 --print-errorlogs \
	"${TESTS[@]}"
