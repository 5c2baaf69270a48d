#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/deps.sh [build|vm|test|clang|native|doc|plot|netperf|package|
#                        releases|compiler-cache|cross]...
#
# Installs those Debian packages of the named groups that are missing (default: build).
# Says nothing and asks no server when everything is there. Starts no system service.
set -euo pipefail

declare -A GROUPS_OF=(
	[build]='libdpdk-dev dpdk dpdk-dev meson ninja-build pkg-config gcc libc6-dev libnuma-dev
		libpci-dev libjansson-dev dpkg-dev python3'
	[vm]='qemu-system-x86 busybox-static cpio kmod xz-utils iproute2 iputils-ping iperf3
		ethtool python3'
	[test]='libcmocka-dev python3-scapy python3-pytest babeltrace2 strace spin'
	[clang]='clang libclang-rt-14-dev'
	[native]='openvswitch-switch-dpdk iproute2 iputils-ping iperf3 ethtool'
	[doc]='python3-sphinx furo graphviz doxygen gnuplot-nox'
	[plot]='gnuplot-nox'
	[netperf]='iperf3 sockperf'
	[package]='debhelper dpkg-dev fakeroot debootstrap'
	[releases]='debootstrap util-linux'
	[compiler-cache]='ccache'
	[cross]='gcc-aarch64-linux-gnu qemu-user'
)
POLICY=/usr/sbin/policy-rc.d

log=
policy_saved=
policy_made=

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$policy_made" ] || rm -f "$POLICY"
	[ -z "$policy_saved" ] || mv -f "$policy_saved" "$POLICY"
	[ -z "$log" ] || rm -f "$log"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

usage() {
	sed -n '5,9s/^# \{0,1\}//p' "$0"
	exit "$1"
}

# Keeps package scripts from starting services (policy-rc.d's answer 101: forbidden by policy).
forbid_services() {
	if [ -e "$POLICY" ] || [ -L "$POLICY" ]; then
		policy_saved=$POLICY.vio-saved
		mv "$POLICY" "$policy_saved"
	fi
	policy_made=1
	printf '#!/bin/sh\nexit 101\n' > "$POLICY"
	chmod 755 "$POLICY"
}

run_apt() {
	if ! DEBIAN_FRONTEND=noninteractive apt-get "$@" > "$log" 2>&1; then
		cat "$log" >&2
		echo "deps.sh: 'apt-get $*' failed (its messages are above)" >&2
		exit 1
	fi
}

# Prints those of the named packages that are not installed.
not_installed() {
	local have package
	# shellcheck disable=SC2016 # dpkg-query's own variables
	have=$(dpkg-query -W -f ' ${Package}=${db:Status-Status} ' "$@" 2>/dev/null) || :
	for package in "$@"; do
		[[ $have == *" $package=installed "* ]] || echo "$package"
	done
}

[[ " $* " != *" -h "* && " $* " != *" --help "* ]] || usage 0
[ $# -gt 0 ] || set -- build
command -v dpkg-query >/dev/null || {
	echo "deps.sh: this is not a Debian system; install by hand what the table in deps.sh names" >&2
	exit 1
}

wanted=()
for group in "$@"; do
	[ -n "${GROUPS_OF[$group]-}" ] || usage 2 >&2
	read -rd '' -a packages <<< "${GROUPS_OF[$group]}" || :
	wanted+=("${packages[@]}")
done
mapfile -t missing < <(not_installed "${wanted[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "deps.sh: missing packages; as root: apt-get update &&" \
		"apt-get install -y --no-install-recommends ${missing[*]}" >&2
	exit 1
fi
echo "deps.sh: installing ${missing[*]}" >&2
log=$(mktemp)
new_ovs=
[[ " ${missing[*]} " != *" openvswitch-switch-dpdk "* ]] ||
	new_ovs=$(not_installed openvswitch-switch)
forbid_services
run_apt update
run_apt install -y --no-install-recommends "${missing[@]}"
# The tests run Open vSwitch by hand in folders of their own; it should not start at boot either.
if [ -n "$new_ovs" ] && command -v systemctl >/dev/null; then
	systemctl --quiet disable openvswitch-switch.service >/dev/null 2>&1 || :
fi
