# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Checksums, segmentation and hashes, with a kernel on both sides of the guest that checks them.

testpmd's csum engine asks for all checksums anew, and for segments of SEGMENT bytes where a packet
is longer. The first tests have devices without any offload: there the driver does the sums.
"""
import contextlib
import re
import socket
import threading

import pytest
from scapy.layers.inet import TCP, UDP
from scapy.layers.l2 import Ether

from harness.frames import EVERY_SIZE, carry_both_ways, frames
from harness.network import VETH, Offload, address, other
from harness.packets import (CSUM_AT, WRONG, checksum_is_right, packet, parts, payload,
                             pseudo_sum, summing_to_zero)
from harness.waiting import COMMAND, wait_for

SEGMENT = 1400
STREAM = 6 << 20  # bytes
ETHERTYPE = {4: 0x0800, 6: 0x86dd}
EXPERIMENT = 0x88b5  # of harness/frames.py

# struct virtio_net_hdr
NEEDS_CSUM = 1
GSO_TYPE = {4: 1, 6: 4}
GSO_ECN = 0x80

CWR, ACK, ECE = 0x80, 0x10, 0x40

RX_CHECKSUMS = "--rx-offloads=0xc"  # UDP_CKSUM, TCP_CKSUM
RX_HASH = "--rx-offloads=0x80000"  # RSS_HASH
LARGE = [RX_CHECKSUMS, "--enable-lro", "--enable-scatter"]

TAP = pytest.mark.parametrize("binding", ["tap"], indirect=True)
EACH_LAYOUT = pytest.mark.parametrize("layout", ["split", "packed"])
EACH_VERSION = pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
DGRAM_LAYOUT = pytest.mark.parametrize("one, two", [
    pytest.param("plain0", "plain1", id="split"),
    pytest.param("packed0", "packed1", id="packed"),
])


def csum_commands(ports_and_segments):
    """What makes testpmd's csum engine ask the driver for all it can."""
    for port, segment in ports_and_segments:
        yield f"csum mac-swap off {port}"
        yield f"csum set tcp hw {port}"
        yield f"csum set udp hw {port}"
        if segment:
            yield f"tso set {segment} {port}"


@pytest.fixture(name="software")
def fixture_software(ports):
    """A function: port nic sums up by software, because its device does nothing."""
    with contextlib.ExitStack() as undo:
        def start(nic):
            port = ports.number(nic)
            testpmd = ports.testpmd
            testpmd.command(f"port stop {port}")

            def restore():
                testpmd.command(f"port stop {port}")
                for command in (f"csum set tcp sw {port}", f"csum set udp sw {port}",
                                f"csum mac-swap on {port}", f"port start {port}"):
                    testpmd.command(command)
            undo.callback(restore)
            for command in csum_commands([(port, 0)]):
                testpmd.command(command)
            testpmd.command(f"port start {port}")
            assert "_offload" in testpmd.queue_info("txq", port)["Burst mode"]
        yield start


def check_summed(source, sink, wanted):
    """Sends the packet with a wrong checksum; the right one comes out, and all else as it was."""
    wanted = Ether(bytes(wanted))
    sent = wanted.copy()
    sent[UDP if UDP in sent else TCP].chksum = WRONG
    source.send(bytes(sent))
    assert sink.receive() == bytes(wanted), wanted.summary()


@DGRAM_LAYOUT
def test_software_checksums_where_the_device_has_none(ports, software, one, two):
    ends = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
    said = len(ports.testpmd.log)
    software(two)
    assert ("the device computes no checksums: rte_eth_tx_prepare() does it"
            in ports.testpmd.log[said:])
    with ports.forwarding(one, two, mode="csum") as (source, sink):
        for version in 4, 6:
            for l4 in TCP, UDP:
                for vlan in None, 7:
                    for size in 32, 33, 100, 1001, 1400:
                        check_summed(source, sink, packet(l4, payload(size), ends[version],
                                                          version, vlan=vlan))
            # A sum of 0 means "none" in UDP: it is sent as 0xffff.
            zero = packet(UDP, bytes(32), ends[version], version, chksum=0)
            wanted = Ether(summing_to_zero(bytes(zero)))
            wanted[UDP].chksum = 0xffff
            check_summed(source, sink, wanted)
    assert ports.testpmd.xstats(ports.number(two))["tx_q0_bad_packet"] == 0


