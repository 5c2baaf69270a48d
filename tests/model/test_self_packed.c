/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_self_packed.c - does the model see it when a driver breaks a rule of packed rings? A
 * handmade driver does everything right for many laps, and then one thing wrong in each case.
 */

#include <stdlib.h>

#include "features.h"
#include "handmade_packed.h"
#include "model_cases.h"

static struct model_queue *
rxq(void)
{
	return model_rxq(&hm_device, 0);
}

static struct model_queue *
txq(void)
{
	return model_txq(&hm_device, 0);
}

static void
kick_and_look(unsigned int q)
{
	hp_kick(q);
	hm_look();
}

/** The driver takes the used descriptor that it waits for, and skips @p descs. */
static struct vring_packed_desc
take_used(unsigned int q, unsigned int descs)
{
	struct hp_ring *ring = &hp_ring[q];
	struct vring_packed_desc desc;

	assert_true(hp_is_used(q));
	desc = ring->desc[ring->used.index];
	ring->used = model_place_ahead(ring->used, descs, HP_SIZE);
	return desc;
}

static void
all_is_well(void **state)
{
	static const struct model_rx_way way;
	static const uint8_t frame[60] = "a frame";
	struct vring_packed_desc used;
	struct model_sent sent;

	(void)state;
	hp_live(EVENT_IDX);
	for (uint16_t i = 0; i < HP_SIZE; i++)
		hp_rx_buffer(i);
	kick_and_look(HM_RX);
	assert_ptr_equal(rxq()->ring, &model_ring_packed);
	assert_int_equal(rxq()->num_pending, HP_SIZE);
	assert_int_equal(model_net_rx(rxq(), frame, 60, &way), 1);
	assert_false(hp_is_used(HM_RX));
	model_queue_show(rxq(), 1, false);
	used = take_used(HM_RX, 1);
	assert_int_equal(used.id, 0);
	assert_int_equal(used.len, 72);
	assert_memory_equal(hm_memory->buf[0] + 12, frame, 60);
	assert_false(hp_is_used(HM_RX));

	memcpy(hm_memory->buf[8] + 12, frame, 60);
	hp_tx_packet(8, 60);
	kick_and_look(HM_TX);
	assert_true(model_net_sent(&hm_device, &sent));
	assert_int_equal(sent.len, 60);
	assert_memory_equal(sent.bytes, frame, 60);
	free(sent.bytes);
	model_net_tx_done(txq(), 1, false, false);
	assert_int_equal(take_used(HM_TX, 1).id, 8);
	model_assert_clean();
}

/** A list of @p n parts with a buffer id. */
static void
put_list(unsigned int n, uint16_t id)
{
	for (unsigned int i = 0; i < n; i++)
		hp_put(HM_TX, hm_memory->buf[i], 20, i + 1 == n ? id : 0x5555,
		       i + 1 == n ? 0 : HP_NEXT);
}

/** Lists of one to three descriptors, in a hundred laps; completed in order, or in any other. */
static void
many_laps(void **state)
{
	for (unsigned int shuffle = 0; shuffle < 2; shuffle++) {
		unsigned int lens[HP_SIZE] = { 0 };
		unsigned int descs = 0;
		uint64_t random = 5;

		hp_live(EVENT_IDX);
		for (unsigned int i = 0; i < 100 * HP_SIZE; i++) {
			const unsigned int n = 1 + unit_random(&random) % 3;
			unsigned int id = unit_random(&random) % HP_SIZE;

			while (lens[id] != 0)
				id = (id + 1) % HP_SIZE;
			put_list(n, id);
			lens[id] = n;
			descs += n;
			kick_and_look(HM_TX);
			while (descs > HP_SIZE - 3) {
				unsigned int done;

				model_net_tx_done(txq(), 1, shuffle, false);
				id = hp_ring[HM_TX].desc[hp_ring[HM_TX].used.index].id;
				done = lens[id];
				assert_int_equal(take_used(HM_TX, done).id, id);
				lens[id] = 0;
				descs -= done;
			}
		}
		assert_int_equal(txq()->num_taken, 100 * HP_SIZE);
		model_assert_clean();
	}
	(void)state;
}

