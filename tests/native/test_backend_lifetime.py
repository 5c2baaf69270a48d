# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Backends that come late, go, come back, and die. The application hears of each change once."""
import signal
import time

import pytest

from harness.frames import carry, frames
from harness.native import open_files, quit_all, wait_link
from harness.waiting import FRAME, POLL, wait_for

LINK_EVENT = "Port 0: link state change event"
SIZES = range(60, 1519, 40)
MODES = ["client", "server"]


def events(testpmd):
    """How many changes of the link testpmd has heard of."""
    return testpmd.log.count(LINK_EVENT)


def wait_events(testpmd, count):
    """Until testpmd has heard of so many; more are wrong."""
    wait_for(lambda: events(testpmd) >= count, f"{count} events of the link")
    assert events(testpmd) == count


def echo(backend, testpmd):
    """Frames from the wire and back to it."""
    backend.wait_running()
    with testpmd.forwarding(0):
        for wire in backend.wires:
            wire.drain()
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
                wire.drain()
                carry(wire, wire, frames(SIZES))
    for backend in backends:
        backend.check()
    quit_all(testpmd)


class Stock:
    """A testpmd with net_vhost that sends and receives as fast as it can, until it is killed."""

    def __init__(self, site, path, mode):
        self._site = site
        self._path = path
        self._server = mode == "client"
        self._process = None

    def start(self):
        """Begins a new life."""
        if self._server:
            self._path.unlink(missing_ok=True)  # a server that was killed leaves it
        self._process = self._site.start([
            *self._site.command("dpdk-testpmd", "back", prefix="stock", memory=[
                "--no-huge", "-m", "48", "--no-telemetry"],
                vdevs=[f"net_vhost0,iface={self._path},client={int(not self._server)}"]),
            "--", "--no-mlockall", "--total-num-mbufs=4096", "--forward-mode=flowgen",
            "--stats-period=1", "-a"])

    @property
    def connected(self):
        """Does it have a connection? As a server it looks for one once a second."""
        return "new device, handle is" in self._process.output()

    def kill(self):
        """SIGKILL, and it is gone."""
        self._process.signal(signal.SIGKILL)
        wait_for(lambda: self._process.status() is not None, "testpmd to die")


def moved(telemetry):
    """Packets that the port has received and sent."""
    stats = telemetry.ask("/ethdev/stats,0")
    return stats["ipackets"], stats["opackets"]


def wait_traffic(telemetry, stock, before):
    """Until the port has moved more than its rings hold, both ways. Returns the seconds from the
    backend's connection to the first packet."""
    connected = first = None
    end = time.monotonic() + FRAME
    while True:
        if connected is None and stock.connected:
            connected = time.monotonic()
        now = moved(telemetry)
        if first is None and now[0] > before[0]:
            first = time.monotonic()
        if all(new > old + 1000 for new, old in zip(now, before)):
            return first - connected
        assert time.monotonic() < end, f"no traffic for {FRAME:.0f} s: {before} and then {now}"
        time.sleep(POLL / 10)


@pytest.mark.parametrize("mode, restarts", [("client", 20), ("server", 50)])
def test_backend_killed_under_traffic(site, hugepages, record_property, mode, restarts):
    """kill -9 of the backend, again and again: traffic resumes, and nothing leaks."""
    stock = Stock(site, site.socket("vhost"), mode)
    testpmd = site.testpmd([site.port(site.socket("vhost"), server=int(mode == "server"))],
                           ["--port-topology=loop"], memory="huge")
    telemetry = site.telemetry(testpmd)
    files = None
    waits = []
    with testpmd.forwarding(0):
        for turn in range(restarts + 1):
            before = moved(telemetry)
            stock.start()
            waits.append(wait_traffic(telemetry, stock, before))
            files = files or open_files(testpmd.process)
            assert open_files(testpmd.process) == files
            stock.kill()
            wait_events(testpmd, 2 * turn + 2)
    record_property("traffic came back", f"{max(waits[1:]) * 1000:.0f} ms at most after the "
                    f"connection of a new backend, in {restarts} restarts")
    assert open_files(testpmd.process) < files
    testpmd.command("port stop 0")
    free, count = testpmd.free_mbufs()
    assert free == count, f"{count - free} of {count} mbufs did not come back"
    assert not [name for name, value in testpmd.xstats(0).items() if value and "fault" in name]
    quit_all(testpmd)
