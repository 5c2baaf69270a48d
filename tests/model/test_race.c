/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026 The vio authors */

/*
 * test_race.c - several threads: one that polls a port while another takes its queues away and
 * gives them back, and a device that works at the same time as the driver. Under the thread
 * sanitizer these show every access that nothing orders.
 */

#include <pthread.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "model_cases.h"
#include "model_port.h"
#include "rxtx/rxtx.h"
#include "rxtx/variants.h"

/** How often the queues are taken away. */
#define ROUNDS 1000

/** Frames that go each way between two threads. */
#define FRAMES 60000

#define EVENT_IDX VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX)

/** Frames that say who they are: a number, then what follows from it. */
#define FRAME_MAX 700
static uint32_t
frame_make(uint8_t *frame, uint64_t number)
{
	const uint32_t len = 60 + number % 600;

	memcpy(frame, &number, sizeof(number));
	model_content(frame + sizeof(number), len - sizeof(number), number);
	return len;
}

/** Whole, and behind the one before: none twice. @return false where it is not */
static bool
frame_ok(const uint8_t *frame, uint32_t len, uint64_t *least)
{
	uint8_t right[FRAME_MAX];
	uint64_t number;

	if (len < sizeof(number))
		return false;
	memcpy(&number, frame, sizeof(number));
	if (number < *least || frame_make(right, number) != len || memcmp(frame, right, len) != 0)
		return false;
	*least = number + 1;
	return true;
}

/** A port between two threads, and what each of them has seen. */
struct race {
	const struct model_rx_path *rx_path;
	struct model_port *port;
	struct model_pool *pool; /**< of what is sent */
	eth_rx_burst_t rx;
	eth_tx_burst_t tx;
	eth_rx_burst_t wrong_rx; /**< callback of another path: never to be let in */
	bool stop;
	uint64_t wrong;          /**< packets received that are not as they should be */
	uint64_t wrong_sent;     /**< packets that arrived and are not */
	uint64_t num_received;
	uint64_t num_arrived;
	uint64_t next_rx, least_rx, next_tx, least_tx;
};

static bool
told_to_stop(const struct race *r)
{
	return __atomic_load_n(&r->stop, __ATOMIC_RELAXED);
}

/** What the device does when it has the time; nothing where it is not live. */
static void
device_turn(struct race *r)
{
	static const struct model_rx_way way;
	struct model_device *device = &r->port->device;
	struct model_queue *rxq = model_rxq(device, 0);
	struct model_queue *txq = model_txq(device, 0);
	struct model_sent sent;

	model_device_look(device);
	while (model_net_sent(device, &sent)) {
		r->wrong_sent += !frame_ok(sent.bytes, sent.len, &r->least_tx);
		r->num_arrived++;
		free(sent.bytes);
	}
	pthread_mutex_lock(&device->lock);
	if (model_device_live(device)) {
		for (unsigned int i = 0; i < 24 && rxq->num_pending != 0; i++) {
			uint8_t frame[FRAME_MAX];
			const uint32_t len = frame_make(frame, r->next_rx);

			if (model_net_rx(rxq, frame, len, &way) != 0)
				r->next_rx++;
		}
		model_queue_show(rxq, rxq->num_ready, false);
		model_net_tx_done(txq, txq->num_pending, false, false);
	}
	pthread_mutex_unlock(&device->lock);
}

/** A burst each way. */
static void
driver_turn(struct race *r)
{
	void *rxq = r->port->dev->data->rx_queues[0];
	void *txq = r->port->dev->data->tx_queues[0];
	struct rte_mbuf *pkts[32];
	uint16_t n = r->rx(rxq, pkts, 32);
	uint16_t made = 0;

	for (uint16_t i = 0; i < n; i++)
		r->wrong += pkts[i]->nb_segs != 1 ||
			    !frame_ok(rte_pktmbuf_mtod(pkts[i], uint8_t *), pkts[i]->pkt_len,
				      &r->least_rx);
	rte_pktmbuf_free_bulk(pkts, n);
	__atomic_fetch_add(&r->num_received, n, __ATOMIC_RELAXED);
	if (r->wrong_rx != NULL)
		r->wrong += r->wrong_rx(rxq, pkts, 32);

	while (made < 16 && (pkts[made] = rte_pktmbuf_alloc(model_pool_mp(r->pool))) != NULL) {
		struct rte_mbuf *m = pkts[made++];

		m->data_len = m->pkt_len = frame_make(rte_pktmbuf_mtod(m, uint8_t *), r->next_tx++);
	}
	n = r->tx(txq, pkts, made);
	rte_pktmbuf_free_bulk(pkts + n, made - n);
}

