#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What scripts/bench/guests.sh measures; see there, and tests/harness/guests.py for the set-up."""
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
from harness.guests import ADDRESS, MAC, SWITCHES, Guests, missing
from harness.waiting import wait_for

from bars import Panel, draw
from generator import frames_of, generating
from machine import busy_share, facts, jiffies, unwind_on_signals

PAIRS = [("linux", "linux"), ("linux", "vio"), ("vio", "vio"), ("vio", "linux")]
LOOP = ["--port-topology=loop"]
WARM_UP = 1.0  # seconds
TITLES = {"vswitch": "vswitch", "ovs": "OVS-DPDK"}


@contextlib.contextmanager
def sending(guests, driver, size):
    """Guest a sends frames to guest b, as fast as it can."""
    if driver == "linux":
        with generating(guests.guest["a"], guests.linux("a"), MAC["b"], size):
            yield
    else:
        guests.testpmd("a", f"set txpkts {size}", "set fwd txonly",
                       options=[*LOOP, f"--eth-peer=0,{MAC['b']}"])
        yield
        guests.release("a")


def receiving(guests, driver):
    """Guest b receives; a function that says how many frames it has."""
    if driver == "linux":
        interface = guests.linux("b")
        return lambda: frames_of(guests.guest["b"], interface, "rx")
    testpmd = guests.testpmd("b", "set fwd rxonly", options=LOOP)
    return lambda: testpmd.stats(0)["RX-packets"]


def rate(guests, pair, options):
    """Frames a second from a to b, and how busy the CPUs of b are."""
    count = receiving(guests, pair[1])
    with sending(guests, pair[0], options.size):
        wait_for(lambda start=count(): count() > start, "frames to arrive")
        time.sleep(WARM_UP)
        cpu, before, begin = jiffies(guests.guest["b"]), count(), time.monotonic()
        time.sleep(options.seconds)
        after, end = count(), time.monotonic()
        cpu = busy_share(cpu, jiffies(guests.guest["b"]))
    assert after > before, "no frame arrives"
    return {"mpps": (after - before) / (end - begin) / 1e6, "cpu": cpu}


def round_trips(guests, pair, options):
    """Microseconds of each of some pings, answered by Linux or by testpmd (icmpecho)."""
    if pair[1] == "linux":
        guests.linux("b")
    else:
        guests.testpmd("b", "set fwd icmpecho", options=LOOP)
    if pair[0] == "linux":
        guests.linux("a")
    else:
        guests.testpmd("a", "set fwd io", tap=True)
    ping = ["ping", "-n", "-c"]
    guest = guests.guest["a"]
    wait_for(lambda: " 0% packet loss" in guest.run(*ping, "1", "-W", "2", ADDRESS["b"],
                                                    check=False), "an answer to a ping")
    said = guest.run(*ping, options.pings, "-i", "0.005", "-W", "2", ADDRESS["b"], check=False)
    times = [float(found) * 1e3 for found in re.findall(r"time=([\d.]+) ms", said)]
    assert times, said
    return {"us": sorted(times), "sent": options.pings}


def measure(options):
    """All turns, by switch and pair of drivers."""
    plugin = options.build / "drivers/net/vio/librte_net_vio.so"
    results = {switch: {"-".join(pair): {"rates": [], "pings": []} for pair in PAIRS}
               for switch in options.switches}
    for switch, by_pair in results.items():
        with contextlib.closing(Guests(plugin, switch)) as guests:
            for turn in range(options.rounds):
                for pair in PAIRS:
                    result = by_pair["-".join(pair)]
                    result["pings"].append(round_trips(guests, pair, options))
                    result["rates"].append(rate(guests, pair, options))
                    print(f"round {turn + 1}: {TITLES[switch]}, {pair[0]} to {pair[1]}: "
                          f"{result['rates'][-1]['mpps']:.3f} Mpps", file=sys.stderr, flush=True)
            guests.stop()
    return results


def percentile(turns, percent):
    """Of all pings of all turns."""
    times = sorted(time for turn in turns for time in turn["us"])
    return times[min(len(times) - 1, len(times) * percent // 100)]


def report(results, options):
    """The table."""
    print(f"Guest a to guest b, {options.size}-byte frames, {options.rounds} round(s) of "
          f"{options.seconds} s; medians; CPU: how busy b's are; ping from a to b")
    print(f"{'switch':<10}{'a':<7}{'b':<7}{'Mpps':>8}{'CPU':>6}{'ping µs, median':>17}{'99 %':>8}"
          f"{'lost':>6}")
    for switch, by_pair in results.items():
        for pair, result in by_pair.items():
            one, two = pair.split("-")
            mpps = statistics.median(turn["mpps"] for turn in result["rates"])
            cpu = statistics.median(turn["cpu"] for turn in result["rates"])
            lost = sum(turn["sent"] - len(turn["us"]) for turn in result["pings"])
            print(f"{TITLES[switch]:<10}{one:<7}{two:<7}{mpps:>8.3f}{cpu:>6.0%}"
                  f"{percentile(result['pings'], 50):>17.0f}"
                  f"{percentile(result['pings'], 99):>8.0f}{lost:>6}")


def plot(results, path):
    """Rates and round trips."""
    groups = [f"{one} to {two}" for one, two in PAIRS]
    rates = {TITLES[switch]: [[turn["mpps"] for turn in result["rates"]]
                              for result in by_pair.values()]
             for switch, by_pair in results.items()}
    pings = {TITLES[switch]: [[statistics.median(turn["us"]) for turn in result["pings"]]
                              for result in by_pair.values()]
             for switch, by_pair in results.items()}
    draw(path, "Guest to guest", [Panel("one way", "million frames a second", groups, rates),
                                  Panel("ping", "microseconds", groups, pings)])


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(prog="scripts/bench/guests.sh")
    parser.add_argument("switches", metavar="SWITCH", nargs="*", help=", ".join(SWITCHES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--pings", type=int, default=500)
    parser.add_argument("--build", type=Path, default=REPO / "build")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    options.switches = options.switches or list(SWITCHES)
    if not set(options.switches) <= set(SWITCHES):
        parser.error(f"SWITCH is one of {', '.join(SWITCHES)}")
    if (options.rounds < 1 or options.seconds <= 0 or not 60 <= options.size <= 1514 or
            options.pings < 1):
        parser.error("a number is out of range")
    for switch in options.switches:
        if missing(switch):
            parser.error(missing(switch))
    unwind_on_signals()
    before = facts()
    results = measure(options)
    report(results, options)
    if options.json:
        options.json.write_text(json.dumps({
            **before, "rounds": options.rounds, "seconds": options.seconds,
            "frame_bytes": options.size, "results": results}) + "\n", encoding="utf-8")
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
