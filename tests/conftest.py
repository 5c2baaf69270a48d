# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What the tests in Python have in common, see also tests/run.py."""
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    """--long, as scripts/test.sh has it."""
    parser.addoption("--long", action="store_true", help="run the long forms of tests too")


def pytest_collection_modifyitems(config, items):
    """Tests marked long need --long."""
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes long; --long runs it"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture see whether its test failed: request.node.failed."""
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True


@pytest.fixture(scope="session")
def build_folder():
    """Where the build under test is."""
    return REPO / os.environ.get("VIO_BUILD", "build")


@pytest.fixture(scope="session")
def plugin(build_folder):
    """The plugin under test, where EAL takes it: in no folder that everyone may write to."""
    path = build_folder / "drivers/net/vio/librte_net_vio.so"
    assert path.exists(), f"{path} is not there: run scripts/test.sh build, or ninja"
    if not any(parent.stat().st_mode & stat.S_IWOTH for parent in path.parents):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix=".vio-test-", dir=Path.home()) as folder:
        yield Path(shutil.copy2(path, folder))
