# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The machine that figures belong to, and how busy CPUs are."""
import os
import platform
import signal
import sys
from pathlib import Path


def processor():
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def facts():
    """For JSON. load: that of the last minute, divide by cpus to see who else was there."""
    return {"processor": processor(), "cpus": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def jiffies(guest):
    """Of all of a guest's CPUs: how many were spent on anything, and how many there were."""
    first, *_ = guest.run("cat", "/proc/stat").splitlines()
    user, nice, system, idle, iowait, irq, softirq, steal, *_ = map(int, first.split()[1:])
    busy = user + nice + system + irq + softirq + steal
    return busy, busy + idle + iowait


def busy_share(before, after):
    """Between two jiffies()."""
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def unwind_on_signals():
    """Whatever asks this program to end has it leave through its finally clauses."""
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
