# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""examples/netbridge: ordinary programs on both sides of a vhost-user connection.

    namespace a: programs == TAP [netbridge] net_vio_user == net_vhost [netbridge] TAP == namespace b

What is said in headers and mbufs about each packet is in tests/netbridge.
"""
import contextlib
import hashlib
import json
import os
import random
import re
import signal
import socket
import threading

import pytest

from harness.netbridge import ADDRESS, Ends, Netbridge, program
from harness.network import Namespace, missing
from harness.vswitch import Vswitch, break_used_index
from harness.waiting import COMMAND, wait_for

if missing():
    pytestmark = pytest.mark.skip(reason=missing())

AMOUNT = 1 << 20
SHORT = ["none", "tx-csum,rx-csum", "tx-csum,tso", "tx-csum,tso,rx-csum,lro"]
OFFLOADS = SHORT + [
    pytest.param(combination, marks=pytest.mark.long) for combination in (
        "tx-csum", "rx-csum", "rx-csum,lro", "tx-csum,rx-csum,lro", "tx-csum,tso,rx-csum")]
"""Every combination that the options allow."""


@pytest.fixture(name="undo")
def fixture_undo():
    """What is undone after a test, on failure too."""
    with contextlib.ExitStack() as stack:
        yield stack


def vhost(site, **devargs):
    """The other end of a port of the driver."""
    return ",".join(["net_vhost0", f"iface={site.socket()}",
                     *(f"{key}={value}" for key, value in devargs.items())])


def join(site, undo, *, options=(), queues=1, **how):
    """Two ends; the one with the driver is the first. (net_vhost comes second, and listens.)"""
    return Ends(site, undo, [site.port(site.socket(), queues=queues),
                             vhost(site, queues=queues, tso=1)],
                options=options, queues=queues, **how)


def transfer(source, sink, version=4, amount=AMOUNT):
    """Sends random bytes over TCP from end to end: all of them arrive, unchanged."""
    ends = [source, sink]
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    address = ADDRESS[version == 6][int(sink.name[-1])]
    data = random.Random(amount).randbytes(amount)
    sockets = []
    for bridge in ends:
        with bridge.namespace.inside():
            sockets.append(socket.socket(family))
        sockets[-1].settimeout(COMMAND)
    with sockets[0] as client, sockets[1] as server:
        server.bind((address, 0))
        server.listen()

        def send():
            client.connect((address, server.getsockname()[1]))
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        connection, _ = server.accept()
        connection.settimeout(COMMAND)
        digest, size = hashlib.sha256(), 0
        with connection:
            while part := connection.recv(1 << 20):
                digest.update(part)
                size += len(part)
        sender.join(COMMAND)
    assert size == amount and digest.digest() == hashlib.sha256(data).digest(), (
        f"{size} of {amount} bytes came, or others than were sent")


def check_sums(*bridges):
    """No end has seen a wrong checksum."""
    for bridge in bridges:
        wrong = {name: value for name, value in bridge.namespace.counters().items()
                 if "CsumErrors" in name and value}
        assert not wrong, f"{bridge.name}: {wrong}"


def links(bridge):
    """The interface is there."""
    return bridge.name in bridge.namespace.ip("link", "show")


def refused(site, *options, vdevs=("net_null0",), status=2):
    """A netbridge that does not start: the sentence."""
    got, said = site.run([*site.command(program(), "front", vdevs), "--", *options], check=False)
    assert got == status, f"status {got}: {said}"
    return said


@pytest.mark.parametrize("offloads", OFFLOADS)
def test_netbridge_tcp(site, undo, offloads):
    """TCP both ways, over both versions of IP, with every combination of offloads."""
    ends = join(site, undo, options=["--offloads", offloads])
    one, two = ends
    assert one.offloads == offloads.split(",")
    ends.ping()
    for version in (4, 6):
        transfer(one, two, version)
        transfer(two, one, version)
    check_sums(one, two)
    counters = ends.stop()
    cut = counters[0]["to_port_cut"]
    assert (cut > 0) == ("tso" in offloads), f"{cut} packets for the port to cut"
    assert (counters[1]["to_tap_joined"] > 0) == (cut > 0)


def test_netbridge_queues(site, undo):
    """Flows are spread over queue pairs, each with an lcore and a queue of the interface."""
    ends = join(site, undo, queues=2)
    one, two = ends
    with contextlib.ExitStack() as open_sockets:
        for _ in range(32):
            with one.namespace.inside():
                flow = open_sockets.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            flow.sendto(b"hello", (ADDRESS[0][1], 9))
    transfer(one, two)
    transfer(two, one)
    check_sums(one, two)
    ends.stop()
    both = [int(word) for word in re.search(r"^to_port +\d+ +(\d+) +(\d+)$", one.log,
                                            re.MULTILINE).groups()]
    assert all(both), f"queues sent {both}"


def test_netbridge_iperf(site, undo):
    """iperf3 between two ports of the driver, through the vswitch.

    The driver learns what the backend does after the bridge has asked: it does not cut TCP.
    """
    sockets = [site.socket(f"port{end}") for end in (0, 1)]
    switch = Vswitch(site, [f"net_vhost{end},iface={path}" for end, path in enumerate(sockets)])
    ends = Ends(site, undo, [site.port(path) for path in sockets],
                macs=["02:00:00:00:00:0a", "02:00:00:00:00:0b"])
    one, two = ends
    ends.ping()
    server = site.start(["ip", "netns", "exec", two.namespace.name, "iperf3", "--server",
                         "--forceflush"])
    wait_for(lambda: "Server listening" in server.output(), "iperf3 to listen")
    for direction in ([], ["--reverse"]):
        said = json.loads(one.run("iperf3", "--client", ADDRESS[0][1], "--bytes", "1M", "--json",
                                  *direction))
        # What is on its way when the sender has sent all is not counted.
        assert said["end"]["sum_received"]["bytes"] > 0, said["end"]
    server.signal(signal.SIGTERM)
    check_sums(one, two)
    for bridge in ends:
        bridge.stop()
        dropped = bridge.counters()["drop_unsendable"]
        assert ("does without from now on" in bridge.log) == (dropped > 0)
        assert bridge.counters()["to_port_cut"] == 0 and bridge.counters()["drop_tap"] == 0
    assert "does without from now on" in one.log, "the long packets of iperf3 were not noticed"
    switch.stop()


def test_netbridge_interface(site, undo):
    """It has the port's address, MTU and link; it stays if that is wished, for the next run."""
    namespace = Namespace(f"vio-test-{os.getpid()}-end0")
    undo.callback(namespace.close)
    mac = "02:00:00:00:00:0a"

    def bridge(*options):
        return Netbridge(site, 0, site.port(site.socket(), mac=mac), namespace=namespace,
                         options=["--mtu", "1400", *options])
    first = bridge("--persist")
    link = first.link()
    assert (link["address"], link["mtu"]) == (mac, 1400) and "UP" in link["flags"]
    assert "NO-CARRIER" in link["flags"]
    backend = site.backend()
    first.wait_carrier()
    backend.stop()
    first.wait_carrier(False)
    first.process.signal(signal.SIGUSR1)
    first.wait_log("drop_tap")
    first.stop(signal.SIGINT)
    assert links(first)
    namespace.ip("link", "set", first.name, "down")
    second = bridge("--down")
    assert "UP" not in second.link()["flags"]
    # Persistent means: until somebody says otherwise.
    second.stop()
    assert links(second)
    namespace.ip("link", "delete", first.name)
    third = bridge()
    third.stop(signal.SIGHUP)
    assert not links(third)


