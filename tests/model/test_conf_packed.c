/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_conf_packed.c - requirements of the standard for packed rings, by their numbers. Each of them
 * is also checked by the model in every other test; here each stands alone, with what would break it
 * brought about on purpose.
 */

#include <stdlib.h>

#include "model_cases.h"
#include "model_sender.h"
#include "model_traffic.h"
#include "model_watch.h"

#define PACKED VIRTIO_FEATURE(VIRTIO_F_RING_PACKED)
#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)
#define INDIRECT VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

static struct model_port *
start(uint64_t features, uint16_t size)
{
	struct model_port *port = model_port_any(PACKED | features, size, false);

	assert_ptr_equal(model_txq(&port->device, 0)->ring, &model_ring_packed);
	return port;
}

static void
end(struct model_port *port, struct model_sender *s)
{
	model_port_stop(port);
	model_sender_fini(s);
	model_port_destroy(port);
}

/** A packet of so many segments, each with headroom. */
static struct rte_mbuf *
make_chain(struct model_sender *s, unsigned int segs)
{
	struct rte_mbuf *m = model_sender_make(s, MODEL_PLAIN);
	struct rte_mbuf *tail = m;

	while (m->nb_segs < segs) {
		tail->next = model_sender_make(s, MODEL_PLAIN);
		tail = tail->next;
		m->pkt_len += tail->data_len;
		m->nb_segs++;
	}
	return m;
}

/** Send it; what arrives is not compared. @return packets taken */
static uint16_t
send_chain(struct model_sender *s, unsigned int segs)
{
	struct rte_mbuf *m = make_chain(s, segs);
	const uint16_t sent = model_port_tx(s->port, &m, 1);
	struct model_sent gone;

	if (sent == 0)
		rte_pktmbuf_free(m);
	while (model_net_sent(&s->port->device, &gone))
		free(gone.bytes);
	return sent;
}

/** Everything the device has comes back, and the driver takes it. */
static void
return_all(struct model_port *port)
{
	struct model_queue *q = model_txq(&port->device, 0);

	model_net_tx_done(q, q->num_pending, false, false);
	assert_true(rte_eth_tx_done_cleanup(port->id, 0, 0) >= 0);
}

/** Descriptors 16, event structures 4, apart from each other. */
static void
conf_29_rings_are_aligned(void **state)
{
	static const uint16_t sizes[] = { 8, 9, 31, 100, 255, 256, 1000, 4097, 32767, 32768 };

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		struct model_port *port = model_port_create(&(struct model_port_config){
			.features = PACKED, .rx_size = sizes[i], .tx_size = sizes[i],
			.mbufs = 64 });

		model_port_start(port);
		for (unsigned int q = 0; q < 2; q++) {
			const struct virtio_queue_setup *setup = &port->device.queues[q].setup;

			assert_int_equal(setup->size, sizes[i]);
			assert_int_equal(setup->desc % 16, 0);
			assert_int_equal(setup->driver % 4, 0);
			assert_int_equal(setup->device % 4, 0);
			assert_true(setup->driver >= setup->desc + 16u * sizes[i]);
			assert_true(setup->device >= setup->driver + 4);
		}
		model_port_destroy(port);
	}
}

/** A ring begins as zeros, in memory that had something else: from before, or from a liar. */
static void
conf_30_ring_begins_as_zeros(void **state)
{
	struct model_port *port = model_port_create(&(struct model_port_config){
		.features = PACKED, .rx_size = 61, .tx_size = 61 });

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		model_port_start(port);
		model_assert_clean();
		/* What the next start finds. */
		for (unsigned int q = 0; q < 2; q++) {
			struct model_queue *queue = &port->device.queues[q];

			model_packed_event(queue, (struct model_place){ 5, true }, 3);
			memset(queue->packed.desc, 0xa5, 61 * sizeof(*queue->packed.desc));
			memset(queue->packed.driver, 0xa5, sizeof(*queue->packed.driver));
			queue->scribbled = true;
		}
		model_port_stop(port);
	}
	model_port_destroy(port);
}

