/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/* test_features.c - the feature table and negotiation over it. */
#include "unit.h"

#include <stdio.h>
#include <strings.h>

#include "features.h"
#include "vio_features.h"
#include "virtio_spec.h"

#define F(bit) VIRTIO_FEATURE(bit)
#define ALL UINT64_MAX
#define V1 F(32)

/* The standard's numbers, written down a second time: a slip in the table shows here. */
static const struct {
	unsigned int bit;
	const char *name;
} numbers[] = {
	{ 0, "CSUM" }, { 1, "GUEST_CSUM" }, { 2, "CTRL_GUEST_OFFLOADS" }, { 3, "MTU" },
	{ 5, "MAC" }, { 6, "GSO" }, { 7, "GUEST_TSO4" }, { 8, "GUEST_TSO6" }, { 9, "GUEST_ECN" },
	{ 10, "GUEST_UFO" }, { 11, "HOST_TSO4" }, { 12, "HOST_TSO6" }, { 13, "HOST_ECN" },
	{ 14, "HOST_UFO" }, { 15, "MRG_RXBUF" }, { 16, "STATUS" }, { 17, "CTRL_VQ" },
	{ 18, "CTRL_RX" }, { 19, "CTRL_VLAN" }, { 20, "CTRL_RX_EXTRA" }, { 21, "GUEST_ANNOUNCE" },
	{ 22, "MQ" }, { 23, "CTRL_MAC_ADDR" }, { 24, "NOTIFY_ON_EMPTY" }, { 27, "ANY_LAYOUT" },
	{ 28, "INDIRECT_DESC" }, { 29, "EVENT_IDX" }, { 32, "VERSION_1" },
	{ 33, "ACCESS_PLATFORM" }, { 34, "RING_PACKED" }, { 35, "IN_ORDER" },
	{ 36, "ORDER_PLATFORM" }, { 37, "SR_IOV" }, { 38, "NOTIFICATION_DATA" },
	{ 39, "NOTIF_CONFIG_DATA" }, { 40, "RING_RESET" }, { 41, "ADMIN_VQ" },
	{ 50, "DEVICE_STATS" }, { 51, "HASH_TUNNEL" }, { 52, "VQ_NOTF_COAL" }, { 53, "NOTF_COAL" },
	{ 54, "GUEST_USO4" }, { 55, "GUEST_USO6" }, { 56, "HOST_USO" }, { 57, "HASH_REPORT" },
	{ 59, "GUEST_HDRLEN" }, { 60, "RSS" }, { 61, "RSC_EXT" }, { 62, "STANDBY" },
	{ 63, "SPEED_DUPLEX" },
};

/* 5.1.3.1 likewise: @any is met by one of its bits, @all by all of them. */
static const struct {
	unsigned int bit;
	uint64_t all;
	uint64_t any;
} prerequisites[] = {
	{ 7, F(1), 0 }, { 8, F(1), 0 }, { 9, 0, F(7) | F(8) }, { 10, F(1), 0 },
	{ 54, F(1), 0 }, { 55, F(1), 0 },
	{ 11, F(0), 0 }, { 12, F(0), 0 }, { 13, 0, F(11) | F(12) }, { 14, F(0), 0 },
	{ 56, F(0), 0 },
	{ 18, F(17), 0 }, { 19, F(17), 0 }, { 21, F(17), 0 }, { 22, F(17), 0 }, { 23, F(17), 0 },
	{ 53, F(17), 0 }, { 61, 0, F(11) | F(12) }, { 60, F(17), 0 }, { 52, F(17), 0 },
	{ 51, F(17), F(60) | F(57) },
	/* "SHOULD NOT negotiate without", 5.1.4.2 */
	{ 57, F(17), 0 }, { 20, F(17), 0 },
	/* commands of the control virtqueue */
	{ 2, F(17), 0 }, { 50, F(17), 0 },
};

static uint64_t
negotiate(uint64_t offered, uint64_t wanted)
{
	uint64_t accepted = ~UINT64_C(0);

	assert_int_equal(virtio_features_negotiate(offered, wanted, 0, &accepted), 0);
	return accepted;
}

static void
table_holds_the_numbers_of_the_standard(void **state)
{
	size_t count;
	const struct virtio_feature *table = virtio_features_table(&count);

	(void)state;
	assert_int_equal(count, ARRAY_SIZE(numbers));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(table[i].bit, numbers[i].bit);
		assert_string_equal(table[i].name, numbers[i].name);
	}
}

