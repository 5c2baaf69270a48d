# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Secondary processes that receive and send on vhost-user ports; guests have the same on PCI.

    wires -- backend == net_vio_user0 [second] net_vio_user1 == backend -- wires

The ports are a testpmd's, which polls nothing. Each secondary process has a queue of both.
"""
import signal

import pytest

from harness.frames import carry_both_ways, frames
from harness.native import pool_plugins, quit_all, wait_link
from harness.second import PROGRAM, REFUSED, Second
from harness.waiting import wait_for

pytestmark = pytest.mark.usefixtures("hugepages")

SIZES = range(60, 1519, 20)
QUEUES = 2
OPTIONS = [f"--rxq={QUEUES}", f"--txq={QUEUES}"]


class Pair:
    """A testpmd with two ports and their backends."""

    def __init__(self, site, **devargs):
        self._site = site
        self._shared = site.shared_memory()
        self.backends = [site.backend(name, QUEUES) for name in ("one", "other")]
        self._vdevs = [site.port(backend.path, number, queues=QUEUES, **devargs)
                       for number, backend in enumerate(self.backends)]
        self._how = {"memory": self._shared, "prefix": "primary"}
        self.start()

    def start(self):
        """Starts the testpmd, always under the same name."""
        self.testpmd = self._site.testpmd(self._vdevs, OPTIONS, **self._how)
        self.wait_running()

    def start_in_vain(self):
        """The same where it cannot be; what the testpmd that tried says."""
        process = self._site.start(self._site.testpmd_command(self._vdevs, OPTIONS, **self._how))
        wait_for(lambda: process.status() is not None, "another testpmd to give up")
        assert process.status() == 1, process.output()
        return process.output()

    def quit(self):
        """Its end, the ordinary way."""
        quit_all(self.testpmd)

    def kill(self):
        """Its end, without a word to anybody."""
        self.testpmd.process.signal(signal.SIGKILL)
        wait_for(lambda: self.testpmd.process.status() is not None, "testpmd to die")

    def wait_running(self):
        """Until both ports are up."""
        for number, backend in enumerate(self.backends):
            backend.wait_running()
            wait_link(self.testpmd, "up", number)

    def second(self, queue):
        """A secondary process for a queue, on a core's number of its own."""
        core = 2 + queue
        return Second(self._site.start([
            "stdbuf", "-oL", PROGRAM, "--no-pci", "--proc-type=secondary", "--file-prefix",
            self.testpmd.prefix, "--lcores", f"{core}@0", "--main-lcore", str(core),
            *self._shared[:2], *pool_plugins(), "-d", self._site.plugin, "--", "0", "1",
            str(queue)]))

    def carry(self, queue):
        """Frames through a queue, both ways."""
        carry_both_ways(*(backend.wires[queue] for backend in self.backends), frames(SIZES))

    def check(self):
        """That nothing was wrong, and the end of the testpmd."""
        for backend in self.backends:
            backend.check()
        self.quit()


def test_secondary_processes_forward(site):
    """Two at once, and one that takes another's place; restarts and backends go past them."""
    pair = Pair(site, size_bins=1)
    seconds = [pair.second(queue) for queue in range(QUEUES)]
    for queue in range(QUEUES):
        pair.carry(queue)
    assert seconds[1].end() == (len(SIZES), len(SIZES))
    seconds[1] = pair.second(1)
    pair.carry(1)
    pair.testpmd.restart_ports()
    pair.wait_running()
    for queue in range(QUEUES):
        pair.carry(queue)
    pair.backends[0].stop()
    wait_link(pair.testpmd, "down", 0)
    pair.backends[0].start()
    pair.wait_running()
    for queue in range(QUEUES):
        pair.carry(queue)
    counters = pair.testpmd.xstats(0)
    assert counters["rx_q0_packets"] == 3 * len(SIZES)
    assert counters["rx_q1_packets"] == 4 * len(SIZES)
    assert counters["rx_q1_size_above_1518"] == 0
    assert counters["rx_q1_broadcast"] == 4 * len(SIZES)
    assert seconds[0].end() == (3 * len(SIZES), 3 * len(SIZES))
    seconds[1].end()
    pair.check()


def test_secondary_after_the_primary_was_restarted(site):
    """The primary ends or is killed, and comes again under its name; so do its secondaries."""
    pair = Pair(site)
    for end in pair.quit, pair.kill:
        second = pair.second(0)
        pair.carry(0)
        second.end()
        end()
        pair.start()
    second = pair.second(0)
    pair.carry(0)
    second.end()
    pair.check()


def test_secondary_outlives_a_primary_that_was_killed(site):
    """EAL takes no new primary before its end, and what that one tried is no good for it."""
    pair = Pair(site)
    for in_vain in False, True:
        second = pair.second(0)
        pair.carry(0)
        pair.kill()
        if in_vain:
            assert REFUSED in pair.start_in_vain()
            second.check_running()
            second.process.close()
        else:
            assert second.end() == (len(SIZES), len(SIZES))
        pair.start()
    second = pair.second(0)
    pair.carry(0)
    second.end()
    pair.check()
