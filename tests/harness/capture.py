# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""dpdk-pdump and dpdk-dumpcap beside a testpmd."""
import signal

from scapy.utils import RawPcapReader

from .frames import frames
from .native import pool_plugins
from .waiting import wait_for

WARM = frames([99])


def pdump_options(port, rx, tx):
    """dpdk-pdump's own, for all queues of a port and a file for each direction. Its usual pool is
    large, and the primary gets five seconds to provide the memory."""
    return ["--pdump", f"port={port},queue=*,rx-dev={rx},tx-dev={tx},total-num-mbufs=4095"]


def dumpcap(plugin, port, path, *options):
    """The command that captures both ways of a port. It has no -d: libraries are preloaded."""
    preload = ":".join([*pool_plugins()[1::2], str(plugin)])
    return ["env", f"LD_PRELOAD={preload}", "dpdk-dumpcap", *options, "-i", port, "-w", path]


def packets(path):
    """What a file holds."""
    return [data for data, *_ in RawPcapReader(str(path))]


def end(process, what):
    """As a user ends it."""
    process.signal(signal.SIGINT)
    wait_for(lambda: process.status() is not None, f"{what} to end")
    assert process.status() == 0, process.output()


def check_pdump(process, files, pass_through, sent):
    """files: of the two directions; pass_through(frames): each comes in and goes out once."""
    wait_for(lambda: "capture for" in process.output() or process.status() is not None,
             "dpdk-pdump to begin")
    assert process.status() is None, process.output()
    pass_through(sent)
    wanted = 24 + sum(16 + len(one) for one in sent)  # pcap-savefile(5)
    wait_for(lambda: process.status() is not None or
             all(path.stat().st_size >= wanted for path in files), "the last frame")
    end(process, "dpdk-pdump")
    for path in files:
        assert packets(path) == sent, f"what was captured in {path.name} differs"


def check_dumpcap(process, path, pass_through, sent):
    """The same for dpdk-dumpcap, which does not say when it begins."""
    def size():
        assert process.status() is None, process.output()
        return path.stat().st_size if path.exists() else 0

    def begun():
        pass_through(WARM)
        return size() > head
    head = wait_for(size, "dpdk-dumpcap to open its file")
    wait_for(begun, "dpdk-dumpcap to begin")
    before = size()
    pass_through(sent)
    wait_for(lambda: size() >= before + 2 * sum(map(len, sent)), "the last frame")
    end(process, "dpdk-dumpcap")
    got = [data for data in packets(path) if data not in WARM]
    assert sorted(got) == sorted(2 * sent), "what was captured differs"
