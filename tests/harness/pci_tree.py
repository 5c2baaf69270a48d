# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A folder that looks like sysfs and procfs to vio-info, with PCI functions of any kind in it."""
import os
import struct

COMMON, NOTIFY, ISR, DEVICE, PCI_CFG = 1, 2, 3, 4, 5
VENDOR_CAP, MSIX_CAP = 0x09, 0x11
VIRTIO = 0x1af4
MEMORY_ON, HAS_CAPS = 2, 0x10

# Where a well-made function has its structures: BAR 4.
BAR, BAR_LEN = 4, 0x4000
AT_COMMON, AT_ISR, AT_DEVICE, AT_NOTIFY, LENGTH = 0x0000, 0x1000, 0x2000, 0x3000, 0x1000

# Registers of the common configuration (4.1.4.3).
FEATURE_SELECT, FEATURE, NUM_QUEUES, STATUS, QUEUE_SELECT, QUEUE_SIZE = 0, 4, 18, 20, 22, 24


class Config:
    """Configuration space with a list of capabilities that grows."""

    def __init__(self, device=0x1041, subsystem=0x1041, vendor=VIRTIO, size=256):
        self.bytes = bytearray(size)
        struct.pack_into("<HHHH", self.bytes, 0, vendor, device, MEMORY_ON, HAS_CAPS)
        struct.pack_into("<HH", self.bytes, 0x2c, vendor, subsystem)
        self.tail, self.free = 0x34, 0x40

    def add(self, cap_id, body, length=None):
        """Appends a capability; body follows the two bytes of its head. Returns its position."""
        at = self.free
        self.bytes[self.tail] = at
        self.bytes[at] = cap_id
        self.bytes[at + 2:at + 2 + len(body)] = body
        self.tail, self.free = at + 1, at + ((length or 2 + len(body)) + 3 & ~3)
        return at

    def structure(self, kind, offset, length=LENGTH, bar=BAR, cap_len=16, more=b""):
        """Appends a virtio capability (4.1.4)."""
        body = struct.pack("<BBBxxxII", cap_len, kind, bar, offset, length) + more
        return self.add(VENDOR_CAP, body)

    def notify(self, offset=AT_NOTIFY, length=LENGTH, bar=BAR, multiplier=4):
        """Appends a notification capability."""
        return self.structure(NOTIFY, offset, length, bar, 20, struct.pack("<I", multiplier))

    def msix(self, vectors=3, enabled=False):
        """Appends an MSI-X capability."""
        return self.add(MSIX_CAP, struct.pack("<HII", vectors - 1 | enabled << 15, 1, 0x801))


def usual(**ids):
    """What a function without tricks has."""
    config = Config(**ids)
    config.msix()
    config.structure(COMMON, AT_COMMON)
    config.structure(ISR, AT_ISR)
    config.structure(DEVICE, AT_DEVICE)
    config.notify()
    config.structure(PCI_CFG, 0, 0, 0, 20, bytes(4))
    return config


def registers(features=0, num_queues=3, status=0, queue_size=256, net=b""):
    """Content of BAR 4. A file answers both halves of the features alike: give 32 bits."""
    bar = bytearray(BAR_LEN)
    struct.pack_into("<I", bar, AT_COMMON + FEATURE, features)
    struct.pack_into("<H", bar, AT_COMMON + NUM_QUEUES, num_queues)
    bar[AT_COMMON + STATUS] = status
    struct.pack_into("<H", bar, AT_COMMON + QUEUE_SIZE, queue_size)
    bar[AT_DEVICE:AT_DEVICE + len(net)] = net
    return bytes(bar)


