# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Is vio-bench right? The program with the stock driver and with ours: results, checks, exits.

No number of cycles or packets a second is judged here, only what must hold on any machine.
"""
import glob
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
BENCH = REPO / os.environ.get("VIO_BUILD", "build") / "app/vio-bench/vio-bench"
STOCK = "net_virtio_user"
LIMIT = 120  # seconds that a call may take
SHORT = ["--no-huge", "--groups", "30", "--rounds", "6", "--instances", "1"]
CLEAN = ("lost", "duplicated", "reordered", "corrupt", "bad_mbuf", "leaked")
FAULTS = {"corrupt": "corrupt", "truncate": "corrupt", "duplicate": "duplicated",
          "reorder": "reordered", "drop": "lost", "leak": "leaked"}
CSUM, MERGEABLE, PACKED, IN_ORDER = 1, 1 << 15, 1 << 34, 1 << 35

two_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")


def leftovers(process):
    """Folders that this vio-bench has made and not removed."""
    return (glob.glob(f"/tmp/vio-bench.{process.pid}.*") +
            glob.glob(f"/var/run/dpdk/vio-bench-{process.pid}"))


def start(*arguments):
    """Starts vio-bench."""
    return subprocess.Popen([BENCH, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def call(*arguments):
    """Runs vio-bench: (exit status, stdout, stderr). It removes what it made."""
    with start(*arguments) as process:
        try:
            out, err = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert leftovers(process) == []
    return process.returncode, out, err


def report(*arguments, status=0):
    """The JSON document of a run."""
    code, out, err = call(*arguments, "--json", "-")
    assert code == status, err
    return json.loads(out)


def driver(*arguments, vdev=STOCK, status=0):
    """The rows of a run in the driver mode."""
    return report("driver", "--vdev", vdev, *SHORT, *arguments, status=status)["driver"]


def is_clean(side):
    """No packet of this side was harmed."""
    return all(side["check"][key] == 0 for key in CLEAN)


def test_bench_counts():
    """Every packet of every group is accounted for, over ports that are created twice."""
    rows = driver("--warmup", "2", "--instances", "2")
    assert [row["direction"] for row in rows] == ["rx", "tx"]
    for row in rows:
        assert is_clean(row["a"])
        cycles = row["a"]["cycles_per_packet"]
        # 6 turns of 5 groups and 2 more to warm up, 1024 packets each.
        assert cycles["samples"] == 30
        assert row["a"]["packets"] == 6 * (5 + 2) * 1024
        ordered = [cycles[key] for key in ("min", "p10", "median", "p90", "max")]
        assert 0 < cycles["median"] and ordered == sorted(ordered)


def test_bench_comparison():
    """--vs gives both sides, a ratio for each round, and each side its own devargs."""
    row, = driver("--vs", STOCK, "--dir", "rx", "--path-args", "mrg_rxbuf=1;mrg_rxbuf=0")
    assert row["ratio"]["samples"] == 6
    assert row["a"]["features"] & MERGEABLE
    assert not row["b"]["features"] & MERGEABLE
    for side in (row["a"], row["b"]):
        assert is_clean(side) and side["cycles_per_packet"]["samples"] == 30


def test_bench_paths():
    """The stock driver passes every check on every named path, which has the features it names."""
    rows = driver("--path", "all", "--verify")
    assert len(rows) == 2 * len(call("--list-paths")[1].splitlines())
    for row in rows:
        features, path = row["a"]["features"], row["path"]
        assert is_clean(row["a"]), row
        assert bool(features & PACKED) == ("packed" in path)
        assert bool(features & IN_ORDER) == ("inorder" in path or path == "packed-vec")


def test_bench_sweeps():
    """Bursts, lengths, rings: every combination, verified."""
    rows = driver("--sweep", "burst=1,7,256", "--sweep", "frame-len=60,1514",
                  "--sweep", "ring-size=64,256", "--verify", "--path", "split-mrg")
    seen = {(r["direction"], r["burst"], r["frame_len"], r["ring_size"]) for r in rows}
    assert len(seen) == 2 * 3 * 2 * 2
    assert all(is_clean(row["a"]) for row in rows)


def test_bench_segments():
    """Chains are sent; segments do not concern reception."""
    row, = driver("--segments", "3", "--seg-len", "256", "--verify")
    assert (row["direction"], row["frame_len"]) == ("tx", 768)
    assert is_clean(row["a"])


@pytest.mark.parametrize("path", ["split", "packed-mrg"])
def test_bench_long_frames(path):
    """Frames longer than a usual mbuf, in one buffer and in several."""
    rows = driver("--frame-len", "9000", "--burst", "8", "--path", path, "--verify")
    assert len(rows) == 2 and all(is_clean(row["a"]) for row in rows)


@pytest.mark.parametrize("path", ["split-mrg", "packed"])
def test_bench_offloads(plugin, path):
    """Ports that were asked for offloads beside ports that were not: all packets are whole."""
    rows = driver("--plugin", str(plugin), "--vs", STOCK, "--path", path, "--verify",
                  "--burst", "1,32", "--rx-offloads", "UDP_CKSUM,TCP_CKSUM", "--tx-offloads", "UDP_CKSUM,TCP_CKSUM;",
                  vdev="net_vio_user")
    assert len(rows) == 4
    for row in rows:
        assert is_clean(row["a"]) and is_clean(row["b"]), row
        assert "_offload" in row["a"]["mode"]
        assert row["a"]["features"] & CSUM and not row["b"]["features"] & CSUM
    # What is asked for is asked of a driver that has it.
    code, _, err = call("driver", "--vdev", STOCK, *SHORT, "--tx-offloads", "MACSEC_INSERT")
    assert code == 3 and "MACSEC_INSERT" in err


def test_bench_starved():
    """A driver that delivers nothing is said to do so; it fails the run as A only."""
    starve = ["--dir", "rx", "--burst", "4", "--path", "split-default"]
    row, = driver(*starve, "--vs", STOCK, "--path-args", ";vectorized=1")
    assert not row["a"]["starved"]
    if not row["b"]["starved"]:
        pytest.skip("this release's vector path takes short bursts")
    assert row["b"]["cycles_per_packet"] is None and row["ratio"] is None
    row, = driver(*starve, "--args", "vectorized=1", status=1)
    assert row["a"]["starved"]


def test_bench_table():
    """The table names machine, path and memory."""
    code, out, err = call("driver", "--vdev", STOCK, *SHORT, "--path", "split", "--layout")
    assert code == 0, err
    for text in ("DPDK", "no hugepages", "split", "rx", "tx", "256 descriptors", "NUMA node",
                 "mbufs to be sent"):
        assert text in out


@pytest.mark.parametrize("direction", ["rx", "tx"])
@pytest.mark.parametrize("fault", FAULTS)
def test_bench_fault(fault, direction):
    """--verify sees each fault that --fault makes."""
    segments = ["--segments", "2"] if direction == "tx" else []
    row, = driver("--verify", "--fault", fault, "--path", "split-mrg", "--dir", direction,
                  *segments, status=1)
    assert row["a"]["check"][FAULTS[fault]] > 0


@two_cores
@pytest.mark.parametrize("direction", ["rx", "tx", "forward"])
@pytest.mark.parametrize("fault", FAULTS)
def test_bench_loop_fault(fault, direction):
    """The same on two cores."""
    row, = report("loop", "--vdev", STOCK, "--no-huge", "--verify", "--fault", fault, "--dir",
                  direction, "--path", "split-mrg", "--seconds", "0.2", "--rounds", "1",
                  status=1)["loop"]
    assert row["a"]["check"][FAULTS[fault]] > 0


@two_cores
@pytest.mark.parametrize("path", ["split-mrg", "packed"])
def test_bench_loop(path):
    """Packets go round, are whole, and all are accounted for."""
    rows = report("loop", "--vdev", STOCK, "--vs", STOCK, "--no-huge", "--verify", "--latency",
                  "--seconds", "0.2", "--rounds", "2", "--path", path)["loop"]
    assert [row["direction"] for row in rows] == ["rx", "tx", "forward"]
    for row in rows:
        assert row["ratio"]["samples"] == 2
        for side in (row["a"], row["b"]):
            assert is_clean(side) and side["received"] > 0
            # Only who forwards may drop when nobody paces.
            assert side["sent"] == side["received"] + side["dropped"]
            assert row["direction"] == "forward" or side["dropped"] == 0
            latency = [side["latency_us"][key] for key in ("p50", "p99", "p99_9", "max")]
            assert 0 < latency[0] and latency == sorted(latency)


@two_cores
def test_bench_pacing():
    """A paced sender never offers more than it was told."""
    row, = report("loop", "--vdev", STOCK, "--no-huge", "--dir", "tx", "--rate", "20000",
                  "--seconds", "0.5", "--rounds", "1")["loop"]
    assert 0 < row["a"]["received"]
    assert row["a"]["offered"]["median"] < 20000 * 1.02


@two_cores
def test_bench_zero_loss():
    """The search finds a rate where any loss is forgiven, and none where each run loses a frame."""
    search = ["loop", "--vdev", STOCK, "--no-huge", "--dir", "rx", "--zero-loss", "--resolution",
              "0.4", "--attempts", "1", "--seconds", "1", "--rounds", "1"]
    row, = report(*search, "--loss-tolerance", "1")["loop"]
    assert row["a"]["zero_loss"]["samples"] == 1 and row["a"]["zero_loss"]["median"] > 0
    row, = report(*search, "--verify", "--fault", "drop", status=1)["loop"]
    assert row["a"]["zero_loss"]["median"] == 0


def test_bench_floor():
    """Four loops at each point."""
    rows = report("floor", "--no-huge", "--groups", "20", "--burst", "8,32")["floor"]
    assert len(rows) == 8
    assert all(row["cycles_per_packet"]["median"] > 0 for row in rows)


@pytest.mark.parametrize("word, arguments", [
    ("burst", ["driver", "--burst", "0"]),
    ("nosuch", ["driver", "--path", "nosuch"]),
    ("sideways", ["sideways"]),
    ("verify", ["driver", "--fault", "drop"]),
])
def test_bench_usage(word, arguments):
    """Exit status 2, and a line that names the option."""
    code, _, err = call(*arguments)
    assert code == 2 and word in err


@pytest.mark.parametrize("word, arguments", [
    ("net_nosuch", ["--vdev", "net_nosuch"]),
    ("nosuchkey", ["--vdev", f"{STOCK},nosuchkey=1"]),
    ("nosuchplugin", ["--vdev", STOCK, "--plugin", "/nosuchplugin.so"]),
    ("nr_hugepages", ["--vdev", STOCK, "--huge", "--memory", "1000000"]),
    ("--memory", ["--vdev", STOCK, "--memory", "32", "--ring-size", "8192"]),
])
def test_bench_cannot(word, arguments):
    """Exit status 3, and a line that names what is missing."""
    code, _, err = call("driver", "--no-huge", *arguments)
    assert code == 3 and word in err


@pytest.mark.parametrize("where", ["before", "after"])
def test_bench_eal_options(where):
    """EAL's options stand before the dashes, with the mode on either side of them."""
    simd = ["--force-max-simd-bitwidth=64", "--"]
    arguments = ["floor", *simd] if where == "before" else [*simd, "floor"]
    result = report(*arguments, "--no-huge", "--groups", "5")
    assert result["machine"]["simd_bits"] == 64


