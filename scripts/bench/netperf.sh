#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/bench/netperf.sh [--rounds N] [--seconds S] [--tests TEST,...] [--build DIR]
#                                 [--json FILE] [--plot FILE] [DRIVER...]
#
# TCP and request/response between a guest and this machine, over one virtio-net PCI device whose
# other end is a TAP. The guest's end is, in turn and in one boot,
#   linux   the kernel's own driver
#   vio     net_vio in examples/netbridge
#   stock   DPDK's own driver in the same program
# DRIVER is one of these; without one all are measured. Tests: TCP_STREAM out of the guest and into
# it (iperf3), TCP_RR and UDP_RR (sockperf, 14 bytes there and back). netperf itself is not free.
# Beside each figure stands how busy the guest's CPUs were; netbridge polls, and sleeps where nothing
# comes. Installs what is missing (as root), builds what is not built, prints a table.
#   --rounds N    turns of each driver (default 3); the median is reported
#   --seconds S   length of a test (default 5)
#   --tests LIST  only these: TCP_STREAM, TCP_MAERTS (into the guest), TCP_RR, UDP_RR
#   --build DIR   meson's build folder (default: build)
#   --json FILE   results as JSON too, with netbridge's counters
#   --plot FILE   results as bars (SVG) too
# Network namespaces are made for the run, and removed.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$(dirname "$here")")

if [[ " $* " == *" -h "* || " $* " == *" --help "* ]]; then
	sed -n '5,24s/^# \{0,1\}//p' "$0"
	exit 0
fi
build=$repo/build
for ((i = 1; i < $#; i++)); do
	[ "${!i}" != --build ] || { next=$((i + 1)); build=$(readlink -m "${!next}"); }
done
"$repo/scripts/deps.sh" build vm plot netperf
[ -e "$build/build.ninja" ] || meson setup "$build" "$repo" >&2
ninja -C "$build" drivers/net/vio/librte_net_vio.so examples/netbridge/netbridge >&2
exec /usr/bin/python3 -B "$here/netperf.py" "$@" --build "$build"