/** As long as nothing comes back, nothing is touched, however often the driver tries. */
static void
conf_30_available_descriptors_are_left_alone(void **state)
{
	struct model_port *port = start(INDIRECT, 37);
	struct model_queue *rxq = model_rxq(&port->device, 0);
	struct model_queue *txq = model_txq(&port->device, 0);
	struct vring_packed_desc rx_before[37], tx_before[37];
	struct model_sender s;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	while (txq->packed.owned != 37)
		model_sender_burst(&s, 2);
	memcpy(rx_before, rxq->packed.desc, sizeof(rx_before));
	memcpy(tx_before, txq->packed.desc, sizeof(tx_before));
	for (unsigned int i = 0; i < 50; i++) {
		struct rte_mbuf *m;

		assert_int_equal(model_sender_burst(&s, 3), 0);
		assert_int_equal(model_port_rx(port, &m, 1), 0);
	}
	assert_memory_equal(rx_before, rxq->packed.desc, sizeof(rx_before));
	assert_memory_equal(tx_before, txq->packed.desc, sizeof(tx_before));
	end(port, &s);
}

/** Returned in any order, so that descriptors and buffers are not the same for long. */
static void
conf_30_descriptors_after_their_use(void **state)
{
	struct model_port *port = start(0, 13);
	struct model_queue *q = model_txq(&port->device, 0);
	unsigned int apart = 0;
	struct model_sender s;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	s.max_segs = 4;
	for (unsigned int n = 0; n < 600; n++) {
		model_sender_burst(&s, 4);
		for (unsigned int i = 0; i < q->num_pending; i++)
			apart += q->pending[i]->id != q->pending[i]->first;
		model_net_tx_done(q, unit_random(&s.random) % (q->num_pending + 1), true, false);
	}
	assert_true(q->num_taken > 500 && apart > 100);
	end(port, &s);
}

/** A notification says which descriptor is next, and in which lap. */
static void
conf_30_notification_carries_the_next_descriptor(void **state)
{
	struct model_port *port = start(VIRTIO_FEATURE(VIRTIO_F_NOTIFICATION_DATA), 11);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_ALL);
	s.max_segs = 4;
	for (unsigned int n = 0; n < 400; n++) {
		model_sender_burst(&s, 1 + n % 3);
		model_net_tx_done(q, q->num_pending, false, false);
	}
	/* The model compared each with its own place, which went around many times. */
	assert_true(q->num_kicks > 300 && q->num_taken > 5 * 2 * 11);
	end(port, &s);
}

/** A list of every length from every descriptor: with the device looking after each store. */
static void
conf_31_first_descriptor_last(void **state)
{
	(void)state;
	for (unsigned int segs = 2; segs <= 11; segs++) {
		struct model_port *port = start(0, 11);
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		port->device.concurrent = port->watched = true;
		for (unsigned int n = 0; n < 24; n++) {
			assert_int_equal(send_chain(&s, segs), 1);
			return_all(port);
			assert_int_equal(send_chain(&s, 1), 1);
			return_all(port);
			model_assert_clean();
		}
		assert_true(port->stores >= 24 * (segs + 1));
		end(port, &s);
	}
}

/** Several lists in one burst: each of them keeps the rule, not only the one that is shown last. */
static void
conf_31_first_descriptor_last_in_bursts(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < 3; f++) {
		struct model_port *port = start(f == 1 ? IN_ORDER : f == 2 ? INDIRECT : 0, 37);
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		s.max_segs = 5;
		port->device.concurrent = port->watched = true;
		for (unsigned int n = 0; n < 60; n++) {
			model_sender_burst(&s, 9);
			return_all(port);
		}
		assert_true(s.arrived > 200);
		end(port, &s);
	}
}

/** A list that does not fit into what is free is not begun. */
static void
conf_31_space_for_the_whole_list(void **state)
{
	(void)state;
	for (unsigned int used = 1; used < 9; used++) {
		struct model_port *port = start(0, 9);
		struct model_queue *q = model_txq(&port->device, 0);
		struct vring_packed_desc before[9];
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		for (unsigned int lap = 0; lap < 20; lap++) {
			for (unsigned int i = 0; i < used; i++)
				assert_int_equal(send_chain(&s, 1), 1);
			memcpy(before, q->packed.desc, sizeof(before));
			assert_int_equal(send_chain(&s, 9 - used + 1), 0);
			assert_memory_equal(before, q->packed.desc, sizeof(before));
			assert_int_equal(send_chain(&s, 9 - used), 1);
			assert_int_equal(q->packed.owned, 9);
			return_all(port);
			/* The next lap begins elsewhere. */
			assert_int_equal(send_chain(&s, 1), 1);
			return_all(port);
		}
		end(port, &s);
	}
}

