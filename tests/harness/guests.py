# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Two guests with a NIC each, at a switch of this machine.

    guest a: NIC == QEMU == vhost-user == switch == vhost-user == QEMU == NIC :guest b

In each guest either Linux's own driver has the NIC, or the plugin in testpmd; a test changes that
while the guest runs.
"""
import contextlib
from pathlib import Path

from .guest import Guest
from .native import Site
from .ovs import SWITCH, Ovs
from .testpmd import Testpmd, command_line
from .vswitch import Vswitch
from .waiting import wait_for

NIC = "net"
NAMES = "a", "b"
MAC = {"a": "52:54:00:10:0a:00", "b": "52:54:00:10:0b:00"}
ADDRESS = {"a": "192.0.2.1", "b": "192.0.2.2"}
TAP = "behind"
SMALL = ["--mem", "768M", "--hugepages", "96"]
# Without KVM, QEMU 7.2 dies where Linux's driver unmasks an MSI-X vector of a vhost-user device.
NO_MSIX = "vectors=0"


def missing(switch):
    """Why there can be no such switch here; None: there can."""
    if switch == "ovs" and not Path(SWITCH).exists():
        return "Open vSwitch with DPDK is not installed"
    return None


def other(name):
    """The guest across."""
    return "b" if name == "a" else "a"


class Socket:
    """A guest's NIC that is a port of a switch; where Guest has a Wire otherwise."""

    def __init__(self, path):
        self.backend = f"vhost-user:path={path}"

    def wire(self, _folder, _name):
        """For the only NIC."""
        return self

    def connect(self):
        """QEMU has done that."""

    def close(self):
        """It goes with QEMU."""


class VswitchPorts:
    """examples/vswitch with two ports."""

    def __init__(self, site):
        paths = [site.socket(name) for name in NAMES]
        self._switch = Vswitch(site, [f"net_vhost{number},iface={path}"
                                      for number, path in enumerate(paths)])
        self.paths = dict(zip(NAMES, paths))

    def learned(self):
        """MAC addresses and where they are."""
        return {mac: port for (mac, _), port in self._switch.fdb().items()}

    def stop(self):
        """Ends it in the ordinary way."""
        self._switch.stop()


class OvsPorts:
    """Open vSwitch with DPDK and two ports."""

    def __init__(self, site):
        self._switch = Ovs(site, "nohuge")
        self.paths = {}
        for name in NAMES:
            self._switch.add_port(name, "dpdkvhostuser")
            self.paths[name] = self._switch.folder / name

    def learned(self):
        """MAC addresses and where they are."""
        return {mac: port for port, mac in self._switch.learned()}

    def stop(self):
        """Ends it."""
        self._switch.kill()


SWITCHES = {"vswitch": VswitchPorts, "ovs": OvsPorts}


class Guests:
    """The picture above; they boot one after the other."""

    def __init__(self, plugin, switch):
        self._plugin = plugin
        self._undo = contextlib.ExitStack()
        self._testpmd = {}
        self.guest = {}
        try:
            self._site = Site(plugin)
            self._undo.callback(self._site.close)
            self.switch = SWITCHES[switch](self._site)
            for name in NAMES:
                self.guest[name] = Guest({NIC: f"mac={MAC[name]},{NO_MSIX}"}, SMALL,
                                         Socket(self.switch.paths[name]))
                self._undo.callback(self.guest[name].close)
        except BaseException:
            self._undo.close()
            raise

    def logs(self):
        """What the programs on this side wrote, and testpmd in the guests."""
        return self._site.logs() + [(f"testpmd in guest {name}", testpmd.log)
                                    for name, testpmd in self._testpmd.items()]

    def linux(self, name):
        """Linux's driver has the NIC: its interface, which is up and has an address."""
        self.release(name)
        interface = self.guest[name].kernel_interface(NIC)
        self._address(name, interface)
        return interface

    def _address(self, name, interface):
        """Nothing is asked by ARP: frames that nobody sent on purpose are none of a test's."""
        guest = self.guest[name]
        guest.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
        guest.run("ip", "address", "replace", f"{ADDRESS[name]}/24", "dev", interface)
        guest.run("ip", "link", "set", interface, "address", MAC[name], "up")
        guest.run("ip", "neighbour", "replace", ADDRESS[other(name)], "lladdr", MAC[other(name)],
                  "dev", interface, "nud", "permanent")

    def testpmd(self, name, *commands, tap=False, options=()):
        """The plugin has the NIC, as port 0 of a testpmd that has been given the commands.

        tap: its port 1 is interface TAP, through which programs of the guest reach the NIC as
        through an interface of Linux's driver.
        """
        self.release(name)
        guest = self.guest[name]
        guest.bind("uio_pci_generic", NIC)
        eal = ["-l", "0,1", "-m", "64", "-a", guest.address(NIC)]
        if tap:
            guest.run("modprobe", "tun")
            eal += ["--vdev", f"net_tap0,iface={TAP}"]
        process = guest.start(*command_line(self._plugin, eal, options))
        try:
            testpmd = Testpmd(process)
        except BaseException:
            process.close()
            raise
        self._testpmd[name] = testpmd
        driver = testpmd.port_info(0)["Driver name"]
        assert driver == "net_vio", f"guest {name}: the NIC's driver is {driver}"
        if tap:
            self._address(name, TAP)
        wait_for(lambda: testpmd.port_info(0)["Link status"] == "up", "the NIC's link")
        for command in (*commands, "start"):
            testpmd.command(command)
        return testpmd

    def release(self, name):
        """Ends the testpmd that has the NIC, if one has."""
        testpmd = self._testpmd.pop(name, None)
        if testpmd:
            try:
                testpmd.command("stop")
                status = testpmd.quit()
                assert status == 0, f"testpmd ended with status {status}:\n{testpmd.log}"
            finally:
                testpmd.process.close()

    def check(self):
        """The guests' kernels have nothing to complain of."""
        for guest in self.guest.values():
            guest.check_kernel()

    def stop(self):
        """Ends what runs in the ordinary way; the guests go with close()."""
        for name in NAMES:
            self.release(name)
        self.switch.stop()

    def close(self):
        """Ends everything."""
        self._undo.close()
