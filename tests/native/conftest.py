# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""What the tests on this machine have in common."""
import pytest

from harness.native import HUGEPAGES, MEMORY, Site, borrowed_hugepages


@pytest.fixture(name="site")
def one_site(request, plugin):
    """A folder and programs in it."""
    made = Site(plugin)
    yield made
    if getattr(request.node, "failed", False):
        for name, text in made.logs():
            print(f"{name} wrote:\n{text}")
    made.close()


@pytest.fixture(name="hugepages")
def enough_hugepages():
    """Hugepages for those who ask for them; the system's number is as before afterwards."""
    with borrowed_hugepages(HUGEPAGES) as there:
        if not there:
            pytest.skip(f"{HUGEPAGES} hugepages of 2 MB are not to be had")
        yield


@pytest.fixture(params=list(MEMORY))
def memory(request):
    """Where the memory of programs comes from; tests run with each."""
    if request.param == "huge":
        request.getfixturevalue("hugepages")
    return request.param
