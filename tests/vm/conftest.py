# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Guests for the tests, and programs in them, kept from test to test while they are in order.

A boot takes seconds and so does a start of testpmd, hence both are shared: a test asks for what it
needs, and gets what the test before it had if that is the same and nothing went wrong with it.
"""
import pytest

from harness.guest import Guest
from harness.network import Network, missing
from harness.ports import Ports

# Every kind of NIC that the tests want, in one guest: QEMU's properties by name.
NICS = {
    "plain0": "",
    "plain1": "",
    "single0": "mrg_rxbuf=off",
    "single1": "mrg_rxbuf=off,vectors=1",
    "jumbo0": "host_mtu=9000",
    "jumbo1": "host_mtu=9000",
    "large": "rx_queue_size=1024,vectors=0",
    "sparse0": "ctrl_vq=off,status=off,event_idx=off,indirect_desc=off",
    "sparse1": "ctrl_vq=off,status=off,event_idx=off,indirect_desc=off,mrg_rxbuf=off",
    "modern": "disable-legacy=on",
    "legacy0": "disable-modern=on",
    "legacy1": "disable-modern=on,mrg_rxbuf=off",
    "kernel": "disable-legacy=on,host_mtu=9000,speed=10000,duplex=full",
    "packed0": "packed=on",
    "packed1": "packed=on,mrg_rxbuf=off",
}
# A legacy device goes past the virtual IOMMU: that would be a modern feature.
PAST_IOMMU = "iommu_platform=off,ats=off,disable-legacy=off,"
NICS_IOMMU = NICS | {nic: PAST_IOMMU + NICS[nic] for nic in ("legacy0", "legacy1")}

# Between TAPs of four queues, see harness/network.py: names begin with the side.
NICS_TAP = {
    "a_split": "mq=on,rss=on,hash=on",
    "b_split": "mq=on,rss=on,hash=on",
    "a_packed": "packed=on,mq=on,rss=on,hash=on",
    "b_packed": "packed=on,mq=on,rss=on,hash=on",
    "b_nocsum": "mq=on,csum=off",
    # One pair of queues at a TAP of more.
    "a_pair": "",
    "a_eight": "mq=on,rss=on,hash=on",
}
TAP_QUEUES = {"a_eight": 8}

# The ports of the testpmd that most tests share. (What testpmd's own options change needs another.)
PORTS = ["plain0", "plain1", "single0", "single1", "jumbo0", "jumbo1", "large", "sparse0",
         "sparse1", "modern", "packed0", "packed1"]

# "tap" is for tests of what a kernel behind the device does: they ask for it.
KERNEL_DRIVER = {"uio": "uio_pci_generic", "vfio": "vfio-pci", "tap": "uio_pci_generic"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Tests that share a guest come in one go, and so do those that share a testpmd.

    Over vfio-pci too run those that share one, but for those marked once, and those marked both: a
    start takes seconds.
    """
    for item in items if not config.getoption("--long") else []:
        over_vfio = "binding" in item.fixturenames and item.callspec.params["binding"] == "vfio"
        shared = "ports" in item.fixturenames and not item.get_closest_marker("once")
        if over_vfio and not shared and not item.get_closest_marker("both"):
            item.add_marker(pytest.mark.skip(reason="as over uio_pci_generic; --long runs it"))

    def place(item):
        if "binding" not in item.fixturenames:
            return 0, 0
        binding = list(KERNEL_DRIVER).index(item.callspec.params["binding"])
        return 1 + binding, "ports" not in item.fixturenames
    items.sort(key=place)


