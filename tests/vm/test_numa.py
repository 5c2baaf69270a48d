# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A guest of two NUMA nodes: where memory of ports is, as the guest's kernel and QEMU see it.

NIC near is at the first node's bus, far at the second's.
"""
import os
import re
from bisect import bisect

import pytest

from harness.frames import carry_both_ways, frames
from harness.guest import FAR, REPO, Guest
from harness.native import pool_plugins

BENCH = REPO / os.environ.get("VIO_BUILD", "build") / "app/vio-bench/vio-bench"
NODES = 2
CTRL = 2  # index of the control queue of a device of one pair
SIZES = range(60, 1519, 60)

pytestmark = pytest.mark.long


@pytest.fixture(name="nodes", scope="module")
def fixture_nodes():
    """The guest."""
    made = Guest({"near": "", "far": FAR}, ["--numa"])
    try:
        yield made
    finally:
        made.close()


def physical(guest):
    """A function that tells the node of a guest-physical address."""
    said = guest.run("sh", "-c", "dmesg | grep 'ACPI: SRAT: Node'")
    ranges = [(int(node), int(first, 16), int(last, 16)) for node, first, last in
              re.findall(r"Node (\d+) PXM \d+ \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\]", said)]
    assert {node for node, _, _ in ranges} == set(range(NODES)), said
    return lambda address: next(node for node, first, last in ranges if first <= address <= last)


def virtual(guest, pid):
    """The same for addresses of a process, numa(7)."""
    found = re.findall(r"^([0-9a-f]+) .*? N(\d+)=\d+ kernelpagesize_kB=2048$",
                       guest.run("cat", f"/proc/{pid}/numa_maps"), re.MULTILINE)
    assert found
    starts = [int(start, 16) for start, _ in found]
    return lambda address: int(found[bisect(starts, address) - 1][1])


def addresses(said, port):
    """What a port says of its memory, see vio_dump.c: {(name, what): address}."""
    own = said.split(f"vio port {port}: live\n")[1].split("vio port")[0]
    made = {}
    for name, line in re.findall(r"^  (port|[rt]x 0): (.*)$", own, re.MULTILINE):
        for what, address in re.findall(r"(state|control queue|ring) at (0x[0-9a-f]+)", line):
            made[name, what] = int(address, 16)
    assert len(made) == 6, own
    return made


def test_numa_ports(nodes, plugin):
    """Rings, control memory and private state: on the device's node, queues where it was asked."""
    nodes.bind("uio_pci_generic", "near", "far")
    # The first port's receive ring: on the second node. (QEMU's interrupt lines behind a second root
    # bus are others than its ACPI tables say, and nobody expects them.)
    with nodes.testpmd(plugin, ["near", "far"], options=["--ring-numa-config=(0,1,1)",
                                                         "--no-lsc-interrupt"]) as testpmd:
        assert testpmd.port_info(1)["Connect to socket"] == "1"
        assert testpmd.port_info(1)["memory allocation on the socket"] == "1"
        with testpmd.forwarding(0, 1):
            carry_both_ways(nodes.wires["near"], nodes.wires["far"], frames(SIZES))
        said = nodes.run("dpdk-proc-info", *pool_plugins(), "-d", plugin, "--",
                         "--show-port-private")
        pid = nodes.run("pidof", "dpdk-testpmd").split()[0]
        node = virtual(nodes, pid)
        far = addresses(said, nodes.address("far"))
        assert {key: node(address) for key, address in far.items()} == dict.fromkeys(far, 1)
        near = addresses(said, nodes.address("near"))
        for what in "ring", "state":
            assert node(near["rx 0", what]) == 1
            assert node(near["tx 0", what]) == 0
        node = physical(nodes)
        for nic, index, wanted in (("far", 0, 1), ("far", 1, 1), ("far", CTRL, 1),
                                   ("near", 0, 1), ("near", 1, 0)):
            for part in "desc", "avail", "used":
                assert node(nodes.device(nic).queue(index)[f"vring-{part}"]) == wanted
        assert testpmd.quit() == 0
    nodes.check_kernel()


@pytest.mark.parametrize("node", range(NODES))
def test_numa_bench(nodes, node):
    """vio-bench asks the kernel where its rings and mbufs are: at the core that it runs on."""
    said = nodes.run("taskset", "-c", node, BENCH, "driver", "--huge", "--path", "split",
                     "--groups", "2", "--rounds", "1", "--instances", "1", "--layout")
    assert set(re.findall(r"NUMA node (\w+)", said)) == {str(node)}, said
    assert len(re.findall("NUMA node", said)) == 5, said
