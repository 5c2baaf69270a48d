# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The kernel's packet generator (pktgen) in a guest."""
import contextlib
import re

from harness.waiting import wait_for

FOLDER = "/proc/net/pktgen"


def pgset(guest, file, *commands):
    """Gives commands to one of pktgen's files."""
    for command in commands:
        guest.run("sh", "-c", f"echo '{command}' > {FOLDER}/{file}")


@contextlib.contextmanager
def generating(guest, interface, to_mac, size, cpu=1):
    """Frames of a size, without check sequence, leave by an interface as fast as it takes them."""
    guest.run("modprobe", "pktgen")
    thread = f"kpktgend_{cpu}"
    pgset(guest, thread, "rem_device_all", f"add_device {interface}")
    pgset(guest, interface, "count 0", "clone_skb 0", "delay 0", f"pkt_size {size}",
          "dst_min 198.18.0.2", "dst_max 198.18.0.2", f"dst_mac {to_mac}")
    # "start" comes back when it has been stopped.
    run = guest.start("sh", "-c", f"echo start > {FOLDER}/pgctrl")
    try:
        wait_for(lambda: "Running: \n" not in guest.run("cat", f"{FOLDER}/{thread}"),
                 "pktgen to run")
        yield
    finally:
        pgset(guest, "pgctrl", "stop")
        wait_for(lambda: run.status() is not None, "pktgen to stop")
        run.close()
        pgset(guest, thread, "rem_device_all")


def frames_of(guest, interface, direction):
    """How many frames an interface has received or sent; direction: rx or tx."""
    return int(guest.run("cat", f"/sys/class/net/{interface}/statistics/{direction}_packets"))


def offered(guest, interface):
    """How many frames pktgen has given to an interface that it sends by, or that took no more."""
    said = guest.run("cat", f"{FOLDER}/{interface}")
    return sum(map(int, re.search(r"pkts-sofar: (\d+)\s+errors: (\d+)", said).groups()))