/** Any sixteen bits are a buffer id, as long as the device has no other buffer of that name. */
static void
any_id_is_well(void **state)
{
	static const uint16_t ids[] = { 0xffff, HP_SIZE, 0x7fff, 0x8000 };

	(void)state;
	hp_live(0);
	for (unsigned int i = 0; i < 40; i++) {
		hp_tx_packet(ids[i % 4], 60);
		kick_and_look(HM_TX);
		assert_true(txq()->ring->busy(txq(), ids[i % 4]));
		model_net_tx_done(txq(), 1, false, false);
		assert_false(txq()->ring->busy(txq(), ids[i % 4]));
		assert_int_equal(take_used(HM_TX, 1).id, ids[i % 4]);
	}
	model_assert_clean();
}

/** An indirect table of three parts. */
static void
put_table(uint16_t flags)
{
	struct vring_packed_desc *table = (void *)hm_memory->table;

	for (uint16_t i = 0; i < 3; i++)
		table[i] = (struct vring_packed_desc){ (uintptr_t)hm_memory->buf[i], 100, 0x1234,
						       0 };
	hp_put(HM_TX, table, 3 * sizeof(*table), 1, HP_INDIRECT | flags);
}

static void
table_is_well(void **state)
{
	struct model_sent sent;

	(void)state;
	hp_live(INDIRECT | IN_ORDER);
	put_table(0);
	kick_and_look(HM_TX);
	assert_int_equal(txq()->pending[0]->descs, 1);
	assert_true(model_net_sent(&hm_device, &sent));
	assert_int_equal(sent.len, 288);
	free(sent.bytes);
	model_assert_clean();
}

/** IN_ORDER: one used descriptor for a batch, with the id of the last (2.8.8). */
static void
batches_are_well(void **state)
{
	(void)state;
	hp_live(IN_ORDER);
	for (unsigned int i = 0; i < 50; i++) {
		put_list(2, 3);
		put_list(1, 1);
		put_list(2, 4);
		kick_and_look(HM_TX);
		model_net_tx_done(txq(), 3, false, true);
		assert_int_equal(take_used(HM_TX, 5).id, 4);
		assert_false(hp_is_used(HM_TX));
	}
	model_assert_clean();
}

/** The first descriptor of what is shown may be marked last, and of a request always is (2.8.9). */
static void
first_marked_last(void **state)
{
	static const uint8_t frame[3000] = "a long frame";
	static const struct model_rx_way way;

	(void)state;
	hp_live(F(VIRTIO_NET_F_MRG_RXBUF));
	for (uint16_t i = 0; i < HP_SIZE; i++)
		hp_rx_buffer(i);
	kick_and_look(HM_RX);
	assert_int_equal(model_net_rx(rxq(), frame, sizeof(frame), &way), 2);
	assert_int_equal(model_net_rx(rxq(), frame, sizeof(frame), &way), 2);
	assert_int_equal(model_queue_whole(rxq(), 4), 4);
	assert_int_equal(model_queue_whole(rxq(), 3), 2);
	assert_int_equal(model_queue_whole(rxq(), 1), 0);
	rxq()->packed.hold = true;
	model_queue_show(rxq(), 4, false);
	assert_false(hp_is_used(HM_RX));
	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(hp_ring[HM_RX].desc[i].flags & (HP_AVAIL | HP_USED),
				 HP_AVAIL | HP_USED);
	model_packed_reveal(rxq());
	for (uint16_t i = 0; i < 4; i++)
		assert_int_equal(take_used(HM_RX, 1).id, i);
	model_assert_clean();
}

/** What used descriptors say beside id and length differs from device to device. */
static void
used_descriptors_vary(void **state)
{
	static const struct model_rx_way way;
	static const uint8_t frame[60];
	unsigned int written = 0, moved = 0;

	(void)state;
	hp_live(0);
	for (unsigned int i = 0; i < 100; i++) {
		struct vring_packed_desc used;

		hp_rx_buffer(i % HP_SIZE);
		kick_and_look(HM_RX);
		assert_int_equal(model_net_rx(rxq(), frame, 60, &way), 1);
		model_queue_show(rxq(), 1, false);
		used = take_used(HM_RX, 1);
		written += (used.flags & HP_WRITE) != 0;
		moved += used.addr != (uintptr_t)hm_memory->buf[i % HP_SIZE];
		assert_int_equal(used.flags & ~(HP_AVAIL | HP_USED | HP_WRITE), 0);
	}
	assert_in_range(written, 20, 80);
	assert_in_range(moved, 20, 80);
	model_assert_clean();
}

