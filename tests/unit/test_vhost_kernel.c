/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_vhost_kernel.c - the vhost-net transport against a kernel in this process. */
#include "unit.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "device.h"
#include "fake_vhost.h"
#include "vhost_kernel.h"
#include "virtio_spec.h"

#define BIT(n) (UINT64_C(1) << (n))
#define OPS (vk.base.ops)
#define MIB (UINT64_C(1) << 20)
#define USER_BASE UINT64_C(0x7f0000000000)

static struct virtio_vhost_kernel vk;
static struct virtio_vhost_kernel_params params;
static struct virtio_device dev;
static unsigned int fds_before;
static bool opened;

static unsigned int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static int
setup(void **state)
{
	(void)state;
	unit_log_start();
	fake_vhost_init();
	fds_before = open_fds();
	params = (struct virtio_vhost_kernel_params){
		.ifname = "vio0",
		.pairs = 1,
		.queue_size = 256,
	};
	opened = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (opened)
		OPS->close(&vk.base);
	assert_int_equal(open_fds(), fds_before);
	return 0;
}

static struct virtio_mem_region
region(unsigned int i)
{
	return (struct virtio_mem_region){
		.guest_addr = USER_BASE + i * MIB,
		.user_addr = USER_BASE + i * MIB,
		.size = MIB,
		.fd = -1,
	};
}

static void
opened_transport(void)
{
	const struct virtio_mem_region first = region(0);

	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), 0);
	opened = true;
	virtio_device_init(&dev, &vk.base);
	assert_int_equal(virtio_vhost_kernel_set_memory(&vk, &first, 1), 0);
}

static struct virtio_queue_setup
queue(uint16_t q)
{
	uint64_t at = USER_BASE + q * UINT64_C(0x1000);

	return (struct virtio_queue_setup){
		.size = 64,
		.vector = VIRTIO_NO_VECTOR,
		.desc = at,
		.driver = at + 0x400,
		.device = at + 0x800,
	};
}

static void
live(uint16_t queues, uint64_t wanted)
{
	assert_int_equal(virtio_device_negotiate(&dev, wanted, 0), 0);
	for (uint16_t q = 0; q < queues; q++) {
		const struct virtio_queue_setup s = queue(q);

		assert_int_equal(OPS->queue_setup(&vk.base, q, &s), 0);
	}
	assert_int_equal(virtio_device_driver_ok(&dev), 0);
}

static uint64_t
events(int fd)
{
	uint64_t count = 0;
	ssize_t n = read(fd, &count, sizeof(count));

	assert_true(n == sizeof(count) || errno == EAGAIN);
	return count;
}

static void
opens_a_tap_by_name(void **state)
{
	const struct fake_vhost_device *tap;

	(void)state;
	opened_transport();
	tap = fake_vhost_device(true, 0);
	assert_string_equal(tap->path, "/dev/net/tun");
	assert_int_equal((unsigned short)tap->flags, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	assert_int_equal(tap->sndbuf, INT_MAX);
	assert_string_equal(vk.ifname, "vio0");
	assert_true(fake_vhost_device(false, 0)->owned);
	assert_int_equal(vk.max_regions >= 1, 1);
	assert_int_equal(vk.base.num_queues, 2);
	assert_string_equal(OPS->name, "vhost-net");
}

static void
the_kernel_names_a_tap_without_a_name(void **state)
{
	(void)state;
	params.ifname = NULL;
	params.pairs = 3;
	opened_transport();
	assert_string_equal(vk.ifname, "tap7");
	assert_int_equal((unsigned short)fake_vhost_device(true, 2)->flags,
			 IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE);
}

static void
opens_a_macvtap_by_path(void **state)
{
	(void)state;
	params.tap_path = "/dev/tap5";
	opened_transport();
	assert_string_equal(fake_vhost_device(true, 0)->path, "/dev/tap5");
	assert_string_equal(vk.ifname, "");
}

static void
refuses_what_cannot_be(void **state)
{
	(void)state;
	params.pairs = 0;
	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -EINVAL);
	params.pairs = 129;
	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -EINVAL);
	params.pairs = 1;
	params.queue_size = 0;
	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -EINVAL);
	params.queue_size = 256;
	params.ifname = "a-name-of-sixteen";
	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -ENAMETOOLONG);
	assert_int_equal(fake_vhost.num_devices, 0);
}

