# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""A program on this machine; guest.py has the same for a program in a guest."""
import os
import subprocess
import tempfile


class LocalProcess:
    """A program with its standard input held open and its output collected."""

    def __init__(self, command, **options):
        self._output = tempfile.TemporaryFile(mode="w+b", buffering=0)
        # A session of its own: the terminal's Ctrl-C is for the tests, which end what they started.
        # And it does not outlive them.
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *map(str, command)],
                                         stdin=subprocess.PIPE, stdout=self._output,
                                         stderr=subprocess.STDOUT, start_new_session=True,
                                         **options)

    @property
    def pid(self):
        """Process id; the program itself, nothing forks on the way to it."""
        return self._process.pid

    def write(self, text):
        """Gives text to the program's standard input."""
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def output(self):
        """All that the program has written so far."""
        # Not seek(): the program writes at the same file offset.
        size = os.fstat(self._output.fileno()).st_size
        text = os.pread(self._output.fileno(), size, 0).decode(errors="replace")
        return text.replace("\r\n", "\n")

    def status(self):
        """Exit status, None while the program runs."""
        return self._process.poll()

    def signal(self, number):
        """Sends a signal."""
        if self.status() is None:
            self._process.send_signal(number)

    def close(self):
        """Ends the program if it still runs."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._output.close()
