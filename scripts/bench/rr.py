#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Usage: rr.py serve ADDRESS | rr.py tcp|udp ADDRESS SECONDS

A byte there and back, one at a time, for scripts/bench/netperf.sh. The client prints JSON: round
trips, seconds, and the percentiles of a round trip in microseconds. A datagram that is not answered
within a second is counted as lost and sent again.
"""
import json
import selectors
import socket
import sys
import time

PORT = 12865


def serve(address):
    """Sends back what comes, over TCP and UDP, until somebody ends it."""
    selector = selectors.DefaultSelector()
    listener = socket.create_server((address, PORT))
    datagrams = socket.socket(type=socket.SOCK_DGRAM)
    datagrams.bind((address, PORT))
    for each in listener, datagrams:
        selector.register(each, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
            elif key.fileobj is datagrams:
                data, sender = datagrams.recvfrom(64)
                datagrams.sendto(data, sender)
            elif data := key.fileobj.recv(64):
                key.fileobj.sendall(data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()


def ask(kind, address, seconds):
    """The client."""
    end_point = socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    end_point.connect((address, PORT))
    if kind == "tcp":
        end_point.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end_point.settimeout(1 if kind == "udp" else 30)
    times, lost = [], 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        sent = time.perf_counter()
        end_point.send(b"?")
        try:
            if not end_point.recv(1):
                raise ConnectionError("the other end has closed the connection")
        except TimeoutError:
            if kind == "tcp":
                raise
            lost += 1
            continue
        times.append(time.perf_counter() - sent)
    passed = time.perf_counter() - start
    times.sort()
    print(json.dumps({"trips": len(times), "lost": lost, "seconds": passed, "us": {
        str(percent): times[int(len(times) * percent / 100)] * 1e6 for percent in (50, 99)}}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"] and len(sys.argv) == 3:
        serve(sys.argv[2])
    elif sys.argv[1:2] in (["tcp"], ["udp"]) and len(sys.argv) == 4:
        ask(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    else:
        sys.exit(__doc__)