static void
sees_12_sizes(void **state)
{
	static const uint16_t bad[] = { 0, 257, 32768 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		hp_begin(0);
		hp_queue(HM_RX, bad[i], 0, 0, 0);
		hm_assert_breach(12);
	}
	/* Split rings know powers of two only. */
	hm_begin(0);
	hp_queue(HM_RX, HP_SIZE, 0, 0, 0);
	hm_assert_breach(12);
}

static void
sees_16_wrong_place_in_notification(void **state)
{
	struct virtio_notifier n;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		hp_live(0);
		hp_rx_buffer(0);
		hm_device.base.ops->queue_notifier(&hm_device.base, HM_RX, &n);
		n.kick(&n, i == 0 ? 0x8000 : 1); /* the descriptor, and the wrap counter */
		hm_assert_breach(16);
	}
}

static void
sees_24_driver_events(void **state)
{
	static const struct {
		uint64_t features;
		struct vring_packed_desc_event event;
	} bad[] = {
		{ 0, { 0, 2 } }, { 0, { 0, 3 } }, { EVENT_IDX, { 0, 3 } }, { 0, { 0, 4 } },
		{ EVENT_IDX, { 0, 0x8001 } }, { EVENT_IDX, { HP_SIZE, 2 } },
		{ EVENT_IDX, { 0x8000 | HP_SIZE, 2 } },
	};
	static const struct vring_packed_desc_event good[] = {
		{ 0xffff, 0 }, { 0xffff, 1 }, { HP_SIZE - 1, 2 }, { 0x8000 | (HP_SIZE - 1), 2 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		hp_live(bad[i].features);
		*hp_ring[HM_RX].driver = bad[i].event;
		hm_look();
		hm_assert_breach(24);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		hp_live(EVENT_IDX);
		*hp_ring[HM_RX].driver = good[i];
		hm_look();
		model_assert_clean();
	}
}

static void
sees_29_misaligned_parts(void **state)
{
	(void)state;
	hp_begin(0);
	hp_queue(HM_RX, HP_SIZE, 8, 0, 0);
	hm_assert_breach(29);
	hp_begin(0);
	hp_queue(HM_RX, HP_SIZE, 0, 2, 0);
	hm_assert_breach(29);
	hp_begin(0);
	hp_queue(HM_RX, HP_SIZE, 0, 0, 2);
	hm_assert_breach(29);
}

static void
sees_30_ring_not_cleared(void **state)
{
	static const struct vring_packed_desc bad[] = {
		{ 0, 0, 0, HP_USED | HP_AVAIL }, { 0, 0, 0, HP_USED }, { 0, 0, 1, 0 },
		{ 0, 1, 0, 0 }, { 1, 0, 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		hp_begin(0);
		hp_ring[HM_RX].desc[HP_SIZE - 1] = bad[i];
		hp_queue(HM_RX, HP_SIZE, 0, 0, 0);
		hm_assert_breach(30);
	}
	hp_begin(0);
	hp_ring[HM_RX].device->flags = 1;
	hp_queue(HM_RX, HP_SIZE, 0, 0, 0);
	assert_true(model_breaches_of(MODEL_HOUSE) != 0);
}

static void
sees_30_changed_descriptors(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct vring_packed_desc *desc;

		hp_live(0);
		hp_rx_buffer(0);
		hp_rx_buffer(1);
		kick_and_look(HM_RX);
		desc = &hp_ring[HM_RX].desc[1];
		desc->addr += i == 0;
		desc->len -= i == 1;
		desc->id += i == 2;
		desc->flags |= i == 3 ? HP_NEXT : 0;
		hm_look();
		hm_assert_breach(30);
	}
}

/** A descriptor whose buffer is still with the device, though others behind it came back. */
static void
sees_30_descriptor_of_a_slow_buffer(void **state)
{
	(void)state;
	hp_live(0);
	for (uint16_t i = 0; i < 4; i++)
		hp_tx_packet(i, 60);
	kick_and_look(HM_TX);
	/* Shown in the first descriptor; the second is the device's as it was. */
	model_queue_finish(txq(), 2, 0);
	model_queue_show(txq(), 1, false);
	assert_int_equal(take_used(HM_TX, 1).id, 2);
	hp_ring[HM_TX].desc[0].len = 1;
	hm_look();
	model_assert_clean();
	hp_ring[HM_TX].desc[2].len--;
	hm_look();
	hm_assert_breach(30);
}

static void
sees_30_full_ring_overwritten(void **state)
{
	(void)state;
	hp_live(0);
	for (uint16_t i = 0; i < HP_SIZE; i++)
		hp_rx_buffer(i);
	kick_and_look(HM_RX);
	model_assert_clean();
	hp_rx_buffer(HP_SIZE);
	hm_look();
	hm_assert_breach(30);
}

static void
sees_30_id_used_twice(void **state)
{
	(void)state;
	hp_live(0);
	hp_rx_buffer(3);
	hp_rx_buffer(3);
	kick_and_look(HM_RX);
	hm_assert_breach(30);
}

static void
sees_20_readable_behind_writable(void **state)
{
	(void)state;
	hp_live(0);
	hp_put(HM_RX, hm_memory->buf[0], 2048, 0, HP_WRITE | HP_NEXT);
	hp_put(HM_RX, hm_memory->buf[1], 60, 0, 0);
	kick_and_look(HM_RX);
	assert_true(model_breaches_of(20) != 0);
}

static void
sees_31_first_before_the_others(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		hp_live(0);
		put_list(3, 1);
		/* One that is not written yet, and one with flags of the lap before. */
		hp_ring[HM_TX].desc[1 + i].flags = i == 0 ? 0 : HP_USED;
		hm_look();
		hm_assert_breach(31);
		assert_int_equal(txq()->num_pending, 0);
	}
}