@pytest.fixture(name="start")
def fixture_start(guest, start_testpmd):
    """A function: a testpmd that has set up its csum engine before its ports start."""
    def start(nics, options, segment=SEGMENT, devargs=""):
        commands = [*csum_commands((number, segment) for number in range(len(nics))),
                    "port start all", ""]
        name = f"csum-{segment}-{len(nics)}"
        (guest.share / name).write_text("\n".join(commands), encoding="ascii")
        return start_testpmd(*nics, devargs=devargs, options=[
            *options, "--disable-device-start", f"--cmdline-file=/run/vm/{name}"])
    return start


@pytest.fixture(name="large")
def fixture_large(start):
    """testpmd between TAPs, with all that a device can do for it."""
    return start(("a_split", "b_split", "a_packed", "b_packed"), LARGE)


@contextlib.contextmanager
def between_hosts(ports, one, two, mode="csum"):
    """The hosts meet through these NICs. Gives their TAPs; nothing that arrives has a wrong sum."""
    network = ports.guest.network
    with ports.forwarding(one, two, mode=mode) as taps:
        network.route(*taps)
        before = wrong_sums(network)
        yield taps
        assert wrong_sums(network) == before
    for nic in one, two:
        xstats = ports.testpmd.xstats(ports.number(nic))
        assert xstats["rx_q0_bad_header"] == xstats["tx_q0_bad_packet"] == 0


def wrong_sums(network):
    """Counters of both hosts of what they threw away."""
    return [{name: count for name, count in network.host[side].counters().items()
             if "CsumErrors" in name or name.endswith(("HdrErrors", "InErrs"))}
            for side in ("a", "b")]


def stream(network, sender, version):
    """Sends bytes over TCP from one host to the other and compares them."""
    sent = payload(STREAM, version)
    arrived = bytearray()
    with network.socket(other(sender), version) as listener, \
            network.socket(sender, version) as client:
        listener.bind((address(other(sender), version), 0))
        listener.listen()
        client.connect((address(other(sender), version), listener.getsockname()[1]))
        server, _ = listener.accept()
        thread = threading.Thread(target=client.sendall, args=(sent,))
        thread.start()
        with server:
            server.settimeout(COMMAND)
            while len(arrived) < len(sent):
                part = server.recv(1 << 20)
                assert part, f"the connection ended after {len(arrived)} of {len(sent)} bytes"
                arrived += part
        thread.join()
    assert arrived == sent


def mean_size(testpmd, before, port, direction):
    """Bytes of a frame that went through a port, on average, since its counters were before."""
    after = testpmd.stats(port)
    packets, total = (after[f"{direction}-{what}"] - before[port][f"{direction}-{what}"]
                      for what in ("packets", "bytes"))
    return total / packets


@TAP
@EACH_LAYOUT
@EACH_VERSION
def test_tcp_streams_as_large_frames(large, layout, version):
    """Both ways; the kernels see only what testpmd sent, and cut what they pass on."""
    one, two = f"a_{layout}", f"b_{layout}"
    testpmd = large.testpmd
    numbers = {nic: large.number(nic) for nic in (one, two)}
    with between_hosts(large, one, two):
        for sender, into, out in ("a", one, two), ("b", two, one):
            before = {port: testpmd.stats(port) for port in numbers.values()}
            stream(large.guest.network, sender, version)
            assert mean_size(testpmd, before, numbers[into], "RX") > 1514
            assert mean_size(testpmd, before, numbers[out], "TX") > 1514


def large_packet(tap, ends, version, flags):
    """A TCP packet of 20000 bytes that is left to be cut, and what is said of it."""
    frame = bytes(packet(TCP, payload(20000, version), ends, version, to=tap.mac, seq=1,
                         flags=flags, chksum=0))
    _, start, _ = parts(frame)
    at = start + CSUM_AT[TCP]
    frame = frame[:at] + pseudo_sum(frame).to_bytes(2, "big") + frame[at + 2:]
    return frame, Offload(flags=NEEDS_CSUM, gso_type=GSO_TYPE[version], hdr_len=start + 20,
                          gso_size=1000, csum_start=start, csum_offset=CSUM_AT[TCP])


