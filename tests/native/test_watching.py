# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A port that is looked at from outside: telemetry and trace points."""
import re
import shutil
import subprocess

import pytest

from harness.frames import carry, frames
from harness.native import MEMORY, quit_all, wait_link

SIZES = [60, 64, 500, 1500]


def forward(testpmd, backend):
    """Frames go in, through the port and out again."""
    with testpmd.forwarding(0):
        carry(backend.wires[0], backend.wires[0], frames(SIZES))


def test_telemetry_features(site):
    """Each feature and what became of it; the words are those of vio-info."""
    backend = site.backend(mtu=True)
    testpmd = site.testpmd([site.port(backend.path)], ["--port-topology=loop"])
    backend.wait_running()
    telemetry = site.telemetry(testpmd)
    said = telemetry.ask("/vio/features,0")
    accepted = {name for name, verdict in said["features"].items() if verdict == "accepted"}
    assert accepted == set(re.search(r"VIO: \S+ features: (.*)$", testpmd.log, re.M)[1].split())
    assert said["features"]["EVENT_IDX"] == "not-offered"
    offered, wanted, taken = (int(said[key], 16) for key in ("offered", "wanted", "accepted"))
    assert taken == offered & wanted and taken >> 32 & 1
    for wrong in "/vio/features", "/vio/features,1", "/vio/features,x", "/vio/features,0,0":
        assert telemetry.ask(wrong) is None
    quit_all(testpmd)


def test_telemetry_queue(site):
    """Numbers of descriptors, positions and counters agree with what went through."""
    backend = site.backend(pairs=2)
    testpmd = site.testpmd([site.port(backend.path, queues=2, queue_size=128)],
                           ["--rxq=2", "--txq=2", "--rxd=128", "--txd=128",
                            "--port-topology=loop"])
    backend.wait_running()
    forward(testpmd, backend)
    telemetry = site.telemetry(testpmd)
    first, second = (telemetry.ask(f"/vio/queue,0,{queue}") for queue in (0, 1))
    assert telemetry.ask("/vio/queue,0") == first
    assert [first[way]["virtqueue"] for way in ("rx", "tx")] == [0, 1]
    assert [second[way]["virtqueue"] for way in ("rx", "tx")] == [2, 3]
    for pair in first, second:
        for one in pair.values():
            assert (one["state"], one["layout"], one["descriptors"]) == ("running", "split", 128)
            assert one["order"] == "ring" and one["faults"] == 0
    for way in "rx", "tx":
        assert (first[way]["packets"], first[way]["bytes"]) == (len(SIZES), sum(SIZES))
        assert second[way]["packets"] == 0
    assert first["rx"]["used"] == first["tx"]["available"] == len(SIZES)
    testpmd.command("port stop 0")
    assert telemetry.ask("/vio/queue,0")["rx"]["state"] == "stopped"
    for wrong in "/vio/queue", "/vio/queue,0,2", "/vio/queue,0,", "/vio/queue,0,0,0":
        assert telemetry.ask(wrong) is None
    quit_all(testpmd)


def events(folder):
    """Trace events of the driver in their order: pairs of a name and its fields."""
    text = subprocess.run(["babeltrace2", str(folder)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    found = []
    for line in text.splitlines():
        match = re.search(r"pmd\.net\.vio\.(\w+): .*\{([^{}]*)\}$", line)
        assert match, line
        fields = dict(re.findall(r"(\w+) = (-?\w+)", match[2]))
        found.append((match[1], {name: int(value, 0) for name, value in fields.items()}))
    return found


def traced(site, pattern, vdev, options, **how):
    """A testpmd with trace points on, and a function that ends it and gives the events."""
    if not shutil.which("babeltrace2"):
        pytest.skip("babeltrace2 is not there")
    traces = site.folder / "traces"
    traces.mkdir()
    testpmd = site.testpmd([vdev], ["--port-topology=loop", *options], memory=[
        *MEMORY["nohuge"], f"--trace={pattern}", f"--trace-dir={traces}"], **how)

    def end():
        quit_all(testpmd)
        folder, = traces.iterdir()
        return events(folder)
    return testpmd, end


def test_trace_life(site):
    """The life of a port as trace points tell it."""
    backend = site.backend()
    testpmd, end = traced(site, "pmd.net.vio.*", site.port(backend.path), [])
    backend.wait_running()
    forward(testpmd, backend)
    backend.stop()
    wait_link(testpmd, "down")
    backend.start()
    wait_link(testpmd, "up")
    testpmd.command("port stop 0")
    found = end()
    # An attempt to connect again may come too early, and then there is another.
    early = [name for name, fields in found if name == "connect" and fields["ret"] != 0]
    names = [name for name, fields in found if name != "kick" and fields.get("ret", 0) == 0]
    if not early:
        assert names == ["connect", "negotiate", "start", "disconnect", "reset", "negotiate",
                         "connect", "stop", "reset", "reset"]
    assert [name for name in names if name != "reset"] == [
        "connect", "negotiate", "start", "disconnect", "negotiate", "connect", "stop"]
    by_name = {}
    for name, fields in found:
        assert fields["port_id"] == 0
        by_name.setdefault(name, []).append(fields)
    assert all(fields["ret"] == 0 for name in ("negotiate", "reset")
               for fields in by_name[name])
    for fields in by_name["negotiate"]:
        assert fields["accepted"] & ~(fields["offered"] & fields["wanted"]) == 0
        assert fields["accepted"] >> 32 & 1
    assert by_name["start"] == [{"port_id": 0, "pairs": 1, "live": 1, "ret": 0}]
    assert {fields["virtqueue"] for fields in by_name["kick"]} == {0, 1}
    sent = {fields["next"] for fields in by_name["kick"] if fields["virtqueue"] == 1}
    assert sent <= set(range(1, len(SIZES) + 1))


def test_trace_refill_failure(site):
    """Fewer mbufs than descriptors; what was not asked for is not recorded."""
    backend = site.backend()
    testpmd, end = traced(site, "pmd.net.vio.refill_failure",
                          site.port(backend.path, queue_size=2048), ["--rxd=2048"], mbufs=1100)
    backend.wait_running()
    testpmd.command("port stop 0")
    found = end()
    assert found and {name for name, _ in found} == {"refill_failure"}
    assert all(fields["missing"] > 0 and fields["queue_id"] == 0 for _, fields in found)