static void
sees_31_list_without_room(void **state)
{
	(void)state;
	hp_live(0);
	put_list(1, 0);
	put_list(2, 1);
	kick_and_look(HM_TX);
	model_assert_clean();
	put_list(4, 2); /* the last of them is the first */
	hm_look();
	assert_true(model_breaches_of(31) != 0);
}

static void
sees_31_list_longer_than_the_ring(void **state)
{
	(void)state;
	hp_live(0);
	for (unsigned int i = 0; i < HP_SIZE; i++)
		hp_put(HM_TX, hm_memory->buf[i], 20, 0, HP_NEXT);
	kick_and_look(HM_TX);
	hm_assert_breach(31);
}

static void
sees_31_table_longer_than_the_ring(void **state)
{
	struct vring_packed_desc *table;

	(void)state;
	hp_live(INDIRECT);
	table = (void *)hm_memory->table;
	for (unsigned int i = 0; i <= HP_SIZE; i++)
		table[i] = (struct vring_packed_desc){ (uintptr_t)hm_memory->buf[i], 100, 0, 0 };
	hp_put(HM_TX, table, (HP_SIZE + 1) * sizeof(*table), 0, HP_INDIRECT);
	kick_and_look(HM_TX);
	hm_assert_breach(31);
}

static void
sees_32_table_not_negotiated(void **state)
{
	(void)state;
	hp_live(0);
	put_table(0);
	kick_and_look(HM_TX);
	hm_assert_breach(32);
}

static void
sees_32_table_in_a_list(void **state)
{
	(void)state;
	hp_live(INDIRECT);
	put_table(HP_NEXT);
	put_list(1, 1);
	kick_and_look(HM_TX);
	hm_assert_breach(32);
	hp_live(INDIRECT);
	hp_put(HM_TX, hm_memory->buf[8], 20, 0, HP_NEXT);
	put_table(0);
	kick_and_look(HM_TX);
	hm_assert_breach(32);
}

static void
sees_32_flags(void **state)
{
	static const uint16_t inside[] = { HP_NEXT, HP_INDIRECT, HP_AVAIL, HP_USED, 8 };
	static const uint16_t outside[] = { HP_WRITE, 8, 0x4000 };
	struct vring_packed_desc *table;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(inside); i++) {
		hp_live(INDIRECT);
		put_table(0);
		table = (void *)hm_memory->table;
		table[1].flags = inside[i];
		kick_and_look(HM_TX);
		hm_assert_breach(32);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(outside); i++) {
		hp_live(INDIRECT);
		put_table(outside[i]);
		kick_and_look(HM_TX);
		hm_assert_breach(32);
	}
}

static void
sees_32_table_of_no_descriptors(void **state)
{
	static const uint32_t lens[] = { 0, 15, 40 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(lens); i++) {
		hp_live(INDIRECT);
		hp_put(HM_TX, hm_memory->table, lens[i], 0, HP_INDIRECT);
		kick_and_look(HM_TX);
		assert_true(model_breaches_of(32) != 0);
	}
}

static void
sees_34_missing_kick(void **state)
{
	(void)state;
	hp_live(0);
	hp_rx_buffer(0);
	hm_look();
	hm_assert_breach(34);
}

