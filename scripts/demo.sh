#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/demo.sh [--vfio|--native] [--stock] [--seconds N] [--build DIR] [--keep-logs DIR]
#
# Shows the driver at work, from a bare checkout on Debian 12, as root: installs what is missing,
# builds the plugin, boots a VM with two virtio-net devices whose other ends are TAPs in two network
# namespaces, lets stock dpdk-testpmd forward between them with the plugin, sends ping, TCP and
# checked data from one namespace to the other, and prints a table. Removes what it made.
#   --vfio           vfio-pci with a virtual IOMMU instead of uio_pci_generic
#   --native         no VM: a port of the plugin against stock net_vhost over vhost-user; frames in,
#                    frames out, Mpps and path each way; needs no hugepages, and no root either
#                    where the packages are there
#   --stock          DPDK's own virtio driver instead of the plugin, to compare
#   --seconds N      length of the TCP measurement (default 5); of each rate with --native (2)
#   --build DIR      meson's build folder (default: build)
#   --keep-logs DIR  leave the logs and raw results of the run in DIR
set -euo pipefail

ADDR_A=192.0.2.1
ADDR_B=192.0.2.2
PINGS=100
CHECK_MIB=16
VM_TIMEOUT=300

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$here")
build=$repo/build
driver=vio
kernel_driver=uio_pci_generic
native=
seconds=
keep_logs=
work=
vm_pid=
native_pid=
server_pid=
# Names of this run only: two demos do not meet.
ns_a=vio-demo-$$-a
ns_b=vio-demo-$$-b
tap_a=vio$$a
tap_b=vio$$b

usage() {
	sed -n '5,19s/^# \{0,1\}//p' "$0"
	exit "$1"
}

say() {
	printf 'demo: [%3d s] %s\n' "$SECONDS" "$*" >&2
}

die() {
	echo "demo.sh: $*" >&2
	exit 1
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	trap '' INT TERM HUP
	local pid
	for pid in "$server_pid" "$vm_pid" "$native_pid"; do
		[ -z "$pid" ] || kill "$pid" 2>/dev/null || continue
		[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
	done
	# The TAPs were QEMU's and went with it.
	ip netns del "$ns_a" 2>/dev/null || :
	ip netns del "$ns_b" 2>/dev/null || :
	[ -n "$work" ] || return 0
	[ -z "$keep_logs" ] || { mkdir -p "$keep_logs" && cp -r "$work/." "$keep_logs/"; } || :
	rm -rf "$work"
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--vfio) kernel_driver=vfio-pci ;;
		--native) native=1 ;;
		--stock) driver=stock ;;
		--seconds | --build | --keep-logs)
			[ $# -ge 2 ] || usage 2 >&2
			case $1 in
			--seconds) seconds=$2 ;;
			--build) build=$(readlink -m "$2") ;;
			*) keep_logs=$(readlink -m "$2") ;;
			esac
			shift
			;;
		-h | --help) usage 0 ;;
		*) usage 2 >&2 ;;
		esac
		shift
	done
	[ -n "$seconds" ] || seconds=$([ -n "$native" ] && echo 2 || echo 5)
	[[ $seconds =~ ^[1-9][0-9]{0,3}$ ]] || die "--seconds is a number from 1 to 9999"
	[ -z "$native" ] || [ "$kernel_driver" = uio_pci_generic ] ||
		die "--vfio is for PCI devices in a VM, --native does without: choose one"
}

# Runs a command with its output in a log that is shown only when it fails.
quietly() {
	local name=$1
	shift
	"$@" > "$work/$name.log" 2>&1 || {
		tail -n 40 "$work/$name.log" >&2
		die "'$*' failed (see above)"
	}
}

build_plugin() {
	[ "$driver" = vio ] || return 0
	say "building the plugin"
	[ -f "$build/build.ninja" ] || quietly meson meson setup "$build" "$repo"
	quietly ninja ninja -C "$build" drivers/net/vio/librte_net_vio.so
}

start_vm() {
	local options=() eal=()
	[ "$kernel_driver" = uio_pci_generic ] || options=(--iommu)
	[ "$driver" = stock ] || eal=(-d "$build/drivers/net/vio/librte_net_vio.so")
	say "booting the VM (two virtio-net devices on $kernel_driver)"
	mkdir "$work/share"
	"$here/vm.sh" "${options[@]}" --timeout $((VM_TIMEOUT + seconds)) --share "$work/share" \
		--nic "tap:ifname=$tap_a" --nic "tap:ifname=$tap_b" --log "$work/kernel.log" -- \
		"$here/demo/guest.sh" "$kernel_driver" "${eal[@]}" > "$work/vm.log" 2>&1 &
	vm_pid=$!
}

# Waits for what $1 says, until the command after it succeeds. The VM must be alive meanwhile: its
# own time-out ends the wait.
wait_for() {
	local what=$1
	shift
	until "$@"; do
		kill -0 "$vm_pid" 2>/dev/null || {
			cat "$work/vm.log" >&2
			die "the VM ended before $what (see above)"
		}
		sleep 0.1
	done
}