def test_netbridge_device_lost(site, undo):
    """A backend that breaks the rules ends the bridge, which says so."""
    namespace = Namespace(f"vio-test-{os.getpid()}-end0")
    undo.callback(namespace.close)
    backend = site.backend()
    bridge = Netbridge(site, 0, site.port(backend.path), namespace=namespace)
    backend.wait_running()
    bridge.wait_carrier()
    break_used_index(backend, 0)
    wait_for(lambda: bridge.process.status() is not None, "netbridge to end")
    assert bridge.process.status() == 1 and "ending" in bridge.log
    assert not links(bridge)


def test_netbridge_refusals(site):
    """What cannot be is said in a sentence, and nothing is left."""
    assert "needs tx-csum" in refused(site, "--offloads", "tso")
    assert "'lr' is none of" in refused(site, "--offloads", "lr")
    assert "is no number from 1 to 16" in refused(site, "--queues", "17")
    assert "'now' is not understood" in refused(site, "now")
    assert "there are 0 ports" in refused(site, vdevs=(), status=1)
    assert "there are 2 ports" in refused(site, vdevs=("net_null0", "net_null1"), status=1)
    assert "there is no port here" in refused(site, "--port", "here", status=1)
    assert "--queues 2, but" in refused(site, "--queues", "2", status=1)
    assert "at most 15 bytes" in refused(site, "--tap", "x" * 16, status=1)
    assert "raise --mbufs" in refused(site, "--mbufs", "1024", "--descriptors", "1024",
                                      vdevs=[site.port("/nowhere")], status=1)
    assert "no TAP" in refused(site, "--tap", "lo", status=1)
