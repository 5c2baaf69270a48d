# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Debian packages: built, installed in a fresh Debian, used there by its stock testpmd."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"

# Called with a folder of packages, a folder to mount on, and a mirror. What is mounted is this
# shell's alone and goes with it, the new Debian too: it is in memory. /sys tells EAL of CPUs.
SETUP = """\
set -eu
mount --make-rprivate /
mount -t tmpfs -o size=3g,mode=755 tmpfs "$2"
debootstrap --variant=minbase --keyring=%s bookworm "$2" "$3" > "$2.log" 2>&1 ||
	{ tail -n 20 "$2.log"; exit 1; }
mountpoint -q "$2/proc" || mount -t proc proc "$2/proc"
mountpoint -q "$2/sys" || mount -t sysfs sysfs "$2/sys"
mount -o remount,ro,bind "$2/sys"
# No service of a package is started.
printf '#!/bin/sh\\nexit 101\\n' > "$2/usr/sbin/policy-rc.d"
chmod 755 "$2/usr/sbin/policy-rc.d"
cp "$1"/*.deb "$2/root"
exec chroot "$2" /bin/sh -euc "$4"
""" % KEYRING

# No -d: the plugin is where the installed DPDK looks.
INSIDE = """\
cd /root
apt-get -q install -y --no-install-recommends ./*.deb dpdk-dev
echo "=== testpmd"
printf 'show port info 0\\nquit\\n' > commands
dpdk-testpmd --no-pci --no-huge -m 96 --no-shconf --no-telemetry \\
	--vdev net_vio_user0,path=/run/nobody -- -i --no-mlockall --total-num-mbufs=4096 \\
	--cmdline-file=commands < /dev/null
echo "=== tools"
vio-info --version
vio-bench --help
vswitchctl --help
netbridge --help
echo "=== removed"
dpkg --remove librte-net-vio vio-tools vio-vswitch vio-netbridge libvio-virtio-dev > /dev/null
find /usr -name '*net_vio*' -o -name 'vio-*' -o -name 'vswitch*' -o -name 'netbridge*'
"""


def mirror():
    """Debian's mirror of this machine, out of apt's sources."""
    folder = Path("/etc/apt")
    text = "".join(path.read_text() for path in [
        folder / "sources.list", *(folder / "sources.list.d").glob("*")] if path.is_file())
    found = re.search(r"https?://\S+/debian/?(?=\s)", text)
    return found[0] if found else MIRROR


@pytest.mark.long
def test_packages_in_a_fresh_debian(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("a new Debian is set up by root only")
    packages, debian = tmp_path / "packages", tmp_path / "debian"
    packages.mkdir()
    debian.mkdir()
    subprocess.run([str(REPO / "scripts/package.sh"), "--out", str(packages)], check=True,
                   stdout=subprocess.DEVNULL)
    for package in packages.glob("*-dbgsym_*"):
        package.unlink()
    assert shutil.which("debootstrap"), "scripts/deps.sh package installs it"
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SETUP, "sh",
         str(packages), str(debian), mirror(), INSIDE],
        check=False, text=True, errors="replace", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
             "DEBIAN_FRONTEND": "noninteractive"})
    assert done.returncode == 0, done.stdout
    _, testpmd, tools, left = re.split(r"^=== \w+\n", done.stdout, flags=re.MULTILINE)
    assert "VIO: net_vio_user0: no backend at /run/nobody yet" in testpmd
    assert re.search(r"Driver name: net_vio_user\b", testpmd)
    for name in "vio-bench", "vswitchctl", "netbridge":
        assert f"{name}: " in tools
    assert left == ""
