#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage: native.py --folder DIR [--plugin FILE] [--seconds N] [--elapsed N]

What scripts/demo.sh --native shows: a port of the driver (of DPDK's own without --plugin) in one
stock dpdk-testpmd, net_vhost in another, vhost-user between them; neither hugepages nor a VM.
First frames of every size out of a file go to the driver, are echoed by it and come back into a
file, where they are compared. Then each side in turn sends as fast as it can for N seconds.
Logs and files go to DIR; --elapsed is where the clock of the progress starts. Exit status 0: frames
moved both ways, none was lost or damaged.
"""
import argparse
import os
import random
import re
import signal
import struct
import subprocess
import sys
import time

from report import per_port, port_lines, row

SIZES = range(60, 1519)  # bytes without the frame check sequence
TURNS = 2                # frames of each size
# A ring takes all frames of the file, so that none is dropped however slow a side is.
DEEP_RING = 4096
RING = 256
MBUFS = 16384            # more than two deep rings, and caches
MEGABYTES = 128
WIRE_OVERHEAD = 24       # bytes of a frame on a wire: check sequence, preamble, gap
TXONLY_SIZE = 64         # what testpmd sends
LIMIT = 60               # seconds that anything may take
IDLE = 1                 # seconds without a change after which nothing more is on its way
PROMPT = "testpmd> "

begun = time.monotonic()


class Trouble(Exception):
    """What keeps the demo from going on."""


def say(text):
    """Progress, as scripts/demo.sh prints it."""
    print(f"demo: [{time.monotonic() - begun:3.0f} s] {text}", file=sys.stderr, flush=True)


def wait_for(condition, what):
    """Waits until condition() is true."""
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            raise Trouble(f"waited {LIMIT} s for {what}")
        time.sleep(0.02)


def wait_idle(counter, wanted=None):
    """Waits until a counter has the wanted value or stands still; returns it."""
    last, since = None, 0
    while True:
        now = counter()
        if now != last:
            last, since = now, time.monotonic()
        if now == wanted or time.monotonic() - since > IDLE:
            return now
        time.sleep(0.05)


class Testpmd:
    """An interactive testpmd with its output in a file."""

    def __init__(self, folder, name, cpus, eal, options):
        self.name = name
        self._log = os.path.join(folder, f"testpmd.{name}.log")
        self._marks = 0
        main, work = cpus
        command = ["setpriv", "--pdeathsig", "TERM", "stdbuf", "-oL", "dpdk-testpmd", "--no-pci",
                   "--lcores", f"0@{main},1@{work}", "--main-lcore", "0", "--no-huge",
                   "-m", str(MEGABYTES), "--file-prefix", name, "--no-telemetry", *eal, "--", "-i",
                   "--no-mlockall", f"--total-num-mbufs={MBUFS}", *options]
        with open(self._log, "wb") as log:
            # A session of its own: Ctrl-C is for this program, which ends what it started.
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log,
                                             stderr=subprocess.STDOUT, start_new_session=True,
                                             env={**os.environ, "RUNTIME_DIRECTORY": folder})

    @property
    def output(self):
        """All it has said."""
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_output(self, text):
        """Until it says so."""
        def there():
            if text in self.output:
                return True
            if self._process.poll() is not None:
                raise Trouble(f"testpmd ended with status {self._process.returncode}; its log "
                              "ends:\n" + "\n".join(self.output.splitlines()[-20:]))
            return False
        wait_for(there, f"'{text}' of testpmd ({self.name})")

    def command(self, line):
        """Types a command; returns the answer."""
        self._marks += 1
        start = len(self.output)
        mark = f"{PROMPT}# {self._marks}\n"  # a comment is echoed when the line before it is done
        self._process.stdin.write(f"{line}\n# {self._marks}\n".encode())
        self._process.stdin.flush()
        self.wait_output(mark)
        return self.output[start:].split(mark)[0]

    def stats(self):
        """(packets received, sent, receive errors, transmit errors) of port 0."""
        said = self.command("show port stats 0")
        return tuple(int(re.search(rf"{name}: +(\d+)", said)[1])
                     for name in ("RX-packets", "TX-packets", "RX-errors", "TX-errors"))

    def forward(self, mode):
        """Starts to forward with the engine of this name."""
        self.command(f"set fwd {mode}")
        self.command("start")

    def quit(self):
        """Ends it the ordinary way."""
        self._process.stdin.write(b"quit\n")
        self._process.stdin.flush()
        if self._process.wait(LIMIT) != 0:
            raise Trouble(f"testpmd ({self.name}) ended with status {self._process.returncode}")

    def kill(self):
        """Ends it."""
        self._process.kill()
        self._process.wait()


def test_frames():
    """Frames of every size with contents that repeat nowhere."""
    head = bytes.fromhex("ffffffffffff" "020000000001" "88b5")
    return [head + random.Random(f"{turn} {size}").randbytes(size - len(head))
            for turn in range(TURNS) for size in SIZES]


def write_pcap(path, frames):
    """A file for net_pcap (pcap-savefile(5))."""
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("=IIII", number, 0, len(frame), len(frame)) + frame)


def read_pcap(path):
    """The frames of such a file, as far as it is complete."""
    with open(path, "rb") as file:
        data = file.read()
    frames = []
    at = 24
    while at + 16 <= len(data):
        size, = struct.unpack_from("=I", data, at + 8)
        if at + 16 + size > len(data):
            break
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return frames


class Demo:
    """The two programs."""

    def __init__(self, folder, plugin):
        self.folder = folder
        self.plugin = plugin
        self.programs = []
        self._count = 0
        cpus = sorted(os.sched_getaffinity(0))
        self.cpus = {"front": (cpus[-1], cpus[0]), "back": (cpus[0], cpus[-1])}

    def path(self, name):
        """A file of this run."""
        return os.path.join(self.folder, name)

    def start(self, place, eal, *options):
        """One of the testpmds, when it is up; place: front or back."""
        self._count += 1
        program = Testpmd(self.folder, f"{self._count}-{place}", self.cpus[place], eal, options)
        self.programs.append(program)
        program.wait_output(PROMPT)
        return program

    def start_back(self, *eal):
        """The backend: it listens on the socket."""
        vhost = ["--vdev", f"net_vhost0,iface={self.path('vhost')}"]
        # Else testpmd throws away what is there when it starts to forward: the file.
        return self.start("back", [*vhost, *eal], f"--rxd={RING}", f"--txd={RING}",
                          "--no-flush-rx")

    def start_front(self, ring):
        """The driver's port, when it is connected."""
        kind = "net_vio_user0" if self.plugin else "net_virtio_user0"
        vdev = f"{kind},path={self.path('vhost')},queue_size={ring}"
        eal = ["--vdev", vdev, *(["-d", self.plugin] if self.plugin else [])]
        front = self.start("front", eal, f"--rxd={ring}", f"--txd={ring}", "--port-topology=loop")
        wait_for(lambda: "Link status: up" in front.command("show port info 0"),
                 "the link to come up")
        return front

    def end(self, *programs):
        """Ends programs the ordinary way."""
        for program in programs:
            program.quit()
            self.programs.remove(program)

    def kill_all(self):
        """Ends what is still there."""
        while self.programs:
            self.programs.pop().kill()


def check_contents(demo):
    """Frames from a file to the driver and back into a file: (sent, damaged, missing)."""
    sent = test_frames()
    say(f"contents: {len(sent)} frames to the driver and back")
    write_pcap(demo.path("in.pcap"), sent)
    back = demo.start_back("--vdev", f"net_pcap0,rx_pcap={demo.path('in.pcap')},"
                                     f"tx_pcap={demo.path('out.pcap')}")
    front = demo.start_front(DEEP_RING)
    front.forward("io")
    back.forward("io")
    wait_idle(lambda: back.stats()[0], len(sent))
    demo.end(front, back)  # that writes the file to its end
    came = read_pcap(demo.path("out.pcap"))
    damaged = sum(1 for one, other in zip(sent, came) if one != other)
    return len(sent), damaged, len(sent) - len(came)


def errors(front, back):
    """Of the driver, and what the backend got damaged. What a full ring did not take later releases
    of net_vhost call transmit errors."""
    return sum(front.stats()[2:]) + back.stats()[2]


def measure(sender, receiver, seconds):
    """One sends, the other receives: (packets, packets a second, lost)."""
    first_sent = sender.stats()[1]
    first_came = receiver.stats()[0]
    receiver.forward("rxonly")
    sender.forward("txonly")
    begun, before = time.monotonic(), receiver.stats()[0]
    time.sleep(seconds)
    after, ended = receiver.stats()[0], time.monotonic()
    sender.command("stop")
    sent = sender.stats()[1] - first_sent
    came = wait_idle(lambda: receiver.stats()[0] - first_came, sent)
    receiver.command("stop")
    return came, (after - before) / (ended - begun), sent - came


def describe(demo, front):
    """Who took part, and how packets go."""
    log = front.output
    if demo.plugin:
        row("driver", "net_vio_user, plugin in stock dpdk-testpmd")
        row("features", per_port(port_lines(log, r"features: (.*)")))
    else:
        row("driver", "DPDK's own net_virtio_user (--stock)")
    row("backend", f"net_vhost in stock dpdk-testpmd, vhost-user, rings of {RING}, no hugepages")
    for direction in "rx", "tx":
        chosen = per_port(port_lines(log, direction + r" path (.*)")) if demo.plugin else ""
        mode = re.search(r"Burst mode: (.*)", front.command(f"show {direction}q info 0 0"))
        row(f"{direction} path", chosen or (mode[1] if mode else "(the driver does not say)"))


def run(demo, seconds):
    """The demo; returns whether all is well."""
    contents = check_contents(demo)
    back = demo.start_back()
    front = demo.start_front(RING)
    results = {}
    for label, sender, receiver in (("to the driver", back, front),
                                    ("from the driver", front, back)):
        say(f"rate {label}: {seconds} s")
        results[label] = *measure(sender, receiver, seconds), errors(front, back)
    print()
    describe(demo, front)
    demo.end(front, back)
    print()
    for label, (packets, rate, lost, wrong) in results.items():
        wire = rate * 8 * (TXONLY_SIZE + WIRE_OVERHEAD) / 1e9
        row(label, f"{rate / 1e6:.2f} Mpps of {TXONLY_SIZE} bytes ({wire:.2f} Gbit/s on a wire), "
            f"{packets} packets, {lost} lost, {wrong} errors")
    sent, damaged, missing = contents
    row("content checked", f"{sent} frames, every size from {SIZES[0]} to {SIZES[-1]} bytes, into "
        f"the driver and out again: {damaged} damaged, {missing} missing")
    return (not damaged and not missing and
            all(packets and rate and not lost and not wrong
                for packets, rate, lost, wrong in results.values()))


def main():
    """Entry point."""
    global begun  # pylint: disable=global-statement,invalid-name
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--plugin")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--elapsed", type=int, default=0)
    arguments = parser.parse_args()
    begun -= arguments.elapsed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    demo = Demo(arguments.folder, arguments.plugin)
    try:
        return 0 if run(demo, arguments.seconds) else 1
    except (Trouble, subprocess.TimeoutExpired) as trouble:
        print(f"demo.sh: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        demo.kill_all()


if __name__ == "__main__":
    sys.exit(main())
