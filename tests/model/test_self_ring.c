/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_self_ring.c - does the model see it when a driver breaks a rule of devices or rings? A
 * handmade driver does everything right once, and then one thing wrong in each case.
 */

#include <stdlib.h>

#include "features.h"
#include "handmade.h"
#include "model_cases.h"

static void
all_is_well(void **state)
{
	static const struct model_rx_way way;
	static const uint8_t frame[60] = "a frame";
	struct virtio_net_hdr_mrg_rxbuf hdr;
	struct model_sent sent;

	(void)state;
	hm_live(EVENT_IDX);
	for (uint16_t i = 0; i < HM_SIZE; i++)
		hm_rx_buffer(i);
	hm_kick(HM_RX);
	hm_look();
	assert_int_equal(model_rxq(&hm_device, 0)->num_pending, HM_SIZE);
	assert_int_equal(model_net_rx(model_rxq(&hm_device, 0), frame, 60, &way), 1);
	model_queue_show(model_rxq(&hm_device, 0), 1, false);
	assert_int_equal(hm_ring[HM_RX].used->idx, 1);
	assert_int_equal(hm_ring[HM_RX].used->ring[0].id, 0);
	assert_int_equal(hm_ring[HM_RX].used->ring[0].len, 72);
	assert_memory_equal(hm_memory->buf[0] + 12, frame, 60);
	memcpy(&hdr, hm_memory->buf[0], sizeof(hdr));
	assert_int_equal(hdr.num_buffers, 1);

	memcpy(hm_memory->buf[8] + 12, frame, 60);
	hm_desc(HM_TX, 0, hm_memory->buf[8], 72, 0, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
	hm_look();
	assert_true(model_net_sent(&hm_device, &sent));
	assert_int_equal(sent.len, 60);
	assert_memory_equal(sent.bytes, frame, 60);
	free(sent.bytes);
	model_net_tx_done(model_txq(&hm_device, 0), 1, false, false);
	assert_int_equal(hm_ring[HM_TX].used->idx, 1);
	model_assert_clean();
}

static void
sees_01_status_bits_cleared(void **state)
{
	(void)state;
	hm_begin(0);
	hm_status(ACK);
	hm_assert_breach(1);
}

static void
sees_01_status_out_of_order(void **state)
{
	(void)state;
	hm_begin(0);
	hm_status(0);
	hm_status(ACK);
	hm_status(ACK | DRIVER | FEATURES_OK);
	hm_assert_breach(1);
}

static void
sees_01_going_on_after_failed(void **state)
{
	(void)state;
	hm_begin(0);
	hm_status(ACK | DRIVER | FEATURES_OK | FAILED);
	model_assert_clean();
	hm_status(ACK | DRIVER | FEATURES_OK | FAILED | DRIVER_OK);
	hm_assert_breach(1);
}

static void
sees_02_unoffered_feature(void **state)
{
	(void)state;
	hm_begin(0);
	hm_status(0);
	hm_status(ACK);
	hm_status(ACK | DRIVER);
	hm_device.base.ops->set_features(&hm_device.base, F(VIRTIO_F_VERSION_1) | EVENT_IDX);
	hm_assert_breach(2);
}

static void
sees_04_queue_after_driver_ok(void **state)
{
	(void)state;
	hm_begin(0);
	hm_queue(HM_RX, 0);
	hm_status(ACK | DRIVER | FEATURES_OK | DRIVER_OK);
	hm_queue(HM_TX, 0);
	hm_assert_breach(4);
}

static void
sees_04_kick_before_driver_ok(void **state)
{
	(void)state;
	hm_begin(0);
	hm_queue(HM_RX, 0);
	hm_rx_buffer(0);
	hm_kick(HM_RX);
	hm_assert_breach(4);
}

static void
sees_05_changed_descriptor(void **state)
{
	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_kick(HM_RX);
	hm_look();
	hm_ring[HM_RX].desc[0].len--;
	hm_look();
	hm_assert_breach(5);
}

static void
sees_05_changed_content(void **state)
{
	(void)state;
	hm_live(0);
	hm_tx_packet(0, 60);
	hm_kick(HM_TX);
	hm_look();
	hm_memory->buf[0][50] ^= 1;
	model_net_tx_done(model_txq(&hm_device, 0), 1, false, false);
	hm_assert_breach(5);
}

static void
sees_05_write_to_receive_buffer(void **state)
{
	static const struct model_rx_way way;
	static const uint8_t frame[60];

	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_kick(HM_RX);
	hm_look();
	hm_memory->buf[0][1000] ^= 1;
	model_net_rx(model_rxq(&hm_device, 0), frame, 60, &way);
	hm_assert_breach(5);
}

static void
sees_05_descriptor_used_twice(void **state)
{
	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_avail(HM_RX, 0);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(5);
}

static void
sees_07_foreign_address(void **state)
{
	(void)state;
	hm_live(0);
	hm_desc(HM_TX, 0, &hm_device, 60, 0, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
	hm_look();
	assert_true(model_breaches_of(7) != 0);
}

static void
sees_07_beyond_the_end(void **state)
{
	(void)state;
	hm_live(0);
	hm_desc(HM_RX, 0, (char *)(hm_memory + 1) - 1600, 2048, VRING_DESC_F_WRITE, 0);
	hm_avail(HM_RX, 0);
	hm_kick(HM_RX);
	hm_look();
	assert_true(model_breaches_of(7) != 0);
}

static void
sees_16_wrong_index_in_notification(void **state)
{
	struct virtio_notifier n;

	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_device.base.ops->queue_notifier(&hm_device.base, HM_RX, &n);
	n.kick(&n, hm_ring[HM_RX].avail->idx + 1);
	hm_assert_breach(16);
}

static void
sees_19_misaligned_ring(void **state)
{
	(void)state;
	hm_begin(0);
	hm_queue(HM_RX, 8);
	hm_assert_breach(19);
}

static void
sees_20_readable_behind_writable(void **state)
{
	(void)state;
	hm_live(0);
	hm_desc(HM_RX, 0, hm_memory->buf[0], 2048, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	hm_desc(HM_RX, 1, hm_memory->buf[1], 60, 0, 0);
	hm_avail(HM_RX, 0);
	hm_kick(HM_RX);
	hm_look();
	assert_true(model_breaches_of(20) != 0);
}

static void
sees_21_loop(void **state)
{
	(void)state;
	hm_live(0);
	hm_desc(HM_TX, 0, hm_memory->buf[0], 60, VRING_DESC_F_NEXT, 1);
	hm_desc(HM_TX, 1, hm_memory->buf[1], 60, VRING_DESC_F_NEXT, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
	hm_look();
	assert_true(model_breaches_of(21) != 0);
}

static void
sees_21_next_out_of_order(void **state)
{
	(void)state;
	hm_live(IN_ORDER);
	hm_desc(HM_TX, 0, hm_memory->buf[0], 60, VRING_DESC_F_NEXT, 2);
	hm_desc(HM_TX, 2, hm_memory->buf[1], 60, 0, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
	hm_look();
	hm_assert_breach(21);
}

static void
sees_21_head_out_of_order(void **state)
{
	(void)state;
	hm_live(IN_ORDER);
	hm_rx_buffer(0);
	hm_rx_buffer(2);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(21);
}

static void
sees_21_head_beyond_the_ring(void **state)
{
	(void)state;
	hm_live(0);
	hm_avail(HM_RX, HM_SIZE);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(21);
}

/** An indirect table of three parts at descriptor 0. */
static void
table_packet(void)
{
	for (uint16_t i = 0; i < 3; i++)
		hm_memory->table[i] = (struct vring_desc){ (uintptr_t)hm_memory->buf[i], 100,
							i < 2 ? VRING_DESC_F_NEXT : 0, i + 1 };
	hm_desc(HM_TX, 0, hm_memory->table, 3 * 16, VRING_DESC_F_INDIRECT, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
}

static void
table_is_well(void **state)
{
	struct model_sent sent;

	(void)state;
	hm_live(INDIRECT | IN_ORDER);
	table_packet();
	hm_look();
	assert_true(model_net_sent(&hm_device, &sent));
	assert_int_equal(sent.len, 288);
	free(sent.bytes);
	model_assert_clean();
}

static void
sees_22_table_not_negotiated(void **state)
{
	(void)state;
	hm_live(0);
	table_packet();
	hm_look();
	hm_assert_breach(22);
}

static void
sees_22_table_in_table(void **state)
{
	(void)state;
	hm_live(INDIRECT);
	table_packet();
	hm_memory->table[2].flags = VRING_DESC_F_INDIRECT;
	hm_look();
	hm_assert_breach(22);
}

static void
sees_22_table_with_next(void **state)
{
	(void)state;
	hm_live(INDIRECT);
	table_packet();
	hm_ring[HM_TX].desc[0].flags |= VRING_DESC_F_NEXT;
	hm_look();
	hm_assert_breach(22);
}

static void
sees_22_table_longer_than_queue(void **state)
{
	(void)state;
	hm_live(INDIRECT);
	for (uint16_t i = 0; i < HM_SIZE + 1; i++)
		hm_memory->table[i] = (struct vring_desc){ (uintptr_t)hm_memory->buf[i], 100,
							i < HM_SIZE ? VRING_DESC_F_NEXT : 0, i + 1 };
	hm_desc(HM_TX, 0, hm_memory->table, 16 * (HM_SIZE + 1), VRING_DESC_F_INDIRECT, 0);
	hm_avail(HM_TX, 0);
	hm_kick(HM_TX);
	hm_look();
	hm_assert_breach(22);
}

static void
sees_22_table_out_of_order(void **state)
{
	(void)state;
	hm_live(INDIRECT | IN_ORDER);
	table_packet();
	hm_memory->table[0].next = 2;
	hm_look();
	hm_assert_breach(22);
}

static void
sees_23_index_goes_back(void **state)
{
	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_rx_buffer(1);
	hm_kick(HM_RX);
	hm_look();
	hm_ring[HM_RX].avail->idx--;
	hm_look();
	hm_assert_breach(23);
}

static void
sees_23_more_than_the_ring_has(void **state)
{
	(void)state;
	hm_live(0);
	hm_ring[HM_RX].avail->idx = HM_SIZE + 1;
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(23);
}

static void
sees_24_flags_with_event_idx(void **state)
{
	(void)state;
	hm_live(EVENT_IDX);
	hm_ring[HM_RX].avail->flags = 1;
	hm_look();
	hm_assert_breach(24);
}

static void
sees_24_unknown_flags(void **state)
{
	(void)state;
	hm_live(0);
	hm_ring[HM_RX].avail->flags = 2;
	hm_look();
	hm_assert_breach(24);
}

static void
sees_26_used_ring_not_cleared(void **state)
{
	(void)state;
	hm_begin(0);
	hm_ring[HM_RX].used->flags = 1;
	hm_queue(HM_RX, 0);
	hm_assert_breach(26);
}

static void
sees_26_missing_kick(void **state)
{
	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_look();
	hm_assert_breach(26);
}

static void
sees_26_needless_kick(void **state)
{
	(void)state;
	hm_live(0);
	model_queue_notify(model_rxq(&hm_device, 0), MODEL_NOTIFY_NEVER);
	hm_rx_buffer(0);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(26);
}

static void
sees_26_missing_kick_with_event_idx(void **state)
{
	(void)state;
	hm_live(EVENT_IDX);
	model_split_event(model_rxq(&hm_device, 0), 2);
	hm_rx_buffer(0);
	hm_rx_buffer(1);
	hm_look();
	model_assert_clean();
	model_split_event(model_rxq(&hm_device, 0), 2);
	hm_rx_buffer(2);
	hm_look();
	hm_assert_breach(26);
}

static void
sees_26_needless_kick_with_event_idx(void **state)
{
	(void)state;
	hm_live(EVENT_IDX);
	model_split_event(model_rxq(&hm_device, 0), 2);
	hm_rx_buffer(0);
	hm_kick(HM_RX);
	hm_look();
	hm_assert_breach(26);
}

static void
sees_two_kicks(void **state)
{
	(void)state;
	hm_live(0);
	hm_rx_buffer(0);
	hm_kick(HM_RX);
	hm_kick(HM_RX);
	hm_look();
	assert_true(model_breaches_of(MODEL_HOUSE) != 0);
}

#define CASE(name) model_case(name, NULL, NULL, "self_%s", #name)

int
main(void)
{
	int failed;

	CASE(all_is_well);
	CASE(sees_01_status_bits_cleared);
	CASE(sees_01_status_out_of_order);
	CASE(sees_01_going_on_after_failed);
	CASE(sees_02_unoffered_feature);
	CASE(sees_04_queue_after_driver_ok);
	CASE(sees_04_kick_before_driver_ok);
	CASE(sees_05_changed_descriptor);
	CASE(sees_05_changed_content);
	CASE(sees_05_write_to_receive_buffer);
	CASE(sees_05_descriptor_used_twice);
	CASE(sees_07_foreign_address);
	CASE(sees_07_beyond_the_end);
	CASE(sees_16_wrong_index_in_notification);
	CASE(sees_19_misaligned_ring);
	CASE(sees_20_readable_behind_writable);
	CASE(sees_21_loop);
	CASE(sees_21_next_out_of_order);
	CASE(sees_21_head_out_of_order);
	CASE(sees_21_head_beyond_the_ring);
	CASE(table_is_well);
	CASE(sees_22_table_not_negotiated);
	CASE(sees_22_table_in_table);
	CASE(sees_22_table_with_next);
	CASE(sees_22_table_longer_than_queue);
	CASE(sees_22_table_out_of_order);
	CASE(sees_23_index_goes_back);
	CASE(sees_23_more_than_the_ring_has);
	CASE(sees_24_flags_with_event_idx);
	CASE(sees_24_unknown_flags);
	CASE(sees_26_used_ring_not_cleared);
	CASE(sees_26_missing_kick);
	CASE(sees_26_needless_kick);
	CASE(sees_26_missing_kick_with_event_idx);
	CASE(sees_26_needless_kick_with_event_idx);
	CASE(sees_two_kicks);
	failed = model_cases_run("self_ring");
	hm_end();
	return failed;
}
