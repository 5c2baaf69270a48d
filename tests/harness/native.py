# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""DPDK programs on this machine: no PCI device, no file outside of a folder of their own."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from .process import LocalProcess
from .testpmd import Testpmd
from .vhost_user import Backend
from .waiting import COMMAND, wait_for

# EAL's options for memory, by how it comes about. A testpmd with 8192 mbufs needs some 40 MB.
MEMORY = {
    "nohuge": ["--no-huge", "-m", "96"],
    "huge": ["--in-memory", "--single-file-segments", "-m", "64"],
}
HUGEPAGES = 132
"""Hugepages of 2 MB that tests with hugepages need altogether."""

REPO = Path(__file__).resolve().parent.parent.parent
POOL = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")


def hugepages(kind):
    """nr or free hugepages of 2 MB."""
    return int((POOL / f"{kind}_hugepages").read_text(encoding="ascii"))


@contextlib.contextmanager
def borrowed_hugepages(count):
    """Sees to it that so many hugepages are free; yields whether there are. Gives them back."""
    added = 0
    try:
        missing = count - hugepages("free") if POOL.exists() else 0
        if missing > 0:
            before = hugepages("nr")
            with contextlib.suppress(OSError):
                (POOL / "nr_hugepages").write_text(str(before + missing), encoding="ascii")
            added = hugepages("nr") - before
        yield POOL.exists() and hugepages("free") >= count
    finally:
        if added:
            (POOL / "nr_hugepages").write_text(str(max(0, hugepages("nr") - added)), encoding="ascii")


class Telemetry:
    """A client of the telemetry socket of a program."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(COMMAND)
        self._socket.connect(str(path))
        self._max = json.loads(self._socket.recv(1024))["max_output_len"]

    def ask(self, command):
        """What the program answers to a command."""
        self._socket.send(command.encode())
        answer = json.loads(self._socket.recv(self._max))
        return answer[command.split(",")[0]]

    def close(self):
        """The end of it."""
        self._socket.close()


class Site:
    """A folder with sockets, and the programs that a test starts; close() ends and removes all."""

    def __init__(self, plugin):
        self.plugin = plugin
        self._undo = contextlib.ExitStack()
        self.folder = Path(self._undo.enter_context(tempfile.TemporaryDirectory(
            prefix="vio-test-")))
        self._count = 0
        self._started = []
        cpus = sorted(os.sched_getaffinity(0))
        self._cpus = {"front": cpus[0], "back": cpus[-1]}

    def socket(self, name="vhost"):
        """Path of a socket to be."""
        return self.folder / name

    def port(self, path, number=0, **devargs):
        """--vdev's argument for a port of the driver."""
        return ",".join([f"net_vio_user{number}", f"path={path}",
                         *(f"{key}={value}" for key, value in devargs.items())])

    @property
    def environment(self):
        """EAL keeps its run-time files in the folder too."""
        return {**os.environ, "RUNTIME_DIRECTORY": str(self.folder)}

    def command(self, program, place, vdevs=(), memory="nohuge", prefix="rte"):
        """A DPDK program with EAL's arguments; place: front or back, so that the two do not share a
        core where there are several. memory: a key of MEMORY, or options."""
        cpu = self._cpus[place]
        other = self._cpus["back" if place == "front" else "front"]
        command = ["stdbuf", "-oL", program, "--no-pci", "--lcores", f"0@{other},1@{cpu}",
                   "--main-lcore", "0", "--file-prefix", prefix,
                   *(MEMORY[memory] if isinstance(memory, str) else memory)]
        if place == "front":
            command += ["-d", str(self.plugin)]
        for vdev in vdevs:
            command += ["--vdev", str(vdev)]
        return command

    def start(self, command, env=None):
        """Starts any program."""
        process = LocalProcess(command, env=env or self.environment)
        self._undo.callback(process.close)
        self._started.append((" ".join(map(str, command)), process))
        return process

    def logs(self):
        """What the programs wrote: pairs of name and text."""
        return [(name, process.output()) for name, process in self._started]

    def testpmd_command(self, vdevs, options=(), place="front", memory="nohuge", mbufs=8192,
                        prefix="rte"):
        """What starts an interactive testpmd with these ports."""
        return [*self.command("dpdk-testpmd", place, vdevs, memory, prefix), "--", "-i",
                "--no-mlockall", f"--total-num-mbufs={mbufs}", *options]

    def testpmd(self, vdevs, options=(), place="front", memory="nohuge", mbufs=8192,
                prefix=None):
        """An interactive testpmd with these ports."""
        self._count += 1
        prefix = prefix or f"{place}{self._count}"
        testpmd = Testpmd(self.start(self.testpmd_command(vdevs, options, place, memory, mbufs,
                                                          prefix)))
        testpmd.prefix = prefix
        return testpmd

    def backend(self, name="vhost", pairs=1, start=True, **wishes):
        """A backend of ours, with wires."""
        backend = Backend(self.socket(name), pairs, **wishes)
        self._undo.callback(backend.close)
        if start:
            backend.start()
        return backend

    def telemetry(self, testpmd):
        """The telemetry socket of a testpmd."""
        client = Telemetry(self.folder / "dpdk" / testpmd.prefix / "dpdk_telemetry.v2")
        self._undo.callback(client.close)
        return client

    def shared_memory(self):
        """EAL's options for memory that another process can attach to: hugepages with names."""
        folder = self.folder / "huge"
        folder.mkdir()
        subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "vio-test", str(folder)],
                       check=True)
        self._undo.callback(subprocess.run, ["umount", str(folder)], check=True)
        return ["--huge-dir", str(folder), "--single-file-segments", "-m", "64"]

    def run(self, command, check=True, env=None, text=""):
        """Runs a program to its end, with text to read; returns status and output."""
        done = subprocess.run([str(part) for part in command], env=env or self.environment,
                              text=True, errors="replace", timeout=COMMAND, input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert not check or done.returncode == 0, (f"'{command[0]}' ended with status "
                                                   f"{done.returncode}:\n{done.stdout}")
        return done.returncode, done.stdout

    def close(self):
        """The end of it."""
        self._undo.close()


def pool_plugins():
    """-d for libraries with mempool operations that testpmd is linked with. Processes name these
    operations by number, so that one beside testpmd needs them first too."""
    said = subprocess.run(["ldd", shutil.which("dpdk-testpmd")], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    paths = re.findall(r"=> (\S*/librte_mempool_\S+)", said)
    return [word for path in paths for word in ("-d", path)]


def open_files(process):
    """How many file descriptors a program has."""
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def quit_all(*programs):
    """Ends testpmds in the ordinary way, which has to work."""
    for testpmd in programs:
        status = testpmd.quit()
        assert status == 0, f"testpmd ended with status {status}:\n{testpmd.log}"


def wait_link(testpmd, state, port=0):
    """Until testpmd says that a port's link is up, or down."""
    wait_for(lambda: testpmd.port_info(port)["Link status"] == state,
             f"port {port} to be {state}")


# Exit status of tests/native/start_port.c.
NO_PORT = 2
NO_START = 4


def start_port(site, vdev, memory="nohuge", mbufs=1023):
    """An application that starts a port: exit status and output."""
    program = REPO / os.environ.get("VIO_BUILD", "build") / "tests/native/start-port"
    return site.run([*site.command(program, "front", [vdev], memory), "--", str(mbufs)],
                    check=False)
