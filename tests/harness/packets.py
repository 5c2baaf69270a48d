# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""IP packets in Ethernet frames, and their checksums."""
import random
import struct

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

SOURCE = "02:00:00:00:00:01"
VLAN = b"\x81\x00"
WRONG = 0x1234  # a checksum that none of the packets has
CSUM_AT = {TCP: 16, UDP: 6}


def payload(size, number=0):
    """Bytes that no other number or size has."""
    return random.Random(size << 32 | number).randbytes(size)


def packet(l4, data, ends, version=4, to=SOURCE, vlan=None, **fields):
    """A frame, by scapy; l4: TCP or UDP, ends: addresses, fields: of the layer 4 header."""
    layers = Ether(src=SOURCE, dst=to)
    if vlan is not None:
        layers /= Dot1Q(vlan=vlan)
    ip = IP if version == 4 else IPv6
    return layers / ip(src=ends[0], dst=ends[1]) / l4(sport=4000, dport=5000, **fields) / Raw(data)


def tagged(frame, vlan):
    """The frame with a VLAN tag."""
    return frame[:12] + VLAN + struct.pack(">H", vlan) + frame[12:]


def ones_sum(data):
    """Sum in ones' complement of 16 bits words (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def parts(frame):
    """Of an untagged frame: pseudo header, where layer 4 begins, where it ends."""
    if frame[12:14] == b"\x08\x00":
        start = 14 + 4 * (frame[14] & 15)
        end = 14 + struct.unpack_from(">H", frame, 16)[0]
        pseudo = frame[26:34] + struct.pack(">BBH", 0, frame[23], end - start)
    else:
        start = 54
        end = start + struct.unpack_from(">H", frame, 18)[0]
        pseudo = frame[22:54] + struct.pack(">IHBB", end - start, 0, 0, frame[20])
    return pseudo, start, end


def pseudo_sum(frame):
    """What stands in the checksum's place of a packet whose sum is left to a device."""
    return ones_sum(parts(frame)[0])


def checksum_is_right(frame):
    """Is the layer 4 checksum of an untagged frame the whole and right one?"""
    pseudo, start, end = parts(frame)
    return ones_sum(pseudo + frame[start:end]) == 0xffff


def summing_to_zero(frame):
    """The frame with its last two bytes changed so that its layer 4 checksum would be 0."""
    at = parts(frame)[1] + CSUM_AT[UDP]
    pseudo, start, end = parts(frame)
    assert (end - start) % 2 == 0 and frame[at:at + 2] == b"\0\0"
    rest = ones_sum(pseudo + frame[start:end - 2])
    return frame[:end - 2] + struct.pack(">H", 0xffff - rest)