class Tree:
    """The folder; vio-info --root takes it."""

    def __init__(self, root):
        self.root = root
        self.devices = root / "sys/bus/pci/devices"
        self.devices.mkdir(parents=True)
        (root / "proc/net").mkdir(parents=True)
        (root / "sys/bus/pci/drivers_probe").touch()
        self.driver("virtio-pci")

    def driver(self, name):
        """A driver that is loaded."""
        folder = self.root / "sys/bus/pci/drivers" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "unbind").touch()
        return folder

    def function(self, bdf, config=None, driver=None, group=None, bar=None, numa=-1):
        """Adds a function; returns its folder."""
        config = config or usual()
        folder = self.devices / bdf
        folder.mkdir()
        vendor, device = struct.unpack_from("<HH", config.bytes)
        bars = [(0, 0, 0)] * 13
        bars[0] = 0xc000, 0xc01f, 0x40101
        bars[BAR] = 0xfebf0000, 0xfebf0000 + BAR_LEN - 1, 0x140204
        for name, text in {
                "vendor": f"{vendor:#06x}\n", "device": f"{device:#06x}\n",
                "class": "0x020000\n", "irq": "11\n", "numa_node": f"{numa}\n",
                "driver_override": "(null)\n",
                "resource": "".join("0x%016x 0x%016x 0x%016x\n" % one for one in bars)}.items():
            (folder / name).write_text(text, encoding="ascii")
        (folder / "config").write_bytes(bytes(config.bytes))
        if bar is not None:
            (folder / f"resource{BAR}").write_bytes(bar)
        if driver:
            (folder / "driver").symlink_to(os.path.relpath(self.driver(driver), folder))
        if group is not None:
            target = self.root / f"sys/kernel/iommu_groups/{group}"
            target.mkdir(parents=True, exist_ok=True)
            (folder / "iommu_group").symlink_to(target)
        return folder

    def interface(self, folder, name="eth7", up=False, features=(), master=None, number=0,
                  net_driver=True):
        """The kernel's side of a function that virtio-pci has; name None: none to be seen."""
        virtio = folder / f"virtio{number}"
        (virtio / "net").mkdir(parents=True)
        bits = "".join("1" if bit in features else "0" for bit in range(128))
        (virtio / "features").write_text(bits + "\n", encoding="ascii")
        if net_driver:
            target = self.root / "sys/bus/virtio/drivers/virtio_net"
            target.mkdir(parents=True, exist_ok=True)
            (virtio / "driver").symlink_to(target)
        if not name:
            return
        net = virtio / "net" / name
        net.mkdir()
        for file, text in {"flags": "0x1003" if up else "0x1002", "mtu": "1400", "speed": "-1",
                           "address": "02:00:00:00:00:07"}.items():
            (net / file).write_text(text + "\n", encoding="ascii")
        if master:
            (net / "master").symlink_to(f"../{master}")

    def process(self, pid, name, opened=(), mapped=()):
        """A process with files open and mapped."""
        folder = self.root / "proc" / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(name + "\n", encoding="ascii")
        for number, path in enumerate(opened):
            (folder / "fd" / str(number)).symlink_to(path)
        (folder / "maps").write_text("".join(
            f"7f0000000000-7f0000004000 rw-s 00000000 00:16 123  {path}\n" for path in mapped),
            encoding="ascii")

    def uio(self, folder, number=0):
        """The uio device of a function that is bound to uio_pci_generic."""
        (folder / "uio" / f"uio{number}").mkdir(parents=True)

    def route(self, interface, destination="00000000", mask="00000000"):
        """An IPv4 route."""
        (self.root / "proc/net/route").write_text(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
            f"{interface}\t{destination}\t0200000A\t0003\t0\t0\t0\t{mask}\t0\t0\t0\n",
            encoding="ascii")

    def route6(self, interface, length="00"):
        """An IPv6 route to anywhere of this prefix length, in hexadecimal."""
        (self.root / "proc/net/ipv6_route").write_text(
            f"{'0' * 32} {length} {'0' * 32} 00 fe80{'0' * 27}1 00000400 00000001 00000000 "
            f"00000003 {interface:>8}\n", encoding="ascii")

    def content(self):
        """Every file and link: what must not change."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in folders + files:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    found[path] = os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        found[path] = file.read()
        return found
