# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""examples/netbridge on a PCI device: TCP between programs in the guest and on this machine.

    guest: programs == TAP [netbridge] net_vio == virtio-net PCI == QEMU == TAP :router a

The kernel behind the device checks sums, cuts and joins, and so does the guest's behind netbridge.
"""
import contextlib
import re
import signal
import socket
import threading
from pathlib import Path

import pytest

from harness.netbridge import program
from harness.network import ROUTER
from harness.waiting import COMMAND, wait_for

STREAM = Path(__file__).with_name("stream.py")
AMOUNT = 1 << 20
NAME = "lan0"
CLIENT = "192.0.2.9", "2001:db8:f::9"

ALL = "tx-csum,tso,rx-csum,lro"
COMBINATIONS = ["none", "tx-csum", "rx-csum", "tx-csum,rx-csum", "tx-csum,tso", "rx-csum,lro",
                "tx-csum,rx-csum,lro", "tx-csum,tso,rx-csum", ALL]
"""Every one that the options allow."""
SHORT = [("a_split", "none"), ("a_split", "tx-csum,rx-csum"), ("a_split", "tx-csum,tso"),
         ("a_split", ALL)]
LONG = [(nic, offloads) for nic in ("a_split", "a_packed") for offloads in COMBINATIONS
        if (nic, offloads) not in SHORT] + [("a_pair", ALL)]

pytestmark = pytest.mark.parametrize("binding", ["tap"], indirect=True)


@pytest.fixture(name="bridge")
def fixture_bridge(keeper, guest, plugin):
    """A function: netbridge with a NIC, whose interface has addresses. The context ends it."""
    @contextlib.contextmanager
    def start(nic, offloads):
        keeper.end_testpmd()
        keeper.bind([nic])
        guest.run("modprobe", "tun")
        process = guest.start(program(), "-l", "0,1", "-m", "128", "-d", plugin, "-a",
                              guest.address(nic), "--", "--tap", NAME, "--queues", "1",
                              "--idle", "50", "--offloads", offloads)
        try:
            wait_for(lambda: process.status() is not None or "ready, " in process.output(),
                     "netbridge to be ready")
            assert process.status() is None, process.output()
            for address, length in zip(CLIENT, (24, 64)):
                guest.run("ip", "address", "add", f"{address}/{length}", "dev", NAME,
                          *(["nodad"] if length == 64 else []))
            yield process
            process.signal(signal.SIGTERM)
            wait_for(lambda: process.status() is not None, "netbridge to end")
            assert process.status() == 0, process.output()
        except BaseException:
            print("netbridge wrote:", process.output(), sep="\n")
            raise
        finally:
            process.close()
    return start


def send_back(listener):
    """Takes all that a client sends, and sends it back."""
    connection, _ = listener.accept()
    came = bytearray()
    with connection:
        connection.settimeout(COMMAND)
        while part := connection.recv(1 << 20):
            came += part
        connection.sendall(came)


def stream(guest, tap, version):
    """TCP out of the guest and into it, by content."""
    server = ROUTER["a"][version == 6]
    with tap.router.inside():
        listener = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6)
    with listener:
        listener.settimeout(COMMAND)
        listener.bind((server, 0))
        listener.listen()
        thread = threading.Thread(target=send_back, args=(listener,), daemon=True)
        thread.start()
        guest.run("python3", "-B", STREAM, AMOUNT, server, listener.getsockname()[1])
        thread.join(COMMAND)


@contextlib.contextmanager
def reached(tap, mac):
    """The router knows where the guest's addresses are, and nobody has to ask."""
    for address, length in zip(CLIENT, (32, 128)):
        tap.router.ip("route", "replace", f"{address}/{length}", "dev", tap.interface)
        tap.router.ip("neighbour", "replace", address, "lladdr", mac, "dev", tap.interface, "nud",
                      "permanent")
    try:
        yield
    finally:
        for address, length in zip(CLIENT, (32, 128)):
            tap.router.ip("route", "delete", f"{address}/{length}", "dev", tap.interface)
            tap.router.ip("neighbour", "delete", address, "dev", tap.interface)


def wrong_sums(guest, tap):
    """What both kernels threw away."""
    here = {name: count for name, count in tap.router.counters().items() if "CsumErrors" in name}
    there = re.findall(r"^(\w+CsumErrors|TcpInErrs|UdpInErrors)\s+(\d+)",
                       guest.run("nstat", "-asz"), re.MULTILINE)
    return here, [pair for pair in there if int(pair[1])]


@pytest.mark.parametrize("nic, offloads", SHORT + [
    pytest.param(*case, marks=pytest.mark.long) for case in LONG])
def test_netbridge_tcp(guest, bridge, nic, offloads):
    """Both ways, over both versions of IP."""
    tap = guest.wires[nic]
    with bridge(nic, offloads) as process, reached(tap, guest.mac(nic)):
        before = wrong_sums(guest, tap)
        for address, peer in zip(ROUTER["a"], CLIENT):
            guest.run("ip", "neighbour", "replace", address, "lladdr", tap.mac, "dev", NAME, "nud",
                      "permanent")
            assert peer in guest.run("ip", "address", "show", "dev", NAME)
        for version in 4, 6:
            stream(guest, tap, version)
        assert wrong_sums(guest, tap) == before
    said = process.output()
    assert re.search(r"offloads: (.*)", said)[1].split() == offloads.split(",")
    counters = {name: int(value) for name, value in re.findall(r"^([a-z_]+) +(\d+)", said, re.M)}
    assert not [name for name, value in counters.items() if name.startswith("drop_") and value], (
        said)
    assert (counters["to_port_cut"] > 0) == ("tso" in offloads)
    assert (counters["to_tap_joined"] > 0) == ("lro" in offloads)
