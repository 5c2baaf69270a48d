# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Single queues stopped, started, and set up anew while their port runs (RING_RESET)."""
import contextlib

import pytest

from harness.frames import frame, frames
from harness.waiting import SILENCE, wait_for

SIZES = range(60, 1519, 61)
EACH_LAYOUT = pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])
EACH_KIND = pytest.mark.parametrize("kind", ["rxq", "txq"])


def said_well(said):
    """testpmd had nothing to complain of."""
    assert "ail" not in said and "rror" not in said and "lease" not in said, said


@contextlib.contextmanager
def stopped(testpmd, port, kind):
    """The queue is stopped meanwhile, and starts again."""
    said_well(testpmd.command(f"port {port} {kind} 0 stop"))
    try:
        yield
    finally:
        said_well(testpmd.command(f"port {port} {kind} 0 start"))


def ring_of(ports, nic, kind):
    """Address and size of the first queue's ring, as the device has it."""
    queue = ports.guest.device(nic).queue(0 if kind == "rxq" else 1)
    return queue["vring-desc"], queue["vring-num"]


def has_ring_reset(ports, nic):
    """Was the feature negotiated? (QEMU has no name for it when it is asked.)"""
    line = f"VIO: {ports.guest.address(nic)}: features:"
    said = [text for text in ports.testpmd.log.splitlines() if text.startswith(line)]
    return "RING_RESET" in said[-1].split()


def check_silence(ports, one, other):
    """A frame does not come out."""
    with ports.forwarding(one, other) as (source, sink):
        source.send(frame(100))
        assert sink.receive(2 * SILENCE) is None


@EACH_LAYOUT
@EACH_KIND
def test_queue_stop_and_start(ports, one, other, kind):
    """A stopped queue is forgotten by its device, its mbufs are free; started, it works."""
    testpmd, nic = ports.testpmd, one if kind == "rxq" else other
    port = ports.number(nic)
    assert has_ring_reset(ports, nic)
    ports.check_forwarding(one, other, SIZES)
    for _ in range(2):
        free, _ = testpmd.free_mbufs()
        with stopped(testpmd, port, kind):
            state = "Rx queue state" if kind == "rxq" else "Tx queue state"
            assert testpmd.queue_info(kind, port)[state] == "stopped"
            assert ring_of(ports, nic, kind)[0] == 0, "the device still has the ring"
            if kind == "rxq":
                assert testpmd.free_mbufs()[0] >= free + 200
            check_silence(ports, one, other)
        assert ring_of(ports, nic, kind)[0] != 0
        ports.check_forwarding(one, other, SIZES)
    assert not ports.guest.device(nic).broken


@EACH_LAYOUT
@EACH_KIND
def test_queue_resize_while_the_port_runs(ports, one, other, kind):
    testpmd, nic = ports.testpmd, one if kind == "rxq" else other
    port = ports.number(nic)
    for size in 64, 256:
        with stopped(testpmd, port, kind):
            said_well(testpmd.command(f"port config {port} {kind} 0 ring_size {size}"))
            said_well(testpmd.command(f"port {port} {kind} 0 setup"))
        assert ring_of(ports, nic, kind)[1] == size
        ports.check_forwarding(one, other, [*SIZES, *[200] * 600], window=16)
    assert not ports.guest.device(nic).broken


@EACH_LAYOUT
@EACH_KIND
def test_queue_deferred_start(ports, one, other, kind):
    testpmd, port = ports.testpmd, ports.number(one if kind == "rxq" else other)
    testpmd.command(f"port stop {port}")
    try:
        said_well(testpmd.command(f"port {port} {kind} 0 deferred_start on"))
        testpmd.command(f"port start {port}")
        check_silence(ports, one, other)
        said_well(testpmd.command(f"port {port} {kind} 0 start"))
        ports.check_forwarding(one, other, SIZES)
    finally:
        testpmd.command(f"port stop {port}")
        testpmd.command(f"port {port} {kind} 0 deferred_start off")
        testpmd.command(f"port start {port}")
    ports.check_forwarding(one, other, SIZES)


@EACH_LAYOUT
def test_descriptors_of_a_running_queue(ports, one, other):
    """show port rxq desc: how many are used, and the state of one."""
    testpmd, port = ports.testpmd, ports.number(one)

    def used():
        said = testpmd.command(f"show port {port} rxq 0 desc used count")
        return int(said.rsplit("=", 1)[1])

    def state(number):
        return testpmd.command(f"show port {port} rxq 0 desc {number} status")

    with ports.forwarding(one, other):
        pass  # whatever came before is gone
    assert used() == 0 and "AVAILABLE" in state(0)
    for sent in frames([100] * 5):
        ports.wire(one).send(sent)
    # testpmd does not poll now: what has come waits.
    wait_for(lambda: used() == 5, "five frames to wait")
    assert "DONE" in state(4) and "AVAILABLE" in state(5)
    with ports.forwarding(one, other):
        pass
    assert used() == 0
