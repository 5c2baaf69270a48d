# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""VLAN tags: taken off received packets, put into those that are sent."""
import threading

import pytest

from harness.frames import frames
from harness.packets import tagged
from harness.waiting import FRAME

VID = 42
SIZES = [*range(60, 1515, 31), 1514]
EACH_LAYOUT = pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])


def strip(ports, nic, on):
    """Switches it; is the path the right one?"""
    port = ports.number(nic)
    said = ports.testpmd.command(f"vlan set strip {'on' if on else 'off'} {port}")
    assert "fail" not in said and "error" not in said.lower(), said
    assert ("_offload" in ports.testpmd.queue_info("rxq", port)["Burst mode"]) == on


@EACH_LAYOUT
def test_vlan_strip_switched_while_forwarding(ports, one, other):
    with ports.forwarding(one, other) as (source, sink):
        for on in True, False, True, False:
            strip(ports, one, on)
            for frame in frames(SIZES):
                source.send(tagged(frame, VID))
                assert sink.receive() == (frame if on else tagged(frame, VID))
                source.send(frame)  # it has none
                assert sink.receive() == frame


@EACH_LAYOUT
def test_vlan_strip_of_a_queue(ports, one, other):
    """vlan set stripq: the same for one queue. (Two queues that differ: tests/model.)"""
    port = ports.number(one)
    with ports.forwarding(one, other) as (source, sink):
        for on in True, False:
            said = ports.testpmd.command(f"vlan set stripq {'on' if on else 'off'} {port},0")
            assert "ail" not in said and "rror" not in said, said
            assert ("_offload" in ports.testpmd.queue_info("rxq", port)["Burst mode"]) == on
            for frame in frames(SIZES):
                source.send(tagged(frame, VID))
                assert sink.receive() == (frame if on else tagged(frame, VID))


@EACH_LAYOUT
def test_vlan_strip_switched_under_traffic(ports, one, other):
    """Nothing is lost, whichever path a frame meets."""
    sent = frames([200] * 3000)
    kinds = []
    errors = []

    def traffic(source, sink):
        for number, frame in enumerate(sent):
            source.send(tagged(frame, VID))
            got = sink.receive(FRAME)
            if got not in (frame, tagged(frame, VID)):
                errors.append(f"frame {number}: another one came, or none")
                return
            kinds.append(got == frame)

    with ports.forwarding(one, other) as wires:
        thread = threading.Thread(target=traffic, args=wires)
        thread.start()
        switches = 0
        while thread.is_alive():
            switches += 1
            strip(ports, one, switches % 2 == 1)
        thread.join()
        strip(ports, one, False)
    assert not errors, errors[0]
    assert switches > 2 and any(kinds) and not all(kinds)


@EACH_LAYOUT
def test_vlan_insert(ports, one, other):
    testpmd, port = ports.testpmd, ports.number(other)
    testpmd.command(f"port stop {port}")
    said = testpmd.command(f"tx_vlan set {port} {VID}")
    assert "rror" not in said, said
    testpmd.command(f"port start {port}")
    try:
        assert "_offload" in testpmd.queue_info("txq", port)["Burst mode"]
        with ports.forwarding(one, other, mode="mac") as (source, sink):
            for frame in frames(SIZES):
                source.send(frame)
                got = sink.receive()
                assert got is not None and got[12:] == tagged(frame, VID)[12:]
        assert testpmd.stats(port)["TX-errors"] == 0
    finally:
        testpmd.command(f"port stop {port}")
        testpmd.command(f"tx_vlan reset {port}")
        testpmd.command(f"port start {port}")
    assert "_offload" not in testpmd.queue_info("txq", port)["Burst mode"]
