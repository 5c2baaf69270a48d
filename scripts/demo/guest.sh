#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage (in a guest of scripts/vm.sh): guest.sh uio_pci_generic|vfio-pci [EAL OPTION...]
#
# The guest's half of scripts/demo.sh: stock dpdk-testpmd forwards between the first two NICs.
# In the exchange folder /run/vm: testpmd.log grows, "ready" appears when packets are forwarded,
# and "stop" from the host ends it.
set -euo pipefail

nics=(0000:00:10.0 0000:00:11.0)
log=/run/vm/testpmd.log
driver=$1
shift

vm-bind "$driver" "${nics[@]}"
for nic in "${nics[@]}"; do
	echo "$nic $(cat "/sys/bus/pci/devices/$nic/vendor" "/sys/bus/pci/devices/$nic/device" |
		tr '\n' ' ')"
done > /run/vm/devices

# An open FIFO keeps testpmd's command line waiting for us; with stdbuf its answers reach the log.
mkfifo /tmp/commands
exec 3<> /tmp/commands
stdbuf -oL dpdk-testpmd -l 0,1 -m 256 "${nics[@]/#/-a}" "$@" -- -i --nb-cores=1 \
	--total-num-mbufs=4096 --rxd=256 --txd=256 < /tmp/commands > "$log" 2>&1 &
testpmd=$!

fail() {
	echo "guest: $1; the end of testpmd's log:"
	tail -n 30 "$log"
	exit 1
}

for port in 0 1; do
	echo "show rxq info $port 0"
	echo "show txq info $port 0"
done >&3
echo start >&3
tries=0
until grep -q 'forwards packets on' "$log"; do
	kill -0 "$testpmd" 2>/dev/null || fail "testpmd ended before it forwarded packets"
	tries=$((tries + 1))
	[ "$tries" -lt 600 ] || fail "testpmd does not forward packets after two minutes"
	sleep 0.2
done
touch /run/vm/ready

until [ -e /run/vm/stop ]; do
	kill -0 "$testpmd" 2>/dev/null || fail "testpmd ended while it forwarded packets"
	sleep 0.2
done
printf '%s\n' stop 'show port stats all' 'show port xstats all' quit >&3
wait "$testpmd" || fail "testpmd ended with status $?"
