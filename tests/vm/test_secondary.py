# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A secondary process that receives and sends on PCI devices of a testpmd, which polls nothing."""
import signal

import pytest

from harness.frames import carry_both_ways, frames
from harness.native import pool_plugins
from harness.second import PROGRAM, Second
from harness.waiting import wait_for

SIZES = range(60, 1519, 31)


def start(guest, plugin, nics, *ports):
    """One for the first queues of two ports, which are these NICs. Close its process in the end."""
    allowed = [word for nic in nics for word in ("-a", guest.address(nic))]
    process = guest.start("stdbuf", "-oL", PROGRAM, "--proc-type=secondary", "--lcores", "2@0",
                          "--main-lcore", "2", *pool_plugins(), "-d", plugin, *allowed, "--",
                          *ports, "0")
    try:
        return Second(process)
    except BaseException:
        process.close()
        raise


@pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])
def test_secondary_process_forwards(ports, plugin, one, other):
    """Also past a stop and a start of its ports."""
    numbers = ports.number(one), ports.number(other)
    second = start(ports.guest, plugin, (one, other), *numbers)
    try:
        wires = ports.wire(one), ports.wire(other)
        for wire in wires:
            wire.drain()
        carry_both_ways(*wires, frames(SIZES))
        ports.testpmd.restart_ports(*numbers)
        carry_both_ways(*wires, frames(SIZES))
        assert second.end() >= (2 * len(SIZES), 2 * len(SIZES))
    finally:
        second.process.close()
    ports.check_forwarding(one, other, SIZES)


def test_secondary_outlives_a_primary_that_was_killed(guest, plugin, own_testpmd):
    """It ends as usual; a new primary finds the devices as they were left."""
    nics = "plain0", "packed0"
    wires = [guest.wires[nic] for nic in nics]

    def carry_by_second():
        second = start(guest, plugin, nics, 0, 1)
        try:
            for wire in wires:
                wire.drain()
            carry_both_ways(*wires, frames(SIZES))
        except BaseException:
            second.process.close()
            raise
        return second
    with own_testpmd(nics, nics) as testpmd:
        second = carry_by_second()
        try:
            testpmd.process.signal(signal.SIGKILL)
            wait_for(lambda: testpmd.process.status() is not None, "testpmd to die")
            second.check_running()
            second.end()
        finally:
            second.process.close()
    with own_testpmd(nics, nics) as testpmd:
        carry_by_second().end()
        assert testpmd.quit() == 0