class Keeper:
    """At most one guest and one testpmd in it."""

    def __init__(self, plugin):
        self._plugin = plugin
        self._guest = None
        self._binding = None
        self._failed_boots = 0
        self._bound = set()
        self._testpmd = None
        self._wishes = None

    def guest(self, binding):
        """The guest with what this way of binding devices takes."""
        if self._guest and (self._binding != binding or not self._guest.alive):
            self.close()
        if not self._guest:
            if binding == "tap" and missing():
                pytest.skip(missing())
            assert self._failed_boots < 2, "the guest did not boot in two tests before this one"
            self._failed_boots += 1
            self._guest = self._boot(binding)
            self._failed_boots = 0
            self._binding = binding
        return self._guest

    @staticmethod
    def _boot(binding):
        if binding == "tap":
            return Guest(NICS_TAP, network=Network(TAP_QUEUES))
        if binding == "vfio":
            return Guest(NICS_IOMMU, ["--iommu"])
        return Guest(NICS)

    def bind(self, nics):
        """Sees to it that the NICs have the kernel driver that lends them to programs."""
        new = [nic for nic in nics if nic not in self._bound]
        if new:
            self._guest.bind(KERNEL_DRIVER[self._binding], *new)
            self._bound.update(new)

    def stub(self, nics):
        """The opposite: the kernel lends them to nobody."""
        self.end_testpmd()
        self._guest.bind("pci-stub", *nics)
        self._bound.difference_update(nics)

    def testpmd(self, nics, **how):
        """A testpmd with these NICs; how: see Guest.testpmd()."""
        wishes = (nics, how)
        self.forget_ended_testpmd()
        if self._testpmd and self._wishes != wishes:
            self.end_testpmd()
        if not self._testpmd:
            self.bind(nics)
            self._testpmd = self._guest.testpmd(self._plugin, nics, **how)
            self._wishes = wishes
        return self._testpmd

    def forget_ended_testpmd(self):
        """A test may end it by itself."""
        if self._testpmd and self._testpmd.process.status() is not None:
            self._testpmd = None

    def end_testpmd(self):
        """Ends it the ordinary way, which has to work too."""
        self.forget_ended_testpmd()
        testpmd, self._testpmd = self._testpmd, None
        if testpmd:
            try:
                status = testpmd.quit()
                assert status == 0, f"testpmd ended with status {status}:\n{testpmd.log}"
            finally:
                testpmd.process.close()

    def after_test(self, failed):
        """Looks at what the test left behind; what is out of order is not kept."""
        if failed and self._testpmd:
            print("testpmd's last lines:", *self._testpmd.log.splitlines()[-60:], sep="\n")
        if not self._guest or not self._guest.alive:
            return
        try:
            self.forget_ended_testpmd()
            if failed and self._testpmd:
                self._testpmd.process.close()
                self._testpmd = None
            self._guest.check_kernel()
        except AssertionError:  # the kernel complains, or the guest does not even answer
            self.close()
            raise

    def close(self):
        """Ends everything."""
        guest, self._guest, self._testpmd = self._guest, None, None
        self._bound.clear()
        if guest:
            guest.close()


@pytest.fixture(scope="session")
def keeper(plugin):
    """What is kept between tests."""
    kept = Keeper(plugin)
    yield kept
    kept.close()


@pytest.fixture(scope="session", params=["uio", "vfio"])
def binding(request):
    """How programs get at devices. Tests come in one go for each way."""
    return request.param


@pytest.fixture
def guest(request, keeper, binding):
    """A guest with NICS."""
    yield keeper.guest(binding)
    keeper.after_test(getattr(request.node, "failed", False))


@pytest.fixture
def start_testpmd(keeper, guest):
    """A function that starts testpmd, or gives the running one if it is just what is asked for."""
    def start(*nics, **how):
        return Ports(guest, keeper.testpmd(nics, **how), nics)
    return start


@pytest.fixture
def ports(start_testpmd):
    """testpmd with PORTS, as it comes."""
    return start_testpmd(*PORTS)


@pytest.fixture
def own_testpmd(keeper, guest, plugin):
    """A function that starts a testpmd for a single test, which looks at its start or end."""
    def start(bound, nics, **how):
        keeper.end_testpmd()
        keeper.bind(bound)
        return guest.testpmd(plugin, nics, **how)
    return start
