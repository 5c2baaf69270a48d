# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Load that lasts, and load that nobody takes.

The long form counts packets, not hours: VIO_SOAK of them (1000 million without it) go through the
driver to librte_vhost and back on two cores, each known by its number and compared to its last byte.
"""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.native import quit_all
from harness.stock import Stock, Traffic, wait_traffic
from harness.waiting import wait_for

REPO = Path(__file__).resolve().parents[2]
BENCH = REPO / os.environ.get("VIO_BUILD", "build") / "app/vio-bench/vio-bench"
CLEAN = ("lost", "duplicated", "reordered", "corrupt", "bad_mbuf", "leaked")
PACKETS = int(os.environ.get("VIO_SOAK", "1_000_000_000"))
PATHS = ["split", "split-vec", "split-mrg", "split-inorder", "packed", "packed-mrg", "packed-vec",
         "packed-inorder"]
ROUND = 20  # seconds
STANDSTILL = 180  # seconds that a round may take


def round_trip(plugin, path):
    """Packets go out and come back for ROUND seconds. Returns how many came back."""
    done = subprocess.run([BENCH, "loop", "--plugin", plugin, "--verify", "--dir", "forward",
                           "--path", path, "--seconds", str(ROUND), "--rounds", "1",
                           "--no-progress", "--json", "-"], timeout=STANDSTILL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    side = json.loads(done.stdout)["loop"][0]["a"]
    assert all(side["check"][key] == 0 for key in CLEAN), side["check"]
    assert side["sent"] == side["received"] + side["dropped"]
    return side["received"]


@pytest.mark.long
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
@pytest.mark.parametrize("path", PATHS)
def test_soak(plugin, record_property, path):
    """An equal part of all packets for each path: none lost, doubled, out of order or changed."""
    wanted, moved = PACKETS // len(PATHS), 0
    while moved < wanted:
        came = round_trip(plugin, path)
        assert came > 0
        moved += came
    record_property("packets", moved)


def test_soak_idle_application(site):
    """A backend sends without end to a port that nobody polls; then somebody does."""
    stock = Stock(site, 0, server=True)
    stock.start()
    testpmd = site.testpmd([site.port(stock.path)], ["--port-topology=loop"])
    telemetry = site.telemetry(testpmd)

    def received():
        return telemetry.ask("/ethdev/stats,0")["ipackets"]

    def full():
        """Has the backend sent as much as the ring takes, and no more since?"""
        sent = re.findall(r"TX-packets: *(\d+)", stock.output())
        return sent[-1:] != ["0"] and len(sent) > 3 and len(set(sent[-3:])) == 1

    wait_for(full, "the ring to be full")
    assert received() == 0
    testpmd.restart_ports()
    assert received() == 0
    with testpmd.forwarding(0):
        wait_traffic([Traffic(telemetry, 0, stock)])
    testpmd.command("port stop 0")
    free, count = testpmd.free_mbufs()
    assert free == count
    quit_all(testpmd)
