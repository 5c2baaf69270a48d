# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A vhost-user backend in a thread: wires to put frames in and out, and bad manners on demand."""
import contextlib
import errno
import os
import select
import socket
import struct
import threading
import traceback
from enum import IntEnum

from .vring import Memory, Ring, Violation
from .waiting import FRAME, POLL, wait_for
from .wire import Wire


class Request(IntEnum):
    """Front-end message types."""
    GET_FEATURES = 1
    SET_FEATURES = 2
    SET_OWNER = 3
    SET_MEM_TABLE = 5
    SET_VRING_NUM = 8
    SET_VRING_ADDR = 9
    SET_VRING_BASE = 10
    GET_VRING_BASE = 11
    SET_VRING_KICK = 12
    SET_VRING_CALL = 13
    GET_PROTOCOL_FEATURES = 15
    SET_PROTOCOL_FEATURES = 16
    GET_QUEUE_NUM = 17
    SET_VRING_ENABLE = 18
    SEND_RARP = 19
    NET_SET_MTU = 20
    SET_BACKEND_REQ_FD = 21
    GET_CONFIG = 24
    GET_MAX_MEM_SLOTS = 36
    ADD_MEM_REG = 37
    REM_MEM_REG = 38
    SET_STATUS = 39
    GET_STATUS = 40


NET_F_MTU = 1 << 3
NET_F_MRG_RXBUF = 1 << 15
NET_F_STATUS = 1 << 16
NET_F_MQ = 1 << 22
F_PROTOCOL_FEATURES = 1 << 30
F_VERSION_1 = 1 << 32

PROTOCOL_MQ = 1 << 0
PROTOCOL_REPLY_ACK = 1 << 3
PROTOCOL_MTU = 1 << 4
PROTOCOL_BACKEND_REQ = 1 << 5
PROTOCOL_CONFIG = 1 << 9
PROTOCOL_SLOTS = 1 << 15
PROTOCOL_STATUS = 1 << 16

VERSION = 1
REPLY = 4
NEED_REPLY = 8
NO_FD = 1 << 8
TABLE_MAX = 8  # regions in one SET_MEM_TABLE
BACKEND_CONFIG_CHANGE = 2  # a request of the backend
CONFIG_STATUS = 6          # where the link's state is in the configuration (5.1.4)

REFUSE = object()
"""An answer: a negative acknowledgement."""


def reply(request, payload):
    """A message as it goes over the socket."""
    return struct.pack("<III", request, VERSION | REPLY, len(payload)) + payload


class Cable(Wire):
    """The test's end of a queue pair."""

    def __init__(self):  # pylint: disable=super-init-not-called
        self.socket, self.inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.setblocking(False)
        self.inner.setblocking(False)

    def close(self):
        self.socket.close()
        self.inner.close()


