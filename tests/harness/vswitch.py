# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""examples/vswitch and its command line."""
import json
import os
import signal
import time
from pathlib import Path

from .native import open_files
from .waiting import SILENCE, wait_for

REPO = Path(__file__).resolve().parent.parent.parent


def program(name):
    """vswitch or vswitchctl of the build under test."""
    return REPO / os.environ.get("VIO_BUILD", "build") / "examples/vswitch" / name


class Vswitch:
    """A switch that runs.

    ports: what --port has; vdevs: ports for EAL; launcher: a command that starts another one.
    """

    def __init__(self, site, ports=(), *, vdevs=(), options=(), workers=1, memory="nohuge",
                 name="vswitch", launcher=()):
        self._site = site
        self.control = site.socket(f"{name}.ctl")
        command = site.command(program("vswitch"), "front", vdevs, memory, name)
        lcores = command.index("--lcores") + 1
        control, first = command[lcores].split(",")
        cpu = first.split("@")[1]
        command[lcores] = ",".join([control, *(f"{1 + number}@{cpu}" for number in range(workers))])
        command += ["--", "--socket", self.control, "--mbufs", "8192", *options]
        for port in ports:
            command += ["--port", port]
        self.process = site.start([*launcher, *command])
        self.wait_log("ready, ")

    @property
    def log(self):
        """All that the switch wrote."""
        return self.process.output()

    def wait_log(self, text):
        """Until the switch has written text."""
        def there():
            assert self.process.status() is None, (
                f"vswitch ended with status {self.process.status()}:\n{self.log}")
            return text in self.log
        wait_for(there, f"vswitch to write '{text}'")

    def ctl(self, *words, check=True):
        """Runs vswitchctl: what it prints; without check also its status, first."""
        status, said = self._site.run([program("vswitchctl"), "--socket", self.control, *words],
                                      check=check)
        return said if check else (status, said)

    def ask(self, *words):
        """vswitchctl --json."""
        return json.loads(self.ctl("--json", *words))

    def refused(self, *words):
        """A command that the switch does not carry out: the sentence."""
        status, said = self.ctl(*words, check=False)
        assert status == 1 and said.startswith("vswitchctl: "), f"status {status}: {said}"
        return said

    def ports(self):
        """By name."""
        return {port["port"]: port for port in self.ask("ports")["ports"]}

    def stats(self, port):
        """Counters of a port, those of drops among them."""
        counters, = self.ask("stats", port)["stats"]
        return {**counters, **counters["drops"]}

    def fdb(self, *words):
        """Learned: (MAC address, VLAN) and the port."""
        return {(entry["mac"], entry["vlan"]): entry["port"]
                for entry in self.ask("fdb", *words)["fdb"]}

    def files(self):
        """How many files it has open, once it has seen that the last vswitchctl is gone."""
        before, count = -1, open_files(self.process)
        while count != before:
            time.sleep(SILENCE)
            before, count = count, open_files(self.process)
        return count

    def stop(self, number=signal.SIGTERM):
        """Ends the switch, which has to go well."""
        self.process.signal(number)
        wait_for(lambda: self.process.status() is not None, "vswitch to end")
        assert self.process.status() == 0, f"status {self.process.status()}:\n{self.log}"
        assert not self.control.exists(), "the control socket is left"


def break_used_index(backend, queue):
    """The backend claims to have used what it was never given (VIRTIO 1.3, 2.7.8)."""
    ring = backend._rings[queue]  # pylint: disable=protected-access
    region, at = ring._where("used")  # pylint: disable=protected-access
    region.words[(at + 2) // 2] = (ring.used + 2 * ring.size) & 0xffff