static void
errors_say_what_to_do(void **state)
{
	static const struct {
		int open_errno;
		const char *path;
		unsigned long request;
		int request_errno;
		const char *text;
		const char *ifname; /* "vio0" unless there is one */
	} cases[] = {
		{ ENOENT, "/dev/vhost-net", 0, 0, "is the kernel module vhost_net loaded?" },
		{ EACCES, "/dev/vhost-net", 0, 0, "Permission denied" },
		{ ENOENT, "/dev/net/tun", 0, 0, "the kernel module tun is missing" },
		{ 0, "", TUNSETIFF, EPERM, "CAP_NET_ADMIN" },
		{ 0, "", TUNSETIFF, EBUSY, "somebody else uses it" },
		{ 0, "", TUNSETIFF, EINVAL, "another number of queues" },
		{ 0, "", TUNSETIFF, EINVAL, "no interface can have this name", "a/b" },
		{ 0, "", TUNSETIFF, EINVAL, "but it is no TAP", "lo" },
		{ 0, "", VHOST_SET_OWNER, EBUSY, "VHOST_SET_OWNER failed" },
		{ 0, "", VHOST_SET_OWNER, ENOTTY, "this is no vhost-net device" },
		{ 0, "", VHOST_GET_FEATURES, EFAULT, "VHOST_GET_FEATURES failed" },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		int expected = cases[i].open_errno + cases[i].request_errno;

		unit_log_start();
		fake_vhost_init();
		fake_vhost.open_errno = cases[i].open_errno;
		fake_vhost.open_path = cases[i].path;
		fake_vhost.fail_request = cases[i].request;
		fake_vhost.fail_errno = cases[i].request_errno;
		params.ifname = cases[i].ifname != NULL ? cases[i].ifname : "vio0";
		assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -expected);
		assert_true(unit_logged(cases[i].text));
		assert_int_equal(open_fds(), fds_before);
	}
}

static void
a_tap_without_headers_or_queues_is_refused(void **state)
{
	(void)state;
	fake_vhost.tun_features &= ~IFF_MULTI_QUEUE;
	params.pairs = 2;
	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -ENOTSUP);
	params.pairs = 1;
	fake_vhost.tun_features &= ~IFF_VNET_HDR;
	assert_int_equal(virtio_vhost_kernel_open(&vk, &params), -ENOTSUP);
	fake_vhost.tun_features |= IFF_VNET_HDR;
	opened_transport();
}

static void
features_of_vhost_and_tap_together(void **state)
{
	const uint64_t tap = BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |
			     BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_NET_F_HOST_ECN);
	const uint64_t guest = BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4) |
			       BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN);
	const uint64_t transport = BIT(VHOST_F_LOG_ALL) | BIT(VHOST_NET_F_VIRTIO_NET_HDR);
	uint64_t features;

	(void)state;
	params.config.served = BIT(VIRTIO_NET_F_MAC);
	params.config.hidden = BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_NET_F_HOST_ECN);
	opened_transport();
	assert_int_equal(OPS->get_features(&vk.base, &features), 0);
	assert_int_equal(features, ((fake_vhost.features & ~transport) | tap | guest |
				    params.config.served) & ~params.config.hidden);
	assert_int_equal(OPS->set_features(&vk.base, BIT(VIRTIO_F_RING_PACKED)), -EINVAL);
	assert_int_equal(OPS->set_features(&vk.base, BIT(VHOST_F_LOG_ALL)), -EINVAL);
	assert_int_equal(vk.base.allowed & transport, 0);
	assert_int_equal(vk.base.allowed & BIT(VIRTIO_F_ACCESS_PLATFORM), 0);
	OPS->close(&vk.base);

	fake_vhost_init();
	fake_vhost.offloads = 0; /* it cannot be asked to send what is unfinished */
	opened_transport();
	assert_int_equal(OPS->get_features(&vk.base, &features), 0);
	assert_int_equal(features & guest, 0);
	assert_int_equal(features & BIT(VIRTIO_NET_F_CSUM), BIT(VIRTIO_NET_F_CSUM));
}

