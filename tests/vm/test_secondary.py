# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A secondary process that receives and sends on PCI devices of a testpmd, which polls nothing."""
import pytest

from harness.frames import carry_both_ways, frames
from harness.native import pool_plugins
from harness.second import PROGRAM, Second

SIZES = range(60, 1519, 31)


@pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])
def test_secondary_process_forwards(ports, plugin, one, other):
    """Also past a stop and a start of its ports."""
    guest, testpmd = ports.guest, ports.testpmd
    allowed = [word for nic in (one, other) for word in ("-a", guest.address(nic))]
    process = guest.start("stdbuf", "-oL", PROGRAM, "--proc-type=secondary", "--lcores", "2@0",
                          "--main-lcore", "2", *pool_plugins(), "-d", plugin, *allowed, "--",
                          ports.number(one), ports.number(other), "0")
    try:
        second = Second(process)
        wires = ports.wire(one), ports.wire(other)
        for wire in wires:
            wire.drain()
        carry_both_ways(*wires, frames(SIZES))
        testpmd.restart_ports(ports.number(one), ports.number(other))
        carry_both_ways(*wires, frames(SIZES))
        assert second.end() >= (2 * len(SIZES), 2 * len(SIZES))
    finally:
        process.close()
    ports.check_forwarding(one, other, SIZES)
