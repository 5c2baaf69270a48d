# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The device's side of split virtqueues in memory that a driver shares: slow, and a stickler.

What a driver may not do (VIRTIO 1.3, 2.7) raises a Violation. The indices are read and written as
items of a memoryview, each a single load or store (struct.pack_into() would clear the place first);
together with the order in which x86 processors make stores visible this is all the synchronisation
that a device needs.
"""
import contextlib
import mmap
import os
import struct
from dataclasses import dataclass

NO_INTERRUPT = 1
"""In the available ring's flags: the driver does not want to hear of used buffers (2.7.7)."""
DESC_NEXT = 1
DESC_WRITE = 2
DESC_INDIRECT = 4
HEADER = 12
"""Bytes of struct virtio_net_hdr with num_buffers (5.1.6), which it has with VERSION_1."""


class Violation(Exception):
    """The driver did what it may not do."""


@dataclass
class Region:
    """A piece of the driver's memory."""
    guest: int
    size: int
    user: int
    offset: int
    map: mmap.mmap
    words: memoryview

    def close(self):
        """Unmaps it."""
        self.words.release()
        self.map.close()


class Memory:
    """All that the driver shares."""

    def __init__(self):
        self.regions = []

    def add(self, guest, size, user, offset, file):
        """Maps a region; the file descriptor is closed."""
        try:
            mapped = mmap.mmap(file, offset + size)
        finally:
            os.close(file)
        self.regions.append(Region(guest, size, user, offset, mapped,
                                   memoryview(mapped).cast("H")))

    def remove(self, guest, size):
        """Forgets a region."""
        region = next((r for r in self.regions if (r.guest, r.size) == (guest, size)), None)
        if region is None:
            raise Violation(f"a region at {guest:#x}, {size:#x} bytes, is removed: there is none")
        self.regions.remove(region)
        region.close()

    def clear(self):
        """Forgets all regions."""
        for region in self.regions:
            region.close()
        self.regions = []

    def find(self, address, size, kind="guest"):
        """Where an address is: a region and the position in its map. kind: guest or user"""
        for region in self.regions:
            at = address - getattr(region, kind)
            if 0 <= at and at + size <= region.size:
                return region, region.offset + at
        raise Violation(f"{size} bytes at {address:#x} are in none of {len(self.regions)} regions")

    def read(self, address, size):
        """Bytes at a guest address."""
        region, at = self.find(address, size)
        return region.map[at:at + size]

    def write(self, address, data):
        """The opposite."""
        region, at = self.find(address, len(data))
        region.map[at:at + len(data)] = data


