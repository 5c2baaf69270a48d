# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The stock dpdk-testpmd, interactive, driven by commands."""
import contextlib
import re

from .waiting import COMMAND, wait_for

PROMPT = "testpmd> "


def command_line(plugin, eal, options):
    """The command that starts testpmd with the plugin."""
    return ["stdbuf", "-oL", "dpdk-testpmd", "-d", str(plugin), *eal, "--", "-i",
            "--no-mlockall", "--total-num-mbufs=8192", *options]


class Testpmd:
    """A testpmd that runs and answers; process: a LocalProcess, or a guest's."""

    def __init__(self, process):
        self.process = process
        self._marks = 0
        self.wait_for_output(PROMPT, "testpmd to come up")
        self.command("set verbose 0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.close()

    @property
    def log(self):
        """All that testpmd wrote so far."""
        return self.process.output()

    def wait_for_output(self, text, what):
        """Waits until testpmd has written text."""
        def there():
            output = self.process.output()
            if text in output:
                return output
            if self.process.status() is not None:
                raise AssertionError(f"testpmd ended with status {self.process.status()} when "
                                     f"waiting for {what}:\n{self.process.output()}")
            return None
        return wait_for(there, what)

    def command(self, line):
        """Types a command; returns what testpmd says to it."""
        start = len(self.process.output())
        self._marks += 1
        # A comment is echoed once the command before it has ended.
        mark = f"{PROMPT}# {self._marks}\n"
        self.process.write(f"{line}\n# {self._marks}\n")
        said = self.wait_for_output(mark, f"testpmd's '{line}' to end")[start:]
        return said.split(mark)[0].split(f"{line}\n", 1)[-1]

    def info(self, command):
        """The answer to a show command as a dictionary: "Name: value" lines."""
        return dict(re.findall(r"^ *([^:\n]+): +(.*?) *$", self.command(command), re.MULTILINE))

    def port_info(self, port):
        """show port info"""
        return self.info(f"show port info {port}")

    def queue_info(self, kind, port, queue=0):
        """show rxq info, show txq info; kind: rxq or txq"""
        return self.info(f"show {kind} info {port} {queue}")

    def stats(self, port):
        """show port stats: RX-packets, RX-bytes, TX-packets ..."""
        said = self.command(f"show port stats {port}")
        return {name: int(value) for name, value in re.findall(r"([RT]X-[a-z]+): +(\d+)", said)}

    def xstats(self, port):
        """show port xstats"""
        said = self.command(f"show port xstats {port}")
        return {name: int(value) for name, value in re.findall(r"^(\w+): (\d+)$", said, re.M)}

    def free_mbufs(self, pool="mb_pool_0"):
        """How many mbufs of a pool are free, and how many it has."""
        said = self.command(f"dump_mempool {pool}")
        number = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)$", said, re.M)}
        return number["common_pool_count"] + number["total_cache_count"], number["populated_size"]

    @contextlib.contextmanager
    def forwarding(self, *ports, mode="io"):
        """Forwards between the ports, in pairs, as long as the context lasts."""
        self.command(f"set fwd {mode}")
        self.command(f"set portlist {','.join(map(str, ports))}")
        self.command("start")
        try:
            yield
        finally:
            self.command("stop")

    def restart_ports(self, *ports):
        """port stop and port start, for all without a number."""
        for action in ("stop", "start"):
            for port in ports or ("all",):
                self.command(f"port {action} {port}")

    def quit(self):
        """Ends testpmd in the ordinary way; returns its exit status."""
        self.process.write("quit\n")
        wait_for(lambda: self.process.status() is not None, "testpmd to quit", COMMAND)
        return self.process.status()
