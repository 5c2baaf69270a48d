#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Checked traffic for scripts/demo.sh, one process in each network namespace.

  traffic.py serve ADDRESS        answers; prints "ready" when it listens
  traffic.py check ADDRESS MIB    sends MIB of random bytes over TCP each way and one datagram for
                                  every frame size each way; prints what came back as JSON

Both ends know all bytes from a seed, so each side counts the wrong ones of what it receives.
The datagrams go without UDP checksum: the kernel does not hide a damaged one from the count.
"""
import json
import random
import select
import socket
import sys
import threading

PORT = 5000
SO_NO_CHECK = 11  # <asm-generic/socket.h>; Python has no name for it
BLOCK = 1 << 20
# UDP payload of a 64 and of a 1518 byte frame: without Ethernet header, FCS, IPv4 and UDP header.
DATAGRAM_SIZES = range(64 - 18 - 28, 1518 - 18 - 28 + 1)
TRIES = 5


def payload(size, seed):
    return random.Random(seed).randbytes(size)


def receive_exactly(sock, size):
    parts = []
    while size > 0:
        part = sock.recv(min(size, BLOCK))
        if not part:
            raise EOFError("the other side closed the connection")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def wrong_bytes(got, expected):
    if got == expected:
        return 0
    return sum(a != b for a, b in zip(got, expected)) + abs(len(got) - len(expected))


def send_blocks(sock, count, seed):
    for i in range(count):
        sock.sendall(payload(BLOCK, f"{seed} {i}"))


def receive_blocks(sock, count, seed):
    return sum(wrong_bytes(receive_exactly(sock, BLOCK), payload(BLOCK, f"{seed} {i}"))
               for i in range(count))


def answer_datagrams(sock):
    """Answers number N with N's payload of the other direction and how many bytes were wrong."""
    while True:
        data, peer = sock.recvfrom(65536)
        size = len(data)
        wrong = wrong_bytes(data, payload(size, f"there {size}"))
        reply = bytearray(payload(size, f"back {size}"))
        reply[:2] = wrong.to_bytes(2, "big")
        sock.sendto(reply, peer)


def datagram_socket():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    return sock


def serve(address):
    udp = datagram_socket()
    udp.bind((address, PORT))
    threading.Thread(target=answer_datagrams, args=(udp,), daemon=True).start()
    tcp = socket.create_server((address, PORT))
    print("ready", flush=True)
    sock, _ = tcp.accept()
    with sock:
        count = int.from_bytes(receive_exactly(sock, 4), "big")
        wrong = receive_blocks(sock, count, "there")
        sock.sendall(wrong.to_bytes(8, "big"))
        send_blocks(sock, count, "back")
        sock.recv(1)  # ends when the other side has what it wants


def check_datagrams(address):
    """Returns (frames exchanged, bytes wrong, datagrams that had to be sent again)."""
    sock = datagram_socket()
    sock.connect((address, PORT))
    frames = wrong = again = 0
    for size in DATAGRAM_SIZES:
        expected = payload(size, f"back {size}")
        for attempt in range(TRIES):
            again += attempt > 0
            sock.send(payload(size, f"there {size}"))
            if not select.select([sock], [], [], 2)[0]:
                continue
            got = sock.recv(65536)
            wrong += int.from_bytes(got[:2], "big")
            wrong += wrong_bytes(got[2:], expected[2:])
            frames += 2
            while attempt and select.select([sock], [], [], 0.5)[0]:
                sock.recv(65536)  # late answers to the earlier tries
            break
    return frames, wrong, again


def check(address, mib):
    with socket.create_connection((address, PORT), timeout=60) as sock:
        sock.sendall(mib.to_bytes(4, "big"))
        send_blocks(sock, mib, "there")
        wrong_there = int.from_bytes(receive_exactly(sock, 8), "big")
        wrong_back = receive_blocks(sock, mib, "back")
        frames, wrong_frames, again = check_datagrams(address)
    print(json.dumps({
        "tcp_mib": 2 * mib,
        "tcp_wrong_bytes": wrong_there + wrong_back,
        "frames": frames,
        "frames_expected": 2 * len(DATAGRAM_SIZES),
        "frames_wrong_bytes": wrong_frames,
        "frames_again": again,
    }))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        check(sys.argv[2], int(sys.argv[3]))
