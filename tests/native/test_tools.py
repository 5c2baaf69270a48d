# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""DPDK's tools on a port that runs in a testpmd: dpdk-telemetry.py, dpdk-proc-info, dpdk-pdump and
dpdk-dumpcap."""
import json

import pytest

from harness.capture import check_dumpcap, check_pdump, dumpcap, pdump_options
from harness.frames import carry, frames
from harness.native import pool_plugins, quit_all
from harness.waiting import wait_for

SIZES = range(60, 1519, 20)
COUNT = len(SIZES)
LOOP = ["--port-topology=loop"]


def echo(backend, testpmd):
    """Frames from the wire and back to it."""
    with testpmd.forwarding(0):
        carry(backend.wires[0], backend.wires[0], frames(SIZES))
    backend.check()


def ask_script(site, testpmd, *commands):
    """What dpdk-telemetry.py prints to these commands."""
    _, said = site.run(["dpdk-telemetry.py", "-f", testpmd.prefix],
                       text="".join(f"{command}\n" for command in (*commands, "quit")))
    answers = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    found = {}
    for answer in answers:
        found.update(answer)
    return found


def test_tools_telemetry(site, memory):
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path, mac="02:00:00:00:00:2a")], LOOP, memory=memory)
    backend.wait_running()
    echo(backend, testpmd)
    told = ask_script(site, testpmd, "/", "/vio/list", "/vio/info,0", "/vio/paths,0",
                      "/ethdev/stats,0", "/ethdev/xstats,0", "/ethdev/link_status,0")
    assert {"/vio/list", "/vio/info", "/vio/paths"} <= set(told["/"])
    assert told["/vio/list"] == [0]
    info = told["/vio/info"]
    assert info["name"] == "net_vio_user0" and info["transport"] == "vhost-user"
    assert info["state"] == "live"
    assert info["mac"].lower() == "02:00:00:00:00:2a" and info["queue_pairs"] == 1
    assert "VERSION_1" in info["accepted"] and "MRG_RXBUF" in info["accepted"]
    shown = testpmd.queue_info("rxq", 0)["Burst mode"]
    assert shown.startswith(told["/vio/paths"]["rx"].split(" ")[0])
    stats = told["/ethdev/stats"]
    assert (stats["ipackets"], stats["opackets"]) == (COUNT, COUNT)
    assert (stats["ibytes"], stats["obytes"]) == (sum(SIZES), sum(SIZES))
    assert told["/ethdev/xstats"]["rx_q0_packets"] == COUNT
    assert told["/ethdev/link_status"]["status"] == "UP"
    backend.stop()
    wait_for(lambda: ask_script(site, testpmd, "/vio/info,0")["/vio/info"]["state"] ==
             "waiting for a backend", "the port to miss its backend")
    assert ask_script(site, testpmd, "/vio/info,7")["/vio/info"] is None
    quit_all(testpmd)


@pytest.fixture(name="running")
def fixture_running(site, hugepages):  # pylint: disable=unused-argument
    """A backend, a testpmd with a port, and the start of commands of secondary processes."""
    shared = site.shared_memory()
    backend = site.backend()
    testpmd = site.testpmd([site.port(backend.path)], LOOP, memory=shared)
    backend.wait_running()

    def secondary(program, *options):
        # Each chooses its core and says --proc-type=secondary by itself.
        return ["stdbuf", "-oL", program, "--no-pci", "--file-prefix", testpmd.prefix, *shared[:2],
                *pool_plugins(), "-d", site.plugin, "--", *options]
    yield backend, testpmd, secondary
    quit_all(testpmd)


def test_tools_proc_info(site, running):
    """A process beside the one that polls reads its counters, and disturbs nothing."""
    backend, testpmd, secondary = running

    def ask(*options):
        return site.run(secondary("dpdk-proc-info", *options))[1]
    echo(backend, testpmd)
    with testpmd.forwarding(0):
        said = ask("--stats")
        assert f"RX-packets: {COUNT} " in said and f"TX-packets: {COUNT} " in said, said
        said = ask("--xstats")
        assert f"rx_q0_packets: {COUNT}\n" in said and "rx_q0_faults: 0\n" in said, said
        said = ask("--show-port")
        assert "Link up" in said, said
        said = ask("--show-port-private")
        assert "vio port net_vio_user0: live" in said and "  rx 0: 256 descriptors" in said, said
        carry(backend.wires[0], backend.wires[0], frames(SIZES))
    stats = testpmd.stats(0)
    assert stats["RX-packets"] == stats["TX-packets"] == 2 * COUNT
    ask("--stats-reset")
    echo(backend, testpmd)
    assert testpmd.stats(0)["RX-packets"] == COUNT


def test_tools_pdump(site, running):
    """All packets of both directions are copied, whole and in order, while they pass."""
    backend, testpmd, secondary = running
    wire = backend.wires[0]
    files = [site.folder / f"{way}.pcap" for way in ("rx", "tx")]

    def pass_through(some):
        carry(wire, wire, some)
    with testpmd.forwarding(0):
        check_pdump(site.start(secondary("dpdk-pdump", *pdump_options(0, *files))), files,
                    pass_through, frames(SIZES))
        pass_through(frames(SIZES))
        path = site.folder / "both.pcapng"
        check_dumpcap(site.start(dumpcap(site.plugin, 0, path,
                                         f"--file-prefix={testpmd.prefix}")), path,
                      pass_through, frames(SIZES))
        pass_through(frames(SIZES))
    backend.check()
