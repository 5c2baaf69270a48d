# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Frames through testpmd's ports: each is compared byte by byte with what was sent."""
import signal
import threading

import pytest

from harness.frames import EVERY_SIZE, carry, carry_both_ways, frames

# A step through all sizes, those at which a frame needs another mbuf, and those around the MTU.
JUMBO_SIZES = [*range(60, 9000, 89), *range(2036, 2062), *range(4082, 4110), *range(9000, 9019)]
SOME_SIZES = range(60, 1519, 31)

# Two ports that forward to each other.
EACH_LAYOUT = pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])


def receives_with(testpmd, port):
    """Name of the receive callback, with what is said about it."""
    return testpmd.queue_info("rxq", port)["Burst mode"]


@pytest.mark.parametrize("one, other, mergeable", [
    pytest.param("plain0", "plain1", True, id="mergeable"),
    pytest.param("single0", "single1", False, id="device_without_mergeable"),
    pytest.param("modern", "large", True, id="ring_of_1024"),
    pytest.param("sparse0", "plain0", True, id="bare_device"),
    pytest.param("sparse1", "single0", False, id="bare_device_without_mergeable"),
])
def test_forward_every_size(ports, one, other, mergeable):
    """Split rings; test_packed.py has the others."""
    for nic in one, other:
        mode = receives_with(ports.testpmd, ports.number(nic))
        assert ("virtio_recv_mergeable_pkts" in mode) == mergeable
    ports.check_forwarding(one, other, EVERY_SIZE)


@pytest.mark.parametrize("eal, width", [
    pytest.param("--force-max-simd-bitwidth=64", "pkts,", id="scalar"),
    pytest.param("--force-max-simd-bitwidth=128", "(SSE", id="sse"),
])
def test_forward_every_size_with_paths(start_testpmd, eal, width):
    """The widest vectors are in the test before this one."""
    ports = start_testpmd("plain0", "plain1", "single0", "single1", eal=[eal])
    for one, other in ("plain0", "plain1"), ("single0", "single1"):
        assert width in receives_with(ports.testpmd, ports.number(one))
        ports.check_forwarding(one, other, EVERY_SIZE)


@pytest.mark.both
def test_forward_every_size_devarg_mrg_rxbuf_0(start_testpmd):
    ports = start_testpmd("plain0", "plain1", devargs="mrg_rxbuf=0")
    assert "MRG_RXBUF" not in ports.testpmd.log
    assert "mergeable" not in receives_with(ports.testpmd, 0)
    ports.check_forwarding("plain0", "plain1", EVERY_SIZE)


@pytest.mark.both
def test_forward_frames_of_several_mbufs(start_testpmd):
    """384 bytes of data an mbuf: frames are received and sent as chains of up to four."""
    ports = start_testpmd("plain0", "sparse0", options=["--mbuf-size=512"])
    assert ports.testpmd.queue_info("rxq", 0)["RX buffer size"] == "384"
    ports.check_forwarding("plain0", "sparse0", EVERY_SIZE)


def test_forward_jumbo_frames(ports):
    for nic in "jumbo0", "jumbo1":
        said = ports.testpmd.command(f"port config mtu {ports.number(nic)} 9000")
        assert "error" not in said.lower() and "fail" not in said.lower()
        assert ports.testpmd.port_info(ports.number(nic))["MTU"] == "9000"
    ports.check_forwarding("jumbo0", "jumbo1", JUMBO_SIZES)


def test_forward_jumbo_frames_in_one_mbuf_each(start_testpmd):
    ports = start_testpmd("jumbo0", "jumbo1", devargs="mrg_rxbuf=0",
                          options=["--mbuf-size=9728", "--max-pkt-len=9018"])
    assert "mergeable" not in receives_with(ports.testpmd, 0)
    ports.check_forwarding("jumbo0", "jumbo1", JUMBO_SIZES)


@pytest.mark.parametrize("burst", ["1", "7", "512"])
@EACH_LAYOUT
def test_forward_with_bursts_of(ports, one, other, burst):
    ports.testpmd.command(f"set burst {burst}")
    try:
        ports.check_forwarding(one, other, SOME_SIZES)
    finally:
        ports.testpmd.command("set burst 32")


@EACH_LAYOUT
def test_forward_both_ways_at_once(ports, one, other):
    """Two streams that do not wait for each other."""
    sent = frames([*range(60, 1500, 17)] * 8)
    errors = []

    def one_way(source, sink):
        try:
            carry(source, sink, sent)
        except AssertionError as error:
            errors.append(error)

    with ports.forwarding(one, other) as wires:
        threads = [threading.Thread(target=one_way, args=pair)
                   for pair in (wires, reversed(wires))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors, errors[0]


@EACH_LAYOUT
def test_a_full_ring_loses_nothing(ports, one, other):
    """Nobody polls until the device has no buffer left and takes no further frame."""
    sent = frames([*range(60, 1500)])
    # What was held back comes at once: testpmd is to wait for the other port, not to drop.
    ports.testpmd.command("set burst tx delay 1000 retry 10000")
    with ports.forwarding(one, other, mode="io retry") as (source, sink):
        ports.testpmd.process.signal(signal.SIGSTOP)
        try:
            taken = 0
            while taken < len(sent) and source.try_send(sent[taken], patience=1):
                taken += 1
        finally:
            ports.testpmd.process.signal(signal.SIGCONT)
        # A ring of 256 is refilled once 32 descriptors are free; sockets hold a few frames too.
        assert 256 - 32 < taken < len(sent), f"the device took {taken} frames"
        for number, frame in enumerate(sent[:taken]):
            assert sink.receive() == frame, f"frame {number} of {taken}"
        carry_both_ways(source, sink, sent[:64])


@pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "single1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])
def test_stop_and_start_again(ports, one, other):
    """Each start negotiates anew and finds empty rings, whatever was under way at the stop."""
    for _ in range(3):
        ports.check_forwarding(one, other, SOME_SIZES)
        with ports.forwarding(one, other) as (source, _):
            for frame in frames(range(100, 140)):
                source.send(frame)
        ports.testpmd.restart_ports(ports.number(one), ports.number(other))


def test_stop_and_start_all_ports(ports):
    ports.testpmd.restart_ports()
    ports.check_forwarding("plain0", "plain1", SOME_SIZES)
    ports.testpmd.restart_ports()
    ports.testpmd.restart_ports()
    ports.check_forwarding("plain0", "plain1", SOME_SIZES)
    ports.check_forwarding("packed0", "packed1", SOME_SIZES)
