# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Open vSwitch with DPDK, out of folders of its own: no service and no file of the system's."""
import os
import signal

from .waiting import wait_for

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
SWITCH = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
# Without --legacy-mem it adds --in-memory, which does not go with --no-huge.
MEMORY = {
    "nohuge": ["--no-huge", "--legacy-mem", "-m", "192"],
    "huge": ["--in-memory", "--single-file-segments", "-m", "192"],
}


class Ovs:
    """A database server and a switch with one bridge, br0, in the folder of a site."""

    def __init__(self, site, memory):
        self._site = site
        self.folder = site.folder / "ovs"
        self.folder.mkdir()
        self._database = self.folder / "db.sock"
        self._switch = None
        file = self.folder / "conf.db"
        self._run("ovsdb-tool", "create", file, SCHEMA)
        self._daemon("ovsdb-server", file, f"--remote=punix:{self._database}")
        wait_for(self._database.exists, "ovsdb-server to come up")
        self.vsctl("--no-wait", "init")
        eal = ["--no-pci", "--no-telemetry", "--file-prefix=ovs", *MEMORY[memory]]
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                   f"other_config:dpdk-extra={' '.join(eal)}",
                   f"other_config:pmd-cpu-mask={1 << max(os.sched_getaffinity(0)):#x}",
                   "other_config:dpdk-lcore-mask=0x1",
                   "other_config:per-port-memory=true")
        self.start()
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")

    @property
    def _environment(self):
        folders = {f"OVS_{kind}DIR": str(self.folder) for kind in ("RUN", "LOG", "DB", "SYSCONF")}
        return {**self._site.environment, **folders}

    def _run(self, *command):
        return self._site.run(command, env=self._environment)[1]

    def _daemon(self, program, *arguments):
        name = program.rsplit("/", 1)[-1]
        return self._site.start([program, *arguments, f"--unixctl={self.folder / name}.ctl"],
                                env=self._environment)

    def start(self):
        """Starts the switch; what it has to do stands in the database."""
        self._switch = self._daemon(SWITCH, f"unix:{self._database}")

    @property
    def pid(self):
        """Process id of the switch."""
        return self._switch.pid

    def kill(self):
        """Ends the switch by SIGKILL."""
        self._switch.signal(signal.SIGKILL)
        wait_for(lambda: self._switch.status() is not None, "the switch to die")

    def vsctl(self, *arguments):
        """ovs-vsctl, which waits until the switch has done it."""
        return self._run("ovs-vsctl", f"--db=unix:{self._database}", "--timeout=60", *arguments)

    def add_port(self, name, kind, *options):
        """A port of the bridge."""
        self.vsctl("add-port", "br0", name, "--", "set", "interface", name, f"type={kind}",
                   *options)
        trouble = self.vsctl("get", "interface", name, "error").strip()
        assert trouble == "[]", f"Open vSwitch on {name}: {trouble}"

    def learned(self):
        """The bridge's table: pairs of port number and MAC address."""
        said = self._run("ovs-appctl", f"--target={self.folder}/ovs-vswitchd-dpdk.ctl",
                         "fdb/show", "br0")
        return [(words[0], words[2]) for words in map(str.split, said.splitlines()[1:])]
