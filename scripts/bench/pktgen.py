#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What scripts/bench/pktgen.sh measures; see there. All of it is in one guest, whose kernel has
vhost-net and pktgen:

    tap:      pktgen -> TAP a == vhost-net == port 0 [testpmd io] port 1 == vhost-net == TAP b
    macvtap:  pktgen -> cable -> macvtap == vhost-net == port 0 [testpmd io], and the same way back
"""
import argparse
import contextlib
import json
import re
import statistics
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests"))

# pylint: disable=wrong-import-position
from harness.guest import Guest
from harness.testpmd import Testpmd, command_line
from harness.waiting import wait_for

from bars import Panel, draw
from generator import frames_of, generating, offered
from machine import busy_share, facts, jiffies, unwind_on_signals

DRIVERS = {"vio": "net_vio_user", "stock": "net_virtio_user"}
CANNOT = {("macvtap", "stock")}  # net_virtio_user makes a TAP itself and opens no other
VHOST = "/dev/vhost-net"
SETUPS = "tap", "macvtap"
WARM_UP = 1.0  # seconds
ANYONE = "02:00:00:00:00:2a"


def up(guest, *names):
    """Interfaces that are up, and say nothing by themselves."""
    for name in names:
        guest.run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
        guest.run("ip", "link", "set", name, "up")


def ports(guest, setup, driver):
    """testpmd's virtual devices, and the interfaces that must be there before."""
    if setup == "tap":
        return [f"{driver}{number},path={VHOST},iface=tap{end}" for number, end in enumerate("ab")]
    guest.run("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "cable1")
    guest.run("ip", "link", "add", "link", "cable0", "name", "macvtap0", "type", "macvtap", "mode",
              "passthru")
    up(guest, "cable0", "cable1", "macvtap0")
    index = guest.run("cat", "/sys/class/net/macvtap0/ifindex").strip()
    return [f"{driver}0,path=/dev/tap{index}"]


@contextlib.contextmanager
def forwarding(guest, plugin, setup, driver):
    """testpmd forwards; the interfaces that frames go into, and come out of."""
    eal = ["-l", "0,1", "--no-pci", "-m", "128"]
    for port in ports(guest, setup, DRIVERS[driver]):
        eal += ["--vdev", port]
    loop = ["--port-topology=loop"] if setup == "macvtap" else []
    process = guest.start(*command_line(plugin, eal, loop))
    try:
        testpmd = Testpmd(process)
        assert testpmd.port_info(0)["Driver name"].startswith(DRIVERS[driver].split("_user")[0])
        if setup == "tap":
            up(guest, "tapa", "tapb")
        testpmd.command("set fwd io")
        testpmd.command("start")
        yield ("tapa", "tapb") if setup == "tap" else ("cable1", "cable1")
        testpmd.command("stop")
        assert testpmd.quit() == 0, testpmd.log
    finally:
        process.close()
        if setup == "macvtap":
            guest.run("ip", "link", "delete", "cable0")


def turn(guest, into, out, size, seconds):
    """What was offered, what came out, and how busy the guest's CPUs were."""
    with generating(guest, into, ANYONE, size, cpu=2):
        wait_for(lambda start=frames_of(guest, out, "rx"): frames_of(guest, out, "rx") > start,
                 "frames to arrive")
        time.sleep(WARM_UP)
        cpu, given, before, begin = (jiffies(guest), offered(guest, into),
                                     frames_of(guest, out, "rx"), time.monotonic())
        time.sleep(seconds)
        given_later, after, end = (offered(guest, into), frames_of(guest, out, "rx"),
                                   time.monotonic())
        cpu = busy_share(cpu, jiffies(guest))
    assert after > before, "no frame arrives"
    return {"offered_mpps": (given_later - given) / (end - begin) / 1e6,
            "mpps": (after - before) / (end - begin) / 1e6, "cpu": cpu}


def measure(options):
    """By set-up, driver and size: all turns."""
    plugin = options.build / "drivers/net/vio/librte_net_vio.so"
    results = {setup: {driver: {size: [] for size in options.sizes} for driver in DRIVERS
                       if (setup, driver) not in CANNOT} for setup in options.setups}
    with contextlib.closing(Guest({}, ["--smp", "4"])) as guest:
        guest.run("modprobe", "-a", "vhost_net", "tun", "macvtap", "veth")
        for number in range(options.rounds):
            for setup, by_driver in results.items():
                for driver, by_size in by_driver.items():
                    with forwarding(guest, plugin, setup, driver) as (into, out):
                        for size, turns in by_size.items():
                            turns.append(turn(guest, into, out, size, options.seconds))
                            print(f"round {number + 1}: {setup} {driver} {size}: "
                                  f"{turns[-1]['mpps']:.3f} Mpps", file=sys.stderr, flush=True)
    return results


def medians(turns):
    """Of all that was measured."""
    return {name: statistics.median(one[name] for one in turns) for name in turns[0]}


def report(results, options):
    """The table."""
    print("The kernel's pktgen through vhost-net and testpmd in a VM, "
          f"{options.rounds} round(s) of {options.seconds} s; medians; "
          "CPU: how busy the guest's four are")
    print(f"{'through':<9}{'driver':<17}{'bytes':>6}{'offered Mpps':>14}{'Mpps':>8}{'lowest':>8}"
          f"{'highest':>9}{'CPU':>6}")
    for setup, by_driver in results.items():
        for driver, by_size in by_driver.items():
            for size, turns in by_size.items():
                middle = medians(turns)
                rates = [one["mpps"] for one in turns]
                print(f"{setup:<9}{DRIVERS[driver]:<17}{size:>6}{middle['offered_mpps']:>14.3f}"
                      f"{middle['mpps']:>8.3f}{min(rates):>8.3f}{max(rates):>9.3f}"
                      f"{middle['cpu']:>6.0%}")


def plot(results, path):
    """A panel for each set-up."""
    panels = []
    for setup, by_driver in results.items():
        series = {DRIVERS[driver]: [[one["mpps"] for one in turns] for turns in by_size.values()]
                  for driver, by_size in by_driver.items()}
        sizes = [f"{size} bytes" for size in next(iter(by_driver.values()))]
        panels.append(Panel(f"through {setup} and vhost-net", "million frames a second", sizes,
                            series))
    draw(path, "pktgen", panels)


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(prog="scripts/bench/pktgen.sh")
    parser.add_argument("setups", metavar="SETUP", nargs="*", help=", ".join(SETUPS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--sizes", default="60,508,1514")
    parser.add_argument("--build", type=Path, default=REPO / "build")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    options.setups = options.setups or list(SETUPS)
    if not re.fullmatch(r"\d+(,\d+)*", options.sizes):
        parser.error("--sizes has numbers with commas between them")
    options.sizes = [int(size) for size in options.sizes.split(",")]
    if not set(options.setups) <= set(SETUPS):
        parser.error(f"SETUP is one of {', '.join(SETUPS)}")
    if options.rounds < 1 or options.seconds <= 0 or not all(
            60 <= size <= 1514 for size in options.sizes):
        parser.error("a number is out of range")
    unwind_on_signals()
    before = facts()
    results = measure(options)
    report(results, options)
    if options.json:
        options.json.write_text(json.dumps({**before, "rounds": options.rounds,
                                            "seconds": options.seconds, "results": results},
                                           indent=1) + "\n", encoding="utf-8")
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