# Takes a TAP that QEMU has opened into a namespace. The driver negotiates no offload, so the
# namespace's kernel has to send complete frames with complete checksums.
set_up_namespace() {
	local ns=$1 tap=$2 addr=$3
	ip netns add "$ns"
	# Without IPv6 nothing moves that was not sent on purpose.
	ip netns exec "$ns" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6' 2>/dev/null || :
	wait_for "QEMU opened its TAPs" test -e "/sys/class/net/$tap"
	ip link set "$tap" netns "$ns"
	ip -n "$ns" link set lo up
	ip -n "$ns" addr add "$addr/24" dev "$tap"
	ip netns exec "$ns" ethtool -K "$tap" tx off rx off sg off tso off gso off gro off > /dev/null
	ip -n "$ns" link set "$tap" up
}

in_a() { ip netns exec "$ns_a" "$@"; }

# shellcheck disable=SC2317 # called by wait_for
server_listens() {
	[ -n "$(ip netns exec "$ns_b" ss -Hltn "sport = :$1")" ] || ! kill -0 "$server_pid" 2>/dev/null
}

# Starts a server of the given TCP port in namespace B and waits until it listens.
start_server() {
	local port=$1
	shift
	ip netns exec "$ns_b" "$@" > "$work/server.log" 2>&1 &
	server_pid=$!
	wait_for "${1##*/} listened" server_listens "$port"
}

stop_server() {
	kill "$server_pid" 2>/dev/null || :
	wait "$server_pid" 2>/dev/null || :
	server_pid=
}

measure() {
	local tries=0
	say "ping"
	until in_a ping -c 1 -W 2 "$ADDR_B" > "$work/ping.first" 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 10 ] || { cat "$work/ping.first" >&2; return 1; }
	done
	in_a ping -c "$PINGS" -i 0.02 -W 5 "$ADDR_B" > "$work/ping" || return 1

	if command -v netperf > /dev/null && command -v netserver > /dev/null; then
		say "TCP stream: netperf, $seconds s"
		start_server 12865 netserver -D -4 -L "$ADDR_B"
		in_a netperf -H "$ADDR_B" -t TCP_STREAM -l "$seconds" -P 0 -v 0 -f m \
			> "$work/netperf" || return 1
	else
		say "TCP stream: iperf3, $seconds s"
		start_server 5201 iperf3 -s
		in_a iperf3 -c "$ADDR_B" -t "$seconds" -J > "$work/iperf3" || {
			grep '"error"' "$work/iperf3" >&2
			return 1
		}
	fi
	stop_server

	say "checked data: $CHECK_MIB MiB each way, and every frame size from 64 to 1518"
	start_server 5000 python3 "$here/demo/traffic.py" serve "$ADDR_B"
	in_a python3 "$here/demo/traffic.py" check "$ADDR_B" "$CHECK_MIB" > "$work/check" || return 1
	stop_server
}

collect() {
	local side ns
	for side in a b; do
		ns=vio-demo-$$-$side
		ip netns exec "$ns" nstat -asz > "$work/nstat.$side"
		ip -n "$ns" -j -s link show "vio$$$side" > "$work/link.$side"
	done
	qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/QEMU \1/p' > "$work/set.qemu"
	cut -d' ' -f2 "$repo/.cache/vm/accel" > "$work/set.accel" 2>/dev/null ||
		echo tcg > "$work/set.accel"
	echo "$driver" > "$work/set.driver"
	echo "$kernel_driver" > "$work/set.kernel_driver"
}

# Without a VM; the rest of this file is about the one with it.
run_native() {
	local status=0 plugin=()
	[ "$driver" = stock ] || plugin=(--plugin "$build/drivers/net/vio/librte_net_vio.so")
	say "looking for the packages"
	"$here/deps.sh" build
	build_plugin
	say "starting two testpmds"
	# In the background, because a signal to us alone is to end it too.
	python3 "$here/demo/native.py" --folder "$work" --seconds "$seconds" --elapsed "$SECONDS" \
		"${plugin[@]}" &
	native_pid=$!
	wait "$native_pid" || status=$?
	native_pid=
	printf '%-17s%s\n' 'run took' "$SECONDS s"
	exit "$status"
}

parse "$@"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
work=$(mktemp -d "${TMPDIR:-/tmp}/vio-demo.XXXXXX")
[ -z "$native" ] || run_native

[ "$(id -u)" = 0 ] || die "needs root, for network namespaces, TAPs and missing packages"
[ -c /dev/net/tun ] || die "needs /dev/net/tun for the TAPs (modprobe tun)"
say "looking for the packages"
"$here/deps.sh" build vm
build_plugin
start_vm
set_up_namespace "$ns_a" "$tap_a" "$ADDR_A"
set_up_namespace "$ns_b" "$tap_b" "$ADDR_B"
wait_for "testpmd forwarded packets" test -e "$work/share/ready"
measure || {
	tail -n 20 "$work/share/testpmd.log" >&2
	die "the traffic did not get through (testpmd's log ends as above)"
}
collect
say "ending the VM"
touch "$work/share/stop"
wait "$vm_pid" || {
	cat "$work/vm.log" >&2
	vm_pid=
	die "the VM did not end well (see above)"
}
vm_pid=
status=0
python3 "$here/demo/report.py" "$work" || status=$?
printf '%-17s%s\n' 'run took' "$SECONDS s"
exit "$status"