static void
table_rows_are_complete(void **state)
{
	static const char *const releases[] = { "legacy", "1.0", "1.1", "1.2", "1.3", "1.4" };
	size_t count;
	const struct virtio_feature *table = virtio_features_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct virtio_feature *f = &table[i];
		bool known = false;

		for (size_t r = 0; r < ARRAY_SIZE(releases); r++)
			known |= strcmp(f->since, releases[r]) == 0;
		assert_true(known);
		assert_true(f->section[0] >= '2' && f->section[0] <= '6');
		assert_true(strlen(f->summary) > 10);
		assert_int_equal(f->needs_all & F(f->bit), 0);
		assert_int_equal(f->needs_any & F(f->bit), 0);
		/* 2.2: bits 24 to 41 belong to rings and transports */
		if (f->kind != VIRTIO_FEATURE_LEGACY)
			assert_int_equal(f->kind == VIRTIO_FEATURE_NET,
					 f->bit < 24 || f->bit > 41);
	}
}

static void
rows_by_bit(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 70; bit++) {
		const struct virtio_feature *f = virtio_feature_by_bit(bit);
		const char *name = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
			if (numbers[i].bit == bit)
				name = numbers[i].name;
		if (name == NULL) {
			assert_null(f);
		} else {
			assert_non_null(f);
			assert_string_equal(f->name, name);
		}
	}
}

static void
rows_by_name(void **state)
{
	static const char *const same[] = {
		"MRG_RXBUF", "mrg_rxbuf", "VIRTIO_NET_F_MRG_RXBUF", "virtio_net_f_Mrg_RxBuf",
	};
	static const char *const none[] = {
		"", "MRG", "MRG_RXBUF2", "VIRTIO_NET_F_", "VIRTIO_F_", "bit15", "NET_F_MAC",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		assert_ptr_equal(virtio_feature_by_name(same[i]), virtio_feature_by_bit(15));
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_null(virtio_feature_by_name(none[i]));
	assert_ptr_equal(virtio_feature_by_name("VIRTIO_F_VERSION_1"), virtio_feature_by_bit(32));
	assert_ptr_equal(virtio_feature_by_name("VIRTIO_RING_F_EVENT_IDX"),
			 virtio_feature_by_bit(29));
}

static void
conf_02_nothing_accepted_that_is_not_offered(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++)
		assert_int_equal(negotiate(ALL & ~F(bit), ALL) & F(bit), 0);
	assert_int_equal(negotiate(0, ALL), 0);
}

static void
conf_02_nothing_accepted_that_is_not_wanted(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++)
		if (bit != VIRTIO_F_VERSION_1)
			assert_int_equal(negotiate(ALL, ALL & ~F(bit)) & F(bit), 0);
}

static void
conf_02_prerequisites(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prerequisites); i++) {
		unsigned int bit = prerequisites[i].bit;
		uint64_t all = prerequisites[i].all, any = prerequisites[i].any;

		assert_int_equal(negotiate(ALL, ALL) & F(bit), F(bit));
		for (unsigned int p = 0; p < 64; p++)
			if (all & F(p))
				assert_int_equal(negotiate(ALL & ~F(p), ALL) & F(bit), 0);
		if (any == 0)
			continue;
		assert_int_equal(negotiate(ALL & ~any, ALL) & F(bit), 0);
		for (unsigned int p = 0; p < 64; p++)
			if (any & F(p))
				assert_int_equal(negotiate((ALL & ~any) | F(p), ALL) & F(bit),
						 F(bit));
	}
}

static void
conf_02_no_other_prerequisites(void **state)
{
	(void)state;
	/* A bit is accepted with its own prerequisites: the table asks no more than 5.1.3.1. */
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t offer = V1 | F(numbers[i].bit);

		if (virtio_feature_by_bit(numbers[i].bit)->kind == VIRTIO_FEATURE_LEGACY)
			continue;
		for (int depth = 0; depth < 4; depth++)
			for (size_t p = 0; p < ARRAY_SIZE(prerequisites); p++)
				if (offer & F(prerequisites[p].bit))
					offer |= prerequisites[p].all | prerequisites[p].any;
		assert_int_equal(negotiate(offer, ALL), offer);
	}
}