/** No list is longer than the queue is large, tables included. */
static void
conf_31_lists_within_the_queue_size(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < 2; f++) {
		struct model_port *port = start(f ? INDIRECT : 0, 9);
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		assert_int_equal(send_chain(&s, 9), 1);
		return_all(port);
		/* Dropped: no ring of this size takes it, ever. */
		assert_int_equal(send_chain(&s, 10), 1);
		assert_int_equal(model_xstat(port, "tx_q0_bad_packet"), 1);
		assert_int_equal(model_txq(&port->device, 0)->num_taken, 1);
		end(port, &s);
	}
}

/** No INDIRECT where it was not negotiated; where it was, tables appear and keep the rules. */
static void
conf_32_indirect_only_if_negotiated(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < 4; f++) {
		struct model_port *port = start((f & 1 ? INDIRECT : 0) | (f & 2 ? IN_ORDER : 0), 9);
		struct model_queue *q = model_txq(&port->device, 0);
		unsigned int tables = 0;
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_ALL);
		s.max_segs = 6;
		for (unsigned int n = 0; n < 200; n++) {
			model_sender_burst(&s, 4);
			for (unsigned int i = 0; i < q->num_pending; i++) {
				const struct model_chain *chain = q->pending[i];

				if (chain->num_parts == chain->descs)
					continue;
				/* A table stands alone. */
				assert_int_equal(chain->descs, 1);
				tables++;
			}
			model_net_tx_done(q, RTE_MIN(q->num_pending, q->num_pending / 3 + 1),
					  false, false);
		}
		assert_int_equal(tables != 0, f & 1);
		end(port, &s);
	}
}

/** Nothing of a descriptor is written once its flags show it: the device looks at every store. */
static void
conf_33_flags_come_last(void **state)
{
	struct model_port *port = model_port_any(PACKED | EVENT_IDX, 16, false);
	struct model_queue *q = model_rxq(&port->device, 0);
	struct model_traffic t;

	(void)state;
	model_traffic_init(&t, port);
	port->device.concurrent = port->watched = true;
	for (unsigned int n = 0; n < 60; n++) {
		for (unsigned int i = 0; i < 9; i++)
			model_traffic_put(&t, 60);
		model_queue_show(q, q->num_ready, false);
		model_traffic_rx(&t, 1 + n % 16);
	}
	model_traffic_finish(&t, 16);
	assert_true(port->stores >= t.delivered && t.delivered > 300);
	model_traffic_fini(&t);
	model_port_destroy(port);
}

/** Without EVENT_IDX: a kick if and only if events are enabled, wherever the event stands. */
static void
conf_34_kick_if_enabled(void **state)
{
	struct model_port *port = start(0, 61);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 400; i++) {
		const bool off = unit_random(&s.random) & 1;
		const uint64_t kicks = q->num_kicks;

		model_packed_event(q, model_place_ahead(q->packed.avail, i % 122, 61),
				   off ? VRING_PACKED_EVENT_FLAG_DISABLE :
					 VRING_PACKED_EVENT_FLAG_ENABLE);
		assert_int_equal(model_sender_burst(&s, 1 + i % 4), 1 + i % 4);
		assert_int_equal(q->num_kicks, kicks + !off);
		return_all(port);
	}
	end(port, &s);
}

/**
 * Is an event @p ahead of @p q's next descriptor reached by @p n descriptors, or was it passed when the
 * device wrote it, so that it has not heard of it? @p told is the last one that it has heard of.
 */
static bool
event_kicks(const struct model_queue *q, uint16_t ahead, uint16_t n, uint16_t *told)
{
	const uint16_t event = q->packed.event.off_wrap;

	if (ahead >= n && (ahead < q->packed.size || event == *told))
		return false;
	*told = event;
	return true;
}

/** With EVENT_IDX: a kick if and only if the event's descriptor is one of the burst's, or passed. */
static void
conf_34_kick_by_event(void **state)
{
	struct model_port *port = start(EVENT_IDX, 13);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;
	uint16_t told = VRING_PACKED_START;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	/* All that the event can be, two laps of it, before bursts of one to four. */
	for (unsigned int i = 0; i < 4 * 26 * 13; i++) {
		const uint16_t nb = 1 + i % 4;
		const uint16_t ahead = i / 4 % 26;
		const uint64_t kicks = q->num_kicks;
		bool kick;

		model_packed_event(q, model_place_ahead(q->packed.avail, ahead, 13),
				   VRING_PACKED_EVENT_FLAG_DESC);
		kick = event_kicks(q, ahead, nb, &told);
		assert_int_equal(model_sender_burst(&s, nb), nb);
		assert_int_equal(q->num_kicks, kicks + kick);
		return_all(port);
	}
	end(port, &s);
}

