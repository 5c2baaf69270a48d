#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: scripts/bench/guests.sh [--rounds N] [--seconds S] [--size BYTES] [--pings N]
#                                [--build DIR] [--json FILE] [--plot FILE] [SWITCH...]
#
# Guest to guest: two VMs with a virtio-net PCI device each, joined over vhost-user by SWITCH, which
# is vswitch (examples/vswitch) or ovs (OVS-DPDK); without one both, one after the other. In turn
# and in one boot, Linux's driver and the plugin in testpmd have the device of each. Frames go from
# the first to the second guest as fast as they can (the kernel's pktgen, or testpmd's txonly), and
# pings go there and back. Prints rates, round trips, and how busy the second guest's CPUs were
# (testpmd polls). Installs what is missing (as root), builds what is not built.
#   --rounds N    turns of each pair of drivers (default 3)
#   --seconds S   length of a turn (default 5)
#   --size BYTES  of a frame without check sequence (default 60)
#   --pings N     of a turn (default 500)
#   --build DIR   meson's build folder (default: build)
#   --json FILE   results as JSON too
#   --plot FILE   results as bars (SVG) too
# Five CPUs are wanted: two for each guest, and one for the switch. Fewer share the work.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repo=$(dirname "$(dirname "$here")")

if [[ " $* " == *" -h "* || " $* " == *" --help "* ]]; then
	sed -n '5,23s/^# \{0,1\}//p' "$0"
	exit 0
fi
build=$repo/build
for ((i = 1; i < $#; i++)); do
	[ "${!i}" != --build ] || { next=$((i + 1)); build=$(readlink -m "${!next}"); }
done
"$repo/scripts/deps.sh" build vm native plot
[ -e "$build/build.ninja" ] || meson setup "$build" "$repo" >&2
ninja -C "$build" drivers/net/vio/librte_net_vio.so examples/vswitch/vswitch \
	examples/vswitch/vswitchctl >&2
VIO_BUILD=$build exec /usr/bin/python3 -B "$here/guests.py" "$@" --build "$build"