static void
sees_34_needless_kick(void **state)
{
	(void)state;
	hp_live(0);
	model_queue_notify(rxq(), MODEL_NOTIFY_NEVER);
	hp_rx_buffer(0);
	kick_and_look(HM_RX);
	hm_assert_breach(34);
}

/**
 * Two buffers when @p before have come and gone, with an event, and with a notification or without.
 * @return had the device to be notified?
 */
static bool
event_wants(unsigned int before, struct model_place event, bool kick)
{
	hp_live(EVENT_IDX);
	for (unsigned int i = 0; i < before; i++) {
		hp_tx_packet(0, 60);
		model_packed_event(txq(), event, VRING_PACKED_EVENT_FLAG_ENABLE);
		kick_and_look(HM_TX);
		model_net_tx_done(txq(), 1, false, false);
	}
	model_assert_clean();
	model_packed_event(txq(), event, VRING_PACKED_EVENT_FLAG_DESC);
	hp_tx_packet(0, 60);
	hp_tx_packet(1, 60);
	if (kick)
		hp_kick(HM_TX);
	hm_look();
	return (model_breaches_of(34) == 0) == kick;
}

static void
sees_34_kicks_by_event(void **state)
{
	(void)state;
	for (unsigned int before = 0; before < 2 * HP_SIZE; before++)
		for (unsigned int at = 0; at < 2 * HP_SIZE; at++)
			for (unsigned int kick = 0; kick < 2; kick++) {
				const struct model_place event = { at % HP_SIZE, at < HP_SIZE };
				const unsigned int ahead = (at + 2 * HP_SIZE - before) % (2 * HP_SIZE);

				/* Reached, or passed and new; the one it begins with is not new. */
				assert_int_equal(event_wants(before, event, kick), ahead < 2 ||
						 (ahead >= HP_SIZE && at != 0));
			}
}

/** What a device must not say is no reason to accuse the driver of anything. */
static void
nonsense_is_not_judged(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		hp_live(i & 1 ? EVENT_IDX : 0);
		model_packed_event(txq(), (struct model_place){ i < 4 ? HP_SIZE : 0, false },
				   i < 2 || !(i & 1) ? 2 + (i >= 4) : 3);
		hp_tx_packet(0, 60);
		if (i & 2)
			hp_kick(HM_TX);
		hm_look();
		model_assert_clean();
	}
}

static void
sees_05_changed_content(void **state)
{
	(void)state;
	hp_live(0);
	hp_tx_packet(0, 60);
	kick_and_look(HM_TX);
	hm_memory->buf[0][50] ^= 1;
	model_net_tx_done(txq(), 1, false, false);
	hm_assert_breach(5);
}

static void
sees_05_changed_table(void **state)
{
	(void)state;
	hp_live(INDIRECT);
	put_table(0);
	kick_and_look(HM_TX);
	hm_memory->table[1].len--;
	hm_look();
	hm_assert_breach(5);
}

#define CASE(name) model_case(name, NULL, NULL, "self_packed_%s", #name)

int
main(void)
{
	int failed;

	CASE(all_is_well);
	CASE(many_laps);
	CASE(any_id_is_well);
	CASE(table_is_well);
	CASE(batches_are_well);
	CASE(first_marked_last);
	CASE(used_descriptors_vary);
	CASE(sees_05_changed_content);
	CASE(sees_05_changed_table);
	CASE(sees_12_sizes);
	CASE(sees_16_wrong_place_in_notification);
	CASE(sees_20_readable_behind_writable);
	CASE(sees_24_driver_events);
	CASE(sees_29_misaligned_parts);
	CASE(sees_30_ring_not_cleared);
	CASE(sees_30_changed_descriptors);
	CASE(sees_30_descriptor_of_a_slow_buffer);
	CASE(sees_30_full_ring_overwritten);
	CASE(sees_30_id_used_twice);
	CASE(sees_31_first_before_the_others);
	CASE(sees_31_list_without_room);
	CASE(sees_31_list_longer_than_the_ring);
	CASE(sees_31_table_longer_than_the_ring);
	CASE(sees_32_table_not_negotiated);
	CASE(sees_32_table_in_a_list);
	CASE(sees_32_flags);
	CASE(sees_32_table_of_no_descriptors);
	CASE(sees_34_missing_kick);
	CASE(sees_34_needless_kick);
	CASE(sees_34_kicks_by_event);
	CASE(nonsense_is_not_judged);
	failed = model_cases_run("self_packed");
	hm_end();
	return failed;
}
