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
MANY = 16000
MBUF = 2176
"""So many mbufs of so many bytes, and more, need 17 hugepages."""
OTHERS = 8
RING = 4096
"""Rings of so many ports and descriptors take more memory than EAL has to spare."""


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
    testpmd = site.testpmd([site.port(backend.path)], memory=GROWING, mbufs=MANY)
    assert "Fail to start port 0" in testpmd.log and ADVICE in testpmd.log
    assert testpmd.port_info(0)["Link status"] == "down"
    assert not backend.running
    said = testpmd.command("port start 0")
    assert "Fail to start port 0" in said and ADVICE in said, said
    quit_all(testpmd)


def test_regions_too_many_for_application(site, hugepages):
    """rte_eth_dev_start() fails, and the application ends with the status that it gives to that."""
    backend = site.backend()
    status, said = start_port(site, site.port(backend.path), GROWING, mbufs=MANY)
    assert status == NO_START and ADVICE in said, said
    assert "port 0 does not start: Argument list too long" in said


def test_regions_fewer_later(site, hugepages):
    """A port whose start failed for want of slots starts once its backend takes more regions."""
    backend = site.backend(slots=12)
    testpmd = site.testpmd([site.port(backend.path)], LOOP, memory=GROWING, mbufs=MANY)
    assert "Fail to start port 0" in testpmd.log and ADVICE in testpmd.log
    backend.stop()
    backend.slots = 64
    backend.start()
    wait_for(lambda: backend.connections == 2, "the port to connect again")
    testpmd.command("port start 0")
    echo(backend, testpmd)
    assert len(backend.asked(Request.ADD_MEM_REG)) >= MANY * MBUF >> 21
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
    for _ in range(2):
        few = shared(backend)
        attach(site, testpmd, other.path)
        wait_for(lambda n=few: shared(backend) > n, "the backend to get more memory")
        many = shared(backend)
        other.wait_running()
        with testpmd.forwarding(0, 1):
            for wire in backend.wires[0], other.wires[0]:
                carry(wire, wire, frames(SIZES))
        detach(testpmd)
        # Not all of it: testpmd has a use for some.
        wait_for(lambda n=many: shared(backend) < n, "the backend to give memory back")
        echo(backend, testpmd)
    other.check()
    quit_all(testpmd)


def attach(site, testpmd, path):
    """Ports 1 and so on, the first with a backend; together they need new hugepages.

    testpmd allocates for all its ports anew when one is attached, and keeps that: it is to have
    done so before the rings, which come with the start, need the new pages.
    """
    for port in range(1, OTHERS + 1):
        socket = path if port == 1 else site.socket("nobody")
        said = testpmd.command(f"port attach {site.port(socket, port, queue_size=RING)}")
        assert f"Port {port} is attached" in said, said
    for port in range(1, OTHERS + 1):
        testpmd.command(f"port start {port}")


def detach(testpmd):
    """The opposite."""
    for port in range(1, OTHERS + 1):
        testpmd.command(f"port stop {port}")
        testpmd.command(f"port close {port}")
        said = testpmd.command(f"device detach net_vio_user{port}")
        assert "is detached" in said, said


def shared(backend):
    """Bytes that the backend has from the frontend."""
    backend.check()
    return sum(region.size for region in list(backend.memory.regions))


def test_memory_comes_stock(site, hugepages):
    """The same before the eyes of net_vhost, which sends all the while."""
    stock = site.testpmd([f"net_vhost0,iface={site.socket()}"], place="back")
    other = site.backend("other")
    testpmd = site.testpmd([site.port(site.socket())], memory=GROWING_FILE)

    def wait_table(before, what):
        wait_for(lambda: stock.log.count("VHOST_USER_SET_MEM_TABLE") > before, what)
        return stock.log.count("VHOST_USER_SET_MEM_TABLE")
    tables = wait_table(0, "the backend to get memory")
    with stock.forwarding(0, mode="txonly"):
        for _ in range(3):
            with testpmd.forwarding(0, mode="rxonly"):
                attach(site, testpmd, other.path)
                tables = wait_table(tables, "the backend to get more memory")
                before = testpmd.stats(0)["RX-packets"]
                wait_for(lambda n=before: testpmd.stats(0)["RX-packets"] > n + 10000,
                         "traffic to go on")
            # testpmd stops no port while it forwards.
            detach(testpmd)
            tables = wait_table(tables, "the backend to give memory back")
    assert not [name for name, value in testpmd.xstats(0).items() if value and "fault" in name]
    quit_all(testpmd, stock)
