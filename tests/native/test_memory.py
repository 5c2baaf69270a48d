# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Memory that is shared with the backend: too much of it in pieces, and more of it later."""
import pytest

from harness.frames import carry, frames
from harness.native import NO_PORT, NO_START, quit_all, start_port
from harness.vhost_user import PROTOCOL_SLOTS, Request
from harness.waiting import wait_for

ADVICE = "--single-file-segments"
SIZES = range(60, 1519, 100)
LOOP = ["--port-topology=loop"]
PIECES = ["--in-memory", "-m", "32"]
"""A file for each hugepage: 16 regions, of which backends without slots take eight."""
GROWING = ["--in-memory"]
"""Hugepages come as they are needed; all files apart."""
GROWING_FILE = ["--in-memory", "--single-file-segments"]


def echo(backend, testpmd):
    """Frames from the wire and back to it."""
    backend.wait_running()
    with testpmd.forwarding(0):
        for wire in backend.wires:
            carry(wire, wire, frames(SIZES))
    backend.check()


def test_regions_start_port_works(site, memory):
    """What the tests below see fail works where nothing is wrong."""
    backend = site.backend()
    status, said = start_port(site, site.port(backend.path), memory)
    assert status == 0 and "port 0 is started, its link is up" in said, said
    assert len(backend.asked(Request.SET_MEM_TABLE)[-1]) == 8 + 32


def test_regions_too_many_at_probe(site, hugepages):
    """The backend is there: the port cannot be had."""
    backend = site.backend()
    status, said = start_port(site, site.port(backend.path), PIECES)
    assert status == NO_PORT, said
    assert ADVICE in said and "takes 8 memory regions" in said, said
    assert not backend.asked(Request.SET_MEM_TABLE)


def test_regions_too_many_for_stock(site, hugepages):
    """The same against net_vhost."""
    site.testpmd([f"net_vhost0,iface={site.socket()}"], place="back")
    status, said = start_port(site, site.port(site.socket()), PIECES)
    assert status == NO_PORT, said
    assert ADVICE in said, said


def test_regions_too_many_at_start(site, hugepages):
    """It fitted when the port was made, but not any more when it is started: the start fails."""
    backend = site.backend()
    status, said = start_port(site, site.port(backend.path), GROWING)
    assert status in (NO_START, 0)
    testpmd = site.testpmd([site.port(backend.path)], memory=GROWING, mbufs=16000)
    assert "Fail to start port 0" in testpmd.log and ADVICE in testpmd.log
    assert testpmd.port_info(0)["Link status"] == "down"
    quit_all(testpmd)


def test_regions_too_many_later(site, hugepages):
    """The backend comes after the port was started: the link stays down, and the log says why."""
    backend = site.backend(start=False)
    testpmd = site.testpmd([site.port(backend.path)], memory=PIECES, mbufs=4096)
    backend.start()
    wait_for(lambda: ADVICE in testpmd.log, "testpmd to say what to do")
    assert testpmd.port_info(0)["Link status"] == "down"
    assert not backend.running
    quit_all(testpmd)


def test_regions_in_slots(site, hugepages):
    """A backend that has slots takes as many as it says."""
    backend = site.backend(slots=64)
    testpmd = site.testpmd([site.port(backend.path)], LOOP, memory=[*PIECES[:-1], "48"])
    echo(backend, testpmd)
    assert len(backend.asked(Request.ADD_MEM_REG)) >= 24
    assert not backend.asked(Request.SET_MEM_TABLE)
    quit_all(testpmd)


def test_regions_too_many_slots(site, hugepages):
    backend = site.backend(slots=12)
    status, said = start_port(site, site.port(backend.path), PIECES)
    assert status == NO_PORT and "takes 12 memory regions" in said and ADVICE in said, said


@pytest.mark.parametrize("slots", [0, 64])
def test_memory_comes_and_goes(site, hugepages, slots):
    """Hugepages come when another port needs them and go with it: the backend follows."""
    backend = site.backend(slots=slots)
    other = site.backend("other", slots=slots)
    testpmd = site.testpmd([site.port(backend.path)], LOOP, memory=GROWING_FILE)
    echo(backend, testpmd)
    few = shared(backend)
    for _ in range(2):
        # Rings so large that they need new hugepages.
        testpmd.command(f"port attach {site.port(other.path, 1, queue_size=32768)}")
        testpmd.command("port config all rxd 32768")
        testpmd.command("port config all txd 32768")
        testpmd.command("port start 1")
        wait_for(lambda: shared(backend) > few, "the backend to get more memory")
        other.wait_running()
        with testpmd.forwarding(0, 1):
            carry(backend.wires[0], other.wires[0], frames(SIZES))
            carry(other.wires[0], backend.wires[0], frames(SIZES))
        testpmd.command("port stop 1")
        testpmd.command("port close 1")
        testpmd.command("device detach net_vio_user1")
        wait_for(lambda: shared(backend) == few, "the backend to give memory back")
        echo(backend, testpmd)
    other.check()
    quit_all(testpmd)


def shared(backend):
    """Bytes that the backend has from the frontend."""
    backend.check()
    return sum(region.size for region in list(backend.memory.regions))


def test_memory_comes_stock(site, hugepages):
    """The same before the eyes of net_vhost, which sends all the while."""
    stock = site.testpmd([f"net_vhost0,iface={site.socket()}"], place="back")
    other = site.backend("other")
    testpmd = site.testpmd([site.port(site.socket())], memory=GROWING_FILE)
    with stock.forwarding(0, mode="txonly"), testpmd.forwarding(0, mode="rxonly"):
        for turn in range(5):
            before = testpmd.stats(0)["RX-packets"]
            testpmd.command(f"port attach {site.port(other.path, turn + 1, queue_size=32768)}")
            assert "Port 1 is attached" in testpmd.log
            testpmd.command("port close 1")
            testpmd.command(f"device detach net_vio_user{turn + 1}")
            wait_for(lambda n=before: testpmd.stats(0)["RX-packets"] > n + 10000, "traffic to go on")
    assert not [name for name, value in testpmd.xstats(0).items() if value and "fault" in name]
    quit_all(testpmd, stock)
