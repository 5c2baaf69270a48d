# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A QEMU guest with virtio-net NICs (scripts/vm.sh) in which programs are run."""
import contextlib
import re
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path

from .process import LocalProcess
from .qmp import Device, Qmp
from .testpmd import Testpmd, command_line
from .waiting import COMMAND, wait_for
from .wire import Wire

REPO = Path(__file__).resolve().parent.parent.parent
HOT = "hot"
"""The name of a NIC behind the root port that scripts/vm.sh leaves free."""
HOT_ADDRESS = "0000:01:00.0"
HOT_MAC = "52:54:00:10:00:fe"
FAR = "bus=far,addr=0"
"""Property of a NIC at the second NUMA node, see scripts/vm.sh --numa; there can be one."""
FAR_ADDRESS = "0000:41:00.0"
LIFETIME = 7200  # seconds; scripts/vm.sh ends a guest that nobody ended
BOOT = 300

# Lines of the guest's kernel log that are the fault of whoever drives the devices.
KERNEL_TROUBLE = re.compile(r"BUG:|Oops|general protection|DMAR:.*[Ff]ault|WARNING: CPU")


class GuestProcess:
    """A program in the guest; the same operations as a LocalProcess."""

    def __init__(self, guest, name, command):
        self._guest = guest
        self._name = name
        self._file("in").touch()
        guest.type(f"start {name} {shlex.join(map(str, command))}")

    def _file(self, kind):
        return self._guest.share / f"{self._name}.{kind}"

    def write(self, text):
        """Gives text to the program's standard input."""
        with self._file("in").open("a", encoding="utf-8") as file:
            file.write(text)

    def output(self):
        """All that the program has written so far."""
        try:
            return self._file("out").read_bytes().decode(errors="replace").replace("\r\n", "\n")
        except FileNotFoundError:
            return ""

    def status(self):
        """Exit status, None while the program runs."""
        self._guest.check_alive()
        try:
            return int(self._file("exit").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def signal(self, number):
        """Sends a signal."""
        pid = wait_for(lambda: self._file("pid").exists() and
                       self._file("pid").read_text(encoding="utf-8").strip(),
                       f"the guest to start {self._name}")
        self._guest.run("kill", f"-{number.value}", pid, check=False)

    def close(self):
        """Ends the program if it still runs."""
        if self._guest.alive and self.status() is None:
            self.signal(signal.SIGKILL)
            wait_for(lambda: self.status() is not None, f"{self._name} to die")


class Guest:
    """A guest that runs. nics: QEMU's properties of each NIC, by name.

    network: a Network in which the NICs are TAPs, which ends with the guest; else each is a Wire.
    """

    def __init__(self, nics, vm_options=(), network=None):
        self._count = 0
        self._trouble = 0
        self._undo = contextlib.ExitStack()
        self.network = network
        try:
            if network:
                self._undo.callback(network.close)
            folder = Path(self._undo.enter_context(
                tempfile.TemporaryDirectory(prefix="vio-test-")))
            self.share = folder / "share"
            self.share.mkdir()
            (self.share / "console").touch()
            self._boot(folder, nics, vm_options)
        except BaseException:
            self._undo.close()
            raise

    def _boot(self, folder, nics, vm_options):
        self.numbers = {name: number for number, name in enumerate(nics)}
        self._addresses = {
            name: FAR_ADDRESS if FAR in properties else f"0000:00:{16 + number:02x}.0"
            for number, (name, properties) in enumerate(nics.items())}
        self._addresses[HOT] = HOT_ADDRESS
        self._folder = folder
        self.wires = {}
        command = [str(REPO / "scripts/vm.sh"), "--share", str(self.share), "--timeout",
                   str(LIFETIME), "--monitor", str(folder / "qmp"), *vm_options]
        for name, properties in nics.items():
            wire = (self.network.wire if self.network else Wire)(folder, name)
            self._undo.callback(wire.close)
            self.wires[name] = wire
            command += ["--nic", wire.backend + (f"/{properties}" if properties else "")]
        command += ["bash", str(Path(__file__).with_name("console.sh"))]
        self._vm = LocalProcess(command, cwd=REPO)
        self._undo.callback(self._end_vm)
        wait_for(lambda: self.check_alive() or (self.share / "ready").exists(),
                 "the guest to boot", BOOT)
        self._qmp = Qmp(folder / "qmp")
        self._undo.callback(self._qmp.close)
        for wire in self.wires.values():
            wire.connect()

    def _end_vm(self):
        self._vm.signal(signal.SIGTERM)
        try:
            wait_for(lambda: self._vm.status() is not None, "scripts/vm.sh to end")
        finally:
            self._vm.close()

    @property
    def alive(self):
        """Does the guest still run?"""
        return self._vm.status() is None

    def check_alive(self):
        """Fails where the guest is no more."""
        assert self.alive, (f"the VM ended with status {self._vm.status()}:\n"
                            f"{self._vm.output()}")

    def type(self, line):
        """A line for console.sh."""
        assert "\n" not in line
        with (self.share / "console").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def start(self, *command):
        """Starts a program in the guest."""
        self.check_alive()
        self._count += 1
        return GuestProcess(self, f"{self._count:03}-{Path(command[0]).name}", command)

    def run(self, *command, check=True):
        """Runs a program in the guest to its end; returns what it writes."""
        process = self.start(*command)
        said = f"'{shlex.join(map(str, command))}' in the guest"
        try:
            wait_for(lambda: process.status() is not None, f"{said} to end")
        finally:
            process.close()
        assert not check or process.status() == 0, (f"{said} ended with status "
                                                    f"{process.status()}:\n{process.output()}")
        return process.output()

    def address(self, nic):
        """PCI address of a NIC."""
        return self._addresses[nic]

    @contextlib.contextmanager
    def hot_nic(self, **properties):
        """A NIC that is plugged in now and pulled out in the end, if it still is there then."""
        with contextlib.ExitStack() as undo:
            wire = Wire(self._folder, HOT)
            for path in wire.near, wire.far:
                undo.callback(path.unlink, missing_ok=True)
            undo.callback(wire.close)
            ends = {"local": wire.far, "remote": wire.near}
            self._qmp.execute("netdev_add", type="dgram", id=HOT, **{
                end: {"type": "unix", "path": str(path)} for end, path in ends.items()})
            undo.callback(self._qmp.execute, "netdev_del", id=HOT)
            wire.connect()
            self.wires[HOT] = wire
            self._qmp.execute("device_add", driver="virtio-net-pci", id=HOT, bus="hp0",
                              netdev=HOT, romfile="", mac=HOT_MAC, **properties)
            undo.callback(self.pull_out)
            wait_for(lambda: self.has(HOT), "the guest to find the new NIC")
            yield wire

    def ask_back(self):
        """Asks for the hot NIC back."""
        self._qmp.execute("device_del", id=HOT)

    def pull_out(self):
        """The same, and waits until it is gone."""
        if self.has(HOT):
            self.ask_back()
        wait_for(lambda: not self.has(HOT), "the guest to give the NIC back")
        wait_for(lambda: HOT not in self._qmp.devices(), "QEMU to take the NIC back")

    def has(self, nic):
        """Does the guest's kernel show a NIC?"""
        return self.address(nic) in self.run("ls", "/sys/bus/pci/devices").split()

    def sysfs(self, nic):
        """Where the guest's kernel shows a NIC."""
        return f"/sys/bus/pci/devices/{self.address(nic)}"

    def mac(self, nic):
        """MAC address of a NIC."""
        return HOT_MAC if nic == HOT else f"52:54:00:10:00:{self.numbers[nic]:02x}"

    def device(self, nic):
        """A NIC from QEMU's side."""
        return Device(self._qmp, HOT if nic == HOT else f"nic{self.numbers[nic]}")

    def announce(self):
        """QEMU tells the network where the NICs are, and asks their drivers to do so, once."""
        self._qmp.execute("announce-self", initial=50, max=50, rounds=1, step=50)

    def bind(self, driver, *nics):
        """Gives NICs to a kernel driver."""
        self.run("vm-bind", driver, *map(self.address, nics))

    def kernel_interface(self, nic):
        """Gives a NIC to Linux's driver; the name of its interface."""
        self.run("modprobe", "virtio_net")
        self.bind("virtio-pci", nic)
        look = f"ls {self.sysfs(nic)}/virtio*/net 2>/dev/null"
        return wait_for(lambda: self.run("sh", "-c", look, check=False).strip(),
                        f"the interface of {nic}")

    def testpmd(self, plugin, nics, devargs="", eal=(), options=()):
        """An interactive testpmd with these NICs; without any, it probes all of the guest's."""
        allowed = []
        for nic in nics:
            allowed += ["-a", self.address(nic) + (f",{devargs}" if devargs else "")]
        process = self.start(*command_line(plugin, ["-l", "0,1", *allowed, *eal], options))
        try:
            return Testpmd(process)
        except BaseException:
            process.close()
            raise

    def check_kernel(self):
        """Fails where the guest's kernel has complained since the last call."""
        complaints = [line for line in self.run("dmesg").splitlines()
                      if KERNEL_TROUBLE.search(line)]
        new = complaints[self._trouble:]
        self._trouble = len(complaints)
        assert not new, "the guest's kernel says: " + " / ".join(new[:5])

    def close(self):
        """Ends the guest and removes what it needed."""
        self._undo.close()
