# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A kernel's network interface as a wire: what is put in it sends, what it receives comes out."""
import errno
import select
import socket

from .waiting import FRAME, SILENCE

# Of <linux/if_packet.h> and <asm-generic/socket.h>; Python has no names for them.
SOL_PACKET = 263
PACKET_IGNORE_OUTGOING = 23
SO_RCVBUFFORCE = 33
ROOM = 4 << 20  # bytes that may wait for us


class Interface:
    """The same operations as a Wire, for frames of one Ethernet type."""

    def __init__(self, name, ethertype):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        self.socket.bind((name, ethertype))
        self.socket.setblocking(False)

    def try_send(self, frame, patience=0):
        """Sends a frame if there is room for it now, or after some seconds."""
        if not select.select([], [self.socket], [], patience)[1]:
            return False
        try:
            self.socket.send(frame)
            return True
        except OSError as failure:
            if failure.errno not in (errno.EAGAIN, errno.ENOBUFS):
                raise
            return False

    def receive(self, limit=FRAME):
        """The next frame; None if there is none in limit seconds."""
        readable, _, _ = select.select([self.socket], [], [], limit)
        return self.socket.recv(1 << 17) if readable else None

    def drain(self):
        """Throws away what comes until nothing does."""
        while self.receive(SILENCE) is not None:
            pass
