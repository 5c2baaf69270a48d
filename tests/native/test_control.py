# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What an application changes on a vhost-user port: done where it can be, else refused.

There is no control virtqueue: the port serves commands itself, with what the backend offers.
"""
import struct

import pytest

from harness.frames import STRANGER, carry, frames
from harness.native import open_files, quit_all, wait_link
from harness.vhost_user import NET_F_STATUS, REFUSE, Request
from harness.waiting import wait_for

LOOP = ["--port-topology=loop"]
MAC = "02:00:00:00:00:2A"
REFUSED = "Operation not supported"
SIZES = range(60, 1519, 200)
LINK_EVENT = "Port 0: link state change event"


def echo(backend, testpmd, wires=None, sizes=SIZES):
    """Frames from the wire and back to it."""
    with testpmd.forwarding(0):
        for wire in wires or backend.wires:
            carry(wire, wire, frames(sizes, STRANGER))
    backend.check()


@pytest.fixture(name="port", params=["cq=0", "cq=1"])
def fixture_port(request, site):
    """A backend and a testpmd with a port."""
    backend = site.backend(mtu=True)
    cq = int(request.param[-1])
    testpmd = site.testpmd([site.port(backend.path, mac=MAC.lower(), cq=cq)], LOOP)
    backend.wait_running()
    yield backend, testpmd
    quit_all(testpmd)


def test_control_mac(port):
    """An address is what the port says it is: nobody filters."""
    backend, testpmd = port
    assert testpmd.port_info(0)["MAC address"] == MAC
    testpmd.command("mac_addr set 0 02:00:00:00:00:2b")
    for _ in range(2):
        assert testpmd.port_info(0)["MAC address"] == "02:00:00:00:00:2B"
        echo(backend, testpmd)
        testpmd.restart_ports()


def test_control_receive_modes(port):
    """The port gets all that the backend has; that it cannot filter is not hidden."""
    backend, testpmd = port
    for mode, name in ("promisc", "Promiscuous mode"), ("allmulti", "Allmulticast mode"):
        assert testpmd.port_info(0)[name] == "enabled"
        said = testpmd.command(f"set {mode} 0 off")
        assert REFUSED in said, said
        assert testpmd.port_info(0)[name] == "enabled"
        said = testpmd.command(f"set {mode} 0 on")
        assert REFUSED not in said, said
    echo(backend, testpmd)


def test_control_mtu(port):
    """The backend hears of an MTU at once and with each start; one that it refuses is not set."""
    backend, testpmd = port
    mtus = [1500]

    def told():
        return [value for value, in map(struct.Struct("<Q").unpack,
                                        backend.asked(Request.NET_SET_MTU))]
    assert told() == mtus
    for mtu in 9000, 68, 1400:
        testpmd.command(f"port config mtu 0 {mtu}")
        mtus.append(mtu)
        assert told() == mtus and testpmd.port_info(0)["MTU"] == str(mtu)
    testpmd.restart_ports()
    mtus.append(1400)
    assert told() == mtus
    for mtu, words in (67, "MTU"), (65535, "MTU"):
        assert words in testpmd.command(f"port config mtu 0 {mtu}")
        assert told() == mtus and testpmd.port_info(0)["MTU"] == "1400"
    backend.answers[Request.NET_SET_MTU] = REFUSE
    said = testpmd.command("port config mtu 0 1300")
    assert "the backend refuses NET_SET_MTU" in said and "Set MTU failed" in said, said
    assert testpmd.port_info(0)["MTU"] == "1400"
    backend.answers.clear()
    echo(backend, testpmd)


def test_control_mtu_silent_backend(site):
    """A backend that does not want to know takes frames of any length."""
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    backend.wait_running()
    testpmd.command("port config mtu 0 9000")
    assert testpmd.port_info(0)["MTU"] == "9000"
    echo(backend, testpmd, sizes=[60, 1518, 9014])
    assert not backend.asked(Request.NET_SET_MTU)
    quit_all(testpmd)


def test_control_mtu_without_room(site):
    """Frames that no mbuf holds are refused where buffers are not merged."""
    backend = site.backend(merge=False)
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    backend.wait_running()
    said = testpmd.command("port config mtu 0 9000")
    assert "use larger mbufs or a smaller MTU" in said and "Set MTU failed" in said, said
    assert testpmd.port_info(0)["MTU"] == "1500"
    echo(backend, testpmd)
    quit_all(testpmd)


def test_control_queue_pairs(site):
    """As many pairs as the application wants, and other ones after a stop."""
    backend = site.backend(pairs=4)
    testpmd = site.testpmd([site.port(backend.path, queues=4)],
                           [*LOOP, "--rxq=2", "--txq=2"])
    for pairs in 2, 4, 1:
        testpmd.command("port stop 0")
        testpmd.command(f"port config all rxq {pairs}")
        testpmd.command(f"port config all txq {pairs}")
        testpmd.command("port start 0")
        backend.wait_running(pairs)
        echo(backend, testpmd, backend.wires[:pairs])
    testpmd.command("port stop 0")
    said = testpmd.command("port config all rxq 5")
    assert "input rxq" in said.lower() or "fail" in said.lower(), said
    quit_all(testpmd)


def test_control_link_of_the_backend(site):
    """A backend that has a configuration tells when its link changes; the application hears it."""
    backend = site.backend(config=True)
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    for turn in range(3):
        backend.wait_running()
        wait_link(testpmd, "up")
        events = testpmd.log.count(LINK_EVENT)
        files = open_files(testpmd.process)
        for state, up in ("down", False), ("up", True):
            backend.set_link(up)
            events += 1
            wait_for(lambda n=events: testpmd.log.count(LINK_EVENT) >= n, "an event of the link")
            assert testpmd.log.count(LINK_EVENT) == events
            assert testpmd.port_info(0)["Link status"] == state
        backend.set_link(True)
        echo(backend, testpmd)
        assert testpmd.log.count(LINK_EVENT) == events, "an event without a change"
        assert open_files(testpmd.process) == files
        if turn < 2:
            backend.stop()
            backend.start()
    quit_all(testpmd)


def test_control_link_nobody_tells(site):
    """A backend that promises the link's state and has no way to tell it: it is up."""
    backend = site.backend()
    backend.features |= NET_F_STATUS
    testpmd = site.testpmd([site.port(backend.path)], LOOP)
    backend.wait_running()
    assert testpmd.port_info(0)["Link status"] == "up"
    echo(backend, testpmd)
    quit_all(testpmd)
