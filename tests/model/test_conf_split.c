/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_conf_split.c - requirements of the standard for split rings, by their numbers. Each of them is
 * also checked by the model in every other test; here each stands alone, with what would break it
 * brought about on purpose.
 */

#include "model_cases.h"
#include "model_sender.h"
#include "model_traffic.h"

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

/** Descriptors 16, available ring 2, used ring 4; all of it zeroed where that is asked for. */
static void
conf_19_rings_are_aligned(void **state)
{
	(void)state;
	for (uint32_t size = 8; size <= 32768; size *= 2) {
		struct model_port *port = model_port_create(&(struct model_port_config){
			.rx_size = size, .tx_size = size, .mbufs = 64 });

		model_port_start(port);
		for (unsigned int q = 0; q < 2; q++) {
			const struct virtio_queue_setup *setup = &port->device.queues[q].setup;

			assert_int_equal(setup->size, size);
			assert_int_equal(setup->desc % 16, 0);
			assert_int_equal(setup->driver % 2, 0);
			assert_int_equal(setup->device % 4, 0);
		}
		model_port_destroy(port);
	}
}

/** IN_ORDER: descriptors are used in ring order, chains included, through several laps. */
static void
conf_21_in_order_descriptors(void **state)
{
	struct model_port *port = model_port_any(IN_ORDER, 16, false);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;
	unsigned int chains = 0;

	(void)state;
	assert_true(model_device_has(&port->device, VIRTIO_F_IN_ORDER));
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	for (unsigned int n = 0; n < 200; n++) {
		model_sender_burst(&s, 4);
		for (unsigned int i = 0; i < q->num_pending; i++)
			chains += q->pending[i]->descs > 1;
		model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1), false, n & 1);
	}
	assert_true(chains > 100 && q->num_taken > 160);
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** No INDIRECT where it was not negotiated; where it was, tables appear and keep the rules. */
static void
conf_22_indirect_only_if_negotiated(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < 4; f++) {
		struct model_port *port = model_port_any((f & 1 ? INDIRECT : 0) | (f & 2 ? IN_ORDER : 0), 8,
						false);
		struct model_queue *q = model_txq(&port->device, 0);
		unsigned int tables = 0;
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		s.max_segs = 6;
		for (unsigned int n = 0; n < 200; n++) {
			model_sender_burst(&s, 4);
			for (unsigned int i = 0; i < q->num_pending; i++)
				tables += q->pending[i]->num_parts > q->pending[i]->descs;
			model_net_tx_done(q, q->num_pending / 3 + 1 <= q->num_pending ?
					  q->num_pending / 3 + 1 : 0, false, false);
		}
		assert_int_equal(tables != 0, f & 1);
		model_port_stop(port);
		model_sender_fini(&s);
		model_port_destroy(port);
	}
}

/** The available index goes up by what was made available, through its wrap at 65536. */
static void
conf_23_index_never_goes_back(void **state)
{
	struct model_port *port = model_port_any(0, 256, false);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;
	uint16_t before = 0;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	s.max_seg_len = 64;
	for (unsigned int n = 0; n < 600; n++) {
		const uint16_t sent = model_sender_burst(&s, 128);

		assert_int_equal(q->split.ring.avail->idx, (uint16_t)(before + sent));
		before += sent;
		model_net_tx_done(q, q->num_pending, false, false);
	}
	assert_true(s.arrived > 65536);
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** Without EVENT_IDX flags ask for silence; with it they stay 0, and used_event is far away. */
static void
conf_24_used_notifications_suppressed(void **state)
{
	(void)state;
	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port *port = model_port_any(event_idx ? EVENT_IDX : 0, 64, false);
		struct model_traffic t;

		model_traffic_init(&t, port);
		for (unsigned int i = 0; i < 100; i++) {
			model_traffic_put(&t, 60);
			model_traffic_finish(&t, 4);
			assert_int_equal(model_rxq(&port->device, 0)->split.ring.avail->flags,
					 event_idx ? 0 : 1);
		}
		assert_int_equal(model_rxq(&port->device, 0)->num_interrupts, 0);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

/** Used flags, the used index and entries begin as zeros, in memory that had something else. */
static void
conf_26_used_ring_begins_empty(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){ .rx_size = 64 });

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		model_port_start(port);
		model_assert_clean();
		/* What the next start finds. */
		model_split_flags(model_rxq(&port->device, 0), 1);
		model_split_flags(model_txq(&port->device, 0), 1);
		model_split_jump(model_txq(&port->device, 0), 5);
		model_port_stop(port);
	}
	model_port_destroy(port);
}

/** Without EVENT_IDX: a kick if and only if flags are 0, whatever avail_event says. */
static void
conf_26_avail_event_ignored_without_event_idx(void **state)
{
	struct model_port *port = model_port_any(0, 64, false);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 400; i++) {
		const bool off = unit_random(&s.random) & 1;
		const uint64_t kicks = q->num_kicks;

		model_queue_notify(q, off ? MODEL_NOTIFY_NEVER : MODEL_NOTIFY_ALWAYS);
		model_split_event(q, q->split.avail + i % 5 - 2);
		assert_int_equal(model_sender_burst(&s, 1 + i % 4), 1 + i % 4);
		assert_int_equal(q->num_kicks, kicks + !off);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

/** With EVENT_IDX: a kick if and only if the event is passed, whatever flags say. */
static void
conf_26_flags_ignored_with_event_idx(void **state)
{
	struct model_port *port = model_port_any(EVENT_IDX, 64, false);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 400; i++) {
		const uint16_t nb = 1 + i % 4;
		const uint16_t ahead = unit_random(&s.random) % 6;
		const uint64_t kicks = q->num_kicks;

		model_split_event(q, q->split.avail + ahead);
		model_split_flags(q, unit_random(&s.random) & 1);
		assert_int_equal(model_sender_burst(&s, nb), nb);
		assert_int_equal(q->num_kicks, kicks + (ahead < nb));
		model_net_tx_done(q, q->num_pending, false, false);
		assert_int_equal(rte_eth_tx_done_cleanup(port->id, 0, 0), nb);
	}
	model_port_stop(port);
	model_sender_fini(&s);
	model_port_destroy(port);
}

#define CASE(name) model_case(name, NULL, NULL, #name)

int
main(void)
{
	CASE(conf_19_rings_are_aligned);
	CASE(conf_21_in_order_descriptors);
	CASE(conf_22_indirect_only_if_negotiated);
	CASE(conf_23_index_never_goes_back);
	CASE(conf_24_used_notifications_suppressed);
	CASE(conf_26_used_ring_begins_empty);
	CASE(conf_26_avail_event_ignored_without_event_idx);
	CASE(conf_26_flags_ignored_with_event_idx);
	return model_cases_run("conf_split");
}
