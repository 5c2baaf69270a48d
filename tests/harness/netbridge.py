# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""examples/netbridge in a network namespace, and programs of the network on top of it."""
import json
import os
import re
import signal
import subprocess
from pathlib import Path

from .network import Namespace, run
from .waiting import wait_for

REPO = Path(__file__).resolve().parent.parent.parent

ADDRESS = ["198.51.100.1", "198.51.100.2"], ["2001:db8:a::1", "2001:db8:a::2"]
"""IPv4 and IPv6, of each of two ends."""


def program():
    """netbridge of the build under test."""
    return REPO / os.environ.get("VIO_BUILD", "build") / "examples/netbridge/netbridge"


class Netbridge:
    """A netbridge that runs; end: 0 or 1, which says what its namespace and interface are called."""

    def __init__(self, site, end, vdev, *, options=(), queues=1, memory="nohuge", namespace=None):
        self.site = site
        self.namespace = namespace
        self.name = f"bridge{end}"
        self._end = end
        command = site.command(program(), "front", [vdev], memory, self.name)
        lcores = command.index("--lcores") + 1
        control, first = command[lcores].split(",")
        cpu = first.split("@")[1]
        command[lcores] = ",".join([control, *(f"{1 + number}@{cpu}" for number in range(queues))])
        # CPUs are shared with the other end, and with the programs that talk.
        command += ["--", "--tap", self.name, "--queues", str(queues), "--idle", "50",
                    "--mbufs", "4096", *options]
        launcher = ["ip", "netns", "exec", namespace.name] if namespace else []
        self.process = site.start([*launcher, *command])
        self.wait_log("ready, ")

    @property
    def log(self):
        """All that it wrote."""
        return self.process.output()

    @property
    def offloads(self):
        """What it says that the port does."""
        return re.search(r"offloads: (.*)", self.log)[1].split()

    def wait_log(self, text):
        """Until it has written text."""
        def there():
            assert self.process.status() is None, (
                f"netbridge ended with status {self.process.status()}:\n{self.log}")
            return text in self.log
        wait_for(there, f"netbridge to write '{text}'")

    def address(self):
        """Gives the interface its addresses."""
        for addresses, length in zip(ADDRESS, (24, 64)):
            self.namespace.ip("address", "add", f"{addresses[self._end]}/{length}", "dev",
                              self.name, *(["nodad"] if length == 64 else []))

    def link(self):
        """What ip(8) says of the interface."""
        return json.loads(self.namespace.ip("-json", "-details", "link", "show", self.name))[0]

    def wait_carrier(self, up=True):
        """Until the interface has a carrier, or has none."""
        wait_for(lambda: ("NO-CARRIER" not in self.link()["flags"]) == up,
                 f"{self.name} to have {'a' if up else 'no'} carrier")

    def run(self, *command):
        """A program in the namespace."""
        return run("ip", "netns", "exec", self.namespace.name, *command)

    def reaches(self, address):
        """Does an echo come back within a second?"""
        return subprocess.run(["ip", "netns", "exec", self.namespace.name, "ping", "-c", "1", "-W",
                               "1", address], stdout=subprocess.DEVNULL, check=False).returncode == 0

    def counters(self):
        """The sums of all queues, as it writes them when asked for, and at the end."""
        lines = re.findall(r"^([a-z_]+) +(\d+)", self.log, re.MULTILINE)
        assert lines, "it wrote no counters:\n" + self.log
        return {name: int(value) for name, value in lines}

    def check(self):
        """Nothing has been dropped. Returns the counters."""
        counters = self.counters()
        lost = {name: value for name, value in counters.items()
                if name.startswith("drop_") and value}
        assert not lost, f"{self.name} dropped packets: {lost}"
        return counters

    def stop(self, number=signal.SIGTERM):
        """Ends it, which has to go well."""
        self.process.signal(number)
        wait_for(lambda: self.process.status() is not None, "netbridge to end")
        assert self.process.status() == 0, f"status {self.process.status()}:\n{self.log}"


class Ends:
    """Two namespaces with a netbridge each, joined by what their ports are."""

    def __init__(self, site, undo, vdevs, macs=(None, None), **how):
        self.bridges = []
        for end, (vdev, mac) in enumerate(zip(vdevs, macs)):
            vdev = f"{vdev},mac={mac}" if mac else vdev
            namespace = Namespace(f"vio-test-{os.getpid()}-end{end}")
            undo.callback(namespace.close)
            self.bridges.append(Netbridge(site, end, vdev, namespace=namespace, **how))
        for bridge in self.bridges:
            bridge.address()
        for bridge in self.bridges:
            bridge.wait_carrier()
        # What is between them may see its link a little later.
        for addresses in ADDRESS:
            wait_for(lambda peer=addresses[1]: self.bridges[0].reaches(peer), "the ends to meet")

    def __iter__(self):
        return iter(self.bridges)

    def ping(self, sizes=(56, 1400)):
        """Echoes each way, over both versions of IP. One a time: once one has come back, ping waits
        for the others no longer than that one took."""
        for end, bridge in enumerate(self.bridges):
            for addresses in ADDRESS:
                for size in sizes:
                    bridge.run("ping", "-c", "1", "-W", "30", "-s", str(size), addresses[1 - end])

    def stop(self):
        """Ends both; their counters."""
        for bridge in self.bridges:
            bridge.stop()
        return [bridge.check() for bridge in self.bridges]
