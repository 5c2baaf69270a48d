# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Backends that come late, go, come back, and die. The application hears of each change once."""
import pytest

from harness.frames import carry, frames
from harness.native import open_files, quit_all, wait_link
from harness.stock import Stock, Traffic, wait_traffic
from harness.waiting import wait_for

LINK_EVENT = "Port {}: link state change event"
SIZES = range(60, 1519, 40)
MODES = ["client", "server"]
EVENTFDS = 4
"""Of a port with one queue pair: a kick and a call for each queue."""


def events(testpmd, port=0):
    """How many changes of a port's link testpmd has heard of."""
    return testpmd.log.count(LINK_EVENT.format(port))


def wait_events(testpmd, count, port=0):
    """Until testpmd has heard of so many; more are wrong."""
    wait_for(lambda: events(testpmd, port) >= count, f"{count} events of the link of port {port}")
    assert events(testpmd, port) == count


def echo(backend, testpmd):
    """Frames from the wire and back to it."""
    backend.wait_running()
    with testpmd.forwarding(0):
        for wire in backend.wires:
            carry(wire, wire, frames(SIZES))
    backend.check()


@pytest.mark.parametrize("mode", MODES)
def test_backend_comes_and_goes(site, memory, mode):
    """The backend comes after the port was started, goes and comes back, several times."""
    backend = site.backend(start=False, client=mode == "server")
    testpmd = site.testpmd([site.port(backend.path, server=int(mode == "server"))],
                           ["--port-topology=loop"], memory=memory)
    assert testpmd.port_info(0)["Link status"] == "down"
    assert events(testpmd) == 0
    files = None
    for turn in range(3):
        backend.start()
        wait_events(testpmd, 2 * turn + 1)
        assert testpmd.port_info(0)["Link status"] == "up"
        echo(backend, testpmd)
        files = files or open_files(testpmd.process)
        assert open_files(testpmd.process) == files
        backend.stop()
        wait_events(testpmd, 2 * turn + 2)
        assert testpmd.port_info(0)["Link status"] == "down"
    quit_all(testpmd)


@pytest.mark.parametrize("mode", MODES)
def test_backend_back_while_stopped(site, mode):
    """A port that is stopped when its backend comes back starts like any other."""
    backend = site.backend(client=mode == "server")
    testpmd = site.testpmd([site.port(backend.path, server=int(mode == "server"))],
                           ["--port-topology=loop"])
    echo(backend, testpmd)
    testpmd.command("port stop 0")
    backend.stop()
    backend.start()
    wait_for(lambda: backend.connections == 2, "the port to connect again")
    assert backend.running == []
    testpmd.command("port start 0")
    echo(backend, testpmd)
    backend.stop()
    wait_link(testpmd, "down")
    testpmd.restart_ports()
    assert testpmd.port_info(0)["Link status"] == "down"
    backend.start()
    echo(backend, testpmd)
    testpmd.command("port stop 0")
    free, count = testpmd.free_mbufs()
    assert free == count
    quit_all(testpmd)


def test_backend_restart_several_ports(site):
    """One backend's end is no other port's business."""
    backends = [site.backend(f"vhost{number}", pairs=2) for number in range(3)]
    testpmd = site.testpmd([site.port(backend.path, number, queues=2)
                            for number, backend in enumerate(backends)],
                           ["--port-topology=loop", "--rxq=2", "--txq=2"])
    for backend in backends:
        backend.wait_running()
    with testpmd.forwarding(0, 1, 2):
        for gone in backends:
            gone.stop()
            for backend in backends:
                if backend is not gone:
                    for wire in backend.wires:
                        carry(wire, wire, frames(SIZES))
            gone.start()
            gone.wait_running()
            for wire in gone.wires:
                carry(wire, wire, frames(SIZES))
    for backend in backends:
        backend.check()
    quit_all(testpmd)


# A stock server takes a second to look at who knocks: several ports at a time save some of it.
@pytest.mark.parametrize("mode, ports, turns", [("client", 3, 17), ("server", 2, 25)])
def test_backend_killed_under_traffic(site, hugepages, record_property, mode, ports, turns):
    """kill -9 of backends, fifty times and more: traffic resumes, and nothing leaks."""
    stocks = [Stock(site, number, server=mode == "client") for number in range(ports)]
    testpmd = site.testpmd([site.port(stock.path, number, server=int(mode == "server"))
                            for number, stock in enumerate(stocks)],
                           ["--port-topology=loop"], memory="huge")
    telemetry = site.telemetry(testpmd)
    idle = open_files(testpmd.process)
    files = None
    waits = []
    with testpmd.forwarding(*range(ports)):
        for turn in range(turns + 1):
            for stock in stocks:
                stock.start()
            waits.append(wait_traffic([Traffic(telemetry, number, stock)
                                       for number, stock in enumerate(stocks)]))
            files = files or open_files(testpmd.process)
            assert open_files(testpmd.process) == files
            for stock in stocks:
                stock.kill()
            for port in range(ports):
                wait_events(testpmd, 2 * turn + 2, port)
    record_property("traffic came back", f"{max(waits[1:]) * 1000:.0f} ms at most after the "
                    f"connection of a new backend, in {ports * turns} restarts")
    # Eventfds of queues stay for the next backend.
    assert open_files(testpmd.process) <= idle + EVENTFDS * ports
    testpmd.command("port stop all")
    free, count = testpmd.free_mbufs()
    assert free == count, f"{count - free} of {count} mbufs did not come back"
    for port in range(ports):
        assert not [name for name, value in testpmd.xstats(port).items()
                    if value and "fault" in name]
    quit_all(testpmd)
