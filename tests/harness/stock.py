# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A backend of DPDK's own that sends as fast as it can, and whether its traffic flows."""
import signal
import time

from .waiting import COMMAND, POLL, wait_for


class Stock:
    """A testpmd with net_vhost that sends and receives as fast as it can, until it is killed.

    server: it listens, or else it knocks.
    """

    def __init__(self, site, number, server):
        self._site = site
        self._number = number
        self._server = server
        self._process = None
        self.path = site.socket(f"vhost{number}")

    def start(self):
        """Begins a new life."""
        if self._server:
            self.path.unlink(missing_ok=True)  # a server that was killed leaves it
        self._process = self._site.start([
            *self._site.command("dpdk-testpmd", "back", prefix=f"stock{self._number}", memory=[
                "--no-huge", "-m", "48", "--no-telemetry"],
                vdevs=[f"net_vhost0,iface={self.path},client={int(not self._server)}"]),
            "--", "--no-mlockall", "--total-num-mbufs=4096", "--forward-mode=flowgen",
            "--stats-period=1", "-a"])

    def output(self):
        """What it has written in this life."""
        return self._process.output()

    @property
    def connected(self):
        """Does it have a connection? As a server it looks for one once a second."""
        return "new device, handle is" in self._process.output()

    def kill(self):
        """SIGKILL, and it is gone."""
        self._process.signal(signal.SIGKILL)
        wait_for(lambda: self._process.status() is not None, "testpmd to die")


class Traffic:
    """Watches the counters of a port from the start of a new backend on."""

    def __init__(self, telemetry, port, stock):
        self._telemetry = telemetry
        self._port = port
        self._stock = stock
        self._before = self._moved()
        self._connected = None
        self._first = None

    def _moved(self):
        stats = self._telemetry.ask(f"/ethdev/stats,{self._port}")
        return stats["ipackets"], stats["opackets"]

    def flows(self):
        """Has the port moved more than its rings hold, both ways?"""
        if self._connected is None and self._stock.connected:
            self._connected = time.monotonic()
        now = self._moved()
        if self._first is None and now[0] > self._before[0]:
            self._first = time.monotonic()
        return all(new > old + 1000 for new, old in zip(now, self._before))

    @property
    def wait(self):
        """Seconds from the backend's connection to the first packet."""
        return self._first - self._connected


def wait_traffic(traffics):
    """Until all of them flow. Returns the longest wait for a first packet, in seconds."""
    end = time.monotonic() + COMMAND
    missing = traffics
    while missing:
        missing = [traffic for traffic in missing if not traffic.flows()]
        assert time.monotonic() < end, f"no traffic for {COMMAND:.0f} s"
        time.sleep(POLL / 10)
    return max(traffic.wait for traffic in traffics)