static void
accepted_features_reach_kernel_and_tap(void **state)
{
	const uint64_t v1 = BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MAC);
	static const struct {
		uint64_t features;
		unsigned int offload;
	} cases[] = {
		{ 0, 0 },
		{ BIT(VIRTIO_NET_F_GUEST_CSUM), TUN_F_CSUM },
		{ BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4),
		  TUN_F_CSUM | TUN_F_TSO4 },
		{ BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO6) |
		  BIT(VIRTIO_NET_F_GUEST_ECN), TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN },
		{ BIT(VIRTIO_NET_F_GUEST_TSO4), 0 },
	};

	(void)state;
	params.pairs = 2;
	params.config.served = BIT(VIRTIO_NET_F_MAC);
	opened_transport();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(OPS->set_features(&vk.base, v1 | cases[i].features), 0);
		for (unsigned int pair = 0; pair < 2; pair++) {
			assert_int_equal(fake_vhost_device(false, pair)->features,
					 BIT(VIRTIO_F_VERSION_1));
			assert_int_equal(fake_vhost_device(true, pair)->offload, cases[i].offload);
			assert_int_equal(fake_vhost_device(true, pair)->header_size, 12);
		}
	}
	/* the legacy header */
	assert_int_equal(OPS->set_features(&vk.base, 0), 0);
	assert_int_equal(fake_vhost_device(true, 0)->header_size, 10);
	assert_int_equal(OPS->set_features(&vk.base, BIT(VIRTIO_NET_F_MRG_RXBUF)), 0);
	assert_int_equal(fake_vhost_device(true, 0)->header_size, 12);
}

static void
a_start_gives_every_queue_its_tap(void **state)
{
	const struct virtio_queue_setup s = queue(3);

	(void)state;
	params.pairs = 2;
	opened_transport();
	live(4, UINT64_MAX);
	for (unsigned int q = 0; q < 4; q++) {
		const struct fake_vhost_device *vhost = fake_vhost_device(false, q / 2);
		const struct fake_vhost_ring *ring = &vhost->rings[q % 2];

		assert_int_equal(ring->backend, fake_vhost_device(true, q / 2)->fd);
		assert_int_equal(ring->num, 64);
		assert_int_equal(ring->base, 0);
		assert_int_equal(ring->call_fd, virtio_vhost_kernel_call_fd(&vk, q));
		assert_int_equal(events(ring->kick_fd), 1);
		assert_int_equal(vhost->num_regions, 1);
	}
	assert_int_equal(fake_vhost_device(false, 1)->rings[1].addr.index, 1);
	assert_int_equal(fake_vhost_device(false, 1)->rings[1].addr.desc_user_addr, s.desc);
	assert_int_equal(fake_vhost_device(false, 1)->rings[1].addr.avail_user_addr, s.driver);
	assert_int_equal(fake_vhost_device(false, 1)->rings[1].addr.used_user_addr, s.device);
}

static void
a_reset_takes_the_taps_off(void **state)
{
	struct virtio_queue_setup s = queue(0);
	struct virtio_notifier n;
	uint16_t base;
	uint8_t status;

	(void)state;
	opened_transport();
	live(2, UINT64_MAX);
	assert_int_equal(OPS->queue_setup(&vk.base, 0, &s), -EALREADY);
	assert_int_equal(virtio_vhost_kernel_stopped_base(&vk, 0, &base), -ENOENT);
	assert_int_equal(OPS->queue_notifier(&vk.base, 1, &n), 0);
	assert_int_equal(OPS->queue_notifier(&vk.base, 2, &n), -EINVAL);
	assert_int_equal(virtio_device_reset(&dev), 0);
	assert_int_equal(fake_vhost_device(false, 0)->rings[0].backend, -1);
	assert_int_equal(fake_vhost_device(false, 0)->rings[1].backend, -1);
	assert_int_equal(virtio_vhost_kernel_stopped_base(&vk, 0, &base), 0);
	assert_int_equal(base, 2);
	assert_int_equal(OPS->get_status(&vk.base, &status), 0);
	assert_int_equal(status, 0);
	live(0, UINT64_MAX);
	s.base = 40000;
	assert_int_equal(OPS->queue_setup(&vk.base, 0, &s), -EINVAL);
	s.resume = true;
	assert_int_equal(OPS->queue_setup(&vk.base, 0, &s), 0);
	assert_int_equal(fake_vhost_device(false, 0)->rings[0].base, 40000);
	assert_int_equal(OPS->queue_setup(&vk.base, 2, &s), -EINVAL);
	assert_int_equal(OPS->queue_reset(&vk.base, 0), -ENOTSUP);
}

