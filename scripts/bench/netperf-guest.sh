#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage (in a guest of scripts/vm.sh): netperf-guest.sh TEST SERVER SECONDS SCRIPTS
#
# One test of scripts/bench/netperf.sh. Prints what the test's program says, then "CPU SHARE": how
# busy the guest's CPUs were meanwhile, of all of them.
set -euo pipefail

# Jiffies of all CPUs: busy, and altogether.
jiffies() {
	awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all - $5 - $6, all }' /proc/stat
}

read -r busy all < <(jiffies)
case $1 in
TCP_STREAM) timeout $(($3 + 60)) iperf3 --client "$2" --time "$3" --json ;;
TCP_MAERTS) timeout $(($3 + 60)) iperf3 --client "$2" --time "$3" --json --reverse ;;
TCP_RR) timeout $(($3 + 60)) /usr/bin/python3 -B "$4/rr.py" tcp "$2" "$3" ;;
UDP_RR) timeout $(($3 + 60)) /usr/bin/python3 -B "$4/rr.py" udp "$2" "$3" ;;
*) exit 2 ;;
esac
read -r busy_now all_now < <(jiffies)
awk -v busy=$((busy_now - busy)) -v all=$((all_now - all)) \
	'BEGIN { printf "CPU %.4f\n", busy / all }'
