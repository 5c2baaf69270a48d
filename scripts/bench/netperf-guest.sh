#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage (in a guest of scripts/vm.sh): netperf-guest.sh TEST SERVER SECONDS
#
# One test of scripts/bench/netperf.sh. Prints what the test's program says, then "CPU SHARE": how
# busy the guest's CPUs were meanwhile, of all of them.
set -euo pipefail

# Jiffies of all CPUs: busy, and altogether.
jiffies() {
	awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all - $5 - $6, all }' /proc/stat
}

round_trip=(--ip "$2" --port 12865 --time "$3" --msg-size 14 --full-rtt)
read -r busy all < <(jiffies)
case $1 in
TCP_STREAM) timeout $(($3 + 60)) iperf3 --client "$2" --time "$3" --json ;;
TCP_MAERTS) timeout $(($3 + 60)) iperf3 --client "$2" --time "$3" --json --reverse ;;
TCP_RR) timeout $(($3 + 60)) sockperf ping-pong --tcp "${round_trip[@]}" ;;
UDP_RR) timeout $(($3 + 60)) sockperf ping-pong "${round_trip[@]}" ;;
*) exit 2 ;;
esac
read -r busy_now all_now < <(jiffies)
awk -v busy=$((busy_now - busy)) -v all=$((all_now - all)) \
	'BEGIN { printf "CPU %.4f\n", busy / all }'
