# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""RSS on devices with four queue pairs: which queue a flow comes to and which hash is reported, both
compared with a Toeplitz hash that is computed here. QEMU hashes by itself where hash=on.
"""
import random
import re
import socket
import struct

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether

from harness.packets import packet
from harness.waiting import wait_for

QUEUES = 4
MANY = 8
TABLE = 128
RX_HASH = "--rx-offloads=0x80000"
KEY = bytes.fromhex("6d5a" * 20)  # the driver's own
OTHER_KEY = random.Random(40).randbytes(40)

EACH_LAYOUT = pytest.mark.parametrize("nic", [pytest.param("a_split", id="split"),
                                              pytest.param("a_packed", id="packed")])
pytestmark = pytest.mark.parametrize("binding", ["tap"], indirect=True)

# One line of testpmd's rxonly engine for each packet; a hash is shown where there is one.
SEEN = re.compile(r"length=(\d+) - nb_segs=1(?: - RSS hash=(0x[0-9a-f]+) - RSS queue=0x[0-9a-f]+)?"
                  r".*?Receive queue=0x([0-9a-f]+)", re.DOTALL)


def toeplitz(key, data):
    """The hash of RSS over data."""
    bits = int.from_bytes(key, "big")
    result = 0
    for at in range(8 * len(data)):
        if data[at // 8] >> (7 - at % 8) & 1:
            result ^= bits >> (8 * len(key) - 32 - at) & 0xffffffff
    return result


def hashed(frame):
    """What of a packet goes into its hash: addresses, and ports where they are (5.1.6.4.3.1)."""
    layer = frame[IP] if IP in frame else frame[IPv6]
    family = socket.AF_INET if IP in frame else socket.AF_INET6
    data = socket.inet_pton(family, layer.src) + socket.inet_pton(family, layer.dst)
    for kind in TCP, UDP:
        if kind in frame:
            data += struct.pack(">HH", frame[kind].sport, frame[kind].dport)
    return data


@pytest.fixture(name="ports4")
def fixture_ports4(start_testpmd):
    """The ports of a testpmd, with four queues each."""
    return start_testpmd("a_split", "a_packed", options=[
        f"--rxq={QUEUES}", f"--txq={QUEUES}", RX_HASH])


def flows(count):
    """A frame of each flow; its length, which no other has, tells them apart."""
    made = []
    for number in range(count):
        version, l4 = (4, 6)[number % 2], (TCP, UDP)[number // 2 % 2]
        ends = (("192.0.2.7", f"198.51.100.{number}") if version == 4 else
                ("2001:db8::7", f"2001:db8::8:{number:x}"))
        frame = packet(l4, bytes(100 + number), ends, version)
        frame[l4].sport = 1000 + 37 * number
        made.append(Ether(bytes(frame)))
    return made


def received(ports, nic, sent):
    """Sends frames; length: (queue, hash or None) of each, as testpmd shows them."""
    testpmd, wire = ports.testpmd, ports.wire(nic).open_offload()
    begin = len(testpmd.log)
    wanted = {len(frame) for frame in sent}

    def shown():
        lines = SEEN.findall(testpmd.log[begin:])
        seen = {int(length): (int(queue, 16), value and int(value, 16))
                for length, value, queue in lines}
        return seen if wanted <= seen.keys() else None

    testpmd.command("set verbose 1")
    try:
        with testpmd.forwarding(ports.number(nic), mode="rxonly"):
            for frame in sent:
                wire.send(bytes(frame))
            return wait_for(shown, "testpmd to show all frames")
    finally:
        testpmd.command("set verbose 0")


def check_spread(ports, nic, key, table):
    """Each flow comes with its hash, to the queue that the table names."""
    sent = flows(64)
    seen = received(ports, nic, sent)
    queues = set()
    for frame in sent:
        queue, value = seen[len(frame)]
        wanted = toeplitz(key, hashed(frame))
        assert value == wanted, f"{frame.summary()}: hash {value:#x}, not {wanted:#x}"
        assert queue == table[wanted % TABLE], frame.summary()
        queues.add(queue)
    assert queues == set(table), "not every queue got something"


def set_table(testpmd, port, table):
    """Tells a port where hashes lead; a word of a command of testpmd has 127 characters at most."""
    entries = [f"({entry},{queue})" for entry, queue in enumerate(table)]
    for at in range(0, TABLE, 12):
        said = testpmd.command(f"port config {port} rss reta {','.join(entries[at:at + 12])}")
        assert "ail" not in said and "nvalid" not in said and "Bad" not in said, said


@EACH_LAYOUT
def test_rss_spreads_flows_and_reports_hashes(ports4, nic):
    """As configured, then with another key, then with another table, while the port runs."""
    testpmd, number = ports4.testpmd, ports4.number(nic)
    assert "HASH_REPORT" in " ".join(ports4.guest.device(nic).features("guest"))
    testpmd.command("port config all rss all")
    table = [entry % QUEUES for entry in range(TABLE)]
    check_spread(ports4, nic, KEY, table)
    testpmd.command(f"port config {number} rss-hash-key ipv4-udp {OTHER_KEY.hex()}")
    testpmd.command("port config all rss all")
    try:
        check_spread(ports4, nic, OTHER_KEY, table)
        table = [1 + 2 * (entry % 3 == 0) for entry in range(TABLE)]
        set_table(testpmd, number, table)
        check_spread(ports4, nic, OTHER_KEY, table)
        # A stop and a start change nothing.
        testpmd.restart_ports(number)
        check_spread(ports4, nic, OTHER_KEY, table)
    finally:
        set_table(testpmd, number, [entry % QUEUES for entry in range(TABLE)])
        testpmd.command(f"port config {number} rss-hash-key ipv4-udp {KEY.hex()}")


@EACH_LAYOUT
def test_rss_what_has_no_hash(ports4, nic):
    """No IP packet: the first queue, and no hash."""
    frame = Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / ARP() / bytes(300)
    seen = received(ports4, nic, [frame])
    assert seen[len(frame)] == (0, "")


def test_rss_eight_pairs(start_testpmd):
    """Each pair has rings, receives its flows, and sends them out again by itself."""
    nic = "a_eight"
    ports = start_testpmd(nic, options=[f"--rxq={MANY}", f"--txq={MANY}", RX_HASH,
                                        "--port-topology=loop"])
    testpmd, device = ports.testpmd, ports.guest.device(nic)
    rings = {device.queue(index)["vring-desc"] for index in range(2 * MANY)}
    assert len(rings) == 2 * MANY and 0 not in rings
    testpmd.command("port config all rss all")
    check_spread(ports, nic, KEY, [entry % MANY for entry in range(TABLE)])
    before = testpmd.xstats(0)
    wire = ports.wire(nic).open_offload()
    with testpmd.forwarding(0):
        for frame in map(bytes, flows(64)):
            wire.send(frame)
            wire.receive_where(frame.__eq__)
    after = testpmd.xstats(0)
    for queue in range(MANY):
        moved = [after[name] - before[name]
                 for name in (f"rx_q{queue}_packets", f"tx_q{queue}_packets")]
        assert min(moved) > 0, f"queue {queue}: {moved}"  # the host has frames of its own, too


def test_queues_without_rss_are_taken_with_a_word(start_testpmd):
    """Several queues on a device without RSS: the device spreads by itself; nothing is refused."""
    ports = start_testpmd("b_nocsum", options=[f"--rxq={QUEUES}", f"--txq={QUEUES}"])
    assert ("the device spreads packets over its queues by itself (it does not offer RSS)"
            in ports.testpmd.log)
    seen = received(ports, "b_nocsum", flows(16))
    assert all(value == "" for _, value in seen.values())
