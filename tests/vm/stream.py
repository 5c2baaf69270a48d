#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage, in a guest: stream.py BYTES ADDRESS PORT

Sends random bytes over TCP to somebody who sends them back once all are there, and compares.
"""
import random
import socket
import sys

COMMAND = 110.0  # seconds of silence; the host gives up at 120


def main():
    """Entry point."""
    size, address, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    sent = random.Random(size).randbytes(size)
    came = bytearray()
    with socket.create_connection((address, port), COMMAND) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(1 << 20):
            came += part
    assert came == sent, f"{len(came)} of {size} bytes came back, or others than were sent"
    print(f"{size} bytes there and back")


if __name__ == "__main__":
    main()