class Ring:
    """A split virtqueue."""

    def __init__(self, memory, index):
        self._memory = memory
        self._number = index
        self.size = 0
        self.next = 0       # position in the available ring
        self.used = 0       # position in the used ring
        self.calls = 0      # notifications of used buffers
        self.addresses = None
        self.kick = None
        self.call = None
        self.enabled = False
        self._out = set()   # heads that the device has

    def __repr__(self):
        return f"queue {self._number}"

    @property
    def ready(self):
        """May it be looked at?"""
        return self.enabled and self.kick is not None and self.addresses is not None

    def begin(self, desc, avail, used):
        """The driver says where the parts are, as addresses of its own."""
        self.addresses = {
            "desc": (desc, 16 * self.size),
            "avail": (avail, 6 + 2 * self.size),
            "used": (used, 6 + 8 * self.size),
        }
        for address, size in self.addresses.values():
            self._memory.find(address, size, "user")
        self.used = self._index("used")

    def end(self):
        """It is not used any more; the descriptors are closed."""
        for file in (self.kick, self.call):
            if file is not None:
                os.close(file)
        self.kick = self.call = self.addresses = None
        self.enabled = False
        self._out.clear()

    def _where(self, part):
        return self._memory.find(*self.addresses[part], "user")

    def _load(self, part, offset, form):
        region, at = self._where(part)
        return struct.unpack_from(f"={form}", region.map, at + offset)

    def _index(self, part):
        region, at = self._where(part)
        return region.words[(at + 2) // 2]

    def pending(self):
        """How many chains are available."""
        count = (self._index("avail") - self.next) & 0xffff
        if count > self.size:
            raise Violation(f"{self} of {self.size} has {count} entries available")
        return count

    def peek(self, ahead=0):
        """A chain that is available: its head and the buffers (address, length, writable)."""
        at = (self.next + ahead) % self.size
        head = self._load("avail", 4 + 2 * at, "H")[0]
        if head in self._out:
            raise Violation(f"{self}: descriptor {head} is made available twice")
        buffers = []
        index = head
        while True:
            if index >= self.size:
                raise Violation(f"{self} of {self.size}: descriptor {index}")
            address, length, flags, following = self._load("desc", 16 * index, "QIHH")
            if flags & DESC_INDIRECT:
                self._indirect(address, length, flags, buffers)
                break
            buffers.append((address, length, bool(flags & DESC_WRITE)))
            if not flags & DESC_NEXT:
                break
            index = following
            if len(buffers) > self.size:
                raise Violation(f"{self}: the chain of descriptor {head} has no end")
        self._check(buffers)
        return head, buffers

    def _indirect(self, address, length, flags, buffers):
        if flags & (DESC_NEXT | DESC_WRITE) or length == 0 or length % 16:
            raise Violation(f"{self}: indirect descriptor of {length} bytes, flags {flags:#x}")
        table = self._memory.read(address, length)
        index = 0
        while True:
            buffer, size, flags, index = struct.unpack_from("<QIHH", table, 16 * index)
            buffers.append((buffer, size, bool(flags & DESC_WRITE)))
            if not flags & DESC_NEXT:
                return
            if index >= length // 16 or len(buffers) > length // 16:
                raise Violation(f"{self}: the indirect table has no end")

    def _check(self, buffers):
        kinds = [writable for _, _, writable in buffers]
        if kinds != sorted(kinds):
            raise Violation(f"{self}: a readable buffer comes after a writable one")
        for address, length, _ in buffers:
            if length == 0:
                raise Violation(f"{self}: a buffer of no bytes")
            self._memory.find(address, length)

    def take(self):
        """The device takes the chain that peek() shows."""
        head, buffers = self.peek()
        self._out.add(head)
        self.next = (self.next + 1) & 0xffff
        return head, buffers

    def give_back(self, chains):
        """Returns chains to the driver at once: pairs of head and bytes written."""
        region, at = self._where("used")
        for head, length in chains:
            self._out.remove(head)
            struct.pack_into("=II", region.map, at + 4 + 8 * (self.used % self.size), head, length)
            self.used = (self.used + 1) & 0xffff
        region.words[(at + 2) // 2] = self.used
        if self.call is not None and not self._load("avail", 0, "H")[0] & NO_INTERRUPT:
            with contextlib.suppress(BlockingIOError):
                os.write(self.call, struct.pack("=Q", 1))
                self.calls += 1

    def transmit(self):
        """The next frame that the driver sends, None where there is none."""
        if not self.pending():
            return None
        head, buffers = self.take()
        if buffers[-1][2]:
            raise Violation(f"{self}: a buffer to transmit is writable")
        data = b"".join(self._memory.read(address, length) for address, length, _ in buffers)
        if len(data) < HEADER:
            raise Violation(f"{self}: {len(data)} bytes are less than a header")
        if any(data[:HEADER - 2]):
            raise Violation(f"{self}: header {data[:HEADER].hex()} without offloads negotiated")
        self.give_back([(head, 0)])
        return data[HEADER:]

    def receive(self, frame, merge):
        """Puts a frame into the driver's buffers. False: there is no room now."""
        sizes = []
        left = HEADER + len(frame)
        while left > 0:
            if len(sizes) == self.pending():
                return False
            _, buffers = self.peek(len(sizes))
            if not buffers[0][2]:
                raise Violation(f"{self}: a buffer to receive is not writable")
            sizes.append(min(left, sum(length for _, length, _ in buffers)))
            left -= sizes[-1]
            if left > 0 and not merge:
                raise Violation(f"{self}: a buffer of {sizes[0]} bytes, a frame of {len(frame)}, "
                                "and buffers are not to be merged")
        data = bytes(HEADER - 2) + struct.pack("<H", len(sizes)) + frame
        chains = []
        for size in sizes:
            head, buffers = self.take()
            self._scatter(buffers, data[:size])
            data = data[size:]
            chains.append((head, size))
        self.give_back(chains)
        return True

    def _scatter(self, buffers, data):
        for address, length, _ in buffers:
            if data:
                self._memory.write(address, data[:length])
            data = data[length:]