def stop_long_run(signal_number):
    """Sends a signal to a run in its midst: (exit status, stdout, stderr). Nothing is left."""
    with start("driver", "--vdev", STOCK, "--no-huge", "--path", "all", "--tries", "900",
               "--json", "-") as process:
        try:
            deadline = time.monotonic() + LIMIT / 2
            while not leftovers(process) and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.5)
            process.send_signal(signal_number)
            out, err = process.communicate(timeout=LIMIT / 2)
        finally:
            process.kill()
    assert leftovers(process) == []
    return process.returncode, out, err


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_bench_stopped(name):
    """Who is asked to stop does so soon, with a whole JSON document."""
    code, out, err = stop_long_run(signal.Signals[name])
    assert code == 130, err
    assert json.loads(out)["interrupted"]


def test_bench_crashed():
    """A driver that crashes ends the run as crashes do, and leaves no socket."""
    assert stop_long_run(signal.SIGABRT)[0] == -signal.SIGABRT


@pytest.mark.parametrize("path", ["split", "split-default", "split-vec", "split-mrg",
                                  "split-inorder", "split-mrg-inorder"])
def test_bench_vio(plugin, path):
    """Our driver on one core: every packet is whole and in order, whatever the burst."""
    rows = driver("--plugin", str(plugin), "--path", path, "--burst", "1,3,32,256", "--verify",
                  vdev="net_vio_user")
    assert len(rows) == 8 and all(is_clean(row["a"]) for row in rows), rows


@two_cores
@pytest.mark.parametrize("path", ["split", "split-vec", "split-mrg", "split-inorder"])
def test_bench_vio_loop(plugin, path):
    """Our driver on one core, the device on another."""
    rows = report("loop", "--plugin", str(plugin), "--no-huge", "--verify", "--path", path,
                  "--seconds", "0.5", "--rounds", "1")["loop"]
    for row in rows:
        assert is_clean(row["a"]) and row["a"]["received"] > 0, row