def check_cut(sink, data, ends, version):
    """Takes the packets that the kernel made of one: small, with right sums, all of the bytes."""
    arrived = {}
    while sum(map(len, arrived.values())) < len(data):
        got = sink.receive()
        assert got is not None, f"{len(arrived)} packets arrived"
        read = Ether(got)
        if TCP not in read or (read.payload.src, read.payload.dst) != ends:
            continue  # what the hosts say to each other
        assert len(got) <= 1514 and checksum_is_right(got)
        _, start, end = parts(got)
        assert len(got[start + 20:end]) <= SEGMENT
        arrived[read[TCP].seq - 1] = got[start + 20:end]
    at = 0
    while at < len(data):
        assert data[at:].startswith(arrived[at])
        at += len(arrived[at])


@TAP
@EACH_LAYOUT
@EACH_VERSION
@pytest.mark.parametrize("ecn", [False, True], ids=["plain", "ecn"])
def test_one_large_packet(large, layout, version, ecn):
    """What its header says at the other TAP, and how the kernel there passes it on."""
    one, two = f"a_{layout}", f"b_{layout}"
    ends = address("a", version), address("b", version)
    network = large.guest.network
    with between_hosts(large, one, two) as (near, far):
        source, seen = near.open_offload(), far.open_offload()
        host = network.open_host("b", ETHERTYPE[version])
        frame, offload = large_packet(far, ends, version, ACK | (CWR | ECE if ecn else 0))
        if ecn:
            offload = offload._replace(gso_type=offload.gso_type | GSO_ECN)
        source.send(frame, offload)
        said, got = seen.receive_where(lambda frame: len(frame) > 15000)
        assert got == frame
        assert said.gso_type == offload.gso_type and said.gso_size == SEGMENT
        assert said.flags == NEEDS_CSUM and said.hdr_len >= offload.hdr_len
        assert (said.csum_start, said.csum_offset) == (offload.csum_start, offload.csum_offset)
        check_cut(host, payload(20000, version), ends, version)


@TAP
@EACH_LAYOUT
@EACH_VERSION
def test_udp_checksums(large, layout, version):
    """The sender's kernel leaves them to the device, so does testpmd, and they are right."""
    network = large.guest.network
    with between_hosts(large, f"a_{layout}", f"b_{layout}") as (_, far), \
            network.socket("a", version, socket.SOCK_DGRAM) as client, \
            network.socket("b", version, socket.SOCK_DGRAM) as server:
        seen = far.open_offload()
        server.bind((address("b", version), 5000))
        client.connect((address("b", version), 5000))
        for size in [*range(1, 1400, 61), 1432, 1433]:
            sent = payload(size, version)
            client.send(sent)
            got, sender = server.recvfrom(65536)
            assert got == sent
            server.sendto(sent[::-1], sender)
            assert client.recv(65536) == sent[::-1]
            said, frame = seen.receive_where(lambda frame, sent=sent: sent in frame)
            _, start, _ = parts(frame)
            assert said == Offload(flags=NEEDS_CSUM, csum_start=start, csum_offset=CSUM_AT[UDP])


def received(testpmd, begin, size):
    """The flags that testpmd's rxonly engine shows, behind begin, for a packet of this length."""
    def line():
        return re.search(rf"length={size} [^\n]*\n\s*ol_flags: ([^\n]*)", testpmd.log[begin:])
    return set(wait_for(line, f"testpmd to show a packet of {size} bytes")[1].split())