static void
idle_pairs_take_no_part_in_their_tap(void **state)
{
	(void)state;
	params.pairs = 3;
	opened_transport();
	live(2, UINT64_MAX); /* the first pair alone */
	assert_true(fake_vhost_device(true, 0)->attached);
	assert_false(fake_vhost_device(true, 1)->attached);
	assert_false(fake_vhost_device(true, 2)->attached);
	assert_int_equal(virtio_device_reset(&dev), 0);
	live(6, UINT64_MAX);
	assert_true(fake_vhost_device(true, 2)->attached);
	assert_int_equal(virtio_vhost_kernel_enable(&vk, 4, false), 0);
	assert_true(fake_vhost_device(true, 2)->attached); /* it still transmits */
	assert_int_equal(fake_vhost_device(false, 2)->rings[0].backend, -1);
	assert_int_equal(virtio_vhost_kernel_enable(&vk, 5, false), 0);
	assert_false(fake_vhost_device(true, 2)->attached);
	assert_int_equal(virtio_vhost_kernel_enable(&vk, 4, true), 0);
	assert_true(fake_vhost_device(true, 2)->attached);
	assert_true(fake_vhost_device(false, 2)->rings[0].backend >= 0);
	assert_int_equal(virtio_vhost_kernel_enable(&vk, 6, true), -EINVAL);
	assert_int_equal(virtio_vhost_kernel_enable(&vk, UINT16_MAX, true), -EINVAL);
}

static void
queues_disabled_before_the_start_stay_so(void **state)
{
	(void)state;
	opened_transport();
	assert_int_equal(virtio_vhost_kernel_enable(&vk, 1, false), 0);
	live(2, UINT64_MAX);
	assert_true(fake_vhost_device(false, 0)->rings[0].backend >= 0);
	assert_int_equal(fake_vhost_device(false, 0)->rings[1].backend, -1);
	assert_int_equal(events(virtio_vhost_kernel_kick_fd(&vk, 1)), 0);
}

static void
memory_of_adjoining_addresses_is_one_region(void **state)
{
	struct virtio_mem_region regions[12];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++)
		regions[i] = region(i < 6 ? i : i + 1);
	params.pairs = 2;
	opened_transport();
	assert_int_equal(virtio_vhost_kernel_set_memory(&vk, regions, ARRAY_SIZE(regions)), 0);
	for (unsigned int pair = 0; pair < 2; pair++) {
		const struct fake_vhost_device *vhost = fake_vhost_device(false, pair);

		assert_int_equal(vhost->num_regions, 2);
		assert_int_equal(vhost->regions[0].userspace_addr, USER_BASE);
		assert_int_equal(vhost->regions[0].guest_phys_addr, USER_BASE);
		assert_int_equal(vhost->regions[0].memory_size, 6 * MIB);
		assert_int_equal(vhost->regions[1].userspace_addr, USER_BASE + 7 * MIB);
	}
	live(4, UINT64_MAX);
	regions[0] = region(6);
	assert_int_equal(virtio_vhost_kernel_add_memory(&vk, &regions[0]), 0);
	assert_int_equal(fake_vhost_device(false, 1)->num_regions, 1);
	assert_int_equal(virtio_vhost_kernel_remove_memory(&vk, USER_BASE + MIB, MIB), 0);
	assert_int_equal(fake_vhost_device(false, 1)->num_regions, 2);
	assert_int_equal(virtio_vhost_kernel_remove_memory(&vk, USER_BASE + MIB, MIB), -ENOENT);
	assert_int_equal(virtio_vhost_kernel_add_memory(&vk, &regions[1]), 0);
	assert_int_equal(virtio_vhost_kernel_add_memory(&vk, &regions[1]), -EINVAL);
}