/** The same for lists: any of their descriptors may be the event's. */
static void
conf_34_kick_by_event_inside_a_list(void **state)
{
	struct model_port *port = start(EVENT_IDX, 13);
	struct model_queue *q = model_txq(&port->device, 0);
	struct model_sender s;
	uint16_t told = VRING_PACKED_START;

	(void)state;
	model_sender_init(&s, port, MODEL_KINDS_PLAIN);
	for (unsigned int i = 0; i < 6 * 26 * 3; i++) {
		const uint16_t segs = 1 + i % 6;
		const uint16_t ahead = i / 6 % 26;
		const uint64_t kicks = q->num_kicks;
		bool kick;

		model_packed_event(q, model_place_ahead(q->packed.avail, ahead, 13),
				   VRING_PACKED_EVENT_FLAG_DESC);
		kick = event_kicks(q, ahead, segs, &told);
		assert_int_equal(send_chain(&s, segs), 1);
		assert_int_equal(q->num_kicks, kicks + kick);
		return_all(port);
	}
	end(port, &s);
}

/** Flags that are reserved, or not negotiated: rather a kick too many than one too few. */
static void
conf_34_reserved_event_flags(void **state)
{
	(void)state;
	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port *port = start(event_idx ? EVENT_IDX : 0, 13);
		struct model_queue *q = model_txq(&port->device, 0);
		struct model_sender s;

		model_sender_init(&s, port, MODEL_KINDS_PLAIN);
		for (unsigned int i = 0; i < 100; i++) {
			const bool reserved = !event_idx && (i & 1);
			const uint64_t kicks = q->num_kicks;
			const uint16_t junk = unit_random(&s.random) & 0xfffc;

			/* 3; DESC without EVENT_IDX; the two that are sound with junk beside them. */
			model_packed_event(q, (struct model_place){ i % 13, false },
					   reserved ? VRING_PACKED_EVENT_FLAG_DESC : 3);
			assert_int_equal(model_sender_burst(&s, 2), 2);
			assert_int_equal(q->num_kicks, kicks + 1);
			model_packed_event(q, (struct model_place){ 0, false }, junk | (i & 1));
			assert_int_equal(model_sender_burst(&s, 2), 2);
			assert_int_equal(q->num_kicks, kicks + 1 + !(i & 1));
			return_all(port);
		}
		end(port, &s);
	}
}

/** The driver polls: it never asks to be notified, and what it says is always valid. */
static void
conf_24_used_notifications_suppressed(void **state)
{
	(void)state;
	for (unsigned int event_idx = 0; event_idx < 2; event_idx++) {
		struct model_port *port = start(event_idx ? EVENT_IDX : 0, 61);
		struct model_queue *q = model_rxq(&port->device, 0);
		struct model_traffic t;

		model_traffic_init(&t, port);
		for (unsigned int i = 0; i < 300; i++) {
			model_traffic_put(&t, 60);
			model_traffic_finish(&t, 4);
			assert_int_equal(q->packed.driver->flags,
					 VRING_PACKED_EVENT_FLAG_DISABLE);
		}
		assert_int_equal(q->num_interrupts, 0);
		model_traffic_fini(&t);
		model_port_destroy(port);
	}
}

#define CASE(name) model_case(name, NULL, NULL, #name)

int
main(void)
{
	const char *impossible = model_watch_possible() ? NULL : "this CPU cannot be watched";

	model_case(conf_24_used_notifications_suppressed, NULL, NULL,
		   "conf_24_used_notifications_suppressed_packed");
	CASE(conf_29_rings_are_aligned);
	CASE(conf_30_ring_begins_as_zeros);
	CASE(conf_30_available_descriptors_are_left_alone);
	CASE(conf_30_descriptors_after_their_use);
	CASE(conf_30_notification_carries_the_next_descriptor);
	model_case(conf_31_first_descriptor_last, NULL, impossible, "conf_31_first_descriptor_last");
	model_case(conf_31_first_descriptor_last_in_bursts, NULL, impossible,
		   "conf_31_first_descriptor_last_in_bursts");
	CASE(conf_31_space_for_the_whole_list);
	CASE(conf_31_lists_within_the_queue_size);
	CASE(conf_32_indirect_only_if_negotiated);
	model_case(conf_33_flags_come_last, NULL, impossible, "conf_33_flags_come_last");
	CASE(conf_34_kick_if_enabled);
	CASE(conf_34_kick_by_event);
	CASE(conf_34_kick_by_event_inside_a_list);
	CASE(conf_34_reserved_event_flags);
	return model_cases_run("conf_packed");
}