static void
conf_02_prerequisites_fall_in_chains(void **state)
{
	uint64_t offer = ALL & ~F(0);

	(void)state;
	/* without CSUM no HOST_TSO4/6, and so neither HOST_ECN nor RSC_EXT */
	assert_int_equal(negotiate(offer, ALL) & (F(11) | F(12) | F(13) | F(14)), 0);
	assert_int_equal(negotiate(offer, ALL) & (F(56) | F(61)), 0);
	/* without CTRL_VQ neither RSS nor HASH_REPORT, and so no HASH_TUNNEL */
	assert_int_equal(negotiate(ALL & ~F(17), ALL) & (F(57) | F(60) | F(51)), 0);
	/* not wanting a prerequisite is as good as not having it */
	assert_int_equal(negotiate(ALL, ALL & ~F(1)) & (F(7) | F(8) | F(9) | F(10)), 0);
}

static void
conf_02_unknown_and_reserved_bits_ignored(void **state)
{
	uint64_t known = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		known |= F(numbers[i].bit);
	assert_int_equal(negotiate(ALL, ALL) & ~known, 0);
	/* ... and do not make negotiation fail */
	assert_int_equal(negotiate(~known | V1 | F(5), F(5)), V1 | F(5));
}

static void
conf_02_bit_30_never_accepted(void **state)
{
	uint64_t accepted;

	(void)state;
	assert_int_equal(negotiate(ALL, ALL) & F(30), 0);
	assert_int_equal(negotiate(ALL & ~V1, ALL) & F(30), 0);
	assert_int_equal(virtio_features_negotiate(ALL, ALL, F(30), &accepted), -ENOTSUP);
	assert_int_equal(accepted & F(30), 0);
}

static void
conf_02_missing_essential_is_an_error(void **state)
{
	uint64_t accepted = 0;

	(void)state;
	assert_int_equal(virtio_features_negotiate(V1 | F(5), ALL, F(15), &accepted), -ENOTSUP);
	assert_int_equal(accepted, V1 | F(5));
	/* required though not listed as wanted */
	assert_int_equal(virtio_features_negotiate(V1 | F(15), 0, F(15), &accepted), 0);
	assert_int_equal(accepted, V1 | F(15));
	/* offered, but its prerequisite is not */
	assert_int_equal(virtio_features_negotiate(V1 | F(22), ALL, F(22), &accepted), -ENOTSUP);
	assert_int_equal(accepted, V1);
}

static void
conf_02_any_offer_gives_a_sound_choice(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		uint64_t offered = unit_random(&seed) | unit_random(&seed);
		uint64_t wanted = unit_random(&seed) | unit_random(&seed) | V1;
		uint64_t accepted = negotiate(offered, wanted);

		assert_int_equal(accepted & ~(offered & wanted), 0);
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			const struct virtio_feature *f = virtio_feature_by_bit(numbers[i].bit);
			bool met = (f->needs_all & accepted) == f->needs_all &&
				   (f->needs_any == 0 || (f->needs_any & accepted) != 0);
			bool fits = offered & V1 ? f->kind != VIRTIO_FEATURE_LEGACY : f->bit < 32;
			bool both = (offered & wanted & F(f->bit)) != 0;

			/* exactly those are accepted that may be: none dropped for nothing */
			assert_int_equal((accepted & F(f->bit)) != 0, both && met && fits);
		}
	}
}

static void
conf_07_version_1_accepted_where_offered(void **state)
{
	(void)state;
	assert_int_equal(negotiate(V1, 0), V1);
	assert_int_equal(negotiate(ALL, 0), V1);
}

static void
conf_08_legacy_bits_only_without_version_1(void **state)
{
	uint64_t legacy = F(6) | F(24) | F(27);

	(void)state;
	assert_int_equal(negotiate(ALL, ALL) & legacy, 0);
	assert_int_equal(negotiate(ALL & ~V1, ALL) & legacy, legacy);
	/* 4.1.4.10: 32 bits are all there is */
	assert_int_equal(negotiate(ALL & ~V1, ALL) >> 32, 0);
}

