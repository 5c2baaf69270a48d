#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage: report.py FOLDER

Prints scripts/demo.sh's table from what its run left in FOLDER. Exit status 0: traffic flowed and
every byte arrived as it was sent; 1: something was corrupted, lost for good or not measured.
"""
import json
import os
import re
import statistics
import sys
import textwrap

WIDTH = 100
LABEL = 17
CELL = 50

# What older set-ups of virtio networking reported, for orientation: other machines, KVM, and the
# kernel's driver in the guest.
PUBLISHED_RTT = "300-500 us (KVM wiki, Virtio)"
PUBLISHED_TCP = "31.20 Mbit/s (netperf, Wind River)"


class Run:
    """The files of one run."""

    def __init__(self, folder):
        self.folder = folder

    def text(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def json(self, name):
        text = self.text(name)
        return json.loads(text) if text else None

    def setting(self, name):
        return self.text(f"set.{name}").strip()


def row(label, value):
    lines = textwrap.wrap(value, WIDTH - LABEL, break_long_words=False) or [""]
    print(f"{label:<{LABEL}}{lines[0]}")
    for line in lines[1:]:
        print(" " * LABEL + line)


def port_lines(log, pattern):
    """{text: [ports]} of the lines "VIO: PORT: TEXT" whose TEXT matches the pattern, in order."""
    found = {}
    for port, text in re.findall(r"VIO: (\S+): (.*)", log):
        match = re.fullmatch(pattern, text.strip())
        if match and port not in found.setdefault(match[1], []):
            found[match[1]].append(port)
    return found


def per_port(found):
    """One text where the ports agree, else one with the port in front for each."""
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{', '.join(ports)}: {text}" for text, ports in found.items())


def describe_driver(run, log):
    if run.setting("driver") == "vio":
        row("driver", f"net_vio plugin in stock dpdk-testpmd, on {run.setting('kernel_driver')}")
    else:
        row("driver", f"DPDK's own net_virtio (--stock), on {run.setting('kernel_driver')}")
    row("features", per_port(port_lines(log, r"features: (.*)")) or "(the driver does not say)")
    modes = re.findall(r"Burst mode: (.*)", log)
    for direction, mode in (("rx", modes[:1]), ("tx", modes[1:2])):
        chosen = per_port(port_lines(log, direction + r" path (.*)")) or ", ".join(mode)
        row(f"{direction} callback", chosen or "(the driver does not say)")


def describe_device(run):
    devices = re.findall(r"(\S+) 0x(\w+) 0x(\w+)", run.text("share/devices"))
    names = ", ".join(bdf for bdf, _, _ in devices)
    ids = "/".join(sorted({f"{vendor}:{device}" for _, vendor, device in devices}))
    row("device", f"virtio-net {ids} at {names}, TAP back ends, {run.setting('qemu')} "
        f"under {run.setting('accel').upper()}")


def rtt(run):
    """Returns (text, whether every ping was answered, damaged answers)."""
    text = run.text("ping")
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", text)
    times = [round(float(ms) * 1000) for ms in re.findall(r"time=([\d.]+) ms", text)]
    if not counts or not times:
        return "not measured", False, 0
    return (f"{statistics.median(times):.0f} us median ({min(times)} to {max(times)}), "
            f"{counts[2]} of {counts[1]} back", counts[1] == counts[2],
            text.count("wrong data byte"))


def throughput(run):
    netperf = run.text("netperf").split()
    if netperf:
        return f"{float(netperf[-1]):.2f} Mbit/s (netperf)", float(netperf[-1]) > 0
    try:
        end = run.json("iperf3")["end"]
        rate = end["sum_received"]["bits_per_second"] / 1e6
        again = end["sum_sent"]["retransmits"]
    except (TypeError, KeyError, ValueError):
        return "not measured", False
    return f"{rate:.2f} Mbit/s (iperf3, {again} retransmits)", rate > 0


def checksum_errors(run):
    total = 0
    for side in "ab":
        for name, value in re.findall(r"^(\w+)\s+(\d+)", run.text(f"nstat.{side}"), re.M):
            if name in ("TcpInErrs", "TcpInCsumErrors", "UdpInCsumErrors", "IcmpInCsumErrors",
                        "IpInHdrErrors", "IpExtInCsumErrors"):
                total += int(value)
    return total


def forwarded(log):
    """(packets forwarded, not received, not sent) out of testpmd's last totals."""
    part = log.rpartition("Accumulated forward statistics for all ports")[2]
    rx = re.search(r"RX-packets: (\d+)\s+RX-dropped: (\d+)", part)
    tx = re.search(r"TX-packets: (\d+)\s+TX-dropped: (\d+)", part)
    if not rx or not tx:
        return None
    return int(tx[1]), int(rx[2]), int(tx[2])


def tap_drops(run):
    """Packets that the TAPs dropped because the device did not take them in time."""
    return sum(link["stats64"]["tx"]["dropped"]
               for side in "ab" for link in run.json(f"link.{side}") or [])


def main(folder):
    run = Run(folder)
    log = run.text("share/testpmd.log").replace("\r", "")
    check = run.json("check")
    counts = forwarded(log)
    rtt_text, rtt_ok, rtt_wrong = rtt(run)
    rate_text, rate_ok = throughput(run)

    print()
    describe_device(run)
    describe_driver(run, log)
    row("path", "namespace A - TAP - NIC 0 - testpmd - NIC 1 - TAP - namespace B, and back")
    print()
    print(f"{'':<{LABEL}}{'this run':<{CELL}}{'published elsewhere'}")
    for label, here, there in (("round trip", rtt_text, PUBLISHED_RTT),
                               ("TCP", rate_text, PUBLISHED_TCP)):
        print(f"{label:<{LABEL}}{here:<{CELL}}{there}")
    if counts:
        row("packets", f"{counts[0]} forwarded; dropped: {counts[2]} at a full Tx ring, "
            f"{counts[1]} at Rx, {tap_drops(run)} by the TAPs")
    corrupted = checksum_errors(run) + rtt_wrong
    complete = False
    if check:
        corrupted += check["tcp_wrong_bytes"] + check["frames_wrong_bytes"]
        complete = check["frames"] == check["frames_expected"]
        row("content checked", f"{check['tcp_mib']} MiB of random bytes over TCP; {check['frames']}"
            f" of {check['frames_expected']} frames, every size from 64 to 1518 bytes each way"
            + (f" ({check['frames_again']} sent again)" if check["frames_again"] else ""))
    row("corrupted", f"{corrupted} (wrong bytes, and checksum errors in either namespace)")
    row("", "The published figures are of other machines, under KVM, with the kernel's driver.")
    return 0 if rtt_ok and rate_ok and complete and counts and not corrupted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
