# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What `meson install` puts where, and that it can be used from there."""
import fnmatch
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.process import LocalProcess
from harness.testpmd import Testpmd, command_line

# Beside the plugin; below the prefix. LIB is the folder of libraries.
INSTALLED = {
    "bin/netbridge", "bin/vio-bench", "bin/vio-info", "bin/vswitch", "bin/vswitchctl",
    "share/man/man1/netbridge.1", "share/man/man1/vio-bench.1", "share/man/man1/vio-info.1",
    "share/man/man1/vswitch.1", "share/man/man1/vswitchctl.1",
    "share/bash-completion/completions/vio-info",
    "LIB/libvio-virtio.a", "LIB/pkgconfig/libvio-virtio.pc",
    *(f"include/vio/{name}.h" for name in (
        "device", "features", "log", "pci", "pci_legacy", "transport", "vhost", "vhost_kernel",
        "vhost_user", "vio_features", "virtio_spec", "vring_packed", "vring_split")),
}

DEBIAN = Path(__file__).resolve().parents[2] / "debian"

PROGRAM = """\
#include <stdio.h>
#include <vio/features.h>
#include <vio/vring_packed.h>
#include <vio/virtio_spec.h>
int main(void)
{
	char names[64];

	virtio_features_string(VIRTIO_FEATURE(VIRTIO_F_VERSION_1), names, sizeof(names));
	puts(names);
	return 0;
}
"""


def option(build_folder, name):
    """An option of the build."""
    listing = subprocess.run(["meson", "introspect", "--buildoptions", str(build_folder)],
                             check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.search(rf'"name": "{name}", "value": "([^"]*)"', listing)[1]


def pmd_path():
    """Where the installed DPDK looks for drivers, without a slash before it."""
    config = subprocess.run(["cc", "-E", "-dM", "-include", "rte_build_config.h", "-x", "c",
                             "/dev/null", "-I/usr/include/dpdk",
                             "-I/usr/include/x86_64-linux-gnu/dpdk"],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    return Path(re.search(r'^#define RTE_EAL_PMD_PATH "/(.*)"$', config, re.MULTILINE)[1])


@pytest.fixture(name="root", scope="module")
def fixture_root(build_folder):
    """A folder that everything was installed to, none that everyone may write to: EAL looks."""
    with tempfile.TemporaryDirectory(prefix=".vio-test-", dir=Path.home()) as folder:
        subprocess.run(["meson", "install", "-C", str(build_folder), "--no-rebuild", "--destdir",
                        folder], check=True, stdout=subprocess.DEVNULL)
        yield Path(folder)


def test_install_is_complete(root, build_folder):
    """Nothing is missing, and nothing is there that should not be."""
    prefix = option(build_folder, "prefix").lstrip("/")
    lib = option(build_folder, "libdir")
    expected = {str(pmd_path() / "librte_net_vio.so")}
    expected |= {f"{prefix}/{name.replace('LIB', lib)}" for name in INSTALLED}
    found = {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}
    assert found == expected


def test_packages_take_what_is_installed(root, build_folder):
    """Each file goes into one Debian package, and no package names what is not there."""
    prefix = option(build_folder, "prefix").lstrip("/")
    files = {re.sub(f"^{prefix}/", "usr/", str(path.relative_to(root)))
             for path in root.rglob("*") if not path.is_dir()}
    taken = []
    for package in DEBIAN.glob("*.install"):
        for pattern in package.read_text().split():
            found = [name for name in files
                     if fnmatch.fnmatch(name, pattern) or name.startswith(f"{pattern}/")]
            assert found, f"{package.name}: nothing is installed at {pattern}"
            taken += found
    assert sorted(taken) == sorted(files)


def test_installed_plugin_serves_a_port(root):
    eal = ["--no-pci", "--no-huge", "--no-shconf", "--no-telemetry", "-m", "96",
           "--vdev", f"net_vio_user0,path={root}/nobody"]
    with Testpmd(LocalProcess(command_line(root / pmd_path() / "librte_net_vio.so", eal, []))) \
            as testpmd:
        assert f"VIO: net_vio_user0: no backend at {root}/nobody yet" in testpmd.log
        assert "net_vio_user" in testpmd.command("show port info 0")
        assert testpmd.quit() == 0


def test_installed_tools_run(root, build_folder):
    """And each has a manual page that says so."""
    prefix = root / option(build_folder, "prefix").lstrip("/")
    for name in ("netbridge", "vio-bench", "vio-info", "vswitch", "vswitchctl"):
        # vswitch's own options stand behind EAL's.
        options = ["--no-pci", "--no-huge", "--in-memory", "--", "--help"] \
            if name == "vswitch" else ["--help"]
        done = subprocess.run([str(prefix / "bin" / name), *options], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        assert name in done.stdout
        page = (prefix / f"share/man/man1/{name}.1").read_text()
        # An option of the page is one of the program.
        for word in re.findall(r"\\-\\-([a-z\\-]+)", page.split(".SH EXAMPLES")[0]):
            wanted = "--" + word.replace("\\", "").strip("-")
            assert wanted in ("--help", *re.findall(r"--[a-z-]+", done.stdout)), \
                f"{name}.1 has {wanted}, --help has not"


def test_installed_library_is_usable(root, build_folder, tmp_path):
    """A program is built with what pkg-config says; each header is enough for itself."""
    lib = root / option(build_folder, "prefix").lstrip("/") / option(build_folder, "libdir")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libvio-virtio"], check=True,
                           stdout=subprocess.PIPE, text=True, env={
                               **os.environ, "PKG_CONFIG_SYSROOT_DIR": str(root),
                               "PKG_CONFIG_PATH": str(lib / "pkgconfig")}).stdout.split()
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", str(source), "-o",
                    str(tmp_path / "program"), *flags], check=True)
    said = subprocess.run([str(tmp_path / "program")], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    assert said == "VERSION_1\n"
    for name in INSTALLED:
        if name.startswith("include/"):
            source.write_text(f"#include <{name.removeprefix('include/')}>\n")
            subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(source),
                            *flags], check=True)
