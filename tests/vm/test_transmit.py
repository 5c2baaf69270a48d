# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What testpmd makes itself and sends: chains, shared mbufs, mbufs that point into others."""
import itertools

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import checksum

from harness.frames import carry, frame

COUNT = 600  # more than twice a ring of descriptors
EACH_LAYOUT = pytest.mark.parametrize("one, other", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])


def check_ip_header(got, which):
    """Its checksum is right, that of a header with the checksum in it being zero."""
    assert checksum(got[14:34]) == 0, which


def check_sent(testpmd, port, frames_seen, size):
    """The port's counters cover what was seen."""
    stats = testpmd.stats(port)
    assert stats["TX-packets"] >= frames_seen
    assert stats["TX-bytes"] == stats["TX-packets"] * size
    assert stats["TX-errors"] == 0


@pytest.mark.parametrize("nic", [pytest.param("plain0", id="split"),
                                 pytest.param("packed0", id="packed")])
def test_transmit_three_segments(ports, nic):
    """One descriptor a segment, the header in the first one's headroom."""
    testpmd, port = ports.testpmd, ports.number(nic)
    testpmd.command("set txpkts 64,128,300")
    testpmd.command("clear port stats all")
    try:
        with ports.testpmd.forwarding(port, mode="txonly"):
            seen = [ports.wire(nic).receive() for _ in range(COUNT)]
    finally:
        testpmd.command("set txpkts 64")
    ports.wire(nic).drain()
    for number, got in enumerate(seen):
        assert got is not None and len(got) == 492, f"frame {number}"
        packet = Ether(got)
        assert packet.src == ports.guest.mac(nic)
        assert packet[IP].len == 492 - 14 and packet[UDP].len == 492 - 14 - 20
        check_ip_header(got, f"frame {number}")
    check_sent(testpmd, port, COUNT, 492)


@EACH_LAYOUT
@pytest.mark.both
def test_transmit_shared_mbufs(start_testpmd, one, other):
    """Packets queued up to five times over: their headroom is not the driver's to write to."""
    ports = start_testpmd("plain0", "plain1", "packed0", "packed1", options=[
        "--forward-mode=flowgen", "--flowgen-clones=4", "--tx-offloads=0"])  # no FAST_FREE
    with ports.testpmd.forwarding(ports.number(one), ports.number(other), mode="flowgen"):
        seen = [ports.wire(other).receive() for _ in range(COUNT)]
    ports.wire(other).drain()
    for number, got in enumerate(seen):
        assert got is not None and len(got) == 60, f"frame {number}"
        check_ip_header(got, f"frame {number}")
    runs = [len(list(run)) for _, run in itertools.groupby(seen)]
    assert max(runs) == 5
    check_sent(ports.testpmd, ports.number(other), COUNT, 60)


@EACH_LAYOUT
def test_transmit_segments_cut_from_one_packet(ports, one, other):
    """testpmd's software GSO: new headers, and indirect mbufs that point into the received one."""
    testpmd, port = ports.testpmd, ports.number(other)
    payload = frame(1400 + 14)[14:]
    sent = bytes(Ether(dst=ports.guest.mac(one), src="02:00:00:00:00:01") /
                 IP(src="198.51.100.1", dst="198.51.100.2") /
                 TCP(sport=1000, dport=2000, seq=1, flags="A") / Raw(payload))
    testpmd.command("port stop all")
    testpmd.command(f"csum set ip sw {port}")
    testpmd.command(f"csum set tcp sw {port}")
    testpmd.command(f"set port {port} gso on")
    testpmd.command("set gso segsz 500")
    testpmd.command("port start all")
    try:
        with ports.forwarding(one, other, mode="csum") as (source, sink):
            for _ in range(100):
                source.send(sent)
                check_cut(sink, payload)
    finally:
        testpmd.command(f"set port {port} gso off")


def check_cut(sink, payload):
    """Takes frames until the payload is complete."""
    come = b""
    while len(come) < len(payload):
        got = sink.receive()
        assert got is not None, f"{len(come)} of {len(payload)} bytes came"
        assert len(got) <= 500
        packet = Ether(got)
        assert packet[TCP].seq == 1 + len(come)
        come += bytes(packet[TCP].payload)[:packet[IP].len - 40]
    assert come == payload


@EACH_LAYOUT
def test_transmit_after_a_full_ring(ports, one, other):
    """testpmd frees what a full ring did not take; sending goes on."""
    testpmd = ports.testpmd
    with testpmd.forwarding(ports.number(one), mode="txonly"):
        for _ in range(COUNT):
            assert ports.wire(one).receive() is not None
    with ports.forwarding(one, other) as (source, sink):
        carry(sink, source, [frame(100, number) for number in range(COUNT)])
