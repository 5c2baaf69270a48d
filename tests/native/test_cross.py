# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Another CPU: scripts/cross.sh."""
import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
MACHINE = 18
"""Where an ELF file names the machine that it is for."""
EM_AARCH64 = 183


@pytest.mark.long
def test_cross_aarch64(build_folder):
    """The library and the scalar paths, built without a warning and tried in emulation."""
    folder = build_folder.with_name(f"{build_folder.name}-aarch64")
    done = subprocess.run([REPO / "scripts/cross.sh", "--build", folder], check=False, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    print(done.stdout)
    assert done.returncode == 0 and re.search(r"^Fail: +0 *$", done.stdout, re.MULTILINE)
    plugin = (folder / "drivers/net/vio/librte_net_vio.so").read_bytes()
    assert plugin[MACHINE] == EM_AARCH64
    assert b"virtio_recv_mergeable_pkts" in plugin and b"(AVX2)" not in plugin
