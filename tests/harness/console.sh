#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Runs in the guest for guest.py: starts what the host asks for, in the folder shared with it.
# Asked by a line in "console":  start NAME COMMAND...  runs a command, for which NAME.in is standard
# input as it grows, NAME.out takes the output, NAME.pid and NAME.exit tell process and status.
set -euo pipefail
cd /run/vm

# Prints a file as it grows. The host's changes to it raise no event in the guest: tail has to poll.
follow() {
	exec tail ---disable-inotify -n +1 -s 0.05 -f "$@"
}

start() {
	local name=$1
	shift
	(
		me=$BASHPID
		"$@" < <(follow --pid="$me" "$name.in") > "$name.out" 2>&1 &
		echo $! > "$name.pid"
		wait $! && status=0 || status=$?
		echo "$status" > "$name.exit.new"
		mv "$name.exit.new" "$name.exit"
	) &
}

touch ready
while read -r line; do
	eval "$line"
done < <(follow console)
