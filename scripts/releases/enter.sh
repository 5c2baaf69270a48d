#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Usage: unshare --mount --pid --fork --kill-child [--net] scripts/releases/enter.sh ROOT COMMAND...
#
# Runs a command in the Debian below ROOT. What is mounted for it is mounted in this mount namespace
# alone and goes with it, whichever way this ends. Of the machine's devices there are those that
# say nothing of it, and those that make TAPs.
set -euo pipefail

DEVICES=(null zero full random urandom tty net/tun vhost-net)

root=$1
shift
child=

# Sent to the first process of a PID namespace, a signal does what it is caught for, or nothing.
trap '[ -z "$child" ] || kill -TERM "$child"' INT TERM

mount --make-rprivate /
# ip(8) in there wants to change how / is mounted.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -o remount,ro,bind "$root/sys"
for folder in dev run tmp; do
	mount -t tmpfs -o mode=755 tmpfs "$root/$folder"
done
chmod 1777 "$root/tmp"
mkdir "$root"/dev/{net,pts,shm}
for device in "${DEVICES[@]}"; do
	[ ! -c "/dev/$device" ] || cp -a "/dev/$device" "$root/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

chroot "$root" "$@" &
child=$!
status=0
# A signal ends the waiting, not the command.
while kill -0 "$child" 2>/dev/null; do
	status=0
	wait "$child" || status=$?
done
exit "$status"