class Backend:
    """The device. One thread does it all, so that nothing in here needs a lock.

    answers: what to say to a request instead of the right thing: REFUSE, bytes for the socket (none
    at all: silence), or a function that does it with the socket. It can be changed while the
    backend runs, and so can features and protocol. config: it has a configuration, with the link.
    """

    def __init__(self, path, pairs=1, *, client=False, slots=0, merge=True, mtu=False,
                 config=False):
        self.path = path
        self.pairs = pairs
        self.client = client
        self.slots = slots
        self.features = F_VERSION_1 | F_PROTOCOL_FEATURES
        self.features |= NET_F_MRG_RXBUF if merge else 0
        self.features |= NET_F_MTU if mtu else 0
        self.features |= NET_F_MQ if pairs > 1 else 0
        self.protocol = PROTOCOL_REPLY_ACK | PROTOCOL_STATUS | PROTOCOL_MQ
        self.protocol |= PROTOCOL_SLOTS if slots else 0
        self.protocol |= PROTOCOL_MTU if mtu else 0
        self.features |= NET_F_STATUS if config else 0
        self.protocol |= PROTOCOL_CONFIG | PROTOCOL_BACKEND_REQ if config else 0
        self.link_up = True
        self.answers = {}
        self.wires = [Cable() for _ in range(pairs)]
        self.memory = Memory()
        self.requests = []  # (Request, payload) of this connection
        self.connections = 0
        self.lost = 0       # frames that went away with a connection
        self._accepted = 0
        self._status = 0
        self._rings = []
        self._held = {}     # frames that found no room: by ring
        self._connection = None
        self._channel = None  # for requests of ours
        self._listener = None
        self._thread = None
        self._trouble = None
        self._wake_out, self._wake_in = socket.socketpair()

    # --- for the test's thread ---

    def start(self):
        """Comes to life: listens, or knocks until somebody answers."""
        if not self.client:
            self._listener = socket.socket(socket.AF_UNIX)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)
            self._listener.bind(str(self.path))
            self._listener.listen(1)
        self._thread = threading.Thread(target=self._main, name=f"backend {self.path}")
        self._thread.start()

    def stop(self):
        """Is gone at once, as if killed; start() brings it back."""
        if self._thread:
            self._wake_in.send(b"!")
            self._thread.join()
            self._thread = None
        self.check()

    def close(self):
        """The end of it."""
        try:
            self.stop()
        finally:
            for wire in self.wires:
                wire.close()
            self._wake_out.close()
            self._wake_in.close()
            with contextlib.suppress(FileNotFoundError):
                if not self.client:
                    os.unlink(self.path)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def check(self):
        """Fails where the frontend did something wrong, or this program."""
        trouble, self._trouble = self._trouble, None
        assert trouble is None, f"backend: {trouble}"

    @property
    def running(self):
        """Queues that work, by number."""
        self.check()
        return [index for index, ring in enumerate(self._rings) if ring.ready]

    def wait_running(self, pairs=None, limit=FRAME):
        """Until the driver is ready for frames."""
        wanted = list(range(2 * (pairs or self.pairs)))
        wait_for(lambda: self.running == wanted, f"the port to start queues {wanted}", limit)

    def set_link(self, up):
        """Changes the link's state in the configuration, and tells; waits until that was heard."""
        self.link_up = up
        self._channel.sendall(struct.pack("<III", BACKEND_CONFIG_CHANGE, VERSION | NEED_REPLY, 0))
        answer = self._channel.recv(64)
        assert answer == reply(BACKEND_CONFIG_CHANGE, bytes(8)), f"the answer is {answer.hex()}"

    def say(self, message):
        """Speaks without being asked."""
        self._connection.sendall(message)

    def asked(self, request):
        """Payloads of all requests of this kind on the present connection."""
        return [payload for kind, payload in list(self.requests) if kind == request]

    # --- the thread ---

    def _main(self):
        try:
            while self._step():
                pass
        except Exception:  # pylint: disable=broad-except
            self._trouble = traceback.format_exc()
        self._disconnect()
        if self._listener:
            self._listener.close()
            self._listener = None

    def _step(self):
        """Waits for something and does it. False: it is time to end."""
        readers = {self._wake_out: None}
        writers = {}
        if self._connection:
            readers[self._connection] = self._serve
            self._watch_queues(readers, writers)
        elif self._listener:
            readers[self._listener] = self._accept
        elif self._knock():
            return True
        idle = 1 if self._connection or self._listener else POLL
        ready, free, _ = select.select(list(readers), list(writers), [], idle)
        if self._wake_out in ready:
            self._wake_out.recv(16)
            return False
        for source, action in [(s, readers[s]) for s in ready] + [(s, writers[s]) for s in free]:
            if self._connection or source is self._listener:
                action()
        return True

    def _watch_queues(self, readers, writers):
        for index, ring in enumerate(self._rings):
            if not ring.ready:
                continue
            wire = self.wires[index // 2].inner
            if index % 2 == 0:
                if index not in self._held:
                    readers[wire] = lambda i=index: self._to_driver(i)
                else:
                    readers[ring.kick] = lambda i=index: self._kicked(i)
            elif index in self._held:
                writers[wire] = lambda i=index: self._from_driver(i)
            else:
                readers[ring.kick] = lambda i=index: self._kicked(i)

    def _kicked(self, index):
        ring = self._rings[index]
        if not ring.ready:
            return
        with contextlib.suppress(BlockingIOError):
            os.read(ring.kick, 8)
        if index % 2:
            self._from_driver(index)
        else:
            self._to_driver(index)

    def _from_driver(self, index):
        ring = self._rings[index]
        if not ring.ready:
            return
        while True:
            frame = self._held.pop(index, None)
            frame = ring.transmit() if frame is None else frame
            if frame is None:
                return
            try:
                self.wires[index // 2].inner.send(frame)
            except BlockingIOError:
                self._held[index] = frame
                return

    def _to_driver(self, index):
        ring = self._rings[index]
        if not ring.ready:
            return
        merge = bool(self._accepted & NET_F_MRG_RXBUF)
        while True:
            frame = self._held.pop(index, None)
            if frame is None:
                try:
                    frame = self.wires[index // 2].inner.recv(1 << 17)
                except BlockingIOError:
                    return
            if not ring.receive(frame, merge):
                self._held[index] = frame
                return

    def _knock(self):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self.path))
        except OSError as failure:
            connection.close()
            if failure.errno not in (errno.ENOENT, errno.ECONNREFUSED):
                raise
            return False
        self._connect(connection)
        return True

    def _accept(self):
        self._connect(self._listener.accept()[0])

    def _connect(self, connection):
        connection.settimeout(FRAME)
        self.connections += 1
        self.requests = []
        self._status = 0
        self._rings = [Ring(self.memory, index) for index in range(2 * self.pairs)]
        self._connection = connection

    def _disconnect(self):
        for ring in self._rings:
            ring.end()
        self._rings = []
        self.lost += len(self._held)
        self._held.clear()
        self.memory.clear()
        for name in "_connection", "_channel":
            if getattr(self, name):
                getattr(self, name).close()
                setattr(self, name, None)

    def _serve(self):
        """One request."""
        try:
            head, files, _, _ = socket.recv_fds(self._connection, 12, TABLE_MAX)
            if len(head) == 12:
                request, flags, size = struct.unpack("<III", head)
                payload = b""
                while len(payload) < size:
                    more = self._connection.recv(size - len(payload))
                    if not more:
                        break
                    payload += more
        except ConnectionError:
            head = b""
        if len(head) < 12 or len(payload) < size:
            self._disconnect()
            return
        request = Request(request)
        if flags & ~NEED_REPLY != VERSION:
            raise Violation(f"{request.name} with flags {flags:#x}")
        self.requests.append((request, payload))
        try:
            self._answer(request, flags, payload, files)
        except ConnectionError:
            self._disconnect()

    def _answer(self, request, flags, payload, files):
        answer = self.answers.get(request)
        if answer is not None:
            for file in files:
                os.close(file)
        else:
            answer = getattr(self, f"_do_{request.name.lower()}")(payload, files)
            if answer is not None:
                answer = reply(request, answer)
        if answer is REFUSE or answer is None and flags & NEED_REPLY:
            answer = reply(request, struct.pack("<Q", answer is REFUSE))
        if callable(answer):
            answer(self._connection)
        elif answer:
            self._connection.sendall(answer)

    # Each does one request; returns the payload of its reply where it has one.

    def _do_get_features(self, _payload, _files):
        return struct.pack("<Q", self.features)

    def _do_set_features(self, payload, _files):
        self._accepted, = struct.unpack("<Q", payload)
        if self._accepted & ~self.features:
            raise Violation(f"features {self._accepted:#x} of {self.features:#x}")

    def _do_get_protocol_features(self, _payload, _files):
        return struct.pack("<Q", self.protocol)

    def _do_set_protocol_features(self, payload, _files):
        accepted, = struct.unpack("<Q", payload)
        if accepted & ~self.protocol:
            raise Violation(f"protocol features {accepted:#x} of {self.protocol:#x}")

    def _do_set_owner(self, _payload, _files):
        pass

    def _do_get_queue_num(self, _payload, _files):
        return struct.pack("<Q", self.pairs)

    def _do_get_max_mem_slots(self, _payload, _files):
        return struct.pack("<Q", self.slots)

    def _do_set_mem_table(self, payload, files):
        count, = struct.unpack_from("<I", payload)
        if count > TABLE_MAX or count != len(files) or len(payload) != 8 + 32 * count:
            raise Violation(f"table of {count} regions: {len(files)} files, {len(payload)} bytes")
        self.memory.clear()
        for index, file in enumerate(files):
            guest, size, user, offset = struct.unpack_from("<QQQQ", payload, 8 + 32 * index)
            self.memory.add(guest, size, user, offset, file)

    def _do_add_mem_reg(self, payload, files):
        guest, size, user, offset = struct.unpack("<8xQQQQ", payload)
        if len(files) != 1 or len(self.memory.regions) >= self.slots:
            raise Violation(f"region {len(self.memory.regions) + 1} of {self.slots} slots, "
                            f"{len(files)} files")
        self.memory.add(guest, size, user, offset, files[0])

    def _do_rem_mem_reg(self, payload, files):
        for file in files:  # the document allows one, and it is of no use
            os.close(file)
        guest, size, _, _ = struct.unpack("<8xQQQQ", payload)
        self.memory.remove(guest, size)

    def _ring(self, index):
        if index >= len(self._rings):
            raise Violation(f"queue {index} of {len(self._rings)}")
        return self._rings[index]

    def _do_set_vring_num(self, payload, _files):
        index, size = struct.unpack("<II", payload)
        if size == 0 or size > 32768 or size & (size - 1):
            raise Violation(f"queue {index} of {size} descriptors")
        self._ring(index).size = size

    def _do_set_vring_base(self, payload, _files):
        index, base = struct.unpack("<II", payload)
        self._ring(index).next = base

    def _do_set_vring_addr(self, payload, _files):
        index, flags, desc, used, avail, _ = struct.unpack("<IIQQQQ", payload)
        if flags:
            raise Violation(f"queue {index}: flags {flags:#x} of its addresses")
        self._ring(index).begin(desc, avail, used)

    def _do_set_vring_kick(self, payload, files):
        self._set_file("kick", payload, files)
        value, = struct.unpack("<Q", payload)
        if not self.features & F_PROTOCOL_FEATURES:
            self._ring(value & 0xff).enabled = True

    def _do_set_vring_call(self, payload, files):
        self._set_file("call", payload, files)

    def _set_file(self, name, payload, files):
        value, = struct.unpack("<Q", payload)
        if value & NO_FD or len(files) != 1:
            raise Violation(f"{name} {value:#x} with {len(files)} files")
        ring = self._ring(value & 0xff)
        if getattr(ring, name) is not None:
            os.close(getattr(ring, name))
        setattr(ring, name, files[0])

    def _do_set_vring_enable(self, payload, _files):
        index, on = struct.unpack("<II", payload)
        self._ring(index).enabled = bool(on)

    def _do_get_vring_base(self, payload, _files):
        index, _ = struct.unpack("<II", payload)
        ring = self._ring(index)
        if index in self._held:
            self.lost += 1
            del self._held[index]
        ring.end()
        return struct.pack("<II", index, ring.next)

    def _do_send_rarp(self, _payload, _files):
        pass

    def _do_net_set_mtu(self, _payload, _files):
        pass

    def _do_set_backend_req_fd(self, _payload, files):
        self._channel, = [socket.socket(fileno=file) for file in files]
        self._channel.settimeout(FRAME)

    def _do_get_config(self, payload, _files):
        offset, size, _ = struct.unpack_from("<III", payload)
        config = bytearray(256)
        struct.pack_into("<H", config, CONFIG_STATUS, self.link_up)
        return payload[:12] + bytes(config[offset:offset + size])

    def _do_set_status(self, payload, _files):
        self._status, = struct.unpack("<Q", payload)

    def _do_get_status(self, _payload, _files):
        return struct.pack("<Q", self._status)
