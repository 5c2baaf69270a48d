#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What scripts/bench/vswitch.sh measures; see there.

    [testpmd io]  net_vio_user0 == vhost-user == SWITCH == vhost-user == net_vio_user1  [testpmd io]
         core A                                  core B                                  core A

One testpmd sends some bursts into both ports and from then on passes what it receives on one port
out of the other: frames go round through the switch, both ways, as fast as the slowest part lets
them, and none is made or thrown away. The addresses of the frames are those of the ports that they
come from and go to, so the switch learns each once. Counted is what the testpmd receives.
"""
import argparse
import contextlib
import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests"))

# pylint: disable=wrong-import-position
from harness.native import Site, borrowed_hugepages, quit_all, wait_link
from harness.ovs import Ovs
from harness.waiting import wait_for

from bars import Panel, draw
from machine import facts, unwind_on_signals

MACS = ["02:00:00:00:00:0a", "02:00:00:00:00:0b"]
BURSTS = 8        # of 32 frames, into each port
HUGEPAGES = 400
MEMORY = ["--in-memory", "--single-file-segments", "-m", "192"]
WARM_UP = 1.0     # seconds


class Vswitch:
    """examples/vswitch between two vhost-user ports."""
    title = "vswitch"

    def __init__(self, site, paths, build):
        socket = site.socket("control")
        ports = [f"net_vhost{number},iface={path}" for number, path in enumerate(paths)]
        program = str(build / "examples/vswitch/vswitch")
        command = site.command(program, "back", (), MEMORY, "switch")
        self._process = site.start([*command, "--", "--socket", socket,
                                    "--port", ports[0], "--port", ports[1]])
        self.pid = self._process.pid
        wait_for(socket.exists, "vswitch to come up")

    def stop(self):
        """The end of it."""
        self._process.signal(signal.SIGTERM)
        wait_for(lambda: self._process.status() is not None, "vswitch to end")


class OvsDpdk:
    """Open vSwitch with DPDK, forwarding as a learning switch."""
    title = "OVS-DPDK"

    def __init__(self, site, paths, _build):
        self._ovs = Ovs(site, "huge")
        for number, path in enumerate(paths):
            self._ovs.add_port(f"vhost{number}", "dpdkvhostuserclient",
                               f"options:vhost-server-path={path}")
        self.pid = self._ovs.pid

    def stop(self):
        """The end of it."""
        self._ovs.kill()


class TestpmdIo:
    """dpdk-testpmd, which looks at no frame: what the vhost ports give."""
    title = "testpmd io"

    def __init__(self, site, paths, _build):
        self._testpmd = site.testpmd(
            [f"net_vhost{number},iface={path}" for number, path in enumerate(paths)],
            place="back", memory=MEMORY)
        self.pid = self._testpmd.process.pid
        self._testpmd.command("set fwd io")
        self._testpmd.command("start")

    def stop(self):
        """The end of it."""
        self._testpmd.command("stop")
        quit_all(self._testpmd)


POLLERS = ("lcore-worker", "rte-worker", "pmd-")  # names of threads that poll


class RealTime:
    """Programs at real-time priority as long as it lasts: threads that poll below all others."""

    def __init__(self, pids):
        self._before = []
        for pid in (os.getpid(), *pids):
            for task in Path(f"/proc/{pid}/task").iterdir():
                poller = (task / "comm").read_text(encoding="utf-8").startswith(POLLERS)
                thread = int(task.name)
                self._before.append((thread, os.sched_getscheduler(thread)))
                os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(1 if poller else 2))

    def close(self):
        """As before."""
        for thread, policy in self._before:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(thread, policy, os.sched_param(0))


SWITCHES = {"vswitch": Vswitch, "ovs": OvsDpdk, "testpmd": TestpmdIo}


def received(testpmd):
    """Packets that have come through the switch."""
    return sum(testpmd.stats(port)["RX-packets"] for port in range(2))


def turn(kind, plugin, options):
    """Millions of packets a second through a switch."""
    with contextlib.closing(Site(plugin)) as site:
        paths = [site.socket(f"vhost{number}") for number in range(2)]
        # Open vSwitch is the client of its ports, the others are servers.
        server = int(kind is OvsDpdk)
        switch = kind(site, paths, options.build)
        testpmd = site.testpmd(
            [site.port(path, number, mac=MACS[number], server=server,
                       **({"packed_vq": 1} if options.packed else {}))
             for number, path in enumerate(paths)],
            [f"--eth-peer={number},{MACS[1 - number]}" for number in range(2)], memory=MEMORY)
        for port in range(2):
            wait_link(testpmd, "up", port)
        testpmd.command("set fwd io")
        testpmd.command(f"set txpkts {options.size}")
        testpmd.command(f"start tx_first {BURSTS}")
        time.sleep(WARM_UP)
        pids = (testpmd.process.pid, switch.pid) if options.realtime else ()
        with contextlib.closing(RealTime(pids)) if pids else contextlib.nullcontext():
            before, begin = received(testpmd), time.monotonic()
            time.sleep(options.seconds)
            after, end = received(testpmd), time.monotonic()
        testpmd.command("stop")
        assert after > before, f"no packet comes through {kind.title}"
        switch.stop()
        quit_all(testpmd)
        return (after - before) / (end - begin) / 1e6


def ratio(results, name):
    """To OVS-DPDK, the median of the rounds': what disturbs a round disturbs both."""
    if "ovs" not in results:
        return None
    return statistics.median(mine / other for mine, other in zip(results[name], results["ovs"]))


