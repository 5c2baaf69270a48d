# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""The host's end of a guest's NIC: QEMU passes each frame as a datagram of a UNIX socket."""
import select
import socket
import time

from .waiting import FRAME, SILENCE


class Wire:
    """Where a test puts frames in and takes frames out."""

    def __init__(self, folder, name):
        self.near = folder / f"{name}.host"
        self.far = folder / f"{name}.nic"
        self._connected = False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(str(self.near))

    @property
    def backend(self):
        """What scripts/vm.sh wants to know, see --nic."""
        return f"dgram:local={self.far},remote={self.near}"

    def connect(self):
        """Once QEMU is there; from then on the socket is writable when QEMU takes frames."""
        self.socket.connect(str(self.far))

    def try_send(self, frame, patience=0):
        """Sends a frame if there is room for it now, or after some seconds."""
        end = time.monotonic() + patience
        while True:
            try:
                self.socket.send(frame)
                return True
            except BlockingIOError:
                if not select.select([], [self.socket], [], max(0, end - time.monotonic()))[1]:
                    return False

    def send(self, frame):
        """Sends a frame, waits for room."""
        assert self.try_send(frame, FRAME), f"the NIC took no frame for {FRAME:.0f} s"

    def receive(self, limit=FRAME):
        """The next frame; None if there is none in limit seconds."""
        readable, _, _ = select.select([self.socket], [], [], limit)
        return self.socket.recv(1 << 17) if readable else None

    def drain(self):
        """Throws away what comes until nothing does."""
        while self.receive(SILENCE) is not None:
            pass

    def close(self):
        """The end of it."""
        self.socket.close()
