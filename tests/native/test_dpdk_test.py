# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""DPDK's own dpdk-test: those of its tests that work on a port that is there."""
import shutil

import pytest

from harness.waiting import COMMAND, wait_for

pytestmark = pytest.mark.skipif(not shutil.which("dpdk-test"), reason="dpdk-test is not installed")

# pmd_perf_autotest takes the link's speed for the rate of packets and ends when two seconds' worth of
# them have come, however long that takes: 30 thousand at 10 Mbit/s. At an unknown speed, which ethdev
# has as 4294967 Gbit/s, it would not end.
SPEED = 10
ENOUGH = 300


def autotest(site, name, vdev, memory="nohuge", limit=COMMAND):
    """Runs a test; it passes, and dpdk-test ends well. Returns what it says."""
    process = site.start(site.command("dpdk-test", "front", [vdev], memory))
    process.write(f"{name}\n")

    def ended():
        said = process.output()
        return said if process.status() is not None or any(
            line in said for line in ("\nTest OK\n", "\nTest Failed\n")) else None
    said = wait_for(ended, f"{name} to end", limit)
    assert "\nTest OK\n" in said, said
    process.write("quit\n")
    wait_for(lambda: process.status() is not None, "dpdk-test to quit")
    return process.output()


def test_pmd_perf_autotest(site):
    """Packets go round between the port and testpmd."""
    path = site.socket()
    stock = site.testpmd([f"net_vhost0,iface={path}"], ["--port-topology=loop"], "back")
    with stock.forwarding(0):
        said = autotest(site, "pmd_perf_autotest", site.port(path, speed=SPEED), ["--no-huge",
                        "-m", "256"], ENOUGH)
    # What it asks every port for, which is each driver's own.
    assert "a virtio device has no loopback mode" in said
    assert "cycles per packet" in said
    assert stock.stats(0)["RX-packets"] > 29760


# One queue is not enough for the receive adapter's: rte_event_eth_rx_adapter_queue_add(), told to add
# all of the one that it has, asks for no memory and takes that for a failure (DPDK 22.11).
@pytest.mark.parametrize("name", [
    "event_eth_tx_adapter", "latencystats", "bitratestats",
    pytest.param("event_eth_rx_adapter", marks=pytest.mark.long),
])
def test_autotest(site, name):
    """Tests of DPDK's libraries on a port of four queues."""
    backend = site.backend(pairs=4)
    megabytes = 4096 if "rx" in name else 512  # it makes half a million mbufs
    autotest(site, f"{name}_autotest", site.port(backend.path, queues=4),
             ["--no-huge", "-m", str(megabytes)])
