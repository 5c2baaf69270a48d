#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/package.sh [--out DIR]
#
# Builds Debian packages of the checkout as it stands: librte-net-vio, vio-tools, vio-vswitch,
# vio-netbridge, libvio-virtio-dev.
#   --out DIR    where they go (default: build/packages); older ones there are replaced
# Installs Debian packages that the build needs, as root; builds without root otherwise.
set -euo pipefail

repo=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
out=$repo/build/packages
work=

usage() {
	sed -n '5,10s/^# \{0,1\}//p' "$0"
	exit "$1"
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

while [ $# -gt 0 ]; do
	case $1 in
	--out)
		[ $# -gt 1 ] || usage 2 >&2
		out=$2
		shift
		;;
	-h | --help) usage 0 ;;
	*) usage 2 >&2 ;;
	esac
	shift
done

"$repo/scripts/deps.sh" build package
headers=$("$repo/scripts/dpdk-headers.sh")

# The build writes beside the sources, so it gets a copy of them.
work=$(mktemp -d)
mkdir "$work/vio"
tar -C "$repo" --exclude-vcs --exclude='./build*' --exclude=./.cache --exclude=__pycache__ -cf - . |
	tar -C "$work/vio" -xf -
if ! (cd "$work/vio" && VIO_DPDK_HEADERS=$headers dpkg-buildpackage -us -uc -b) \
	> "$work/log" 2>&1; then
	tail -n 40 "$work/log" >&2
	echo "package.sh: dpkg-buildpackage failed (the end of its messages is above)" >&2
	exit 1
fi
mkdir -p "$out"
rm -f "$out"/*.deb
mv "$work"/*.deb "$out"
ls "$out"/*.deb
