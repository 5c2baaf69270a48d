#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What scripts/bench/netperf.sh measures; see there.

    guest: programs == Linux's virtio_net, or TAP [netbridge] net_vio / net_virtio
                 == virtio-net PCI == QEMU == TAP in a network namespace == iperf3, sockperf
"""
import argparse
import contextlib
import json
import re
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

from bars import Panel, draw
from machine import facts, unwind_on_signals

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
    if "STREAM" in test or "MAERTS" in test:
        result = json.loads(text)
        figures = {"value": result["end"]["sum_received"]["bits_per_second"] / 1e6}
    else:
        valid = re.search(r"\[Valid Duration\] RunTime=([\d.]+) sec; SentMessages=(\d+); "
                          r"ReceivedMessages=(\d+)", text)
        assert valid and int(valid[3]), text
        percentiles = dict(re.findall(r"percentile (\d+)\.000 += +([\d.]+)", text))
        figures = {"value": int(valid[3]) / float(valid[1]),
                   "us": {percent: float(percentiles[percent]) for percent in ("50", "99")},
                   "lost": int(valid[2]) - int(valid[3])}
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
        sockperf = ["stdbuf", "-oL", "sockperf", "server", "--ip", SERVER, "--port", "12865"]
        for command, ready in ((["iperf3", "--server", "--forceflush"], "Server listening"),
                               (sockperf, "to block on"), ([*sockperf, "--tcp"], "to block on")):
            server = LocalProcess(["ip", "netns", "exec", router.name, *command])
            undo.callback(server.close)
            wait_for(lambda server=server, ready=ready: ready in server.output(),
                     f"{command[0]} to be ready")

    @contextlib.contextmanager
    def interface(self, driver):
        """An interface in the guest that is driven so, with an address.

        Gives a dictionary that has netbridge's counters in the end.
        """
        counters = {}
        if driver == "linux":
            name = self.guest.kernel_interface(NIC)
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
            yield counters
        finally:
            if program:
                program.signal(signal.SIGTERM)
                wait_for(lambda: program.status() is not None, "netbridge to end")
                assert program.status() == 0, program.output()
                counters.update((counter, int(value)) for counter, value in re.findall(
                    r"^([a-z_]+) +(\d+)", program.output(), re.MULTILINE))

    def test(self, name):
        """One test's figures."""
        return measured(name, self.guest.run("bash", str(SCRIPTS / "netperf-guest.sh"), name,
                                             SERVER, str(self.seconds)))


def report(results, options):
    """The table."""
    print(f"Guest to this machine over virtio-net and a TAP, {options.rounds} round(s) of "
          f"{options.seconds} s each; median, and how busy the guest's CPUs were")
    print(f"{'test':<12}{'':<15}" + "".join(f"{DRIVERS[driver]:>28}" for driver in results))
    for test in options.tests:
        line = f"{test:<12}{TESTS[test]:<15}"
        for turns in results.values():
            value = statistics.median(turn["value"] for turn in turns[test])
            cpu = statistics.median(turn["cpu"] for turn in turns[test])
            line += f"{value:>20.1f} ({cpu:>4.0%})"
        print(line)


def plot(results, options):
    """A panel for each unit, and one for the CPUs."""
    def panel(title, unit, tests, what):
        return Panel(title, unit, tests, {
            DRIVERS[driver]: [[turn[what] for turn in turns[test]] for test in tests]
            for driver, turns in results.items()})
    panels = []
    for unit in dict.fromkeys(TESTS[test] for test in options.tests):
        tests = [test for test in options.tests if TESTS[test] == unit]
        panels.append(panel("iperf3" if "bit" in unit else "sockperf, 14 bytes there and back", unit, tests,
                            "value"))
    panels.append(panel("how busy the guest's CPUs were", "share of all", options.tests, "cpu"))
    draw(options.plot, "Guest to host", panels)


def measure(options):
    """All turns, by driver and test."""
    results = {driver: {test: [] for test in options.tests} for driver in options.drivers}
    counted = {driver: [] for driver in options.drivers}
    with contextlib.ExitStack() as undo:
        bench = Bench(undo, options.build, options.seconds)
        for number in range(options.rounds):
            for driver, turns in results.items():
                with bench.interface(driver) as counters:
                    for test, figures in turns.items():
                        figures.append(bench.test(test))
                        print(f"round {number + 1}: {driver} {test} "
                              f"{figures[-1]['value']:.1f} {TESTS[test]}", file=sys.stderr,
                              flush=True)
                counted[driver].append(counters)
    return results, counted


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(prog="scripts/bench/netperf.sh")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--tests", default=",".join(TESTS))
    parser.add_argument("--build", type=Path, default=REPO / "build")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("drivers", nargs="*", metavar="DRIVER")
    options = parser.parse_args()
    options.drivers = options.drivers or list(DRIVERS)
    options.tests = options.tests.split(",")
    if not set(options.drivers) <= set(DRIVERS):
        parser.error(f"DRIVER is one of {', '.join(DRIVERS)}")
    if not set(options.tests) <= set(TESTS):
        parser.error(f"--tests has some of {','.join(TESTS)}")
    if options.rounds < 1 or options.seconds < 1:
        parser.error("--rounds and --seconds are at least 1")
    if missing():
        sys.exit(f"netperf.sh: {missing()}")
    unwind_on_signals()
    before = facts()
    results, counters = measure(options)
    report(results, options)
    if options.json:
        options.json.write_text(json.dumps({
            **before, "rounds": options.rounds, "seconds": options.seconds, "units": TESTS,
            "results": results, "netbridge": counters}, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        plot(results, options)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