@TAP
@EACH_LAYOUT
def test_checksum_status_of_received_packets(large, layout):
    network, testpmd = large.guest.network, large.testpmd
    nic = f"a_{layout}"
    ends = address("a"), address("b")
    near, far = large.wire(nic), large.wire(f"b_{layout}")
    source = near.open_offload()
    host = network.open_host("a", ETHERTYPE[4])
    network.route(near, far)
    large_one, offload = large_packet(far, ends, 4, ACK)
    partial = bytes(packet(UDP, payload(201), ends, to=far.mac))
    plain = bytes(packet(UDP, payload(202), ends, to=far.mac))
    # The router looks at this one's sum before it passes it on.
    good = bytes(packet(TCP, payload(203), ends, seq=1, flags="A",
                        to=router_mac(network, "a")))
    begin = len(testpmd.log)
    testpmd.command("set verbose 1")
    try:
        with testpmd.forwarding(large.number(nic), mode="rxonly"):
            source.send(partial, Offload(flags=NEEDS_CSUM, csum_start=34, csum_offset=6))
            source.send(plain)
            source.send(large_one, offload)
            # Not while the host could leave anything to be cut: a veth has no GRO then.
            network.host["a"].ethtool(VETH, tso=False)
            assert host.try_send(good, COMMAND)
            flags = [received(testpmd, begin, len(frame))
                     for frame in (partial, plain, large_one, good)]
    finally:
        network.host["a"].ethtool(VETH, tso=True)
        testpmd.command("set verbose 0")
    names = [{flag.removeprefix("RTE_MBUF_F_RX_") for flag in some
              if flag.startswith(("RTE_MBUF_F_RX_L4", "RTE_MBUF_F_RX_LRO"))} for some in flags]
    assert names == [{"L4_CKSUM_NONE"}, {"L4_CKSUM_UNKNOWN"}, {"L4_CKSUM_NONE", "LRO"},
                     {"L4_CKSUM_GOOD"}]


def router_mac(network, side):
    """Of the router's end of the cable to the host."""
    return re.search(r"link/ether (\S+)", network.router[side].ip("link", "show", VETH))[1]


@TAP
@EACH_VERSION
def test_device_without_csum(start, version):
    """One that sends and has no feature CSUM: whole sums arrive at its TAP, and no large frame."""
    ports = start(("a_split", "b_nocsum"), [RX_CHECKSUMS], segment=0)
    assert "the device computes no checksums: rte_eth_tx_prepare() does it" in ports.testpmd.log
    ends = address("a", version), address("b", version)
    with between_hosts(ports, "a_split", "b_nocsum") as (near, far):
        seen = far.open_offload()
        source = near.open_offload()
        for l4 in TCP, UDP:
            wanted = bytes(packet(l4, payload(777), ends, version, to=far.mac))
            _, start_at, _ = parts(wanted)
            at = start_at + CSUM_AT[l4]
            partial = wanted[:at] + pseudo_sum(wanted).to_bytes(2, "big") + wanted[at + 2:]
            source.send(partial, Offload(flags=NEEDS_CSUM, csum_start=start_at,
                                         csum_offset=CSUM_AT[l4]))
            said, got = seen.receive_where(lambda frame: payload(777) in frame)
            assert said == Offload() and got == wanted
        stream(ports.guest.network, "a", version)
        stream(ports.guest.network, "b", version)


@TAP
@EACH_LAYOUT
def test_lro_needs_mergeable_buffers(start, layout):
    """Without them it is not asked for, which is said, and frames are as they are on the wire."""
    one, two = f"a_{layout}", f"b_{layout}"
    ports = start((one, two), LARGE, devargs="mrg_rxbuf=0")
    assert "offload TCP_LRO was asked for, but the device does not do it" in ports.testpmd.log
    assert "TSO4" not in " ".join(name for name in ports.guest.device(one).features("guest")
                                  if "GUEST" in name)
    before = {0: ports.testpmd.stats(0)}
    with between_hosts(ports, one, two):
        stream(ports.guest.network, "a", 4)
        assert mean_size(ports.testpmd, before, 0, "RX") <= 1514


@TAP
@pytest.mark.parametrize("devargs", ["", "mrg_rxbuf=0"], ids=["mergeable", "one_buffer"])
def test_hash_report_header(start_testpmd, devargs):
    """Headers have 20 bytes, both ways; frames are what they were.

    (testpmd asks for hashes where it has several queues only.)
    """
    pairs = [("a_split", "b_split"), ("a_packed", "b_packed")]
    ports = start_testpmd(*pairs[0], *pairs[1], devargs=devargs, options=[
        RX_HASH, "--rxq=2", "--txq=2"])
    for one, two in pairs:
        for nic in one, two:
            assert "HASH_REPORT" in " ".join(ports.guest.device(nic).features("guest"))
            mode = ports.testpmd.queue_info("rxq", ports.number(nic))["Burst mode"]
            assert "_offload" in mode and ("mergeable" in mode) == (devargs == "")
        with ports.forwarding(one, two) as taps:
            carry_both_ways(*(tap.open(EXPERIMENT) for tap in taps), frames(EVERY_SIZE[:1455]))