static void
race_start(struct race *r, const struct model_rx_path *path, uint64_t features)
{
	const struct model_pool_config pool = { .size = 512,
						.data_room = 1024 + RTE_PKTMBUF_HEADROOM };
	struct model_port_config config = {
		.features = features, .rx_size = 64, .tx_size = 64, .data_room = 2048,
		.tx_offloads = path->simd != 0 ? RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE :
						 RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};

	model_config_rx_path(&config, path);
	*r = (struct race){ .rx_path = path };
	r->port = model_port_create(&config);
	r->port->device.concurrent = true;
	r->pool = model_pool_create("model_race", &pool);
	model_port_start(r->port);
	model_assert_rx_path(r->port, path);
	r->rx = r->port->dev->rx_pkt_burst;
	r->tx = r->port->dev->tx_pkt_burst;
}

static void
race_end(struct race *r)
{
	assert_int_equal(r->wrong, 0);
	assert_int_equal(r->wrong_sent, 0);
	model_port_stop(r->port);
	assert_int_equal(model_pool_out(r->pool), 0);
	assert_int_equal(model_xstat(r->port, "rx_q0_faults"), 0);
	assert_int_equal(model_xstat(r->port, "tx_q0_faults"), 0);
	model_port_destroy(r->port);
	model_pool_free(r->pool);
}

static void *
poll_and_serve(void *arg)
{
	struct race *r = arg;

	while (!told_to_stop(r)) {
		driver_turn(r);
		device_turn(r);
	}
	return NULL;
}

/** What a backend that goes away and comes back does, or an application that stops and starts. */
static void
take_and_give(struct race *r, bool whole_stop)
{
	struct rte_eth_dev *dev = r->port->dev;
	struct vio_port *port = vio_port(dev);

	if (whole_stop) {
		assert_int_equal(vio_dev_stop(dev), 0);
		/* All but what the other thread may hold right now. */
		assert_true(model_pool_out(r->port->pool) <= 32);
		assert_int_equal(vio_dev_start(dev), 0);
		dev->data->dev_started = 1; /* ethdev would */
		return;
	}
	pthread_mutex_lock(&port->lock);
	assert_int_equal(vio_deactivate(dev), 0);
	assert_int_equal(vio_activate(dev), 0);
	pthread_mutex_unlock(&port->lock);
}

/** Queues are taken away and given back while a thread polls them all the time. */
static void
queues_taken_while_polled(void **state)
{
	pthread_t thread;
	struct race r;

	race_start(&r, *state, EVENT_IDX);
	/* A callback of another path, as a thread may have fetched it before the port changed. */
	r.wrong_rx = r.rx_path->simd == 0 && !r.rx_path->mergeable ?
		     vio_recv_mergeable_pkts[VIO_RX_EVENT_IDX] : vio_recv_pkts[VIO_RX_EVENT_IDX];
	assert_int_equal(pthread_create(&thread, NULL, poll_and_serve, &r), 0);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		/* Not only while the thread has hardly begun. */
		const uint64_t before = __atomic_load_n(&r.num_received, __ATOMIC_RELAXED);

		for (unsigned int i = 0; i < 2000 && round % 16 == 0 &&
		     __atomic_load_n(&r.num_received, __ATOMIC_RELAXED) == before; i++)
			rte_delay_us_sleep(100);
		take_and_give(&r, round % 4 == 0);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(r.num_received > ROUNDS && r.num_arrived > ROUNDS);
	race_end(&r);
}

static void *
serve(void *arg)
{
	struct race *r = arg;

	while (!told_to_stop(r))
		device_turn(r);
	return NULL;
}

/** The device works while the driver does: barriers A and B, both ways. */
static void
device_at_the_same_time(void **state)
{
	pthread_t thread;
	struct race r;

	race_start(&r, *state, 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, &r), 0);
	for (uint64_t i = 0; i < 100 * FRAMES && r.num_received < FRAMES; i++)
		driver_turn(&r);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(r.num_received >= FRAMES);
	assert_int_not_equal(r.num_arrived, 0);
	race_end(&r);
}

int
main(void)
{
	for (unsigned int i = 0; i < model_num_rx_paths; i++) {
		const struct model_rx_path *path = &model_rx_paths[i];
		const char *missing = model_simd_missing(path->simd);

		model_case(queues_taken_while_polled, path, missing,
			   "race_%s_queues_taken_while_polled", path->name);
		model_case(device_at_the_same_time, path, missing,
			   "race_%s_device_at_the_same_time", path->name);
	}
	return model_cases_run("race");
}
