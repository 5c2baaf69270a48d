#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage (in a guest of scripts/vm.sh): testpmd-guest.sh PLUGIN ROUNDS SECONDS
#
# The guest's half of scripts/bench/testpmd.sh. Appends "DRIVER PACKETS NANOSECONDS PATH" to
# /run/vm/rates for each turn, and creates /run/vm/feed.N when turn N waits for frames.
set -euo pipefail

plugin=$1
rounds=$2
seconds=$3
nics=(0000:00:10.0 0000:00:11.0)
turn=0

fail() {
	echo "guest: $1; the end of testpmd's log:"
	tail -n 30 /tmp/testpmd.log
	exit 1
}

# Packets that both ports have received so far.
received() {
	local before
	before=$(grep -c 'NIC statistics' /tmp/testpmd.log || :)
	echo 'show port stats all' >&3
	until [ "$(grep -c 'NIC statistics' /tmp/testpmd.log || :)" -ge $((before + 2)) ] &&
		[ "$(grep -c 'Tx-pps' /tmp/testpmd.log || :)" -ge $((before + 2)) ]; do
		kill -0 "$testpmd" 2>/dev/null || fail "testpmd ended"
		sleep 0.1
	done
	grep -o 'RX-packets: [0-9]*' /tmp/testpmd.log | tail -n 2 | awk '{ sum += $2 } END { print sum }'
}

one_turn() {
	local driver=$1 from to t0 t1 path
	shift
	rm -f /tmp/commands /tmp/testpmd.log
	mkfifo /tmp/commands
	exec 3<> /tmp/commands
	stdbuf -oL dpdk-testpmd -l 0,1 -m 256 "${nics[@]/#/-a}" "$@" -- -i --nb-cores=1 \
		--total-num-mbufs=4096 --rxd=256 --txd=256 < /tmp/commands > /tmp/testpmd.log 2>&1 &
	testpmd=$!
	printf '%s\n' 'show rxq info 0 0' start >&3
	until grep -q 'forwards packets on' /tmp/testpmd.log; do
		kill -0 "$testpmd" 2>/dev/null || fail "testpmd ended before it forwarded packets"
		sleep 0.1
	done
	touch "/run/vm/feed.$turn"
	turn=$((turn + 1))
	sleep 3
	from=$(received)
	t0=$(date +%s%N)
	sleep "$seconds"
	to=$(received)
	t1=$(date +%s%N)
	[ "$to" -gt "$from" ] || fail "no packet came"
	path=$(sed -n 's/^Burst mode: //p' /tmp/testpmd.log | head -n 1)
	echo "$driver $((to - from)) $((t1 - t0)) ${path:-not said}" | tee -a /run/vm/rates
	printf '%s\n' stop quit >&3
	wait "$testpmd" || fail "testpmd ended with status $?"
	exec 3>&-
}

vm-bind uio_pci_generic "${nics[@]}"
for _ in $(seq "$rounds"); do
	one_turn vio -d "$plugin"
	one_turn stock
done