static void
verdicts(void **state)
{
	uint64_t offered = V1 | F(5) | F(16) | F(22) | F(43);
	uint64_t wanted = F(5) | F(15) | F(22);
	uint64_t accepted = negotiate(offered, wanted);

	(void)state;
	assert_int_equal(accepted, V1 | F(5));
	assert_int_equal(virtio_feature_verdict(5, offered, wanted, accepted),
			 VIRTIO_FEATURE_ACCEPTED);
	assert_int_equal(virtio_feature_verdict(32, offered, wanted, accepted),
			 VIRTIO_FEATURE_ACCEPTED);
	assert_int_equal(virtio_feature_verdict(15, offered, wanted, accepted),
			 VIRTIO_FEATURE_NOT_OFFERED);
	assert_int_equal(virtio_feature_verdict(16, offered, wanted, accepted),
			 VIRTIO_FEATURE_NOT_WANTED);
	assert_int_equal(virtio_feature_verdict(22, offered, wanted, accepted),
			 VIRTIO_FEATURE_NEEDS);
	assert_int_equal(virtio_feature_verdict(43, offered, wanted, accepted),
			 VIRTIO_FEATURE_UNKNOWN);
	assert_int_equal(virtio_feature_verdict(17, offered, wanted, accepted),
			 VIRTIO_FEATURE_ABSENT);
	assert_int_equal(virtio_feature_verdict(64, ALL, ALL, ALL), VIRTIO_FEATURE_ABSENT);
}

static void
strings(void **state)
{
	const char *full = "CSUM MRG_RXBUF bit30 VERSION_1 bit49 SPEED_DUPLEX";
	uint64_t features = F(0) | F(15) | F(30) | F(32) | F(49) | F(63);
	char buf[64];

	(void)state;
	assert_int_equal(virtio_features_string(features, buf, sizeof(buf)), strlen(full));
	assert_string_equal(buf, full);
	assert_int_equal(virtio_features_string(0, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(virtio_features_string(features, NULL, 0), strlen(full));
	/* cut at every length: terminated, never beyond */
	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(virtio_features_string(features, buf, size), strlen(full));
		assert_int_equal(strlen(buf), size <= strlen(full) ? size - 1 : strlen(full));
		assert_memory_equal(buf, full, strlen(buf));
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
	}
}

/* What vio asks for it can also get: known bits, none of the legacy interface, nothing missing. */
static void
features_of_the_driver(void **state)
{
	uint64_t accepted;

	(void)state;
	assert_int_equal(virtio_features_negotiate(ALL, VIO_FEATURES, VIO_FEATURES_REQUIRED,
						   &accepted), 0);
	assert_int_equal(accepted, VIO_FEATURES);
	assert_int_equal(virtio_features_negotiate(VIO_FEATURES, VIO_FEATURES,
						   VIO_FEATURES_REQUIRED, &accepted), 0);
	assert_int_equal(accepted, VIO_FEATURES);
	assert_int_equal(VIO_FEATURES_REQUIRED & ~VIO_FEATURES, 0);
	assert_int_equal(VIO_FEATURES_PACKED & ~VIO_FEATURES, 0);
	assert_int_equal(VIO_FEATURES_SERVED & ~VIO_FEATURES, 0);
	assert_int_equal(VIO_OFFLOAD_FEATURES & ~VIO_FEATURES, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_holds_the_numbers_of_the_standard),
		cmocka_unit_test(table_rows_are_complete),
		cmocka_unit_test(rows_by_bit),
		cmocka_unit_test(rows_by_name),
		cmocka_unit_test(conf_02_nothing_accepted_that_is_not_offered),
		cmocka_unit_test(conf_02_nothing_accepted_that_is_not_wanted),
		cmocka_unit_test(conf_02_prerequisites),
		cmocka_unit_test(conf_02_no_other_prerequisites),
		cmocka_unit_test(conf_02_prerequisites_fall_in_chains),
		cmocka_unit_test(conf_02_unknown_and_reserved_bits_ignored),
		cmocka_unit_test(conf_02_bit_30_never_accepted),
		cmocka_unit_test(conf_02_missing_essential_is_an_error),
		cmocka_unit_test(conf_02_any_offer_gives_a_sound_choice),
		cmocka_unit_test(conf_07_version_1_accepted_where_offered),
		cmocka_unit_test(conf_08_legacy_bits_only_without_version_1),
		cmocka_unit_test(features_of_the_driver),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
