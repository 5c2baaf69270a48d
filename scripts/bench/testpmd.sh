#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/bench/testpmd.sh [--rounds N] [--seconds N] [--packed] [--build DIR] [--json FILE]
#                                 [--plot FILE] [SETUP]
#
# SETUP says where dpdk-testpmd stands. Without one it is
#   host-to-vm    described below
# and the others are those of the scripts beside this one, which have the same options but --packed:
#   vm-to-vm      two VMs at examples/vswitch: guests.sh vswitch
#   tap           on vhost-net and two TAPs, inside of a VM: pktgen.sh tap
#   macvtap       on vhost-net and a macvtap, inside of a VM: pktgen.sh macvtap
#
# Forwarding in a VM: stock dpdk-testpmd in the guest forwards between two virtio-net PCI devices, with
# the plugin and with DPDK's own driver in turn, in one boot. The devices' other ends are two vhost
# ports of a testpmd on this machine, which sends whatever comes out of one back into the other: a
# circle without losses, as fast as its slowest part. Prints both rates and their ratio.
#   --rounds N    turns of each driver (default 5)
#   --seconds N   length of a turn (default 6)
#   --packed      packed rings
#   --build DIR   meson's build folder (default: build)
#   --json FILE   the results as JSON too
#   --plot FILE   the results as bars (SVG) too
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(cd "$here/../.." && pwd)
build=$repo/build
rounds=5
seconds=6
props=
json=
plot=
setup=
work=
host_pid=

usage() {
	sed -n '5,24s/^# \{0,1\}//p' "$0"
	exit "$1"
}

die() {
	echo "testpmd.sh: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	trap '' INT TERM HUP
	if [ -n "$host_pid" ]; then
		kill "$host_pid" 2>/dev/null || :
		wait "$host_pid" 2>/dev/null || :
	fi
	[ -z "$work" ] || rm -rf "$work"
}

while [ $# -gt 0 ]; do
	case $1 in
	--packed) props=/packed=on ;;
	--rounds | --seconds | --build | --json | --plot)
		[ $# -ge 2 ] || usage 2 >&2
		case $1 in
		--rounds) rounds=$2 ;;
		--seconds) seconds=$2 ;;
		--build) build=$(readlink -m "$2") ;;
		--json) json=$(readlink -m "$2") ;;
		*) plot=$(readlink -m "$2") ;;
		esac
		shift
		;;
	-h | --help) usage 0 ;;
	host-to-vm | vm-to-vm | tap | macvtap)
		[ -z "$setup" ] || usage 2 >&2
		setup=$1
		;;
	*) usage 2 >&2 ;;
	esac
	shift
done
if [[ -n $setup && $setup != host-to-vm ]]; then
	[ -z "$props" ] || die "--packed is for host-to-vm"
	options=(--rounds "$rounds" --seconds "$seconds" --build "$build"
		${json:+--json "$json"} ${plot:+--plot "$plot"})
	[ "$setup" != vm-to-vm ] || exec "$here/guests.sh" "${options[@]}" vswitch
	exec "$here/pktgen.sh" "${options[@]}" "$setup"
fi
[ -z "$plot" ] || "$repo/scripts/deps.sh" plot
plugin=$build/drivers/net/vio/librte_net_vio.so
[ -f "$plugin" ] || die "$plugin is not there: meson setup build && ninja -C build"

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
work=$(mktemp -d /tmp/vio-testpmd-XXXXXX)
mkdir "$work/share"

# The vhost side: QEMU connects to its sockets. Its command line comes through a FIFO.
mkfifo "$work/commands"
exec 3<> "$work/commands"
stdbuf -oL dpdk-testpmd --no-pci --no-huge -m 128 --lcores '0@0,1@1' --main-lcore 0 \
	--file-prefix "vio-bench-$$" \
	--vdev "net_vhost0,iface=$work/a.sock" --vdev "net_vhost1,iface=$work/b.sock" \
	-- -i --nb-cores=1 --total-num-mbufs=4096 < "$work/commands" > "$work/host.log" 2>&1 &
host_pid=$!
for _ in $(seq 600); do
	grep -q 'testpmd>' "$work/host.log" && break
	kill -0 "$host_pid" 2>/dev/null || { tail "$work/host.log" >&2; die "the vhost side ended"; }
	sleep 0.1
done

# Once a turn the guest asks for a fresh circle: frames of the last one ended with its driver.
feeder() {
	local turn=0
	while [ ! -e "$work/share/end" ]; do
		if [ -e "$work/share/feed.$turn" ]; then
			printf '%s\n' stop 'start tx_first 8' >&3
			turn=$((turn + 1))
		fi
		sleep 0.1
	done
}
feeder &
feeder_pid=$!
status=0
"$repo/scripts/vm.sh" --share "$work/share" --timeout $((600 + 40 * rounds * (seconds + 10))) \
	--nic "vhost-user:path=$work/a.sock$props" --nic "vhost-user:path=$work/b.sock$props" \
	--keep "$build" -- bash "$here/testpmd-guest.sh" "$plugin" "$rounds" "$seconds" || status=$?
touch "$work/share/end"
wait "$feeder_pid" || :
[ "$status" -eq 0 ] || { tail "$work/host.log" >&2; die "the guest failed (status $status)"; }
printf 'quit\n' >&3
/usr/bin/python3 -B "$here/testpmd-report.py" "$work/share/rates" ${json:+--json "$json"} \
	${plot:+--plot "$plot"}
