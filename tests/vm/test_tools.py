# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""DPDK's tools beside a testpmd with PCI devices: dpdk-proc-info, dpdk-pdump, dpdk-dumpcap."""
from harness.capture import check_dumpcap, check_pdump, dumpcap, pdump_options
from harness.frames import carry_both_ways, frames
from harness.native import pool_plugins

SIZES = range(60, 1519, 60)
ONE, OTHER = "plain0", "packed0"
SHARED = "/run/vm"  # Guest.share, in the guest


def test_tools_beside_pci_ports(ports, plugin):
    """They read and copy what they should; testpmd goes on as if nothing was."""
    guest, number = ports.guest, ports.number(ONE)
    beside = [*pool_plugins(), "-d", plugin, "-a", guest.address(ONE)]
    files = [guest.share / name for name in ("rx.pcap", "tx.pcap", "both.pcapng")]
    inside = [f"{SHARED}/{path.name}" for path in files]
    with ports.forwarding(ONE, OTHER) as wires:
        def pass_through(some):
            carry_both_ways(*wires, some)

        def watch(check, path, *command):
            process = guest.start(*command)
            try:
                check(process, path, pass_through, frames(SIZES))
            finally:
                process.close()
        watch(check_pdump, files[:2], "stdbuf", "-oL", "dpdk-pdump", *beside, "--",
              *pdump_options(number, *inside[:2]))
        watch(check_dumpcap, files[2], *dumpcap(plugin, number, inside[2]))
        counters = ports.testpmd.xstats(number)
        said = guest.run("dpdk-proc-info", *beside, "--", "--xstats")
        for name in "rx_q0_packets", "tx_q0_packets":
            assert f"{name}: {counters[name]}\n" in said, said
        said = guest.run("dpdk-proc-info", *beside, "--", "--show-port-private")
        assert f"vio port {guest.address(ONE)}: live" in said, said
        pass_through(frames(SIZES))
