# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""QEMU's machine protocol: looking at a device from its own side, changing its link."""
import json
import socket

from .waiting import COMMAND, wait_for


class Qmp:
    """A connection to a running QEMU."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        wait_for(path.exists, "QEMU to open its monitor")
        self._socket.settimeout(COMMAND)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rw", encoding="utf-8")
        self._read()  # the greeting
        self.execute("qmp_capabilities")

    def _read(self):
        line = self._file.readline()
        assert line, "QEMU closed its monitor"
        return json.loads(line)

    def execute(self, command, **arguments):
        """One command; returns what QEMU answers."""
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:
            answer = self._read()
            assert "error" not in answer, f"QEMU's {command}: {answer['error']['desc']}"
            if "return" in answer:
                return answer["return"]

    def devices(self):
        """Identifiers of the devices that there are."""
        return {item["name"] for item in self.execute("qom-list", path="/machine/peripheral")}

    def close(self):
        """The end of it."""
        self._file.close()
        self._socket.close()


class Device:
    """A virtio-net device as QEMU sees it, by its id."""

    def __init__(self, qmp, name):
        self._qmp = qmp
        self.name = name
        self._path = f"/machine/peripheral/{self.name}/virtio-backend"

    def _status(self):
        return self._qmp.execute("x-query-virtio-status", path=self._path)

    @property
    def status(self):
        """Names of the bits of the device status: DRIVER_OK, ..."""
        bits = self._status()["status"]["statuses"]
        return {bit.split(":")[0].removeprefix("VIRTIO_CONFIG_S_") for bit in bits}

    @property
    def broken(self):
        """Did the driver do something that the device cannot go on after?"""
        return self._status()["broken"]

    def features(self, side):
        """Feature bits as QEMU tells them, in words; side: "host" or "guest"."""
        bits = self._status()[f"{side}-features"]
        return set(bits["transports"] + bits.get("dev-features", []))

    def queue(self, index):
        """Virtqueue: vring-num, vring-desc, vring-avail, vring-used, ..."""
        return self._qmp.execute("x-query-virtio-queue-status", path=self._path, queue=index)

    def set_link(self, up):
        """Plugs the cable in or out."""
        self._qmp.execute("set_link", name=self.name, up=up)