static void
fault_more_regions_than_the_kernel_takes(void **state)
{
	struct virtio_mem_region regions[5];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(regions); i++)
		regions[i] = region(2 * i);
	opened_transport();
	vk.max_regions = 4;
	assert_int_equal(virtio_vhost_kernel_set_memory(&vk, regions, 5), -E2BIG);
	assert_true(unit_logged("takes 4 memory regions, there are 5"));
	assert_true(unit_logged("max_mem_regions"));
	assert_int_equal(vk.memory.count, 1);
	assert_int_equal(fake_vhost_device(false, 0)->num_regions, 1);
	assert_int_equal(virtio_vhost_kernel_set_memory(&vk, regions, 4), 0);
}

static void
configuration_is_the_frontends(void **state)
{
	uint8_t space[28];

	(void)state;
	params.pairs = 2;
	params.config = (struct virtio_vhost_config){
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = VIRTIO_NET_S_LINK_UP,
		.mtu = 1500,
	};
	opened_transport();
	assert_int_equal(OPS->read_config(&vk.base, 0, space, sizeof(space)), 0);
	assert_memory_equal(space, "\2\0\0\0\0\1" "\1\0" "\2\0" "\xdc\x05", 12);
	assert_int_equal(OPS->read_config(&vk.base, 27, space, 2), -EINVAL);
	assert_int_equal(OPS->write_config(&vk.base, 0, space, 6), -EPERM);
}

/* Every request of open and start fails in turn: an error each time, and everything is closed. */
static void
fault_any_request_fails(void **state)
{
	const struct virtio_mem_region first = region(0);
	unsigned int failures = 0;
	bool worked = false;

	(void)state;
	params.pairs = 2;
	for (unsigned int n = 1; n < 200 && !worked; n++) {
		int rc;

		fake_vhost_init();
		fake_vhost.fail_after = n;
		fake_vhost.fail_errno = EIO;
		rc = virtio_vhost_kernel_open(&vk, &params);
		if (rc == 0) {
			virtio_device_init(&dev, &vk.base);
			rc = virtio_vhost_kernel_set_memory(&vk, &first, 1);
			if (rc == 0)
				rc = virtio_device_negotiate(&dev, UINT64_MAX, 0);
			for (uint16_t q = 0; q < 2 && rc == 0; q++) {
				const struct virtio_queue_setup s = queue(q);

				rc = OPS->queue_setup(&vk.base, q, &s);
			}
			if (rc == 0)
				rc = virtio_device_driver_ok(&dev);
			worked = rc == 0 && fake_vhost.fail_after != 0;
			OPS->close(&vk.base);
		}
		/* but for the offloads: to find out what a TAP takes, it is asked */
		failures += rc == -EIO;
		assert_int_equal(open_fds(), fds_before);
	}
	assert_true(worked);
	assert_in_range(failures, 30, 60);
}

static void
nothing_works_after_close(void **state)
{
	const struct virtio_queue_setup s = queue(0);
	uint64_t features;
	uint8_t status;

	(void)state;
	opened_transport();
	live(2, UINT64_MAX);
	OPS->close(&vk.base);
	opened = false;
	assert_int_equal(OPS->get_status(&vk.base, &status), -ENODEV);
	assert_int_equal(OPS->set_status(&vk.base, 0), -ENODEV);
	assert_int_equal(OPS->get_features(&vk.base, &features), -ENODEV);
	assert_int_equal(OPS->set_features(&vk.base, 0), -ENODEV);
	assert_int_equal(OPS->queue_setup(&vk.base, 0, &s), -ENODEV);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(opens_a_tap_by_name),
		CASE(the_kernel_names_a_tap_without_a_name),
		CASE(opens_a_macvtap_by_path),
		CASE(refuses_what_cannot_be),
		CASE(errors_say_what_to_do),
		CASE(a_tap_without_headers_or_queues_is_refused),
		CASE(features_of_vhost_and_tap_together),
		CASE(accepted_features_reach_kernel_and_tap),
		CASE(a_start_gives_every_queue_its_tap),
		CASE(a_reset_takes_the_taps_off),
		CASE(idle_pairs_take_no_part_in_their_tap),
		CASE(queues_disabled_before_the_start_stay_so),
		CASE(memory_of_adjoining_addresses_is_one_region),
		CASE(fault_more_regions_than_the_kernel_takes),
		CASE(configuration_is_the_frontends),
		CASE(fault_any_request_fails),
		CASE(nothing_works_after_close),
	};

	return cmocka_run_group_tests_name("vhost_kernel", tests, NULL, NULL);
}
