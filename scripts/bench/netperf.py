#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What scripts/bench/netperf.sh measures; see there.

    guest: programs == Linux's virtio_net, or TAP [netbridge] net_vio / net_virtio
                 == virtio-net PCI == QEMU == TAP in a network namespace == iperf3, rr.py
"""
import argparse
import contextlib
import json
import os
import platform
import signal
import statistics
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests"))

# pylint: disable=wrong-import-position
from harness.guest import Guest
from harness.network import ROUTER, Network, missing
from harness.process import LocalProcess
from harness.waiting import wait_for

SCRIPTS = Path(__file__).resolve().parent
NIC = "a_net"
SERVER = ROUTER["a"][0]
CLIENT = "192.0.2.9"
TESTS = {
    "TCP_STREAM": "Mbit/s",
    "TCP_MAERTS": "Mbit/s",
    "TCP_RR": "round trips/s",
    "UDP_RR": "round trips/s",
}
"""And the unit of each. TCP_MAERTS: TCP_STREAM the other way round."""
DRIVERS = {"linux": "Linux's virtio_net", "vio": "net_vio, netbridge",
           "stock": "net_virtio, netbridge"}


def measured(test, said):
    """A test's figures, from what netperf-guest.sh printed."""
    text, cpu = said.rsplit("CPU ", 1)
    result = json.loads(text)
    if "STREAM" in test or "MAERTS" in test:
        figures = {"value": result["end"]["sum_received"]["bits_per_second"] / 1e6}
    else:
        figures = {"value": result["trips"] / result["seconds"], "us": result["us"],
                   "lost": result["lost"]}
    return {**figures, "cpu": float(cpu)}


class Bench:
    """A guest, and the servers on this side."""

    def __init__(self, undo, build, seconds):
        self.seconds = seconds
        self.build = build
        network = Network()
        self.guest = Guest({NIC: "mq=on"}, network=network)
        undo.callback(self.guest.close)
        self._tap = self.guest.wires[NIC]
        router = self._tap.router
        router.ip("route", "add", CLIENT, "dev", self._tap.interface)
        for command, ready in ((["iperf3", "--server", "--forceflush"], "Server listening"),
                               ([sys.executable, "-B", str(SCRIPTS / "rr.py"), "serve", SERVER],
                                "ready")):
            server = LocalProcess(["ip", "netns", "exec", router.name, *command])
            undo.callback(server.close)
            wait_for(lambda server=server, ready=ready: ready in server.output(),
                     f"{command[0]} to be ready")

    @contextlib.contextmanager
    def interface(self, driver):
        """An interface in the guest that is driven so, with an address."""
        if driver == "linux":
            self.guest.run("modprobe", "virtio_net")
            self.guest.bind("virtio-pci", NIC)
            name = wait_for(lambda: self.guest.run(
                "sh", "-c", f"ls {self.guest.sysfs(NIC)}/virtio*/net", check=False).split()[-1],
                "the interface to be there")
            # As netbridge has it: one queue pair.
            self.guest.run("ethtool", "-L", name, "combined", "1")
            program = None
        else:
            self.guest.run("modprobe", "tun")
            self.guest.bind("uio_pci_generic", NIC)
            name = "nb0"
            plugin = ["-d", str(self.build / "drivers/net/vio/librte_net_vio.so")]
            program = self.guest.start(
                str(self.build / "examples/netbridge/netbridge"), "-l", "0,1", "-m", "256",
                *(plugin if driver == "vio" else []), "-a", self.guest.address(NIC), "--",
                "--tap", name, "--idle", "50")

            def ready():
                assert program.status() is None, program.output()
                return "ready, " in program.output()
            wait_for(ready, "netbridge to be ready")
        self.guest.run("ip", "address", "add", f"{CLIENT}/24", "dev", name)
        self.guest.run("ip", "link", "set", name, "up")
        # The address is known, the hardware's may have changed.
        self._tap.router.ip("neighbour", "flush", "dev", self._tap.interface)
        wait_for(lambda: " 0% packet loss" in self.guest.run(
            "ping", "-c", "1", "-W", "2", SERVER, check=False), f"{driver} to reach the server")
        try:
            yield program.output() if program else ""
        finally:
            if program:
                program.signal(signal.SIGTERM)
                wait_for(lambda: program.status() is not None, "netbridge to end")
                assert program.status() == 0, program.output()

    def test(self, name):
        """One test's figures."""
        return measured(name, self.guest.run("bash", str(SCRIPTS / "netperf-guest.sh"), name,
                                             SERVER, str(self.seconds), str(SCRIPTS)))


def report(results, drivers, rounds, seconds):
    """The table."""
    print(f"Guest to this machine over virtio-net and a TAP, {rounds} round(s) of {seconds} s "
          "each; median, and how busy the guest's CPUs were")
    print(f"{'test':<12}{'':<15}" + "".join(f"{DRIVERS[driver]:>28}" for driver in drivers))
    for test, unit in TESTS.items():
        line = f"{test:<12}{unit:<15}"
        for driver in drivers:
            turns = results[driver][test]
            value = statistics.median(turn["value"] for turn in turns)
            cpu = statistics.median(turn["cpu"] for turn in turns)
            line += f"{value:>20.1f} ({cpu:>4.0%})"
        print(line)


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(prog="scripts/bench/netperf.sh")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--build", type=Path, default=REPO / "build")
    parser.add_argument("--json", type=Path)
    parser.add_argument("drivers", nargs="*", metavar="DRIVER")
    arguments = parser.parse_args()
    drivers = arguments.drivers or list(DRIVERS)
    if not set(drivers) <= set(DRIVERS):
        parser.error(f"DRIVER is one of {', '.join(DRIVERS)}")
    if arguments.rounds < 1 or arguments.seconds < 1:
        parser.error("--rounds and --seconds are at least 1")
    if missing():
        sys.exit(f"netperf.sh: {missing()}")
    results = {driver: {test: [] for test in TESTS} for driver in drivers}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as undo:
        bench = Bench(undo, arguments.build, arguments.seconds)
        for turn in range(arguments.rounds):
            for driver in drivers:
                with bench.interface(driver):
                    for test in TESTS:
                        results[driver][test].append(bench.test(test))
                        print(f"round {turn + 1}: {driver} {test} "
                              f"{results[driver][test][-1]['value']:.1f} {TESTS[test]}",
                              file=sys.stderr)
    report(results, drivers, arguments.rounds, arguments.seconds)
    if arguments.json:
        arguments.json.write_text(json.dumps({
            "machine": platform.processor() or platform.machine(), "cpus": os.cpu_count(),
            "rounds": arguments.rounds, "seconds": arguments.seconds, "units": TESTS,
            "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