def table(results):
    """The results in lines."""
    lines = [f"{'switch':<12}{'Mpps':>8}{'lowest':>8}{'highest':>9}{'of OVS-DPDK':>13}"]
    for name, turns in results.items():
        share = ratio(results, name)
        lines.append(f"{SWITCHES[name].title:<12}{statistics.median(turns):>8.2f}{min(turns):>8.2f}"
                     f"{max(turns):>9.2f}{'-' if share is None else f'{share:.2f}':>13}")
    return "\n".join(lines)


def report(results, options):
    """What goes to --json."""
    return {**facts(), "seconds": options.seconds, "frame_bytes": options.size,
            "rings": "packed" if options.packed else "split",
            "realtime": options.realtime,
            "switches": {name: {"mpps": turns, "median_mpps": statistics.median(turns),
                                "ratio_to_ovs": ratio(results, name)}
                         for name, turns in results.items()}}


def measure(options):
    """All turns, each switch once a round, so that all see the same neighbours."""
    plugin = options.build / "drivers/net/vio/librte_net_vio.so"
    results = {name: [] for name in options.switches}
    for number in range(options.rounds):
        for name, turns in results.items():
            turns.append(turn(SWITCHES[name], plugin, options))
            print(f"bench: round {number + 1} of {options.rounds}: {SWITCHES[name].title} "
                  f"{turns[-1]:.2f} Mpps", file=sys.stderr, flush=True)
    return results


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(prog="scripts/bench/vswitch.sh")
    parser.add_argument("switches", metavar="SWITCH", nargs="*", help=", ".join(SWITCHES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--packed", action="store_true")
    parser.add_argument("--realtime", action="store_true")
    parser.add_argument("--build", type=Path, default=REPO / "build")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    options.switches = options.switches or list(SWITCHES)
    unknown = set(options.switches) - set(SWITCHES)
    if unknown or options.rounds < 1 or options.seconds <= 0 or not 60 <= options.size <= 1518:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "a number out of range")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("two cores are needed")
    unwind_on_signals()
    with borrowed_hugepages(HUGEPAGES) as there:
        if not there:
            parser.error(f"{HUGEPAGES} hugepages of 2 MB are not to be had; run it as root")
        results = measure(options)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(report(results, options), indent=2) + "\n",
                                encoding="utf-8")
    if options.plot:
        draw(options.plot, "Switches", [Panel(
            f"{options.size}-byte frames", "million frames a second", [""],
            {SWITCHES[name].title: [turns] for name, turns in results.items()})])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
